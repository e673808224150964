"""For every record: how it was read, which rules counted it, against whom, and why nobody was blocked for it."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
import polars as pl

from vedette.detect.sigma import Rule
from vedette.model.action import Action, Kind, source_network
from vedette.model.alert import Alert
from vedette.model.allowlist import Allowlist
from vedette.model.records import Events, Json
from vedette.respond.policy import REMEMBERED, Evidence, Known, Policy, Scores, decide, score_of
from vedette.runtime.engine import Engine, Seen

_ENVELOPE: Final = frozenset({"line", "event.original"})


class Explained(NamedTuple):
    """One object of `vedette explain`, as DESIGN section 8 gives it; `match_rules` is for people's output."""

    line: int
    format: str | None
    event: Json | None
    rejected: str | None
    matches: list[Json]
    offender: str | None
    verdict: str

    def json(self) -> bytes:
        """The object as one line of JSON."""
        return orjson.dumps(self._asdict(), option=orjson.OPT_UTC_Z)


class Explainer:
    """Explains the batches of one engine, in their order."""

    def __init__(self, engine: Engine, policy: Policy) -> None:
        self._engine = engine
        self._judge = Judge(policy)
        self._rules = engine.plan.rules.rules
        self._offending = {rule.id for rule in self._rules if "source.ip" in rule.offender}
        self._feeds: dict[int, list[Rule]] = {}
        for rule in self._rules:
            for reference in rule.correlation.references if rule.correlation else ():
                self._feeds.setdefault(reference.rule, []).append(rule)

    def explain(self, seen: Seen) -> Iterator[Explained]:
        """Every record of a batch, by line."""
        self._judge.hear(alert for alert in seen.alerts if alert.rule_id in self._offending)
        raised: dict[str, list[Alert]] = {}
        for alert in seen.alerts:
            for evidence in alert.evidence:
                raised.setdefault(evidence.event_id, []).append(alert)
        explained = [
            Explained(line, None, None, reason, [], None, f"not understood ({reason}): no rule can count it")
            for line, reason in seen.parsed.rejected.select("line", "reason").iter_rows()
        ]
        for events, matches in zip(seen.parsed.events, seen.matches, strict=True):
            explained += self._events(events, matches, raised)
        yield from sorted(explained, key=lambda each: each.line)

    def _events(self, events: Events, matches: pl.DataFrame, raised: Mapping[str, list[Alert]]) -> Iterator[Explained]:
        hits: dict[int, list[int]] = {}
        for rule, row in matches.select("rule", "row").iter_rows():
            hits.setdefault(row, []).append(rule)
        for row, event in enumerate(events.frame.iter_rows(named=True)):
            rules = [self._rules[index] for index in hits.get(row, ())]
            offender = next((found for rule in rules if (found := _offender(rule, event))), None)
            yield Explained(
                line=event["line"],
                format=event.get("event.dataset"),
                event={key: value for key, value in event.items() if value is not None and key not in _ENVELOPE},
                rejected=None,
                matches=[{"rule.id": r.id, "rule.name": r.name, "rule.level": r.level} for r in rules],
                offender=offender,
                verdict=self._verdict(hits.get(row, []), offender, raised.get(event["event.id"], []), event.get("@timestamp")),
            )

    def _verdict(self, rules: list[int], offender: str | None, raised: list[Alert], at: datetime | None) -> str:
        if not rules:
            return "no rule counts this record"
        names = ", ".join(f"'{self._rules[index].name}'" for index in rules)
        if offender is None:
            return f"seen by {names}; names nobody to hold it against"
        parts = [f"counts against {offender} by {names}"]
        feeds = {rule.id: rule for index in rules for rule in self._feeds.get(index, [])}
        if feeds:
            parts.append("looked at by " + ", ".join(f"'{rule.name}'" for rule in feeds.values()))
        told = list(dict.fromkeys(f"'{alert.rule_name}' ({alert.level})" for alert in raised))
        parts.append(f"part of alert {', '.join(told)}" if told else "no alert yet")
        parts.append(self._judge.verdict(offender, at))
        return "; ".join(parts)


class Judge:
    """What the policy would have done about each source, as the records come: nothing is in force here, and nobody is
    allowed but by the settings."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._scores = Scores()
        self._active: dict[tuple[Kind, str, int | None], Action] = {}
        allow = Allowlist.of((network, "settings") for network in policy.allow)
        self._known = Known(allow, self._active, lambda _network: 0)
        self._course: dict[str, tuple[list[datetime], list[str]]] = {}

    def hear(self, alerts: Iterable[Alert]) -> None:
        """Alert parts of one batch that count against their source, in their order."""
        while len(self._course) > REMEMBERED:
            self._course.pop(next(iter(self._course)))
        for times, verdicts in self._course.values():
            del times[:-1], verdicts[:-1]
        for alert in alerts:
            try:
                network = str(source_network(alert.source_ip or ""))
            except ValueError:
                continue
            decided = decide(self._policy, self._scores, [Evidence(alert, proven=True)], self._known, alert.timestamp)
            for action in decided.actions:
                self._active[action.kind, action.network, action.protocol] = action
            score = f"score {score_of(self._scores, network):.0f} of {self._policy.ban_threshold:.0f}"
            kinds = [kind for kind in ("drop", "limit") if (kind, network, None) in self._active]
            said = f"would be blocked ({kinds[0]}, {score})" if kinds else f"not blocked: {score}"
            for withheld in decided.withheld:
                said = f"not blocked: {withheld.why} ({score})"
            times, verdicts = self._course.setdefault(network, ([], []))
            times.append(max([alert.timestamp, *times[-1:]]))
            verdicts.append(said)

    def verdict(self, offender: str, at: datetime | None) -> str:
        """What was to be said of this address when its record was written."""
        try:
            network = str(source_network(offender))
        except ValueError:
            return "not blocked: no address"
        times, verdicts = self._course.get(network, ([], []))
        place = len(times) if at is None else bisect_right(times, at)
        return verdicts[place - 1] if place else f"not blocked: score 0 of {self._policy.ban_threshold:.0f}"


def _offender(rule: Rule, event: Mapping[str, Any]) -> str | None:
    """The address that a match counts against; None when the rule holds it against nobody."""
    return next((str(event[name]) for name in rule.offender if event.get(name)), None)
