"""The events of one correlation as columns, whether rules matched them or other correlations raised them."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import repeat
from typing import Any, NamedTuple, TypeVar

import numpy as np
import polars as pl

from vedette.detect.sigma.columns import Bools, Rows
from vedette.detect.sigma.rule import Correlation, Reference, Ruleset
from vedette.detect.sigma.sightings import NO_TIME, Sightings
from vedette.detect.sigma.state import Entry, Key, State

T = TypeVar("T")
Value = str | float | None
Seen = dict[int, list[Sightings]]
Shared = dict[tuple[int, tuple[str, ...]], "Items"]
"""Of one step: events of a rule by its index and the fields that group them; not yet what is counted."""


class Pulses:
    """The events by which alerts of a correlation began or grew: what other correlations see of it.

    Attributes:
        items: the correlation's own; `which` of them, ascending, are the pulses.
        times, ids: of the pulses; an id is the alert's.
    """

    def __init__(self, items: "Items", which: Rows, times: Rows, ids: list[str]) -> None:
        self.items = items
        self.which = which
        self.times = times
        self.ids = ids


class Items:
    """Events of one correlation; one position is one event. What only some need is made when it is first asked for.

    Attributes:
        keys: the groups; `codes` says which one an event is in.
        lines, positions, times, weights, events: line, position of the rule among the references, time
            (microseconds), weight, number.
        marks, table: what is counted or summed is table[mark] of the event; where it is counted, equal marks are
            equal values.
        bursts: id of the alert for every event that is another correlation's, "" for the others; None: there are none.
    """

    def __init__(
        self, keys: Sequence[Key], columns: Sequence[Rows], table: Sequence[Value], bursts: list[str] | None
    ) -> None:
        self.keys = keys
        self.columns = columns
        self.codes, self.lines, self.positions, self.times, self.weights, self.events, self.marks = columns
        self.table = table
        self.bursts = bursts
        self.same = self

    def counting(self, marks: Rows, table: Sequence[Value]) -> "Items":
        """The same events, of which something else is counted or summed; what both need is made once."""
        other = Items(self.keys, [*self.columns[:-1], marks], table, self.bursts)
        other.same = self.same
        return other

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, which: Rows) -> "Items":
        """The events at these positions."""
        bursts = None if self.bursts is None else list(map(self.bursts.__getitem__, which.tolist()))
        return Items(self.keys, [column[which] for column in self.columns], self.table, bursts)

    @cached_property
    def time_list(self) -> list[int]:
        """The times."""
        found: list[int] = self.times.tolist() if self.same is self else self.same.time_list
        return found

    @cached_property
    def weight_list(self) -> list[int]:
        """The weights."""
        return _numbers(self.weights) if self.same is self else self.same.weight_list

    def entry(self, i: int) -> Entry:
        """One event as a correlation keeps it."""
        times, positions, values, weights, events, bursts = self._lists
        return Entry(times[i], positions[i], values[i], weights[i], events[i], bursts[i])

    def run(self, begin: int, end: int) -> list[Entry]:
        """The events from one position to before another as a correlation keeps them."""
        times, positions, values, weights, events, bursts = self._lists
        part = slice(begin, end)
        return list(map(Entry, times[part], positions[part], values[part], weights[part], events[part], bursts[part]))

    def some(self, which: Iterable[int]) -> list[Entry]:
        """The events at these positions as a correlation keeps them."""
        places = list(which)
        return list(map(Entry, *(map(column.__getitem__, places) for column in self._lists)))

    @cached_property
    def values(self) -> list[Value]:
        """What is counted or summed."""
        if len(self.table) == 1:
            return [self.table[0]] * len(self)
        return list(map(self.table.__getitem__, self.marks.tolist()))

    @cached_property
    def by_group(self) -> "ByGroup":
        """The same events ordered by group, and in each by arrival."""
        if self.same is not self:
            found = self.same.by_group
            return found._replace(items=found.items.counting(self.marks[found.order], self.table))
        # Sorting numbers of 16 bits is radix sort.
        codes = self.codes.astype(np.uint16) if len(self.keys) < 1 << 16 else self.codes
        order = np.argsort(codes, kind="stable")
        ordered = self.codes[order]
        begins = np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1])
        ends = np.concatenate([begins[1:], [len(order)]])
        recent = np.argsort(order[ends - 1])
        keys = [self.keys[code] for code in ordered[begins[recent]].tolist()]
        return ByGroup(self.take(order), order, keys, begins[recent].tolist(), ends[recent].tolist())

    @cached_property
    def _lists(self) -> tuple[list[Any], ...]:
        if self.same is not self:
            times, positions, _, weights, events, bursts = self.same._lists
            return times, positions, self.values, weights, events, bursts
        return (
            self.time_list,
            _numbers(self.positions),
            self.values,
            self.weight_list,
            self.events.tolist(),
            [""] * len(self) if self.bursts is None else self.bursts,
        )


class ByGroup(NamedTuple):
    """Items ordered by group and arrival; `order`: where they were before. Of the groups, the one that was used last
    comes last: their keys and where the events of each begin and end."""

    items: Items
    order: Rows
    keys: list[Key]
    begins: list[int]
    ends: list[int]


def _numbers(column: Rows) -> list[int]:
    """As a list; most columns of weights and positions have one value."""
    first = int(column[0]) if len(column) else 0
    found: list[int] = [first] * len(column) if (column == first).all() else column.tolist()
    return found


class _Part:
    """The events of one reference in one batch, before they are put in order."""

    def __init__(
        self,
        position: int,
        keys: Sequence[Key],
        columns: tuple[Rows, ...],
        marks: Rows,
        table: Sequence[Value],
        bursts: list[str] | None = None,
    ) -> None:
        self.position = position
        self.keys = keys
        self.codes, self.lines, self.times, self.weights, self.events = columns
        self.marks = marks
        self.table = table
        self.bursts = bursts


def gather(
    ruleset: Ruleset, state: State, what: Correlation, seen: Seen, pulses: dict[int, Pulses], shared: Shared
) -> Items | None:
    """The events of one correlation in order of arrival; None when there are none."""
    parts: list[_Part] = []
    for position, reference in enumerate(what.references):
        inner = ruleset.rules[reference.rule].correlation
        if inner is None:
            parts.extend(_events(what, position, sightings, state) for sightings in seen.get(reference.rule, ()))
        elif reference.rule in pulses:
            parts.append(_chained(position, reference, inner, pulses[reference.rule]))
    parts = [part for part in parts if len(part.codes)]
    if not parts:
        return None
    if len(parts) == 1 and len(what.references) == 1:
        (part,) = parts
        none = np.zeros(len(part.codes), np.int64)
        columns = (part.codes, part.lines, none, part.times, part.weights, part.events, part.marks)
        if part.bursts is not None:
            return Items(part.keys, columns, part.table, part.bursts)
        (reference,) = what.references
        same = shared.setdefault((reference.rule, reference.group_by), Items(part.keys, columns, part.table, None))
        return same.counting(part.marks, part.table)
    return _ordered(_joined(parts), len(what.references) > 1 and not what.kind.startswith("temporal"))


def _joined(parts: list[_Part]) -> Items:
    keys, codes = _together([(part.keys, part.codes) for part in parts])
    table, marks = _together([(part.table, part.marks) for part in parts])
    bursts: list[str] = []
    for part in parts:
        bursts.extend(part.bursts or repeat("", len(part.codes)))
    columns = [
        codes,
        np.concatenate([part.lines for part in parts]),
        np.concatenate([np.full(len(part.codes), part.position, np.int64) for part in parts]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.events for part in parts]),
        marks,
    ]
    chained = any(part.bursts is not None for part in parts)
    return Items(keys, columns, table, bursts if chained else None)


def _together(coded: Iterable[tuple[Sequence[T], Rows]]) -> tuple[list[T], Rows]:
    """Several coded columns as one: equal values get equal codes."""
    numbers: dict[T, int] = {}
    codes: list[Rows] = []
    for values, own in coded:
        used, inverse = np.unique(own, return_inverse=True)
        table = [numbers.setdefault(values[code], len(numbers)) for code in used.tolist()]
        codes.append(np.array(table, np.int64)[inverse])
    return list(numbers), np.concatenate(codes)


def _ordered(items: Items, once: bool) -> Items:
    """In order of arrival. `once`: an event that several of the rules match is still one event."""
    order = np.lexsort((items.events, items.positions, items.lines))
    if once:
        ordered = items.take(order)
        plain: Bools = np.ones(len(order), np.bool_)
        if ordered.bursts is not None:
            plain = np.array([not burst for burst in ordered.bursts])
        first = np.ones(len(order), np.bool_)
        _, at = np.unique(ordered.lines[plain], return_index=True)
        again = np.ones(int(plain.sum()), np.bool_)
        again[at] = False
        first[np.flatnonzero(plain)[again]] = False
        return ordered.take(np.flatnonzero(first))
    return items.take(order)


def _events(what: Correlation, position: int, sightings: Sightings, state: State) -> _Part:
    reference = what.references[position]
    groups = sightings.codes(reference.group_by)
    timed = sightings.times != NO_TIME
    state.untimed += len(timed) - int(np.count_nonzero(timed))
    at = np.flatnonzero(timed & (groups.rows >= 0))
    columns = (groups.rows[at], sightings.lines[at], sightings.times[at], sightings.weights[at], sightings.events[at])
    return _Part(position, groups.values, columns, *_values(what, reference, sightings, at))


def _values(what: Correlation, reference: Reference, sightings: Sightings, at: Rows) -> tuple[Rows, Sequence[Value]]:
    """What is counted or summed: which of the table every event has, and the table."""
    if not reference.fields:
        return np.zeros(len(at), np.int64), (None,)
    if what.kind == "value_count":
        rows, texts = sightings.counted(reference.fields)
        return rows[at], texts
    (key,) = sightings.keys(reference.fields)
    numbers = sightings.matched.series(key).gather(sightings.rows[at]).cast(pl.Float64, strict=False)
    return np.arange(len(at)), numbers.set(~numbers.is_finite().fill_null(False), None).to_list()


def _chained(position: int, reference: Reference, inner: Correlation, pulses: Pulses) -> _Part:
    keys: list[Key] = []
    values: list[Value] = []
    for key in pulses.items.keys:
        named = dict(zip(inner.group_by, key, strict=True))
        absent = any(part is None for part in key)  # a group of other events of the batch, not of these
        keys.append(() if absent else tuple(named[name] for name in reference.group_by))
        values.append(None if absent else "\x1f".join(named[name] for name in reference.fields) or None)
    which = pulses.which
    own = pulses.items.codes[which]
    lines, events = pulses.items.lines[which], pulses.items.events[which]
    columns = (own, lines, pulses.times, np.ones(len(which), np.int64), events)
    return _Part(position, *_merged(keys, columns), own, values, pulses.ids)


def _merged(keys: Iterable[Key], columns: tuple[Rows, ...]) -> tuple[list[Key], tuple[Rows, ...]]:
    """Groups that are the same to the outer correlation made one."""
    numbers: dict[Key, int] = {}
    table = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
    return list(numbers), (table[columns[0]], *columns[1:])
