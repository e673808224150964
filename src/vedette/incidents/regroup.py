"""What a person says belongs together, or does not: merge, split, and take a merge back.

It is done to the state that the next alerts are grouped by, so that they follow. Incidents that are over come back into
it for as long as they would have been open.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from vedette.incidents.fold import Fold
from vedette.incidents.group import Grouped
from vedette.incidents.grouping import Grouping
from vedette.incidents.lifecycle import WHY_LONGEST
from vedette.incidents.marks import RANK
from vedette.incidents.render import render, taken_in
from vedette.incidents.score import Risk, outline, score
from vedette.incidents.state import Group, State, Tie
from vedette.model.alert import Alert, alert_id
from vedette.model.incident import Change, Incident, IncidentError
from vedette.model.incident import State as Status

APART_KEPT: Final = 100
_UNTOLD: Final = 0.5
"""What an entity is worth as a link of which no alert says so any more: never enough by itself."""


class By(NamedTuple):
    """Who says so, why, and when (UTC)."""

    who: str
    why: str
    at: datetime


def merge(settings: Grouping, risk: Risk, state: State, home: Incident, others: Sequence[Incident], by: By) -> Grouped:
    """The others become part of `home`, which is the first of what changed.

    Raises:
        IncidentError: one of them is part of another already, or is `home`.
    """
    _check(by, home, *others)
    if not others or len({home.id, *(other.id for other in others)}) <= len(others):
        raise IncidentError("an incident cannot be merged with itself", where=home.id, fix="name others, each once")
    work = Fold(settings, state, by.at)
    held = _held(work, home)
    for other in others:
        work.merge(held, _held(work, other), by.at, by.who, by.why[:WHY_LONGEST])
    return _told(work, risk)


def split(settings: Grouping, risk: Risk, state: State, home: Incident, alerts: Iterable[str], by: By) -> Grouped:
    """Some alerts of `home` become an incident of their own, which is the second of what changed.

    Raises:
        IncidentError: they are not alerts of it, or all that it has.
    """
    _check(by, home)
    work = Fold(settings, state, by.at)
    held = _held(work, home)
    taken = sorted(set(alerts))
    _part(held, taken)
    new_id = alert_id("incident", home.id, *taken, by.at.isoformat())
    why = f"taken out of incident {home.id}: {by.why}"
    change = Change(at=by.at, who=by.who, before=None, to=held.status, why=why[:WHY_LONGEST])
    new = _group(new_id, [held.alerts[each] for each in taken], held.status, [change])
    work.opened = {**work.opened, new_id: None}
    _take_out(work, held, new, f"{len(taken)} alerts became incident {new_id}", by)
    return _told(work, risk)


def restore(settings: Grouping, risk: Risk, state: State, home: Incident, other: Incident, by: By) -> Grouped:
    """Take a merge back: `other` is an incident of its own again, the second of what changed.

    Raises:
        IncidentError: it is not part of `home`.
    """
    _check(by, home, msgspec.structs.replace(other, merged_into=None))
    if other.id not in {each.id for each in home.merged}:
        raise IncidentError("it is not part of this incident", where=other.id, fix=f"one of: {', '.join(each.id for each in home.merged)}")
    work = Fold(settings, state, by.at)
    held = _held(work, home)
    _part(held, [alert.id for alert in other.alerts if alert.id in held.alerts])
    before: Status = (other.history[-1].before if other.history else None) or "new"
    why = f"taken out of incident {home.id} again: {by.why}"
    change = Change(at=by.at, who=by.who, before=other.state, to=before, why=why[:WHY_LONGEST])
    alerts = [held.alerts.get(alert.id, alert) for alert in other.alerts]
    new = _group(other.id, alerts, before, [*other.history, change])
    new.omitted = {each.rule_id: each.count for each in other.omitted}
    new.merged = list(other.merged)
    new.continues = other.continues
    counted = dict(new.omitted)
    for alert in other.alerts:  # there was no room for these
        if alert.id not in held.alerts:
            counted[alert.rule_id] = counted.get(alert.rule_id, 0) + alert.count
    left = {rule: number - counted.get(rule, 0) for rule, number in held.omitted.items()}
    held.omitted = {rule: number for rule, number in left.items() if number > 0}
    gone = {other.id, *(each.id for each in other.merged)}
    held.merged = [each for each in held.merged if each.id not in gone]
    _take_out(work, held, new, f"incident {other.id} is one of its own again", by)
    return _told(work, risk)


def _check(by: By, *incidents: Incident) -> None:
    if not by.who.strip() or not by.why.strip():
        raise IncidentError("a change needs a person and a reason", fix="say who and why")
    for incident in incidents:
        if incident.merged_into is not None:
            where = f"incident {incident.id}"
            raise IncidentError("it is part of another incident now", where=where, fix=f"take {incident.merged_into}")
        if not incident.alerts:
            raise IncidentError("it lists no alerts", where=f"incident {incident.id}", fix="choose another")


def _part(held: Group, taken: Sequence[str]) -> None:
    unknown = [each for each in taken if each not in held.alerts]
    if not taken or unknown:
        what = f"not an alert of this incident: {unknown[0]}" if unknown else "no alert is named"
        raise IncidentError(what, where=held.id, fix="name alerts that the incident lists")
    if len(taken) == len(held.alerts):
        raise IncidentError("these are all of its alerts", where=held.id, fix="leave at least one")


def _held(work: Fold, incident: Incident) -> Group:
    """The incident in the state; brought back where it is over."""
    if incident.id in work.groups:
        return work.touch(incident.id)
    held = _group(incident.id, incident.alerts, incident.state, list(incident.history))
    held.omitted = {each.rule_id: each.count for each in incident.omitted}
    held.merged, held.continues = list(incident.merged), incident.continues
    held.first_seen, held.last_seen = incident.first_seen, incident.last_seen
    held.tie({f"{each.type}:{each.value}": Tie(each.first_seen, each.last_seen, _UNTOLD) for each in incident.entities})
    held.tie(_ties(work, incident.alerts))
    work.hold(held)
    return held


def _group(group_id: str, alerts: Sequence[Alert], status: Status, history: list[Change]) -> Group:
    held = Group(
        id=group_id, first_seen=min(alert.first_seen for alert in alerts), last_seen=max(alert.last_seen for alert in alerts),
        ties={}, alerts={}, omitted={}, status=status, history=history, merged=[],
    )  # fmt: skip
    _list(held, alerts)
    return held


def _list(held: Group, alerts: Sequence[Alert]) -> None:
    held.alerts = {alert.id: alert for alert in alerts}
    held.listed = {}
    for alert in alerts:
        held.listed[alert.rule_id] = held.listed.get(alert.rule_id, 0) + 1
    held.worst = max(RANK[alert.level] for alert in alerts)


def _ties(work: Fold, alerts: Iterable[Alert]) -> dict[str, Tie]:
    probe = Group(id="", first_seen=work.now, last_seen=work.now, ties={}, alerts={}, omitted={}, status="new", history=[], merged=[])
    for alert in alerts:
        probe.tie(work.tie_of(alert))
    return probe.ties


def _take_out(work: Fold, held: Group, new: Group, what: str, by: By) -> None:
    """The alerts of `new` leave `held`, with what only they named, and the two stay apart."""
    mine = [alert for known, alert in held.alerts.items() if known not in new.alerts]
    theirs, kept = _ties(work, new.alerts.values()), _ties(work, mine)
    work.drop(held)
    _list(held, mine)
    held.ties = {key: kept.get(key, tie) for key, tie in held.ties.items() if key in kept or key not in theirs}
    held.first_seen, held.last_seen = min(alert.first_seen for alert in mine), max(alert.last_seen for alert in mine)
    why = f"{what}: {by.why}"
    held.history.append(Change(at=by.at, who=by.who, before=held.status, to=held.status, why=why[:WHY_LONGEST]))
    held.apart, new.apart = [*held.apart, new.id][-APART_KEPT:], [held.id]
    held.known_by, held.grown = (), False
    new.ties = theirs
    work.hold(held)
    work.hold(new)


def _told(work: Fold, risk: Risk) -> Grouped:
    changed = []
    for held in work.touched.values():
        known = outline(list(held.alerts.values()))
        worth = score(known, risk, held.last_seen)
        if worth is None:  # never: nothing is below the least level
            continue
        incident = render(held, known, worth)
        gone = work.merged.get(held.id)
        changed.append(taken_in(incident, work.into[held.id], gone) if gone else incident)
    return Grouped(work.state(), changed)
