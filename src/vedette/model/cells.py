"""Values of events by field, as their source gave them, until somebody asks for a column.

A batch of mixed events has hundreds of fields. Most are empty in most events, and rules read few of them: a column of
all rows for each field costs more than reading the events does. So values stay in parts, which are rows that were read
alike, and the column of a field, of all rows or of some, is made when it is asked for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import orjson
import polars as pl

from vedette.model.fields import FIELDS
from vedette.model.grams import Grams

Bools = np.ndarray[Any, np.dtype[np.bool_]]
Rows = np.ndarray[Any, np.dtype[np.int64]]

_TEXT: Final = frozenset({str, type(None)})
_WHOLE: Final = frozenset({int, type(None)})
_NOTHING: Final = frozenset({type(None)})
OPEN: Final = frozenset({list, dict})
"""Values with values in them: they become text."""


class Late:
    """Values that are made when somebody asks for them."""

    __slots__ = ()

    def __len__(self) -> int:
        """How many they are."""
        raise NotImplementedError

    def all(self) -> Sequence[Any]:
        """All of them."""
        raise NotImplementedError

    def some(self, rows: Sequence[int]) -> Sequence[Any]:
        """Those of some rows, in the order of these."""
        raise NotImplementedError

    def lacks(self, value: str) -> bool:
        """Whether none of them is this text."""
        return value not in self.all()

    @property
    def origin(self) -> "Origin | None":
        """What makes the values of several of these at once."""
        return None


class Origin:
    """What makes the values of several at once."""

    def coded(self, several: Sequence[tuple[Late, Rows | None]]) -> tuple[list[Any], Rows]:
        """The different values of several of which this is the origin, of some rows of each (None: all), and the number of each,
        one after the other. There may be values that are the same."""
        raise NotImplementedError

    def size(self, several: Sequence[tuple[Late, Rows | None]]) -> int:
        """Bytes of these values, as far as they are text."""
        raise NotImplementedError

    def may(self, several: Sequence[tuple[Late, Rows | None]], looked_for: Grams) -> Bools:
        """Which of these values may have one of the words that are looked for: all that do, and some more."""
        raise NotImplementedError


def made(values: Sequence[Any] | Late, rows: Sequence[int] | None = None) -> Sequence[Any]:
    """Values, of all rows or of some."""
    if isinstance(values, Late):
        return values.all() if rows is None else values.some(rows)
    return values if rows is None else list(map(values.__getitem__, rows))


class Piece(NamedTuple):
    """What a field has in one part: one value for each of its rows, or one for all of them.

    `kinds`: types of the values; null may be among them without being named. None: nobody knows before they are made.
    """

    part: int
    values: Sequence[Any] | Late
    kinds: frozenset[type] | None


Fields = Mapping[str, Sequence[Piece]]


class LateFields(Mapping[str, Sequence[Piece]]):
    """Fields whose pieces are made when somebody asks for them."""

    def among(self, inside: Sequence[int]) -> "LateFields":
        """The same without parts that have no rows inside."""
        raise NotImplementedError

    def left(self, name: str) -> bool:
        """Whether a field has a piece."""
        raise NotImplementedError

    def has(self, name: str, inside: Sequence[int]) -> bool:
        """Whether a field has a piece in a part that has rows inside."""
        raise NotImplementedError


class Cells(NamedTuple):
    """Events in parts. `lines`: of the rows of each part; `fields`: pieces by field, in the order of their columns (a
    field without pieces only tells its place)."""

    lines: Sequence[Rows]
    fields: Fields

    def among(self, lines: Rows) -> "Placed":
        """With the place that each row has among these lines, which ascend; rows of other lines have none."""
        mine = np.concatenate([*self.lines, np.zeros(0, np.int64)])
        at = np.searchsorted(lines, mine)
        at[at == len(lines)] = 0
        known = lines[at] == mine if len(lines) else np.zeros(len(mine), np.bool_)
        return Placed(self.fields, list(map(len, self.lines)), np.where(known, at, -1), len(lines))


def joined(several: Sequence[Cells]) -> Cells:
    """All of them as one."""
    if len(several) == 1:
        return several[0]
    lines: list[Rows] = []
    fields: dict[str, list[Piece]] = {}
    for one in several:
        for name, pieces in one.fields.items():
            fields.setdefault(name, []).extend(piece._replace(part=piece.part + len(lines)) for piece in pieces)
        lines += one.lines
    return Cells(lines, fields)


def filled(fields: Fields) -> dict[str, list[Piece]]:
    """Without the pieces that hold nothing."""
    return {name: [piece for piece in pieces if piece.kinds is None or not piece.kinds <= _NOTHING] for name, pieces in fields.items()}


class Placed:
    """Fields of `height` rows."""

    def __init__(self, fields: Fields, sizes: Sequence[int], at: Rows, height: int) -> None:
        """`sizes`: rows of each part; `at`: of the rows of all parts, one part after the other, the place among the
        rows, -1 where it is none of them."""
        self.height = height
        self._fields = fields
        self._sizes = np.array(sizes, np.int64)
        self._begins = np.cumsum(self._sizes) - self._sizes
        self._at = at
        self._layouts: dict[tuple[tuple[int, bool], ...], _Layout] = {}
        self._made: dict[tuple[Any, ...], pl.Series] = {}
        self._coded: dict[tuple[Any, ...], tuple[list[str | None], Rows]] = {}

    def part(self, rows: Rows) -> "Placed":
        """Some of the rows, each at most once."""
        places = np.full(self.height + 1, -1, np.int64)  # the last is for those that have no place
        places[rows] = np.arange(len(rows))
        return Placed(self._fields, self._sizes.tolist(), places[self._at], len(rows))

    @cached_property
    def _inside(self) -> list[int]:
        """How many rows of each part are among these."""
        counts = np.concatenate([[0], np.cumsum(self._at >= 0)])
        inside: list[int] = (counts[self._begins + self._sizes] - counts[self._begins]).tolist()
        return inside

    def pieces(self, name: str) -> list[Piece]:
        """What a field has in these rows."""
        inside = self._inside
        return [piece for piece in self._mine.get(name, ()) if inside[piece.part]]

    def has(self, name: str) -> bool:
        """Whether a field has something in these rows."""
        mine = self._mine
        return mine.has(name, self._inside) if isinstance(mine, LateFields) else bool(self.pieces(name))

    @cached_property
    def _mine(self) -> Fields:
        return self._fields.among(self._inside) if isinstance(self._fields, LateFields) else self._fields

    def count(self, name: str) -> int:
        """How many of these rows may have a value in a field."""
        inside = self._inside
        return sum([inside[piece.part] for piece in self._mine.get(name, ())])

    def series(self, name: str) -> pl.Series:
        """The column of a field, in the type that the schema gives its name; null where there is no value."""
        pieces = self.pieces(name)
        whole = is_whole(name)
        # Often one column fills several fields.
        key = (whole, *(id(piece.values) for piece in pieces))
        series = self._made.get(key)
        if series is None:
            layout = self._layout(pieces)
            values = list(layout.picked(pieces))
            kinds = frozenset[type]().union(*(kinds for _, kinds in values))
            series = column(layout.joined(some for some, _ in values), kinds, whole=whole)
            series = self._made[key] = series if layout.take is None else series[layout.take]
        return series.alias(name)

    def texts(self, name: str) -> list[str | None]:
        """The same as texts."""
        pieces = self.pieces(name)
        layout = self._layout(pieces)
        values = layout.texts(pieces, whole=is_whole(name))
        return values if layout.take is None else list(map(values.__getitem__, layout.take.to_list()))

    def coded(self, name: str) -> tuple[list[str | None], Rows]:
        """The same as different texts, and the number of that of each row. There may be texts that are the same, or that no
        row has."""
        pieces = self.pieces(name)
        whole = is_whole(name)
        key = (whole, *(id(piece.values) for piece in pieces))
        found = self._coded.get(key)
        if found is None:
            different, numbers, places = self._numbered(pieces, whole=whole)
            codes = np.zeros(self.height, np.int64)
            codes[places] = numbers
            found = self._coded[key] = different, codes
        return found

    def said(self, names: Iterable[str]) -> tuple[list[str | None], Rows, Rows]:
        """All values of several fields, none of whole numbers: different texts, the numbers of those that the values have, and
        their rows. There may be texts that are the same."""
        pieces = [piece for name in names for piece in self.pieces(name)]
        return self._numbered(pieces, whole=False)

    def length(self, name: str) -> float | None:
        """Bytes of a text on average, where `may` can tell of them."""
        origin, several, places = self._of_one(name)
        return origin.size(several) / len(places) if origin is not None else None

    def may(self, name: str, looked_for: Grams) -> Rows | None:
        """Rows whose text may have one of the words that are looked for: all that do, and some more. None where nobody can tell."""
        origin, several, places = self._of_one(name)
        return np.sort(places[origin.may(several, looked_for)]) if origin is not None else None

    def _of_one(self, name: str) -> tuple[Origin | None, list[tuple[Late, Rows | None]], Rows]:
        """The one origin of all values of a field, if there is one, the values, and their rows."""
        several: list[tuple[Late, Rows | None]] = []
        places = [np.zeros(0, np.int64)]
        one: Origin | None = None
        for part, values, _ in self.pieces(name):
            if not isinstance(values, Late) or len(values) < self._sizes[part]:
                return None, [], places[0]
            origin = values.origin
            if origin is None or one not in (None, origin):
                return None, [], places[0]
            one = origin
            at, chosen = self._rows(part)
            several.append((values, chosen))
            places.append(at)
        return one, several, np.concatenate(places)

    def _numbered(self, pieces: Sequence[Piece], *, whole: bool) -> tuple[list[str | None], Rows, Rows]:
        numbers: dict[str | None, int] = {None: 0}
        late: dict[Origin, list[tuple[Late, Rows | None]]] = {}
        codes, places = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        places_late: dict[Origin, list[Rows]] = {}
        for part, values, kinds in pieces:
            at, chosen = self._rows(part)
            if isinstance(values, Late) and len(values) > 1 and (origin := values.origin) is not None:
                late.setdefault(origin, []).append((values, chosen))
                places_late.setdefault(origin, []).append(at)
                continue
            some = made(values, None if chosen is None or len(values) == 1 else chosen.tolist())
            said = texts(some, frozenset(map(type, some)) if kinds is None else kinds, whole=whole)
            number = np.array([numbers.setdefault(text, len(numbers)) for text in said], np.int64)
            codes.append(number if len(number) == len(at) else np.repeat(number, len(at)))
            places.append(at)
        different = list(numbers)
        for origin, several in late.items():
            some, number = origin.coded(several)
            codes.append(number + len(different))
            places += places_late[origin]
            different += texts(some, frozenset(map(type, some)), whole=whole)
        return different, np.concatenate(codes), np.concatenate(places)

    def _rows(self, part: int) -> tuple[Rows, Rows | None]:
        """The places of the rows of a part, and which of its rows these are (None: all)."""
        inside = self._inside[part]
        if inside == self._sizes[part]:
            begin = self._begins[part]
            return self._at[begin : begin + inside], None
        at, within, begins = self._kept
        begin = begins[part]
        return at[begin : begin + inside], within[begin : begin + inside]

    @cached_property
    def _kept(self) -> tuple[Rows, Rows, list[int]]:
        """Of all rows of parts that have a place: the place, the place in the part, and where those of each part begin."""
        kept = np.flatnonzero(self._at >= 0)
        inside = np.array(self._inside)
        return self._at[kept], kept - np.repeat(self._begins, inside), (np.cumsum(inside) - inside).tolist()

    def _layout(self, pieces: Sequence[Piece]) -> "_Layout":
        """Where the values of pieces go."""
        key = tuple((piece.part, len(piece.values) == 1) for piece in pieces)
        found = self._layouts.get(key)
        if found is None:
            found = self._layouts[key] = self._laid(key)
        return found

    def _laid(self, key: Sequence[tuple[int, bool]]) -> "_Layout":
        if not key:
            return _Layout([], pl.Series(np.zeros(self.height, np.uint32)))
        if len(key) == 1 and self._sizes[key[0][0]] == self.height:
            begin = self._begins[key[0][0]]
            at = self._at[begin : begin + self.height]
            if not key[0][1] and at[0] == 0 and (at[1:] > at[:-1]).all():
                return _Layout([None], None)
        parts, single = np.array(key, np.int64).T
        sizes = self._sizes[parts]
        # For the rows of all parts, one after the other: the part's place here, and the row's in the part.
        part = np.repeat(np.arange(len(parts)), sizes)
        within = np.arange(len(part)) - (np.cumsum(sizes) - sizes)[part]
        at = self._at[self._begins[parts][part] + within]
        picks: list[list[int] | None] = [None] * len(parts)
        partly = np.flatnonzero(np.array(self._inside)[parts] < sizes)
        if len(partly):
            kept = at >= 0
            at, part, within = at[kept], part[kept], within[kept]
            sizes = np.bincount(part, minlength=len(parts))
            ends = np.cumsum(sizes)
            for place in partly.tolist():
                if not single[place]:
                    picks[place] = within[ends[place] - sizes[place] : ends[place]].tolist()
            within = np.arange(len(part)) - (ends - sizes)[part]
        counts = np.where(single == 1, 1, sizes)
        take = np.zeros(self.height, np.uint32)
        take[at] = (np.cumsum(counts) - counts + 1)[part] + within * (single == 0)[part]
        return _Layout(picks, pl.Series(take))


class _Layout(NamedTuple):
    """`picks`: which values of each piece (None: all); `take`: of each row the number of its value, 0 being none; None
    when the values are those of all rows in their order."""

    picks: list[list[int] | None]
    take: pl.Series | None

    def picked(self, pieces: Iterable[Piece]) -> Iterator[tuple[Sequence[Any], frozenset[type]]]:
        """The values of each piece that are of these rows, and their types."""
        for pick, (_, values, kinds) in zip(self.picks, pieces, strict=True):
            some = made(values, pick)
            yield some, frozenset(map(type, some)) if kinds is None else kinds

    def joined(self, values: Iterable[Sequence[Any]]) -> list[Any]:
        """The values to take from."""
        return list(chain(() if self.take is None else (None,), *values))

    def texts(self, pieces: Iterable[Piece], *, whole: bool) -> list[str | None]:
        """The same as texts."""
        return self.joined(texts(some, kinds, whole=whole) for some, kinds in self.picked(pieces))


def is_whole(name: str) -> bool:
    """Whether the schema has whole numbers under this name."""
    return name in FIELDS and FIELDS[name].type == pl.Int64()


def column(values: list[Any], kinds: frozenset[type], *, whole: bool) -> pl.Series:
    """Values of these types as a column of text, or of whole numbers."""
    # Types, not instances of them: polars then needs half as long to begin.
    if kinds <= _TEXT and not whole:
        return pl.Series(values, dtype=pl.String)
    if kinds <= _WHOLE:
        try:
            numbers = pl.Series(values, dtype=pl.Int64)
        except (OverflowError, TypeError):
            pass
        else:
            return numbers if whole else numbers.cast(pl.String())
    if whole:
        return pl.Series([integer(value) for value in values], dtype=pl.Int64)
    return pl.Series(texts(values, kinds, whole=False), dtype=pl.String)


def texts(values: Sequence[Any], kinds: frozenset[type], *, whole: bool) -> Sequence[str | None]:
    """The texts that `column` has."""
    if whole:
        numbers = map(integer, values)
        return [None if number is None else str(number) for number in numbers]
    if kinds <= _TEXT:
        return values
    return [value if value is None or value.__class__ is str else text(value) for value in values]


def integer(value: Any) -> int | None:
    """A value as a whole number of 64 bits, None when it is none."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if -(2**63) <= number < 2**63 else None


def text(value: Any) -> str:
    """A value as text: true and false, objects and lists as JSON."""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, dict | list):
        try:
            return orjson.dumps(value).decode()
        except orjson.JSONEncodeError:  # many levels, or whole numbers of more than 64 bits
            return msgspec.json.encode(value).decode()
    return str(value)
