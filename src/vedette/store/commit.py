"""One commit: segments first, then one transaction that makes everything true at once.

Killed before the transaction: its files are orphans, swept at the next start, and the batches are read again from
the old positions. Killed after: everything is there and the positions have moved. The fence - the old position is
part of the UPDATE - makes a second writer, or a caller that lost track, fail instead of doubling.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
import polars as pl
import sqlalchemy as sa

from vedette.model.errors import StoreError
from vedette.model.records import Json
from vedette.model.stored import Batch, Commit
from vedette.store import actions, alerts, counters, incidents, layout, outbox, requests, segments, statistics, tables
from vedette.store.database import Database, upsert, values
from vedette.store.files import Files
from vedette.store.segments import Kind, Segment
from vedette.store.tables import micros

KINDS: Final[tuple[Kind, ...]] = ("events", "rejected")


def perform(database: Database, files: Files, commit: Commit, now: datetime) -> int:
    """See Store.commit."""
    with database.read() as connection:
        _look(connection, commit.batches)
    at = micros(now)
    written: list[tuple[Segment, statistics.Known]] = []
    try:
        for kind in KINDS:
            written += _write(files, kind, commit.batches, at)
        with database.write() as connection:
            sequence = next_sequence(connection)
            _advance(connection, commit.batches, sequence, at)
            for row, known in written:
                segments.insert(connection, row._replace(sequence=sequence), known)
            alerts.put(connection, commit.alerts, at, sequence)
            before = incidents.put(connection, commit.incidents, at, sequence)
            alerts.follow(connection, commit.incidents, before, sequence)
            _state(connection, commit, sequence, at)
    except BaseException:
        segments.discard(database, files, [row.name for row, _ in written])
        raise
    return sequence


def canonical(value: Json | None) -> str:
    """JSON text that is equal for equal values."""
    return msgspec.json.encode(value, order="deterministic").decode()


# --- files ---


def _write(files: Files, kind: Kind, batches: Sequence[Batch], at: int) -> list[tuple[Segment, statistics.Known]]:
    if kind == "events":
        parts = [[events.frame.height for events in batch.events] for batch in batches]
        frame = layout.gather([events for batch in batches for events in batch.events])
    else:
        parts = []
        frame = _rejected(batches)
    if not frame.height:
        return []
    name = segments.name(kind, ((batch.source, batch.before, batch.after) for batch in batches))
    data = segments.encode(frame)
    files.put(name, data)
    first, last, untimed = segments.times(frame)
    digest = segments.digest(data)
    encoded = msgspec.json.encode(parts).decode()
    row = Segment(name, kind, 0, 0, at, frame.height, len(data), first, last, untimed, digest, encoded)
    return [(row, statistics.known(frame) if kind == "events" else {})]


def _rejected(batches: Sequence[Batch]) -> pl.DataFrame:
    frames = [
        batch.rejected.with_columns(source=pl.lit(batch.source), path=pl.lit(batch.path))
        for batch in batches
        if batch.rejected is not None and batch.rejected.height
    ]
    return pl.concat(frames) if frames else pl.DataFrame()


# --- rows ---


def _look(connection: sa.Connection, batches: Sequence[Batch]) -> None:
    """Fail before anything is written when the fence would refuse."""
    t = tables.positions
    if len({batch.source for batch in batches}) < len(batches):
        raise StoreError("a source is twice in one commit", fix="this is a bug in the caller: merge its batches first")
    for batch in batches:
        there = connection.execute(sa.select(t.c.position).where(t.c.source == batch.source)).scalar()
        if there != (None if batch.before is None else canonical(batch.before)):
            raise _refused(batch)


def next_sequence(connection: sa.Connection) -> int:
    """The number of this commit, or of a change that a person made; ascending."""
    t = tables.commits
    if connection.execute(sa.update(t).values(sequence=t.c.sequence + 1)).rowcount == 0:
        connection.execute(sa.insert(t).values(id=1, sequence=1))
    return int(connection.execute(sa.select(t.c.sequence)).scalar_one())


def _advance(connection: sa.Connection, batches: Sequence[Batch], sequence: int, at: int) -> None:
    t = tables.positions
    for batch in batches:
        values = {
            "path": batch.path.replace("\0", "\\x00"),
            "position": canonical(batch.after),
            "carry": canonical(batch.carry),
            "sequence": sequence,
            "at": at,
        }
        if batch.before is None:
            done = connection.execute(upsert(t).values(source=batch.source, **values))
        else:
            where = (t.c.source == batch.source, t.c.position == canonical(batch.before))
            done = connection.execute(sa.update(t).where(*where).values(**values))
        if done.rowcount != 1:
            raise _refused(batch)


def _refused(batch: Batch) -> StoreError:
    return StoreError(
        "the stored position is not the one this batch was read from: another writer moved it",
        where=batch.path,
        fix="read the positions again and go on from there; run one agent per data directory",
    )


def _state(connection: sa.Connection, commit: Commit, sequence: int, at: int) -> None:
    outbox.queue(connection, commit.notices, at)
    shots = [{"name": name, "sequence": sequence, "data": data} for name, data in commit.snapshots.items()]
    if shots:
        connection.execute(upsert(tables.snapshots, values(tables.snapshots)), shots)
        connection.execute(sa.delete(tables.snapshots).where(tables.snapshots.c.sequence < sequence))
    for name, value in commit.counters.items():
        counters.add(connection, name, value)
    actions.put(connection, commit.actions, sequence)
    actions.allow(connection, commit.allowed, commit.disallowed)
    requests.answered(connection, commit.answered)
