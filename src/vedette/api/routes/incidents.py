"""Incidents: find, read, work on. Their states are the agent's to change, since it goes on adding to them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from vedette.api.access import Analyst, Viewer
from vedette.api.asked import NewNote, Noted, Since, Text, Until, Why, begin, key, meant, noted, utc
from vedette.api.documents import ActionShown, ChangeShown, IncidentShown, SuggestionShown
from vedette.api.pages import Cursor, Limit, Page, cursor
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.versions import fresh, must_match, version
from vedette.incidents.lifecycle import change
from vedette.model.action import ActionError, source_network
from vedette.model.advice import suggest
from vedette.model.alert import Level
from vedette.model.incident import Incident, State
from vedette.model.stored import ActionQuery, IncidentQuery
from vedette.model.triage import Order
from vedette.runtime.requests import CHANGE

router = APIRouter(prefix="/incidents", tags=["incidents"])

SORTS = ("last_seen", "first_seen", "level", "score")
NAMED = 20
"""Addresses of an incident that are looked up among the actions."""


class IncidentRow(BaseModel):
    """An incident in a list: without its story, alerts and history."""

    id: str
    title: str
    state: State
    assignee: str | None
    level: Level
    score: float
    first_seen: datetime
    last_seen: datetime
    tactics: list[str]
    alerts: int
    merged_into: str | None


class IncidentWhole(BaseModel):
    """`history`: every change, also what the incident itself no longer lists. `actions`: what was done about its addresses.
    `advice`: what could be done, what contains first."""

    incident: IncidentShown
    assignee: str | None
    history: list[ChangeShown]
    notes: list[Noted]
    actions: list[ActionShown]
    advice: list[SuggestionShown]


class NewState(BaseModel):
    """From a state to one that may follow it."""

    state: State
    why: Why


class Assignment(BaseModel):
    """`assignee`: "" for nobody."""

    assignee: Annotated[str, Field(max_length=200)]
    why: Annotated[str, Field(max_length=2000)] = ""


@router.get("")
def list_incidents(
    _who: Viewer, here: Here, q: Text = "", since: Since = None, until: Until = None,
    sort: Annotated[Order, Query(description="By what; - descending. Incidents have no count.")] = "-last_seen",
    limit: Limit = 100, after: Cursor = None,
) -> Page[IncidentRow]:  # fmt: skip
    """Incidents that the query finds."""
    field = sort.lstrip("-")
    if field not in SORTS:
        raise Problem(422, "incidents have no count", code="request", fix=f"sort by {', '.join(SORTS)}")
    first = begin(after, field)
    where = meant(here, "incidents", q)
    query = IncidentQuery(where=where, since=utc(since), until=utc(until), order=sort, limit=limit + 1, after=first)
    found = here.store.assigned(query)
    last = found[limit - 1][0] if len(found) > limit else None
    rows = [row_of(incident, assignee) for incident, assignee in found[:limit]]
    return Page(items=rows, next=cursor(key(last, field), last.id) if last else None)


@router.get("/{incident_id}")
def get_incident(_who: Viewer, here: Here, request: Request, response: Response, incident_id: str) -> IncidentWhole:
    """One incident with its story."""
    found = whole(here, incident_id)
    fresh(request, response, _version(found))
    return found


@router.put("/{incident_id}/state")
def set_incident_state(who: Analyst, here: Here, request: Request, incident_id: str, given: NewState) -> IncidentWhole:
    """Have the agent change its state; 202 when no agent does it now."""
    found = whole(here, incident_id)
    must_match(request, _version(found))
    change(found.incident, given.state, who=who.name, why=given.why, at=here.now())  # refused here rather than there
    here.ask(CHANGE, {"incident.id": incident_id, "to": given.state, "why": given.why}, who)
    return whole(here, incident_id)


@router.put("/{incident_id}/assignee")
def assign_incident(who: Analyst, here: Here, incident_id: str, given: Assignment) -> IncidentWhole:
    """Say who works on it."""
    whole(here, incident_id)
    here.store.assign(incident_id, given.assignee, here.now(), who=who.name, why=given.why)
    return whole(here, incident_id)


@router.post("/{incident_id}/notes", status_code=201)
def add_incident_note(who: Analyst, here: Here, incident_id: str, given: NewNote) -> list[Noted]:
    """Say something about it; returns all that was said."""
    whole(here, incident_id)
    here.store.note(incident_id, given.text, who.name, here.now())
    return noted(here.store.notes(incident_id))


def row_of(incident: Incident, assignee: str | None) -> IncidentRow:
    """An incident as lists show it."""
    return IncidentRow(
        id=incident.id, title=incident.title, state=incident.state, assignee=assignee, level=incident.level,
        score=incident.score, first_seen=incident.first_seen, last_seen=incident.last_seen, tactics=list(incident.tactics),
        alerts=len(incident.alerts), merged_into=incident.merged_into,
    )  # fmt: skip


def whole(here: Place, incident_id: str) -> IncidentWhole:
    """An incident with all that is kept about it.

    Raises:
        Problem: there is none.
    """
    found = here.store.assigned(IncidentQuery(ids=(incident_id,)))
    if not found:
        raise Problem(404, "no such incident", fix="GET /api/v1/incidents lists them")
    incident, assignee = found[0]
    addresses = [seen.value for seen in incident.entities if seen.type == "ip"][:NAMED]
    actions = {action.id: action for address in addresses for action in _against(here, address)}
    return IncidentWhole(
        incident=incident, assignee=assignee, history=here.store.history(incident_id),
        notes=noted(here.store.notes(incident_id)), actions=sorted(actions.values(), key=lambda a: (a.at, a.id)),
        advice=suggest(incident),
    )  # fmt: skip


def _against(here: Place, address: str) -> list[Any]:
    try:
        return here.store.actions(ActionQuery(around=str(source_network(address)), limit=20))
    except (ValueError, ActionError):
        return []


def _version(shown: IncidentWhole) -> str:
    sizes = [len(shown.history), len(shown.notes)]
    return version(msgspec.to_builtins(shown.incident), shown.assignee, sizes, [msgspec.to_builtins(a) for a in shown.actions])
