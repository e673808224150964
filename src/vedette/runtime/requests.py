"""What other processes ask of the running agent: people change incidents, block and allow networks while it holds them.

A request waits in the store until the agent has done it, or has refused it: both are an answer, kept for who asked.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

import msgspec

from vedette.incidents import regroup
from vedette.incidents.lifecycle import change
from vedette.model.action import Action, ActionError
from vedette.model.errors import StoreError, VedetteError
from vedette.model.incident import Incident, IncidentError, State
from vedette.model.ports import Store
from vedette.model.stored import Answer, Commit, Request
from vedette.runtime.networks import network_of, not_too_wide, source_of

if TYPE_CHECKING:  # the one who asks needs no engine, and loading it takes a second
    from vedette.incidents.group import Grouped
    from vedette.runtime.engine import Engine
    from vedette.runtime.responder import Responder

CHANGE: Final = "change incident"
MERGE: Final = "merge incidents"
SPLIT: Final = "split incident"
RESTORE: Final = "restore incident"
REGROUPING: Final = (MERGE, SPLIT, RESTORE)
BLOCK: Final = "block"
UNBLOCK: Final = "unblock"
ALLOW: Final = "allow"
DISALLOW: Final = "disallow"

LONGEST: Final = 10 * 366 * 86400
"""Seconds of the longest block that ends by itself."""
AT_ONCE: Final = 50
"""Requests that are answered before the agent reads on."""
_LOOK: Final = 0.02
"""Seconds between two looks for an answer."""

Why = Annotated[str, msgspec.Meta(max_length=2000)]


class ChangeIncident(msgspec.Struct):
    """Payload of CHANGE."""

    id: str = msgspec.field(name="incident.id")
    to: State
    why: Why = ""


class MergeIncidents(msgspec.Struct):
    """Payload of MERGE: `others` become part of the incident."""

    id: str = msgspec.field(name="incident.id")
    others: Annotated[list[str], msgspec.Meta(min_length=1, max_length=100)]
    why: Why = ""


class SplitIncident(msgspec.Struct):
    """Payload of SPLIT: these alerts become an incident of their own."""

    id: str = msgspec.field(name="incident.id")
    alerts: Annotated[list[str], msgspec.Meta(min_length=1, max_length=1000)]
    why: Why = ""


class RestoreIncident(msgspec.Struct):
    """Payload of RESTORE: `other`, which became part of the incident, is one of its own again."""

    id: str = msgspec.field(name="incident.id")
    other: str
    why: Why = ""


class Block(msgspec.Struct):
    """Payload of BLOCK. `seconds`: from the time of asking; None: until somebody lifts it."""

    network: str
    kind: Literal["drop", "limit"] = "drop"
    seconds: Annotated[int, msgspec.Meta(gt=0, le=LONGEST)] | None = None
    why: Why = ""


class Unblock(msgspec.Struct):
    """Payload of UNBLOCK. `what`: a network, or the id of an action."""

    what: Annotated[str, msgspec.Meta(max_length=100)]
    why: Why = ""


class Allow(msgspec.Struct):
    """Payload of ALLOW and DISALLOW."""

    network: str
    why: Why = ""


Log = Callable[[str, dict[str, Any]], None]
Payload = TypeVar("Payload", bound=msgspec.Struct)


def answer(
    store: Store,
    engine: "Engine",
    responder: "Responder",
    formed: Callable[[Sequence[Incident]], None],
    log: Log,
    now: datetime,
    settle: Callable[[], bool],
) -> None:
    """Do what was asked for, one request a transaction. What is refused is answered with the reason, and logged: the
    one who asked may be gone.

    Args:
        settle: stores everything that the engine has seen; False when it cannot now.
    """
    for request in store.requests(AT_ONCE):
        grouped = None
        try:
            if request.kind in REGROUPING:
                if not settle():
                    return  # asked again at the next turn
                grouped = _regrouped(store, engine, request)
                told = [grouped.changed[1 if len(grouped.changed) > 1 and request.kind == SPLIT else 0].id]
                # With the state of everything, so that a start after a crash does not group the past by itself again.
                done = Commit(incidents=grouped.changed, snapshots=engine.dump(grouped), answered=[_answer(request, incidents=told)])
            else:
                done = _done(store, responder, request, now)
        except StoreError:
            raise
        except VedetteError as error:
            store.commit(Commit(answered=[Answer(request.id, error.what, error.fix)]), now)
            log("request refused", {"request": request.kind, "who": request.who, "error": error.what, "fix": error.fix})
            if request.kind in (CHANGE, *REGROUPING) and isinstance(request.payload, dict):
                subject = str(request.payload.get("incident.id", ""))
                store.note(subject, f"not done: {error.what}", request.who, request.at)
            continue
        store.commit(done, now)
        if grouped:
            engine.accept(grouped)
        else:
            for incident in done.incidents:
                engine.told(incident)
        if done.incidents:
            formed(done.incidents)


def _done(store: Store, responder: "Responder", request: Request, now: datetime) -> Commit:
    if request.kind == CHANGE:
        return Commit(incidents=[_changed(store, request)], answered=[Answer(request.id)])
    if request.kind not in (BLOCK, UNBLOCK, ALLOW, DISALLOW):
        raise VedetteError(f"unknown request {request.kind!r}", fix="use the same version of Vedette as the agent")
    if request.kind == BLOCK:
        actions = [_blocked(responder, request, now)]
        return Commit(actions=actions, answered=[_answer(request, actions=actions)])
    if request.kind == UNBLOCK:
        payload = _payload(request, Unblock)
        actions = responder.unblock(_named(payload.what), who=request.who, why=payload.why, now=now)
        return Commit(actions=actions, answered=[_answer(request, actions=actions)])
    change = _payload(request, Allow)
    network = network_of(change.network)
    if request.kind == ALLOW:
        allowed = responder.allow(network, who=request.who, why=change.why, now=now)
        return Commit(allowed=[allowed], answered=[_answer(request, allowed=allowed)])
    gone = responder.disallow(network, who=request.who, now=now)
    return Commit(disallowed=[gone.network], answered=[_answer(request, disallowed=gone)])


def _regrouped(store: Store, engine: "Engine", request: Request) -> "Grouped":
    if request.kind == MERGE:
        merge = _payload(request, MergeIncidents)
        home, *others = (_incident(store, each) for each in (merge.id, *merge.others))
        return engine.regroup(partial(regroup.merge, home=home, others=others, by=_by(request, merge.why)))
    if request.kind == SPLIT:
        split = _payload(request, SplitIncident)
        home = _incident(store, split.id)
        return engine.regroup(partial(regroup.split, home=home, alerts=split.alerts, by=_by(request, split.why)))
    back = _payload(request, RestoreIncident)
    home, other = _incident(store, back.id), _incident(store, back.other)
    return engine.regroup(partial(regroup.restore, home=home, other=other, by=_by(request, back.why)))


def _by(request: Request, why: str) -> regroup.By:
    return regroup.By(request.who, why, request.at)


def _incident(store: Store, incident_id: str) -> Incident:
    incident = store.incident(incident_id)
    if incident is None:
        raise IncidentError("no such incident", where=incident_id, fix="vedette incidents lists them")
    return incident


def _blocked(responder: "Responder", request: Request, now: datetime) -> Action:
    payload = _payload(request, Block)
    until = None if payload.seconds is None else request.at + timedelta(seconds=payload.seconds)
    if until is not None and until <= now:
        raise ActionError(f"its time was over at {until:%Y-%m-%d %H:%M}, before an agent ran", fix="ask again")
    network = not_too_wide(source_of(network_of(payload.network)))
    return responder.block(network, kind=payload.kind, until=until, reason=payload.why, who=request.who, now=now)


def _named(what: str) -> str:
    """A network in its one spelling, or an id as it is."""
    try:
        return str(source_of(network_of(what)))
    except ActionError:
        return what


def _answer(request: Request, **done: Any) -> Answer:
    return Answer(request.id, done=msgspec.to_builtins(done))


def _payload(request: Request, kind: type[Payload]) -> Payload:
    """What another process wrote; nothing in it is believed."""
    try:
        return msgspec.convert(request.payload, kind)
    except msgspec.ValidationError as error:
        raise VedetteError(f"not understood: {error}", fix="use the same version of Vedette as the agent") from None


def _changed(store: Store, request: Request) -> Incident:
    payload = _payload(request, ChangeIncident)
    return change(_incident(store, payload.id), payload.to, who=request.who, why=payload.why, at=request.at)


# --- the other side ---


def ask(store: Store, incident_id: str, to: State, *, who: str, why: str, now: datetime) -> Incident:
    """Ask the agent to change an incident's state; what it will be is returned at once.

    Raises:
        IncidentError: there is none, or the change is not legal.
    """
    changed = change(_incident(store, incident_id), to, who=who, why=why, at=now)
    store.request(CHANGE, {"incident.id": incident_id, "to": to, "why": why}, who, now)
    return changed


def awaited(store: Store, request: int, seconds: float) -> Answer | None:
    """The answer to a request, or None when there was none for so long; the request waits on.

    Raises:
        ActionError: the agent refused it.
    """
    end = time.monotonic() + seconds
    while (found := store.answer(request)) is None:
        if time.monotonic() >= end:
            return None
        time.sleep(_LOOK)
    if found.refused:
        raise ActionError(found.refused, fix=found.fix)
    return found
