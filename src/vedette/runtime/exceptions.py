"""An exception made from an alert: a Sigma filter, with a look at what it would have hidden before it is kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import polars as pl

from vedette.config.tree import Tree
from vedette.detect import sigma
from vedette.detect.sigma import Ruleset
from vedette.incidents.exceptions import Preview, from_alert, preview
from vedette.model.alert import Alert
from vedette.model.errors import VedetteError
from vedette.model.ports import AlertQuery, EventQuery, Store
from vedette.model.records import Events
from vedette.runtime.rules import EXCEPTIONS, load, rule_paths

LOOKED_BACK: Final = timedelta(days=30)


class Proposal(NamedTuple):
    """A filter that is not kept yet."""

    text: str
    preview: Preview


def propose(
    tree: Tree, store: Store, alert_id: str, fields: Sequence[str], *, who: str, why: str, now: datetime
) -> Proposal:
    """The filter that hides what the alert's rule says about events like this one, and what it would hide.

    Raises:
        VedetteError: no such alert, its event is no longer kept, or a field is not in it.
    """
    alert = store.alert(alert_id)
    if alert is None:
        raise VedetteError("no such alert", where=alert_id, fix="vedette incidents show ID lists alert ids")
    rules = load(rule_paths(tree), builtin=tree.rules.builtin, placeholders=tree.rules.placeholders).rules
    rule = next((r for r in rules if r.id == alert.rule_id), None)
    if rule is None:
        raise VedetteError("its rule does not run any more", where=alert.rule_id)
    while rule.correlation:  # A correlation sees only what its rules let through.
        rule = rules[rule.correlation.references[0].rule]
    about = msgspec.structs.replace(alert, rule_id=rule.id, rule_name=rule.name)
    text = from_alert(about, _event(store, alert), fields, rule.logsource, who=who, why=why, at=now)
    return Proposal(text, _preview(tree, store, rule.id, text, now))


def keep(tree: Tree, text: str, alert_id: str) -> Path:
    """Write the filter where the agent looks for exceptions; it takes it over within seconds."""
    folder = tree.data_dir / EXCEPTIONS
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{alert_id}.yml"
    path.write_text(text, "utf-8")
    return path


def _event(store: Store, alert: Alert) -> dict[str, Any]:
    ids = [e.event_id for e in alert.evidence]
    query = EventQuery(since=alert.first_seen, where=pl.col("event.id").is_in(ids), newest=False, limit=1)
    found = store.events(query).frame
    if found.is_empty():
        raise VedetteError(
            "the events behind it are no longer kept", where=alert.id, fix="write the filter by hand: docs/rules.md"
        )
    return found.row(0, named=True)


def _preview(tree: Tree, store: Store, rule_id: str, text: str, now: datetime) -> Preview:
    paths, builtin, filled = rule_paths(tree), tree.rules.builtin, tree.rules.placeholders
    before = load(paths, builtin=builtin, placeholders=filled)
    after = load(paths, builtin=builtin, placeholders=filled, more=[("exception", text)])
    events: list[dict[str, Any]] = []
    kept: set[str] = set()
    for batch in store.events_between(now - LOOKED_BACK, None):
        events += _hits(before, rule_id, batch).iter_rows(named=True)
        kept.update(_hits(after, rule_id, batch)["event.id"].to_list())
    alerts = store.alerts(AlertQuery(limit=1000))
    return preview(text, events, lambda _text, event: event["event.id"] in kept, alerts)


def _hits(ruleset: Ruleset, rule_id: str, batch: Events) -> pl.DataFrame:
    index = next(i for i, rule in enumerate(ruleset.rules) if rule.id == rule_id)
    return batch.frame[sigma.match(ruleset, batch).filter(pl.col("rule") == index)["row"].to_list()]
