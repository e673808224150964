"""Columns of one batch as the engine reads them: text, lower-cased, each value once where values repeat."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from vedette.detect.sigma import meaning
from vedette.detect.sigma.arrays import Text, told
from vedette.detect.sigma.closures import each
from vedette.detect.sigma.meaning import Single, ask, folded, several, single, test
from vedette.detect.sigma.rule import Atom
from vedette.detect.sigma.search import lowered
from vedette.model.fields import FIELDS
from vedette.model.grams import Grams
from vedette.model.records import Events

JOIN: Final = "\x1f"
"""Between the columns of a key: a value is that of the first one that is not null."""

HAY: Final = (
    "event.original", "message", "url.original", "url.query", "user_agent.original", "http.request.referrer",
    "process.command_line",
)  # fmt: skip
"""Where keywords are searched, beside every column native to the source: the record as written, and those of its
parts that parsers decode. The rest of ECS is our words, not the record's."""

ENCODE_FROM: Final = 400  # rows: below that a dictionary costs more than it saves
REPEATS: Final = 0.3  # different values per row of a sample, up to which a column is encoded
SAMPLE: Final = 1000
KNOWN: Final = 4  # different values up to which comparing with each is quicker than a dictionary
SHARED: Final = 3  # part of a batch from which columns are encoded once for the whole of it
BY_DICTIONARY: Final = 4000  # rows that Python numbers in the time that polars takes to begin
BY_LIST: Final = (
    700  # values up to which a column is asked in Python: each call of polars costs a tenth of a millisecond
)

Bools = meaning.Bools
Rows = np.ndarray[Any, np.dtype[np.int64]]


def distinct(numbers: Rows) -> Rows:
    """The different numbers, ascending. To sort them takes a tenth of what np.unique does, which hashes them."""
    ordered = np.sort(numbers)
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    found: Rows = ordered[first]
    return found


def encode(raw: pl.Series) -> tuple[Rows, pl.Series, Rows, Rows]:
    """The number of each row's value, the different values in order of appearance, the rows ordered by value, and
    where the rows of each value begin among them."""
    if len(raw) <= BY_DICTIONARY:
        codes, different, order, starts = _numbered(raw.to_list())
        return codes, pl.Series("value", different, dtype=raw.dtype), order, starts
    groups = pl.DataFrame({"value": raw}).with_row_index("row").group_by("value", maintain_order=True).agg("row")
    sizes = groups["row"].list.len().to_numpy()
    order = groups["row"].explode().to_numpy().astype(np.int64)
    codes = np.empty(len(raw), np.int64)
    codes[order] = np.repeat(np.arange(len(sizes)), sizes)
    return codes, groups["value"], order, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _numbered(values: Sequence[Any]) -> tuple[Rows, list[Any], Rows, Rows]:
    """The same of a list."""
    numbers: dict[Any, int] = {}
    codes = np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int64)
    sizes = np.bincount(codes, minlength=len(numbers))
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    order = np.argsort(codes.astype(np.int16) if len(numbers) < 1 << 15 else codes, kind="stable")
    return codes, list(numbers), order, ends


class Values:
    """Values as text, as written and lower-cased, and which atoms hold on them."""

    def __init__(self, given: pl.Series | list[str | None]) -> None:
        self.size = len(given)
        self._listed = isinstance(given, list)
        if isinstance(given, list):
            self.plain = given
        else:
            self.raw = given
        self._truth: dict[Atom | tuple[str, ...], Bools] = {}

    @cached_property
    def raw(self) -> pl.Series:
        """As written."""
        return pl.Series(self.plain, dtype=pl.String)

    @cached_property
    def low(self) -> pl.Series:
        """Lower-cased."""
        return self.raw.str.to_lowercase()

    @cached_property
    def plain(self) -> list[str | None]:
        """As written, as a list."""
        return self.raw.to_list()

    @cached_property
    def plain_low(self) -> list[str | None]:
        """Lower-cased, as a list."""
        if not self._listed:
            return self.low.to_list()
        low = lowered([text or "" for text in self.plain])
        return [None if text is None else low[place] for place, text in enumerate(self.plain)]

    @cached_property
    def lists(self) -> dict[int, tuple[str, ...]]:
        """The texts of those that are lists, by position."""
        if self._listed or self.size <= BY_LIST:
            found = ((place, told(text)) for place, text in enumerate(self.plain) if text and text[0] == "[")
        else:
            found = ((place, told(self.raw[place])) for place in self.raw.str.starts_with("[").arg_true().to_list())
        return {place: texts for place, texts in found if isinstance(texts, tuple)}

    @cached_property
    def lists_low(self) -> dict[int, tuple[str, ...]]:
        """The same, lower-cased."""
        return {place: tuple(lowered(list(texts))) for place, texts in self.lists.items()}

    @cached_property
    def texts(self) -> list[Text | None]:
        """As written, as a list, with the members of lists."""
        return self._with(self.plain, self.lists)

    @cached_property
    def texts_low(self) -> list[Text | None]:
        """Lower-cased, as a list, with the members of lists."""
        return self._with(self.plain_low, self.lists_low if self.lists else {})

    @staticmethod
    def _with(plain: list[str | None], lists: dict[int, tuple[str, ...]]) -> list[Text | None]:
        texts: list[Text | None] = list(plain) if lists else plain  # type: ignore[assignment]  # nobody changes it
        for place, members in lists.items():
            texts[place] = members
        return texts

    def part(self, rows: Rows) -> "Values":
        """Some of them."""
        made = Values(self.raw[rows])
        if "low" in self.__dict__:
            made.low = self.low[rows]
        if not self.lists:
            made.lists = {}
        return made

    def holds(self, atom: Atom) -> Bools:
        """Where the atom holds."""
        truth = self._truth.get(atom)
        if truth is None:
            truth = self._truth[atom] = self._asked(atom)
        return truth

    def _asked(self, atom: Atom) -> Bools:
        if atom.op == "each":
            asked = each(atom)
            return np.fromiter((text is not None and asked(text) for text in self.plain), np.bool_, self.size)
        if self.size <= BY_LIST:
            truth = ask(atom, self.plain, self.plain_low)
        else:
            truth = test(atom, self.raw, self.low if folded(atom) or atom.op == "re" else self.raw)
        if not self.lists or atom.op in ("null", "present"):
            return truth
        return self._or_members(truth, single(atom), self.lists_low if folded(atom) else self.lists)

    @staticmethod
    def _or_members(truth: Bools, holds: Single, lists: dict[int, tuple[str, ...]]) -> Bools:
        truth = truth.copy()
        for place, members in lists.items():
            truth[place] |= any(map(holds, members))
        return truth

    def has_any(self, literals: tuple[str, ...]) -> Bools:
        """Where any of the lower-cased literals occurs."""
        truth = self._truth.get(literals)
        if truth is None:
            found = several("contains", literals, False)
            if self.size <= BY_LIST:
                truth = np.array([text is not None and found(text) for text in self.plain_low], np.bool_)
            else:
                truth = self.low.str.contains_any(list(literals)).fill_null(False).to_numpy()
            if self.lists:
                truth = self._or_members(truth, found, self.lists_low)
            self._truth[literals] = truth
        return truth


class Column:
    """The values of one key for all rows of a batch: one for each row, or where they repeat (`codes`) each once."""

    def __init__(self, values: Values, codes: Rows | None, order: tuple[Rows, Rows] | None = None) -> None:
        self.values = values
        self.codes = codes
        self.size = values.size if codes is None else len(codes)
        self._order = order

    def part(self, rows: Rows) -> "Column":
        """Some of the rows. Where values are kept once, there may then be some that no row has."""
        if self.codes is None:
            return Column(self.values.part(rows), None)
        return Column(self.values, self.codes[rows])

    @cached_property
    def raw(self) -> pl.Series:
        """As written, one for each row."""
        return self.values.raw if self.codes is None else self.values.raw[self.codes]

    @cached_property
    def low(self) -> pl.Series:
        """Lower-cased, one for each row."""
        return self.values.low if self.codes is None else self.values.low[self.codes]

    def texts_low(self, rows: Rows | None) -> list[Text | None]:
        """Lower-cased, one for each of the rows."""
        values = self.values.texts_low
        at = range(self.size) if rows is None else rows.tolist()
        return [values[i] for i in at] if self.codes is None else [values[self.codes[i]] for i in at]

    @cached_property
    def present(self) -> list[int]:
        """Which of the different values rows have."""
        if self.codes is None or self.values.size <= 1:
            return list(range(self.values.size))
        there = np.zeros(self.values.size, np.bool_)
        there[self.codes] = True
        return np.flatnonzero(there).tolist()

    def rows_of(self, values: list[int]) -> Rows:
        """Rows that have one of the different values of these numbers, by value; where there are none, the same."""
        if self.codes is None:
            return np.array(values, np.int64)
        if self.values.size == 1:
            return np.arange(self.size)
        if self._order is None:
            narrow = self.codes.astype(np.int16) if self.values.size < 1 << 15 else self.codes
            counts = np.bincount(self.codes, minlength=self.values.size)
            self._order = np.argsort(narrow, kind="stable"), np.concatenate([[0], np.cumsum(counts)])
        order, starts = self._order
        return np.concatenate([order[starts[value] : starts[value + 1]] for value in values])

    def holds(self, atom: Atom, rows: Rows | None) -> Bools:
        """Where the atom holds, for the rows (all when None). Not for references to another column."""
        if self.codes is not None:
            return self.values.holds(atom)[self.codes if rows is None else self.codes[rows]]
        return (self.values if rows is None else self.values.part(rows)).holds(atom)

    def has_any(self, literals: tuple[str, ...], rows: Rows | None) -> Bools:
        """Where any of the lower-cased literals occurs."""
        if self.codes is not None:
            return self.values.has_any(literals)[self.codes if rows is None else self.codes[rows]]
        return (self.values if rows is None else self.values.part(rows)).has_any(literals)


def column(series: pl.Series) -> Column:
    """A series as a column, encoded if its values repeat."""
    if not (series.dtype == pl.String or series.dtype.is_integer()):
        series = text(series)
    if len(series) >= ENCODE_FROM:
        codes, firsts = _codes(series)
        if firsts:
            return Column(Values(text(series[firsts])), codes)
        sample = series[:: max(1, len(series) // SAMPLE)].to_list()
        if len(set(sample)) < REPEATS * min(len(series), SAMPLE):
            codes, different, order, starts = encode(series)
            return Column(Values(text(different)), codes, (order, starts))
    return Column(Values(text(series)), None)


def _codes(series: pl.Series) -> tuple[Rows, list[int]]:
    """The number of each row's value, and a row of each value, when there are only a few values; else no rows."""
    size = len(series)
    codes = np.zeros(size, np.int64)
    nulls = series.null_count()
    if nulls:
        return codes, [0] if nulls == size else []
    left = np.ones(size, np.bool_)
    firsts: list[int] = []
    while len(firsts) < KNOWN:
        first = int(left.argmax())
        same = (series == series[first]).to_numpy()
        codes[same] = len(firsts)
        firsts.append(first)
        left &= ~same
        if not left.any():
            return codes, firsts
        if len(firsts) == 1 and same.sum() * KNOWN * 2 < size:  # one of many
            break
    return codes, []


class Batch:
    """Events of one batch, by column key."""

    def __init__(self, events: Events, whole: "Batch | None" = None, rows: Rows | None = None) -> None:
        self.events = events
        self.whole = whole
        self.size = events.height
        self._of_whole = rows
        self._names: frozenset[str] = whole._names if whole else frozenset(events.names)
        self._shares = whole is not None and self.size * SHARED >= whole.size
        self._columns: dict[str, Column] = {}
        self._made: dict[tuple[str, ...], Column] = {}
        self._has: dict[str, bool] = {}
        self._hay: tuple[str, ...] | None = None

    def part(self, rows: Rows) -> "Batch":
        """Some of the rows."""
        return Batch(self.events.part(rows), self, rows)

    def series(self, name: str) -> pl.Series:
        """The values of a column, as they are."""
        return self.events.series(name)

    def column(self, key: str) -> Column:
        """The column of a key; nulls where the frame has none of its parts."""
        found = self._columns.get(key)
        if found is None:
            names = tuple(name for name in key.split(JOIN) if name in self._names)
            found = self._made.get(names)
            if found is None:
                found = self._made[names] = self._column(key, names)
            self._columns[key] = found
        return found

    def known(self, key: str) -> Column | None:
        """The column of a key, where it is made already and its values are there once each."""
        whole = self.whole
        if whole is not None and self._of_whole is not None and key not in self._columns and whole.known(key) is not None:
            self._columns[key] = whole.column(key).part(self._of_whole)
        found = self._columns.get(key)
        return found if found is not None and found.codes is not None else None

    def late(self, key: str) -> bool:
        """Whether the column of a key is of values that are not made yet: it then has each once."""
        name = next((name for name in key.split(JOIN) if name in self._names), None)
        return name is not None and self.events.late(name)

    def length(self, key: str) -> float | None:
        """Bytes of a value on average, where `may` can tell of them."""
        names = [name for name in key.split(JOIN) if name in self._names]
        return self.events.length(names[0]) if len(names) == 1 and self.events.late(names[0]) else None

    def may(self, key: str, looked_for: Grams) -> Rows | None:
        """Rows of which the value may have one of the words that are looked for: all that do, and some more; None where nobody
        can tell."""
        (name,) = (name for name in key.split(JOIN) if name in self._names)
        return self.events.may(name, looked_for)

    def _column(self, key: str, names: tuple[str, ...]) -> Column:
        late = bool(names) and self.events.late(names[0])
        if self.whole is not None and self._of_whole is not None and (self._shares or (late and self._most(key, names))):
            return self.whole.column(key).part(self._of_whole)
        if not names:
            return Column(Values(pl.Series([None], dtype=pl.String)), np.zeros(self.size, np.int64))
        if late:
            return self._coded(names)
        raw = self.series(names[0])
        if len(names) == 1 or not raw.null_count():
            return column(raw)
        raw = text(raw)
        for name in names[1:]:
            if not raw.null_count():
                break
            other = text(self.series(name))
            raw = raw.zip_with(raw.is_not_null(), other) if raw.null_count() < self.size else other
        return column(raw)

    def _most(self, key: str, names: Sequence[str]) -> bool:
        """Whether it pays to have all values of the whole batch in columns that are not made yet."""
        whole = self.whole
        if whole is None or whole.known(key) is not None:
            return True
        return self.events.count(names[0]) * SHARED >= whole.events.count(names[0])

    def _coded(self, names: Sequence[str]) -> Column:
        """The column of names of which the first one is not made yet."""
        different, codes = self._codes(names[0])
        for name in names[1:]:
            empty = np.array([text is None for text in different], np.bool_)[codes]
            if not empty.any():
                break
            some, numbers = self._codes(name)
            codes = np.where(empty, numbers + len(different), codes)
            different = different + some
        return Column(Values(different), codes)

    def _codes(self, name: str) -> tuple[list[str | None], Rows]:
        coded = self.events.coded(name)
        if coded is None:
            codes, different, *_ = _numbered(text(self.series(name)).to_list())
            return different, codes
        return coded

    def has(self, key: str) -> bool:
        """Whether any row may have a value there; of a large part of a batch: whether any of the batch has."""
        filled = self.filled
        if self.whole is None or self._shares:  # most of a batch is not taken just to see that
            return key in filled or (JOIN in key and not filled.isdisjoint(key.split(JOIN)))
        found = self._has.get(key)
        if found is None:
            names = filled.intersection(key.split(JOIN))
            found = self._has[key] = any(self.events.has(name) for name in names)
        return found

    @property
    def filled(self) -> frozenset[str]:
        """Names of the columns but for some in which no row of the events has a value."""
        return self.events.filled

    def hay(self) -> tuple[str, ...]:
        """Keys of the columns in which keywords are searched, as far as they have values."""
        if self.whole is not None:
            return self.whole.hay()
        if self._hay is None:
            native = self.filled - FIELDS.keys() - {"line"}
            self._hay = tuple(
                name for name in self.events.names if name in native or (name in HAY and name in self.filled)
            )
        return self._hay

    def having(self, names: Sequence[str], words: list[str]) -> Rows:
        """Rows that may have one of the words, all ASCII, in one of the columns: all that do, and some more, such as those with
        lists."""
        if self.whole is not None and self._shares and self._of_whole is not None:
            there = np.zeros(self.whole.size, np.bool_)
            there[self.whole.having(names, words)] = True
            return np.flatnonzero(there[self._of_whole])
        columns = [text(self.series(name)).rename(name) for name in names]
        looked = [
            pl.col(name).str.contains_any(words, ascii_case_insensitive=True) | pl.col(name).str.starts_with("[")
            for name in names
        ]
        found = pl.DataFrame(columns).select(pl.any_horizontal(looked)).to_series() if names else pl.Series([], dtype=pl.Boolean)
        return found.fill_null(False).arg_true().to_numpy().astype(np.int64)


def text(series: pl.Series) -> pl.Series:
    """Values as text: numbers in decimal, true and false, times as ISO 8601."""
    if series.dtype == pl.String:
        return series
    if isinstance(series.dtype, pl.Datetime):
        return series.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    if isinstance(series.dtype, (pl.List, pl.Array, pl.Struct, pl.Object)):
        return pl.Series(series.name, [None] * len(series), dtype=pl.String)
    return series.cast(pl.String, strict=False)
