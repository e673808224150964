"""A first look at values as they are written in documents: which may have one of some words (model/grams.py)."""

from typing import Final

import numpy as np
import numpy.typing as npt

from vedette.model.compiled import bytes_at, compiled, eight, prefetch
from vedette.model.grams import BITS, FOLD, MIXER
from vedette.parse.number_walk import AHEAD
from vedette.parse.plain_walk import OPEN_LIST, SLASH, Longs
from vedette.parse.quotes_walk import Bytes, Ints, unit

Bools = npt.NDArray[np.bool_]

_MIXER, _FOLD, _SHIFT = np.uint32(MIXER), np.uint32(FOLD), np.uint32(32 - BITS)
_ONES, _HIGH = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_SLASHES, _US = np.uint64(0x5C5C5C5C5C5C5C5C), np.uint64(0x7575757575757575)
_EIGHT: Final = np.uint64(8)
_BEYOND: Final = np.uint32(0x80808080)
KELVIN, DOTTED = 0x212A, 0x130
"""The two letters beyond ASCII that lower-case to one within."""


@compiled
def _four(data: Bytes, at: int) -> np.uint32:
    return np.uint32(
        np.uint32(data[at]) | np.uint32(data[at + 1]) << np.uint32(8) | np.uint32(data[at + 2]) << np.uint32(16)
        | np.uint32(data[at + 3]) << np.uint32(24)
    )  # fmt: skip


@compiled
def _odd(data: Bytes, at: int, end: int, last: int) -> bool:
    """Whether one of the two letters begins between two places, in a text that ends at the last."""
    for place in range(at, end):
        if place + 1 < last and (
            (data[place] == 0xC4 and data[place + 1] == 0xB0) or (data[place] == 0xE2 and data[place + 1] == 0x84)
        ):
            return True
    return False


@compiled
def _hidden(data: Bytes, at: int, end: int) -> bool:
    """Whether an escape stands for something that a word could have in its plain parts, or for one of the two letters."""
    while at < end:
        if data[at] != SLASH:
            at += 1
        elif data[at + 1] != 117:
            at += 2
        else:
            sign = unit(data, at + 2, end)
            if sign in (KELVIN, DOTTED) or (0x20 <= sign < 0x7F and sign not in (34, 38, 39, 47, 60, 62, 92)):
                return True
            at += 6
    return False


@compiled
def _numbered(data: Bytes, at: int, end: int) -> bool:
    """Whether there may be escapes that are numbers."""
    while at + 8 <= end:
        here = eight(data, at)
        slashes, marks = here ^ _SLASHES, here ^ _US
        slashes = (slashes - _ONES) & ~slashes & _HIGH
        marks = (marks - _ONES) & ~marks & _HIGH
        if slashes << _EIGHT & marks:
            return True
        at += 7
    while at + 1 < end:
        if data[at] == SLASH and data[at + 1] == 117:
            return True
        at += 1
    return False


@compiled
def _may(data: Bytes, at: int, end: int, table: Bools, step: int) -> bool:
    """Whether a text may have one of the words, if no escape hides it."""
    begin = at
    while at + 4 <= end:
        four = _four(data, at)
        if table[np.uint32((four | _FOLD) * _MIXER) >> _SHIFT]:
            return True
        if four & _BEYOND and _odd(data, at, at + 4, end):
            return True
        at += step
    return _odd(data, max(begin, at - 4), end, end)


@compiled
def look(
    at: Longs, rows: Longs, firsts: Longs, spans: Ints, columns: Longs, table: Bools, step: int, found: Bools
) -> None:
    """Tells of values of some documents whether they may have one of the words that a table is made of.

    Args:
        at, firsts, spans: of all documents, as `walk` has them; `rows`: of these documents; `columns`: for each the place of its key.
        table, step: as in Grams.
        found: gets the answers.
    """
    last = len(rows) - 1
    for place in range(len(rows)):
        ahead = min(place + AHEAD, last)
        span = 2 * (firsts[rows[ahead]] + columns[ahead])
        prefetch(bytes_at(at[rows[ahead]], spans[span] + 1), spans[span])
        row = rows[place]
        span = 2 * (firsts[row] + columns[place])
        begin, size = spans[span], spans[span + 1]
        end = begin + abs(size)
        data = bytes_at(at[row], end + 1)
        # What is written like a list is taken apart later, and has escapes of its own.
        found[place] = (end > begin and data[begin] == OPEN_LIST) or _may(data, begin, end, table, step) or (
            size < 0 and _numbered(data, begin, end) and _hidden(data, begin, end)
        )
