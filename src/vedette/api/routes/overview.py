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
from vedette.api.routes.service import faults_of, status
from vedette.model.alert import Level
from vedette.model.incident import OPEN
from vedette.model.stored import AlertQuery, EventQuery, IncidentQuery
from vedette.model.triage import FACETS, Facet

router = APIRouter(tags=["overview"])

WORST: Final = 10
STEPS: Final = 72
"""Of the span that rates are shown for."""
Hours = Annotated[int, Query(ge=1, le=24 * 90, description="Looked back from now.")]


class Summary(BaseModel):
    """`since`, `until`: the span that alerts and rates are of. `threat`: level of the gravest open incident, null when none
    is open. `worst`: open incidents by score. `rates`: events in steps of `seconds`. `blocks`: in force, by kind. `agent`: null
    when none ever ran. `faults`: what is not well."""

    since: datetime
    until: datetime
    threat: Level | None
    open: int
    worst: list[IncidentRow]
    alerts: int
    new_alerts: int
    by: dict[Facet, list[CountedShown]]
    rates: list[Bucket]
    seconds: float
    blocks: dict[str, int]
    events: int
    size: int
    agent: Literal["running", "stopped"] | None
    mode: str | None
    records_per_second: float | None
    faults: list[str]


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
    """All that the first page shows, at once. Where the last hours are empty, as in a recording, it is of those before the
    newest event."""
    now, span = here.now(), timedelta(hours=hours)
    told = status(here)
    kept, agent = told["store"], told["agent"] or {}
    since, until = here.recent(span, datetime.fromisoformat(kept["newest"]) if kept["newest"] else None)
    end = until if until < now else None  # clocks of sources may be ahead of ours
    worst = here.store.assigned(IncidentQuery(states=OPEN, order="-score", limit=WORST))
    gravest = here.store.incidents(IncidentQuery(states=OPEN, order="-level", limit=1))
    recent = AlertQuery(since=since, until=end)
    by = here.store.facets(recent, FACETS, WORST)
    states = {each.value: each.count for each in by["alert.state"]}
    every = timedelta(minutes=max(1, round(span / timedelta(minutes=1) / STEPS)))
    counts = here.store.counts(EventQuery(since=since, until=end), every)
    return Summary(
        since=since, until=until, threat=gravest[0].level if gravest else None,
        open=sum(kept["incidents"].get(state, 0) for state in OPEN), worst=[row_of(incident, assignee) for incident, assignee in worst],
        alerts=sum(states.values()), new_alerts=states.get("new", 0), by=by,
        rates=[Bucket(at=at, count=count) for at, count in counts.items()], seconds=every.total_seconds(), blocks=kept["actions"],
        events=kept["events"], size=kept["size"], agent=None if not agent else "running" if agent["running"] else "stopped",
        mode=agent.get("blocking", {}).get("mode"), records_per_second=agent.get("records_per_second"), faults=faults_of(told),
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
