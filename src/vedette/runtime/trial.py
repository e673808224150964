"""A rule tried on what is stored: what it would have matched, what that would have cost, and what would have become of it."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from vedette.detect import sigma
from vedette.detect.sigma import Rule, Ruleset
from vedette.detect.sigma.timeline import timeline
from vedette.model.alert import Alert, fold
from vedette.model.errors import VedetteError
from vedette.model.incident import Incident
from vedette.model.ports import Store
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.rules import BUILTIN, files, load

EXAMPLES: Final = 5
"""Matches of each rule that are shown, the first ones."""


class Trial(NamedTuple):
    """What came of it.

    Attributes:
        rules: those that were tried.
        events: how many were looked at, of any log source.
        matches: events that each rule matched, by its id; of a correlation: alerts.
        examples: columns as in timeline.ROWS.
        seconds: processor time that matching these rules alone took.
    """

    rules: Sequence[Rule]
    events: int
    matches: dict[str, int]
    examples: pl.DataFrame
    alerts: Sequence[Alert]
    incidents: Sequence[Incident]
    seconds: float


def chosen(names: Sequence[str], own: Sequence[Path]) -> list[Path]:
    """Rule files by path, or by the id or title of a rule in the built-in pack or below `own`.

    Raises:
        VedetteError: there is no such rule.
    """
    found: list[Path] = []
    known: Sequence[Rule] | None = None
    for name in names:
        if Path(name).exists():
            found += files([Path(name)])
            continue
        if known is None:
            known = load(own).rules
        paths = {Path(rule.path) for rule in known if name in (rule.id, rule.name, rule.reference)}
        if not paths:
            raise VedetteError("no such rule", where=name, fix="name a rule file, or see: vedette rules list")
        found += sorted(paths)
    return found


def together(
    paths: Sequence[Path], own: Sequence[Path], placeholders: Mapping[str, Sequence[str]] | None = None
) -> Ruleset:
    """The rules of these files with all others that there are, which correlations may name.

    Args:
        own: where the user's other rules are.
        placeholders: values for `%name%` in rules.
    """
    others = [path for path in [BUILTIN, *own] if not any(path == one for one in paths)]
    # First, so that of two versions of one rule it is this one that runs.
    return load([*_outside(paths, others), *others], builtin=False, placeholders=placeholders)


def tried(
    store: Store, ruleset: Ruleset, paths: Sequence[Path], plan: Plan, since: datetime | None, until: datetime | None
) -> Trial:
    """What `trying` comes to."""
    return next(step for step in trying(store, ruleset, paths, plan, since, until) if isinstance(step, Trial))


def trying(
    store: Store, ruleset: Ruleset, paths: Sequence[Path], plan: Plan, since: datetime | None, until: datetime | None
) -> Iterator[int | Trial]:
    """Run the rules of these files, and no other, over the stored events of a time range.

    Args:
        ruleset: with these files, and all that their rules name.
        plan: for grouping and risk; its rules are not used.

    Yields:
        How many events were looked at, now and then; at last what came of it.

    Raises:
        VedetteError: a rule of the files is refused, or there is none.
    """
    asked = {str(path.resolve()) for path in paths}
    for bad in ruleset.refused:
        if str(Path(bad.path).resolve()) in asked:
            raise VedetteError(bad.reason, where=f"{bad.path}:{bad.line}", fix="vedette rules check FILE")
    rules = [rule for rule in ruleset.rules if str(Path(rule.path).resolve()) in asked]
    if not rules:
        raise VedetteError("there is no rule in it", where=", ".join(map(str, paths)), fix="vedette rules check FILE")
    ids = {rule.id for rule in rules}
    only = tuple(rule._replace(raises=rule.raises and rule.id in ids) for rule in ruleset.rules)
    engine = Engine(plan._replace(rules=Ruleset(only, ruleset.filters, ruleset.refused), counts=None))
    alone = Ruleset(tuple(rule for rule in rules if rule.condition is not None), (), ())
    events, seconds = 0, 0.0
    matches: Counter[str] = Counter()
    examples: list[pl.DataFrame] = []
    parts: list[Alert] = []
    yield 0
    for batch in store.events_between(since, until):
        events += batch.frame.height
        started = time.process_time()
        sigma.match(alone, batch)
        seconds += time.process_time() - started
        (found,), alerts = engine.detect([batch])
        parts += alerts
        for number, count in found["rule"].value_counts().iter_rows():
            if only[number].id in ids:
                matches[only[number].id] += count
        lacking = [n for n, rule in enumerate(only) if rule.id in ids and _shown(examples, rule.id) < EXAMPLES]
        first = found.filter(pl.col("rule").is_in(lacking)).group_by("rule", maintain_order=True).head(EXAMPLES)
        if first.height:
            examples.append(timeline(engine.plan.rules, batch, first))
        yield events
    alerts = fold(parts)
    for alert in alerts:
        if alert.rule_source == "correlation":
            matches[alert.rule_id] += 1
    now = max((alert.last_seen for alert in alerts), default=until or since)
    incidents = engine.group(alerts, now, aging=False).changed if alerts and now else ()
    shown = pl.concat(examples).group_by("rule.id", maintain_order=True).head(EXAMPLES) if examples else pl.DataFrame()
    yield Trial(rules, events, dict(matches), shown, alerts, incidents, seconds)


def _outside(paths: Sequence[Path], folders: Sequence[Path]) -> list[Path]:
    """The paths that are in none of the folders: a file must not be read twice."""
    roots = [folder.resolve() for folder in folders]
    return [path for path in paths if not any(path.resolve().is_relative_to(root) for root in roots)]


def _shown(examples: Sequence[pl.DataFrame], rule_id: str) -> int:
    return sum(int((part["rule.id"] == rule_id).sum()) for part in examples)
