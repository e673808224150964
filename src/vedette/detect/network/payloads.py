"""The few payloads that are looked into: HTTP requests, DNS questions, the packet that an ICMP error quotes."""

from typing import Any, Final

import numpy as np

from vedette.detect.network.findings import ANSWERED, NAMES_FLOOD, REFUSED, SECOND, TUNNEL, ZERO, Bits, tell
from vedette.detect.network.flows import conversation, pair
from vedette.detect.network.tables import Table, both, find, hashed, mark, mixed, renew, seen
from vedette.model.compiled import compiled
from vedette.model.packets import IP4

LONG: Final = 52
"""Bytes of a name in a DNS query that is long."""
CARRIED: Final = 32
"""Bytes in front of a registered domain that are as good as long, where it is one and the same domain."""
_NULL: Final = 10
_PRIVATE: Final = 65280
"""Types of DNS that nobody but a tunnel asks for: NULL (RFC 1035), and from here on those for private use (RFC 6895)."""


_TELLING: Final = (5, 15, 16)
"""CNAME, MX, TXT: whose answers carry much, and which hardly anybody asks ever new names for."""
SHORT: Final = 16
"""Bytes of a label that can carry something, all the same."""
QUERIES: Final = 500
"""Queries for names below one domain, in 10 seconds, that make a flood where the names are ever new ones."""


@compiled
def requests(record: Any) -> bool:
    """Whether a payload begins an HTTP request: GET, POST, HEAD or PUT."""
    begins = record.begins
    return begins == 0x47455420 or begins == 0x504F5354 or begins == 0x48454144 or begins == 0x50555420


@compiled
def question(data: Bits, at: int, end: int, seed: np.uint64) -> tuple[int, int, np.uint64, np.uint64]:
    """Of a DNS query that begins at `at`: bytes of its name, of them those in front of its registered domain, and hashes of the name
    and of that domain; no bytes for anything else, and for the long names of reverse look-ups.

    What is registered are the last two labels, or three where the last but one is as short as in co.uk. The types that nobody but a
    tunnel asks for make any name a long one.
    """
    none = 0, 0, ZERO, ZERO
    if at + 17 > end or data[at + 2] & 0xF8 or data[at + 4] or data[at + 5] != 1:
        return none
    at += 12
    begin = third = second = last = at
    name = domain = seed
    for _ in range(128):
        if at >= end:
            return none
        size = data[at]
        if size == 0:
            break
        if size > 63:
            return none
        third, second, last = second, last, at
        at += size + 1
    if at >= end or at - begin > 255:
        return none
    if data[last] == 4 and data[last + 1] | 32 == 97 and data[last + 2] | 32 == 114 and data[last + 3] | 32 == 112:
        return none
    registered = third if data[last] == 2 and data[second] <= 3 else second
    for place in range(begin, at):
        name = (name ^ np.uint64(data[place] | 32)) * np.uint64(0x100000001B3)
        if place >= registered:
            domain = (domain ^ np.uint64(data[place] | 32)) * np.uint64(0x100000001B3)
    front = registered - begin
    if at + 3 <= end:
        kind = np.int64(data[at + 1]) << 8 | np.int64(data[at + 2])
        if front and (kind == _NULL or kind >= _PRIVATE):
            front = max(front, LONG)
        elif data[begin] >= SHORT and kind in _TELLING:
            front = max(front, CARRIED)
    return at - begin, front, name, domain


@compiled
def tunnels(
    data: Bits, at: int, end: int, record: Any, row: int, marks: Any, actors: Table, targets: Table, seed: np.uint64, limit: Any,
    found: Any, count: int,
) -> int:  # fmt: skip
    """A DNS query that begins at `at`; the number of findings after it.

    Many different long names carry something else than questions: below one domain, whichever servers are asked, or from one server,
    where they are half of all that it is asked. A resolver asks for all kinds of names on behalf of others, few of them long.
    """
    size, front, name, domain = question(data, at, end, seed)
    if not size:
        return count
    long = size >= LONG or front >= LONG
    told = False
    if front >= CARRIED:
        place, new = find(
            actors, both(marks.source, domain, 201), record.source_high, record.source_low, domain, ZERO, np.uint64(201), record.time, True
        )
        renew(actors.entries, place, record.time, limit.name_window, new)
        actor = actors.entries[place]
        actor.times += 1
        actor.tried_bits += mark(actor.tried, name)
        if seen(actor.tried_bits) >= limit.names and (not actor.told or actor.times >= 2 * actor.told):
            count = tell(record, row, TUNNEL, 0, actor.times, actor, True, True, found, count)
        told = actor.told > 0
    else:
        count = subdomains(record, row, marks, name, domain, targets, found, count)
    place, new = find(
        actors, both(marks.source, marks.target, 203), record.source_high, record.source_low, record.target_high,
        record.target_low, np.uint64(203), record.time, long,
    )  # fmt: skip
    if place < 0:
        return count
    renew(actors.entries, place, record.time, limit.name_window, new)
    actor = actors.entries[place]
    actor.times += 1
    if not long:
        return count
    actor.tried_bits += mark(actor.tried, name)
    different = seen(actor.tried_bits)
    if told or different < limit.names or different * 2 < np.int64(actor.times) or (actor.told and actor.times < 2 * actor.told):
        return count
    return tell(record, row, TUNNEL, 0, actor.times, actor, True, True, found, count)


@compiled
def subdomains(
    record: Any, row: int, marks: Any, name: np.uint64, domain: np.uint64, targets: Table, found: Any, count: int
) -> int:
    """A query for a name below a domain; the number of findings after it. Whoever wants to have a name server busy asks for names that
    no cache knows (random subdomains, water torture)."""
    key = np.uint64(NAMES_FLOOD)
    place, new = find(
        targets, both(marks.target, domain, NAMES_FLOOD), record.target_high, record.target_low, domain, ZERO, key, record.time, True
    )
    renew(targets.entries, place, record.time, 10 * SECOND, new)
    entry = targets.entries[place]
    entry.count += 1
    entry.ports_bits += mark(entry.ports, name)
    entry.sources_bits += mark(entry.sources, marks.source)
    if entry.count < QUERIES or (entry.told and entry.count < 2 * entry.told):
        return count
    if seen(entry.ports_bits) * 5 < 4 * min(QUERIES, np.int64(entry.count)):
        return count
    return tell(record, row, NAMES_FLOOD, 0, entry.count, entry, seen(entry.sources_bits) < 2, True, found, count)


@compiled
def invites(data: Bits, record: Any) -> bool:
    """Whether a packet from the port of SIP asks something: answers begin with SIP, whoever asks often uses that port, too."""
    if record.source_port != 5060 or record.captured < 4:
        return False
    return data[record.payload_at + 1] != 73 or data[record.payload_at] != 83


@compiled
def streams(data: Bits, record: Any, flow: Any) -> bool:
    """Whether a datagram goes on with a stream of voice or video, which nobody answers: RTP (RFC 3550: version 2, numbers that count
    up), or MPEG-TS in packets of 188 bytes."""
    at = record.payload_at
    if record.captured < 13:
        return False
    if data[at] == 0x47:
        return record.payload % 188 == 0 and (record.captured < 189 or data[at + 188] == 0x47)
    if data[at] >> 6 != 2:
        return False
    number = np.int64(data[at + 2]) << 8 | np.int64(data[at + 3])
    ahead = (number - np.int64(flow.asker_next)) & 0xFFFF
    flow.asker_next = number
    return ahead < 64


@compiled
def unreachable(data: Bits, record: Any, flows: Table, seed: np.uint64) -> None:
    """An ICMP error: the conversation whose packet it quotes came to nothing."""
    at, end = record.payload_at, record.payload_at + record.captured
    sh = sl = th = tl = ZERO
    if record.kind == IP4:
        if at + 28 > end:
            return
        size = (data[at] & 15) * 4
        protocol = data[at + 9]
        for place in range(4):
            sl = (sl << np.uint64(8)) | np.uint64(data[at + 12 + place])
            tl = (tl << np.uint64(8)) | np.uint64(data[at + 16 + place])
    else:
        if at + 48 > end:
            return
        size, protocol = 40, data[at + 6]
        for place in range(8):
            sh = (sh << np.uint64(8)) | np.uint64(data[at + 8 + place])
            sl = (sl << np.uint64(8)) | np.uint64(data[at + 16 + place])
            th = (th << np.uint64(8)) | np.uint64(data[at + 24 + place])
            tl = (tl << np.uint64(8)) | np.uint64(data[at + 32 + place])
    if at + size + 4 > end or protocol not in (6, 17):
        return
    at += size
    ports = np.uint64(data[at]) << np.uint64(8) | np.uint64(data[at + 1])
    port = np.uint64(data[at + 2]) << np.uint64(8) | np.uint64(data[at + 3])
    both_ends = pair(mixed(hashed(seed, sh, sl) ^ ports), mixed(hashed(seed, th, tl) ^ port), protocol)
    place = conversation(flows, both_ends, sh, sl, th, tl, ports, port, np.uint64(protocol), 0, False, 0)[0]
    if place >= 0 and not flows.entries[place].state & (ANSWERED | REFUSED):
        flows.entries[place].state |= REFUSED
