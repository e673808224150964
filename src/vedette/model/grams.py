"""A first look at texts: whether one may have any of some words, seen from four bytes here and there.

Whoever looks at every `step`-th place of a text sees four bytes of each word that is there, whatever its case. So a table of the
four bytes that are to be expected tells at most places that nothing begins there. What is found may be something else: it must be
looked at closely.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]

SIZE: Final = 4
"""Bytes that are seen at once."""
FURTHEST: Final = 3
"""Most places from one look to the next: every byte is seen then."""
BITS: Final = 14
"""Of the number of four bytes: the table is as large as the cache that is nearest."""
MIXER: Final = 0x9E3779B1
LEAST: Final = 2
"""Places from one look to the next, from which it pays."""
MOST: Final = 200
"""Words: the table of more would tell little."""
FOLD: Final = 0x20202020
"""Bits that upper and lower case differ by."""

_PLAIN: Final = re.compile(rb"[ !#-%(-.0-;=?-\[\]-~]+")
"""ASCII that stands in JSON as it is, but for escapes that nobody has to write: without quotation marks, apostrophes, slashes and
`<>&`, which some write as numbers."""


class Grams(NamedTuple):
    """What is looked for. `table`: for each number of four bytes whether a word has them where they are seen; `step`: places from
    one look to the next."""

    table: npt.NDArray[np.bool_]
    step: int


def numbers(text: bytes) -> Rows:
    """The number of each four bytes of a text, of one place after the other."""
    data = np.frombuffer(text, np.uint8).astype(np.uint32)
    if len(data) < SIZE:
        return np.zeros(0, np.int64)
    four = data[:-3] | data[1:-2] << 8 | data[2:-1] << 16 | data[3:] << 24
    found: Rows = ((four | np.uint32(FOLD)) * np.uint32(MIXER) >> np.uint32(32 - BITS)).astype(np.int64)
    return found


def grams(words: Iterable[str], sample: bytes) -> Grams | None:
    """What to look for where one of the words, lower-cased, is to be found; None where some are too short.

    Args:
        sample: of the texts: of each word that part is taken which is rare there.
    """
    plain = [_PLAIN.findall(word.encode()) for word in words]
    step = min(FURTHEST, min((max(map(len, parts), default=0) for parts in plain), default=0) - SIZE + 1)
    if step < LEAST or len(plain) > MOST:
        return None
    often = np.bincount(numbers(sample), minlength=1 << BITS)
    table = np.zeros(1 << BITS, np.bool_)
    for parts in plain:
        seen = [numbers(part) for part in parts if len(part) >= SIZE - 1 + step]
        # How often what is seen of a word is seen without it, by the place where that part of the word begins.
        sums = [np.convolve(often[each], np.ones(step, np.int64), "valid") for each in seen]
        best = min(range(len(seen)), key=[int(each.min()) for each in sums].__getitem__)
        begin = int(sums[best].argmin())
        table[seen[best][begin : begin + step]] = True
    return Grams(table, step)
