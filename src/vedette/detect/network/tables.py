"""What is remembered of conversations, sources and targets: tables of fixed size, compiled.

A table has entries in sets of eight. Beside them stands an index, of one line of a processor's cache (64 bytes) for each
set: a tag for each entry, 32 bits of its hash, and up to when it is worth keeping. To look for what is not there costs one
access to memory, to find what is there two. The eight tags are compared at once: one after the other, nobody can foretell
where the right one is. Places follow from the hash and a secret seed, so that nobody can choose
addresses that fall into one set. Where a set is full, the entry that was idle longest gives way to the new one, but those
that are to be kept: sources on their way to an alert are not forgotten because of others.

How many different things were seen is kept as a bitmap of 256 bits (linear counting: Whang, Vander-Zanden, Taylor 1990).
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vedette.model.compiled import behind, compiled, equal, inlined, lowest, prefetch, wipe

WAYS: Final = 8
LINE: Final = 64
"""Bytes of a line of the cache."""
BITS: Final = 256
CELLS: Final = BITS // 64
MOMENT: Final = 27
"""Times are kept in the index in units of 2 ** 27 ns, 0.13 s, modulo 2 ** 32."""
MOMENTS: Final = 0xFFFFFFFF
_HALF: Final = 0x80000000


FLOW: Final = np.dtype(
    [
        ("key", "u8", 5), ("last", "u4"), ("back", "u4"), ("asker_next", "u4"), ("other_next", "u4"), ("asker_first", "u2"),
        ("other_first", "u2"), ("card", "u2"), ("kind", "u1"), ("state", "u1"),
    ],
    align=True,
)  # fmt: skip
"""A conversation, by the two ends and the protocol: one line of the cache. `last`: its last packet, in units of MOMENT; `back`:
of UDP, packets of the side that did not begin it; of TCP, when it was established, in units of MOMENT; `asker_next`,
`other_next`: of TCP, the next sequence number of the side that began it and of the other; `asker_first`, `other_first`: those
with which a connection to a login service began, modulo 2 ** 16, 0 if it is none; `card`: from which card its first packet
came; `kind`: with what it began; `state`: bits ANSWERED, REFUSED, ..."""
ACTOR: Final = np.dtype(
    [
        ("key", "u8", 5), ("first", "i8"), ("begun", "i8"), ("times", "u4"), ("told", "u4"), ("tried", "u8", CELLS),
        ("tried_bits", "u4"), ("answered_bits", "u4"), ("answered", "u8", CELLS),
        ("shared", "u4"), ("taken", "u4"), ("since", "u4"), ("recent", "u4"), ("young", "u8"),
        ("alarmed", "u4"),
    ],
    align=True,
)  # fmt: skip
"""Somebody who begins conversations of one kind, with one host (many ports) or on one port (many hosts): the different
ones that were tried and that answered, how many times since `first`; `told`: at what count last; `shared`: how
many of those somebody else tried in the same seconds; `taken`: how many that answered were taken back with nothing said;
`recent`, `young`: how many were tried since `since` (in units of TICK) and have not answered, and which, as 64 bits;
`alarmed`: when it was told last, in units of MOMENT."""
TARGET: Final = np.dtype(
    [
        ("key", "u8", 5), ("first", "i8"), ("begun", "i8"), ("count", "u4"), ("answers", "u4"), ("bytes", "u8"),
        ("told", "u4"), ("proven", "u4"), ("chief_high", "u8"), ("chief_low", "u8"), ("votes", "i4"), ("chief", "u4"),
        ("sources", "u8", CELLS), ("ports", "u8", CELLS), ("sources_bits", "u4"), ("ports_bits", "u4"),
        ("alarmed", "u4"),
    ],
    align=True,
)  # fmt: skip
"""What one host gets of one kind of traffic since `first`. `begun`: when what is told of it began. `chief`: the source of
most of it (Boyer-Moore majority vote), and its packets since it is the chief. `proven`: how much of it came in
conversations that their source cannot have forged."""

RHYTHM: Final = np.dtype(
    [
        ("key", "u8", 5), ("first", "i8"), ("begun", "i8"), ("last", "i8"), ("heard", "i8"), ("times", "u4"), ("told", "u4"),
        ("size", "u8"), ("least", "u8"), ("most", "u8"), ("gaps", "i8", 16), ("alarmed", "u4"),
    ],
    align=True,
)  # fmt: skip
"""When one source turned to one service: the last 16 gaps (ns). `last`:
when a contact began, `heard`: its last connection. `size`: bytes since then, `least` and `most` earlier ones."""
RATE: Final = np.dtype(
    [
        ("key", "u8", 3), ("second", "i8"), ("first", "i8"), ("packets", "u8"), ("bytes", "u8"), ("active", "u4"), ("told", "u4"),
        ("begun", "i8"), ("last_told", "i8"), ("high", "u2", 2), ("alarmed", "u4"), ("mean", "f8", 2), ("spread", "f8", 2),
        ("latest", "u4", 2),
    ],
    align=True,
)  # fmt: skip
"""Traffic of one address or service in its current second, and what is usual: mean and variance of packets and bytes a
second, weighted exponentially. `latest`: those of the last second that is over. `high`: for how many seconds it has been far
above; `active`: seconds with packets. Two lines of the cache, of which most packets need the first."""

Bitmap = npt.NDArray[np.uint64]


class Table(NamedTuple):
    """Entries, and of each set the tags of its entries and then up to when they are kept."""

    index: npt.NDArray[np.uint32]
    entries: npt.NDArray[Any]

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.index.nbytes + self.entries.nbytes


def empty(kind: np.dtype[Any], entries: int) -> npt.NDArray[Any]:
    """About so many entries that are empty; more by the next power of two."""
    count = 1 << max(4, (max(1, entries) - 1).bit_length())
    return _aligned(count * kind.itemsize).view(kind)


def table(kind: np.dtype[Any], entries: int) -> Table:
    """An empty table of about so many entries."""
    made = empty(kind, entries)
    return Table(_aligned(len(made) * 8).view(np.uint32), made)


def _aligned(size: int) -> npt.NDArray[np.uint8]:
    """Zeros that begin with a line of the cache."""
    made = np.empty(size + LINE, np.uint8)
    made[:] = 0
    begin = -made.ctypes.data % LINE
    return made[begin : begin + size]


@compiled
def mixed(number: np.uint64) -> np.uint64:
    """The finisher of SplitMix64 (Steele, Lea, Flood 2014)."""
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


@compiled
def hashed(seed: np.uint64, high: np.uint64, low: np.uint64) -> np.uint64:
    """The hash of an address."""
    return mixed(mixed(seed ^ high) ^ low)


@compiled
def both(first: np.uint64, second: np.uint64, kind: int) -> np.uint64:
    """The hash of two things of which there are hashes, or of one and zero, that are looked for as something of a kind."""
    turned = second << np.uint64(1) | second >> np.uint64(63)
    return mixed(first + turned + np.uint64(kind) * np.uint64(0x9E3779B97F4A7C15))


@compiled
def apart(number: int, other: int) -> int:
    """By how much a number of 32 bits is ahead of another one, around the end; less than zero if it is behind."""
    return ((np.int64(number) - np.int64(other) + _HALF) & MOMENTS) - _HALF


@inlined
def given(index: npt.NDArray[np.uint32], tags: int, moment: int) -> int:
    """Which entry of a set a new one gets: a free one, else that which was idle longest."""
    free = equal(index, tags, 0)
    return lowest(free) if free else behind(index, tags + WAYS, moment)


@inlined
def search(
    table: Table, mark: np.uint64, a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64, e: np.uint64, now: int,
    make: bool,
) -> tuple[int, bool]:  # fmt: skip
    """The place of the entry with this key, and whether it is new; -1 where there is none and none is to be made.

    Args:
        mark: hash of the key.
    """
    index, entries = table.index, table.entries
    base = np.int64(mark & np.uint64(len(entries) - 1)) & ~(WAYS - 1)
    tags = 2 * base
    tag = np.uint32(mark >> np.uint64(32)) | np.uint32(1)
    moment = (now >> MOMENT) & MOMENTS
    hits = equal(index, tags, tag)
    while hits:
        way = lowest(hits)
        key = entries[base + way].key
        if key[0] == a and key[1] == b and key[2] == c and key[3] == d and key[4] == e:
            if make and apart(moment, index[tags + WAYS + way]) > 0:
                index[tags + WAYS + way] = moment
            return base + way, False
        hits &= hits - 1
    if not make:
        return -1, False
    free = given(index, tags, moment)
    index[tags + free] = tag
    index[tags + WAYS + free] = moment
    place = base + free
    wipe(entries, place)
    key = entries[place].key
    key[0], key[1], key[2], key[3], key[4] = a, b, c, d, e
    return place, True


@compiled
def find(
    table: Table, mark: np.uint64, a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64, e: np.uint64, now: int,
    make: bool,
) -> tuple[int, bool]:  # fmt: skip
    """The same, called: there are many who look for something, but only one for each packet."""
    return search(table, mark, a, b, c, d, e, now, make)


@compiled
def approach(table: Table, mark: np.uint64) -> None:
    """The memory is asked for the tags of what is looked for soon."""
    prefetch(table.index, 2 * (np.int64(mark & np.uint64(len(table.entries) - 1)) & ~(WAYS - 1)))


@inlined
def absent(table: Table, mark: np.uint64) -> bool:
    """Whether there is surely no entry whose key has this hash: where this is so, `search` finds none."""
    base = np.int64(mark & np.uint64(len(table.entries) - 1)) & ~(WAYS - 1)
    return equal(table.index, 2 * base, np.uint32(mark >> np.uint64(32)) | np.uint32(1)) == 0


@inlined
def ask(table: Table, mark: np.uint64, now: int) -> int:
    """The memory is asked for the entry itself, by its tag; for the one that is given to what is new, where there is none.
    Its place."""
    base = np.int64(mark & np.uint64(len(table.entries) - 1)) & ~(WAYS - 1)
    hits = equal(table.index, 2 * base, np.uint32(mark >> np.uint64(32)) | np.uint32(1))
    way = lowest(hits) if hits else given(table.index, 2 * base, (now >> MOMENT) & MOMENTS)
    prefetch(table.entries, base + way)
    return base + way


@compiled
def come(table: Table, mark: np.uint64, now: int) -> None:
    """The same, called."""
    ask(table, mark, now)


@inlined
def hold(table: Table, place: int, now: int, seconds: int) -> None:
    """An entry is worth keeping for so long."""
    at = 2 * (place & ~(WAYS - 1)) + WAYS + (place & (WAYS - 1))
    until = ((now + seconds * 1_000_000_000) >> MOMENT) & MOMENTS
    if apart(until, table.index[at]) > 0:
        table.index[at] = until


@inlined
def renew(entries: npt.NDArray[Any], place: int, now: int, span: int, new: bool) -> None:
    """The entry's first or next window, if one is over. What has been told and goes on, or begins again soon (floods come in
    pulses), stays one and the same: `begun` is kept."""
    entry = entries[place]
    if new:
        entry.first = entry.begun = now
        return
    if abs(now - entry.first) >= span:
        _next(entries, place, now, span)


LULL: Final = 300 * 1_000_000_000 >> MOMENT
"""Moments without an alarm after which what comes is something new."""


@compiled
def _next(entries: npt.NDArray[Any], place: int, now: int, span: int) -> None:
    entry = entries[place]
    past = abs(now - entry.first)
    a, b, c, d, e = entry.key[0], entry.key[1], entry.key[2], entry.key[3], entry.key[4]
    alarmed = np.int64(entry.alarmed)
    begun = now
    if (entry.told and past < 2 * span) or (alarmed and abs(apart((now >> MOMENT) & MOMENTS, alarmed)) < LULL):
        begun = entry.begun
    wipe(entries, place)
    entry.key[0], entry.key[1], entry.key[2], entry.key[3], entry.key[4] = a, b, c, d, e
    entry.first = now
    entry.begun, entry.alarmed = begun, alarmed


@compiled
def mark(bits: Bitmap, number: np.uint64) -> int:
    """One thing seen, by its hash; 1 if that is new."""
    place = number & np.uint64(BITS - 1)
    bit = np.uint64(1) << (place & np.uint64(63))
    cell = place >> np.uint64(6)
    new = bits[cell] & bit == np.uint64(0)
    bits[cell] |= bit
    return np.int64(new)


_COUNTED: Final = np.array(
    [count if count < BITS // 8 else round(BITS * np.log(BITS / max(1, BITS - count))) for count in range(BITS + 1)], np.int64
)
"""By the bits that are set; few things are counted exactly but for collisions."""


@compiled
def seen(bits: int) -> int:
    """How many different things were seen, about, by how many bits are set."""
    return _COUNTED[bits]
