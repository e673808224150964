"""Packets to findings, in one compiled pass over fixed tables.

Scans are counted by conversations that came to nothing: what answered is taken off, so that busy clients, monitoring and
crowds behind one address are none. Answers without a question (SYN-ACK, RST) are never attempts of their sender: they are
backscatter of somebody else's trouble, or a reflection. Floods are counted at the target, second by second, since their
sources may be forged; a source is named only where one sent most of it.

Sources: J. Jung et al., "Fast Portscan Detection Using Sequential Hypothesis Testing", 2004 (failed attempts); C. Rossow,
"Amplification Hell", 2014 (reflectors); RFC 9293, 792, 4443.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vedette.detect.network.tables import Table, find, hashed, mark, renew, seen
from vedette.model.compiled import compiled
from vedette.model.packets import ARP, FIRST, IP4, IP6, LATER, WHOLE

ANSWER, SYN, FIN, NULL, XMAS, ACK, ODD, UDP, PING, ASK = range(10)
"""With what a conversation begins; ANSWER: with one to a question that we did not see; ODD: flags that no stack sends
together; ASK: an ARP request."""
ANSWERED, REFUSED, ESTABLISHED, LOWER, ASKED = 1, 2, 4, 8, 16
"""State of a conversation; LOWER: its lower end began it; ASKED: its target was counted among the tried ones."""
(
    VERTICAL, HORIZONTAL, SLOW, SYN_FLOOD, UDP_FLOOD, ICMP_FLOOD, ACK_FLOOD, IP_FLOOD, HTTP_FLOOD, UDP_REFLECTION,
    TCP_REFLECTION, GUESSING, TUNNEL, STEALTH, DHCP_FLOOD, ARP_SPOOFING,
) = range(16)  # fmt: skip
"""What was found."""

FOUND: Final = np.dtype(
    [
        ("source_high", "u8"), ("source_low", "u8"), ("target_high", "u8"), ("target_low", "u8"), ("first", "i8"),
        ("last", "i8"), ("begun", "i8"), ("row", "i8"), ("count", "u4"), ("total", "u4"), ("port", "u2"), ("what", "u1"),
        ("kind", "u1"), ("named", "?"), ("aimed", "?"), ("six", "?"),
    ],
    align=True,
)  # fmt: skip
"""A finding: `count` more events of what is the same finding as earlier ones with the same `begun`, `total` in all;
`row`: the packet that completed it; `named`, `aimed`: whether the source and the target are told."""

LIMIT: Final = np.dtype(
    [
        ("scan_ports", "i8"), ("scan_hosts", "i8"), ("scan_pings", "i8"), ("scan_slow", "i8"), ("scan_window", "i8"),
        ("slow_window", "i8"), ("syn", "i8"), ("syn_answered", "f8"), ("udp_one_way", "i8"), ("icmp", "i8"),
        ("other", "i8"), ("http", "i8"), ("http_window", "i8"), ("reflected", "i8"), ("reflection_window", "i8"),
        ("guesses", "i8"), ("guess_window", "i8"), ("names", "i8"), ("name_window", "i8"), ("stealth", "i8"), ("dhcp", "i8"),
    ]
)  # fmt: skip
"""Settings as numbers; windows in nanoseconds."""

SECOND: Final = 1_000_000_000
LONG: Final = 52
"""Bytes of a name in a DNS query that is long."""
Bits = npt.NDArray[np.uint8]

_Z: Final = np.uint64(0)


@compiled
def scans(
    record: Any, row: int, tag: int, actors: Table, seed: np.uint64, limit: Any, found: Any, count: int, host: bool
) -> int:
    """An attempt counted for its source, against one host or on one port; the number of findings after it."""
    kind = np.uint64(tag if not host else tag + 64)
    sh, sl, th, tl = record.source_high, record.source_low, record.target_high, record.target_low
    port = np.uint64(record.target_port)
    c, d = (th, tl) if host else (port, _Z)
    place, _ = find(actors, seed, sh, sl, c, d, kind, record.time, True)
    actor = actors[place]
    renew(actors, place, record.time, limit.scan_window)
    actor.times += 1
    target = hashed(seed, th, tl, port, _Z, _Z)
    mark(actor.tried, target)
    tried = seen(actor.tried)
    if tried < 6:
        return count
    failed = tried - seen(actor.answered)
    actor.held = min(3600, failed * 10)
    if tag == PING:
        least = limit.scan_pings
    elif host:
        least = limit.scan_ports
    else:
        least = limit.scan_hosts
    if tag in (UDP, ASK):
        least += least // 2
    # Of hosts that are swept more may answer than of ports.
    answers = tried - failed if tag != PING and tag != ASK else (tried - failed) // 4
    if (tried if tag == PING else failed) < least or answers * 4 > tried or failed * 4 < tried:
        return count
    if actor.told and actor.times < 2 * actor.told:
        return count
    if not host and tag != ASK and record.time - actor.first < SECOND // 5 and failed < 3 * least:
        return count
    return tell(record, row, VERTICAL if host else HORIZONTAL, tag, actor.times, actor, True, host, found, count)


@compiled
def tell(
    record: Any, row: int, what: int, kind: int, total: int, entry: Any, named: bool, aimed: bool, found: Any, count: int
) -> int:
    """A finding about the source and target of a record; the number of findings after it."""
    if count == len(found):
        return count
    out = found[count]
    out.source_high, out.source_low = record.source_high, record.source_low
    out.target_high, out.target_low = record.target_high, record.target_low
    out.first, out.last, out.begun, out.row = entry.first, record.time, entry.begun, row
    out.count, out.total = total - entry.told, total
    out.port, out.what, out.kind = record.target_port, what, kind
    out.named, out.aimed, out.six = named, aimed, record.kind == IP6
    entry.told = total
    return count + 1


@compiled
def slow(record: Any, row: int, tag: int, patient: Table, seed: np.uint64, limit: Any, found: Any, count: int) -> int:
    """The same over hours, for all hosts and ports together."""
    place, _ = find(patient, seed, record.source_high, record.source_low, _Z, _Z, np.uint64(200), record.time, True)
    actor = patient[place]
    renew(patient, place, record.time, limit.slow_window)
    actor.times += 1
    mark(actor.tried, hashed(seed, record.target_high, record.target_low, np.uint64(record.target_port), _Z, _Z))
    tried = seen(actor.tried)
    failed = tried - seen(actor.answered)
    actor.held = min(36_000, failed * 100)
    if failed < limit.scan_slow or (tried - failed) * 8 > tried or (actor.told and actor.times < 2 * actor.told):
        return count
    if actor.told == 0 and abs(record.time - actor.first) < limit.scan_window:
        return count
    return tell(record, row, SLOW, tag, actor.times, actor, True, False, found, count)


@compiled
def resolved(
    sh: np.uint64, sl: np.uint64, th: np.uint64, tl: np.uint64, port: int, tag: int, actors: Table, seed: np.uint64
) -> None:
    """An attempt of source `s` at target `t` was answered."""
    target = hashed(seed, th, tl, np.uint64(port), _Z, _Z)
    for way in range(2):
        c, d, kind = th, tl, np.uint64(tag + 64)
        if way == 1:
            c, d, kind = np.uint64(port), _Z, np.uint64(tag)
        place, _ = find(actors, seed, sh, sl, c, d, kind, 0, False)
        if place >= 0:
            mark(actors[place].answered, target)


@compiled
def succeeded(
    sh: np.uint64, sl: np.uint64, th: np.uint64, tl: np.uint64, port: int, patient: Table, seed: np.uint64
) -> None:
    """The same for what is counted over hours."""
    place, _ = find(patient, seed, sh, sl, _Z, _Z, np.uint64(200), 0, False)
    if place >= 0:
        mark(patient[place].answered, hashed(seed, th, tl, np.uint64(port), _Z, _Z))


@compiled
def gather(
    record: Any, tag: int, span: int, targets: Table, seed: np.uint64, source: bool, everywhere: bool
) -> int:
    """A packet counted at its target, or for all of them where `everywhere`, by kind of traffic, and also by source where
    `source`; the entry's place."""
    sh, sl = (record.source_high, record.source_low) if source else (_Z, _Z)
    th, tl = (_Z, _Z) if everywhere else (record.target_high, record.target_low)
    place, _ = find(targets, seed, th, tl, sh, sl, np.uint64(tag), record.time, True)
    entry = targets[place]
    renew(targets, place, record.time, span)
    entry.count += 1
    entry.bytes += record.wire
    mark(entry.sources, hashed(seed, record.source_high, record.source_low, _Z, _Z, _Z))
    mark(entry.ports, hashed(seed, np.uint64(record.target_port), _Z, _Z, _Z, _Z))
    if entry.chief_high == record.source_high and entry.chief_low == record.source_low:
        entry.votes += 1
        entry.chief += 1
    elif entry.votes == 0:
        entry.chief_high, entry.chief_low, entry.votes, entry.chief = record.source_high, record.source_low, 1, 1
    else:
        entry.votes -= 1
    return place


@compiled
def flood(
    record: Any, row: int, what: int, place: int, targets: Table, least: int, answered: float, found: Any, count: int
) -> int:
    """A flood, where a target got enough of a traffic that it did not answer; the number of findings after it."""
    entry = targets[place]
    total = entry.count
    if total < least or entry.answers > answered * total or (entry.told and total < 2 * entry.told):
        return count
    # Many ports of one host are a scan.
    if what in (SYN_FLOOD, UDP_FLOOD, ACK_FLOOD) and seen(entry.ports) * 4 > min(total, 256):
        return count
    alone = entry.chief * 2 > total and seen(entry.sources) <= 8
    after = tell(record, row, what, 0, total, entry, alone, True, found, count)
    if after > count:
        found[count].source_high, found[count].source_low = entry.chief_high, entry.chief_low
    return after


@compiled
def multicast(record: Any) -> bool:
    """Whether the target is a group or everybody."""
    if record.kind == IP4:
        first = record.target_low >> np.uint64(24)
        return np.uint64(224) <= first < np.uint64(240) or record.target_low & np.uint64(0xFF) == np.uint64(0xFF)
    return record.target_high >> np.uint64(56) == np.uint64(0xFF)


@compiled
def question(data: Bits, at: int, end: int, seed: np.uint64) -> tuple[int, np.uint64]:
    """Of a DNS query that begins at `at`: the length of its name, and a hash of it; 0 for anything else, and for the
    long names of reverse look-ups."""
    if at + 17 > end or data[at + 2] & 0xF8 or data[at + 4] or data[at + 5] != 1:
        return 0, _Z
    at += 12
    begin = at
    name, last = seed, begin
    for _ in range(128):
        if at >= end:
            return 0, _Z
        size = data[at]
        if size == 0:
            break
        if size > 63:
            return 0, _Z
        last = at
        at += size + 1
    if at >= end or at - begin > 255:
        return 0, _Z
    if data[last] == 4 and data[last + 1] | 32 == 97 and data[last + 2] | 32 == 114 and data[last + 3] | 32 == 112:
        return 0, _Z
    for place in range(begin, at):
        name = (name ^ np.uint64(data[place] | 32)) * np.uint64(0x100000001B3)
    return at - begin, name


@compiled
def requests(data: Bits, at: int, size: int) -> bool:
    """Whether these bytes begin an HTTP request."""
    if size < 14:
        return False
    a, b, c, d = data[at], data[at + 1], data[at + 2], data[at + 3]
    if a == 71:
        return b == 69 and c == 84 and d == 32
    if a == 80:
        return (b == 79 and c == 83 and d == 84) or (b == 85 and c == 84 and d == 32)
    return a == 72 and b == 69 and c == 65 and d == 68


@compiled
def unreachable(data: Bits, record: Any, flows: Table, seed: np.uint64) -> None:
    """An ICMP error: the conversation whose packet it quotes came to nothing."""
    at, end = record.payload_at, record.payload_at + record.captured
    sh = sl = th = tl = _Z
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
    place = conversation(flows, seed, sh, sl, th, tl, ports, port, np.uint64(protocol), 0, False)[0]
    if place >= 0 and not flows[place].state & (ANSWERED | REFUSED):
        flows[place].state |= REFUSED


@compiled
def conversation(
    flows: Table, seed: np.uint64, sh: np.uint64, sl: np.uint64, th: np.uint64, tl: np.uint64, source: np.uint64,
    target: np.uint64, protocol: np.uint64, now: int, make: bool,
) -> tuple[int, bool, bool]:  # fmt: skip
    """The conversation of two ends: its place, whether it is new, and whether this is its lower end's packet."""
    lower = sh < th or (sh == th and (sl < tl or (sl == tl and source <= target)))
    if lower:
        ports = source << np.uint64(16) | target
        place, new = find(flows, seed, sh, sl, th, tl, ports << np.uint64(8) | protocol, now, make)
    else:
        ports = target << np.uint64(16) | source
        place, new = find(flows, seed, th, tl, sh, sl, ports << np.uint64(8) | protocol, now, make)
    return place, new, lower


@compiled
def kind_of(record: Any) -> int:
    """With what kind of packet a conversation begins."""
    if record.protocol == 17:
        return UDP
    if record.protocol in (1, 58):
        return PING if record.source_port == (8 if record.protocol == 1 else 128) else ANSWER
    flags = record.flags & 0x3F
    if flags & 0x17 == 2:
        return SYN
    if flags & 4 or flags & 0x12 == 0x12:
        return ANSWER
    if flags & 0x10:
        return ACK if flags & 1 == 0 else ODD
    if flags == 0:
        return NULL
    return FIN if flags == 1 else XMAS if flags & 0x29 == 0x29 else ODD


@compiled
def watch(
    data: Bits, records: Any, flows: Table, actors: Table, patient: Table, targets: Table, seed: np.uint64, limit: Any,
    reflectors: Bits, guessed: Bits, found: Any,
) -> int:  # fmt: skip
    """Findings of all records; returns how many there are.

    Args:
        actors, patient: of kind ACTOR; what is counted over hours has a table of its own.
    """
    count = 0
    for row in range(len(records)):
        record = records[row]
        if record.kind == ARP:
            count = neighbours(record, row, actors, seed, limit, found, count)
            continue
        if record.kind != IP4 and record.kind != IP6:
            continue
        protocol = record.protocol
        known = protocol in (6, 17, 1, 58)
        if record.fragment == LATER or not known:
            place = gather(record, IP_FLOOD, SECOND, targets, seed, False, False)
            if not known:
                count = flood(record, row, IP_FLOOD, place, targets, limit.other, 1.0, found, count)
            else:
                # Of a reflection most is in fragments, which have no ports: they count for what their source began.
                place, _ = find(
                    targets, seed, record.target_high, record.target_low, _Z, _Z, np.uint64(UDP_REFLECTION), 0, False
                )
                if place >= 0 and protocol == 17:
                    targets[place].count += 1
                    targets[place].bytes += record.wire
            continue
        echo = protocol == 1 or protocol == 58
        if echo:
            if record.source_port in ((3, 11) if protocol == 1 else (1, 3)):
                unreachable(data, record, flows, seed)
            if protocol == 58 and 130 <= record.source_port <= 137:
                continue
            if record.source_port not in ((0, 8) if protocol == 1 else (128, 129)):
                place = gather(record, ICMP_FLOOD, SECOND, targets, seed, False, False)
                count = flood(record, row, ICMP_FLOOD, place, targets, limit.icmp, 1.0, found, count)
                continue
        source = _Z if echo else np.uint64(record.source_port)
        target = _Z if echo else np.uint64(record.target_port)
        sh, sl, th, tl = record.source_high, record.source_low, record.target_high, record.target_low
        place, new, lower = conversation(
            flows, seed, sh, sl, th, tl, source, target, np.uint64(protocol), record.time, True
        )
        flow = flows[place]
        crowd = multicast(record)
        if not new and flow.kind == SYN and record.flags & 0x17 == 2 and record.time - flow.last > 60 * SECOND:
            # The same ports once more, after a while.
            flow.state, flow.there, flow.back, new = 0, 0, 0, True
        flow.last = max(flow.last, record.time)
        if new:
            flow.kind = kind_of(record)
            flow.state = LOWER if lower else 0
        began = lower == (flow.state & LOWER != 0)
        if began:
            flow.there += 1
        else:
            flow.back += 1
        kind = flow.kind
        # What comes from a service's port to a client's is an answer, whether we saw the question or not.
        reply = kind == UDP and (reflectors[record.source_port] or record.source_port < 1024 <= record.target_port)
        if new and kind != ANSWER and not reply and not crowd and not (kind == ACK and record.payload):
            flow.state |= ASKED
            if kind != PING:
                count = scans(record, row, kind, actors, seed, limit, found, count, True)
            count = scans(record, row, kind, actors, seed, limit, found, count, False)
            # What a flooded host gets, from whom ever it says that it comes, makes nobody a patient scanner.
            at, _ = find(targets, seed, th, tl, _Z, _Z, np.uint64(SYN_FLOOD), 0, False)
            if kind != UDP and kind != PING and (at < 0 or targets[at].count < limit.syn // 4):
                count = slow(record, row, kind, patient, seed, limit, found, count)
        flags = record.flags
        if not began and not flow.state & (ANSWERED | REFUSED) and kind != ANSWER:
            refused = protocol == 6 and flags & 4 != 0
            flow.state |= REFUSED if refused else ANSWERED
            if flow.state & ASKED and not refused:
                port = record.source_port if not echo else 0
                resolved(th, tl, sh, sl, port, kind, actors, seed)
                succeeded(th, tl, sh, sl, port, patient, seed)
        if protocol == 17 and record.target_port == 67 and record.captured and data[record.payload_at] == 1:
            at = gather(record, DHCP_FLOOD, 10 * SECOND, targets, seed, False, True)
            count = flood(record, row, DHCP_FLOOD, at, targets, limit.dhcp, 1.0, found, count)
        if protocol == 6:
            if record.fragment == WHOLE and impossible(flags):
                count = stealthy(record, row, actors, seed, limit, found, count)
            if flags & 0x17 == 2:
                at = gather(record, SYN_FLOOD, SECOND, targets, seed, False, False)
                count = flood(record, row, SYN_FLOOD, at, targets, limit.syn, limit.syn_answered, found, count)
            elif kind == SYN and began and flow.state & ANSWERED and not flow.state & ESTABLISHED and flags & 0x10:
                flow.state |= ESTABLISHED
                at, _ = find(targets, seed, th, tl, _Z, _Z, np.uint64(SYN_FLOOD), 0, False)
                if at >= 0:
                    targets[at].answers += 1
                if guessed[record.target_port]:
                    at = gather(record, GUESSING, limit.guess_window, targets, seed, True, False)
                    count = repeated(record, row, GUESSING, at, targets, limit.guesses, found, count)
            elif flags & 0x12 == 0x12 and kind == ANSWER and began:
                at = gather(record, TCP_REFLECTION, limit.reflection_window, targets, seed, False, False)
                entry = targets[at]
                if seen(entry.sources) >= 5:
                    count = flood(record, row, TCP_REFLECTION, at, targets, limit.reflected, 1.0, found, count)
            elif kind == ACK and new and not record.payload:
                at = gather(record, ACK_FLOOD, SECOND, targets, seed, False, False)
                count = flood(record, row, ACK_FLOOD, at, targets, limit.other, 1.0, found, count)
            if record.captured >= 14 and requests(data, record.payload_at, record.captured):
                at = gather(record, HTTP_FLOOD, limit.http_window, targets, seed, True, False)
                count = repeated(record, row, HTTP_FLOOD, at, targets, limit.http, found, count)
        elif protocol == 17 and not crowd:
            if reflectors[record.source_port] and began and kind == UDP and (flow.back == 0):
                at = gather(record, UDP_REFLECTION, limit.reflection_window, targets, seed, False, False)
                entry = targets[at]
                if entry.bytes >= np.uint64(200 * limit.reflected):
                    count = flood(record, row, UDP_REFLECTION, at, targets, limit.reflected, 1.0, found, count)
            elif began and flow.back == 0:
                at = gather(record, UDP_FLOOD, SECOND, targets, seed, False, False)
                count = flood(record, row, UDP_FLOOD, at, targets, limit.udp_one_way, 0.05, found, count)
            elif not began:
                at, _ = find(targets, seed, sh, sl, _Z, _Z, np.uint64(UDP_FLOOD), 0, False)
                if at >= 0:
                    targets[at].answers += 1
            if record.target_port == 53 and record.fragment != FIRST:
                size, name = question(data, record.payload_at, record.payload_at + record.captured, seed)
                if size >= LONG:
                    count = tunnels(record, row, name, actors, seed, limit, found, count)
        elif echo:
            at = gather(record, ICMP_FLOOD, SECOND, targets, seed, False, False)
            count = flood(record, row, ICMP_FLOOD, at, targets, limit.icmp, 1.0, found, count)
    return count


@compiled
def repeated(record: Any, row: int, what: int, place: int, targets: Table, least: int, found: Any, count: int) -> int:
    """Too much of what one source does with one host."""
    entry = targets[place]
    if entry.count < least or (entry.told and entry.count < 2 * entry.told):
        return count
    return tell(record, row, what, 0, entry.count, entry, True, True, found, count)


@compiled
def tunnels(
    record: Any, row: int, name: np.uint64, actors: Table, seed: np.uint64, limit: Any, found: Any, count: int
) -> int:
    """Many different long names carry something else than questions."""
    place, _ = find(
        actors, seed, record.source_high, record.source_low, record.target_high, record.target_low, np.uint64(201),
        record.time, True,
    )  # fmt: skip
    actor = actors[place]
    renew(actors, place, record.time, limit.name_window)
    actor.times += 1
    mark(actor.tried, name)
    if seen(actor.tried) < limit.names or (actor.told and actor.times < 2 * actor.told):
        return count
    return tell(record, row, TUNNEL, 0, actor.times, actor, True, True, found, count)


@compiled
def impossible(flags: int) -> bool:
    """Flags that no TCP sends together: none, FIN without ACK, SYN with FIN or RST."""
    return flags & 0x3F == 0 or flags & 0x11 == 1 or (flags & 2 != 0 and flags & 5 != 0)


@compiled
def stealthy(record: Any, row: int, actors: Table, seed: np.uint64, limit: Any, found: Any, count: int) -> int:
    """Packets with such flags."""
    place, _ = find(
        actors, seed, record.source_high, record.source_low, _Z, _Z, np.uint64(202), record.time, True
    )
    actor = actors[place]
    renew(actors, place, record.time, limit.scan_window)
    actor.times += 1
    if actor.times < limit.stealth or (actor.told and actor.times < 2 * actor.told):
        return count
    return tell(record, row, STEALTH, 0, actor.times, actor, True, True, found, count)


@compiled
def neighbours(record: Any, row: int, actors: Table, seed: np.uint64, limit: Any, found: Any, count: int) -> int:
    """An ARP message: sweeps, and claims of an address that nobody asked about by a card that has another one."""
    asker, asked = record.source_low, record.target_low
    if record.source_port == 1 and asker != asked:
        count = scans(record, row, ASK, actors, seed, limit, found, count, False)
        find(actors, seed, asker, asked, _Z, _Z, np.uint64(210), record.time, True)
    if asker == _Z:
        return count
    unasked = False
    if record.source_port == 2:
        resolved(_Z, asked, _Z, asker, 0, ASK, actors, seed)
        place, _ = find(actors, seed, asked, asker, _Z, _Z, np.uint64(210), 0, False)
        unasked = asker != asked and (place < 0 or abs(record.time - actors[place].last) > 5 * SECOND)
    place, _ = find(actors, seed, record.mac, _Z, _Z, _Z, np.uint64(211), record.time, True)
    actor = actors[place]
    renew(actors, place, record.time, limit.scan_window)
    mark(actor.tried, hashed(seed, asker, _Z, _Z, _Z, _Z))
    actor.times += unasked
    if actor.times == 0 or seen(actor.tried) < 2 or (actor.told and actor.times < 2 * actor.told):
        return count
    return tell(record, row, ARP_SPOOFING, 0, actor.times, actor, True, True, found, count)
