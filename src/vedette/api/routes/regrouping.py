"""Saying that incidents are one, that one is several, and taking either back. The agent does it, since it groups on."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from vedette.api.access import Analyst, Who
from vedette.api.asked import Id, Why
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.api.routes.incidents import IncidentWhole, whole
from vedette.model.records import Json
from vedette.model.stored import IncidentQuery
from vedette.runtime.requests import MERGE, RESTORE, SPLIT

router = APIRouter(prefix="/incidents", tags=["incidents"])


class Merging(BaseModel):
    """`others` become part of the incident."""

    others: Annotated[list[Id], Field(min_length=1, max_length=100)]
    why: Why


class Splitting(BaseModel):
    """`alerts` become an incident of their own; at least one stays."""

    alerts: Annotated[list[Id], Field(min_length=1, max_length=1000)]
    why: Why


class Restoring(BaseModel):
    """`other`, which was merged into the incident, is one of its own again."""

    other: Id
    why: Why


@router.post("/{incident_id}/merge")
def merge_incidents(who: Analyst, here: Here, request: Request, incident_id: str, given: Merging) -> IncidentWhole:
    """Have the agent make one of them, to which later alerts of all go; POST to /restore takes it back."""
    _open(here, *given.others)
    asked = {"incident.id": incident_id, "others": given.others, "why": given.why}
    return _done(here, request, who, incident_id, MERGE, asked, f"with {', '.join(given.others)}"[:200])


@router.post("/{incident_id}/split")
def split_incident(who: Analyst, here: Here, request: Request, incident_id: str, given: Splitting) -> IncidentWhole:
    """Have the agent take alerts out into a new incident, which is returned; merging the two again takes it back."""
    asked = {"incident.id": incident_id, "alerts": given.alerts, "why": given.why}
    return _done(here, request, who, incident_id, SPLIT, asked, f"{len(given.alerts)} alerts")


@router.post("/{incident_id}/restore")
def restore_incident(who: Analyst, here: Here, request: Request, incident_id: str, given: Restoring) -> IncidentWhole:
    """Take a merge back, also one that the agent made; the two are not merged by themselves again."""
    asked = {"incident.id": incident_id, "other": given.other, "why": given.why}
    return _done(here, request, who, incident_id, RESTORE, asked, f"{given.other}")


def _open(here: Place, *ids: str) -> None:
    known = {incident.id: incident for incident in here.store.incidents(IncidentQuery(ids=ids, limit=None))}
    for each in ids:
        if each not in known:
            raise Problem(404, f"no such incident: {each[:80]}", fix="GET /api/v1/incidents lists them")
        if home := known[each].merged_into:
            raise Problem(409, f"{each} is part of another incident now", code="incident", fix=f"take {home}")


def _done(here: Place, request: Request, who: Who, incident_id: str, kind: str, asked: Json, detail: str) -> IncidentWhole:
    _open(here, incident_id)
    tell(request, subject=f"incident {incident_id}", detail=detail)
    (told,) = here.ask(kind, asked, who)["incidents"]
    return whole(here, told)
