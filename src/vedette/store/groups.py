"""What a search is summed up to (model.query.Summary): parts of the records go in one by one, groups come out."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import polars as pl
import sqlalchemy as sa

from vedette.model.errors import StoreError
from vedette.model.fields import TIME, dtype
from vedette.model.query import QueryError, Summary
from vedette.model.stored import Summarised
from vedette.store.where import BETWEEN, Kept

BEGIN: Final = "begin"
VALUE: Final = "value"
LARGEST: Final = 1_000_000
"""Groups (for `distinct` groups and values) that are held at once."""
_PART: Final = 50_000
_TIMES: Final = ("@timestamp", "first_seen", "last_seen")
_MERGE: Final = 200_000
"""Rows of parts after which they are joined."""


class Groups:
    """Gathers. `time`: the column that `every` counts by; `zone`: whose days and weeks it counts."""

    def __init__(self, summary: Summary, time: str, zone: str) -> None:
        self._summary = summary
        self._time = time
        self._zone = zone
        self._keys = [*([BEGIN] if summary.every else []), *summary.by]
        self._inner = [*self._keys, *([summary.field] if summary.measure == "distinct" else [])]
        self._parts: list[pl.DataFrame] = []
        self._without = 0
        self.columns = tuple(dict.fromkeys([time, *summary.by, *([summary.field] if summary.field else [])]))
        """Those that `part` needs."""

    def part(self, lazy: pl.LazyFrame) -> pl.LazyFrame:
        """Of some records, with `columns`: groups with VALUE; what lacks a key stays in, with null there."""
        if (every := self._summary.every) is not None:
            begin = pl.col(self._time).dt.convert_time_zone(self._zone).dt.truncate(_span(every))
            lazy = lazy.with_columns(begin.dt.convert_time_zone("UTC").alias(BEGIN))
        value = pl.col(self._summary.field).sum() if self._summary.measure == "sum" else pl.len()
        value = value.cast(pl.Int64()).alias(VALUE)
        return lazy.group_by(self._inner).agg(value) if self._inner else lazy.select(value)

    def add(self, part: pl.DataFrame) -> None:
        """Take what `part` made of some records.

        Raises:
            StoreError: there are more groups than can be held.
        """
        if any(part[name].null_count() for name in self._keys):
            lacking = pl.any_horizontal(pl.col(name).is_null() for name in self._keys)
            self._without += int(part.filter(lacking)[VALUE].sum()) if self._summary.measure != "sum" else 0
            part = part.filter(~lacking)
        self._parts.append(part)
        if sum(each.height for each in self._parts) > _MERGE:
            whole = self._joined()
            if whole.height > LARGEST:
                raise StoreError(
                    f"more than {LARGEST:,} groups", fix="ask for less time, or for fewer fields to count by"
                )
            self._parts = [whole]

    def found(self, scanned: int, damaged: tuple[tuple[str, str], ...] = ()) -> Summarised:
        """The groups: in the order of time, then the largest (with `least` the smallest) first."""
        summary = self._summary
        whole = self._joined()
        if summary.measure == "distinct" and whole.width:
            present = whole.filter(pl.col(summary.field).is_not_null())
            value = pl.len().cast(pl.Int64()).alias(VALUE)
            whole = present.group_by(self._keys).agg(value) if self._keys else present.select(value)
        if not whole.width or (not self._keys and not whole.height):
            types = {name: TIME if name == BEGIN else dtype(name) for name in self._keys}
            whole = pl.DataFrame([] if self._keys else [(0,)], schema={**types, VALUE: pl.Int64()}, orient="row")
        if whole.height and summary.having is not None:
            op, number = summary.having
            compared = {"<": pl.col(VALUE) < number, "<=": pl.col(VALUE) <= number, ">": pl.col(VALUE) > number}
            whole = whole.filter(compared.get(op, pl.col(VALUE) >= number))
        if whole.height:
            whole = self._ordered(whole)
        return Summarised(whole.select(*self._keys, VALUE), scanned, self._without, damaged)

    def _ordered(self, whole: pl.DataFrame) -> pl.DataFrame:
        summary = self._summary
        down = not summary.least
        if summary.first is not None:
            total = whole.group_by(summary.by).agg(pl.col(VALUE).sum())
            best = total.sort([VALUE, *summary.by], descending=[down, *[False] * len(summary.by)]).head(summary.first)
            whole = whole.join(best.select(summary.by), on=summary.by, how="semi")
        names = [*([BEGIN] if summary.every else []), VALUE, *summary.by]
        return whole.sort(names, descending=[down if name == VALUE else False for name in names])

    def _joined(self) -> pl.DataFrame:
        if not self._parts:
            return pl.DataFrame()
        whole = pl.concat(self._parts, how="vertical_relaxed")
        value = pl.col(VALUE).sum()
        return whole.group_by(self._inner).agg(value) if self._inner else whole.select(value)


def _span(every: timedelta) -> str:
    """As polars counts it: days and weeks by the calendar."""
    for unit, length in (("w", timedelta(weeks=1)), ("d", timedelta(days=1)), ("h", timedelta(hours=1))):
        if every % length == timedelta(0):
            return f"{every // length}{unit}"
    return f"{every // timedelta(minutes=1)}m"


def of_table(
    connection: sa.Connection,
    table: sa.Table,
    columns: Mapping[str, Kept],
    tests: Sequence[sa.ColumnElement[bool]],
    groups: Groups,
) -> Summarised:
    """Rows of the state database, a part at a time.

    Raises:
        QueryError: a field is asked for that stands in no column.
        StoreError: there are more groups than can be held.
    """
    for name in groups.columns:
        if name not in columns:
            raise QueryError(f"{name} cannot be counted here", 1, f"one of: {', '.join(columns)}")
    names = groups.columns
    asked = sa.select(*(columns[name].column.label(f"c{n}") for n, name in enumerate(names))).where(*tests)
    kinds = {name: _kind(columns[name]) for name in names}
    for some in connection.execute(asked).partitions(_PART):
        frame = pl.DataFrame([tuple(row) for row in some], schema=kinds, orient="row").lazy()
        frame = frame.with_columns(_told(name, columns[name]) for name in names)
        for name in names:
            frame = frame.explode(name) if columns[name].listed else frame
        groups.add(groups.part(frame).collect())
    return groups.found(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _kind(kept: Kept) -> pl.DataType:
    if isinstance(kept.column.type, sa.Float):
        return pl.Float64()
    return pl.Int64() if isinstance(kept.column.type, sa.Integer) else pl.String()


def _told(name: str, kept: Kept) -> pl.Expr:
    """As people see it."""
    column = pl.col(name)
    if kept.ranks and isinstance(kept.column.type, sa.Integer):
        return column.replace_strict(dict(enumerate(kept.ranks)), return_dtype=pl.String())
    if kept.listed:
        return column.str.split(BETWEEN)
    return column.cast(TIME) if name in _TIMES else column
