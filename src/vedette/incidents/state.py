"""What grouping remembers between two calls: the open incidents, and by what an alert can find them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from vedette.incidents.marks import RANK
from vedette.model.alert import Alert
from vedette.model.incident import Change, Merged
from vedette.model.incident import State as Status

Keys = dict[str, dict[str, None]]
"""Entity (`type:value`) to the ids of incidents, in the order in which they came to it."""

ENTITIES_KEPT: Final = 200
ALERTS_KEPT: Final = 200


class Tie(msgspec.Struct, frozen=True, gc=False):
    """An entity of an incident: when it was named, what it is worth as a link, and how deep the attack is there."""

    first: datetime
    last: datetime
    worth: float
    depth: int = 0


class Group(msgspec.Struct):
    """An incident that can still take alerts.

    Attributes:
        listed: how many of `alerts` each rule has.
        worst: highest level of `alerts`, as an index into LEVELS.
        known_by: entities under which the index has it.
        grown: it is too long for further alerts, other than parts of those that it has.
        apart: incidents that a person took out of this one, or this one out of them: they are not merged by themselves.
    """

    id: str
    first_seen: datetime
    last_seen: datetime
    ties: dict[str, Tie]
    alerts: dict[str, Alert]
    omitted: dict[str, int]
    status: Status
    history: list[Change]
    merged: list[Merged]
    continues: str | None = None
    listed: dict[str, int] = {}
    worst: int = 0
    known_by: tuple[str, ...] = ()
    grown: bool = False
    apart: list[str] = []

    def copy(self) -> "Group":
        """One that can be changed without changing this."""
        return msgspec.structs.replace(
            self,
            ties=dict(self.ties),
            alerts=dict(self.alerts),
            omitted=dict(self.omitted),
            history=list(self.history),
            merged=list(self.merged),
            listed=dict(self.listed),
            apart=list(self.apart),
        )

    def kept_apart(self, other: "Group") -> bool:
        """Whether a person said that the two are not the same."""
        return other.id in self.apart or self.id in other.apart

    def takes(self, alert: Alert, per_rule: int) -> bool:
        """List a further alert if there is room, else count it."""
        number = self.listed.get(alert.rule_id, 0)
        if number >= per_rule or len(self.alerts) >= ALERTS_KEPT:
            self.omitted[alert.rule_id] = self.omitted.get(alert.rule_id, 0) + alert.count
            return False
        self.listed[alert.rule_id] = number + 1
        self.alerts[alert.id] = alert
        self.worst = max(self.worst, RANK[alert.level])
        return True

    def tie(self, named: Mapping[str, Tie]) -> bool:
        """Name entities, or name them again. True when that changes by what the incident is found, not only when."""
        if not self.ties and len(named) <= ENTITIES_KEPT:
            self.ties = dict(named)
            return bool(named)
        retied, ties = False, self.ties
        for key, new in named.items():
            old = ties.get(key)
            if old is not None:
                worth, depth = max(old.worth, new.worth), max(old.depth, new.depth)
                ties[key] = Tie(min(old.first, new.first), max(old.last, new.last), worth, depth)
                retied = retied or worth != old.worth or depth != old.depth
            elif len(ties) < ENTITIES_KEPT:
                ties[key] = new
                retied = True
        return retied


class Habit(msgspec.Struct):
    """How commonly an entity is in alerts: on how many days, the last of them, and with whom on that day."""

    day: int
    days: int
    partners: list[str]


class State(msgspec.Struct):
    """What `group` needs of the past. A value: `group` returns a new one and leaves the old as it was.

    Attributes:
        groups: by incident id.
        alerts: alert id to incident id, for parts of alerts that come later.
        ties, grown, deep: see `index.Index`.
        until: the latest event time seen; alerts further ahead than `now` do not move it.
        opened: the latest incident ids, oldest first; `clashes` how often one of them came up again.
        evicted: incidents that had to leave early because there were too many.
        quiet: when the last alert of each incident came, or an earlier one, and its id; the earliest first.
    """

    groups: dict[str, Group] = {}
    alerts: dict[str, str] = {}
    ties: Keys = {}
    grown: Keys = {}
    deep: Keys = {}
    habits: dict[str, Habit] = {}
    until: datetime | None = None
    opened: dict[str, None] = {}
    clashes: int = 0
    evicted: int = 0
    quiet: list[tuple[datetime, str]] = []
