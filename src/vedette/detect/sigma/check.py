"""What a rule set says about itself: every document with its fate, and the samples beside the rules.

A sample file `x.test.yml` stands beside `x.yml`:

    match:                      # each item by itself must make the rule of x.yml match (a correlation: raise)
      - log: 'one raw record, or several as lines'
        format: optional name of a format
      - event: {logsource: {product: linux}, event.action: su, user.name: root}
      - events: [{...}, {...}]
    no_match: []                # each item by itself must not

Where an event has no @timestamp it gets one, a second after that of the event before it.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
import polars as pl

from vedette.detect.sigma.aggregation import EVENTS
from vedette.detect.sigma.alerts import step
from vedette.detect.sigma.documents import Document, documents
from vedette.detect.sigma.matching import match
from vedette.detect.sigma.rule import Filter, Rule, Ruleset
from vedette.detect.sigma.sources import provided
from vedette.detect.sigma.state import begin
from vedette.detect.sigma.taxonomy import columns, places
from vedette.detect.sigma.witness import expensive
from vedette.model.fields import FIELDS, dtype
from vedette.model.records import Events, Logsource
from vedette.model.text import count

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
SUFFIX: Final = re.compile(r"\.test\.ya?ml$")

Parse = Callable[[str, str | None], Sequence[Events]]
"""Raw records (text of one or more lines) and a format's name or None, to events with all of the lines in order."""


class Outcome(NamedTuple):
    """How one item of a sample file came out. `number` counts from 1 within `expected`; `reason`: what was wrong."""

    path: str
    rule_id: str
    rule_name: str
    expected: str
    number: int
    passed: bool
    reason: str


def check(ruleset: Ruleset, known: Collection[str] = ()) -> list[dict[str, Any]]:
    """One row per document, by path and line: rule.id, rule.name, path, line, status, reason, logsource, cost and
    unknown_fields. The reason says why a document is refused, or what is to be known of one that runs: that nothing
    feeds it, that it is expensive and why, that it is run as something else.

    Args:
        known: columns that parsers give beside those of the event schema. A field is unknown when no place that its
            rule looks at could have it; without `known`, only fields of log sources that keep no names of their own.
    """
    rows: list[dict[str, Any]] = []
    for rule in ruleset.rules:
        if rule.id.endswith(EVENTS):
            continue
        source = named(rule.logsource)
        row = _row(rule.id, rule.name, rule.path, rule.line)
        counted = ruleset.rules[rule.correlation.references[0].rule] if rule.correlation else None
        missing, told = unknown(rule, known), list(remarks(rule))
        if counted and counted.id == rule.id + EVENTS and rule.correlation:
            missing = list(dict.fromkeys(unknown(counted, known) + missing))
            told = [
                *remarks(counted),
                f"counts in the way of Sigma 1: runs as a correlation of type {rule.correlation.kind}",
            ]
        facts = {"logsource": source or None, "cost": rule.cost, "unknown_fields": missing}
        rows.append({**row, **facts, "reason": "; ".join(told) or None})
    rows.extend({**_row(one.id, one.name, one.path, one.line), "reason": _filters(one)} for one in ruleset.filters)
    rows.extend(
        {**_row(bad.rule_id, bad.name, bad.path, bad.line), "status": "refused", "reason": bad.reason}
        for bad in ruleset.refused
    )
    return sorted(rows, key=lambda row: (row["path"], row["line"]))


def _filters(one: Filter) -> str:
    nothing = "filters nothing: no rule that is loaded has its log source"
    said = f"filters {count(len(one.rules), 'rule')}" if one.rules else nothing
    return said + (f"; not loaded: {', '.join(one.missing)}" if one.missing else "")


def named(source: Logsource) -> str:
    """A log source in one line: `category=dns product=windows`."""
    return " ".join(f"{part}={value}" for part, value in source._asdict().items() if value)


def remarks(rule: Rule) -> Iterator[str]:
    """What is to be known of a rule that runs: that nothing feeds it, that it is expensive and why."""
    if rule.condition is None:
        return
    if not provided(rule.logsource):
        yield f"nothing that Vedette reads is {named(rule.logsource)}"
    if why := expensive(rule.condition):
        yield f"expensive: {why}"


def _row(rule_id: str, name: str, path: str, line: int) -> dict[str, Any]:
    return {
        "rule.id": rule_id,
        "rule.name": name,
        "path": path,
        "line": line,
        "status": "runs",
        "reason": None,
        "logsource": None,
        "cost": 0,
        "unknown_fields": [],
    }


def unknown(rule: Rule, known: Collection[str]) -> list[str]:
    """Fields of a rule that no event can have."""
    have = {*FIELDS, *known}
    found = places(rule.logsource)
    ours = any(rule.logsource) and all(not name for name in rule.logsource[1:])
    return [
        field
        for field in rule.fields
        if (known or ours)
        and not any(name in have for place in found for name in columns(place, field))
        and not any(place.batch.product == "windows" and field in place.fields for place in found)
    ]


def run_samples(ruleset: Ruleset, samples: Sequence[tuple[str, str]], parse: Parse) -> list[Outcome]:
    """Every item of the sample files, given as (path, text), against the rules that stand beside them.

    Args:
        parse: makes events of raw records; detection does not know formats.
    """
    outcomes: list[Outcome] = []
    for path, text in samples:
        beside = re.sub(SUFFIX, "", path)
        rules = [(i, rule) for i, rule in enumerate(ruleset.rules) if rule.path in (f"{beside}.yml", f"{beside}.yaml")]
        rules = [(i, rule) for i, rule in rules if rule.raises] or rules
        if not rules:
            refused = [bad for bad in ruleset.refused if bad.path in (f"{beside}.yml", f"{beside}.yaml")]
            why = f"its rule is refused: {refused[0].reason}" if refused else "no rule that runs stands beside it"
            outcomes.append(Outcome(path, "", "", "match", 0, False, why))
            continue
        for doc in documents(path, text):
            outcomes.extend(_document(ruleset, rules, doc, parse))
    return outcomes


def _document(ruleset: Ruleset, rules: list[tuple[int, Rule]], doc: Document, parse: Parse) -> list[Outcome]:
    path, content = doc.path, doc.content
    rule = rules[0][1]
    lists = all(isinstance(items, list) for items in (content or {}).values() if items)
    if content is None or not set(content) <= {"match", "no_match"} or not content.get("match") or not lists:
        reason = doc.fault or "a sample file has match, a list of at least one item, and no_match"
        return [Outcome(path, rule.id, rule.name, "match", 0, False, reason)]
    outcomes = []
    for expected in ("match", "no_match"):
        for number, item in enumerate(content.get(expected) or (), 1):
            try:
                batches = sample(item, parse)
            except (TypeError, ValueError, KeyError, AttributeError, pl.exceptions.PolarsError) as error:
                outcomes.append(Outcome(path, rule.id, rule.name, expected, number, False, f"bad item: {error}"))
                continue
            hits = _hits(ruleset, rules, batches)
            passed = bool(hits) == (expected == "match")
            reason = ""
            if not sum(batch.frame.height for batch in batches):
                passed, reason = False, "no record of the item was understood"
            elif not passed:
                reason = "did not match" if expected == "match" else f"matched: {'; '.join(hits)}"
            outcomes.append(Outcome(path, rule.id, rule.name, expected, number, passed, reason))
    return outcomes


def _hits(ruleset: Ruleset, rules: list[tuple[int, Rule]], batches: Sequence[Events]) -> list[str]:
    """What the rules said of one item."""
    matches = [match(ruleset, batch) for batch in batches]
    plain = {i for i, rule in rules if rule.condition}
    found = [
        ruleset.rules[rule].name
        for frame in matches
        for rule in frame["rule"].unique().sort().to_list()
        if rule in plain
    ]
    wanted = {rule.id for _, rule in rules if rule.correlation}
    if not wanted:
        return found
    # A correlation that only others look at says nothing itself: let it speak here.
    loud = Ruleset(tuple(rule._replace(raises=True) for rule in ruleset.rules), (), ())
    alerts = step(loud, begin(loud), list(zip(batches, matches, strict=True))).alerts
    return [*found, *(alert.message for alert in alerts if alert.rule_id in wanted)]


def sample(item: Any, parse: Parse) -> list[Events]:
    """The events of one item of a sample file, `line` in their order.

    Raises:
        ValueError, TypeError: the item is none of log, logs, event and events.
    """
    if isinstance(item, list):
        made = [batch for one in item for batch in sample(one, parse)]
        return [_shifted(batch, sum(b.frame.height for b in made[:i])) for i, batch in enumerate(made)]
    if not isinstance(item, Mapping):
        raise TypeError("an item is a mapping with log, event or events")
    given = [key for key in ("log", "logs", "event", "events") if key in item]
    if len(given) != 1 or not set(item) <= {*given, "format"}:
        raise ValueError("an item has one of log, event and events, and maybe format")
    value = item[given[0]]
    if given[0] in ("log", "logs"):
        text = "\n".join(value) if isinstance(value, list) else value
        if not isinstance(text, str):
            raise TypeError("log must be text")
        return list(parse(text, item.get("format")))
    return [_event(dict(event), i) for i, event in enumerate(value if isinstance(value, list) else [value])]


def _shifted(batch: Events, by: int) -> Events:
    return (
        batch._replace(frame=batch.frame.with_columns(line=pl.col("line") + by))
        if "line" in batch.frame.columns
        else batch
    )


def _flat(event: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names, as parsers make them of objects in objects."""
    for name, value in event.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{name}.")
        else:
            yield above + name, value


def _event(event: dict[str, Any], number: int) -> Events:
    logsource = Logsource(**(event.pop("logsource", None) or {}))
    event.setdefault("@timestamp", START + timedelta(seconds=number))
    event.setdefault("event.id", f"sample-{number + 1}")
    columns: dict[str, pl.Series] = {}
    for name, value in _flat(event):
        kind = dtype(name)
        if isinstance(kind, pl.Datetime) and isinstance(value, str):
            value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        if isinstance(kind, pl.String) and value is not None and not isinstance(value, str):
            value = msgspec.json.encode(value).decode()
        columns[name] = pl.Series([value], dtype=kind)
    return Events(logsource, pl.DataFrame({"line": pl.Series([number + 1], dtype=pl.Int64), **columns}))
