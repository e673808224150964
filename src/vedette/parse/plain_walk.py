"""Where the values of JSON objects stand in memory: the compiled walk over plain ones, and the one that fetches values.

Plain is an object that any decoder reads alike, and of which each value can be told from its bytes alone (RFC 8259): keys
without an escape, texts whose escapes are characters but NUL, numbers without an exponent,
objects and lists to a depth. Everything else is left to the decoder: what is broken, too, since it says what is wrong.

Nothing is read outside of a document, whatever stands in it. That it is UTF-8 is known before.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from vedette.model.compiled import bytes_at, compiled, copy, find, prefetch, same
from vedette.parse.plain import MARKED

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

MOST: Final = 512
"""Keys that a plain object may have."""
SIGNATURE: Final = 1 << 14
"""Bytes of its keys, with two more for each."""
LARGEST: Final = 1 << 30
"""Bytes of one."""
DEPTH: Final = 60
"""Objects and lists within each other, one bit for each."""
DIGITS: Final = 100
"""Of a number, before and behind the point."""
PROBES: Final = 16
"""Signatures that may be alike in the few bytes that are hashed."""

QUOTE, SLASH, MINUS, ZERO, NINE, COMMA, COLON, POINT, SPACE = 34, 92, 45, 48, 57, 44, 58, 46, 32
OPEN_LIST, CLOSE_LIST, OPEN, CLOSE = 91, 93, 123, 125
TEXT, WHOLE, FRACTION, TRUTH, NULL, LIST, OBJECT = b"sifbnlo"
"""What a value is, in a signature."""

_SHORT: Final = np.zeros(256, np.uint8)
"""What stands for what, behind a backslash."""
for _written, _meant in zip(b'"\\/bfnrt', b'"\\/\b\f\n\r\t', strict=True):
    _SHORT[_written] = _meant
_HEX: Final = np.full(256, -1, np.int64)
for _digit in b"0123456789abcdefABCDEF":
    _HEX[_digit] = int(chr(_digit), 16)


@compiled
def _space(data: Bytes, at: int, end: int) -> int:
    """Where something stands again."""
    while at < end and (data[at] == SPACE or data[at] == 9):
        at += 1
    return at


@compiled
def _unit(data: Bytes, at: int, end: int) -> int:
    r"""What \uXXXX stands for, of which the X begin here; -1 where they are none."""
    if at + 4 > end:
        return -1
    a, b, c, d = _HEX[data[at]], _HEX[data[at + 1]], _HEX[data[at + 2]], _HEX[data[at + 3]]
    return (a << 12 | b << 8 | c << 4 | d) if a >= 0 and b >= 0 and c >= 0 and d >= 0 else -1


@compiled
def _text(data: Bytes, at: int, end: int) -> tuple[int, bool]:
    """From behind the opening quotation mark of a text: where the closing one stands (-1: not plain), whether there are escapes."""
    escapes = False
    while True:
        if at < end and data[at] != SLASH:  # escapes often stand in a row
            at = find(data, at, end)
        if at >= end or data[at] < SPACE:
            return -1, escapes
        if data[at] == QUOTE:
            return at, escapes
        escapes = True
        if at + 1 >= end:
            return -1, escapes
        if data[at + 1] != 117:  # u
            if not _SHORT[data[at + 1]]:
                return -1, escapes
            at += 2
            continue
        unit = _unit(data, at + 2, end)
        at += 6
        if 0xD800 <= unit < 0xDC00:
            if at + 2 > end or data[at] != SLASH or data[at + 1] != 117 or not 0xDC00 <= _unit(data, at + 2, end) < 0xE000:
                return -1, escapes
            at += 6
        elif unit <= 0 or 0xDC00 <= unit < 0xE000:
            return -1, escapes


@compiled
def _number(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """Behind a number that begins here, and its kind; -1 where it is not plain."""
    begin = at
    if data[at] == MINUS:
        at += 1
    first = at
    while at < end and ZERO <= data[at] <= NINE:
        at += 1
    digits = at - first
    if not 0 < digits <= DIGITS or (data[first] == ZERO and digits > 1):
        return -1, WHOLE
    if at < end and data[at] == POINT:
        first = at + 1
        at = first
        while at < end and ZERO <= data[at] <= NINE:
            at += 1
        return (at if 0 < at - first <= DIGITS else -1), FRACTION
    return (-1 if data[first] == ZERO and first > begin else at), WHOLE


@compiled
def _literal(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """Behind true, false or null, and its kind; -1 where it is none of them, or nothing follows."""
    if at + 5 > end:
        return -1, NULL
    a, b, c, d = data[at], data[at + 1], data[at + 2], data[at + 3]
    if a == 116 and b == 114 and c == 117 and d == 101:
        return at + 4, TRUTH
    if a == 110 and b == 117 and c == 108 and d == 108:
        return at + 4, NULL
    if a == 102 and b == 97 and c == 108 and d == 115 and data[at + 4] == 101:
        return at + 5, TRUTH
    return -1, NULL


@compiled
def _simple(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """Behind a number or literal, and its kind; -1 where it is none."""
    if data[at] == MINUS or ZERO <= data[at] <= NINE:
        return _number(data, at, end)
    return _literal(data, at, end)


@compiled
def _behind_colon(data: Bytes, at: int, end: int) -> int:
    """From behind a key: where its value begins; -1 where no colon comes first, or nothing after it."""
    at = _space(data, at, end)
    if at >= end or data[at] != COLON:
        return -1
    at = _space(data, at + 1, end)
    return at if at < end else -1


@compiled
def _key(data: Bytes, at: int, end: int) -> int:
    """From where a key ought to stand in an inner object: where its value begins, -1 where none does."""
    at = _space(data, at, end)
    if at >= end or data[at] != QUOTE:
        return -1
    at, _ = _text(data, at + 1, end)
    return _behind_colon(data, at + 1, end) if at >= 0 else -1


@compiled
def _inner(data: Bytes, at: int, end: int) -> int:
    """Behind an object or list that begins here; -1 where it is not plain."""
    depth = 0
    objects = 0  # a bit for each level, the lowest for the innermost
    while True:
        # A value begins here.
        if data[at] == OPEN or data[at] == OPEN_LIST:
            if depth == DEPTH:
                return -1
            depth += 1
            objects = objects << 1 | (1 if data[at] == OPEN else 0)
            at = _space(data, at + 1, end)
            if at >= end:
                return -1
            if data[at] != (CLOSE if objects & 1 else CLOSE_LIST):
                if objects & 1:
                    at = _key(data, at, end)
                    if at < 0:
                        return -1
                continue
        elif data[at] == QUOTE:
            at, _ = _text(data, at + 1, end)
            if at < 0:
                return -1
            at += 1
        else:
            at, _ = _simple(data, at, end)
            if at < 0:
                return -1
        # What goes on or ends behind it.
        while True:
            at = _space(data, at, end)
            if at >= end:
                return -1
            if data[at] == COMMA:
                at = _key(data, at + 1, end) if objects & 1 else _space(data, at + 1, end)
                if at < 0 or at >= end:
                    return -1
                break
            if data[at] != (CLOSE if objects & 1 else CLOSE_LIST):
                return -1
            at += 1
            depth -= 1
            objects >>= 1
            if depth == 0:
                return at


@compiled
def _object(data: Bytes, end: int, signature: Bytes, found: Ints) -> tuple[int, int, int]:
    """One document.

    Args:
        signature: gets its keys and the kinds of their values: each key, a quotation mark, and the kind.
        found: gets begin and size of each value. Texts without their quotation marks; one with escapes has its size negative.

    Returns: keys (0: it is not plain), bytes of the signature, and a hash of it, which is not more than 30 bits.
    """
    written = keys = mark = 0
    if not 2 <= end <= LARGEST or data[0] != OPEN or data[end - 1] != CLOSE:
        return 0, 0, 0
    at = 0
    while True:
        at = _space(data, at + 1, end)
        if at >= end or data[at] != QUOTE or keys == MOST:
            return 0, 0, 0
        at += 1
        key = at
        while at < end and data[at] != QUOTE:
            if data[at] == SLASH or data[at] < SPACE or written >= SIGNATURE - 2:
                return 0, 0, 0
            signature[written] = data[at]
            written += 1
            at += 1
        mark = (mark * 31 + int(data[(key + at) >> 1]) + (int(data[at - 1]) << 8) + (at - key)) & 0x3FFFFFFF
        at = _behind_colon(data, at + 1, end)
        if at < 0 or written >= SIGNATURE - 2:
            return 0, 0, 0
        begin = at
        kind = TEXT
        escapes = False
        if data[at] == QUOTE:
            begin += 1
            at, escapes = _text(data, begin, end)
        elif data[at] == OPEN or data[at] == OPEN_LIST:
            kind = OBJECT if data[at] == OPEN else LIST
            at = _inner(data, at, end)
        else:
            at, kind = _simple(data, at, end)
        if at < 0:
            return 0, 0, 0
        found[2 * keys] = begin
        found[2 * keys + 1] = begin - at if escapes else at - begin
        keys += 1
        signature[written] = QUOTE
        signature[written + 1] = kind
        written += 2
        mark = (mark * 31 + kind) & 0x3FFFFFFF
        at = _space(data, at + (kind == TEXT), end)
        if at >= end or data[at] != COMMA:
            break
    return (keys if at == end - 1 else 0), written, mark


@compiled
def _look(slots: Ints, ends: Longs, signatures: Bytes, signature: Bytes, size: int, mark: int) -> tuple[int, int]:
    """The number of a signature, else -1 and the slot where it belongs; both -1 where too many are alike."""
    slot = mark & (len(slots) - 1)
    for _ in range(PROBES):
        number = slots[slot] - 1
        if number < 0:
            return -1, slot
        begin = ends[number]
        if ends[number + 1] - begin == size and same(signatures, begin, signature, size):
            return number, slot
        slot = (slot + 1) & (len(slots) - 1)
    return -1, -1


@compiled
def walk(
    row: int, at: Longs, sizes: Longs, slots: Ints, ends: Longs, signatures: Bytes, orders: Ints, signature: Bytes, found: Ints,
    spans: Ints, firsts: Longs, kinds: Ints,
) -> tuple[int, int, int]:
    """Documents from a row on, up to one of a kind that is not known yet, or for which there is no room.

    A kind is a shape, or for some a shape and the values of some keys. Its signature is that of the shape; or MARKED, two bytes
    with the number of the shape, and each of these values as it is written, with a NUL behind it.

    Args:
        row: the first; `at`, `sizes`: where each of them stands in memory.
        slots: for the lowest bits of a hash the number of a kind and one; 0 for none.
        ends: where the signature of each kind begins in `signatures`, and behind them where the last one ends.
        orders: from where the signature of a shape begins, for each of its keys twice its place among all in their order, and one
            more where its value belongs to the kind; -1 for the first where documents of this shape are not to be read here.
        signature, found: room for those of one document.
        spans: get begin and size of the values of each document in the order of the keys, from `firsts` on.
        kinds: get the number of the kind, -1 for what is not plain.

    Returns: the first row that was not read; bytes of the signature of its kind (0: no room in `spans`), and the slot for it.
    """
    free = firsts[row]
    while row < len(at):
        data = bytes_at(at[row], sizes[row])
        keys, size, mark = _object(data, sizes[row], signature, found)
        kind = -1
        if keys:
            kind, slot = _look(slots, ends, signatures, signature, size, mark)
            if kind < 0 <= slot:
                return row, size, slot
        if kind >= 0 and orders[ends[kind]] < 0:
            kind = -1
        if kind >= 0:
            if 2 * (free + keys) > len(spans):
                return row, 0, 0
            base = ends[kind]
            signature[0], signature[1], signature[2] = MARKED, kind >> 8, kind & 255
            size = 3
            mark = int(kind)
            for key in range(keys):
                order = orders[base + key]
                begin, length = found[2 * key], found[2 * key + 1]
                place = 2 * (free + (order >> 1))
                spans[place], spans[place + 1] = begin, length
                if order & 1 and size:
                    length = abs(length)
                    if data[begin - 1] == QUOTE:
                        begin, length = begin - 1, length + 2
                    if size + length >= SIGNATURE:
                        size = 0
                        continue
                    for place in range(begin, begin + length):
                        mark = (mark * 31 + int(data[place])) & 0x3FFFFFFF
                        signature[size] = data[place]
                        size += 1
                    signature[size] = 0
                    size += 1
            if size > 3:
                kind, slot = _look(slots, ends, signatures, signature, size, mark)
                if kind < 0 <= slot:
                    return row, size, slot
            elif not size:
                kind = -1
        if kind >= 0:
            free += keys
        kinds[row] = kind
        row += 1
        firsts[row] = free
    return row, 0, 0


@compiled
def fetch(at: Longs, rows: Longs, firsts: Longs, spans: Ints, columns: Longs, raw: bool, out: Bytes) -> int:
    """A value of each of some documents, with a NUL behind it.

    Args:
        columns: for each document the place of the key among all in their order.
        raw: as they are written, texts with their quotation marks; else escapes are replaced.
        out: room for them.

    Returns: how many bytes it is, or negative how much room it might need, where there is less.
    """
    size = 0
    for each in range(len(rows)):
        row = rows[each]
        place = 2 * (firsts[row] + columns[each])
        size += abs(spans[place + 1]) + 3
        prefetch(bytes_at(at[row], spans[place] + 1), spans[place])
    if size > len(out):
        return -size
    size = 0
    for each in range(len(rows)):
        row = rows[each]
        place = 2 * (firsts[row] + columns[each])
        begin, length = spans[place], spans[place + 1]
        escapes = length < 0
        length = abs(length)
        data = bytes_at(at[row], begin + length + 1)  # a document goes on behind a value
        if raw and data[begin - 1] == QUOTE:
            begin, length = begin - 1, length + 2
        if raw or not escapes:
            copy(out, size, data, begin, length)
            size += length
        else:
            size = _replaced(data, begin, begin + length, out, size)
        out[size] = 0
        size += 1
    return size


@compiled
def _replaced(data: Bytes, at: int, end: int, out: Bytes, size: int) -> int:
    """A text with its escapes replaced, from a place on in `out`; where it ends there."""
    while at < end:
        if data[at] != SLASH:
            out[size] = data[at]
            size, at = size + 1, at + 1
            continue
        if data[at + 1] != 117:
            out[size] = _SHORT[data[at + 1]]
            size, at = size + 1, at + 2
            continue
        sign = _unit(data, at + 2, end)
        at += 6
        if 0xD800 <= sign < 0xDC00:
            sign = 0x10000 + ((sign - 0xD800) << 10) + _unit(data, at + 2, end) - 0xDC00
            at += 6
        # UTF-8, RFC 3629.
        if sign < 0x80:
            out[size] = sign
            size += 1
            continue
        if sign < 0x800:
            out[size] = 0xC0 | sign >> 6
        elif sign < 0x10000:
            out[size] = 0xE0 | sign >> 12
        else:
            out[size] = 0xF0 | sign >> 18
            size += 1
            out[size] = 0x80 | sign >> 12 & 63
        if sign >= 0x800:
            size += 1
            out[size] = 0x80 | sign >> 6 & 63
        size += 1
        out[size] = 0x80 | sign & 63
        size += 1
    return size
