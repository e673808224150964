"""Correlations over sliding windows of event time.

An alert begins when, on arrival of an event, some window of the timespan that holds it satisfies the condition. Its
id comes from the first event of that window. Events that follow with less than a timespan between them belong to the
same alert; the rule is armed again once a whole timespan has passed without one.

Everything is decided in order of arrival and nothing looks at a clock, so it does not matter how the stream was cut.
Groups do not know of each other, so one group's events are folded in one go: what only makes an alert grow as a run,
counts of events in order of time by `running`, the rest one by one by `arrivals`.
"""

from bisect import bisect_left
from collections import OrderedDict
from itertools import repeat
from typing import Final, NamedTuple

import msgspec
import numpy as np

from vedette.detect.sigma.arrivals import arrive, entries_kept, shrink
from vedette.detect.sigma.columns import Rows
from vedette.detect.sigma.items import Items, Pulses
from vedette.detect.sigma.quiet import Quiet
from vedette.detect.sigma.rule import Correlation
from vedette.detect.sigma.running import Counter, at_least, counter
from vedette.detect.sigma.state import Burst, Entry, Group, Groups, Key, State
from vedette.model.alert import EVIDENCE_KEPT, alert_id

GROUPS_KEPT: Final = 10_000
"""Groups of one rule; the least recently used one makes room."""


class Growth(msgspec.Struct):
    """What one call added to one alert.

    Attributes:
        order: of arrival of the first event added.
        line: of that event.
        window: the events that began it; empty when it had begun before.
        more: later events that are shown as evidence.
        true_at: event time at which it became true, or of the first event added to it.
        weight: records behind all that was added; `first` and `last`: their span of event time.
    """

    order: int
    line: int
    key: Key
    id: str
    window: list[Entry]
    more: list[Entry]
    true_at: int
    weight: int
    first: int
    last: int


class Segment(NamedTuple):
    """The events of one group, as positions from `begin` to before `end` of the items ordered by group."""

    key: Key
    group: Group
    begin: int
    end: int


def fold(
    rule_id: str, what: Correlation, state: State, groups: Groups, items: Items, *, pulse: bool
) -> tuple[list[Growth], Pulses | None]:
    """Folds events, in order of arrival, into the groups of one correlation.

    Returns what began or grew, one for each alert, and, if `pulse`, one for each event of an alert from its beginning.
    """
    segments, ordered, order = _segments(state, groups, items)
    work = _Fold(rule_id, what, state, ordered, order, pulse)
    for segment in segments:
        work.run(segment)
    growths = sorted(work.grown.values(), key=lambda growth: growth.order)
    return growths, work.pulses(items) if pulse else None


def _segments(state: State, groups: Groups, items: Items) -> tuple[list[Segment], Items, Rows]:
    """Every group that has events, most recently used last; the items by group and arrival; that order."""
    found, order, keys, begins, ends = items.by_group
    if len(groups) + sum(key not in groups for key in keys) > GROUPS_KEPT:
        return _crowded(state, groups, items)
    segments = []
    for key, begin, end in zip(keys, begins, ends, strict=True):
        group = groups.pop(key, None) or Group([], None)
        groups[key] = group
        segments.append(Segment(key, group, begin, end))
    return segments, found, order


def _crowded(state: State, groups: Groups, items: Items) -> tuple[list[Segment], Items, Rows]:
    """The same where groups must make room: one that comes back after it had to go begins anew."""
    live: OrderedDict[Key, list[int] | None] = OrderedDict.fromkeys(groups)
    parts: list[tuple[Key, Group, list[int]]] = []
    now: dict[Key, Group] = dict(groups)
    for i, code in enumerate(items.codes.tolist()):
        key = items.keys[code]
        part = live.get(key)
        if part is None:
            part = live[key] = []
            now.setdefault(key, Group([], None))
            parts.append((key, now[key], part))
        part.append(i)
        live.move_to_end(key)
        if len(live) > GROUPS_KEPT:
            gone, _ = live.popitem(last=False)
            del now[gone]
            state.evicted += 1
    groups.clear()
    groups.update((key, now[key]) for key in live)
    edges = np.cumsum([0, *(len(part) for _, _, part in parts)]).tolist()
    segments = [Segment(key, group, edges[i], edges[i + 1]) for i, (key, group, _) in enumerate(parts)]
    order = np.concatenate([np.array(part, np.int64) for _, _, part in parts])
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
        self.steady = what.repeats_add_nothing
        self.counter: Counter | None = counter(what, items, self.kept)
        self.quiet = Quiet(what, items, self.kept) if self.steady and what.kind.startswith("temporal") else None
        self.times = items.time_list
        self.weights = items.weight_list
        steps = np.diff(items.times)
        # Positions whose event is older than the one before it, and those that come a timespan or more after it.
        self.back: list[int] = (np.flatnonzero(steps < 0) + 1).tolist()
        self.gaps: list[int] = (np.flatnonzero(steps >= what.span) + 1).tolist()
        self.pulse = pulse
        self.least = at_least(what) if self.quiet is not None else 0
        self.refused = -1
        self.runs: list[tuple[int, int, str, int | None]] = []

    def run(self, segment: Segment) -> None:
        """Folds the events of one group."""
        key, group, i, end = segment
        at = bisect_left(self.back, i + 1)
        ascending = at == len(self.back) or self.back[at] >= end
        while i < end:
            burst = group.burst
            if burst is not None and (until := self._continued(burst, i, end, ascending)) > i:
                self._grow(burst, key, i, until)
                i = until
            elif (
                self.counter is not None
                and ascending
                and (burst is None or self.times[i] >= burst.last + self.what.span)
                and (not group.entries or group.entries[-1].time <= self.times[i])
            ):
                window, i = self.counter.run(self.state, group, i, end)
                if window:
                    self._begin(key, group, window, i - 1)
            else:
                if self.quiet is not None and self._too_few(segment, ascending, i):
                    i = self.quiet.fold(self.state, group, i, end)
                if i < end:
                    self._arrive(key, group, i)
                    i += 1

    def _too_few(self, segment: Segment, ascending: bool, i: int) -> bool:
        """Whether the rules seen in the group, now and before, are fewer than a temporal condition asks for."""
        _, group, begin, end = segment
        if i > begin and self.refused == begin:
            return False
        burst, entries = group.burst, group.entries
        self.refused = begin
        if not ascending or (self.items.bursts is not None and any(self.items.bursts[begin:end])):
            return False
        if (burst and self.times[i] < burst.last + self.what.span) or (entries and entries[-1].time > self.times[i]):
            return False
        seen = {*self.items.positions[begin:end].tolist(), *(entry.reference for entry in entries)}
        if len(seen) >= self.least:
            return False
        self.refused = -1
        return True

    def _continued(self, burst: Burst, i: int, end: int, ascending: bool) -> int:
        """The position of the first event that does not belong to the alert; its last time moves on."""
        span, last, times = self.what.span, burst.last, self.times
        if not -span < times[i] - last < span:
            return i
        if ascending:
            at = bisect_left(self.gaps, i + 1)
            until = min(end, self.gaps[at]) if at < len(self.gaps) else end
            if times[i] >= last:
                burst.last = times[until - 1]
                return until
        until = i
        while until < end and -span < times[until] - last < span:
            last = max(last, times[until])
            until += 1
        burst.last = last
        return until

    def _grow(self, burst: Burst, key: Key, i: int, until: int) -> None:
        times = self.times[i:until]
        growth = self.grown.get(burst.id)
        if growth is None:
            at = int(self.order[i])
            line = int(self.items.lines[i])
            growth = self.grown[burst.id] = Growth(at, line, key, burst.id, [], [], times[0], 0, times[0], times[0])
        growth.weight += sum(self.weights[i:until])
        growth.first = min([growth.first, *times])
        growth.last = max([growth.last, *times])
        shown = min(EVIDENCE_KEPT - burst.shown, until - i)
        if shown > 0:
            burst.shown += shown
            growth.more.extend(self.items.run(i, i + shown))
        if self.pulse:
            self.runs.append((i, until, burst.id, None))

    def _begin(self, key: Key, group: Group, window: list[Entry], i: int) -> None:
        first, last = window[0], window[-1]
        identity = alert_id(self.rule_id, *key, self.state.memory.id_of(first.event) or str(first.time))
        group.burst = Burst(identity, last.time, len(window))
        records = sum(one.weight for one in window)
        at, line = int(self.order[i]), int(self.items.lines[i])
        self.grown[identity] = Growth(at, line, key, identity, window, [], last.time, records, first.time, last.time)
        if self.pulse:
            self.runs.append((i, i + 1, identity, last.time))

    def _arrive(self, key: Key, group: Group, i: int) -> None:
        entry = self.items.entry(i)
        window = arrive(self.what, group, entry, self.steady)
        if window:
            self._begin(key, group, window, i)
            gone = set(map(id, window))
            group.entries = [one for one in group.entries if id(one) not in gone]
        elif len(group.entries) > self.kept:
            self.state.evicted += shrink(self.what, group, entry, self.kept)

    def pulses(self, items: Items) -> Pulses | None:
        """One for each event of an alert from its beginning, in order of arrival."""
        if not self.runs:
            return None
        which = np.concatenate([self.order[begin:end] for begin, end, _, _ in self.runs])
        times = np.concatenate(
            [self.items.times[begin:end] if at is None else [at] for begin, end, _, at in self.runs]
        ).astype(np.int64)
        ids = [identity for begin, end, identity, _ in self.runs for identity in repeat(identity, end - begin)]
        by_arrival = np.argsort(which, kind="stable")
        return Pulses(items, which[by_arrival], times[by_arrival], [ids[i] for i in by_arrival.tolist()])
