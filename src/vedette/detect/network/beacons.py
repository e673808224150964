"""Beacons: a program that opens TCP connections to the same service outside again and again, by the clock.

Gaps between contacts are regular where their median absolute deviation is small against their median; people's are about
as wide as their median. What a contact carries is small and about the same each time. What goes on in one connection does not
count, nor does UDP, over which voice, games and tunnels ask by the clock whether the other side is there, nor do services
that are periodic by their nature, nor neighbours, whom monitoring asks.

Source: X. Hu et al., "BAYWATCH: Robust Beaconing Detection", 2016.
"""

from typing import Any, Final

import numpy as np

from vedette.detect.network.findings import BEACON, PERIODIC, SECOND, WATCHED, Bits, tell
from vedette.detect.network.tables import Table, both, find
from vedette.model.compiled import compiled
from vedette.model.packets import IP4

GAPS: Final = 16
PAUSE: Final = SECOND
"""What comes sooner than this after the connection before belongs to the same contact."""
SHORT: Final = 5 * SECOND
"""Shorter gaps must be regular for three times as long: whoever polls is often in a hurry."""
DAY: Final = 25 * 3600 * SECOND
SMALL: Final = 1 << 20
"""Bytes of a contact at most."""


@compiled
def inside(high: np.uint64, low: np.uint64, kind: int) -> bool:
    """Whether an address belongs to a private network (RFC 1918, 3927, 4193, 6598) or to the machine itself."""
    if kind == IP4:
        a, b = low >> np.uint64(24), low >> np.uint64(16)
        if a == 10 or a == 127 or b == 0xC0A8 or b == 0xA9FE:
            return True
        return low >> np.uint64(20) == 0xAC1 or low >> np.uint64(22) == 0x64 * 4 + 1
    return high >> np.uint64(57) == 0x7E or high >> np.uint64(54) == 0x3FA or (high == 0 and low == 1)


@compiled
def near(ttl: int) -> bool:
    """Whether a packet began here or a few routers away: systems begin with 64, 128 or 255 (RFC 1700). Who asks the own servers by
    the clock from afar (uptime monitors, build servers) is nobody's beacon."""
    return (np.int64(ttl) - 61) & 63 <= 3


@compiled
def median(gaps: Any, count: int, middle: int) -> int:
    """The median of how far the gaps are from a number; there are few, so that each is compared with all."""
    for one in range(count):
        value, below = abs(gaps[one] - middle), 0
        for other in range(count):
            far = abs(gaps[other] - middle)
            below += far < value or (far == value and other < one)
        if below == count // 2:
            return value
    return 0


@compiled
def jittered(gaps: Any, middle: int) -> bool:
    """Whether all gaps are within a half of their median: a clock with a die. Of people's one in three is."""
    for gap in gaps:
        if not middle < 2 * gap < 3 * middle + middle // 5:
            return False
    return middle >= SHORT


@compiled
def contact(
    record: Any, row: int, marks: Any, flow: Any, services: Bits, rhythms: Table, limit: Any, found: Any, count: int
) -> int:
    """A source turns to a service; the number of findings after it."""
    if not near(record.ttl):
        return count
    if services[record.target_port] & PERIODIC or inside(record.target_high, record.target_low, record.kind):
        return count
    now, port = record.time, np.uint64(record.target_port) << np.uint64(8) | np.uint64(record.protocol)
    place, new = find(
        rhythms, both(marks.source, marks.asked, BEACON), record.source_high, record.source_low, record.target_high,
        record.target_low, port, now, True,
    )  # fmt: skip
    entry = rhythms.entries[place]
    gap, pause = now - entry.last, now - entry.heard
    entry.heard = max(now, entry.heard)
    if new or gap > DAY or gap < -PAUSE:
        entry.first = entry.begun = entry.last = entry.heard = now
        entry.times, entry.told, entry.size, entry.least, entry.most = 1, 0, 0, 0, 0
        return count
    if entry.times > GAPS // 4:
        flow.state |= WATCHED
    if pause < PAUSE:
        return count
    if entry.times > GAPS // 4 + 1:
        entry.least = entry.size if entry.least == 0 else min(entry.least, entry.size)
        entry.most = max(entry.most, entry.size)
    entry.size = 0
    entry.gaps[(entry.times - 1) % GAPS] = gap
    entry.last = now
    entry.times += 1
    if entry.times < limit.contacts or (entry.told and entry.times < 2 * entry.told):
        return count
    gaps = min(GAPS, np.int64(entry.times) - 1)
    middle = median(entry.gaps, gaps, 0)
    if middle < SHORT and entry.times < 3 * limit.contacts:
        return count
    regular = median(entry.gaps, gaps, middle) <= limit.regular * middle
    if not regular and (entry.times < 3 * limit.contacts or not jittered(entry.gaps, middle)):
        return count
    if entry.most > SMALL or entry.most > 4 * entry.least + np.uint64(4096):
        # Something else goes on there: what was seen so far is no sign of a beacon.
        entry.least = entry.most = 0
        return count
    after = tell(record, row, BEACON, 0, entry.times, entry, True, True, found, count)
    if after > count:
        found[count].usual = middle
    return after


@compiled
def carried(record: Any, began: bool, asker: np.uint64, asked: np.uint64, rhythms: Table) -> None:
    """Bytes of a conversation that may be one of a beacon's.

    Args:
        asker, asked: hashes of the address that began it, and of the other one with its port.
    """
    if began:
        sh, sl, th, tl, port = (
            record.source_high, record.source_low, record.target_high, record.target_low, record.target_port,
        )  # fmt: skip
    else:
        sh, sl, th, tl, port = (
            record.target_high, record.target_low, record.source_high, record.source_low, record.source_port,
        )  # fmt: skip
    what = np.uint64(port) << np.uint64(8) | np.uint64(record.protocol)
    place, _ = find(rhythms, both(asker, asked, BEACON), sh, sl, th, tl, what, 0, False)
    if place >= 0:
        rhythms.entries[place].size += np.uint64(record.wire)
