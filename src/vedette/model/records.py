"""What flows between collect, parse and detect: batches of records, events and rejections."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final, NamedTuple

import polars as pl

from vedette.model.cells import Cells, LateFields, Placed, Rows
from vedette.model.grams import Grams

LISTS: Final = (
    "Records", "records", "value", "events", "Events", "logEvents", "items", "entries", "logs", "results", "data", "CloudTrail",
)  # fmt: skip
"""Keys under which JSON documents list their records."""
RECORD: Final = {"line": pl.Int64(), "offset": pl.Int64(), "raw": pl.String()}
"""Columns of a record batch: `line` counts records of the source from 1, `offset` is the byte position of the
record in the (decompressed) source, or the record number where there are no bytes; `raw` is the text without its
line end, invalid UTF-8 written as \\xNN."""

REJECTED: Final = {**RECORD, "reason": pl.String()}

Json = dict[str, Any]
"""A JSON object: strings, numbers, booleans, null, lists and objects only."""


class RecordBatch(NamedTuple):
    """Records of one source, in the order of the source.

    Attributes:
        source: identity of the content, stable over restarts and renames; part of every event id.
        path: what the user calls it: the file's path, `-`, `journald`, `syslog:udp:514`.
        frame: columns as in RECORD.
        position: where to go on after this batch; opaque to all but the collector, JSON-able.
        reference: the time that year-less stamps are near to: the file's change time, or now for live sources.
        format: name of a line format when the collector knows it for certain (evtx), else None.
        dropped: (reason, count) of what the collector had to leave out before this batch: torn tail, bad chunk.
        peers: for each record the address of the machine that sent it, when it came over the network: `host.name` of
            events that name none.
        last: True when the source has ended (never for one that is followed): open multi-line records are closed.
    """

    source: str
    path: str
    frame: pl.DataFrame
    position: Json
    reference: datetime
    format: str | None = None
    dropped: tuple[tuple[str, int], ...] = ()
    last: bool = False
    peers: pl.Series | None = None


class Logsource(NamedTuple):
    """Sigma logsource of a batch of events; None means that nothing more exact is known."""

    category: str | None = None
    product: str | None = None
    service: str | None = None


class Events:
    """Events of one logsource, ascending by `line`.

    The columns are `line` (Int64, the record it came from, unique over all batches of one Parsed) and those of the event,
    each of the type that model.fields gives its name. Columns that no row of this batch carries may be absent: absent
    and null mean the same. Those that stand in `cells` are made when they are asked for: `frame` makes all of them.
    """

    def __init__(self, logsource: Logsource, frame: pl.DataFrame, cells: Cells | None = None) -> None:
        self.logsource = logsource
        self._made = frame
        self._there = frozenset(frame.columns)
        self._cells = cells
        self._whole: Events | None = None
        self._part: Rows | None = None
        self._rows: Rows | None = None
        self._series: dict[str, pl.Series] = {}

    def __iter__(self) -> Iterator[Any]:
        return iter((self.logsource, self.frame))

    @cached_property
    def height(self) -> int:
        """How many they are."""
        return self._made.height if self._rows is None else len(self._rows)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in their order."""
        if self._cells is None:
            return tuple(self._made.columns)
        fields = [name for name in self._cells.fields if name in self._there or self._left(name)]
        return tuple(dict.fromkeys(["line", *fields, *self._made.columns]))

    @cached_property
    def filled(self) -> frozenset[str]:
        """Names of the columns but for some in which no row has a value."""
        nulls = self._made.null_count().row(0) if self._made.width else ()
        empty = {name for name, count in zip(self._made.columns, nulls, strict=True) if count == self._made.height}
        return frozenset(name for name in self.names if name not in empty or self._left(name))

    @cached_property
    def frame(self) -> pl.DataFrame:
        """All of their columns."""
        if self._cells is None:
            return self._made if self._rows is None else self._made[pl.Series(self._rows)]
        columns = [self.series(name) for name in self.names]
        return pl.DataFrame([each for each in columns if each.name in self._there or each.null_count() < self.height])

    @cached_property
    def _placed(self) -> Placed:
        """The cells by row."""
        if self._whole is not None and self._part is not None:
            return self._whole._placed.part(self._part)
        return (self._cells or Cells((), {})).among(self._made["line"].to_numpy())

    def series(self, name: str) -> pl.Series:
        """One of their columns."""
        found = self._series.get(name)
        if found is None:
            if name not in self._there:
                found = self._placed.series(name)
            else:
                found = self._made[name]
                found = found if self._rows is None else found[pl.Series(self._rows)]
                if self._left(name):  # of other rows
                    found = found.zip_with(found.is_not_null(), self._placed.series(name))
            self._series[name] = found
        return found

    def texts(self, name: str) -> list[str | None] | None:
        """A column that is not made yet, as a list of texts; None where that is none."""
        return self._placed.texts(name) if self.late(name) else None

    def coded(self, name: str) -> tuple[list[str | None], Rows] | None:
        """A column that is not made yet, as different texts and the number of that of each row; None where that is none. There
        may be texts that are the same, or that no row has."""
        return self._placed.coded(name) if self.late(name) else None

    @property
    def made(self) -> bool:
        """Whether all columns are made."""
        return self._cells is None

    def late(self, name: str) -> bool:
        """Whether a column is not made yet: `coded` and `said` have it."""
        return name not in self._there and self._left(name)

    def said(self, names: Iterable[str]) -> tuple[list[str | None], Rows, Rows]:
        """All values of several columns that are not made yet: different texts, the numbers of those that the values have, and
        their rows."""
        return self._placed.said(names)

    def length(self, name: str) -> float | None:
        """Bytes of a text on average in a column that is not made yet, where `may` can tell of them."""
        return self._placed.length(name)

    def may(self, name: str, looked_for: Grams) -> Rows | None:
        """Rows of which the value in a column that is not made yet may have one of the words that are looked for: all that do, and
        some more. None where nobody can tell."""
        return self._placed.may(name, looked_for)

    def count(self, name: str) -> int:
        """How many may have a value in a column that is not made yet."""
        return self._placed.count(name)

    def has(self, name: str) -> bool:
        """Whether any of them may have a value in a column."""
        if name in self._there and self.series(name).null_count() < self.height:
            return True
        return self._left(name) and self._placed.has(name)

    def _left(self, name: str) -> bool:
        if self._cells is None:
            return False
        fields = self._cells.fields
        return fields.left(name) if isinstance(fields, LateFields) else bool(fields.get(name))

    def select(self, names: Iterable[str]) -> pl.DataFrame:
        """Those of these columns that they have."""
        there = frozenset(self.names)
        return pl.DataFrame([self.series(name) for name in names if name in there])

    def part(self, rows: Rows) -> "Events":
        """Some of them, each at most once."""
        made = Events(self.logsource, self._made, self._cells)
        made._whole, made._part = self, rows
        made._rows = rows if self._rows is None else self._rows[rows]
        made.names, made.filled = self.names, self.filled
        return made

    def with_columns(self, more: Sequence[pl.Series]) -> "Events":
        """With more columns."""
        if not more:
            return self
        made = self._made if self._rows is None else self._made[pl.Series(self._rows)]
        return Events(self.logsource, made.with_columns(more), self._cells)

    def _replace(self, *, frame: pl.DataFrame) -> "Events":
        """The same with other rows or columns."""
        return Events(self.logsource, frame)


class Parsed(NamedTuple):
    """What parse made of one record batch: every record is in exactly one of `events`, `rejected`, or `held`.

    `held` counts records kept back in `carry` because their multi-line record is still open, minus those that an
    earlier batch held back and this one released; it is 0 in total after the last batch.
    `carry` is handed back with the next batch of the same source; JSON-able.
    """

    events: tuple[Events, ...]
    rejected: pl.DataFrame
    carry: Json
    held: int = 0
