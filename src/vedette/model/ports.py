"""Ports: what the runtime and the command line ask of the store. Nothing here says how it is kept."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import polars as pl

from vedette.model.action import Action, Allowed, Kind, Origin
from vedette.model.alert import Alert
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
        told: Callable[[float], None] | None = None,
    ) -> int:
        """Change state or assignee ("": nobody) of all these alerts, whatever the limit; how many that changed. Any process may.

        Args:
            told: change them in parts, so that commits go in between, all that were there at the beginning. It is called with
                the share that is done before each; what it raises ends the change, and whole parts of it stay.

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

    def host_alerts(self, since: datetime) -> dict[str, HostAlerts]:
        """Of each host that alerts name: those last seen since then, and the open incidents that list one, however old."""

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

    def compact(self, now: datetime, wanted: Callable[[], bool] = lambda: True) -> Compacted:
        """Merge the segments of closed spans of time, and unlink what an earlier merge replaced. Any thread may call it.

        Args:
            wanted: asked before each merge whether to go on.
        """

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
