"""Exceptions: made from alerts that were false, seen before they are kept, with an end, and removed again."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from vedette.api.access import Analyst, Viewer
from vedette.api.asked import Id, Moment, Why, utc
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.model.alert import Alert
from vedette.model.stored import AlertQuery, IncidentQuery
from vedette.runtime import exceptions

router = APIRouter(prefix="/exceptions", tags=["rules"])

SHOWN = 20
"""Alerts and incidents that a preview names; all are counted."""


class Choice(BaseModel):
    """A field that an exception can be made of. `alone`: whether it is enough by itself."""

    field: str
    value: Any
    alone: bool


class NewException(BaseModel):
    """Of these alerts. Of their events' `fields` all must agree. `keep`: put it to work; else only look what it would hide."""

    alerts: Annotated[list[Id], Field(min_length=1, max_length=exceptions.AT_ONCE)]
    fields: Annotated[list[Annotated[str, Field(max_length=128)]], Field(min_length=1, max_length=20)]
    why: Why
    until: Annotated[Moment | None, Field(description="It hides nothing from then on; null: until somebody removes it.")] = None
    keep: bool = False


class Named(BaseModel):
    """An alert or incident. `whole`: all that is known of it would be hidden; else only some."""

    id: str
    title: str
    whole: bool


class Proposed(BaseModel):
    """A Sigma filter for one rule, and what it would have hidden since `since`: `hidden` of `seen` events that the rule
    spoke of, so that `alerts_whole` alerts had no evidence left."""

    rule_id: str
    rule_name: str
    text: str
    since: datetime
    seen: int
    hidden: int
    samples: list[str]
    alerts_whole: int
    alerts_partly: int
    alerts: list[Named]
    incidents: list[Named]
    name: Annotated[str | None, Field(description="How it is kept; null when it is not.")]


class Exempted(BaseModel):
    """An exception that is kept. `tests`: alternatives, each what fields must be. `over`: its end is past. `fault`: why it
    hides nothing."""

    name: str
    rules: list[str]
    rule_names: list[str]
    tests: list[dict[str, Any]]
    who: str
    why: str
    date: str
    until: datetime | None
    over: bool
    fault: str
    text: str


@router.get("")
def list_exceptions(_who: Viewer, here: Here) -> list[Exempted]:
    """All exceptions that people made, the newest first; those that are over too."""
    known = here.rules.ruleset()
    names = {name: rule.name for rule in known.rules for name in (rule.id, rule.reference) if name}
    return [
        Exempted(
            name=each.name, rules=each.rules, rule_names=[names.get(rule, rule) for rule in each.rules], tests=each.tests, who=each.who,
            why=each.why, date=each.date, until=each.until, over=each.over, fault="" if each.over else each.fault, text=each.text,
        )
        for each in exceptions.kept(here.tree, known, here.now())
    ]  # fmt: skip


@router.get("/choices")
def list_choices(_who: Viewer, here: Here, alert: Annotated[str, Query(max_length=200)]) -> list[Choice]:
    """What an exception can be made of: fields of the alert's event, with their values."""
    from vedette.incidents.exceptions import TOO_BROAD

    (found,) = _alerts(here, [alert])
    return [Choice(field=name, value=value, alone=name not in TOO_BROAD) for name, value in exceptions.choices(here.store, found).items()]


@router.post("")
def make_exception(who: Analyst, here: Here, request: Request, given: NewException) -> list[Proposed]:
    """The filters, one for each rule of the alerts, that hide what the rules say about events like theirs, with a look at
    what they would have hidden in the last 30 days. Kept only when asked for."""
    now, end = here.now(), utc(given.until)
    if end is not None and end <= now:
        raise Problem(422, "it would be over already", code="exception", fix="name a time to come, or none")
    alerts = _alerts(here, list(dict.fromkeys(given.alerts)))
    known = here.rules.ruleset()
    made = exceptions.propose(here.tree, known, here.store, alerts, given.fields, who=who.name, why=given.why, now=now)
    names = [exceptions.keep(here.tree, each.text, end).name if given.keep else None for each in made]
    done = f"{'kept' if given.keep else 'looked at'}: {', '.join(given.fields)}: {given.why[:200]}"
    tell(request, subject=", ".join(each.rule_id for each in made)[:500], detail=done)
    return [_proposed(here, each, name) for each, name in zip(made, names, strict=True)]


@router.delete("/{name}", status_code=204)
def remove_exception(_who: Analyst, here: Here, name: str) -> None:
    """Let the rules speak again."""
    if not exceptions.remove(here.tree, name):
        raise Problem(404, "no such exception", fix="GET /api/v1/exceptions lists them")


def _alerts(here: Place, ids: list[str]) -> list[Alert]:
    found = {each.alert.id: each.alert for each in here.store.triaged(AlertQuery(ids=tuple(ids), limit=len(ids)))}
    for alert_id in ids:
        if alert_id not in found:
            raise Problem(404, f"no alert {alert_id[:80]!r}", fix="GET /api/v1/alerts lists them")
    return [found[alert_id] for alert_id in ids]


def _proposed(here: Place, made: exceptions.Proposal, name: str | None) -> Proposed:
    look = made.look
    gone = {alert.id for alert in look.alerts}
    touched = [(alert, True) for alert in look.alerts] + [(alert, False) for alert in look.partly]
    triaged = here.store.triaged(AlertQuery(ids=tuple(alert.id for alert, _ in touched), limit=None))
    listed = tuple(dict.fromkeys(each.incident for each in triaged if each.incident))
    found = here.store.incidents(IncidentQuery(ids=listed, order="-score", limit=SHOWN)) if listed else []
    return Proposed(
        rule_id=made.rule_id, rule_name=made.rule_name, text=made.text, since=look.since, seen=look.seen, hidden=look.hidden,
        samples=look.samples, alerts_whole=len(look.alerts), alerts_partly=len(look.partly),
        alerts=[Named(id=alert.id, title=alert.message, whole=whole) for alert, whole in touched[:SHOWN]],
        incidents=[Named(id=each.id, title=each.title, whole=all(alert.id in gone for alert in each.alerts)) for each in found],
        name=name,
    )  # fmt: skip
