"""Alerts into incidents: what `grouping` says ties alerts together is applied to the stream of them.

An alert joins the incident that it is tied to, and one that is tied to several makes one of them (the oldest survives).
Incidents that can take no more alerts leave the state; what was returned of them stays valid.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from vedette.incidents.fold import Fold
from vedette.incidents.grouping import Grouping
from vedette.incidents.render import render, taken_in
from vedette.incidents.score import Risk, is_below, outline, score
from vedette.incidents.state import State
from vedette.model.alert import Alert, Level
from vedette.model.incident import Incident

__all__ = ["Grouped", "State", "dump", "group", "load", "update"]


class Grouped(NamedTuple):
    """`changed`: every incident that is new or different, in its whole new form, in the order of first change."""

    state: State
    changed: list[Incident]


def dump(state: State) -> bytes:
    """The state as MessagePack."""
    return msgspec.msgpack.encode(state)


def load(data: bytes) -> State:
    """What `dump` wrote.

    Raises:
        msgspec.DecodeError: it is something else, or damaged.
    """
    return msgspec.msgpack.decode(data, type=State)


def group(
    settings: Grouping,
    risk: Risk,
    state: State,
    alerts: Iterable[Alert],
    now: datetime,
    least: Level = "informational",
    *,
    aging: bool = True,
) -> Grouped:
    """Fold alerts, in the order of the stream, into incidents.

    Args:
        now: the time (UTC) that scores are for.
        least: incidents below this level are left out of what is returned as changed.
        aging: False in a look at the past: each incident has the score that it had at its end, however long ago.
    """
    work = Fold(settings, state, now)
    for alert in alerts:
        work.add(alert)
    changed = []
    for held in work.touched.values():
        if is_below(held.alerts, least):
            continue
        known = outline(list(held.alerts.values()))
        worth = score(known, risk, now if aging else held.last_seen, least)
        if worth is None:
            continue
        incident = render(held, known, worth)
        changed.append(taken_in(incident, work.into[held.id], work.merged[held.id]) if held.id in work.merged else incident)
    return Grouped(work.state(), changed)


def update(state: State, incident: Incident) -> State:
    """The state knowing of a change that was made outside of it: a person acknowledged or closed the incident."""
    held = state.groups.get(incident.id)
    if held is None:
        return state
    held = msgspec.structs.replace(held, status=incident.state, history=list(incident.history))
    return msgspec.structs.replace(state, groups={**state.groups, incident.id: held})
