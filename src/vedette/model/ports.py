"""Ports: what the runtime and the command line ask of the store. Nothing here says how it is kept.

Times are aware datetimes in UTC; ranges are half open: since <= time < until.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple, Protocol

import msgspec
import polars as pl

from vedette.model.action import Action, Allowed, Kind, Origin
from vedette.model.alert import Alert, Level
from vedette.model.incident import Change, Incident, State
from vedette.model.query import EVERYTHING, Node, Summary
from vedette.model.records import Events, Json, Logsource
from vedette.model.silence import Silence
from vedette.model.triage import Counted, Facet, Order, Triaged

ANY: Final = Logsource()
"""Every logsource."""

DeliveryState = Literal["pending", "delivered", "dead", "silenced"]
About = Literal["events", "alerts", "incidents"]


class Position(NamedTuple):
    """How far one source has been read, and what its parser carries to the next batch. `at`: when it was committed."""

    source: str
    path: str
    position: Json
    carry: Json
    at: datetime


class Batch(NamedTuple):
    """What one record batch became.

    Attributes:
        before: the position this batch was read from, as `positions()` gave it or the last commit set it; None for
            a source that the store does not know yet.
        after, carry: the new position and parser state.
        events: as parsed; kept in this order.
        rejected: columns as in model.records.REJECTED, or None when nothing was rejected.
    """

    source: str
    path: str
    before: Json | None
    after: Json
    carry: Json
    events: tuple[Events, ...] = ()
    rejected: pl.DataFrame | None = None


class Notice(NamedTuple):
    """Something to deliver. `key` is the idempotency key: a key that was queued before is not queued again, unless a silence
    held it back. A silence finds the alert that `payload` names as `alert.id`."""

    key: str
    channel: str
    payload: Json


class Answer(NamedTuple):
    """What became of a request.

    Attributes:
        request: its id.
        refused: why it was not done, or "" when it was; `fix`: what the one who asked can do about it.
        done: what came of it.
    """

    request: int
    refused: str = ""
    fix: str = ""
    done: Mapping[str, Any] = {}


class Commit(NamedTuple):
    """Everything that becomes true together or not at all.

    Attributes:
        alerts: parts; the store joins them to what it has (model.alert.join).
        incidents: new and changed ones, whole; their history is also kept beside them, entry by entry.
        snapshots: state of all detectors after these batches, by detector name; not empty, it replaces the last set.
        counters: added to the running totals that `status` shows: "rejected: no time" -> 3.
        actions: new and changed ones, whole.
        allowed: networks that are never acted against from now on; a later one takes the place of an earlier.
        disallowed: networks, as they were allowed, that no longer are; they go before `allowed` come.
        answered: requests that all this answers.
    """

    batches: Sequence[Batch] = ()
    alerts: Sequence[Alert] = ()
    incidents: Sequence[Incident] = ()
    notices: Sequence[Notice] = ()
    snapshots: Mapping[str, bytes] = {}
    counters: Mapping[str, int] = {}
    actions: Sequence[Action] = ()
    allowed: Sequence[Allowed] = ()
    disallowed: Sequence[str] = ()
    answered: Sequence[Answer] = ()


class Snapshot(NamedTuple):
    """State of a detector as it was after commit number `sequence`."""

    name: str
    sequence: int
    data: bytes


class EventQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which events.

    Attributes:
        since, until: event time; events without a time are found only when neither is given.
        where: a polars expression over event columns; a column that a segment lacks is null there.
        columns: which to return, in this order; None for all that occur, and @timestamp, event.id, event.original.
        logsource: only events of it; a None inside matches any.
        newest: newest first; else oldest first.
    """

    since: datetime | None = None
    until: datetime | None = None
    where: pl.Expr | None = None
    columns: tuple[str, ...] | None = None
    logsource: Logsource = ANY
    newest: bool = True
    limit: int | None = 1000


class EventsFound(NamedTuple):
    """`damaged`: segments that could not be read and were left out: (name, reason). `scanned`: events in those that were
    looked into."""

    frame: pl.DataFrame
    damaged: tuple[tuple[str, str], ...] = ()
    scanned: int = 0


class Summarised(NamedTuple):
    """What a search was summed up to.

    Attributes:
        frame: one row a group: `begin` (UTC) where it is counted over time, the fields that it is counted by, and `value`.
        scanned: records that were looked at.
        without: records that were found and belong to no group, since they lack a field or a time.
        damaged: as in EventsFound.
    """

    frame: pl.DataFrame
    scanned: int
    without: int = 0
    damaged: tuple[tuple[str, str], ...] = ()


class AlertQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which alerts.

    Attributes:
        since, until: of `last_seen`.
        level: this and above.
        where: a search by the fields of vedette.search.ALERTS.
        ids: only these.
        after: only those behind the one that had these: the value it is ordered by, and its id.
    """

    since: datetime | None = None
    until: datetime | None = None
    level: Level = "informational"
    rule_id: str | None = None
    source_ip: str | None = None
    user_name: str | None = None
    host_name: str | None = None
    where: Node = EVERYTHING
    ids: tuple[str, ...] | None = None
    order: Order = "-last_seen"
    after: tuple[Any, str] | None = None
    limit: int | None = 100
    skip: int = 0


class IncidentQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which incidents. `states`: any of them; empty for all. `where`, `ids`, `after`: as for alerts, by the fields of
    vedette.search.INCIDENTS."""

    states: tuple[State, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    score: float | None = None
    where: Node = EVERYTHING
    ids: tuple[str, ...] | None = None
    order: Order = "-last_seen"
    after: tuple[Any, str] | None = None
    limit: int | None = 100
    skip: int = 0


class ActionQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which actions, newest (`at`) first.

    Attributes:
        active: only those that were in force at this time.
        network: only on exactly this one, canonical.
        around: an address or network: only on networks that contain all of it.
        since: begun since.
    """

    active: datetime | None = None
    network: str | None = None
    around: str | None = None
    kind: Kind | None = None
    source: Origin | None = None
    since: datetime | None = None
    limit: int | None = 100
    skip: int = 0


class SilenceQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which silences, the last made first.

    Attributes:
        active: only those in force at this time.
        lasting: only those that are not over at this time.
        after: only those made before the one of this id.
    """

    id: int | None = None
    active: datetime | None = None
    lasting: datetime | None = None
    after: int | None = None
    limit: int | None = 100


class Delivery(NamedTuple):
    """A notice that is due. `attempts` counts the ones before this; `at`: when it was queued."""

    key: str
    channel: str
    payload: Json
    attempts: int
    at: datetime


class Request(NamedTuple):
    """Something another process asks of the running agent: close an incident, add an exception."""

    id: int
    at: datetime
    who: str
    kind: str
    payload: Json


class Note(NamedTuple):
    """A person's words about an incident or alert."""

    at: datetime
    who: str
    text: str


class SavedSearch(NamedTuple):
    """A query that somebody gave a name. `about`: what it is asked of."""

    id: int
    name: str
    query: str
    about: About
    at: datetime
    who: str


class News(NamedTuple):
    """Ids of what changed in commits later than one. `sequence`: up to which commit that is told."""

    sequence: int
    alerts: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


class Compacted(NamedTuple):
    """Segments before and after, bytes before and after, damaged ones left alone."""

    segments: tuple[int, int] = (0, 0)
    size: tuple[int, int] = (0, 0)
    damaged: tuple[tuple[str, str], ...] = ()


class Retained(NamedTuple):
    """What retention removed."""

    segments: int = 0
    events: int = 0
    size: int = 0
    alerts: int = 0
    incidents: int = 0
    actions: int = 0


class StoreStatus(NamedTuple):
    """Counts. `size`: bytes of all segments. `oldest`, `newest`: event time. `outbox`, `incidents`: by state.
    `actions`: in force, by kind."""

    sequence: int
    sources: int
    segments: int
    damaged: int
    events: int
    rejected: int
    size: int
    oldest: datetime | None
    newest: datetime | None
    alerts: int
    incidents: dict[str, int]
    outbox: dict[DeliveryState, int]
    actions: dict[Kind, int]
    counters: dict[str, int]


class ChannelStatus(NamedTuple):
    """How deliveries to a channel stand. `last`: when one arrived; `error`: the latest of those that did not yet."""

    deliveries: dict[DeliveryState, int]
    last: datetime | None
    error: str


KEEP_FOREVER: Final = timedelta.max


class Store(Protocol):
    """Events and state, kept over crashes. Every method may raise StoreError; then nothing was changed."""

    def positions(self) -> dict[str, Position]:
        """Of every source, by source identity."""

    def forget(self, sources: Sequence[str]) -> None:
        """Drop the positions of sources that will not come back."""

    def commit(self, commit: Commit, now: datetime) -> int:
        """All of it, durable when this returns, or none. Returns the commit's number, ascending.

        Raises:
            StoreError: no space, or a `before` is not the position the store has (someone else moved it).
        """

    def events(self, query: EventQuery) -> EventsFound:
        """Events by time; ties and events without a time in a fixed order, the latter last."""

    def counts(self, query: EventQuery, every: timedelta) -> dict[datetime, int]:
        """How many events there are in each span of this length, by its begin, ascending; spans without any are left out,
        and so are limit and columns."""

    def summarise(
        self, query: EventQuery | AlertQuery | IncidentQuery, summary: Summary, zone: str = "UTC"
    ) -> Summarised:
        """What is found, summed up; limit, order and columns of the query are left out, and so is `summary.compare`.

        Args:
            zone: whose days and weeks are counted.

        Raises:
            StoreError: there are more groups than can be held.
        """

    def events_between(
        self, since: datetime | None, until: datetime | None, logsource: Logsource = ANY
    ) -> Iterator[Events]:
        """All events of a time range and logsource, oldest segment first, each batch ascending by time; `line`
        is counted anew in each batch."""

    def replay(self, after: int) -> Iterator[tuple[Events, ...]]:
        """Events of every commit later than number `after`, in the order they were committed; `line` is counted
        anew in each commit. Complete only for `after` >= the number of the oldest snapshot."""

    def rejected(self, since: datetime | None = None, limit: int = 1000) -> pl.DataFrame:
        """Rejected records, last stored first: columns of REJECTED and `source`, `path`. `since`: stored since."""

    def alert(self, alert_id: str) -> Alert | None:
        """The whole alert."""

    def alerts(self, query: AlertQuery) -> list[Alert]:
        """Whole alerts."""

    def triaged(self, query: AlertQuery) -> list[Triaged]:
        """Whole alerts, each with what people made of it."""

    def count_alerts(self, query: AlertQuery) -> int:
        """How many there are, whatever the limit."""

    def facets(self, query: AlertQuery, names: Sequence[Facet], limit: int = 20) -> dict[Facet, list[Counted]]:
        """How many of these alerts have each value, the most frequent `limit` values first; whatever the query's limit."""

    def triage(
        self,
        query: AlertQuery,
        now: datetime,
        *,
        who: str,
        why: str,
        to: State | None = None,
        assignee: str | None = None,
    ) -> int:
        """Change state or assignee ("": nobody) of all these alerts, whatever the limit; how many that changed. Any process may.

        Raises:
            TriageError: no person, no reason, or nothing to change.
        """

    def alert_history(self, alert_id: str) -> list[Change]:
        """Every change of its state or assignee, oldest first."""

    def incident(self, incident_id: str) -> Incident | None:
        """One incident as last committed."""

    def incidents(self, query: IncidentQuery) -> list[Incident]:
        """Incidents as last committed."""

    def history(self, incident_id: str) -> list[Change]:
        """Every change it ever had, oldest first, also those that the incident itself no longer lists."""

    def assigned(self, query: IncidentQuery) -> list[tuple[Incident, str | None]]:
        """Incidents, each with who works on it."""

    def assign(self, incident_id: str, assignee: str, now: datetime, *, who: str, why: str = "") -> None:
        """Say who works on it ("": nobody). Any process may.

        Raises:
            IncidentError: there is none.
        """

    def news(self, after: int, limit: int = 1000) -> News:
        """What changed in commits later than number `after`; of each kind the first `limit`, and then `sequence` says
        up to where."""

    def save_search(self, name: str, query: str, about: About, who: str, now: datetime) -> SavedSearch:
        """Keep a search; one of the same name is replaced."""

    def searches(self) -> list[SavedSearch]:
        """By name."""

    def remove_search(self, number: int) -> bool:
        """Whether it was there."""

    def native_fields(self) -> list[str]:
        """Names of fields beyond the schema's in the latest segments."""

    def action(self, action_id: str) -> Action | None:
        """One action as last committed."""

    def actions(self, query: ActionQuery) -> list[Action]:
        """Actions as last committed."""

    def repeats(self, networks: Collection[str] | None, since: datetime, kind: Kind | None = None) -> dict[str, int]:
        """How many actions on exactly each of these networks (None: of all) began since; those without any are left out."""

    def acted(self, since: datetime | None = None) -> dict[tuple[Kind, Origin], int]:
        """How many actions began since, or are kept, by kind and source."""

    def allowed(self) -> list[Allowed]:
        """Networks that people put on the allow list, by network."""

    def snapshots(self) -> dict[str, Snapshot]:
        """The last of each detector."""

    def add_silence(
        self, query: str, since: datetime, until: datetime, now: datetime, *, who: str, why: str
    ) -> Silence:
        """Keep a silence. Any process may."""

    def silences(self, query: SilenceQuery) -> list[Silence]:
        """Silences, those that are over too, as long as alerts are kept."""

    def move_silence(self, number: int, until: datetime, now: datetime, *, who: str) -> Silence | None:
        """Move the end of one that is not over; None where there is no such. Any process may."""

    def claim(
        self, now: datetime, lease: timedelta, limit: int = 100, silenced: Mapping[int, Node] | None = None
    ) -> list[Delivery]:
        """Notices that are due, oldest first; they are not given out again before now + lease.

        Args:
            silenced: by the id of a silence, which alerts it finds: due notices of those are held back and counted.
        """

    def delivered(self, key: str, now: datetime) -> None:
        """The notice arrived."""

    def failed(self, key: str, error: str, retry_at: datetime | None, now: datetime) -> None:
        """The attempt failed; try again then, or never (None: the notice is dead)."""

    def channels(self) -> dict[str, ChannelStatus]:
        """Of every channel that something was to be delivered to."""

    def dead(self, limit: int = 100) -> list[tuple[Delivery, str]]:
        """Notices given up, with the last error."""

    def request(self, kind: str, payload: Json, who: str, now: datetime) -> int:
        """Ask the running agent for something; any process may. Returns the request's id."""

    def requests(self, limit: int | None = None) -> list[Request]:
        """Unanswered requests, oldest first; Commit.answered answers them."""

    def answer(self, request: int) -> Answer | None:
        """What became of a request; None while it waits, and of those long answered: the last 1,000 are kept."""

    def note(self, subject: str, text: str, who: str, now: datetime) -> None:
        """Add a note to an incident or alert, by its id."""

    def notes(self, subject: str) -> list[Note]:
        """Oldest first."""

    def compact(self, now: datetime) -> Compacted:
        """Merge the segments of closed hours and days, and unlink what an earlier merge replaced."""

    def retain(self, now: datetime, age: timedelta = KEEP_FOREVER, size: int | None = None) -> Retained:
        """Remove what was stored longer ago than `age`, then the oldest segments until `size` bytes are kept.
        Actions go when they ended longer ago than `age`; those in force stay."""

    def status(self, now: datetime | None = None) -> StoreStatus:
        """Counts, from the manifest: cheap. `now`: by the clock when left out."""

    def check(self) -> list[tuple[str, str]]:
        """Read every segment and compare it with its digest: (name, reason) of the damaged ones, which are marked."""

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong at a cheap look that changes nothing: (segment, reason).

        Raises:
            StoreError: the state database is damaged.
        """

    def close(self) -> None:
        """Give up the lock; the store is not to be used after."""
