"""The store: one directory with a state database and a folder of segments. Implements model.ports.Store.

DATA/state.db  DATA/segments/*.parquet  DATA/lock
"""

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import msgspec
import polars as pl
import sqlalchemy as sa

from vedette.model.action import Action, Allowed, Kind, Origin
from vedette.model.alert import Alert
from vedette.model.errors import StoreError
from vedette.model.incident import Change, Incident, State
from vedette.model.query import Node, Summary
from vedette.model.records import Events, Json, Logsource
from vedette.model.silence import Silence
from vedette.model.stored import (
    ANY,
    KEEP_FOREVER,
    About,
    ActionQuery,
    AlertQuery,
    Answer,
    ChannelStatus,
    Commit,
    Compacted,
    Delivery,
    EventQuery,
    EventsFound,
    HostAlerts,
    IncidentQuery,
    News,
    Note,
    Position,
    Request,
    Retained,
    SavedSearch,
    SilenceQuery,
    Snapshot,
    StoreStatus,
    Summarised,
)
from vedette.model.triage import Counted, Facet, Triaged
from vedette.store import (
    actions,
    alert_questions,
    alerts,
    compaction,
    incidents,
    migrate,
    outbox,
    requests,
    searches,
    segments,
    silences,
    tables,
    totals,
)
from vedette.store.accounts import Accounts
from vedette.store.audit import Audit
from vedette.store.commit import next_sequence, perform
from vedette.store.database import Database
from vedette.store.files import FILE, Files, Lock, explain, make_directory
from vedette.store.query import Query
from vedette.store.replies import Replies
from vedette.store.tables import moment

if TYPE_CHECKING:
    from vedette.store.columns import Columns, View

DATABASE: Final = "state.db"
SEGMENTS: Final = "segments"
LOCK: Final = "lock"
PART: Final = 4_000
"""Alerts that one transaction changes, of so many that they are changed in parts."""
YIELD: Final = 0.1
"""Seconds between two parts: another process that wants to write looks every tenth of a second whether it may."""


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
        self._columns: Columns | None = None

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

    def counts(self, query: EventQuery, every: timedelta) -> dict[datetime, int]:
        """See Store."""
        return self._query.counts(query, every)

    def summarise(
        self, query: EventQuery | AlertQuery | IncidentQuery, summary: Summary, zone: str = "UTC"
    ) -> Summarised:
        """See Store."""
        if isinstance(query, EventQuery):
            return self._query.summarise(query, summary, zone)
        with self._database.read() as connection:
            if isinstance(query, AlertQuery):
                return alert_questions.summarise(connection, query, summary, zone)
            return incidents.summarise(connection, query, summary, zone)

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

    def remember_alerts(self, *, wait: bool = False) -> None:
        """Keep what is counted of alerts in memory from now on, 90 bytes for each: for who asks again and again.

        Args:
            wait: until they are there; many are read in the background, and the database counts meanwhile.
        """
        from vedette.store.columns import Columns

        self._columns = self._columns or Columns(self._database)
        with self._database.read() as connection:
            self._columns.view(connection)
        if wait:
            self._columns.settle()

    def _view(self, connection: sa.Connection) -> "View | None":
        return self._columns.view(connection) if self._columns else None

    def alert(self, alert_id: str) -> Alert | None:
        """See Store."""
        found = self.triaged(AlertQuery(ids=(alert_id,)))
        return found[0].alert if found else None

    def alerts(self, query: AlertQuery) -> list[Alert]:
        """See Store."""
        return [found.alert for found in self.triaged(query)]

    def triaged(self, query: AlertQuery) -> list[Triaged]:
        """See Store."""
        with self._database.read() as connection:
            return alert_questions.found(connection, query, self._view(connection))

    def count_alerts(self, query: AlertQuery) -> int:
        """See Store."""
        with self._database.read() as connection:
            return alert_questions.count(connection, query, self._view(connection))

    def facets(self, query: AlertQuery, names: Sequence[Facet], limit: int = 20) -> dict[Facet, list[Counted]]:
        """See Store."""
        with self._database.read() as connection:
            return alert_questions.facets(connection, query, names, limit, self._view(connection))

    def triage(
        self,
        query: AlertQuery,
        now: datetime,
        *,
        who: str,
        why: str,
        to: State | None = None,
        assignee: str | None = None,
        told: Callable[[float], None] | None = None,
    ) -> int:
        """See Store."""
        if told is None:
            with self._database.write() as connection:
                return alerts.triage(connection, query, to, assignee, who, why, now, next_sequence(connection))
        with self._database.read() as connection:
            end = alerts.rows(connection)
        changed = 0
        for begin in range(0, end, PART):
            told(begin / end)
            with self._database.write() as connection:
                rows = (begin, min(begin + PART, end))
                done = alerts.triage(connection, query, to, assignee, who, why, now, next_sequence(connection), rows)
            changed += done
            if done:
                time.sleep(YIELD)
        return changed

    def alert_history(self, alert_id: str) -> list[Change]:
        """See Store."""
        with self._database.read() as connection:
            return alert_questions.history(connection, alert_id)

    def incident(self, incident_id: str) -> Incident | None:
        """See Store."""
        found = self.incidents(IncidentQuery(ids=(incident_id,)))
        return found[0] if found else None

    def incidents(self, query: IncidentQuery) -> list[Incident]:
        """See Store."""
        return [incident for incident, _ in self.assigned(query)]

    def assigned(self, query: IncidentQuery) -> list[tuple[Incident, str | None]]:
        """See Store."""
        with self._database.read() as connection:
            return incidents.found(connection, query)

    def assign(self, incident_id: str, assignee: str, now: datetime, *, who: str, why: str = "") -> None:
        """See Store."""
        with self._database.write() as connection:
            incidents.assign(connection, incident_id, assignee, who, why, now, next_sequence(connection))

    def history(self, incident_id: str) -> list[Change]:
        """See Store."""
        with self._database.read() as connection:
            return incidents.history(connection, incident_id)

    def host_alerts(self, since: datetime) -> dict[str, HostAlerts]:
        """See Store."""
        with self._database.read() as connection:
            return totals.host_alerts(connection, since, self._view(connection))

    def news(self, after: int, limit: int = 1000) -> News:
        """See Store."""
        with self._database.read() as connection:
            return totals.news(connection, after, limit)

    # --- saved searches ---

    def save_search(self, name: str, query: str, about: About, who: str, now: datetime) -> SavedSearch:
        """See Store."""
        with self._database.write() as connection:
            return searches.save(connection, name, query, about, who, now)

    def searches(self) -> list[SavedSearch]:
        """See Store."""
        with self._database.read() as connection:
            return searches.found(connection)

    def remove_search(self, number: int) -> bool:
        """See Store."""
        with self._database.write() as connection:
            return searches.remove(connection, number)

    def native_fields(self) -> list[str]:
        """See Store."""
        return self._query.native_fields()

    # --- silences ---

    def add_silence(
        self, query: str, since: datetime, until: datetime, now: datetime, *, who: str, why: str
    ) -> Silence:
        """See Store."""
        with self._database.write() as connection:
            return silences.add(connection, query, since, until, who, why, now)

    def silences(self, query: SilenceQuery) -> list[Silence]:
        """See Store."""
        with self._database.read() as connection:
            return silences.found(connection, query)

    def move_silence(self, number: int, until: datetime, now: datetime, *, who: str) -> Silence | None:
        """See Store."""
        with self._database.write() as connection:
            return silences.move(connection, number, until, who, now)

    # --- actions ---

    def action(self, action_id: str) -> Action | None:
        """See Store."""
        with self._database.read() as connection:
            return actions.one(connection, action_id)

    def actions(self, query: ActionQuery) -> list[Action]:
        """See Store."""
        with self._database.read() as connection:
            return actions.found(connection, query)

    def repeats(self, networks: Collection[str] | None, since: datetime, kind: Kind | None = None) -> dict[str, int]:
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

    def claim(
        self, now: datetime, lease: timedelta, limit: int = 100, silenced: Mapping[int, Node] | None = None
    ) -> list[Delivery]:
        """See Store."""
        with self._database.write() as connection:
            if silenced:
                silences.hold(connection, now, limit, silenced)
            return outbox.claim(connection, now, lease, limit)

    def delivered(self, key: str, now: datetime) -> None:
        """See Store."""
        with self._database.write() as connection:
            outbox.delivered(connection, key, now)

    def failed(self, key: str, error: str, retry_at: datetime | None, now: datetime) -> None:
        """See Store."""
        with self._database.write() as connection:
            outbox.failed(connection, key, error, retry_at, now)

    def channels(self) -> dict[str, ChannelStatus]:
        """See Store."""
        with self._database.read() as connection:
            return outbox.channels(connection)

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

    def compact(self, now: datetime, wanted: Callable[[], bool] = lambda: True) -> Compacted:
        """See Store. Commits wait only while the rows are swapped, not while files are merged."""
        self._writer_only()
        return compaction.compact(self._database, self._files, now, wanted)

    def retain(self, now: datetime, age: timedelta = KEEP_FOREVER, size: int | None = None) -> Retained:
        """See Store."""
        self._writer_only()
        return compaction.retain(self._database, self._files, now, age, size)

    def status(self, now: datetime | None = None) -> StoreStatus:
        """See Store."""
        with self._database.read() as connection:
            return totals.status(connection, now or datetime.now(UTC), self._view(connection))

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
        if self._columns:
            self._columns.close()
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


def opened(directory: Path) -> LocalStore:
    """The store for another process than the agent. Made, or brought up to date, when no agent did and none is there to."""
    try:
        return open_store(directory, writer=False)
    except StoreError:
        open_store(directory).close()
    return open_store(directory, writer=False)
