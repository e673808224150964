"""One alert at a time into the incidents that are open, so that batches cannot matter.

Incidents leave as soon as they are over: a list by the time of the last alert knows which.
"""

import heapq
from bisect import insort
from datetime import datetime, timedelta
from typing import Final

import msgspec

from vedette.incidents.grouping import CAME_IN, INSIDE, Grouping, depth, entities
from vedette.incidents.habits import common, learn
from vedette.incidents.index import Index
from vedette.incidents.lifecycle import reopens
from vedette.incidents.marks import RANK
from vedette.incidents.state import Group, State, Tie
from vedette.incidents.story import plain
from vedette.model.alert import Alert, alert_id, join
from vedette.model.incident import AGENT, Change, Merged

EVIDENCE_KEPT: Final = 3
ORIGINAL_LONGEST: Final = 1000
ALERTS_HELD: Final = 20_000
OPENED_KEPT: Final = 10_000
LEFT_KEPT: Final = 1_000
"""Incidents that left early and of which it is not yet forgotten when they would have been over."""


class Fold:
    """One call of `group`: copies what it touches, so the state it was given stays as it was.

    Attributes:
        touched: every incident that is new or different, in the order of first change, also those that left.
        merged: how those that became part of another ended.
        into: which that is.
    """

    def __init__(self, settings: Grouping, state: State, now: datetime) -> None:
        self.settings, self.now = settings, now
        self.groups, self.alerts = dict(state.groups), dict(state.alerts)
        self._before = state
        self.habits, self.opened = state.habits, state.opened
        self.index = Index(self.groups, state.ties, state.grown, state.deep, settings.gap)
        self.until, self.evicted = state.until, state.evicted
        self.clashes = state.clashes
        self.touched: dict[str, Group] = {}
        self.merged: dict[str, Change] = {}
        self.into: dict[str, str] = {}
        # Twice the gap: alerts that come late by up to one gap still find their incident.
        self._over = 2 * settings.gap
        # A state that was written before it knew this begins with all of them.
        self._quiet = list(state.quiet) or self._by_last()

    def state(self) -> State:
        """The new state, without the incidents that are over."""
        self._end()
        return State(
            groups=self.groups,
            alerts=self.alerts,
            ties=self.index.ties,
            grown=self.index.grown,
            deep=self.index.deep,
            habits=self.habits,
            until=self.until,
            opened=self.opened,
            clashes=self.clashes,
            evicted=self.evicted,
            quiet=self._quiet,
        )

    def add(self, alert: Alert) -> None:
        """The alert joins the incident that it is tied to; one that is tied to several makes one of them."""
        seen = min(alert.timestamp, self.now)
        self.until = max(self.until, seen) if self.until else seen
        self._end()
        named, news = common(self.habits, entities(alert, self.settings), seen, self.settings)
        if news:
            # Most alerts are about the known: only then is it worth a copy.
            self.habits = dict(self.habits) if self.habits is self._before.habits else self.habits
            learn(self.habits, news)
        own = self.groups.get(self.alerts.get(alert.id, ""))
        deep = depth(alert)
        found = self._found(alert, named, own, deep)
        fitting = [held for held in found if held is own or self._length(held, alert) <= self.settings.longest]
        if fitting:
            oldest, *others = sorted(fitting, key=lambda held: (held.first_seen, held.id))
            home = self.touch(oldest.id)
            for other in others:
                if home.kept_apart(other):
                    # Nor does what names both make the other's entities this one's.
                    named = {key: worth for key, worth in named.items() if key not in other.ties}
                elif self._length(home, other) <= self.settings.longest:
                    self.merge(home, other, alert.timestamp)
            if own and own.id in self.groups:
                home = self.touch(own.id)
        else:
            home = self._open(alert, found[0].id if found else None)
        self._join(home, alert, named, deep)

    def _found(self, alert: Alert, named: dict[str, float], own: Group | None, deep: int) -> list[Group]:
        """Incidents that the alert belongs to: its own, those it is tied to, or one that it goes on with."""
        found = self.index.tied(alert, named)
        if deep == CAME_IN:
            # The log that tells who came in may be read after the one that tells what was done there.
            known = {held.id for held in found}
            found += [held for held in self.index.gone_in(alert, named) if held.id not in known]
        found = ([own] if own else []) + [held for held in found if held is not own]
        if not found:
            one = self.index.outgrown(alert, named)
            one = self.index.likeliest(alert, named) if one is None and deep == INSIDE else one
            found = [one] if one else []
        return found

    def _end(self) -> None:
        """Incidents that are over leave."""
        quiet, over = self._quiet, self._over
        while self.until and quiet and self.until - quiet[0][0] > over:
            held = self.groups.get(quiet.pop(0)[1])
            if held and self.until - held.last_seen > over:
                self.drop(held)
            elif held:
                insort(quiet, (held.last_seen, held.id))

    def _by_last(self) -> list[tuple[datetime, str]]:
        """Incidents by the time of their last alert."""
        return sorted((held.last_seen, held.id) for held in self.groups.values())

    @staticmethod
    def _length(one: Group, other: Group | Alert) -> timedelta:
        return max(one.last_seen, other.last_seen) - min(one.first_seen, other.first_seen)

    def touch(self, held_id: str) -> Group:
        """The incident, copied at its first touch."""
        if held_id not in self.touched:
            self.groups[held_id] = self.touched[held_id] = self.groups[held_id].copy()
        return self.groups[held_id]

    def _open(self, alert: Alert, continues: str | None) -> Group:
        # An alert that goes on after its incident is over, or let go, must not overwrite that one: hence the time in
        # the id, and the number where even that was there before.
        new_id = alert_id("incident", alert.id, alert.first_seen.isoformat())
        if new_id in self.opened:
            self.clashes += 1
            new_id = alert_id("incident", alert.id, alert.first_seen.isoformat(), str(self.clashes))
        self.opened = dict(self.opened) if self.opened is self._before.opened else self.opened
        self.opened[new_id] = None
        if len(self.opened) > OPENED_KEPT:
            del self.opened[next(iter(self.opened))]
        while len(self.groups) >= self.settings.open_incidents or len(self.alerts) >= ALERTS_HELD:
            few = max(len(self.groups) // 10, 1)
            for quiet in heapq.nsmallest(few, self.groups.values(), key=lambda held: (held.last_seen, held.id)):
                self.evicted += 1
                self.drop(quiet)
        why = f"first alert: {plain(alert.rule_name)}"
        held = Group(
            id=new_id,
            first_seen=alert.first_seen,
            last_seen=alert.last_seen,
            ties={},
            alerts={},
            omitted={},
            status="new",
            history=[Change(at=alert.timestamp, who=AGENT, before=None, to="new", why=why)],
            merged=[],
            continues=continues,
        )
        self.groups[new_id] = self.touched[new_id] = held
        insort(self._quiet, (held.last_seen, new_id))
        if len(self._quiet) > 2 * len(self.groups) + LEFT_KEPT:
            self._quiet = self._by_last()
        return held

    def _join(self, home: Group, alert: Alert, named: dict[str, float], reached: int) -> None:
        new = alert.rule_id not in home.listed or RANK[alert.level] > home.worst
        if reopens(home.status, says_something_new=new):
            why = f"new alert: {plain(alert.rule_name)}"
            home.history.append(Change(at=alert.timestamp, who=AGENT, before=home.status, to="new", why=why))
            home.status = "new"
        self.list_alert(home, _short(alert))
        first, last = alert.first_seen, alert.last_seen
        retied = home.tie({key: Tie(first, last, worth, reached) for key, worth in named.items()})
        self.span(home, first, last, retied=retied)

    def merge(self, home: Group, other: Group, at: datetime, who: str = AGENT, why: str = "") -> None:
        """`other` becomes part of `home`; the merge stands in the history of both."""
        other = self.touch(other.id)
        self.drop(other)
        because = f": {why}" if why else ""
        gone = Change(at=at, who=who, before=other.status, to="resolved", why=f"merged into incident {home.id}{because}")
        self.merged[other.id], self.into[other.id] = gone, home.id
        for known in other.alerts.values():
            self.list_alert(home, known)
        for rule, count in other.omitted.items():
            home.omitted[rule] = home.omitted.get(rule, 0) + count
        retied = home.tie(other.ties)
        home.merged += [*other.merged, Merged(id=other.id, at=at)]
        home.apart = [each for each in dict.fromkeys([*home.apart, *other.apart]) if each not in (home.id, other.id)]
        told = f"merged with incident {other.id}, which was {other.status}{because}"
        home.history.append(Change(at=at, who=who, before=home.status, to=home.status, why=told))
        self.span(home, other.first_seen, other.last_seen, retied=retied)

    def hold(self, held: Group) -> None:
        """One that is not among the open ones, though it may be over already: then it leaves with the others."""
        self.groups[held.id] = self.touched[held.id] = held
        for known in held.alerts:
            self.alerts[known] = held.id
        insort(self._quiet, (held.last_seen, held.id))
        self.index.put(held, grown=held.last_seen - held.first_seen > self.settings.longest)

    def tie_of(self, alert: Alert) -> dict[str, Tie]:
        """The entities that the alert names, as an incident is tied to them."""
        seen = min(alert.timestamp, self.now)
        named, _ = common(self.habits, entities(alert, self.settings), seen, self.settings)
        reached = depth(alert)
        return {key: Tie(alert.first_seen, alert.last_seen, worth, reached) for key, worth in named.items()}

    def list_alert(self, home: Group, alert: Alert) -> None:
        """A shortened alert into an incident: as a part of one that it has, else listed, else counted."""
        if alert.id in home.alerts:
            home.alerts[alert.id] = _short(join(home.alerts[alert.id], alert))
        elif not home.takes(alert, self.settings.alerts_per_rule):
            return
        self.alerts[alert.id] = home.id

    def span(self, home: Group, first: datetime, last: datetime, *, retied: bool) -> None:
        """The incident lasts at least from first to last; the index knows all that it has become."""
        home.first_seen, home.last_seen = min(home.first_seen, first), max(home.last_seen, last)
        grown = home.last_seen - home.first_seen > self.settings.longest
        if retied or grown != home.grown:
            self.index.put(home, grown=grown)

    def drop(self, held: Group) -> None:
        del self.groups[held.id]
        self.index.drop(held)
        for known in held.alerts:
            if self.alerts.get(known) == held.id:
                del self.alerts[known]


def _short(alert: Alert) -> Alert:
    """The alert as an incident keeps it: entities are the incident's, evidence is shortened."""
    evidence = [
        e if len(e.original) <= ORIGINAL_LONGEST else msgspec.structs.replace(e, original=e.original[:ORIGINAL_LONGEST])
        for e in alert.evidence[:EVIDENCE_KEPT]
    ]
    return msgspec.structs.replace(alert, entities=(), evidence=tuple(evidence))
