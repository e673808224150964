"""Numbers for a first look: how grave it is, what is open, who attacks, what is done about it."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from vedette.api.access import Viewer
from vedette.api.documents import CountedShown
from vedette.api.place import Here
from vedette.api.routes.events import Bucket
from vedette.api.routes.incidents import IncidentRow, row_of
from vedette.model.alert import Level
from vedette.model.incident import CLOSED, STATES, State
from vedette.model.ports import AlertQuery, EventQuery, IncidentQuery
from vedette.model.query import Test
from vedette.model.triage import FACETS, Facet

router = APIRouter(tags=["overview"])

OPEN: Final[tuple[State, ...]] = tuple(state for state in STATES if state not in CLOSED)
WORST: Final = 10
Hours = Annotated[int, Query(ge=1, le=24 * 90, description="Looked back from now.")]


class Summary(BaseModel):
    """`threat`: level of the gravest open incident, null when none is open. `worst`: open incidents by score.
    `rates`: events over the last hours. `agent`: null when none ever ran."""

    threat: Level | None
    open: int
    worst: list[IncidentRow]
    alerts: int
    new_alerts: int
    by: dict[Facet, list[CountedShown]]
    rates: list[Bucket]
    blocks: dict[str, int]
    events: int
    agent: Literal["running", "stopped"] | None
    records_per_second: float | None


class Statistics(BaseModel):
    """Counts of a span of time. `incidents`: of all that are kept, by state. `actions`: begun in it, by kind and source."""

    since: datetime
    until: datetime
    events: int
    alerts: int
    alerts_by: dict[Facet, list[CountedShown]]
    incidents: dict[str, int]
    actions: dict[str, int]
    rejected: int


class Stats(BaseModel):
    """What the agent counted about the network and its answers since it started."""

    running: bool
    network: dict[str, object]
    blocking: dict[str, object]
    counters: dict[str, int]


@router.get("/dashboard/summary")
def get_dashboard_summary(_who: Viewer, here: Here, hours: Hours = 24) -> Summary:
    """All that the first page shows, at once."""
    now = here.now()
    since = now - timedelta(hours=hours)
    worst = here.store.assigned(IncidentQuery(states=OPEN, order="-score", limit=WORST))
    gravest = here.store.incidents(IncidentQuery(states=OPEN, order="-level", limit=1))
    status, agent = here.store.status(now), here.agent()
    recent = AlertQuery(since=since)
    fresh = AlertQuery(since=since, where=Test("alert.state", "is", "new"))
    every = max(timedelta(hours=hours) / 48, timedelta(minutes=1))
    counts = here.store.counts(EventQuery(since=since), timedelta(minutes=-(-every // timedelta(minutes=1))))
    return Summary(
        threat=gravest[0].level if gravest else None, open=sum(status.incidents.get(state, 0) for state in OPEN),
        worst=[row_of(incident, assignee) for incident, assignee in worst], alerts=here.store.count_alerts(recent),
        new_alerts=here.store.count_alerts(fresh), by=here.store.facets(recent, FACETS, WORST),
        rates=[Bucket(at=at, count=count) for at, count in counts.items()], blocks={**status.actions},
        events=status.events, agent=None if agent is None else "running" if agent["running"] else "stopped",
        records_per_second=agent.get("records_per_second") if agent else None,
    )  # fmt: skip


@router.get("/statistics")
def get_statistics(_who: Viewer, here: Here, hours: Hours = 24) -> Statistics:
    """Counts for reports."""
    now = here.now()
    since = now - timedelta(hours=hours)
    status = here.store.status(now)
    recent = AlertQuery(since=since, until=now)
    events = here.store.counts(EventQuery(since=since, until=now), timedelta(days=1))
    acted = here.store.acted(since)
    return Statistics(
        since=since, until=now, events=sum(events.values()), alerts=here.store.count_alerts(recent),
        alerts_by=here.store.facets(recent, FACETS, 50), incidents=dict(status.incidents),
        actions={f"{kind} {source}": number for (kind, source), number in acted.items()}, rejected=status.rejected,
    )  # fmt: skip


@router.get("/stats")
def get_stats(_who: Viewer, here: Here) -> Stats:
    """Packets, detections and blocks; `vedette stats` shows the same."""
    agent = here.agent() or {}
    return Stats(
        running=bool(agent.get("running")), network=agent.get("network") or {}, blocking=agent.get("blocking") or {},
        counters=here.store.status(here.now()).counters,
    )  # fmt: skip
