"""Events that cannot be what meets a condition, added to a group a stretch at a time: what `arrivals` would have kept of
them, without an object for those that it would have let go.
"""

from operator import attrgetter
from typing import Any

import numpy as np

from vedette.detect.sigma.arrivals import shrink
from vedette.detect.sigma.items import Items
from vedette.detect.sigma.rule import Correlation
from vedette.detect.sigma.state import Entry, Group, State


class Quiet:
    """Of one correlation that repeats add nothing to, over items ordered by group; `kept`: entries of a group."""

    def __init__(self, what: Correlation, items: Items, kept: int) -> None:
        self.what = what
        self.span = what.span
        self.kept = kept
        self.items = items
        self.times = items.time_list
        counts = what.kind == "value_count"
        self.said: list[Any] = items.values if counts else items.positions.tolist()
        self.said_by = attrgetter("value" if counts else "reference")
        marks = items.marks if counts else items.positions
        again = (marks[1:] == marks[:-1]) & (items.codes[1:] == items.codes[:-1])
        soon = again & (np.diff(items.times) < what.span)
        # Of a run that says the same the first and the latest stay; a pause of a timespan begins it anew.
        stays = np.ones(len(items), np.bool_)
        stays[1:-1] = ~(again[:-1] & soon[1:])
        self.stays: list[bool] = stays.tolist()
        self.replaced: list[bool] = [*soon.tolist(), False]  # by the next one, if the one before says the same too
        self.before: list[int] = [0, *np.cumsum(stays).tolist()]
        staying = np.flatnonzero(stays)
        self.where: list[int] = staying.tolist()
        self.left = items.take(staying)

    def fold(self, state: State, group: Group, begin: int, end: int) -> int:
        """Adds events of a group, ascending by time and not older than those that it has.

        Returns the position of the first that was not added, `end` when all of them were.
        """
        if begin == end:
            return end
        i, entries, newest = begin, group.entries, None
        if not self.stays[i] or (entries and self.said_by(entries[-1]) == self.said[i]):
            newest = self._first(state, group, i)
            i += 1
        while i < end:
            entries = group.entries
            if newest is not None:
                if entries[-1] is not newest:  # of the same time as another: which is the last is not ours to say
                    return i
                if self.replaced[i - 1] and len(entries) > 1 and self.said_by(entries[-2]) == self.said[i - 1]:
                    entries.pop()
            start, stop = self.before[i], self.before[end]
            open_ = not self.stays[end - 1]  # the run goes on after `end`
            room = self.kept - len(entries)
            if stop - start + open_ <= room:
                entries.extend(self.left.run(start, stop))
                if open_:
                    entries.append(self.items.entry(end - 1))
                return end
            entries.extend(self.left.run(start, start + room))
            # The one after that which took the last place is one too many.
            at = self.where[start + room - 1] + 1 if room else i
            newest = self._add(state, group, at)
            i = at + 1
        return end

    def _first(self, state: State, group: Group, i: int) -> Entry:
        """Adds one event, whatever came before it."""
        entries = group.entries
        if len(entries) > 1 and self.said_by(entries[-2]) == self.said_by(entries[-1]) == self.said[i]:
            soon = self.times[i] - entries[-1].time < self.span
            del entries[len(entries) - soon :]
        return self._add(state, group, i)

    def _add(self, state: State, group: Group, i: int) -> Entry:
        newest = self.items.entry(i)
        group.entries.append(newest)
        if len(group.entries) > self.kept:
            state.evicted += shrink(self.what, group, newest, self.kept)
        return newest
