"""Merging closed spans of time into sorted segments, and forgetting what is too old or too much.

A merge writes the new file first, swaps the rows in one transaction, and unlinks the old files only after a grace
period, since readers may have listed them. Killed in between, it leaves an orphan (swept at start) or garbage rows
(unlinked by the next run); events are never listed twice or not at all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import polars as pl
import sqlalchemy as sa

from vedette.model.stored import KEEP_FOREVER, Compacted, Retained
from vedette.store import actions, alerts, incidents, layout, segments, silences, statistics, tables
from vedette.store.database import Database
from vedette.store.files import Files
from vedette.store.segments import Damaged, Segment
from vedette.store.tables import micros

ROWS: Final = 131_072
"""Rows of a merged segment at most: what one merge holds in memory, about 170 MB of web lines while it lasts."""
SIZE: Final = 16 * 2**20
"""Bytes on disk that one merge takes in at most: the same bound for records that are large."""
GROUP: Final = 32_768
"""Rows of a row group: what a lookup of one address reads after its minimum and maximum spoke for it."""
LEVEL: Final = 3
"""zstd level of merged segments: written once, read often."""
SORT: Final = ("source.ip", layout.TIME)

GRACE: Final = timedelta(minutes=5)
"""Longer than any query runs."""
DELIVERED_KEPT: Final = timedelta(days=7)

MINUTES: Final = 300_000_000
HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR
SPANS: Final = (MINUTES, HOUR, DAY)
"""What was stored within a span is merged when the span is over, and has its level, counted from 1, then. An agent commits
every second: without the shortest one, queries would have thousands of small files to open."""


class Merge(NamedTuple):
    """Segments that become one of `level`."""

    level: int
    segments: tuple[Segment, ...]


def plan(rows: Iterable[Segment], now: int, replayable: int | None) -> list[Merge]:
    """What to merge. Pure.

    Args:
        rows: undamaged segments.
        now: microseconds.
        replayable: commits after this number are needed one by one until the next snapshot; None when none are.
    """

    closed: dict[tuple[str, int, int], list[Segment]] = {}
    for row in rows:
        over = [level for level in range(row.level, len(SPANS)) if (row.stored_at // SPANS[level] + 1) * SPANS[level] <= now]
        if over and (replayable is None or row.sequence <= replayable):
            level = over[-1]
            closed.setdefault((row.kind, level, row.stored_at // SPANS[level]), []).append(row)
    merges = []
    for (_, level, _), group in sorted(closed.items()):
        # Neighbours in time go together, so that a merged segment covers a short stretch of it.
        ordered = sorted(group, key=lambda row: (row.first is None, row.first or 0, row.name))
        merges += [Merge(level + 1, some) for some in _packed(ordered) if len(some) > 1 or some[0].level == 0]
    return merges


def _packed(rows: Sequence[Segment]) -> Iterator[tuple[Segment, ...]]:
    pack: list[Segment] = []
    for row in rows:
        full = sum(r.rows for r in pack) + row.rows > ROWS or sum(r.size for r in pack) + row.size > SIZE
        if pack and full:
            yield tuple(pack)
            pack = []
        pack.append(row)
    if pack:
        yield tuple(pack)


def compact(database: Database, files: Files, now: datetime, wanted: Callable[[], bool]) -> Compacted:
    """See Store.compact."""
    at = micros(now)
    collect_garbage(database, files, at)
    with database.read() as connection:
        replayable = connection.execute(sa.select(sa.func.min(tables.snapshots.c.sequence))).scalar()
        merges = plan(segments.live(connection), at, replayable)
    before = after = taken = given = 0
    damaged: list[tuple[str, str]] = []
    for merge in merges:
        if not wanted():
            break
        new, kept, broken, known = _merge(files, merge)
        damaged += broken
        with database.write() as connection:
            segments.mark(connection, broken)
        if new is None or not _swap(database, files, kept, new, known, at):
            continue
        before, after = before + len(kept), after + 1
        taken, given = taken + sum(row.size for row in kept), given + new.size
    return Compacted((before, after), (taken, given), tuple(damaged))


def _merge(files: Files, merge: Merge) -> tuple[Segment | None, list[Segment], list[tuple[str, str]], statistics.Known]:
    frames, kept, damaged = [], [], []
    for row in merge.segments:
        reason = segments.verify(files, row)
        try:
            if reason is None:
                frames.append(segments.collect(segments.scan(files.root / row.name)))
                kept.append(row)
        except (Damaged, FileNotFoundError) as error:
            reason = segments.first_line(error)
        if reason is not None:
            damaged.append((row.name, reason))
    if not frames:
        return None, [], damaged, {}
    frame = pl.concat(frames, how="diagonal")
    keys = [name for name in SORT if name in frame.columns]
    if keys:
        frame = frame.sort(keys, nulls_last=True, maintain_order=True)
    data = segments.encode(frame, LEVEL, GROUP)
    kind = kept[0].kind
    first, last, untimed = segments.times(frame)
    new = Segment(
        name=segments.name(kind, ((row.name, None, {"level": merge.level}) for row in kept)),
        kind=kind,
        level=merge.level,
        sequence=max(row.sequence for row in kept),
        stored_at=max(row.stored_at for row in kept),
        rows=frame.height,
        size=len(data),
        first=first,
        last=last,
        untimed=untimed,
        digest=segments.digest(data),
    )
    files.put(new.name, data)
    return new, kept, damaged, statistics.known(frame) if kind == "events" else {}


class _Gone(Exception):
    """Retention was quicker: what it removed must not come back in a merged segment."""


def _swap(database: Database, files: Files, old: list[Segment], new: Segment, known: statistics.Known, at: int) -> bool:
    """List the merged segment in place of its parts; False when not all of them were there any more."""
    try:
        with database.write() as connection:
            if segments.remove(connection, [row.name for row in old], at + micros_of(GRACE)) != len(old):
                raise _Gone
            segments.insert(connection, new, known)
    except BaseException as error:
        segments.discard(database, files, [new.name])
        if isinstance(error, _Gone):
            return False
        raise
    return True


def collect_garbage(database: Database, files: Files, at: int) -> int:
    """Unlink files whose grace period is over; returns how many."""
    t = tables.garbage
    with database.read() as connection:
        names = list(connection.scalars(sa.select(t.c.name).where(t.c.unlink_after <= at)))
    if names:
        files.remove(names)
        with database.write() as connection:
            for name in names:
                connection.execute(sa.delete(t).where(t.c.name == name))
    return len(names)


def retain(database: Database, files: Files, now: datetime, age: timedelta, size: int | None) -> Retained:
    """See Store.retain."""
    at = micros(now)
    cutoff = None if age == KEEP_FOREVER else at - micros_of(age)
    with database.write() as connection:
        rows = _oldest_first(connection)
        doomed = [row for row in rows if cutoff is not None and row.stored_at < cutoff]
        kept = rows[len(doomed) :]
        total = sum(row.size for row in kept)
        for row in kept:
            if size is None or total <= size:
                break
            doomed.append(row)
            total -= row.size
        segments.remove(connection, [row.name for row in doomed], at + micros_of(GRACE))
        gone = (0, 0) if cutoff is None else _forget(connection, cutoff)
        ended = 0 if cutoff is None else actions.forget(connection, cutoff)
        if cutoff is not None:
            silences.forget(connection, cutoff)
        t = tables.outbox
        finished = sa.delete(t).where(t.c.state == "delivered", t.c.changed_at < at - micros_of(DELIVERED_KEPT))
        connection.execute(finished)
    collect_garbage(database, files, at)
    events = sum(row.rows for row in doomed if row.kind == "events")
    return Retained(len(doomed), events, sum(row.size for row in doomed), *gone, ended)


def _oldest_first(connection: sa.Connection) -> list[Segment]:
    """All segments, damaged ones too: they take up space like any other."""
    t = tables.segments
    query = sa.select(*(t.c[field] for field in Segment._fields)).order_by(t.c.stored_at, t.c.sequence, t.c.name)
    return [Segment(*row) for row in connection.execute(query)]


def _forget(connection: sa.Connection, cutoff: int) -> tuple[int, int]:
    """Alerts and incidents that nothing was added to since, with their histories and notes."""
    counts = (alerts.forget(connection, cutoff), incidents.forget(connection, cutoff))
    t = tables.outbox
    connection.execute(sa.delete(t).where(t.c.state != "pending", t.c.changed_at < cutoff))
    return counts


def micros_of(span: timedelta) -> int:
    """Exact microseconds of a span."""
    return span // timedelta(microseconds=1)
