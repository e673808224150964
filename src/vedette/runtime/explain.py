"""For every record: how it was read, which rules counted it, against whom, and why nobody was blocked for it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson
import polars as pl

from vedette.detect.sigma import Rule
from vedette.model.alert import Alert
from vedette.model.records import Events, Json
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

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rules = engine.plan.rules.rules
        self._feeds: dict[int, list[Rule]] = {}
        for rule in self._rules:
            for reference in rule.correlation.references if rule.correlation else ():
                self._feeds.setdefault(reference.rule, []).append(rule)

    def explain(self, seen: Seen) -> Iterator[Explained]:
        """Every record of a batch, by line."""
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
                verdict=self._verdict(hits.get(row, []), offender, raised.get(event["event.id"], [])),
            )

    def _verdict(self, rules: list[int], offender: str | None, raised: list[Alert]) -> str:
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
        parts.append("not blocked: enforcement is off")
        return "; ".join(parts)


def _offender(rule: Rule, event: Mapping[str, Any]) -> str | None:
    """The address that a match counts against; None when the rule holds it against nobody."""
    return next((str(event[name]) for name in rule.offender if event.get(name)), None)
