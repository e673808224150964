"""The few payloads that are looked into: HTTP requests, DNS questions, the packet that an ICMP error quotes."""

from typing import Any, Final

import numpy as np

from vedette.detect.network.findings import ANSWERED, REFUSED, TUNNEL, ZERO, Bits, tell
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
    return at - begin, front, name, domain


@compiled
def tunnels(
    data: Bits, at: int, end: int, record: Any, row: int, marks: Any, actors: Table, seed: np.uint64, limit: Any, found: Any, count: int
) -> int:
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
