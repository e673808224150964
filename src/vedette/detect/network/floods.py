"""Too much of something, by who gets it: floods and reflections.

They are counted at the target, second by second, since their sources may be forged; a source is named only where one sent
most of it. Source: C. Rossow, "Amplification Hell", 2014 (reflectors).
"""

from typing import Any, Final

import numpy as np

from vedette.detect.network.findings import (
    ACK_FLOOD,
    CARPET,
    DHCP_FLOOD,
    DOUBTED,
    ESTABLISHED,
    EXHAUSTION,
    GUESSING,
    HANGS_UP,
    ICMP_FLOOD,
    SECOND,
    SILENT,
    SLOW_HTTP,
    SYN_FLOOD,
    UDP_FLOOD,
    WEB,
    ZERO,
    Bits,
    tell,
)  # fmt: skip
from vedette.detect.network.flows import SSH, multicast, proven
from vedette.detect.network.tables import (
    MOMENT,
    MOMENTS,
    Table,
    apart,
    both,
    find,
    hashed,
    mark,
    mixed,
    renew,
    search,
    seen,
)
from vedette.model.compiled import compiled, inlined
from vedette.model.packets import IP6


@inlined
def gathered(
    record: Any, marks: Any, tag: int, span: int, targets: Table, source: bool, everywhere: bool
) -> int:
    """A packet counted at its target, or for all of them where `everywhere`, by kind of traffic, and also by source where
    `source`; the entry's place."""
    sh, sl, s = (record.source_high, record.source_low, marks.source) if source else (ZERO, ZERO, ZERO)
    th, tl, t = (ZERO, ZERO, ZERO) if everywhere else (record.target_high, record.target_low, marks.target)
    place, new = search(targets, both(t, s, tag), th, tl, sh, sl, np.uint64(tag), record.time, True)
    renew(targets.entries, place, record.time, span, new)
    entry = targets.entries[place]
    entry.count += 1
    entry.bytes += record.wire
    entry.sources_bits += mark(entry.sources, marks.source)
    entry.ports_bits += mark(entry.ports, mixed(np.uint64(record.target_port) + np.uint64(1)))
    if entry.chief_high == record.source_high and entry.chief_low == record.source_low:
        entry.votes += 1
        entry.chief += 1
    elif entry.votes == 0:
        entry.chief_high, entry.chief_low, entry.votes, entry.chief = record.source_high, record.source_low, 1, 1
    else:
        entry.votes -= 1
    return place


@compiled
def gather(
    record: Any, marks: Any, tag: int, span: int, targets: Table, source: bool, everywhere: bool
) -> int:
    """The same, called: only requests for connections come so often that it stands where they are counted."""
    return gathered(record, marks, tag, span, targets, source, everywhere)


@compiled
def kept(high: np.uint64, low: np.uint64, target: np.uint64, tag: int, targets: Table) -> int:
    """The place of what a target gets of a kind of traffic, -1 if nothing is known of it.

    Args:
        target: hash of the address.
    """
    return find(targets, both(target, ZERO, tag), high, low, ZERO, ZERO, np.uint64(tag), 0, False)[0]


@inlined
def due(entry: Any, least: int, answered: float) -> bool:
    """Whether a target got enough of a traffic that it did not answer, and twice of what was told."""
    total = entry.count
    return total >= least and entry.answers <= answered * total and (not entry.told or total >= 2 * entry.told)


@inlined
def flood(
    record: Any, row: int, what: int, place: int, targets: Table, least: int, answered: float, found: Any, count: int
) -> int:
    """A flood, where a target got enough of a traffic that it did not answer; the number of findings after it."""
    if due(targets.entries[place], least, answered):
        return _flood(record, row, what, targets.entries[place], found, count)
    return count


@compiled
def _flood(record: Any, row: int, what: int, entry: Any, found: Any, count: int) -> int:
    total = entry.count
    # Many ports of one host are a scan, but not by a crowd, nor with much in every packet.
    few = seen(entry.sources_bits) <= 8 and entry.bytes < total * LARGE
    if few and what in (SYN_FLOOD, UDP_FLOOD, ACK_FLOOD) and seen(entry.ports_bits) * 4 > min(total, 256):
        return count
    alone = entry.chief * 2 > total and seen(entry.sources_bits) <= 8
    # Nobody floods himself (LAND), nor does whoever asks a whole network for an echo want it (Smurf): that is whose address is forged.
    alone &= entry.chief_high != record.target_high or entry.chief_low != record.target_low
    alone &= what != ICMP_FLOOD or record.kind == IP6 or not multicast(record)
    after = tell(record, row, what, 0, total, entry, alone, True, found, count)
    if after > count:
        found[count].source_high, found[count].source_low = entry.chief_high, entry.chief_low
    return after


@inlined
def carpet(
    record: Any, row: int, marks: Any, kind: int, place: int, targets: Table, seed: np.uint64, least: int, answered: float, found: Any,
    count: int,
) -> int:  # fmt: skip
    """A flood that is spread over the hosts of a network, so that none of them gets much; the number of findings after it.

    Args:
        kind: of packets: SYN, UDP or PING.
        place: where they are counted for their target.
    """
    if targets.entries[place].count % CHUNK == 0 and not targets.entries[place].told:
        return _carpet(record, row, marks, kind, targets.entries[place], targets, seed, least, answered, found, count)
    return count


@compiled
def _carpet(
    record: Any, row: int, marks: Any, kind: int, host: Any, targets: Table, seed: np.uint64, least: int, answered: float, found: Any,
    count: int,
) -> int:  # fmt: skip
    if host.answers > answered * host.count:
        return count
    high, low = record.target_high, record.target_low & ~np.uint64(0xFF)
    if record.kind == IP6:
        low = ZERO
    tag = CARPETS + kind
    place, new = search(targets, both(hashed(seed, high, low), ZERO, tag), high, low, ZERO, ZERO, np.uint64(tag), record.time, True)
    renew(targets.entries, place, record.time, SECOND, new)
    entry = targets.entries[place]
    entry.count += CHUNK
    entry.sources_bits += mark(entry.sources, marks.source)
    entry.ports_bits += mark(entry.ports, marks.target)
    if entry.count < WIDE * least or seen(entry.ports_bits) < HOSTS or seen(entry.sources_bits) <= 8:
        return count
    if entry.told and entry.count < 2 * entry.told:
        return count
    after = tell(record, row, CARPET, kind, entry.count, entry, False, False, found, count)
    if after > count:
        found[count].target_high, found[count].target_low = high, low
    return after


@compiled
def repeated(record: Any, row: int, what: int, place: int, targets: Table, least: int, found: Any, count: int) -> int:
    """Too much of what one source does with one host. The source is proven if what is proven would have been enough."""
    entry = targets.entries[place]
    if entry.count < least or (entry.told and entry.count < 2 * entry.told):
        return count
    after = tell(record, row, what, 0, entry.count, entry, True, True, found, count)
    if after > count:
        found[count].proven = entry.proven >= least
    return after


CARPETS: Final = 120
"""What is counted of networks, by kind of packet."""
CHUNK: Final = 16
"""Packets of a host that are counted for its network at once."""
HOSTS: Final = 8
WIDE: Final = 10
"""How many times as much as a flood of one host makes one of a network with so many hosts, or more, from more than a scanner's
sources."""
LARGE: Final = 300
"""Bytes of a packet that nobody needs to look whether a port is open."""
@compiled
def between(record: Any, marks: Any, tag: int, span: int, targets: Table, began: bool) -> int:
    """The place of what is counted by who began a conversation and with whom.

    Args:
        began: whether that is the packet's source.
    """
    sh, sl, s = record.source_high, record.source_low, marks.source
    th, tl, t = record.target_high, record.target_low, marks.target
    if not began:
        sh, sl, s, th, tl, t = th, tl, t, sh, sl, s
    place, new = search(targets, both(t, s, tag), th, tl, sh, sl, np.uint64(tag), record.time, True)
    renew(targets.entries, place, record.time, span, new)
    return place


@compiled
def held(
    record: Any, row: int, what: int, place: int, targets: Table, least: int, began: bool, found: Any, count: int
) -> int:
    """As `repeated`; held against who began the conversation."""
    after = repeated(record, row, what, place, targets, least, found, count)
    if after > count and not began:
        out = found[count]
        out.source_high, out.source_low, out.port = record.target_high, record.target_low, record.source_port
        out.target_high, out.target_low = record.source_high, record.source_low
    return after


ALIKE: Final = 32
"""Bytes by which what a service says may differ between logins that fail: names, padding."""
LITTLE: Final = 8192
"""Bytes that either side says at most until a login has failed, keys and certificates included."""


@compiled
def guessed(
    record: Any, row: int, flow: Any, marks: Any, began: bool, services: Bits, targets: Table, limit: Any, found: Any, count: int
) -> int:
    """The end of a connection to a login service; the number of findings after it.

    To everybody whom it refuses a service says the same, and then it is over; what people and programs do who are let in
    differs. So those connections of a source count in which about as much was said as in most of them, and of services that
    end what they refuse only those that they ended. Whoever said nothing, looked whether the service is there.
    """
    said, asked = (flow.other_next - flow.other_first) & 0xFFFF, (flow.asker_next - flow.asker_first) & 0xFFFF
    flow.other_first = 0
    port = record.target_port if began else record.source_port
    if not 0 < said <= LITTLE or not 0 < asked <= LITTLE or (began and services[port] & HANGS_UP):
        return count
    # Tools that try as many passwords as one connection may make eight a minute.
    span = 2 * limit.guess_window if port in SSH else limit.guess_window
    place = between(record, marks, GUESSING, span, targets, began)
    entry = targets.entries[place]
    certain = flow.state & (ESTABLISHED | DOUBTED) == ESTABLISHED
    if entry.count and abs(said - np.int64(entry.bytes)) <= ALIKE:
        entry.count += 1
        entry.proven += certain
    elif entry.answers >= entry.count:
        entry.bytes, entry.count, entry.answers, entry.proven = said, 1, 0, certain
    else:
        entry.answers += 1
    if entry.answers * 3 > entry.count:
        return count
    return held(record, row, GUESSING, place, targets, limit.guesses, began, found, count)


HELD: Final = 10 * SECOND
"""For how long a connection is silent until it counts."""
HELD_WINDOW: Final = 60 * SECOND


@compiled
def silent(
    record: Any, row: int, flow: Any, marks: Any, began: bool, certain: bool, services: Bits, targets: Table, limit: Any,
    found: Any, count: int,
) -> int:  # fmt: skip
    """A packet of a connection in which the other side has said nothing yet; the number of findings after it.

    A server that waits for the rest of a request, or of anything, says nothing. Where one source goes on with, or ends, many
    connections that were like this for long, or the server gives them up, it wants to have all that there are (slowloris, slow
    POST, or just connections).

    Args:
        certain: whether the packet is proven to come from its source.
    """
    if record.payload == 0 and record.flags & 5 == 0:
        return count
    age = apart((record.time >> MOMENT) & MOMENTS, flow.back) << MOMENT
    ends = record.flags & 5 and not record.payload
    if not began and (age < HELD or not ends):
        flow.state &= 0xFF ^ SILENT
        if flow.other_first == 0:
            flow.asker_first = 0
        return count
    if age < HELD:
        return count
    flow.state &= 0xFF ^ SILENT
    if began and ends and record.sequence & 0xFFFF == flow.asker_first:
        # A browser connects ahead, and takes back what it did not need.
        return count
    port = record.target_port if began else record.source_port
    what = SLOW_HTTP if services[port] & WEB else EXHAUSTION
    place = between(record, marks, what, HELD_WINDOW, targets, began)
    entry = targets.entries[place]
    entry.count += 1
    entry.proven += certain if began else flow.state & (ESTABLISHED | DOUBTED) == ESTABLISHED
    return held(record, row, what, place, targets, limit.silent, began, found, count)


TINY: Final = 256
"""Bytes that somebody sends at most who has nothing to say but goes on."""


@inlined
def drips(record: Any, row: int, flow: Any, marks: Any, targets: Table, limit: Any, found: Any, count: int) -> int:
    """Few bytes from the side that began a connection to a web server, which has answered before (TLS says hello whatever
    follows), or that it has room for none; the number of findings after it.

    A server that gets a request answers; who pings a server is answered, too. Where one source goes on to send a little for
    long, in many connections, and hears nothing, requests do not come to an end; where it takes nothing of what it asked for
    (slow read), answers do not. A connection counts once.
    """
    moment = (record.time >> MOMENT) & 0xFFFF
    if flow.asker_first == 0:
        flow.asker_first = max(1, moment)
    if (moment - flow.asker_first) & 0xFFFF < HELD >> MOMENT:
        return count
    return _drips(record, row, flow, marks, targets, limit, found, count)


@compiled
def _drips(record: Any, row: int, flow: Any, marks: Any, targets: Table, limit: Any, found: Any, count: int) -> int:
    place = between(record, marks, SLOW_HTTP, HELD_WINDOW, targets, True)
    entry = targets.entries[place]
    if not mark(entry.sources, marks.flow):
        return count
    entry.count += 1
    entry.proven += proven(flow, record, True)
    return held(record, row, SLOW_HTTP, place, targets, limit.silent, True, found, count)


OFTEN: Final = 10
"""Times that a client asks within the window of a flood at least, if few do."""
OPTIONS: Final = 8
"""Options of a DHCPv6 request that are looked at."""


@compiled
def leases(data: Bits, record: Any, row: int, entry: Any, place: int, targets: Table, limit: Any, found: Any, count: int) -> int:
    """A DHCP request; the number of findings after it. What counts is how many clients there are, or how often each asks: after a
    power cut all of a network ask a few times."""
    client, at = ZERO, record.payload_at
    begin, size = at + 28, 6
    if record.target_port == 547:
        # The identifier is an option (RFC 8415 section 21.2), of which more may stand before it.
        end, size, begin = at + record.captured, 0, at + 4
        for _ in range(OPTIONS):
            if begin + 4 > end:
                break
            length = np.int64(data[begin + 2]) << 8 | np.int64(data[begin + 3])
            begin += 4
            if data[begin - 4] == 0 and data[begin - 3] == 1:
                size = max(0, min(length, end - begin, 32))
                break
            begin += length
    for byte in range(begin, begin + size):
        client = mixed(client + np.uint64(data[byte]) + np.uint64(1))
    entry.ports_bits += mark(entry.ports, mixed(client))
    # The port takes one bit, too.
    clients = seen(entry.ports_bits) - 1
    if clients < limit.dhcp and entry.count < OFTEN * clients:
        return count
    return flood(record, row, DHCP_FLOOD, place, targets, limit.dhcp, 1.0, found, count)
