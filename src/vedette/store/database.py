"""The state database: connections, transactions, and the few things that databases do each in their own way."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError

from vedette.model.errors import StoreError
from vedette.store import patience, where

BUSY_MS: Final = 10_000
"""How long a transaction waits for another process's."""

PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    # A committed transaction must outlive a power cut: FULL syncs the log at every commit.
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={BUSY_MS}",
    "PRAGMA foreign_keys=ON",
)

CORRUPT: Final = (
    "stop the agent, move the damaged file aside and put a backup in its place (vedette restore); the segments "
    "beside it are still readable"
)


class Database:
    """One state database. Safe to use from several threads; one writing transaction at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writing = threading.Lock()  # SQLite would let a second thread poll, this one lets it sleep
        self.engine = sa.create_engine(f"sqlite:///{path}", pool_size=4, max_overflow=8)
        sa.event.listen(self.engine, "connect", _prepare)
        sa.event.listen(self.engine, "begin", _begin)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A consistent view that blocks nobody; TooLongError when it takes longer than it may (store.patience)."""
        with self._explained(), self.engine.connect() as connection, connection.begin(), patience.bounded(connection):
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that is durable when the block ends, and undone when it raises."""
        with self._writing, self._explained(), self.engine.connect() as connection:
            writing = connection.execution_options(vedette_writes=True)
            with writing.begin(), patience.bounded(writing, BUSY_MS / 2000):  # the agent waits for it, and not for ever
                yield writing

    def check(self) -> None:
        """Raise StoreError when the file is damaged."""
        with self.read() as connection:
            found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check(3)")]
        if found != ["ok"]:
            raise StoreError(f"state database is damaged: {'; '.join(found)}", where=str(self.path), fix=CORRUPT)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _explain(error, self.path) from error


@cache
def upsert(table: sa.Table, update: tuple[str, ...] = (), where: sa.ColumnElement[bool] | None = None) -> Any:
    """INSERT that on a clash of primary keys replaces the columns of `update`, or does nothing when there are none.

    Args:
        where: only where this is true of the row that is there.
    """
    statement = sqlite_insert(table)
    keys = [column.name for column in table.primary_key]
    if not update:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in update}, where=where
    )


def values(table: sa.Table, beside: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Columns that are no key, and not `beside`: what an upsert replaces."""
    return tuple(column.name for column in table.columns if not column.primary_key and column.name not in beside)


def row_number(table: sa.Table) -> sa.ColumnElement[int]:
    """The number that the database gives a row of itself: small, and the same as long as the row is there."""
    return sa.literal_column(f"{table.name}.rowid", sa.BigInteger())


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself: _begin does
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
    where.functions(connection)


def _begin(connection: sa.Connection) -> None:
    # A transaction that reads first and writes later fails at once when another wrote in between, whatever the
    # time-out; taking the write lock at the start makes it wait instead.
    writes = connection.get_execution_options().get("vedette_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _explain(error: DBAPIError, path: Path) -> StoreError:
    text = str(error.orig)
    if "full" in text:
        return StoreError("no space left for the state database", where=str(path), fix="free space on this disk")
    if "malformed" in text or "not a database" in text:
        return StoreError(f"state database is damaged: {text}", where=str(path), fix=CORRUPT)
    if "locked" in text or "busy" in text:
        fix = "try again; if it stays, end the process that holds it (fuser shows which)"
        return StoreError("state database is held by another process", where=str(path), fix=fix)
    if "readonly" in text or "unable to open" in text:
        fix = "run as the user that owns the data directory"
        return StoreError(f"state database cannot be opened for writing: {text}", where=str(path), fix=fix)
    return StoreError(f"state database refused: {text}", where=str(path), fix="see the log of the agent")
