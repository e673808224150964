"""Reading events: the manifest says which segments can hold them; polars reads those, and no more than needed."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Final

import msgspec
import polars as pl
import sqlalchemy as sa

from vedette.model.errors import StoreError
from vedette.model.fields import FIELDS, dtype
from vedette.model.query import Summary
from vedette.model.records import REJECTED, Events, Logsource
from vedette.model.stored import EventQuery, EventsFound, Summarised
from vedette.store import layout, patience, segments, statistics, tables
from vedette.store.database import Database
from vedette.store.files import Files
from vedette.store.groups import Groups
from vedette.store.layout import LOGSOURCE, TIME
from vedette.store.remembered import Remembered
from vedette.store.segments import Damaged, Segment
from vedette.store.tables import micros

LISTINGS: Final = 3
"""How often a query starts again with a fresh manifest when a merge took a file away under it."""

ALWAYS: Final = (TIME, layout.ID, layout.ORIGINAL)
"""Columns of every answer that names no columns, also of an empty one."""

LOOKED_AT: Final = 50
"""Segments that are asked for the names of their columns."""

FEW: Final = 4
"""A segment with more than FEW times the wanted rows is first asked for times only, then for the rows."""


class Merged(StoreError):
    """A segment went into another one, or out of retention, after the manifest was read."""


class Query:
    """Questions to the segments of one store. `on_damage` hears of every segment that cannot be read."""

    def __init__(self, database: Database, files: Files, on_damage: Callable[[str, str], None]) -> None:
        self._database = database
        self._files = files
        self._on_damage = on_damage
        self._remembered = Remembered()

    def events(self, query: EventQuery) -> EventsFound:
        """See Store.events."""
        for attempt in range(LISTINGS):
            try:
                return self._events(query)
            except Merged:
                if attempt == LISTINGS - 1:
                    raise
        raise AssertionError

    def between(self, since: datetime | None, until: datetime | None, logsource: Logsource) -> Iterator[Events]:
        """See Store.events_between."""
        query = EventQuery(since=since, until=until, logsource=logsource, newest=False, limit=None)
        damaged: list[tuple[str, str]] = []
        for segment in self._candidates(query):
            # A merge may take a file away while a long walk is under way; it stays readable for the grace period.
            frame = self._guarded(segment, damaged, lambda lazy: _filtered(lazy, query).sort(TIME, nulls_last=True))
            if frame is not None and frame.height:
                yield from _by_logsource(frame)

    def replay(self, after: int) -> Iterator[tuple[Events, ...]]:
        """See Store.replay."""
        t = tables.segments
        with self._database.read() as connection:
            rows = segments.live(connection, t.c.kind == "events", t.c.level == 0, t.c.sequence > after)
        damaged: list[tuple[str, str]] = []
        for segment in sorted(rows, key=lambda row: row.sequence):
            frame = self._guarded(segment, damaged, lambda lazy: lazy)
            if frame is not None:
                yield tuple(_parts(frame, msgspec.json.decode(segment.parts, type=list[list[int]])))

    def rejected(self, since: datetime | None, limit: int) -> pl.DataFrame:
        """See Store.rejected."""
        t = tables.segments
        with self._database.read() as connection:
            after = [] if since is None else [t.c.stored_at >= micros(since)]
            rows = segments.live(connection, t.c.kind == "rejected", *after)
        frames: list[pl.DataFrame] = []
        damaged: list[tuple[str, str]] = []
        for segment in sorted(rows, key=lambda row: (row.stored_at, row.sequence), reverse=True):
            if sum(frame.height for frame in frames) >= limit:
                break
            frame = self._guarded(segment, damaged, lambda lazy: lazy.reverse())
            if frame is not None:
                frames.append(frame)
        columns = {**REJECTED, "source": pl.String(), "path": pl.String()}
        return _completed(frames, list(columns), columns).head(limit)

    def native_fields(self) -> list[str]:
        """See Store.native_fields."""
        names: set[str] = set()
        for segment in self._candidates(EventQuery())[:LOOKED_AT]:
            with suppress(Damaged, OSError):
                names.update(segments.scan(self._files.root / segment.name).collect_schema().names())
        return sorted(name for name in names if name not in FIELDS and name != LOGSOURCE)

    def counts(self, query: EventQuery, every: timedelta) -> dict[datetime, int]:
        """See Store.counts."""
        begin = pl.col(TIME).dt.truncate(f"{every // timedelta(microseconds=1)}us").alias("begin")
        query = msgspec.structs.replace(query, columns=())
        candidates = self._candidates(query)
        stated: dict[str, bytes] = {}
        if query.where is None and query.logsource == Logsource() and not every % statistics.MINUTE:
            stated = self._minutes()
        inside = {row.name for row in candidates if row.name in stated and not _cut(row, query)}
        total = Counter(statistics.counts((stated[name] for name in inside), every))
        asked = _Asked(query, every)
        until = patience.end()
        for segment in candidates:
            if segment.name in inside:
                continue
            patience.check(until)
            frame = self._asked(segment, [], asked, lambda lazy, q: _filtered(lazy, q).group_by(begin).len())
            if frame is not None:
                total.update({row[0]: row[1] for row in frame.iter_rows() if row[0] is not None})
        return dict(sorted(total.items()))

    def summarise(self, query: EventQuery, summary: Summary, zone: str) -> Summarised:
        """See Store.summarise."""
        for _ in range(LISTINGS - 1):
            with suppress(Merged):
                return self._summarise(query, summary, zone)
        return self._summarise(query, summary, zone)

    def _summarise(self, query: EventQuery, summary: Summary, zone: str) -> Summarised:
        groups = Groups(summary, TIME, zone)
        query = msgspec.structs.replace(query, columns=groups.columns)
        damaged: list[tuple[str, str]] = []
        scanned = 0
        asked = _Asked(query, summary, zone)
        until = patience.end()
        for segment in self._candidates(query):
            patience.check(until)
            part = self._asked(
                segment, damaged, asked, lambda lazy, q: groups.part(_with(_filtered(lazy, q), groups.columns))
            )
            if part is not None:
                scanned += segment.rows
                groups.add(part)
        return groups.found(scanned, tuple(damaged))

    def _events(self, query: EventQuery) -> EventsFound:
        damaged: list[tuple[str, str]] = []
        frames: list[pl.DataFrame] = []
        edge: int | None = None
        scanned = 0
        asked = _Asked(query)
        until = patience.end()
        for segment in self._candidates(query):
            if edge is not None and _beyond(segment, edge, query.newest):
                break
            patience.check(until)
            frame = self._asked(segment, damaged, asked, lambda lazy, q, rows=segment.rows: _best(lazy, q, rows))  # type: ignore[misc]
            scanned += segment.rows if frame is not None else 0
            if frame is None or not frame.height:
                continue
            frames.append(frame)
            if query.limit is not None:
                frames, edge = _trim(frames, query)
        columns = list(query.columns) if query.columns is not None else None
        found = _ordered(pl.concat(frames, how="diagonal"), query) if frames else pl.DataFrame()
        return EventsFound(_completed([found], columns), tuple(damaged), scanned)

    def _candidates(self, query: EventQuery) -> list[Segment]:
        t = tables.segments
        conditions: list[sa.ColumnElement[bool]] = [t.c.kind == "events"]
        if query.since is not None:
            conditions.append(t.c.last >= micros(query.since))
        if query.until is not None:
            conditions.append(t.c.first < micros(query.until))
        with self._database.read() as connection:
            rows = segments.live(connection, *conditions)
            without = statistics.excluded(connection, query.demands)
        rows = [row for row in rows if row.name not in without]
        if not query.newest:
            rows.sort(key=lambda row: (row.first is None, row.first or 0, row.sequence, row.name))
        return rows

    def _minutes(self) -> dict[str, bytes]:
        with self._database.read() as connection:
            return statistics.of(connection, TIME)

    def _asked(
        self,
        segment: Segment,
        damaged: list[tuple[str, str]],
        asked: "_Asked",
        ask: Callable[[pl.LazyFrame, EventQuery], pl.LazyFrame],
    ) -> pl.DataFrame | None:
        """As `_guarded`, or what this segment answered before."""
        if _cut(segment, asked.query):
            return self._guarded(segment, damaged, lambda lazy: ask(lazy, asked.query))
        frame = self._remembered.get(segment.name, asked.question)
        if frame is None:
            frame = self._guarded(segment, damaged, lambda lazy: ask(lazy, asked.whole))
            if frame is not None:
                self._remembered.put(segment.name, asked.question, frame)
        return frame

    def _guarded(
        self, segment: Segment, damaged: list[tuple[str, str]], ask: Callable[[pl.LazyFrame], pl.LazyFrame]
    ) -> pl.DataFrame | None:
        """The answer of one segment; None and an entry in `damaged` when it cannot be read."""
        try:
            return segments.collect(ask(segments.scan(self._files.root / segment.name)))
        except FileNotFoundError as error:
            with self._database.read() as connection:
                listed = segments.live(connection, tables.segments.c.name == segment.name)
            if not listed:
                raise Merged(
                    "segments were merged while they were read", where=str(self._files.root), fix="ask again"
                ) from error
            damaged.append((segment.name, "file is missing"))
            self._on_damage(segment.name, "file is missing")
            return None
        except Damaged as error:
            # A query that does not fit its columns fails in the same way as a damaged file: the digest tells.
            reason = segments.verify(self._files, segment)
            if reason is None:
                raise StoreError(
                    f"this query cannot be run: {error}", fix="compare each field with its type"
                ) from error
            damaged.append((segment.name, reason))
            self._on_damage(segment.name, reason)
            return None


class _Asked:
    """A question as a segment hears it that lies wholly in the time that is asked for: `whole`, without times. `question`
    tells it apart from others; `told` is what is made of the events that are found."""

    def __init__(self, query: EventQuery, *told: object) -> None:
        self.query = query
        self.whole = msgspec.structs.replace(query, since=None, until=None)
        where = b"" if query.where is None else query.where.meta.serialize()
        parts = (query.columns, query.logsource, query.newest, query.limit, told)
        self.question = msgspec.json.encode(parts) + b"\n" + where


def _cut(segment: Segment, query: EventQuery) -> bool:
    """True when the times that are asked for leave out some of this segment's events, as far as its row tells."""
    if query.since is None and query.until is None:
        return False
    if segment.untimed or segment.first is None or segment.last is None:
        return True
    since, until = query.since, query.until
    return (since is not None and segment.first < micros(since)) or (
        until is not None and segment.last >= micros(until)
    )


def _filtered(lazy: pl.LazyFrame, query: EventQuery) -> pl.LazyFrame:
    """Rows that match, with the columns that the query asks for, LOGSOURCE and TIME."""
    names = lazy.collect_schema().names()
    asked = set(query.where.meta.root_names()) if query.where is not None else set()
    lacking = sorted(({TIME} | asked) - set(names))
    lazy = lazy.with_columns(pl.lit(None, dtype=dtype(name)).alias(name) for name in lacking)
    tests = [*_exactly(query, names), *([] if query.where is None else [query.where])]
    if query.since is not None:
        tests.append(pl.col(TIME) >= query.since)
    if query.until is not None:
        tests.append(pl.col(TIME) < query.until)
    if (source := layout.matching(query.logsource)) is not None:
        tests.append(source)
    if tests:
        lazy = lazy.filter(*tests)
    wanted = names if query.columns is None else [name for name in query.columns if name in names]
    return lazy.select(list(dict.fromkeys([*wanted, TIME, LOGSOURCE])))


def _exactly(query: EventQuery, names: list[str]) -> Iterator[pl.Expr]:
    """What the query demands, said so that the minimum and maximum of a row group can answer it."""
    for group in query.demands:
        if all(test.op == "is" and isinstance(test.value, str) and dtype(test.field) == pl.String() for test in group):
            there = [pl.col(test.field) == test.value for test in group if test.field in names]
            yield reduce(or_, there) if there else pl.lit(False)


def _with(lazy: pl.LazyFrame, columns: tuple[str, ...]) -> pl.LazyFrame:
    """With null where it lacks one of these."""
    there = lazy.collect_schema().names()
    return lazy.with_columns(pl.lit(None, dtype=dtype(name)).alias(name) for name in columns if name not in there)


def _best(lazy: pl.LazyFrame, query: EventQuery, rows: int) -> pl.LazyFrame:
    """Of one segment, the rows that can be among the first `limit`."""
    found = _filtered(lazy, query)
    if query.limit is None:
        return found
    if rows > FEW * query.limit:
        times = segments.collect(found.select(TIME))[TIME]
        if times.is_empty():
            return pl.LazyFrame()
        times = times.drop_nulls().sort(descending=query.newest)
        if times.len() > query.limit:
            edge = times[query.limit - 1]
            found = found.filter(pl.col(TIME) >= edge if query.newest else pl.col(TIME) <= edge)
    return _in_order(found, query)


def _in_order(lazy: pl.LazyFrame, query: EventQuery) -> pl.LazyFrame:
    ordered = lazy.sort(TIME, descending=query.newest, nulls_last=True, maintain_order=True)
    return ordered if query.limit is None else ordered.head(query.limit)


def _ordered(frame: pl.DataFrame, query: EventQuery) -> pl.DataFrame:
    return _in_order(frame.lazy(), query).collect()


def _trim(frames: list[pl.DataFrame], query: EventQuery) -> tuple[list[pl.DataFrame], int | None]:
    """The best `limit` rows so far, and the time of the last of them once there are that many."""
    best = _ordered(pl.concat(frames, how="diagonal"), query)
    if best.height < (query.limit or 0) or not best.height or best[TIME][-1] is None:
        return [best], None
    return [best], micros(best[TIME][-1])


def _beyond(segment: Segment, edge: int, newest: bool) -> bool:
    """True when no event of this segment, and so of any later one, can come before the edge."""
    if newest:
        return segment.last is None or segment.last < edge
    return segment.first is None or segment.first > edge


def _completed(
    frames: list[pl.DataFrame], columns: list[str] | None, types: dict[str, pl.DataType] | None = None
) -> pl.DataFrame:
    frame = pl.concat(frames, how="diagonal") if frames else pl.DataFrame()
    frame = frame.drop(LOGSOURCE, strict=False)
    if columns is None:
        columns = list(dict.fromkeys([*ALWAYS, *frame.columns]))
    lacking = [name for name in columns if name not in frame.columns]
    if not frame.width:
        return pl.DataFrame(schema={name: (types or {}).get(name) or dtype(name) for name in columns})
    return frame.with_columns(
        pl.lit(None, dtype=(types or {}).get(name) or dtype(name)).alias(name) for name in lacking
    ).select(columns)


def _by_logsource(frame: pl.DataFrame) -> Iterator[Events]:
    frame = frame.with_row_index("line").with_columns(pl.col("line").cast(pl.Int64))
    for part in frame.partition_by(LOGSOURCE, maintain_order=True):
        yield _as_events(part)


def _parts(frame: pl.DataFrame, parts: list[list[int]]) -> Iterator[Events]:
    frame = frame.with_row_index("line").with_columns(pl.col("line").cast(pl.Int64))
    start = 0
    for rows in (rows for batch in parts for rows in batch):
        if rows:
            yield _as_events(frame.slice(start, rows))
        start += rows


def _as_events(frame: pl.DataFrame) -> Events:
    source = layout.logsource(frame[LOGSOURCE][0])
    return Events(
        source, frame.select(n for n in frame.columns if n != LOGSOURCE and frame[n].null_count() < frame.height)
    )
