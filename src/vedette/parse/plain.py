"""Many documents read without making their values: only where these stand is kept, and who asks for some has them fetched.

A compiled walk (`plain_walk.py`) tells the shape of each plain document, and where its values are. numba takes a third of a second
to import: so it begins when there were many documents already.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise, starmap
from typing import Any, Final, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from vedette.model.cells import Late, Origin
from vedette.model.grams import BITS, Grams
from vedette.model.records import Json
from vedette.parse.places import Longs, Places
from vedette.parse.recipes import Kind
from vedette.parse.written import DECODE, Documents, Values

BATCH: Final = 1_000
"""Documents at once from which on the walk pays."""
START: Final = 50_000
"""Documents in such batches before the first walk."""
KINDS: Final = 1 << 12
"""Most that are remembered; documents of others are decoded. From half of it on the next batch begins anew."""
SIZE: Final = 1 << 7
"""Bytes that the signature of each may have on average."""

ROOM: Final = 1 << 15
"""Bytes for values of which nobody has asked yet how many they are."""

Ints = npt.NDArray[np.int32]

MARKED: Final = 255
"""Begins a signature with values: no byte of UTF-8."""
TYPES: Final[Mapping[bytes, type]] = {
    b"s": str, b"i": int, b"f": float, b"b": bool, b"n": type(None), b"l": list, b"o": dict
}  # fmt: skip
_TEXT, _WHOLE, _NULL = (frozenset({kind}) for kind in (str, int, type(None)))
_KEYS: Final = re.compile(rb'([^"]*)"(.)', re.DOTALL)


class _Keyed(NamedTuple):
    """Keys and types of documents, in the order in which they are written."""

    keys: tuple[str, ...]
    types: tuple[type, ...]


class Spans(Origin):
    """Where the values of documents stand: of each from `firsts` on, in the order of their keys."""

    def __init__(self, raws: pl.Series, places: Places, firsts: Longs, spans: Ints) -> None:
        self.raws = raws
        self._places = places
        self._firsts = firsts
        self._spans = spans

    def values(self, rows: Longs, column: int, types: frozenset[type]) -> list[Any]:
        """Values of some documents, by the place of their key and the types that they have."""
        return self._values(rows, np.full(len(rows), column), types)

    def texts(self, several: Sequence[tuple[Longs, int]]) -> list[str]:
        """Texts of several lots of documents, one after the other, by the place of the key of each."""
        return self._texts(*_joined(several), raw=False)

    def empty(self, several: Sequence[tuple[Longs, int]]) -> npt.NDArray[np.bool_]:
        """Which of the same are empty."""
        if not several:
            return np.zeros(0, np.bool_)
        rows, columns = _joined(several)
        sizes: Ints = self._spans[2 * (self._firsts[rows] + columns) + 1]
        return np.equal(sizes, 0)

    def coded(self, several: Sequence[tuple[Late, Longs | None]]) -> tuple[list[Any], Longs]:
        """As for any origin."""
        written = list(starmap(_written, several))
        at = np.cumsum([0, *(len(rows) for rows, _, _ in written)]).tolist()
        numbers = np.empty(at[-1], np.int64)
        different: list[Any] = []
        for text in (True, False):
            some = [place for place, (_, _, types) in enumerate(written) if (types == _TEXT) == text]
            if not some:
                continue
            rows, columns = _joined([written[place] for place in some])
            types = frozenset[type]().union(*(written[place].types for place in some))
            heads, codes = self._numbered(rows, columns, raw=not text)
            codes += len(different)
            different += self._values(rows[heads], columns[heads], types)
            begin = 0
            for place in some:
                size = at[place + 1] - at[place]
                numbers[at[place] : at[place + 1]] = codes[begin : begin + size]
                begin += size
        return different, numbers

    def size(self, several: Sequence[tuple[Late, Longs | None]]) -> int:
        """As for any origin."""
        total = 0
        for rows, column, types in starmap(_written, several):
            if types == _TEXT:
                total += int(np.abs(self._spans[2 * (self._firsts[rows] + column) + 1]).sum())
        return total

    def may(self, several: Sequence[tuple[Late, Longs | None]], looked_for: Grams) -> npt.NDArray[np.bool_]:
        """As for any origin."""
        from vedette.parse.look_walk import look

        written = list(starmap(_written, several))
        rows, columns = _joined(written)
        found = np.empty(len(rows), np.bool_)
        look(self._places.at, rows, self._firsts, self._spans, columns, looked_for.table, looked_for.step, found)
        text = np.repeat([types == _TEXT for _, _, types in written], [len(rows) for rows, _, _ in written])
        found |= ~text
        return found

    def load(self) -> None:
        """Loads all machine code that there is for values."""
        from vedette.parse.look_walk import look

        none = np.zeros(0, np.int64)
        self._numbered(none, none, raw=False)
        self._texts(none, none, raw=False)
        look(self._places.at, none, self._firsts, self._spans, none, np.zeros(1 << BITS, np.bool_), 1, np.zeros(0, np.bool_))

    def _numbered(self, rows: Longs, columns: Longs, *, raw: bool) -> tuple[Longs, Longs]:
        """Where each different value first stands, and the number of each value."""
        from vedette.parse.number_walk import number

        size = len(rows)
        heads, numbers = np.empty(size, np.int64), np.empty(size, np.int64)
        slots, marks = np.zeros(1 << (2 * size).bit_length(), np.int32), np.empty(size, np.uint64)
        count = number(self._places.at, rows, self._firsts, self._spans, columns, raw, slots, marks, heads, numbers)
        return heads[:count], numbers

    def _values(self, rows: Longs, columns: Longs, types: frozenset[type]) -> list[Any]:
        if types == _NULL:
            return [None] * len(rows)
        texts = self._texts(rows, columns, raw=types != _TEXT)
        if types == _TEXT:
            return texts
        return list(map(int if types == _WHOLE else DECODE, texts))

    def _texts(self, rows: Longs, columns: Longs, *, raw: bool) -> list[str]:
        from vedette.parse.plain_walk import fetch

        size = -ROOM
        while size < 0:
            room = np.empty(-size, np.uint8)
            size = fetch(self._places.at, rows, self._firsts, self._spans, columns, raw, room)
        texts = str(room[:size].data, "utf-8").split("\0")
        texts.pop()
        return texts


class _Written(NamedTuple):
    """Values of documents: the rows of these, the place of the key, and the types that the values have."""

    rows: Longs
    column: int
    types: frozenset[type]


def _written(late: Late, chosen: Longs | None) -> _Written:
    """Values of plain documents, or some of them."""
    documents, key, rows = cast("Values", late).among(chosen)
    return cast("Plain", documents).written(key, rows)


def _joined(several: Sequence[_Written] | Sequence[tuple[Longs, int]]) -> tuple[Longs, Longs]:
    """The rows of several, one after the other, and for each the place of its key."""
    rows = [each[0] for each in several]
    return np.concatenate(rows), np.repeat(np.array([each[1] for each in several], np.int64), list(map(len, rows)))


class Plain(Documents):
    """Plain documents with the same keys."""

    FEW: Final = 8
    """Rows for which documents are decoded: they are asked for all of their values, as evidence."""

    def __init__(self, spans: Spans, places: Mapping[str, int], types: Mapping[str, Collection[type]], at: Longs) -> None:
        """`places`: of their keys, in their order; `types`: of the values of all documents, by key; `at`: which rows they are, all of
        the same batch."""
        super().__init__(spans.raws, at)
        self.spans = self.origin = spans
        self.at = at
        self._columns = places
        self._types = types
        self._made: dict[str, list[Any]] = {}

    def all(self, key: str) -> list[Any]:
        """The values of a key, of all of them."""
        if key not in self._made:
            self._made[key] = self._fetched(key, self.at)
        return self._made[key]

    def some(self, key: str, rows: Sequence[int]) -> list[Any]:
        """The values of a key, of some of them."""
        if key in self._made:
            return list(map(self._made[key].__getitem__, rows))
        if len(rows) <= self.FEW:
            return [self.one(row)[key] for row in rows]
        return self._fetched(key, self.at[np.asarray(rows)])

    def whole(self, rows: Sequence[int]) -> Iterator[Json]:
        """Some of them, each with all of its keys."""
        return ({key: document[key] for key in self._columns} for document in map(self.one, rows))

    def written(self, key: str, rows: Longs | None) -> _Written:
        """The values of a key, of some of them (None: of all)."""
        return _Written(self.at if rows is None else self.at[rows], self._columns[key], frozenset(self._types[key]))

    def _fetched(self, key: str, rows: Longs) -> list[Any]:
        return self.spans.values(rows, self._columns[key], frozenset(self._types[key]))


class _Work:
    """How many documents came in large batches, and whether any were walked over."""

    def __init__(self) -> None:
        self.done = 0
        self.walked = False


WORK: Final = _Work()
Wanted = Callable[[tuple[str, ...], tuple[type, ...]], tuple[Sequence[int], Sequence[str]] | None]


class _Kinds:
    """All kinds of documents that came so far, and as the walk reads them: by number what is written alike."""

    def __init__(self) -> None:
        self.known: list[Kind] = []
        self.belongs = np.full(KINDS + 1, -1, np.int16)  # the last is for what is of no kind
        self._written: list[_Keyed] = []
        self._by_content: dict[tuple[Any, ...], int] = {}
        self.slots, self.ends = np.zeros(4 * KINDS, np.int32), np.zeros(KINDS + 1, np.int64)
        # Eight bytes more than can be filled: they are compared eight at a time.
        self.signatures, self.orders = np.empty(KINDS * SIZE + 8, np.uint8), np.empty(KINDS * SIZE, np.int32)

    def room(self) -> int:
        """Bytes that there are for one more."""
        return KINDS * SIZE - int(self.ends[len(self._written)]) if len(self._written) < KINDS else 0

    def is_filling(self) -> bool:
        """Whether there is little room left."""
        return self.room() < KINDS * SIZE // 4 or len(self._written) > KINDS // 2

    def add(self, signature: bytes, slot: int, wanted: Wanted) -> None:
        """One that the walk did not know."""
        number = len(self._written)
        begin = int(self.ends[number])
        end = begin + len(signature)
        self.signatures[begin:end] = np.frombuffer(signature, np.uint8)
        shape = self._shape(signature, begin, wanted) if signature[0] < MARKED else self._marked(signature)
        self._written.append(shape)
        self.ends[number + 1] = end
        self.slots[slot] = number + 1

    def _shape(self, signature: bytes, begin: int, wanted: Wanted) -> _Keyed:
        pairs = _KEYS.findall(signature)
        shape = _Keyed(tuple([key.decode() for key, _ in pairs]), tuple([TYPES[kind] for _, kind in pairs]))
        asked = wanted(shape.keys, shape.types) if len(set(shape.keys)) == len(shape.keys) else None
        if asked is None:
            self.orders[begin] = -1
            return shape
        order, marks = asked
        self.orders[begin + np.array(order)] = np.arange(0, 2 * len(order), 2)
        self.orders[[begin + shape.keys.index(key) for key in marks]] += 1
        if not marks:
            self._put(shape, order, {})
        return shape

    def _marked(self, signature: bytes) -> _Keyed:
        """A kind with values, which stand in the order in which they are written."""
        number = signature[1] << 8 | signature[2]
        shape, begin = self._written[number], int(self.ends[number])
        orders = self.orders[begin : begin + len(shape.keys)]
        keys = [key for key, order in zip(shape.keys, orders.tolist(), strict=True) if order & 1]
        marks = dict(zip(keys, signature[3:-1].split(b"\0"), strict=True))
        self._put(shape, np.argsort(orders).tolist(), marks)
        return shape

    def _put(self, shape: _Keyed, order: Sequence[int], marks: Mapping[str, bytes]) -> None:
        """Where documents that are written alike belong. `marks`: values as they are written."""
        keys, types = tuple([shape.keys[place] for place in order]), tuple([shape.types[place] for place in order])
        written = tuple([marks[key] for key in keys if key in marks])
        number = self._by_content.setdefault((keys, types, written), len(self.known))
        if number == len(self.known):
            self.known.append(Kind(keys, types, {key: DECODE(mark) for key, mark in marks.items()}))
        self.belongs[len(self._written)] = number


_KEPT: Final[list[_Kinds]] = []
"""Those of the batch before, unless somebody has them or they have become too many."""


class Walked(NamedTuple):
    """Documents without values: where these stand, the rows of each kind, ascending, and the rows of all others."""

    spans: Spans
    kinds: list[tuple[Kind, Longs]]
    others: list[int]


def walked(raws: pl.Series, wanted: Wanted) -> Walked | None:
    """Documents without values; None where that does not pay, or they do not stand where they can be walked over.

    Args:
        wanted: told the keys of documents as they are written, and the types of their values, the places of the keys in their
            order, and those by whose values they are parted; None where they are to be decoded. Always the same.
    """
    if len(raws) < BATCH:
        return None
    if WORK.done < START:
        WORK.done += len(raws)
        return None
    from vedette.model import compiled
    from vedette.parse.plain_walk import MOST, QUOTES, SIGNATURE, walk

    if compiled.kept is None:  # machine code would have to be made anew by every process
        return None
    try:
        places = Places(raws)
    except OSError:
        return None
    kinds = _KEPT.pop() if _KEPT else _Kinds()
    if kinds.is_filling():
        kinds = _Kinds()
    count = len(raws)
    numbers, firsts = np.empty(count, np.int32), np.zeros(count + 1, np.int64)
    signature, found = np.empty(SIGNATURE + 8, np.uint8), np.empty(2 * MOST, np.int32)
    spans = np.empty(2 * max(MOST, 32 * count), np.int32)
    quotes, counts = np.empty(QUOTES, np.int32), np.empty(QUOTES, np.int32)
    row = 0
    while True:
        row, size, slot = walk(
            row, places.at, places.sizes, kinds.slots, kinds.ends, kinds.signatures, kinds.orders, signature, found, quotes,
            counts, spans, firsts, numbers,
        )  # fmt: skip
        if row == count:
            break
        if not size:
            spans = np.concatenate([spans, np.empty_like(spans)])
        elif size > kinds.room():
            numbers[row], firsts[row + 1] = -1, firsts[row]
            row += 1
        else:
            kinds.add(signature[:size].tobytes(), slot, wanted)
    belongs = kinds.belongs[numbers]
    by_kind = np.argsort(belongs, kind="stable")  # of 16 bits: without comparing
    edges = np.searchsorted(belongs[by_kind], np.arange(len(kinds.known) + 1)).tolist()
    alike = [
        (one, by_kind[begin:end]) for one, (begin, end) in zip(kinds.known, pairwise(edges), strict=True) if end > begin
    ]
    _KEPT[:] = [kinds]
    where = Spans(raws, places, firsts, spans)
    if not WORK.walked:
        WORK.walked = True
        where.load()
        compiled.release()
    return Walked(where, alike, by_kind[: edges[0]].tolist())
