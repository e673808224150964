"""Which values of documents are the same: compared as they are written, without making them."""

from typing import Final

import numpy as np
import numpy.typing as npt

from vedette.model.compiled import bytes_at, compiled, eight, prefetch
from vedette.parse.plain_walk import QUOTE, Longs
from vedette.parse.quotes_walk import Bytes, Ints

Marks = npt.NDArray[np.uint64]

PROBES: Final = 8
"""Values with other marks that one is compared with before it is taken for a new one."""
AHEAD: Final = 16
"""Values between one that is asked of the memory and one that is read."""

_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_FOLD: Final = np.uint64(29)


@compiled
def _mark(data: Bytes, at: int, end: int) -> np.uint64:
    """A number for some bytes, of which the highest bits tell most."""
    mark = np.uint64(end - at) * _ODD
    while at + 8 <= end:
        mark = (mark ^ eight(data, at)) * _ODD
        mark ^= mark >> _FOLD
        at += 8
    while at < end:
        mark = (mark ^ np.uint64(data[at])) * _ODD
        at += 1
    return (mark ^ mark >> _FOLD) * _ODD


@compiled
def _alike(one: Bytes, at: int, end: int, other: Bytes, place: int) -> bool:
    """Whether bytes are the same as those from a place on."""
    while at + 8 <= end:
        if eight(one, at) != eight(other, place):
            return False
        at += 8
        place += 8
    while at < end:
        if one[at] != other[place]:
            return False
        at += 1
        place += 1
    return True


@compiled
def _written(data: Bytes, begin: int, size: int, raw: bool) -> tuple[int, int]:
    """Where a value begins and ends; `raw`: a text with its quotation marks."""
    end = begin + abs(size)
    return (begin - 1, end + 1) if raw and data[begin - 1] == QUOTE else (begin, end)


@compiled
def number(
    at: Longs, rows: Longs, firsts: Longs, spans: Ints, columns: Longs, raw: bool, slots: Ints, marks: Marks, heads: Longs,
    numbers: Longs,
) -> int:
    """Numbers the different values of some documents in order of appearance. A few that are the same may get several numbers: an
    attacker who makes values whose marks lie side by side does not have them all compared with each other.

    Args:
        at, firsts, spans: of all documents, as `walk` has them; `rows`: of these documents; `columns`: for each the place of its key.
        raw: texts count with their quotation marks, since there may be values of other types.
        slots: zeros, as many as a power of two.
        marks, heads: room for each different value; `heads` get the place among `rows` where it first stands.
        numbers: get the number of each value.

    Returns: how many are different.
    """
    shift = np.uint64(64)
    room = len(slots)
    while room > 1:
        room >>= 1
        shift -= np.uint64(1)
    count = 0
    last = len(rows) - 1
    for place in range(len(rows)):
        ahead = min(place + AHEAD, last)
        span = 2 * (firsts[rows[ahead]] + columns[ahead])
        prefetch(bytes_at(at[rows[ahead]], spans[span] + 1), spans[span])
        row = rows[place]
        span = 2 * (firsts[row] + columns[place])
        data = bytes_at(at[row], spans[span] + abs(spans[span + 1]) + 1)  # a document goes on behind a value
        begin, end = _written(data, spans[span], spans[span + 1], raw)
        mark = _mark(data, begin, end)
        slot = np.int64(mark >> shift)
        found = -1
        for _ in range(PROBES):
            known = slots[slot] - 1
            if known < 0:
                slots[slot] = count + 1
                break
            if marks[known] == mark:
                head = rows[heads[known]]
                span = 2 * (firsts[head] + columns[heads[known]])
                other = bytes_at(at[head], spans[span] + abs(spans[span + 1]) + 1)
                first, after = _written(other, spans[span], spans[span + 1], raw)
                if after - first == end - begin and _alike(data, begin, end, other, first):
                    found = known
                    break
            slot = (slot + 1) & (len(slots) - 1)
        if found < 0:
            found = count
            marks[count] = mark
            heads[count] = place
            count += 1
        numbers[place] = found
    return count
