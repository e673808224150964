"""The store: one directory with a state database and a folder of segments. Implements model.ports.Store.

DATA/state.db  DATA/segments/*.parquet  DATA/lock
"""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec
import polars as pl
import sqlalchemy as sa

from vedette.model.action import Action, Allowed, Kind, Origin
from vedette.model.alert import LEVELS, Alert
from vedette.model.errors import StoreError
from vedette.model.incident import Change, Incident
from vedette.model.ports import (
    ANY,
    KEEP_FOREVER,
    ActionQuery,
    AlertQuery,
    Answer,
    Commit,
    Compacted,
    Delivery,
    EventQuery,
    EventsFound,
    IncidentQuery,
    Note,
    Position,
    Request,
    Retained,
    Snapshot,
    StoreStatus,
)
from vedette.model.records import Events, Json, Logsource
from vedette.store import actions, compaction, migrate, outbox, requests, segments, tables
from vedette.store.accounts import Accounts
from vedette.store.audit import Audit
from vedette.store.commit import indexed, perform
from vedette.store.database import Database
from vedette.store.files import FILE, Files, Lock, explain, make_directory
from vedette.store.query import Query
from vedette.store.replies import Replies
from vedette.store.tables import micros, moment

DATABASE: Final = "state.db"
SEGMENTS: Final = "segments"
LOCK: Final = "lock"


def open_store(directory: Path, *, writer: bool = True) -> "LocalStore":
    """Open the store of a data directory; create it when there is none.

    Args:
        writer: the one agent that commits; takes the lock, brings the tables up to date, sweeps what a kill left.
            Without, another process reads, and may add requests and notes.

    Raises:
        StoreError: held by another agent, damaged, of a newer version, or not there for a reader.
    """
    return LocalStore(directory, writer=writer)


class LocalStore:
    """Segments beside a SQLite database. Methods may be called from any thread."""

    def __init__(self, directory: Path, *, writer: bool = True, files: type[Files] = Files) -> None:
        self.directory = directory
        self.swept: list[str] = []
        """Files that a kill had left and opening removed."""
        self._lock = self._prepare() if writer else None
        self._files = files(directory / SEGMENTS)
        try:
            if not (directory / DATABASE).exists():
                raise StoreError("there is no store here", where=str(directory), fix="start the agent: vedette run")
            self._database = Database(directory / DATABASE)
            if writer:
                self._database.check()
                self._settle()
            else:
                self._known()
        except BaseException:
            if self._lock:
                self._lock.release()
            raise
        self._query = Query(self._database, self._files, self._damaged)
        self.accounts = Accounts(self._database)
        self.audit = Audit(self._database)
        self.replies = Replies(self._database)

    def _prepare(self) -> Lock:
        make_directory(self.directory)
        make_directory(self.directory / SEGMENTS)
        lock = Lock(self.directory / LOCK)
        path = self.directory / DATABASE
        try:
            if not path.exists():
                if any((self.directory / SEGMENTS).glob("*" + segments.SUFFIX)):
                    raise StoreError(
                        f"segments without their state database {DATABASE}",
                        where=str(self.directory),
                        fix="put the database back from a backup, or move the folder segments away to start anew",
                    )
                # Created here, since SQLite would create it readable by all; its side files take over the mode.
                os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, FILE))
        except OSError as error:
            lock.release()
            raise explain(error, path) from error
        except StoreError:
            lock.release()
            raise
        return lock

    def _settle(self) -> None:
        migrate.upgrade(self._database)
        with self._database.read() as connection:
            self.swept = segments.sweep(self._files, connection)
            damaged = segments.missing(self._files, connection)
        if damaged:
            with self._database.write() as connection:
                segments.mark(connection, damaged)

    def _known(self) -> None:
        if migrate.revision(self._database) != tables.HEAD:
            raise StoreError(
                "the store is of another version of Vedette",
                where=str(self.directory),
                fix="start the agent of this version once: it brings the store up to date",
            )

    def _damaged(self, name: str, reason: str) -> None:
        with suppress(StoreError), self._database.write() as connection:
            segments.mark(connection, [(name, reason)])

    # --- commit ---

    def positions(self) -> dict[str, Position]:
        """See Store."""
        t = tables.positions
        with self._database.read() as connection:
            rows = connection.execute(sa.select(t)).all()
        decode = msgspec.json.decode
        return {r.source: Position(r.source, r.path, decode(r.position), decode(r.carry), moment(r.at)) for r in rows}

    def forget(self, sources: Sequence[str]) -> None:
        """See Store."""
        with self._database.write() as connection:
            for source in sources:
                connection.execute(sa.delete(tables.positions).where(tables.positions.c.source == source))

    def commit(self, commit: Commit, now: datetime) -> int:
        """See Store."""
        self._writer_only()
        return perform(self._database, self._files, commit, now)

    # --- events ---

    def events(self, query: EventQuery) -> EventsFound:
        """See Store."""
        return self._query.events(query)

    def events_between(
        self, since: datetime | None, until: datetime | None, logsource: Logsource = ANY
    ) -> Iterator[Events]:
        """See Store."""
        return self._query.between(since, until, logsource)

    def replay(self, after: int) -> Iterator[tuple[Events, ...]]:
        """See Store."""
        return self._query.replay(after)

    def rejected(self, since: datetime | None = None, limit: int = 1000) -> pl.DataFrame:
        """See Store."""
        return self._query.rejected(since, limit)

    # --- alerts and incidents ---

    def alert(self, alert_id: str) -> Alert | None:
        """See Store."""
        document = self._one(sa.select(tables.alerts.c.document).where(tables.alerts.c.id == alert_id))
        return None if document is None else msgspec.json.decode(document, type=Alert)

    def alerts(self, query: AlertQuery) -> list[Alert]:
        """See Store."""
        t = tables.alerts
        tests = [t.c.level >= LEVELS.index(query.level), *_range(t.c.last_seen, query.since, query.until)]
        exact = ((c, getattr(query, c.name)) for c in (t.c.rule_id, t.c.source_ip, t.c.user_name, t.c.host_name))
        tests += [column == indexed(value) for column, value in exact if value is not None]
        ordered = sa.select(t.c.document).where(*tests).order_by(t.c.last_seen.desc(), t.c.id)
        return [msgspec.json.decode(text, type=Alert) for text in self._all(ordered, query.limit, query.skip)]

    def incident(self, incident_id: str) -> Incident | None:
        """See Store."""
        document = self._one(sa.select(tables.incidents.c.document).where(tables.incidents.c.id == incident_id))
        return None if document is None else msgspec.json.decode(document, type=Incident)

    def incidents(self, query: IncidentQuery) -> list[Incident]:
        """See Store."""
        t = tables.incidents
        tests = _range(t.c.last_seen, query.since, query.until)
        if query.states:
            tests.append(t.c.state.in_(query.states))
        if query.score is not None:
            tests.append(t.c.score >= query.score)
        ordered = sa.select(t.c.document).where(*tests).order_by(t.c.last_seen.desc(), t.c.id)
        return [msgspec.json.decode(text, type=Incident) for text in self._all(ordered, query.limit, query.skip)]

    def history(self, incident_id: str) -> list[Change]:
        """See Store."""
        t = tables.history
        ordered = sa.select(t.c.document).where(t.c.incident == incident_id).order_by(t.c.at, t.c.number)
        return [msgspec.json.decode(text, type=Change) for text in self._all(ordered)]

    # --- actions ---

    def action(self, action_id: str) -> Action | None:
        """See Store."""
        with self._database.read() as connection:
            return actions.one(connection, action_id)

    def actions(self, query: ActionQuery) -> list[Action]:
        """See Store."""
        with self._database.read() as connection:
            return actions.found(connection, query)

    def repeats(
        self, networks: Collection[str] | None, since: datetime, kind: Kind | None = None
    ) -> dict[str, int]:
        """See Store."""
        with self._database.read() as connection:
            return actions.repeats(connection, networks, since, kind)

    def acted(self, since: datetime | None = None) -> dict[tuple[Kind, Origin], int]:
        """See Store."""
        with self._database.read() as connection:
            return actions.acted(connection, since)

    def allowed(self) -> list[Allowed]:
        """See Store."""
        with self._database.read() as connection:
            return actions.allowed(connection)

    # --- snapshots, outbox, requests, notes ---

    def snapshots(self) -> dict[str, Snapshot]:
        """See Store."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(tables.snapshots)).all()
        return {row.name: Snapshot(row.name, row.sequence, row.data) for row in rows}

    def claim(self, now: datetime, lease: timedelta, limit: int = 100) -> list[Delivery]:
        """See Store."""
        with self._database.write() as connection:
            return outbox.claim(connection, now, lease, limit)

    def delivered(self, key: str, now: datetime) -> None:
        """See Store."""
        with self._database.write() as connection:
            outbox.delivered(connection, key, now)

    def failed(self, key: str, error: str, retry_at: datetime | None, now: datetime) -> None:
        """See Store."""
        with self._database.write() as connection:
            outbox.failed(connection, key, error, retry_at, now)

    def dead(self, limit: int = 100) -> list[tuple[Delivery, str]]:
        """See Store."""
        with self._database.read() as connection:
            return outbox.dead(connection, limit)

    def request(self, kind: str, payload: Json, who: str, now: datetime) -> int:
        """See Store."""
        with self._database.write() as connection:
            return requests.request(connection, kind, payload, who, now)

    def requests(self, limit: int | None = None) -> list[Request]:
        """See Store."""
        with self._database.read() as connection:
            return requests.requests(connection, limit)

    def answer(self, request: int) -> Answer | None:
        """See Store."""
        with self._database.read() as connection:
            return requests.answer(connection, request)

    def note(self, subject: str, text: str, who: str, now: datetime) -> None:
        """See Store."""
        with self._database.write() as connection:
            requests.note(connection, subject, text, who, now)

    def notes(self, subject: str) -> list[Note]:
        """See Store."""
        with self._database.read() as connection:
            return requests.notes(connection, subject)

    # --- upkeep ---

    def compact(self, now: datetime) -> Compacted:
        """See Store. Commits wait only while the rows are swapped, not while files are merged."""
        self._writer_only()
        return compaction.compact(self._database, self._files, now)

    def retain(self, now: datetime, age: timedelta = KEEP_FOREVER, size: int | None = None) -> Retained:
        """See Store."""
        self._writer_only()
        return compaction.retain(self._database, self._files, now, age, size)

    def status(self, now: datetime | None = None) -> StoreStatus:
        """See Store."""
        t = tables.segments
        count = sa.func.count
        with self._database.read() as connection:
            sums = sa.select(t.c.kind, count(), sa.func.sum(t.c.rows), sa.func.sum(t.c.size), count(t.c.damage))
            kinds = {row[0]: row[1:] for row in connection.execute(sums.group_by(t.c.kind))}
            times = connection.execute(sa.select(sa.func.min(t.c.first), sa.func.max(t.c.last))).one()
            sequence = connection.execute(sa.select(tables.commits.c.sequence)).scalar() or 0
            sources = connection.execute(sa.select(count()).select_from(tables.positions)).scalar_one()
            alerts = connection.execute(sa.select(count()).select_from(tables.alerts)).scalar_one()
            incidents = _by_state(connection, tables.incidents)
            deliveries = _by_state(connection, tables.outbox)
            in_force = actions.active(connection, micros(now or datetime.now(UTC)))
            counters = {row.name: row.value for row in connection.execute(sa.select(tables.counters))}
        none = (0, 0, 0, 0)
        both = [kinds.get("events", none), kinds.get("rejected", none)]
        return StoreStatus(
            sequence=sequence,
            sources=sources,
            segments=sum(kind[0] for kind in both),
            damaged=sum(kind[3] for kind in both),
            events=both[0][1],
            rejected=both[1][1],
            size=sum(kind[2] for kind in both),
            oldest=None if times[0] is None else moment(times[0]),
            newest=None if times[1] is None else moment(times[1]),
            alerts=alerts,
            incidents=incidents,
            outbox=deliveries,
            actions=in_force,
            counters=counters,
        )

    def check(self) -> list[tuple[str, str]]:
        """See Store."""
        with self._database.read() as connection:
            rows = segments.live(connection)
        found = [(row.name, reason) for row in rows if (reason := segments.verify(self._files, row)) is not None]
        if found:
            with self._database.write() as connection:
                segments.mark(connection, found)
        with self._database.read() as connection:
            return segments.marked(connection)

    def faults(self) -> list[tuple[str, str]]:
        """See Store."""
        self._database.check()
        with self._database.read() as connection:
            return segments.marked(connection) + segments.missing(self._files, connection)

    def close(self) -> None:
        """See Store."""
        self._database.close()
        if self._lock:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _writer_only(self) -> None:
        """What touches files is for the holder of the lock: another agent would sweep them as orphans."""
        if self._lock is None:
            raise StoreError("opened for reading", where=str(self.directory), fix="ask the running agent to do it")

    def _one(self, query: sa.Select[Any]) -> str | None:
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def _all(self, query: sa.Select[Any], limit: int | None = None, skip: int = 0) -> list[str]:
        with self._database.read() as connection:
            return list(connection.scalars(query.limit(limit).offset(skip)))


def _range(column: sa.Column[Any], since: datetime | None, until: datetime | None) -> list[sa.ColumnElement[bool]]:
    tests: list[sa.ColumnElement[bool]] = []
    if since is not None:
        tests.append(column >= micros(since))
    if until is not None:
        tests.append(column < micros(until))
    return tests


def _by_state(connection: sa.Connection, table: sa.Table) -> dict[Any, int]:
    query = sa.select(table.c.state, sa.func.count()).group_by(table.c.state).order_by(table.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}

