"""Matches to alerts: one rule by itself, grouped by key and hour; several over a window, by the correlations."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Final, TypeVar

import numpy as np
import polars as pl

from vedette.detect.sigma.bursts import Growth, fold
from vedette.detect.sigma.columns import Rows
from vedette.detect.sigma.items import Pulses, Shared, gather
from vedette.detect.sigma.memory import Names, Told
from vedette.detect.sigma.messages import TELLING, matched, summary
from vedette.detect.sigma.rule import Rule, Ruleset
from vedette.detect.sigma.sightings import NO_TIME, Matched, Sightings, moment
from vedette.detect.sigma.state import Key, State
from vedette.model.alert import ENTITIES_KEPT, EVIDENCE_KEPT, Alert, Evidence, alert_id
from vedette.model.records import Events
from vedette.model.step import Step

HOUR: Final = 3_600_000_000
NOBODY: Final = Names()
T = TypeVar("T")
Place = tuple[Sightings, int]
"""One event: its position in sightings."""
Batches = Sequence[tuple[Events, pl.DataFrame]]


def step(ruleset: Ruleset, state: State, batches: Batches) -> Step:
    """Folds events and what `match` said of them into the state; returns it with the alert parts that follow.

    Args:
        batches: events of one stretch of the stream with their matches. Over all of them `line` gives the order of
            arrival, so that it does not matter into how many log sources the stretch was split.
    """
    alerts: list[tuple[tuple[int, int], Alert]] = []  # with line and rule, to be told in order of arrival
    seen: dict[int, list[Sightings]] = {}
    single: dict[int, list[Sightings]] = {}
    for events, matches in batches:
        which = matches["rule"].to_numpy()
        for found, chosen in ((seen, ruleset.correlated[which]), (single, ruleset.raising[which])):
            if not chosen.any():
                continue
            matched_rows = Matched(events, matches if chosen.all() else matches.filter(chosen))
            first = state.memory.add(matched_rows.shown) if found is seen else 0
            for i, rows in matched_rows.by_rule.items():
                found.setdefault(i, []).append(Sightings(ruleset.rules[i], matched_rows, rows, first))
    for i, sightings in single.items():
        alerts.extend(((line, i), alert) for line, alert in _single(ruleset.rules[i], sightings))
    grown: list[tuple[int, Growth]] = []
    pulses: dict[int, Pulses] = {}
    shared: Shared = {}
    for i, what in ruleset.correlations:
        rule = ruleset.rules[i]
        items = gather(ruleset, state, what, seen, pulses, shared)
        if items is None:
            continue
        growths, told = fold(rule.id, what, state, state.groups[i], items, pulse=bool(ruleset.correlated[i]))
        if told is not None:
            pulses[i] = told
        if rule.raises:
            grown.extend((i, growth) for growth in growths)
    shown = state.memory.told(number for _, growth in grown for number in growth.events)
    alerts.extend(((growth.line, i), _correlated(ruleset.rules[i], growth, shown)) for i, growth in grown)
    state.memory.tidy(state.held)
    return Step(state, [alert for _, alert in sorted(alerts, key=itemgetter(0))])


def _single(rule: Rule, all_sightings: Sequence[Sightings]) -> Iterable[tuple[int, Alert]]:
    """Alert parts of one rule, one for each key and hour, with the line of their first event."""
    numbers: dict[tuple[Key, str], int] = {}
    codes = np.concatenate([_coded(rule, sightings, numbers) for sightings in all_sightings])
    lines = np.concatenate([sightings.lines for sightings in all_sightings])
    times = np.concatenate([sightings.times for sightings in all_sightings])
    weights = np.concatenate([sightings.weights for sightings in all_sightings])
    sizes = [len(sightings.rows) for sightings in all_sightings]
    origin = [(sightings, at) for sightings, size in zip(all_sightings, sizes, strict=True) for at in range(size)]
    who = [names for sightings in all_sightings for names in sightings.who]
    times[times == NO_TIME] = 0
    order = np.lexsort((lines, codes)) if len(all_sightings) > 1 else np.argsort(codes, kind="stable")
    begins = np.searchsorted(codes[order], np.arange(len(numbers)))
    records = np.add.reduceat(weights[order], begins).tolist()
    first_seen = np.minimum.reduceat(times[order], begins).tolist()
    last_seen = np.maximum.reduceat(times[order], begins).tolist()
    members = order.tolist()
    edges = [*begins.tolist(), len(members)]
    # Evidence holds whole records: it is made, in one go, only of those that are shown.
    shown = [members[begin : min(end, begin + EVIDENCE_KEPT)] for begin, end in pairwise(edges)]
    evidence = _asked([origin[member] for some in shown for member in some], Sightings.evidence)
    told = _asked([origin[some[0]] for some in shown], lambda one, places: one.first(TELLING, places))
    for (key, hour), number in numbers.items():
        some = members[edges[number] : edges[number + 1]]
        first = some[0]
        names = who[first]
        yield (
            int(lines[first]),
            Alert(
                timestamp=moment(int(times[first])),
                id=alert_id(rule.id, *key, hour),
                rule_id=rule.id,
                rule_name=rule.name,
                level=rule.level,
                rule_source="sigma",
                alert_class=rule.alert_class,
                techniques=rule.techniques,
                tactics=rule.tactics,
                source_ip=names.source_ip,
                destination_ip=names.destination_ip,
                user_name=names.user_name,
                host_name=names.host_name,
                count=records[number],
                first_seen=moment(first_seen[number]),
                last_seen=moment(last_seen[number]),
                message=matched(rule, names, told[origin[first]]),
                entities=_entities([who[member] for member in some]),
                evidence=_distinct([evidence[origin[member]] for member in shown[number]]),
            ),
        )


def _asked(events: Iterable[Place], ask: Callable[[Sightings, list[int]], list[T]]) -> dict[Place, T]:
    """What is said of some events, asked once for all that are of the same sightings."""
    places: dict[Sightings, list[int]] = {}
    for sightings, at in events:
        places.setdefault(sightings, []).append(at)
    return {
        (sightings, at): said
        for sightings, some in places.items()
        for at, said in zip(some, ask(sightings, some), strict=True)
    }


def _coded(rule: Rule, sightings: Sightings, numbers: dict[tuple[Key, str], int]) -> Rows:
    """Which key and hour ("" for those without a time) every event has, by the numbers of all that were seen."""
    hours = np.where(sightings.times == NO_TIME, NO_TIME, sightings.times // HOUR)
    different, inverse = np.unique(hours, return_inverse=True)
    named = ["" if hour == NO_TIME else str(hour) for hour in different.tolist()]
    keys, codes = _keys(rule, sightings)
    both, again = np.unique(codes * len(named) + inverse, return_inverse=True)
    pairs = [(keys[code // len(named)], named[code % len(named)]) for code in both.tolist()]
    found: Rows = np.array([numbers.setdefault(pair, len(numbers)) for pair in pairs], np.int64)[again]
    return found


def _keys(rule: Rule, sightings: Sightings) -> tuple[list[Key], Rows]:
    """What groups the alerts of a rule, and which of them every event has."""
    if rule.key:
        rows = list(zip(*(sightings.texts(name) for name in rule.key), strict=True))
        made: list[Key] = [tuple(value or "" for value in row) for row in rows]
    else:
        hosts, users, addresses = map(sightings.texts, ("host.name", "user.name", "source.ip"))
        made = [
            (address,) if address else (host or "", user or "")
            for address, host, user in zip(addresses, hosts, users, strict=True)
        ]
    numbers: dict[Key, int] = {}
    codes = np.array([numbers.setdefault(key, len(numbers)) for key in made], np.int64)
    return list(numbers), codes


def _correlated(rule: Rule, growth: Growth, shown: Mapping[int, Told]) -> Alert:
    told = [shown[number] for number in growth.events]
    who = [one.names for one in told]
    leading = who[: len(growth.window)] or who
    names = _common(leading)
    return Alert(
        timestamp=moment(growth.true_at),
        id=growth.id,
        rule_id=rule.id,
        rule_name=rule.name,
        level=rule.level,
        rule_source="correlation",
        alert_class=rule.alert_class,
        techniques=rule.techniques,
        tactics=rule.tactics,
        source_ip=names.source_ip,
        destination_ip=names.destination_ip,
        user_name=names.user_name,
        host_name=names.host_name,
        count=growth.weight,
        first_seen=moment(growth.first),
        last_seen=moment(growth.last),
        message=summary(rule, growth, leading),
        entities=_entities(who),
        evidence=_distinct([one.evidence for one in told]),
    )


def _distinct(all_evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    if len(all_evidence) == 1:
        return tuple(all_evidence)
    by_event: dict[str, Evidence] = {}
    for evidence in all_evidence:
        by_event.setdefault(evidence.event_id, evidence)
    return tuple(by_event.values())[:EVIDENCE_KEPT]


def _common(all_names: list[Names]) -> Names:
    """What all of them agree on."""
    if not all_names:
        return NOBODY
    columns = zip(*[(n.source_ip, n.destination_ip, n.user_name, n.host_name) for n in all_names], strict=True)
    return Names(*[column[0] if len(set(column)) == 1 else None for column in columns])


def _entities(all_names: Sequence[Names]) -> tuple[tuple[str, str], ...]:
    found: dict[tuple[str, str], None] = {}
    for names in all_names:
        if len(found) >= ENTITIES_KEPT:
            break
        if names.source_ip:
            found["ip", names.source_ip] = None
        if names.user_name:
            found["user", names.user_name] = None
        if names.host_name:
            found["host", names.host_name] = None
        if names.destination_ip:
            found["ip", names.destination_ip] = None
    return tuple(found)[:ENTITIES_KEPT]
