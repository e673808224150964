"""Too much of something, by who gets it: floods and reflections.

They are counted at the target, second by second, since their sources may be forged; a source is named only where one sent
most of it. Source: C. Rossow, "Amplification Hell", 2014 (reflectors).
"""

from typing import Any, Final

import numpy as np

from vedette.detect.network.findings import (
    ACK_FLOOD,
    EXHAUSTION,
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
from vedette.detect.network.tables import Table, both, find, mark, mixed, renew, seen
from vedette.model.compiled import compiled


@compiled
def gather(
    record: Any, marks: Any, tag: int, span: int, targets: Table, source: bool, everywhere: bool
) -> int:
    """A packet counted at its target, or for all of them where `everywhere`, by kind of traffic, and also by source where
    `source`; the entry's place."""
    sh, sl, s = (record.source_high, record.source_low, marks.source) if source else (ZERO, ZERO, ZERO)
    th, tl, t = (ZERO, ZERO, ZERO) if everywhere else (record.target_high, record.target_low, marks.target)
    place, new = find(targets, both(t, s, tag), th, tl, sh, sl, np.uint64(tag), record.time, True)
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
def kept(high: np.uint64, low: np.uint64, target: np.uint64, tag: int, targets: Table) -> int:
    """The place of what a target gets of a kind of traffic, -1 if nothing is known of it.

    Args:
        target: hash of the address.
    """
    return find(targets, both(target, ZERO, tag), high, low, ZERO, ZERO, np.uint64(tag), 0, False)[0]


@compiled
def flood(
    record: Any, row: int, what: int, place: int, targets: Table, least: int, answered: float, found: Any, count: int
) -> int:
    """A flood, where a target got enough of a traffic that it did not answer; the number of findings after it."""
    entry = targets.entries[place]
    total = entry.count
    if total < least or entry.answers > answered * total or (entry.told and total < 2 * entry.told):
        return count
    # Many ports of one host are a scan.
    if what in (SYN_FLOOD, UDP_FLOOD, ACK_FLOOD) and seen(entry.ports_bits) * 4 > min(total, 256):
        return count
    alone = entry.chief * 2 > total and seen(entry.sources_bits) <= 8
    after = tell(record, row, what, 0, total, entry, alone, True, found, count)
    if after > count:
        found[count].source_high, found[count].source_low = entry.chief_high, entry.chief_low
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


HELD: Final = 10 * SECOND
"""For how long many silent connections are held until it is told."""
FORGOTTEN: Final = 600 * SECOND


@compiled
def opened(record: Any, marks: Any, certain: bool, targets: Table) -> None:
    """A connection is established, in which the other side has said nothing yet."""
    at, new = find(
        targets, both(marks.target, marks.source, EXHAUSTION), record.target_high, record.target_low, record.source_high,
        record.source_low, np.uint64(EXHAUSTION), record.time, True,
    )  # fmt: skip
    renew(targets.entries, at, record.time, FORGOTTEN, new)
    entry = targets.entries[at]
    entry.count += 1
    entry.answers += 1
    entry.proven += certain


@compiled
def silent(
    record: Any, row: int, flow: Any, marks: Any, began: bool, services: Bits, targets: Table, limit: Any, found: Any, count: int
) -> int:
    """A packet of such a connection: more of the request, the answer, or the end; the number of findings after it.

    A server that waits for the rest of a request, or of anything, has said nothing in a connection. Of one source many such
    are held open where somebody wants to have them all (slowloris, slow POST, and just connections).
    """
    sh, sl, th, tl, s, t = (
        record.source_high, record.source_low, record.target_high, record.target_low, marks.source, marks.target,
    )  # fmt: skip
    port = record.target_port
    if not began:
        sh, sl, th, tl, s, t, port = th, tl, sh, sl, t, s, record.source_port
    over = record.flags & 5 != 0 or (not began and record.payload != 0)
    if over:
        flow.state &= 0xFF ^ SILENT
    at, _ = find(targets, both(t, s, EXHAUSTION), th, tl, sh, sl, np.uint64(EXHAUSTION), 0, False)
    if at < 0:
        return count
    entry = targets.entries[at]
    held = np.int64(entry.count)
    if held < limit.silent:
        # `bytes` is the time since when there are many.
        entry.bytes = 0
    elif entry.bytes == 0:
        entry.bytes = np.uint64(record.time)
    elif record.time - np.int64(entry.bytes) >= HELD and (not entry.told or held >= 2 * entry.told):
        after = tell(record, row, SLOW_HTTP if services[port] & WEB else EXHAUSTION, 0, held, entry, True, True, found, count)
        if after > count:
            out = found[count]
            out.source_high, out.source_low, out.target_high, out.target_low, out.port = sh, sl, th, tl, port
            out.proven = entry.proven == entry.answers
        count = after
    if over and entry.count:
        entry.count -= 1
    return count
