"""What goes into the store and comes out of it, and what it is asked with.

Times are aware datetimes in UTC; ranges are half open: since <= time < until.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

import msgspec
import polars as pl

from vedette.model.action import Action, Allowed, Kind, Origin
from vedette.model.alert import Alert, Level
from vedette.model.incident import Incident, State
from vedette.model.query import EVERYTHING, Node, Test
from vedette.model.records import Events, Json, Logsource
from vedette.model.triage import Order

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
        demands: model.query.demands of the search that `where` was made of: what lets whole segments be passed over.
        columns: which to return, in this order; None for all that occur, and @timestamp, event.id, event.original.
        logsource: only events of it; a None inside matches any.
        newest: newest first; else oldest first.
    """

    since: datetime | None = None
    until: datetime | None = None
    where: pl.Expr | None = None
    demands: tuple[tuple[Test, ...], ...] = ()
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


class HostAlerts(NamedTuple):
    """Of one host. `alerts`: of a span. `incidents`: open ones now; `worst`: the level of the gravest, None without one."""

    alerts: int
    incidents: int
    worst: Level | None


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
    `actions`: in force, by kind. `silences`: active."""

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
    silences: int
    counters: dict[str, int]


class ChannelStatus(NamedTuple):
    """How deliveries to a channel stand. `last`: when one arrived; `error`: the latest of those that did not yet."""

    deliveries: dict[DeliveryState, int]
    last: datetime | None
    error: str


KEEP_FOREVER: Final = timedelta.max
