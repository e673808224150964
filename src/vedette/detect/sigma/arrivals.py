"""What the arrival of one event means for a group: which window around it satisfies the condition, if any, and which
events need no longer be kept.

A late event is judged with the events around its own time, and an event dated into the future takes nothing away from
the windows of the present: events leave by their order of arrival, not by age.
"""

import math
from bisect import bisect_right
from operator import attrgetter
from typing import Final

import numpy as np

from vedette.detect.sigma.columns import Bools, Rows
from vedette.detect.sigma.correlations import holds
from vedette.detect.sigma.rule import Correlation
from vedette.detect.sigma.state import Entry

time_of = attrgetter("time")
order_of = attrgetter("order")
SLACK: Final = 16
MANY: Final = 5_000
"""Events of one group of a rule that counts very many, or sums; a tenth of them makes room."""


def arrive(what: Correlation, entries: list[Entry], entry: Entry, least: int) -> list[Entry]:
    """Puts the event in its place; the first window around it that satisfies the condition, or nothing.

    `least`: events that a window must have, see `fewest`.
    """
    if entry.burst:  # seen before: it counts once, at its latest time
        same = (old for old in entries if old.reference == entry.reference and old.burst == entry.burst)
        if (old := next(same, None)) is not None:
            entries.remove(old)
            entry.time = max(entry.time, old.time)
    if not entries or entries[-1].time <= entry.time:
        entries.append(entry)
        at = len(entries) - 1
    else:
        at = bisect_right(entries, entry.time, key=time_of)
        entries.insert(at, entry)
    for end in range(at, len(entries)):
        until = entries[end].time
        if until - entry.time >= what.span:
            break
        if end + 1 < len(entries) and entries[end + 1].time == until:
            continue  # a window ends with all events of its last instant
        begin = bisect_right(entries, until - what.span, key=time_of)
        if end + 1 - begin < least:
            continue
        window = entries[begin : end + 1]
        if satisfied(what, window):
            return window
    return []


def satisfied(what: Correlation, window: list[Entry]) -> bool:
    """Whether the condition holds for exactly these events, ascending by time."""
    match what.kind:
        case "event_count":
            measure: float = sum(entry.weight for entry in window)
        case "value_count":
            measure = len({entry.value for entry in window} - {0})
        case "temporal":
            seen = frozenset(entry.reference for entry in window)
            if what.expression is not None:
                return holds(what.expression, seen)
            measure = len(seen)
        case "temporal_ordered":
            measure = _steps(window)
        case _:
            doubles = np.array([entry.value for entry in window], np.int64).view(np.float64)
            numbers = sorted(doubles[~np.isnan(doubles)].tolist())
            if not numbers:
                return False
            if what.kind == "value_sum":
                measure = sum(numbers)
            elif what.kind == "value_avg":
                measure = sum(numbers) / len(numbers)
            else:  # nearest rank
                measure = numbers[max(0, -int(-what.percentile * len(numbers) // 100) - 1)]
    return all(_meets(operator, measure, bound) for operator, bound in what.thresholds)


def _meets(operator: str, measure: float, bound: float) -> bool:
    match operator:
        case "gte":
            return measure >= bound
        case "gt":
            return measure > bound
        case "lt":
            return measure < bound
        case "lte":
            return measure <= bound
        case "eq":
            return measure == bound
    return measure != bound


def _steps(window: list[Entry]) -> int:
    """How far the events go through the references in their order; one event is one step."""
    done = 0
    used = -1
    for entry in window:
        if entry.reference == done and entry.event != used:
            done += 1
            used = entry.event
    return done


def at_least(what: Correlation) -> int:
    """What a window must have at least, where all thresholds are lower bounds."""
    return max(math.floor(bound) + 1 if operator == "gt" else math.ceil(bound) for operator, bound in what.thresholds)


def may_satisfy(what: Correlation, events: Rows, weights: Rows) -> Bools:
    """Whether so many events, which stand for so many records, might satisfy the condition."""
    if what.expression is not None or any(operator not in ("gt", "gte") for operator, _ in what.thresholds):
        return np.ones(len(events), np.bool_)
    if what.kind == "event_count":
        return weights >= at_least(what)
    if what.kind == "value_count" or what.kind.startswith("temporal"):
        return events >= at_least(what)
    return np.ones(len(events), np.bool_)


def fewest(what: Correlation) -> int:
    """With fewer events than these no window satisfies the condition."""
    return at_least(what) if what.repeats_add_nothing else 0


def entries_kept(what: Correlation) -> int:
    """How many events that arrived last a group keeps in any case."""
    bound = int(max((bound for _, bound in what.thresholds), default=0))
    if what.kind == "event_count":
        return min(MANY, SLACK + 2 * bound)
    if what.kind == "value_count":
        return min(MANY, SLACK + 4 * bound)
    if what.kind.startswith("temporal"):
        return SLACK + 4 * len(what.references) ** 2
    return MANY


def forget(what: Correlation, entries: list[Entry], newest: Entry, kept: int) -> int:
    """Leaves out events that came before the last `kept` of the group and that windows to come do not need.

    Returns how many of those left out a window could still have held.
    """
    if newest.order <= kept or (kept == MANY and len(entries) <= MANY):
        return 0
    if kept == MANY:  # noqa: SIM108
        old = sorted(entries, key=order_of)[: MANY // 10]
    else:
        old = [entry for entry in entries if entry.order <= newest.order - kept]
    since = newest.time - what.span
    held = [entry for entry in old if entry.time > since]
    needed: set[int] = set()
    if held and what.kind != "event_count":
        needed = _telling(what, [entry for entry in entries if entry.time > since])
    most = (kept if kept < MANY else len(old)) // 2
    spared = sorted(entry.order for entry in held if entry.order in needed)[-most:] if needed else []
    for entry in old:
        if entry.order not in spared:
            entries.remove(entry)
    if what.kind in ("value_sum", "value_avg", "value_percentile", "value_median"):
        return len(held)
    return sum(entry.order in needed for entry in held) - len(spared)


def _telling(what: Correlation, recent: list[Entry]) -> set[int]:
    """Of the events that the next window may hold those that are enough to meet the condition, if all are."""
    by_order = sorted(recent, key=order_of)
    if what.kind == "value_count":
        return {*{entry.value: entry.order for entry in by_order if entry.value}.values()}
    if not what.kind.startswith("temporal"):
        return set()
    told = {*{entry.reference: entry.order for entry in by_order}.values()}
    if what.kind == "temporal_ordered":
        # For each step the chain up to it that began last.
        chains: dict[int, list[Entry]] = {-1: []}
        for entry in sorted(recent, key=lambda entry: (entry.time, entry.event, -entry.reference)):
            before = chains.get(entry.reference - 1)
            if before is not None and (not before or before[-1].event != entry.event):
                chains[entry.reference] = [*before, entry]
        told.update(entry.order for chain in chains.values() for entry in chain)
    return told
