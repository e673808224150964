"""The events that rules matched in one batch: their times, groups and values as columns."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
import polars as pl

from vedette.detect.sigma.brief import brief, mark
from vedette.detect.sigma.columns import JOIN, Rows, encode, text
from vedette.detect.sigma.memory import BY_LIST, Names, Shown
from vedette.detect.sigma.plan import key_of
from vedette.detect.sigma.rule import Rule
from vedette.detect.sigma.state import Key
from vedette.model.alert import Evidence
from vedette.model.records import Events

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NO_TIME: Final = np.iinfo(np.int64).min
"""In place of the time of an event that has none."""


@lru_cache(1024)  # most alerts begin, become true and end with one event
def moment(microseconds: int) -> datetime:
    """Microseconds since 1970 as a time; what no calendar has becomes its last day."""
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


class Codes:
    """Which of the different `values` (tuples of text) each row has; -1 where a part of it is absent."""

    def __init__(self, rows: Rows, values: Sequence[Key]) -> None:
        self.rows = rows
        self.values = values

    @cached_property
    def marks(self) -> Rows:
        """Marks of `values`, each joined to one text, and 0 for -1; made as far as `counted` asks."""
        return np.zeros(len(self.values) + 1, np.int64)

    def counted(self, at: Rows) -> Rows:
        """The marks of the values of some rows, 0 where there is none."""
        codes, marks = self.rows[at], self.marks
        asked = np.zeros(len(marks), np.bool_)
        asked[codes] = True
        asked[-1] = False
        for code in np.flatnonzero(asked & (marks == 0)).tolist():
            marks[code] = mark(JOIN.join(map(str, self.values[code])))
        return marks[codes]


class Matched:
    """The rows of a batch that any of some rules matched. What only some rules need is made when it is asked for."""

    def __init__(self, events: Events, matches: pl.DataFrame) -> None:
        rows, place = np.unique(matches["row"].to_numpy(), return_inverse=True)
        self.events = events if len(rows) == events.height else events.part(rows)
        self.names = frozenset(events.names)
        self.shown = Shown(self.events)
        self._series: dict[str, pl.Series] = {}
        self._texts: dict[str, list[str | None]] = {}
        self._codes: dict[tuple[str, ...], Codes] = {}
        self.times = self._numbers("@timestamp", NO_TIME)
        self.weights = np.maximum(1, self._numbers("event.count", 1))
        lines = self._numbers("line", NO_TIME)
        self.lines = np.where(lines == NO_TIME, np.arange(len(lines)), lines)
        rules = matches["rule"].to_numpy()
        order = np.argsort(rules, kind="stable")
        found, begin = np.unique(rules[order], return_index=True)
        parts = np.split(place[order], begin[1:])
        self.by_rule: dict[int, Rows] = dict(zip(found.tolist(), parts, strict=True))

    @cached_property
    def who(self) -> list[Names]:
        """Who took part in the event of every row."""
        return self.shown.names(list(range(self.shown.height)))

    def series(self, key: str) -> pl.Series:
        """Text of the column of a key for every row, see `brief`; nulls where the batch does not have it."""
        found = self._series.get(key)
        if found is None:
            names = key.split(JOIN) if key else ()
            parts = [brief(text(self.events.series(name))) for name in names if name in self.names]
            found = parts[0] if parts else pl.Series([None] * self.events.height, dtype=pl.String)
            for other in parts[1:]:
                found = found.zip_with(found.is_not_null(), other)
            self._series[key] = found
        return found

    def texts(self, key: str, rows: Rows) -> list[str | None]:
        """The same of some rows."""
        if self.events.height > BY_LIST:
            return self.series(key)[rows].to_list()
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = self.series(key).to_list()
        return list(map(found.__getitem__, rows.tolist()))

    def codes(self, keys: tuple[str, ...]) -> Codes:
        """The different combinations of some columns."""
        found = self._codes.get(keys)
        if found is None:
            found = self._codes[keys] = self._encode(keys)
        return found

    def _encode(self, keys: tuple[str, ...]) -> Codes:
        rows = np.zeros(self.events.height, np.int64)
        absent = np.zeros(self.events.height, np.bool_)
        values: list[Key] = [()]
        for key in keys:
            series = self.series(key)
            codes, different, _, _ = encode(series)
            absent |= series.is_null().to_numpy()
            texts = different.to_list()
            if len(values) == 1:
                rows, values = codes, [(*values[0], one) for one in texts]
                continue
            both, rows = np.unique(rows * len(texts) + codes, return_inverse=True)
            values = [(*values[one // len(texts)], texts[one % len(texts)]) for one in both.tolist()]
        return Codes(np.where(absent, -1, rows), values)

    def _numbers(self, name: str, absent: int) -> Rows:
        """Numbers, or times in microseconds since 1970."""
        if name not in self.names:
            return np.full(self.events.height, absent, np.int64)
        series = self.events.series(name).to_physical().cast(pl.Int64, strict=False)
        return (series.fill_null(absent) if series.null_count() else series).to_numpy()


class Sightings:
    """The events of a batch that one rule matched, by position from 0, in order of arrival.

    `events`: their numbers in State.memory where the first row of `matched` has the number `first`.
    """

    def __init__(self, rule: Rule, matched: Matched, rows: Rows, first: int = 0) -> None:
        self.rule = rule
        self.matched = matched
        self.rows = rows
        self.events = rows + first
        self.times = matched.times[rows]
        self.weights = matched.weights[rows]
        self.lines = matched.lines[rows]

    def keys(self, fields: Sequence[str]) -> tuple[str, ...]:
        """The columns that carry Sigma fields of the rule; "" where the batch has none."""
        logsource, names = self.matched.events.logsource, self.matched.names
        return tuple(key_of(self.rule, logsource, field, names) for field in fields)

    def codes(self, fields: Sequence[str]) -> Codes:
        """The different combinations of Sigma fields of the rule, for every event."""
        found = self.matched.codes(self.keys(fields))
        return Codes(found.rows[self.rows], found.values)

    def counted(self, fields: Sequence[str], at: Rows) -> Rows:
        """Marks of the combinations of Sigma fields of the rule in the events at some positions; 0: one is absent."""
        return self.matched.codes(self.keys(fields)).counted(self.rows[at])

    def summed(self, field: str, at: Rows) -> Rows:
        """The same of one field as a number, in the bits of a double; NaN where it is none."""
        (key,) = self.keys((field,))
        numbers = self.matched.series(key).gather(self.rows[at]).cast(pl.Float64, strict=False)
        found: Rows = numbers.fill_null(math.nan).to_numpy().view(np.int64)
        return found

    def texts(self, field: str) -> list[str | None]:
        """Text of a Sigma field of the rule, for every event."""
        (key,) = self.keys((field,))
        return self.matched.texts(key, self.rows)

    def first(self, names: Sequence[str], places: Sequence[int]) -> list[str]:
        """Of some of the events the text of the first of these columns that has any, else ""."""
        rows = self.rows[np.array(places, np.int64)]
        parts = [self.matched.texts(name, rows) for name in names if name in self.matched.names]
        return [next(filter(None, said), "") for said in zip(*parts, strict=True)] if parts else [""] * len(places)

    def evidence(self, places: list[int]) -> list[Evidence]:
        """Some of the events as evidence."""
        return self.matched.shown.evidence(self.rows[np.array(places, np.int64)].tolist())

    @cached_property
    def who(self) -> list[Names]:
        """Who took part in every event."""
        return list(map(self.matched.who.__getitem__, self.rows.tolist()))
