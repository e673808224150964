"""Which open incidents an alert can be tied to, without a look at the others.

A busy host is in every incident, and by itself ties none: what is shared must be worth 1 in all. So of the entities of
an incident, in an order that is the same for all, the last ones that together are worth less than 1 are left out of
the index, and the same of the alert's are not looked up: whatever is tied shares one of the others. (This is prefix
filtering for set similarity joins: Chaudhuri, Ganti, Kaushik, "A Primitive Operator for Similarity Joins", ICDE 2006.)
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache

from vedette.incidents.grouping import COMMON_USERS, INSIDE
from vedette.incidents.state import Group, Keys, Tie
from vedette.model.alert import Alert


@lru_cache(4096)
def _place(key: str) -> str:
    """What entities are ordered by: busy ones last."""
    if key.startswith("host:"):
        return "3" + key
    if key.startswith("user:"):
        return ("2" if key[5:].partition("@")[0] in COMMON_USERS else "0") + key
    return "1" + key


def telling(worths: Mapping[str, float]) -> tuple[str, ...]:
    """The entities of which whatever is tied shares at least one, given all with what each is worth."""
    found = sorted(worths, key=_place)
    left_out = 0.0
    while found and (left_out := left_out + worths[found[-1]]) < 1:
        found.pop()
    return tuple(found)


class Index:
    """Entities to incidents. Changes a copy: what it was made from stays as it was.

    Attributes:
        ties: by telling entities, incidents that take alerts.
        grown: by telling entities, incidents that are too long to take any.
        deep: by host, all incidents whose attack is more than at the door there.
    """

    def __init__(self, groups: Mapping[str, Group], ties: Keys, grown: Keys, deep: Keys, gap: timedelta) -> None:
        self.groups, self.gap = groups, gap
        self.ties, self.grown, self.deep = dict(ties), dict(grown), dict(deep)
        self._own: set[int] = set()
        """Of the dictionaries of ids: those that are no longer shared with what this was made from, by their id()."""
        self._asked: tuple[Mapping[str, float], tuple[str, ...]] = {}, ()

    def put(self, held: Group, *, grown: bool) -> None:
        """The incident is new, or has changed."""
        keys = self._telling({key: tie.worth for key, tie in held.ties.items()})
        old, new = (self.grown if held.grown else self.ties), (self.grown if grown else self.ties)
        if keys != held.known_by or old is not new:
            stays = set(keys) & set(held.known_by) if old is new and held.known_by else set()
            for key in held.known_by:
                if key not in stays:
                    self._remove(old, key, held.id)
            for key in keys:
                if key not in stays:
                    self._inner(new, key)[held.id] = None
            held.known_by, held.grown = keys, grown
        for key, tie in held.ties.items():
            if tie.depth and key.startswith("host:") and held.id not in self.deep.get(key, ()):
                self._inner(self.deep, key)[held.id] = None

    def drop(self, held: Group) -> None:
        """The incident is no longer to be found."""
        for key in held.known_by:
            self._remove(self.grown if held.grown else self.ties, key, held.id)
        for key, tie in held.ties.items():
            if tie.depth and key.startswith("host:"):
                self._remove(self.deep, key, held.id)

    def tied(self, alert: Alert, named: Mapping[str, float]) -> list[Group]:
        """Incidents that take alerts and share with this one what is worth 1 or more."""
        held = {held_id: None for key in self._telling(named) for held_id in self.ties.get(key, ())}
        return [group for group in map(self.groups.__getitem__, held) if self._shares(group, alert, named)]

    def outgrown(self, alert: Alert, named: Mapping[str, float]) -> Group | None:
        """The first that would be tied if it were not too long."""
        for key in self._telling(named) if self.grown else ():
            for held_id in self.grown.get(key, ()):
                if self._shares(self.groups[held_id], alert, named):
                    return self.groups[held_id]
        return None

    def gone_in(self, alert: Alert, named: Mapping[str, float]) -> list[Group]:
        """Incidents that go on inside a host of the alert at that time."""
        near = self._reached(alert, named)
        return [self.groups[i] for i, depth in near.items() if depth == INSIDE]

    def likeliest(self, alert: Alert, named: Mapping[str, float]) -> Group | None:
        """The incident that most likely is the cause of what goes on inside a host of the alert."""
        near = self._reached(alert, named)
        deepest = max(near.values(), default=0)
        found = [self.groups[i] for i, depth in near.items() if depth == deepest]
        return max(found, key=lambda held: (held.worst, held.last_seen, held.id), default=None)

    def _reached(self, alert: Alert, named: Mapping[str, float]) -> dict[str, int]:
        """Incidents to how deep they are in a host of the alert."""
        depths: dict[str, int] = {}
        for key in named:
            for held_id in self.deep.get(key, ()) if key.startswith("host:") else ():
                tie = self.groups[held_id].ties.get(key)
                if tie and self._near(tie, alert):
                    depths[held_id] = max(depths.get(held_id, 0), tie.depth)
        return depths

    def _telling(self, worths: Mapping[str, float]) -> tuple[str, ...]:
        """As `telling`; asked for an alert and then, often, for the incident that it opens."""
        if self._asked[0] != worths:
            self._asked = worths, telling(worths)
        return self._asked[1]

    def _shares(self, held: Group, alert: Alert, named: Mapping[str, float]) -> bool:
        """Whether they share what is worth 1 or more, at a time not too far apart."""
        shared, ties, first, last, gap = 0.0, held.ties, alert.first_seen, alert.last_seen, self.gap
        for key, worth in named.items():
            tie = ties.get(key)
            if tie and first - tie.last <= gap and tie.first - last <= gap:
                shared += min(worth, tie.worth)
                if shared >= 1:
                    return True
        return False

    def _near(self, tie: Tie, alert: Alert) -> bool:
        return alert.first_seen - tie.last <= self.gap and tie.first - alert.last_seen <= self.gap

    def _inner(self, keys: Keys, key: str) -> dict[str, None]:
        """The ids of one entity, copied at the first change."""
        inner = keys.get(key)
        if inner is None or id(inner) not in self._own:
            inner = keys[key] = dict(inner or {})
            self._own.add(id(inner))
        return inner

    def _remove(self, keys: Keys, key: str, held_id: str) -> None:
        inner = self._inner(keys, key)
        inner.pop(held_id, None)
        if not inner:
            del keys[key]
            self._own.discard(id(inner))
