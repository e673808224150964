"""The events of one correlation as columns, whether rules matched them or other correlations raised them."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from vedette.detect.sigma.brief import mark
from vedette.detect.sigma.columns import Bools, Rows
from vedette.detect.sigma.rule import Correlation, Ruleset
from vedette.detect.sigma.sightings import NO_TIME, Sightings
from vedette.detect.sigma.state import Key, State

Seen = dict[int, list[Sightings]]
Shared = dict[tuple[int, tuple[str, ...]], "Items"]
"""Of one step: events of a rule by its index and the fields that group them; not yet what is counted."""

NO_NUMBER: Final = int(np.array([np.nan]).view(np.int64)[0])
"""The value of an event that says no number: the keys of a correlation are texts."""


class Pulses(NamedTuple):
    """The events by which alerts of a correlation began or grew: what other correlations see of it.

    Attributes:
        items: the correlation's own; `which` of them, ascending, are the pulses.
        times, bursts: of the pulses; a burst is the mark of the alert's id.
    """

    items: "Items"
    which: Rows
    times: Rows
    bursts: Rows


class Items:
    """Events of one correlation; one position is one event.

    Attributes:
        keys: the groups; `codes` says which one an event is in.
        lines: line of each event, that is order of arrival.
        times, references, values, weights, events, bursts: see `state.Entry`.
    """

    def __init__(self, keys: Sequence[Key], columns: Sequence[Rows]) -> None:
        self.keys = keys
        self.columns = columns
        self.codes, self.lines, self.times, self.references, self.weights, self.events, self.bursts, self.values = (
            columns
        )
        self.same = self

    def counting(self, values: Rows) -> "Items":
        """The same events, of which something else is counted or summed; their order is found once."""
        other = Items(self.keys, [*self.columns[:-1], values])
        other.same = self.same
        return other

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, which: Rows) -> "Items":
        """The events at these positions."""
        return Items(self.keys, [column[which] for column in self.columns])

    def rows(self, which: Rows) -> Rows:
        """The events at these positions as Group.rows has them, without their order of arrival."""
        columns = (self.times, self.references, self.values, self.weights, self.events, self.bursts)
        made = np.zeros((len(which), len(columns) + 1), np.int64)
        for i, column in enumerate(columns):
            made[:, i] = column[which]
        return made

    @cached_property
    def by_group(self) -> "ByGroup":
        """The same events ordered by group, and in each by arrival."""
        if self.same is not self:
            found = self.same.by_group
            return found._replace(items=found.items.counting(self.values[found.order]))
        order = np.argsort(narrow(self.codes, len(self.keys)), kind="stable")
        ordered = self.codes[order]
        begins = np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1])
        ends = np.concatenate([begins[1:], [len(order)]])
        keys = [self.keys[code] for code in ordered[begins].tolist()]
        return ByGroup(self.take(order), order, keys, begins, ends, np.argsort(order[ends - 1]))


class ByGroup(NamedTuple):
    """Items ordered by group and arrival; `order`: where they were before. Of the groups: their keys, where the events
    of each begin and end, and `recent`: which was used last, the latest last."""

    items: Items
    order: Rows
    keys: list[Key]
    begins: Rows
    ends: Rows
    recent: Rows


def narrow(codes: Rows, number: int) -> Rows:
    """Codes below a number in a type that is quick to sort: of 16 bits, that is radix sort."""
    return codes.astype(np.uint16) if number <= 1 << 16 else codes


class _Part(NamedTuple):
    """The events of one reference in one batch, before they are put in order; `columns` are those of Items."""

    keys: Sequence[Key]
    columns: tuple[Rows, ...]


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
            parts.append(_chained(what, position, inner, pulses[reference.rule]))
    parts = [part for part in parts if len(part.columns[0])]
    if not parts:
        return None
    if len(parts) == 1 and len(what.references) == 1:
        (part,), (reference,) = parts, what.references
        if ruleset.rules[reference.rule].correlation is not None:
            return Items(*part)
        return shared.setdefault((reference.rule, reference.group_by), Items(*part)).counting(part.columns[-1])
    return _ordered(_joined(parts), len(what.references) > 1 and not what.kind.startswith("temporal"))


def _joined(parts: list[_Part]) -> Items:
    """The events of all parts; equal keys get equal codes."""
    numbers: dict[Key, int] = {}
    codes: list[Rows] = []
    for keys, (own, *_) in parts:
        used, inverse = np.unique(own, return_inverse=True)
        table = [numbers.setdefault(keys[code], len(numbers)) for code in used.tolist()]
        codes.append(np.array(table, np.int64)[inverse])
    columns = zip(*(part.columns[1:] for part in parts), strict=True)
    return Items(list(numbers), [np.concatenate(codes), *map(np.concatenate, columns)])


def _ordered(items: Items, once: bool) -> Items:
    """In order of arrival. `once`: an event that several of the rules match is still one event."""
    ordered = items.take(np.lexsort((items.events, items.references, items.lines)))
    if once:
        plain: Bools = ordered.bursts == 0
        _, at = np.unique(ordered.lines[plain], return_index=True)
        again = np.ones(int(plain.sum()), np.bool_)
        again[at] = False
        first = np.ones(len(ordered), np.bool_)
        first[np.flatnonzero(plain)[again]] = False
        return ordered.take(np.flatnonzero(first))
    return ordered


def _events(what: Correlation, position: int, sightings: Sightings, state: State) -> _Part:
    reference = what.references[position]
    groups = sightings.codes(reference.group_by)
    timed = sightings.times != NO_TIME
    state.untimed += len(timed) - int(np.count_nonzero(timed))
    at = np.flatnonzero(timed & (groups.rows >= 0))
    none = np.zeros(len(at), np.int64)
    values = none
    if what.kind == "value_count":
        values = sightings.counted(reference.fields, at)
    elif reference.fields:
        values = sightings.summed(reference.fields[0], at)
    columns = (groups.rows, sightings.lines, sightings.times, sightings.weights, sightings.events)
    codes, lines, times, weights, events = (column[at] for column in columns)
    return _Part(groups.values, (codes, lines, times, none + position, weights, events, none, values))


def _chained(what: Correlation, position: int, inner: Correlation, pulses: Pulses) -> _Part:
    reference = what.references[position]
    keys: list[Key] = []
    marks: list[int] = []
    for key in pulses.items.keys:
        named = dict(zip(inner.group_by, key, strict=True))
        absent = any(part is None for part in key)  # a group of other events of the batch, not of these
        keys.append(() if absent else tuple(named[name] for name in reference.group_by))
        text = "" if absent else "\x1f".join(named[name] for name in reference.fields)
        marks.append(mark(text) if text else 0)
    which = pulses.which
    own = pulses.items.codes[which]
    codes, different = _merged(keys, own)
    none = np.zeros(len(which), np.int64)
    lines, events = pulses.items.lines[which], pulses.items.events[which]
    values = np.array(marks, np.int64)[own] if what.kind == "value_count" else np.full(len(which), NO_NUMBER)
    columns = (codes, lines, pulses.times, none + position, none + 1, events, pulses.bursts, values)
    return _Part(different, columns)


def _merged(keys: Iterable[Key], codes: Rows) -> tuple[Rows, list[Key]]:
    """Groups that are the same to the outer correlation made one."""
    numbers: dict[Key, int] = {}
    table = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
    return table[codes], list(numbers)
