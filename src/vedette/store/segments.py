"""Segments: immutable Parquet files of events or rejected records, and their rows in the manifest."""

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec
import polars as pl
import sqlalchemy as sa
from polars.exceptions import PolarsError

from vedette.model.errors import StoreError
from vedette.model.records import Json
from vedette.store import layout, statistics, tables
from vedette.store.database import Database, upsert
from vedette.store.files import TEMPORARY, Files

Kind = Literal["events", "rejected"]
SUFFIX: Final = ".parquet"

LEVEL_FRESH: Final = 1
"""zstd level of a batch: what is written once and merged within the hour."""


class Segment(NamedTuple):
    """One row of the manifest; the fields are the columns of tables.segments, in their order."""

    name: str
    kind: Kind
    level: int
    sequence: int
    stored_at: int
    rows: int
    size: int
    first: int | None
    last: int | None
    untimed: int
    digest: str
    parts: str = "[]"
    damage: str | None = None


class Damaged(Exception):
    """A segment cannot be read."""


def name(kind: Kind, batches: Iterable[tuple[str, Json | None, Json]]) -> str:
    """The same batches get the same name: a commit that is tried again replaces its own file, never adds one.

    Args:
        batches: source, position before, position after.
    """
    text = msgspec.json.encode(sorted(batches, key=lambda batch: batch[0]), order="deterministic")
    return f"{kind}-{hashlib.blake2b(text, digest_size=16).hexdigest()}{SUFFIX}"


def encode(frame: pl.DataFrame, level: int = LEVEL_FRESH, group: int | None = None) -> bytes:
    """The file of a table: zstd `level`, row groups of `group` rows (None: one)."""
    short, plan = layout.shorten(frame)
    buffer = io.BytesIO()
    short.write_parquet(
        buffer,
        compression="zstd",
        compression_level=level,
        row_group_size=group,
        metadata={layout.METADATA: msgspec.json.encode(plan).decode()},
    )
    return buffer.getvalue()


def digest(data: bytes) -> str:
    """Tells whether a file is still what was written."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def times(frame: pl.DataFrame) -> tuple[int | None, int | None, int]:
    """First and last event time in microseconds, and how many events have none."""
    if layout.TIME not in frame.columns:
        return None, None, frame.height
    time = frame[layout.TIME].to_physical()
    return time.min(), time.max(), time.null_count()  # type: ignore[return-value]


def scan(path: Path) -> pl.LazyFrame:
    """The table that `encode` was given, lazily.

    Raises:
        Damaged: not readable as a segment.
        FileNotFoundError: not there (any more).
    """
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        plan = msgspec.json.decode(pl.read_parquet_metadata(path)[layout.METADATA], type=layout.Layout)
        lazy = pl.scan_parquet(path, glob=False)
        lazy.collect_schema()
    except (PolarsError, OSError, KeyError, ValueError, msgspec.DecodeError) as error:
        raise Damaged(first_line(error)) from error
    return layout.expand(lazy, plan)


def collect(lazy: pl.LazyFrame) -> pl.DataFrame:
    """Run a query over one segment.

    Raises:
        Damaged: its bytes are not what they should be.
    """
    try:
        return lazy.collect()
    except (PolarsError, OSError) as error:
        raise Damaged(first_line(error)) from error
    except BaseException as error:
        # The Parquet decoder meets bytes that no writer makes; polars lets its panic through as a BaseException.
        if type(error).__name__ == "PanicException":
            raise Damaged("the decoder gave up") from error
        raise


def first_line(error: BaseException) -> str:
    """An error's own words, short."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


# --- manifest ---


def insert(connection: sa.Connection, row: Segment, known: statistics.Known) -> None:
    """Add to the manifest, with what is known of its events."""
    connection.execute(sa.insert(tables.segments), row._asdict())
    statistics.insert(connection, row.name, known)


def live(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[Segment]:
    """Undamaged segments, latest event first; those without any time last."""
    t = tables.segments
    query = sa.select(*(t.c[field] for field in Segment._fields)).where(t.c.damage.is_(None), *conditions)
    order = (t.c.last.is_(None), t.c.last.desc(), t.c.name)
    return [Segment(*row) for row in connection.execute(query.order_by(*order))]


def remove(connection: sa.Connection, names: Sequence[str], unlink_after: int) -> int:
    """Take segments out of the manifest; their files stay until then. Returns how many were there."""
    gone = 0
    for some in _chunks(names):
        gone += connection.execute(sa.delete(tables.segments).where(tables.segments.c.name.in_(some))).rowcount
        statistics.remove(connection, some)
        connection.execute(upsert(tables.garbage), [{"name": n, "unlink_after": unlink_after} for n in some])
    return gone


def mark(connection: sa.Connection, damaged: Iterable[tuple[str, str]]) -> None:
    """Leave these out of all queries from now on; they stay listed."""
    for segment, reason in damaged:
        chosen = tables.segments.c.name == segment
        connection.execute(sa.update(tables.segments).where(chosen).values(damage=reason))


def sweep(files: Files, connection: sa.Connection) -> list[str]:
    """Unlink every file that no row names: what a killed commit or merge left. Only for the one writer."""
    known = {row[0] for row in connection.execute(sa.select(tables.segments.c.name))}
    known |= {row[0] for row in connection.execute(sa.select(tables.garbage.c.name))}
    ours = (n for n in files.names() if n.endswith((SUFFIX, SUFFIX + TEMPORARY)))
    orphans = sorted(n for n in ours if n not in known)
    if orphans:
        files.remove(orphans)
    return orphans


def discard(database: Database, files: Files, names: Sequence[str]) -> None:
    """Remove what a failed transaction would have listed, unless it is listed after all: an error after the commit
    reached the disk must not cost events. What cannot be looked up now is swept at the next start."""
    with suppress(StoreError):
        with database.read() as connection:
            listed = set(connection.scalars(sa.select(tables.segments.c.name).where(tables.segments.c.name.in_(names))))
        files.remove(name for name in names if name not in listed)


def marked(connection: sa.Connection) -> list[tuple[str, str]]:
    """Segments that were found damaged: (name, reason)."""
    t = tables.segments
    listed = sa.select(t.c.name, t.c.damage).where(t.c.damage.is_not(None)).order_by(t.c.name)
    return [(row.name, row.damage) for row in connection.execute(listed)]


def missing(files: Files, connection: sa.Connection) -> list[tuple[str, str]]:
    """Segments whose file is gone or has another size than it was written with: a cheap look at each."""
    t = tables.segments
    found = []
    for segment, size in connection.execute(sa.select(t.c.name, t.c.size).where(t.c.damage.is_(None))):
        there = files.size(segment)
        if there != size:
            found.append((segment, "file is missing" if there is None else f"{there} bytes instead of {size}"))
    return found


def verify(files: Files, segment: Segment) -> str | None:
    """Reason why a segment is not what was written, by its digest; None when it is."""
    try:
        data = files.read(segment.name)
    except OSError as error:
        return error.strerror or "cannot be read"
    return None if digest(data) == segment.digest else "content differs from what was written"


def _chunks(names: Sequence[str], size: int = 500) -> Iterator[list[str]]:
    for start in range(0, len(names), size):
        yield list(names[start : start + size])
