"""Counting events or their different values while the events of one group arrive in order of time: the answers of
`arrivals`, without an object for every event.
"""

import math
from bisect import bisect_left, bisect_right
from typing import Any

import numpy as np

from vedette.detect.sigma.arrivals import ENTRIES_KEPT
from vedette.detect.sigma.items import Items
from vedette.detect.sigma.quiet import Quiet
from vedette.detect.sigma.rule import Correlation
from vedette.detect.sigma.state import Entry, Group, State


def counter(what: Correlation, items: Items, kept: int) -> "Counter | None":
    """The counter for a correlation; None where its condition is not a plain "at least"."""
    if what.kind not in ("event_count", "value_count") or not 0 < kept < ENTRIES_KEPT:
        return None
    if any(operator not in ("gt", "gte") for operator, _ in what.thresholds):
        return None
    if items.bursts is not None:
        return None
    return (Events if what.kind == "event_count" else Values)(what, at_least(what), kept, items)


def at_least(what: Correlation) -> int:
    """What a window must have where all thresholds are lower bounds."""
    return max(math.floor(bound) + 1 if operator == "gt" else math.ceil(bound) for operator, bound in what.thresholds)


class Counter:
    """Of one correlation over items that are ordered by group; `need`: what the window must have at least."""

    def __init__(self, what: Correlation, need: int, kept: int, items: Items) -> None:
        self.what = what
        self.span = what.span
        self.need = need
        self.kept = kept
        self.items = items
        self.times = items.time_list
        # Positions where the window holds as many events as are needed, when those before `begin` do not matter.
        back = max(0, min(need, len(items)) - 1)
        many = items.times[back:] - items.times[: len(items) - back] < what.span
        many &= items.codes[back:] == items.codes[: len(items) - back]
        self.crowds: list[int] = (np.flatnonzero(many) + back).tolist() if need <= len(items) else []

    def run(self, state: State, group: Group, begin: int, end: int) -> tuple[list[Entry], int]:
        """Events of a group up to the first window that has enough, which is taken out, or up to `end`.

        Returns the window, empty when there is none, and the position after the event that it ends with.
        """
        raise NotImplementedError

    def crowded(self, entries: list[Entry], begin: int, end: int) -> int:
        """The first position from `begin` on where the window may hold as many events as are needed, or `end`."""
        need, times = self.need, self.times
        at = bisect_left(self.crowds, begin + need - 1)
        first = min(end, self.crowds[at]) if at < len(self.crowds) else end
        if entries and entries[-1].time > times[begin] - self.span:
            known = len(entries)
            for i in range(max(begin, begin + need - 1 - known), min(first, begin + need - 1)):
                if entries[i - begin - need + 1].time > times[i] - self.span:
                    return i
        return first


class Events(Counter):
    """How many records there are."""

    def __init__(self, what: Correlation, need: int, kept: int, items: Items) -> None:
        super().__init__(what, need, kept, items)
        self.weights = items.weight_list
        self.single = bool((items.weights == 1).all())

    def run(self, state: State, group: Group, begin: int, end: int) -> tuple[list[Entry], int]:  # noqa: ARG002
        entries = group.entries
        if self.single and all(entry.weight == 1 for entry in entries):
            begin, start = self.crowded(entries, begin, end), begin
            self._keep(entries, start, begin)
            if begin == end:
                return [], end
        span, need = self.span, self.need
        old = bisect_right(entries, self.times[begin] - span, key=lambda entry: entry.time)
        recent = entries[old:]
        times = [entry.time for entry in recent] + self.times[begin:end]
        weights = [entry.weight for entry in recent] + self.weights[begin:end]
        total, left, known = sum(weights[: len(recent)]), 0, len(recent)
        for at in range(known, len(times)):
            total += weights[at]
            limit = times[at] - span
            while times[left] <= limit:
                total -= weights[left]
                left += 1
            if total >= need:
                break
        else:
            self._keep(entries, begin, end)
            return [], end
        fired = begin + at - known
        before = len(entries) + fired - begin
        oldest = before - (at - left)
        window = self._some(entries, begin, oldest, before + 1)
        # The window ends with the latest events, so what it leaves are the oldest of those kept.
        group.entries = self._some(entries, begin, max(0, before - self.kept), oldest)
        return window, fired + 1

    def _some(self, entries: list[Entry], begin: int, first: int, end: int) -> list[Entry]:
        """Some of the known entries and the items from `begin` on, counted through."""
        known = len(entries)
        made = entries[first:end]
        if end > known:
            made.extend(self.items.run(begin + max(0, first - known), begin + end - known))
        return made

    def _keep(self, entries: list[Entry], begin: int, end: int) -> None:
        """Adds events, and leaves the oldest out."""
        entries.extend(self.items.run(max(begin, end - self.kept), end))
        del entries[: max(0, len(entries) - self.kept)]


class Values(Counter):
    """How many different values there are. Of a run with the same value the first and the latest event are kept, and
    when there are too many only the latest of each value."""

    def __init__(self, what: Correlation, need: int, kept: int, items: Items) -> None:
        super().__init__(what, need, kept, items)
        self.values: list[Any] = items.values
        self.quiet = Quiet(what, items, kept)

    def run(self, state: State, group: Group, begin: int, end: int) -> tuple[list[Entry], int]:
        i = begin
        while i < end:
            # A window with too few events has too few values: only where it is crowded they are counted.
            i = self.quiet.fold(state, group, i, self.crowded(group.entries, i, end))
            if i < end:
                window, i = self._count(state, group, i, self._calm(i, end))
                if window:
                    return window, i
        return [], end

    def _calm(self, i: int, end: int) -> int:
        """The first position after `i` where it is no longer crowded."""
        until = min(end, i + self.need)
        at = bisect_left(self.crowds, until)
        while until < end and at < len(self.crowds) and self.crowds[at] == until:
            until, at = until + 1, at + 1
        return until

    def _count(self, state: State, group: Group, begin: int, end: int) -> tuple[list[Entry], int]:
        entries = group.entries
        span, need = self.span, self.need
        known = len(entries)
        times = [entry.time for entry in entries] + self.times[begin:end]
        values: list[Any] = [entry.value for entry in entries] + self.values[begin:end]
        kept = list(range(known))
        latest: dict[Any, int] = {}  # value: its latest time, oldest first
        recent = bisect_right(times, self.times[begin] - span, 0, known)
        enough = len({*values[recent:]} - {None}) >= need  # else it need not be asked event by event
        if enough:
            for at in range(recent, known):
                latest.pop(values[at], None)
                latest[values[at]] = times[at]
            latest.pop(None, None)
        for at in range(known, len(times)):
            time, value = times[at], values[at]
            if enough and value is not None:
                latest.pop(value, None)
                latest[value] = time
            if kept and values[kept[-1]] == value and time - times[kept[-1]] < span:
                if len(kept) > 1 and values[kept[-2]] == value:
                    kept[-1] = at
                    continue
                kept.append(at)
            else:
                kept.append(at)
                limit = time - span
                while latest and latest[oldest := next(iter(latest))] <= limit:
                    del latest[oldest]
                if enough and len(latest) >= need:
                    break
            if len(kept) > self.kept:
                kept, lost = self._fewer(kept, times, values, time)
                state.evicted += lost
        else:
            group.entries = self._entries(entries, kept, begin)
            return [], end
        cut = bisect_right(kept, limit, key=times.__getitem__)
        window = self._entries(entries, kept[cut:], begin)
        group.entries = self._entries(entries, kept[:cut], begin)
        return window, begin + at - known + 1

    def _entries(self, entries: list[Entry], kept: list[int], begin: int) -> list[Entry]:
        known = len(entries)
        if not kept or kept[0] >= known:
            return self.items.some(begin + at - known for at in kept)
        fresh = iter(self.items.some(begin + at - known for at in kept if at >= known))
        return [entries[at] if at < known else next(fresh) for at in kept]

    def _fewer(self, kept: list[int], times: list[int], values: list[Any], now: int) -> tuple[list[int], int]:
        """As arrivals.shrink: the events left, and how many were given up that a window could still have held."""
        last = {values[at]: at for at in kept}
        if len(last) < len(kept):
            return sorted(last.values(), key=times.__getitem__), 0
        outside = bisect_left(kept, now - self.span + 1, key=times.__getitem__)
        if outside:
            return kept[min(outside, max(1, len(kept) - self.kept)) :], 0
        return kept[1:], 1
