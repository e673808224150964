"""What other processes ask of the running agent: people change incidents while it holds them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

from vedette.incidents.lifecycle import change
from vedette.model.errors import VedetteError
from vedette.model.incident import Incident, IncidentError, State
from vedette.model.ports import Answer, Commit, Request, Store
from vedette.runtime.engine import Engine

CHANGE = "change incident"
"""Payload: `incident.id`, `to` (a state), `why`."""


def answer(store: Store, engine: Engine, formed: Callable[[Sequence[Incident]], None]) -> None:
    """Do what was asked for, one request a transaction; what cannot be done is answered with a note that says why."""
    for request in store.requests():
        try:
            changed = [_changed(store, request)]
        except VedetteError as error:
            changed = []
            store.note(str(request.payload.get("incident.id", "")), f"not done: {error.what}", request.who, request.at)
        store.commit(Commit(incidents=changed, answered=[Answer(request.id)]), request.at)
        for incident in changed:
            engine.told(incident)
        if changed:
            formed(changed)


def _changed(store: Store, request: Request) -> Incident:
    if request.kind != CHANGE:
        raise IncidentError(f"unknown request {request.kind!r}")
    incident = store.incident(str(request.payload.get("incident.id")))
    if incident is None:
        raise IncidentError("no such incident")
    to = cast(State, request.payload.get("to"))
    return change(incident, to, who=request.who, why=str(request.payload.get("why", "")), at=request.at)


def ask(store: Store, incident_id: str, to: State, *, who: str, why: str, now: datetime) -> Incident:
    """Ask the agent to change an incident's state; what it will be is returned at once.

    Raises:
        IncidentError: there is none, or the change is not legal.
    """
    incident = store.incident(incident_id)
    if incident is None:
        raise IncidentError("no such incident", where=incident_id, fix="vedette incidents lists them")
    changed = change(incident, to, who=who, why=why, at=now)
    store.request(CHANGE, {"incident.id": incident_id, "to": to, "why": why}, who, now)
    return changed
