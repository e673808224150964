r"""Where the quotation marks of a JSON text stand, of which 64 bytes are looked at at once.

Whether one stands behind a backslash is told for 64 bytes at once, too: a backslash counts unless another one that counts stands
before it. Source: Langdale and Lemire, Parsing Gigabytes of JSON per Second (2019), 3.1.1.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from vedette.model.compiled import among, below, bits, compiled, lowest

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]

QUOTE, SLASH, SPACE = 34, 92, 32
_LETTERS: Final = (110, 114, 116)
"""n, r, t: what mostly stands behind a backslash, besides itself and a quotation mark."""
_U: Final = 117

HEX: Final = np.full(256, -1, np.int64)
"""What a digit stands for."""
for _digit in b"0123456789abcdefABCDEF":
    HEX[_digit] = int(chr(_digit), 16)
SHORT: Final = np.zeros(256, np.uint8)
"""What stands for what, behind a backslash."""
for _written, _meant in zip(b'"\\/bfnrt', b'"\\/\b\f\n\r\t', strict=True):
    SHORT[_written] = _meant

_NONE, _ONE, _EVEN = np.uint64(0), np.uint64(1), np.uint64(0x5555555555555555)


@compiled
def unit(data: Bytes, at: int, end: int) -> int:
    r"""What \uXXXX stands for, of which the X begin here; -1 where they are none."""
    if at + 4 > end:
        return -1
    a, b, c, d = HEX[data[at]], HEX[data[at + 1]], HEX[data[at + 2]], HEX[data[at + 3]]
    return (a << 12 | b << 8 | c << 4 | d) if a >= 0 and b >= 0 and c >= 0 and d >= 0 else -1


@compiled
def look(data: Bytes, end: int, places: Ints, counts: Ints) -> int:
    r"""Quotation marks of a text of at least 64 bytes, but those behind a backslash.

    Args:
        places: gets where each stands, and `end`; has eight more than may come.
        counts: gets how many backslashes stand before it.

    Returns: how many they are; -1 where there are too many, where a control character stands in the text, or where what follows a
    backslash is not plain: no character that may, \u0000, or half of a pair.
    """
    found = before = 0
    carry = _NONE  # whether the first byte stands behind a backslash
    second = -1  # where the other half of a pair begins
    for word in range((end + 63) >> 6):
        at = word << 6
        # Of the last ones, which are less than 64, bytes from before them are looked at, too, and left out.
        begin = min(at, end - 64)
        out = np.uint64(at - begin)
        quote = among(data, begin, QUOTE) >> out
        slash = among(data, begin, SLASH) >> out
        if below(data, begin, SPACE) != _NONE or found + 72 > len(places):
            return -1
        if slash | carry != _NONE:
            first = slash & ~carry
            follows = first << _ONE | carry
            odd = first & ~_EVEN & ~follows
            even = odd + first
            carry = _ONE if even < odd else _NONE
            behind = (_EVEN ^ even << _ONE) & follows
            other = behind & ~(quote | slash)
            quote &= ~behind
            if other != _NONE:
                for letter in _LETTERS:
                    other &= ~(among(data, begin, letter) >> out)
            while other != _NONE:
                place = at + lowest(other)
                other &= other - _ONE
                if data[place] != _U:
                    if not SHORT[data[place]]:
                        return -1
                    continue
                if place == second:
                    continue
                sign = unit(data, place + 1, end)
                if sign <= 0 or 0xDC00 <= sign < 0xE000:
                    return -1
                if 0xD800 <= sign < 0xDC00:
                    second = place + 6
                    if second >= end or data[place + 5] != SLASH or data[second] != _U:
                        return -1
                    if not 0xDC00 <= unit(data, second + 1, end) < 0xE000:
                        return -1
        count = bits(quote)
        # A loop that goes as often as there are some would be foretold wrongly each time.
        for each in range(4):
            places[found + each] = at + lowest(quote)
            counts[found + each] = before + bits(slash & ((quote & (_NONE - quote)) - _ONE))
            quote &= quote - _ONE
        for each in range(4, count):
            places[found + each] = at + lowest(quote)
            counts[found + each] = before + bits(slash & ((quote & (_NONE - quote)) - _ONE))
            quote &= quote - _ONE
        found += count
        before += bits(slash)
    places[found] = end
    counts[found] = before
    return found
