"""Correlations over sliding windows of event time.

An alert begins when, on arrival of an event, some window of the timespan that holds it satisfies the condition. Its
id comes from the first event of that window. Events that follow with less than a timespan between them belong to the
same alert; the rule is armed again once a whole timespan has passed without one.

Everything is decided in order of arrival and nothing looks at a clock, so it does not matter how the stream was cut.
Groups do not know of each other. Those whose events come in order of time are folded all at once by `sessions`, the
others one event at a time by `arrivals`, with the same answers.
"""

from typing import Final

import msgspec
import numpy as np

from vedette.detect.sigma.arrivals import arrive, entries_kept, fewest, forget, may_satisfy
from vedette.detect.sigma.brief import mark
from vedette.detect.sigma.columns import Rows
from vedette.detect.sigma.items import Items, Pulses, narrow
from vedette.detect.sigma.rule import Correlation
from vedette.detect.sigma.sessions import Segment, Segments, Stretch, judge
from vedette.detect.sigma.state import Burst, Entry, Group, Groups, Key, State
from vedette.model.alert import EVIDENCE_KEPT, alert_id

_NONE: Final = Group()
GROUPS_KEPT: Final = 10_000
"""Groups of one rule; the least recently used one makes room."""


class Growth(msgspec.Struct):
    """What one call added to one alert.

    Attributes:
        order: of arrival of the first event added.
        line: of that event.
        window: the events that began it; empty when it had begun before.
        events: numbers of these and of later ones that are shown as evidence.
        true_at: event time at which it became true, or of the first event added to it.
        weight: records behind all that was added; `first` and `last`: their span of event time.
    """

    order: int
    line: int
    key: Key
    id: str
    window: list[Entry]
    events: list[int]
    true_at: int
    weight: int
    first: int
    last: int


def fold(
    rule_id: str, what: Correlation, state: State, groups: Groups, items: Items, *, pulse: bool
) -> tuple[list[Growth], Pulses | None]:
    """Folds events, in order of arrival, into the groups of one correlation.

    Returns what began or grew, one for each alert, and, if `pulse`, one for each event of an alert from its beginning.
    """
    segments, ordered, order = _segments(what, state, groups, items)
    work = _Fold(rule_id, what, state, ordered, order, pulse)
    stretches, others = judge(what, ordered, segments, work.kept)
    for stretch in stretches:
        work.take(stretch)
    for segment in others:
        work.one_by_one(segment)
    growths = sorted(work.grown.values(), key=lambda growth: growth.order)
    return growths, work.pulses(items) if pulse else None


def _segments(what: Correlation, state: State, groups: Groups, items: Items) -> tuple[Segments, Items, Rows]:
    """Every group that has events, made the most recently used; the items by group and arrival; that order."""
    found, order, keys, begins, ends, recent = items.by_group
    there = list(map(groups.get, keys))
    if len(groups) + sum([group is None for group in there]) > GROUPS_KEPT:
        return _crowded(what, state, groups, items)
    made: list[Group] = [_NONE] * len(keys)
    known = []
    for i in recent.tolist():
        group = there[i]
        if group is None:
            group = groups[keys[i]] = Group()
        else:
            groups.move_to_end(keys[i])
            known.append(i)
        made[i] = group
    return Segments(keys, made, begins, ends, np.sort(np.array(known, np.int64))), found, order


def _crowded(what: Correlation, state: State, groups: Groups, items: Items) -> tuple[Segments, Items, Rows]:
    """The same where groups must make room: one that comes back after it had to go begins anew. Of those that are new
    and gone again, only what may have satisfied the condition meanwhile is worth a look."""
    live: dict[Key, int] = {}  # groups that have events and are there, to the part of the events that is their own
    keys: list[Key] = []
    made: list[Group | None] = []
    parts: list[int] = []
    gone: list[int] = []
    for code in items.codes.tolist():
        key = items.keys[code]
        part = live.get(key)
        if part is None:
            part = live[key] = len(keys)
            keys.append(key)
            made.append(groups.get(key))
            groups.setdefault(key, _NONE)
        groups.move_to_end(key)
        parts.append(part)
        if len(groups) > GROUPS_KEPT:
            state.evicted += 1
            lost, _ = groups.popitem(last=False)
            if lost in live:
                gone.append(live.pop(lost))
    part_of = np.array(parts)
    fresh = np.array([group is None for group in made], np.bool_)
    there = np.ones(len(keys), np.bool_)
    there[gone] = False
    events, weights = np.bincount(part_of), np.bincount(part_of, items.weights)
    looked_at = np.flatnonzero(there | ~fresh | may_satisfy(what, events, weights))
    of_those = [made[part] or Group() for part in looked_at.tolist()]
    its_group = dict(zip(looked_at.tolist(), of_those, strict=True))
    groups.update((key, its_group[part]) for key, part in live.items())
    order = np.argsort(narrow(part_of, len(keys)), kind="stable")
    if len(looked_at) < len(keys):
        chosen = np.zeros(len(keys), np.bool_)
        chosen[looked_at] = True
        order = order[chosen[part_of[order]]]
    ends = np.cumsum(events[looked_at])
    segments = Segments(
        [keys[part] for part in looked_at.tolist()],
        of_those, ends - events[looked_at], ends, np.flatnonzero(~fresh[looked_at]),
    )  # fmt: skip
    return segments, items.take(order), order


class _Fold:
    """One call for one correlation. Its items are ordered by group; `order` are their places in order of arrival."""

    def __init__(self, rule_id: str, what: Correlation, state: State, items: Items, order: Rows, pulse: bool) -> None:
        self.rule_id = rule_id
        self.what = what
        self.state = state
        self.items = items
        self.order = order
        self.grown: dict[str, Growth] = {}
        self.kept = entries_kept(what)
        self.least = fewest(what)
        self.pulse = pulse
        self.records = np.concatenate([[0], np.cumsum(items.weights)])  # behind all items before each
        self.runs: list[tuple[int, int, str, int | None]] = []

    def take(self, stretch: Stretch) -> None:
        """One alert of many that were judged at once; its events come in order of time."""
        (key, group, _, _), window, begin, end = stretch
        if window:
            self._begin(key, group, window, begin)
            begin += 1
        if begin < end and group.burst is not None:
            first, last = int(self.items.times[begin]), int(self.items.times[end - 1])
            group.burst.last = last
            self._grow(group.burst, key, begin, end, first, last)

    def one_by_one(self, segment: Segment) -> None:
        """Folds the events of one group."""
        key, group, i, end = segment
        times, what = self.items.times[i:end].tolist(), self.what
        entries = [Entry(*row) for row in group.rows.tolist()]
        fresh = self.items.rows(np.arange(i, end)).tolist()
        begin = i
        while i < end:
            burst, until = group.burst, i
            while burst is not None and until < end and -what.span < times[until - begin] - burst.last < what.span:
                burst.last = max(burst.last, times[until - begin])
                until += 1
            if burst is not None and until > i:
                some = times[i - begin : until - begin]
                self._grow(burst, key, i, until, min(some), max(some))
                i = until
                continue
            group.count += 1
            entry = Entry(*fresh[i - begin])
            entry.order = group.count
            window = arrive(what, entries, entry, self.least)
            if window:
                self._begin(key, group, window, i)
                gone = {one.order for one in window}
                entries = [one for one in entries if one.order not in gone]
            self.state.evicted += forget(what, entries, entry, self.kept)
            i += 1
        group.rows = np.array([msgspec.structs.astuple(entry) for entry in entries], np.int64).reshape(-1, 7)

    def _grow(self, burst: Burst, key: Key, i: int, until: int, earliest: int, latest: int) -> None:
        growth = self.grown.get(burst.id)
        if growth is None:
            at, line, time = int(self.order[i]), int(self.items.lines[i]), int(self.items.times[i])
            growth = self.grown[burst.id] = Growth(at, line, key, burst.id, [], [], time, 0, time, time)
        growth.weight += int(self.records[until] - self.records[i])
        growth.first, growth.last = min(growth.first, earliest), max(growth.last, latest)
        shown = min(EVIDENCE_KEPT - burst.shown, until - i)
        if shown > 0:
            burst.shown += shown
            growth.events.extend(self.items.events[i : i + shown].tolist())
        if self.pulse:
            self.runs.append((i, until, burst.id, None))

    def _begin(self, key: Key, group: Group, window: list[Entry], i: int) -> None:
        first, last = window[0], window[-1]
        identity = alert_id(self.rule_id, *key, self.state.memory.id_of(first.event) or str(first.time))
        group.burst = Burst(identity, last.time, len(window))
        records = sum(one.weight for one in window)
        at, line = int(self.order[i]), int(self.items.lines[i])
        events = [one.event for one in window]
        self.grown[identity] = Growth(at, line, key, identity, window, events, last.time, records, first.time, last.time)
        if self.pulse:
            self.runs.append((i, i + 1, identity, last.time))

    def pulses(self, items: Items) -> Pulses | None:
        """One for each event of an alert from its beginning, in order of arrival."""
        if not self.runs:
            return None
        which = np.concatenate([self.order[begin:end] for begin, end, _, _ in self.runs])
        times = np.concatenate([self.items.times[begin:end] if at is None else [at] for begin, end, _, at in self.runs])
        sizes = [end - begin for begin, end, _, _ in self.runs]
        bursts = np.repeat(np.array([mark(identity) for _, _, identity, _ in self.runs], np.int64), sizes)
        by_arrival = np.argsort(which, kind="stable")
        return Pulses(items, which[by_arrival], times[by_arrival], bursts[by_arrival])
