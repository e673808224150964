"""What is remembered of conversations, sources and targets: tables of fixed size, compiled.

A table is an array of entries in sets of eight. An entry's place follows from a hash of its key and a seed: where the
seed is secret, nobody can choose addresses that fall into one set. Where a set is full, the entry that was idle longest
gives way to the new one, unless it is `held`: sources on their way to an alert are not forgotten because of others.

How many different things were seen is kept as a bitmap of 256 bits (linear counting: Whang, Vander-Zanden, Taylor 1990).
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vedette.model.compiled import compiled

WAYS: Final = 8
BITS: Final = 256
CELLS: Final = BITS // 64 + 1
"""The bits, and how many of them are set."""


_KEY: Final = [("key", "u8", 5), ("first", "i8"), ("last", "i8"), ("begun", "i8"), ("held", "u4")]
FLOW: Final = np.dtype(
    [
        *_KEY, ("back", "u4"), ("asker_next", "u4"), ("other_next", "u4"), ("card", "u4"), ("kind", "u1"), ("state", "u1"),
    ],
    align=True,
)  # fmt: skip
"""A conversation, by the two ends and the protocol. `back`: packets of the side that did not begin it; `asker_next`,
`other_next`: of TCP, the next sequence number of the side that began it and of the other; `card`: from which card its
first packet came; `kind`: with what it began; `state`: bits ANSWERED, REFUSED, ..."""
ACTOR: Final = np.dtype(
    [
        *_KEY, ("tried", "u8", CELLS), ("answered", "u8", CELLS), ("times", "u4"), ("told", "u4"),
    ],
    align=True,
)  # fmt: skip
"""Somebody who begins conversations of one kind, with one host (many ports) or on one port (many hosts): the different
ones that were tried and that answered, how many times since `first`; `told`: at what count last."""
TARGET: Final = np.dtype(
    [
        *_KEY, ("sources", "u8", CELLS), ("ports", "u8", CELLS), ("count", "u4"), ("answers", "u4"),
        ("bytes", "u8"), ("told", "u4"), ("proven", "u4"), ("chief_high", "u8"), ("chief_low", "u8"), ("votes", "i4"), ("chief", "u4"),
    ],
    align=True,
)  # fmt: skip
"""What one host gets of one kind of traffic since `first`. `begun`: when what is told of it began. `chief`: the source of
most of it (Boyer-Moore majority vote), and its packets since it is the chief. `proven`: how much of it came in
conversations that their source cannot have forged."""

Table = npt.NDArray[Any]


def table(kind: np.dtype[Any], entries: int) -> Table:
    """An empty table of about so many entries."""
    return np.zeros(1 << max(4, (max(1, entries) - 1).bit_length()), kind)


@compiled
def mixed(number: np.uint64) -> np.uint64:
    """The finisher of SplitMix64 (Steele, Lea, Flood 2014)."""
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


@compiled
def hashed(seed: np.uint64, a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64, e: np.uint64) -> np.uint64:
    """Five numbers as one."""
    made = mixed(seed ^ a)
    made = mixed(made ^ b)
    made = mixed(made ^ c)
    made = mixed(made ^ d)
    return mixed(made ^ e)


@compiled
def find(
    entries: Table, seed: np.uint64, a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64, e: np.uint64, now: int,
    make: bool,
) -> tuple[int, bool]:  # fmt: skip
    """The place of the entry with this key, and whether it is new; -1 where there is none and none is to be made."""
    base = np.int64(hashed(seed, a, b, c, d, e) & np.uint64(len(entries) - 1)) & ~(WAYS - 1)
    free, oldest = -1, np.int64(0x7FFFFFFFFFFFFFFF)
    for place in range(base, base + WAYS):
        entry = entries[place]
        key = entry.key
        if entry.last == 0:
            free, oldest = place, np.int64(-1)
            break
        if key[0] == a and key[1] == b and key[2] == c and key[3] == d and key[4] == e:
            return place, False
        age = entry.last + np.int64(entry.held) * 1_000_000_000
        if age < oldest:
            free, oldest = place, age
    if not make:
        return -1, False
    entry = entries[free]
    clear(entries, free)
    entry.key[0], entry.key[1], entry.key[2], entry.key[3], entry.key[4] = a, b, c, d, e
    entry.first = entry.last = entry.begun = max(1, now)
    return free, True


@compiled
def renew(entries: Table, place: int, now: int, span: int) -> None:
    """The entry's next window, if that is over. What has been told and goes on stays one and the same: `begun` is kept."""
    entry = entries[place]
    apart = abs(now - entry.first)
    if apart < span:
        entry.last = max(entry.last, now)
        return
    a, b, c, d, e = entry.key[0], entry.key[1], entry.key[2], entry.key[3], entry.key[4]
    begun = entry.begun if entry.told and apart < 2 * span else now
    clear(entries, place)
    entry.key[0], entry.key[1], entry.key[2], entry.key[3], entry.key[4] = a, b, c, d, e
    entry.first = entry.last = now
    entry.begun = begun


@compiled
def clear(entries: Table, place: int) -> None:
    """An entry as it was at first."""
    entries[place : place + 1].view(np.uint8)[:] = 0


@compiled
def mark(bits: npt.NDArray[np.uint64], number: np.uint64) -> None:
    """One thing seen, by its hash."""
    place = number & np.uint64(BITS - 1)
    bit = np.uint64(1) << (place & np.uint64(63))
    cell = place >> np.uint64(6)
    if not bits[cell] & bit:
        bits[cell] |= bit
        bits[CELLS - 1] += np.uint64(1)


_COUNTED: Final = np.array(
    [count if count < BITS // 8 else round(BITS * np.log(BITS / max(1, BITS - count))) for count in range(BITS + 1)], np.int64
)
"""By the bits that are set; few things are counted exactly but for collisions."""


@compiled
def seen(bits: npt.NDArray[np.uint64]) -> int:
    """How many different things were seen, about."""
    return _COUNTED[bits[CELLS - 1]]
