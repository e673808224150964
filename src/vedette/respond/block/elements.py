"""Elements of sets: as they are sent, and as the kernel gives them back. Pure.

There may be 100,000 of them, compared every few seconds with what is wanted, so both ways are short: of the elements of
a set, all but key, time and counts is the same bytes.
"""

import struct
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

from vedette.respond.block.netlink import attribute, nest, string, u32

LONGEST: Final = (2**64 - 1) // 10**6 - 1
"""Milliseconds of timeout: the kernel counts nanoseconds in 64 bits. 584 years."""
_KEY, _FLAGS, _TIMEOUT, _EXPIRATION, _EXPRESSION, _EXPRESSIONS = 1, 3, 4, 5, 7, 11
_INTERVAL_END: Final = 1
_U64: Final = struct.Struct(">Q")


@cache
def _timed(size: int) -> tuple[bytes, bytes]:
    """What is before the key and between it and the timeout."""
    whole = nest(1, nest(_KEY, attribute(1, bytes(size))), attribute(_TIMEOUT, bytes(8)))
    return whole[:12], whole[12 + size : -8]


def element(key: bytes, milliseconds: int | None) -> bytes:
    """Of a set with timeouts. None: it stays. Keys are a multiple of four bytes."""
    if milliseconds is None:
        return nest(1, nest(_KEY, attribute(1, key)))
    before, between = _timed(len(key))
    return before + key + between + _U64.pack(min(max(milliseconds, 1), LONGEST))


@cache
def _bounds(size: int) -> tuple[bytes, bytes]:
    """What is before the first key of an interval, and before the one after its last."""
    key = nest(_KEY, attribute(1, bytes(size)))
    return nest(1, key)[:-size], nest(1, u32(_FLAGS, _INTERVAL_END), key)[:-size]


def interval(first: bytes, after: bytes | None) -> bytes:
    """Two elements of an interval set: its first key and the one after its last; None at the end of the space."""
    start, end = _bounds(len(first))
    return start + first if after is None else start + first + end + after


class Element(NamedTuple):
    """As the kernel gives it back.

    Attributes:
        key: empty: of the element that stands for all that is not in the set.
        end: of an interval, the key after its last.
        seconds: left; None: it stays.
        packets: counted; None: it does not count.
    """

    key: bytes
    end: bool
    seconds: float | None
    packets: int | None
    bytes: int | None


class _Layout(NamedTuple):
    """Where the values are in an element, and what the rest is."""

    mask: int
    fixed: int
    key: slice
    end: bool
    seconds: int
    packets: int
    bytes: int


def _spans(data: bytes, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """(type, start, stop) of the value of each attribute between two offsets."""
    while start + 4 <= stop:
        size, kind = struct.unpack_from("=HH", data, start)
        if size < 4 or start + size > stop:
            return
        yield kind & 0x3FFF, start + 4, start + size
        start += size + -size % 4


def _layout(item: bytes) -> _Layout:
    found = {kind: (start, stop) for kind, start, stop in _spans(item, 0, len(item))}
    keys = ((start, stop) for kind, start, stop in _spans(item, *found.get(_KEY, (0, 0))) if kind == 1)
    key = slice(*next(keys, (0, 0)))
    expressions = [found[_EXPRESSION]] if _EXPRESSION in found else []
    expressions += [span[1:] for span in _spans(item, *found.get(_EXPRESSIONS, (0, 0)))]
    counts = {1: -1, 2: -1}
    for span in expressions:
        parts = {kind: (start, stop) for kind, start, stop in _spans(item, *span)}
        if 2 in parts and string(item[slice(*parts.get(1, (0, 0)))]) == "counter":
            counts |= {
                kind: start for kind, start, stop in _spans(item, *parts[2]) if kind in counts and stop - start == 8
            }
    flags = int.from_bytes(item[slice(*found.get(_FLAGS, (0, 0)))], "big")
    seconds = found.get(_EXPIRATION, (-1, -1))[0]
    mask = bytearray(b"\xff" * len(item))
    mask[key] = bytes(key.stop - key.start)
    for start in (seconds, found.get(_TIMEOUT, (-1, -1))[0], *counts.values()):
        if start >= 0:
            mask[start : start + 8] = bytes(8)
    number = int.from_bytes(mask, "little")
    fixed = int.from_bytes(item, "little") & number
    return _Layout(number, fixed, key, bool(flags & _INTERVAL_END), seconds, packets=counts[2], bytes=counts[1])


def read(messages: Iterable[bytes]) -> Iterator[Element]:
    """The elements in the lists of elements (NFTA_SET_ELEM_LIST_ELEMENTS) of a dump."""
    layouts = dict[int, _Layout]()
    for data in messages:
        for _, start, stop in _spans(data, 0, len(data)):
            item = data[start:stop]
            at = layouts.get(len(item))
            if at is None or int.from_bytes(item, "little") & at.mask != at.fixed:
                at = layouts[len(item)] = _layout(item)
            yield Element(
                item[at.key],
                at.end,
                None if at.seconds < 0 else _U64.unpack_from(item, at.seconds)[0] / 1000,
                None if at.packets < 0 else _U64.unpack_from(item, at.packets)[0],
                None if at.bytes < 0 else _U64.unpack_from(item, at.bytes)[0],
            )
