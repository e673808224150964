"""Incident: alerts that belong together, told as one story. The JSON form is a public contract.

    {"incident.id": "5b0c...", "title": "...", "state": "new", "score": 83.4, "level": "critical",
     "first_seen": "2026-02-01T10:20:00Z", "last_seen": "...", "tactics": ["initial-access", "execution"],
     "entities": [{"type": "ip", "value": "203.0.113.7", "first_seen": "...", "last_seen": "..."}],
     "story": [{"at": "...", "until": "...", "tactic": "credential-access", "technique.id": ["T1110.001"],
                "rule.level": "high", "event.count": 142, "text": "...", "alert.id": ["..."], "evidence": [...]}],
     "reasons": ["..."], "alerts": [<model.alert>], "omitted": [{"rule.id": "...", "event.count": 3}],
     "history": [{"at": "...", "who": "vedette", "from": null, "to": "new", "why": "..."}],
     "merged": [{"incident.id": "...", "at": "..."}], "merged_into": null, "continues": null}
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from vedette.model.alert import Alert, Evidence, Level
from vedette.model.errors import VedetteError

State = Literal["new", "acknowledged", "in-progress", "resolved", "false-positive"]
STATES: Final[tuple[State, ...]] = ("new", "acknowledged", "in-progress", "resolved", "false-positive")
CLOSED: Final[frozenset[State]] = frozenset({"resolved", "false-positive"})
OPEN: Final[tuple[State, ...]] = tuple(state for state in STATES if state not in CLOSED)
AGENT: Final = "vedette"
"""Who made a change that no person made."""


class IncidentError(VedetteError):
    """A change that an incident cannot take."""

    code = "incident"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the history. `before` is null in the first; it equals `to` in a remark that changes no state."""

    at: datetime
    who: str
    before: State | None = msgspec.field(name="from")
    to: State
    why: str


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Something the alerts have in common: type `ip`, `host`, `user` (as name@host where the host is known) or
    another that a detector named; first and last time an alert of this incident named it."""

    type: str
    value: str
    first_seen: datetime
    last_seen: datetime


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence of the story and what it rests on. `tactic` is null where the rule names none."""

    at: datetime
    until: datetime
    tactic: str | None
    techniques: tuple[str, ...] = msgspec.field(name="technique.id", default=())
    level: Level = msgspec.field(name="rule.level")
    count: int = msgspec.field(name="event.count")
    text: str
    alerts: tuple[str, ...] = msgspec.field(name="alert.id")
    evidence: tuple[Evidence, ...] = ()


class Omitted(msgspec.Struct, frozen=True, kw_only=True):
    """Events of a rule whose further alerts are counted but no longer listed."""

    rule_id: str = msgspec.field(name="rule.id")
    count: int = msgspec.field(name="event.count")


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that turned out to be part of this one."""

    id: str = msgspec.field(name="incident.id")
    at: datetime


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """What an analyst works on.

    Attributes:
        id: from the first alert: the same input gives the same id.
        score: 0 to 100, worth at the time it was computed; it decays while nothing new happens.
        level: does not decay.
        tactics: in the order of an attack.
        alerts: in the order in which they came, evidence shortened; those beyond the limits are in `omitted`.
        reasons: what raised or lowered the score, in words.
        merged_into: the incident that took this one in; set together with the state `resolved`.
        continues: the incident that had grown too long to take these alerts.
    """

    id: str = msgspec.field(name="incident.id")
    title: str
    state: State
    score: float
    level: Level
    first_seen: datetime
    last_seen: datetime
    tactics: tuple[str, ...] = ()
    entities: tuple[Seen, ...] = ()
    story: tuple[Step, ...] = ()
    reasons: tuple[str, ...] = ()
    alerts: tuple[Alert, ...] = ()
    omitted: tuple[Omitted, ...] = ()
    history: tuple[Change, ...] = ()
    merged: tuple[Merged, ...] = ()
    merged_into: str | None = None
    continues: str | None = None
