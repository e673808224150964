"""Exceptions made from alerts: Sigma filters, with a look at what they would have hidden before they are kept."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import polars as pl

from vedette.config.tree import Tree
from vedette.detect import sigma
from vedette.detect.sigma import Rule, Ruleset
from vedette.detect.sigma.documents import documents
from vedette.incidents.exceptions import from_events, silenced
from vedette.model.alert import Alert
from vedette.model.errors import VedetteError
from vedette.model.ports import Store
from vedette.model.query import Any as AnyOf
from vedette.model.query import Test
from vedette.model.records import Events
from vedette.model.stored import AlertQuery, EventQuery
from vedette.runtime.own_rules import beside, write
from vedette.runtime.rules import EXCEPTIONS, UNTIL, until

LOOKED_BACK: Final = timedelta(days=30)
"""From now, or from the newest event."""
ALERTS: Final = 10_000
"""The newest of the rule's that are looked at."""
SAMPLES: Final = 10
AT_ONCE: Final = 200
"""Alerts that exceptions are made of at once."""
NEVER_THE_SAME: Final = frozenset({
    "@timestamp", "event.id", "event.original", "event.start", "event.end", "event.created", "event.ingested", "log.offset",
    "message", "process.pid", "source.port", "event.sequence", "event.duration", "line",
})  # fmt: skip
"""An exception on these would hide one event."""


class Look(NamedTuple):
    """What a filter would have hidden.

    Attributes:
        since: of events that were looked at.
        hidden: events that the rule would not have spoken of, of `seen` that it did.
        samples: the first of them as they were logged.
        alerts: that would have lost all known evidence; `partly`: some of it.
    """

    since: datetime
    seen: int
    hidden: int
    samples: list[str]
    alerts: list[Alert]
    partly: list[Alert]


class Proposal(NamedTuple):
    """A filter that is not kept yet."""

    rule_id: str
    rule_name: str
    text: str
    look: Look


class Kept(NamedTuple):
    """An exception that is kept. `tests`: per alternative, what fields must be; `over`: past its end."""

    name: str
    text: str
    rules: list[str]
    tests: list[dict[str, Any]]
    who: str
    why: str
    date: str
    until: datetime | None
    over: bool
    fault: str


def choices(store: Store, alert: Alert) -> dict[str, Any]:
    """Fields of the alert's event that an exception can be made of, with what they are."""
    event = _event(store, alert)
    return {
        name: value
        for name, value in event.items()
        if value not in (None, "") and isinstance(value, str | int | float | bool) and name not in NEVER_THE_SAME
    }


def propose(
    tree: Tree, known: Ruleset, store: Store, alerts: Sequence[Alert], fields: Sequence[str], *, who: str, why: str, now: datetime
) -> list[Proposal]:
    """A filter for each rule of the alerts that hides what it says about events like theirs, and what it would hide.

    Raises:
        VedetteError: a rule runs no more, the events are no longer kept, or fields or words are not enough.
    """
    if not 0 < len(alerts) <= AT_ONCE:
        raise VedetteError("exceptions are made of 1 to 200 alerts at once", fix="choose fewer: one of each kind will do")
    events: dict[str, list[Mapping[str, Any]]] = {}
    rules: dict[str, Rule] = {}
    for alert in alerts:
        rule = _watched(known, alert)
        rules[rule.id] = rule
        events.setdefault(rule.id, []).append(_event(store, alert))
    made = []
    for rule_id, rule in rules.items():
        text = from_events(rule_id, rule.name, events[rule_id], fields, rule.logsource, who=who, why=why, at=now)
        made.append(Proposal(rule_id, rule.name, text, _look(tree, known, store, rule, text, now)))
    return made


def keep(tree: Tree, text: str, end: datetime | None = None) -> Path:
    """Write the filter where the agent looks for exceptions, which takes it over within seconds.

    Args:
        end: it hides nothing from then on.
    """
    folder = tree.data_dir / EXCEPTIONS
    folder.mkdir(mode=0o700, exist_ok=True)
    (document,) = documents("", text)
    name = str((document.content or {})["id"])
    for old in folder.glob(f"{name}*.yml"):
        old.unlink(missing_ok=True)
    path = folder / (f"{name}.until-{end:{UNTIL}}.yml" if end else f"{name}.yml")
    write(path, text)
    return path


def kept(tree: Tree, known: Ruleset, now: datetime) -> list[Kept]:
    """All exceptions, the newest first; those that are over too."""
    faults = {bad.path: bad.reason for bad in known.refused}
    found = []
    for path in sorted((tree.data_dir / EXCEPTIONS).glob("*.yml")):
        try:
            text = path.read_text("utf-8", "replace")
        except OSError:
            continue
        content = documents(str(path), text)[0].content or {}
        body: Any = content.get("filter") if isinstance(content.get("filter"), dict) else {}
        selection, rules = body.get("selection"), body.get("rules")
        end = until(path.name)
        found.append(
            Kept(
                path.name, text, [str(each) for each in (rules if isinstance(rules, list) else [rules])],
                [each for each in (selection if isinstance(selection, list) else [selection]) if isinstance(each, dict)],
                str(content.get("author") or ""), str(content.get("description") or ""), str(content.get("date") or ""),
                end, end is not None and end <= now, faults.get(str(path), ""),
            )
        )  # fmt: skip
    return sorted(found, key=lambda each: each.date, reverse=True)


def remove(tree: Tree, name: str) -> bool:
    """Forget an exception; whether there was one."""
    path = next((path for path in (tree.data_dir / EXCEPTIONS).glob("*.yml") if path.name == name), None)
    if path is None:
        return False
    path.unlink(missing_ok=True)
    return True


def _watched(known: Ruleset, alert: Alert) -> Rule:
    """The rule that looks at events for this alert: a correlation sees only what its rules let through."""
    rule = next((each for each in known.rules if each.id == alert.rule_id), None)
    if rule is None:
        fix = "only what a rule says has exceptions; raise the threshold in the settings for the rest"
        raise VedetteError(f"{alert.rule_name!r} is no rule that runs", where=alert.rule_id, fix=fix)
    while rule.correlation:
        rule = known.rules[rule.correlation.references[0].rule]
    return rule


def _event(store: Store, alert: Alert) -> dict[str, Any]:
    ids = [evidence.event_id for evidence in alert.evidence]
    end = alert.last_seen + timedelta(microseconds=1)
    query = EventQuery(since=alert.first_seen, until=end, where=pl.col("event.id").is_in(ids), newest=False, limit=1)
    found = store.events(query).frame
    if found.is_empty():
        fix = "write the filter by hand: docs/rules.md"
        raise VedetteError("the events behind it are no longer kept", where=alert.id, fix=fix)
    return found.row(0, named=True)


def _look(tree: Tree, known: Ruleset, store: Store, rule: Rule, text: str, now: datetime) -> Look:
    # In place of the same one, when that was made before.
    same = (documents("", text)[0].content or {})["id"]
    others = Ruleset(known.rules, tuple(each for each in known.filters if each.id != same), known.refused)
    after = beside(others, text, "exception", dict(tree.rules.placeholders)).ruleset
    if after.refused and (bad := next((each for each in after.refused if each.path == "exception"), None)):
        raise VedetteError(bad.reason, where="exception", fix="choose other fields")
    as_is = Ruleset((rule,), (), ())
    then = Ruleset((next(each for each in after.rules if each.id == rule.id),), (), ())
    since = min(now, store.status().newest or now) - LOOKED_BACK  # of a recording, its own last days
    # Of the rule and of all that look at it.
    names = list(_speakers(known, rule))
    query = AlertQuery(where=AnyOf(tuple(Test("rule.id", "is", name) for name in names)), since=since, limit=ALERTS)
    alerts = store.alerts(query)
    wanted = pl.Series([evidence.event_id for alert in alerts for evidence in alert.evidence], dtype=pl.String).unique()
    seen = hidden = 0
    samples: list[str] = []
    gone: set[str] = set()
    for batch in store.events_between(since, None):
        before = _hits(as_is, batch)
        if before.is_empty():
            continue
        lost = before.join(_hits(then, batch), on="row", how="anti").sort("row")["row"].to_list()
        seen += before.height
        hidden += len(lost)
        events = batch.frame[lost]
        gone.update(events.filter(pl.col("event.id").is_in(wanted.implode()))["event.id"].to_list())
        if "event.original" in events.columns:
            samples += [str(each) for each in events["event.original"].head(SAMPLES - len(samples)).to_list()]
    return Look(since, seen, hidden, samples, *silenced(alerts, gone))


def _speakers(known: Ruleset, rule: Rule) -> Iterator[str]:
    """The rule, and correlations that look at it, directly or through others: inner ones come first in a rule set."""
    about = {i for i, each in enumerate(known.rules) if each.id == rule.id}
    for i, each in enumerate(known.rules):
        if each.correlation and any(reference.rule in about for reference in each.correlation.references):
            about.add(i)
        if i in about:
            yield each.id


def _hits(alone: Ruleset, batch: Events) -> pl.DataFrame:
    return sigma.match(alone, batch).select("row")
