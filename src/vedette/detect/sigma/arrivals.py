"""What the arrival of one event means for a group: which window around it satisfies the condition, if any.

A late event is judged with the events around its own time, and an event dated into the future takes nothing away from
the windows of the present: events leave by number, not by age.
"""

from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import Any, Final

from vedette.detect.sigma.correlations import holds
from vedette.detect.sigma.rule import Correlation
from vedette.detect.sigma.state import Entry, Group

time_of = attrgetter("time")
SLACK: Final = 16
ENTRIES_KEPT: Final = 5_000
"""Events of one group of a rule that counts values or sums; the one that arrived first makes room."""


def arrive(what: Correlation, group: Group, entry: Entry, steady: bool) -> list[Entry]:
    """Puts the event in its place; the first window around it that satisfies the condition, or nothing.

    `steady`: an event that says the same as the one before it can never be what meets the condition.
    """
    entries = group.entries
    if entries and steady and _nothing_new(what, entries[-1], entry):
        if len(entries) > 1 and _alike(what, entries[-2], entry):
            entries[-1] = entry  # of a run that says the same the first and the latest are kept
        else:
            entries.append(entry)
        return []
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
        window = entries[begin : end + 1]
        if satisfied(what, window):
            return window
    return []


def _nothing_new(what: Correlation, last: Entry, entry: Entry) -> bool:
    """Whether a condition that was not met at the last event cannot be met by this one, which says the same again."""
    return 0 <= entry.time - last.time < what.span and not entry.burst and _alike(what, last, entry)


def _alike(what: Correlation, one: Entry, other: Entry) -> bool:
    return one.value == other.value if what.kind == "value_count" else one.reference == other.reference


def satisfied(what: Correlation, window: list[Entry]) -> bool:
    """Whether the condition holds for exactly these events, ascending by time."""
    match what.kind:
        case "event_count":
            measure: float = sum(entry.weight for entry in window)
        case "value_count":
            measure = len({entry.value for entry in window if entry.value is not None})
        case "temporal":
            seen = frozenset(entry.reference for entry in window)
            if what.expression is not None:
                return holds(what.expression, seen)
            measure = len(seen)
        case "temporal_ordered":
            measure = _steps(window)
        case _:
            numbers = sorted(entry.value for entry in window if isinstance(entry.value, (int, float)))
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


def entries_kept(what: Correlation) -> int:
    """Events of one group that can still matter before the condition is met."""
    bound = int(max((bound for _, bound in what.thresholds), default=0))
    if what.kind == "event_count":
        return min(ENTRIES_KEPT, SLACK + 2 * bound)
    if what.kind == "value_count":
        return min(ENTRIES_KEPT, SLACK + 4 * bound)
    if what.kind.startswith("temporal"):
        return SLACK + 4 * len(what.references) ** 2
    return ENTRIES_KEPT


def shrink(what: Correlation, group: Group, newest: Entry, kept: int) -> int:
    """Leaves out events until the group is within bounds. Returns how many of them a window could still have held."""
    entries = group.entries
    if what.kind in ("value_count", "temporal"):
        # Of events that say the same only the latest can matter for the windows to come.
        if what.kind == "temporal":
            latest: dict[Any, Entry] = {entry.reference: entry for entry in entries}
        else:
            latest = {entry.value: entry for entry in entries}
        if len(latest) < len(entries):
            group.entries = sorted(latest.values(), key=time_of)
            return 0
    if what.kind == "temporal_ordered":
        # Of neighbours of the same kind only as many matter as there are steps.
        steps = len(what.references)
        group.entries = [
            entry
            for i, entry in enumerate(entries)
            if i + steps >= len(entries)
            or any(later.reference != entry.reference for later in entries[i : i + steps + 1])
        ]
        if len(group.entries) < len(entries):
            return 0
    outside = bisect_left(entries, newest.time - what.span + 1, key=time_of)
    drop = max(1, len(entries) - kept)
    if outside:
        del entries[: min(outside, drop)]
        return 0
    oldest = next(i for i, entry in enumerate(entries) if entry is not newest)
    del entries[oldest]
    return 0 if what.kind == "event_count" else 1
