"""Many events of many groups judged at once, as columns: the answers of `arrivals` where events come in order of time.

Events of a group with less than a timespan between neighbours are a session. No window reaches beyond one, and an alert
that begins takes what is left of it. So of each session only the first window with enough is looked for; everything
else is which events to keep.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from vedette.detect.sigma.arrivals import MANY, at_least
from vedette.detect.sigma.columns import Bools, Rows, distinct
from vedette.detect.sigma.items import Items, narrow
from vedette.detect.sigma.rule import Correlation
from vedette.detect.sigma.sightings import NO_TIME
from vedette.detect.sigma.state import BURST, NO_ROWS, ORDER, REFERENCE, TIME, VALUE, WEIGHT, Entry, Group, Key

FEW: Final = 8
"""Events of a batch below which columns cost more than they save."""
LONGEST: Final = 1 << 62


class Segment(NamedTuple):
    """The events of one group, as positions from `begin` to before `end` of the items ordered by group."""

    key: Key
    group: Group
    begin: int
    end: int


class Segments(NamedTuple):
    """The events of many groups, ascending. `known`: positions of the groups of which something is known."""

    keys: Sequence[Key]
    groups: Sequence[Group]
    begins: Rows
    ends: Rows
    known: Rows

    def one(self, i: int) -> Segment:
        """One of them."""
        return Segment(self.keys[i], self.groups[i], int(self.begins[i]), int(self.ends[i]))

    def some(self, which: Bools) -> "Segments":
        """Some of them."""
        if which.all():
            return self
        at = np.flatnonzero(which).tolist()
        known = np.zeros(len(self.keys), np.bool_)
        known[self.known] = True
        return Segments(
            [self.keys[i] for i in at], [self.groups[i] for i in at],
            self.begins[which], self.ends[which], np.flatnonzero(known[which]),
        )  # fmt: skip

    def told(self, tell: Callable[[Group], int], unknown: int) -> Rows:
        """What the groups say, where something is known of them."""
        found = np.full(len(self.keys), unknown, np.int64)
        found[self.known] = [tell(self.groups[i]) for i in self.known.tolist()]
        return found


class Stretch(NamedTuple):
    """Events of one alert: the window that began it, which ends with the event at `begin`, or none; those from then on
    to before `end` made it grow."""

    segment: Segment
    window: list[Entry]
    begin: int
    end: int


def judge(what: Correlation, items: Items, segments: Segments, kept: int) -> tuple[list[Stretch], list[Segment]]:
    """Brings the rows of groups up to date, their alerts excepted.

    Args:
        segments: all of the items, ascending.

    Returns the alerts that began or grew, for each group in order of time, and what is left to be judged one by one.
    """
    number = len(segments.keys)
    plain = _plain(what, kept) and (what.kind.startswith("temporal") or not items.bursts.any())
    if len(items) < FEW or (len(items) + 2 * kept * number) * what.span >= LONGEST or not plain:
        return [], list(map(segments.one, range(number)))
    simple = _simple(what, items, segments)
    rest = list(map(segments.one, np.flatnonzero(~simple).tolist()))
    return (_Judge(what, items, segments.some(simple), kept).run() if len(rest) < number else []), rest


def _plain(what: Correlation, kept: int) -> bool:
    """Whether the condition is an "at least"."""
    if what.kind.startswith("temporal"):
        return what.repeats_add_nothing
    bounds = all(operator in ("gt", "gte") for operator, _ in what.thresholds)
    return what.kind.endswith("_count") and bounds and kept < MANY


def _simple(what: Correlation, items: Items, segments: Segments) -> Bools:
    """Groups whose events come in order of time, also after what was known; and of temporal conditions those that
    cannot hold, since too few of the rules are seen."""
    owner = np.repeat(np.arange(len(segments.keys)), segments.ends - segments.begins)
    latest = segments.told(lambda group: group.rows[-1, TIME] if len(group.rows) else NO_TIME, NO_TIME)
    found: Bools = items.times[segments.begins] >= np.maximum(latest, segments.told(_burst, NO_TIME))
    found[owner[1:][(items.times[1:] < items.times[:-1]) & (owner[1:] == owner[:-1])]] = False
    if what.kind.startswith("temporal"):
        least = min(2, at_least(what)) if what.kind == "temporal_ordered" else at_least(what)
        seen = np.zeros((len(segments.keys), len(what.references)), np.bool_)
        seen[owner, items.references] = True
        for i in segments.known.tolist():
            seen[i, segments.groups[i].rows[:, REFERENCE]] = True
        found &= seen.sum(axis=1) < least
    return found


def _burst(group: Group) -> int:
    """Time of the latest event of its alert."""
    return group.burst.last if group.burst else NO_TIME


class _Judge:
    """One call: known and new events of all groups in one order, by group and time, called positions.

    Attributes:
        place: where each is among the `old` rows or, after these, among the items `at`.
        owner: which group it is in, `edges`: where each group begins, `new`: whether it is new.
        clock: times of all groups one after the other, with pauses that are no longer than a timespan.
        session: which one it is in, `ends`: where each session ends.
        order: of arrival in its group.
    """

    def __init__(self, what: Correlation, items: Items, segments: Segments, kept: int) -> None:
        self.what, self.items, self.segments, self.kept = what, items, segments, kept
        self.span = span = what.span
        number = len(segments.keys)
        sizes = segments.ends - segments.begins
        known = segments.told(lambda group: len(group.rows), 0)
        self.at = np.arange(sizes.sum()) + np.repeat(segments.begins - np.cumsum(sizes) + sizes, sizes)
        self.old = np.concatenate([NO_ROWS, *(segments.groups[i].rows for i in segments.known.tolist())])
        owner = np.concatenate([np.repeat(np.arange(number), known), np.repeat(np.arange(number), sizes)])
        self.place = np.argsort(narrow(owner, number), kind="stable")
        self.owner = owner[self.place]
        self.new: Bools = self.place >= len(self.old)
        self.edges = np.concatenate([[0], np.cumsum(known + sizes)])
        self.first = self.edges[:-1] + known
        times = self.column(TIME, items.times)
        steps = np.diff(times)
        apart = (steps >= span) | (self.owner[1:] != self.owner[:-1])
        self.clock = np.concatenate([[0], np.cumsum(np.where(apart, span, steps))])
        self.session = np.concatenate([[0], np.cumsum(apart)])
        self.ends = np.append(np.flatnonzero(apart) + 1, len(times))
        self.order = self.column(ORDER, np.zeros(len(items), np.int64))
        bursts = segments.told(_burst, NO_TIME)
        self.going = self.first[(bursts != NO_TIME) & (times[self.first] - span < bursts)]

    def column(self, which: int, fresh: Rows) -> Rows:
        """One column of the known and the new events."""
        found: Rows = np.concatenate([self.old[:, which], fresh[self.at]])[self.place]
        return found

    def run(self) -> list[Stretch]:
        """The alerts; the groups' rows are brought up to date."""
        may = self.new.copy()
        may &= ~self._between(self.going, self.ends[self.session[self.going]])
        begun = self._enough(may)
        left = np.searchsorted(self.clock, self.clock[begun] - self.span, "right")
        starts = np.concatenate([self.going, begun])
        grown = self._between(np.concatenate([self.going, begun + 1]), self.ends[self.session[starts]])
        arrived = self.new & ~grown
        counts = self.segments.told(lambda group: group.count, 0)
        totals = np.concatenate([[0], np.cumsum(arrived)])
        base = counts - totals[self.edges[:-1]]
        self.order = np.where(self.new, base[self.owner] + totals[1:], self.order)
        windows = self._windows(left, begun)
        found = []
        for i in np.argsort(starts).tolist():
            position = starts[i]
            begin = int(self.at[self.place[position] - len(self.old)])
            end = begin + int(self.ends[self.session[position]] - position)
            window = windows[i - len(self.going)] if i >= len(self.going) else []
            found.append(Stretch(self.segments.one(int(self.owner[position])), window, begin, end))
        self._keep(arrived, self._between(left, begun + 1) | grown, base + totals[self.edges[1:]])
        return found

    def _between(self, begins: Rows, ends: Rows) -> Bools:
        """Positions from one of the beginnings to before its end."""
        size = len(self.place) + 1
        found: Bools = np.cumsum(np.bincount(begins, minlength=size) - np.bincount(ends, minlength=size))[:-1] > 0
        return found

    def _enough(self, may: Bools) -> Rows:
        """Of each session the first of these positions at which the window has enough, if any has."""
        if self.what.kind.startswith("temporal"):
            return np.empty(0, np.int64)
        need, clock, span = max(1, at_least(self.what)), self.clock, self.span
        weights = self.column(WEIGHT, self.items.weights)
        if self.what.kind == "event_count" and (weights != 1).any():
            at = np.flatnonzero(may)
            sums = np.concatenate([[0], np.cumsum(weights)])
            at = at[sums[at + 1] - sums[np.searchsorted(clock, clock[at] - span, "right")] >= need]
            return self._firsts(at)
        many = may.copy()
        many[: need - 1] = False
        many[need - 1 :] &= clock[need - 1 :] - clock[: max(0, len(clock) - need + 1)] < span
        at = np.flatnonzero(many)
        return self._firsts(at) if self.what.kind == "event_count" else self._different(at, need)

    def _firsts(self, at: Rows) -> Rows:
        """The first position of each session."""
        found: Rows = at[np.flatnonzero(np.diff(self.session[at], prepend=-1))]
        return found

    def _different(self, at: Rows, need: int) -> Rows:
        """Of each session the first of these positions at which the window has so many different values."""
        values = self.column(VALUE, self.items.values)
        if not len(at) or len(distinct(values)) < need:
            return at[:0]
        runs = np.concatenate([[0], np.cumsum(values[1:] != values[:-1])])
        left = np.searchsorted(self.clock, self.clock[at] - self.span, "right")
        enough = runs[at] - runs[left] >= need - 1
        at, left = at[enough], left[enough]
        found = []
        first = np.flatnonzero(np.diff(self.session[at], prepend=-1))
        for i, j in pairwise([*first.tolist(), len(at)]):
            begin, end = int(left[i]), int(at[j - 1]) + 1
            latest: dict[int, int] = {}  # value: its latest time, oldest first
            for k, (value, time) in enumerate(
                zip(values[begin:end].tolist(), self.clock[begin:end].tolist(), strict=True)
            ):
                if value:
                    latest.pop(value, None)
                    latest[value] = time
                while latest and latest[oldest := next(iter(latest))] <= time - self.span:
                    del latest[oldest]
                if len(latest) >= need and begin + k >= at[i]:
                    found.append(begin + k)
                    break
        return np.array(found, np.int64)

    def _windows(self, left: Rows, begun: Rows) -> list[list[Entry]]:
        """What was kept of the windows that begin at `left` and end with `begun` when they were complete."""
        positions = [np.arange(i, j + 1) for i, j in zip(left.tolist(), begun.tolist(), strict=True)]
        for i, window in enumerate(positions):
            recent = self.order[window] > self.order[window[-1]] - self.kept
            if not recent.all():
                marks = self._marks()[window]
                recent |= last(marks) & (marks != 0)
                positions[i] = window[recent]
        if not positions:
            return []
        entries = [Entry(*row) for row in self._rows(np.concatenate(positions)).tolist()]
        ends = np.cumsum([len(window) for window in positions]).tolist()
        return [entries[end - len(window) : end] for window, end in zip(positions, ends, strict=True)]

    def _marks(self) -> Rows:
        """What events say to the condition, 0 for nothing: of those that say the same the latest is enough."""
        if self.what.kind == "event_count":
            return np.zeros(len(self.place), np.int64)
        if self.what.kind == "value_count":
            return self.column(VALUE, self.items.values)
        return self.column(REFERENCE, self.items.references) + 1

    def _keep(self, arrived: Bools, gone: Bools, totals: Rows) -> None:
        """Leaves out what `arrivals.forget` would."""
        newest = np.maximum.reduceat(np.where(arrived, np.arange(len(arrived)), -1), self.edges[:-1])
        keep = ~gone & ((self.order > totals[self.owner] - self.kept) | (newest < 0)[self.owner])
        marks = self._marks()
        telling = ~gone & (marks != 0) & (self.clock > (self.clock[newest] - self.span)[self.owner])
        if (telling & ~keep).any():
            at = np.flatnonzero(telling)
            keep[at[last(marks[at], self.owner[at])]] = True
        bursts = self.column(BURST, self.items.bursts)
        if bursts.any():
            at = np.flatnonzero(~gone & (bursts != 0))
            keep[at] &= last(bursts[at], marks[at], self.owner[at])
        at = np.flatnonzero(keep)
        rows = self._rows(at)
        edges = np.searchsorted(at, self.edges).tolist()
        for i, (group, total) in enumerate(zip(self.segments.groups, totals.tolist(), strict=True)):
            # A copy: the rows of one group must not hold those of all.
            group.rows, group.count = rows[edges[i] : edges[i + 1]].copy(), total

    def _rows(self, positions: Rows) -> Rows:
        """Known and new events as Group.rows has them."""
        place = self.place[positions]
        rows = np.empty((len(place), self.old.shape[1]), np.int64)
        new = place >= len(self.old)
        rows[~new] = self.old[place[~new]]
        rows[new] = self.items.rows(self.at[place[new] - len(self.old)])
        rows[:, ORDER] = self.order[positions]
        return rows


def last(*keys: Rows) -> Bools:
    """Whether no later position has the same keys."""
    order = np.lexsort(keys)
    found = np.ones(len(order), np.bool_)
    if len(order):
        same = np.ones(len(order) - 1, np.bool_)
        for key in keys:
            same &= key[order][1:] == key[order][:-1]
        found[order[:-1][same]] = False
    return found
