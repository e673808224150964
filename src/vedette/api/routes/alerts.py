"""Alerts: find, count, and work on one or on ten thousand."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, model_validator

from vedette.api.access import Analyst, Viewer
from vedette.api.asked import Id, NewNote, Noted, Since, Text, Until, Why, begin, key, meant, noted, utc
from vedette.api.documents import ChangeShown, CountedShown, TriagedShown
from vedette.api.jobs import Job, Progress
from vedette.api.pages import Cursor, Limit, Page, cursor
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.api.versions import fresh, must_match, version
from vedette.model.alert import Level
from vedette.model.incident import State
from vedette.model.stored import AlertQuery
from vedette.model.triage import FACETS, Facet, Order, Triaged

router = APIRouter(prefix="/alerts", tags=["alerts"])

MANY = 20_000
"""Alerts that are changed while one waits, in about a second."""
SORTS = ("last_seen", "first_seen", "level", "count")
Sort = Annotated[Order, Query(description="By what; - descending. Alerts have no score.")]


class AlertWhole(BaseModel):
    """An alert with what people did and said about it, the oldest first."""

    triaged: TriagedShown
    history: list[ChangeShown]
    notes: list[Noted]


class NewStatus(BaseModel):
    """`assignee`: "" for nobody; null leaves it."""

    state: State | None = None
    assignee: Annotated[str, Field(max_length=200)] | None = None
    why: Why

    @model_validator(mode="after")
    def _something(self) -> "NewStatus":
        if self.state is None and self.assignee is None:
            raise ValueError("name a state, or an assignee")
        return self


class Bulk(NewStatus):
    """Of these `ids`, or of everything that `q` finds."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=100_000)] | None = None
    q: Annotated[str, Field(max_length=4000)] | None = None

    @model_validator(mode="after")
    def _one(self) -> "Bulk":
        if (self.ids is None) == (self.q is None):
            raise ValueError("name either ids or q")
        return self


class Changed(BaseModel):
    """How many were changed; those that were so already are not counted. `job`: changes them; its result is how many."""

    changed: int
    job: Job | None = None


@router.get("")
def list_alerts(
    _who: Viewer, here: Here, q: Text = "", since: Since = None, until: Until = None, level: Level = "informational",
    sort: Sort = "-last_seen", limit: Limit = 100, after: Cursor = None,
) -> Page[TriagedShown]:  # fmt: skip
    """Alerts that the query finds, with how many there are in all."""
    field = sort.lstrip("-")
    if field not in SORTS:
        raise Problem(422, "alerts have no score", code="request", fix=f"sort by {', '.join(SORTS)}")
    query = AlertQuery(where=meant(here, "alerts", q), since=utc(since), until=utc(until), level=level, order=sort, limit=limit + 1)
    first = begin(after, field)
    found = here.store.triaged(msgspec.structs.replace(query, after=first))
    last = found[limit - 1].alert if len(found) > limit else None
    total = here.store.count_alerts(query)
    return Page(items=found[:limit], next=cursor(key(last, field), last.id) if last else None, total=total)


@router.get("/facets")
def count_alerts(
    _who: Viewer, here: Here, q: Text = "", since: Since = None, until: Until = None, level: Level = "informational",
    limit: Annotated[int, Query(ge=1, le=1000)] = 20,
) -> dict[Facet, list[CountedShown]]:  # fmt: skip
    """How many of the alerts that the query finds have each value, the most frequent first."""
    query = AlertQuery(where=meant(here, "alerts", q), since=utc(since), until=utc(until), level=level)
    return here.store.facets(query, FACETS, limit)


@router.post("/bulk", responses={202: {"model": Changed}})
def change_alerts(who: Analyst, here: Here, request: Request, response: Response, given: Bulk) -> Changed:
    """Change many at once, all or none. More than 20,000 a job changes in parts (202), each of them all or none, while other
    work goes on; what it changed stays when it is cancelled."""
    query = AlertQuery(ids=tuple(given.ids)) if given.ids is not None else AlertQuery(where=meant(here, "alerts", given.q or ""))
    change: dict[str, Any] = {"who": who.name, "why": given.why, "to": given.state, "assignee": given.assignee}
    words = f"to {given.state or 'the same'}: {given.why[:200]}"
    count = here.store.count_alerts(query)
    if count <= MANY:
        changed = here.store.triage(query, here.now(), **change)
        tell(request, subject=f"{changed} alerts", detail=words)
        return Changed(changed=changed)
    audit, now = here.audits(who), here.now()

    def work(progress: Progress) -> str:
        changed = here.store.triage(query, now, **change, told=progress)
        audit("alerts changed", f"{changed} alerts", 200, words)
        return str(changed)

    tell(request, subject=f"{count} alerts", detail=words)
    response.status_code = 202
    return Changed(changed=0, job=here.jobs.start("alerts", f"{count:,} alerts", who.name, now, work))


@router.get("/{alert_id}")
def get_alert(_who: Viewer, here: Here, request: Request, response: Response, alert_id: str) -> AlertWhole:
    """One alert."""
    whole = _whole(here, alert_id)
    fresh(request, response, _version(whole))
    return whole


@router.put("/{alert_id}/status")
def set_alert_status(who: Analyst, here: Here, request: Request, alert_id: str, given: NewStatus) -> AlertWhole:
    """Change state or assignee; with If-Match only when nobody else did meanwhile."""
    must_match(request, _version(_whole(here, alert_id)))
    one = AlertQuery(ids=(alert_id,))
    here.store.triage(one, here.now(), who=who.name, why=given.why, to=given.state, assignee=given.assignee)
    return _whole(here, alert_id)


@router.post("/{alert_id}/notes", status_code=201)
def add_alert_note(who: Analyst, here: Here, alert_id: str, given: NewNote) -> list[Noted]:
    """Say something about it; returns all that was said."""
    _one(here, alert_id)
    here.store.note(alert_id, given.text, who.name, here.now())
    return noted(here.store.notes(alert_id))


def _one(here: Place, alert_id: str) -> Triaged:
    found = here.store.triaged(AlertQuery(ids=(alert_id,)))
    if not found:
        raise Problem(404, "no such alert", fix="GET /api/v1/alerts lists them")
    return found[0]


def _whole(here: Place, alert_id: str) -> AlertWhole:
    return AlertWhole(
        triaged=_one(here, alert_id), history=here.store.alert_history(alert_id), notes=noted(here.store.notes(alert_id))
    )


def _version(whole: AlertWhole) -> str:
    return version(msgspec.to_builtins(whole.triaged), [len(whole.history), len(whole.notes)])
