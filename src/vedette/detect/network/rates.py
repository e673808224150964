"""What is unusual for an address or a service: packets and bytes a second against an exponentially weighted baseline.

Each second that had packets is judged once, when the next one begins, so that the cost per packet is a sum. An entry stays
where it is until it was idle for long: a flood of forged addresses drives out none.

Sources: S. W. Roberts, "Control Chart Tests Based on Geometric Moving Averages", 1959; T. Finch, "Incremental calculation of
weighted mean and variance", 2009.
"""

from typing import Any, Final

import numpy as np

from vedette.detect.network.findings import BYTE_RATE, PACKET_RATE, SECOND, tell
from vedette.model.compiled import compiled, inlined

WEIGHT: Final = 1 / 300
"""Of a second in the baseline, which so is of about five minutes."""
IDLE: Final = 600
"""Seconds after which an entry gives way to another address."""
SUSTAINED: Final = 10
"""Seconds that are far above what is usual, one after another, before it is told."""
TIMES: Final = 5
"""How many times the usual rate is far above it, at least."""
AGAIN: Final = 3600


@inlined
def rated(
    record: Any, row: int, mark: np.uint64, high: np.uint64, low: np.uint64, what: np.uint64, rates: Any, limit: Any, source: bool,
    found: Any, count: int,
) -> int:  # fmt: skip
    """A packet counted for an address that sends, or for a service that is asked; the number of findings after it."""
    entry = rates[mark & np.uint64(len(rates) - 1)]
    key, second = entry.key, record.time // SECOND
    if key[0] != high or key[1] != low or key[2] != what or entry.first == 0:
        if entry.first and abs(second - entry.second) < IDLE:
            return count
        key[0], key[1], key[2] = high, low, what
        entry.second, entry.first, entry.last_told = second, max(1, record.time), 0
        entry.packets = entry.bytes = entry.active = entry.told = 0
        for side in range(2):
            entry.high[side], entry.mean[side], entry.spread[side] = 0, 0.0, 0.0
    elif second > entry.second:
        count = judge(record, row, entry, second - entry.second, limit, source, found, count)
        entry.second = second
        entry.packets = entry.bytes = 0
    elif second < entry.second - 1:
        # The clock was set back. The second that went on is not told of; how long ago the others were stays.
        entry.first = max(1, entry.first - (entry.second - second) * SECOND)
        entry.last_told -= entry.second - second
        entry.second = second
        entry.packets = entry.bytes = 0
    entry.packets += 1
    entry.bytes += record.wire
    return count


@compiled
def judge(record: Any, row: int, entry: Any, gap: int, limit: Any, source: bool, found: Any, count: int) -> int:
    """The entry's last second against what is usual, which then takes it in, and the empty ones since."""
    entry.active += 1
    warm = record.time - entry.first > limit.rate_warm_up and entry.active * SECOND * 5 > limit.rate_warm_up
    for side in range(2):
        value = np.float64(entry.packets if side == 0 else entry.bytes)
        entry.latest[side] = min(value, np.float64(0xFFFFFFFF))
        floor = limit.rate_packets if side == 0 else limit.rate_bytes
        mean, spread = entry.mean[side], entry.spread[side]
        bound = max(mean + limit.rate_score * np.sqrt(spread), mean * TIMES, np.float64(floor))
        if warm and value > bound:
            entry.high[side] += 1
            if entry.high[side] == SUSTAINED and entry.second - entry.last_told > AGAIN:
                entry.begun, entry.told, entry.last_told = entry.second * SECOND, 0, entry.second
                total = min(np.int64(value), np.int64(0xFFFFFFFF))
                after = tell(record, row, PACKET_RATE if side == 0 else BYTE_RATE, 0, total, entry, source, not source, found, count)
                if after > count:
                    found[count].first = entry.begun - (SUSTAINED - 1) * SECOND
                    found[count].usual = np.int64(mean)
                count = after
            # What is far above is taken in as what would just have been usual.
            value = bound
        else:
            entry.high[side] = 0
        if entry.active <= 1:
            entry.mean[side] = value
        else:
            apart = value - mean
            weight = max(WEIGHT, 1 / np.float64(entry.active))
            entry.mean[side] = mean + weight * apart
            entry.spread[side] = (1 - weight) * (spread + weight * apart * apart)
        idle = min(gap - 1, IDLE)
        if idle > 0:
            entry.high[side] = 0
            left = (1 - WEIGHT) ** idle
            mean, spread = entry.mean[side], entry.spread[side]
            entry.mean[side] = mean * left
            entry.spread[side] = spread * left + mean * mean * left * (1 - left)
    return count
