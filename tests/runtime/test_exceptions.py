"""An exception made from an alert: previewed on what is stored, kept as a Sigma filter, obeyed by the next load."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.runtime.made import batch
from vedette.config.tree import Tree
from vedette.model.errors import VedetteError
from vedette.model.ports import AlertQuery, Batch, Commit
from vedette.parse.context import Context
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.exceptions import keep, propose
from vedette.runtime.rules import load, load_rules, rule_paths
from vedette.store.store import open_store

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def kept(tmp_path):
    """A store in which 198.51.100.7 and 203.0.113.9 have guessed passwords."""
    store = open_store(tmp_path)
    engine = Engine(Plan(load([])))
    lines = [
        f"{NOW - timedelta(seconds=500 - n):%Y-%m-%dT%H:%M:%S}+00:00 web1 sshd[1]: "
        f"Failed password for root from {ip} port 1 ssh2"
        for n in range(8)
        for ip in ("198.51.100.7", "203.0.113.9")
    ]
    seen = engine.feed(batch(*lines), {}, Context(NOW))
    grouped = engine.group(seen.alerts, NOW)
    store.commit(
        Commit([Batch("s", "s", None, {"at": 1}, {}, seen.parsed.events)], seen.alerts, grouped.changed), NOW
    )
    yield Tree(data_dir=tmp_path), store
    store.close()


def test_an_exception_hides_what_its_preview_said(kept):
    tree, store = kept
    alert = next(a for a in store.alerts(AlertQuery(level="medium")) if a.source_ip == "198.51.100.7")
    made = propose(tree, store, alert.id, ["source.ip"], who="ann", why="our scanner", now=NOW)
    assert (made.preview.hidden, made.preview.seen) == (8, 16)
    assert "our scanner" in made.text
    keep(tree, made.text, alert.id)
    ruleset = load_rules(tree)
    assert len(ruleset.filters) == 1
    assert ruleset.refused == ()
    engine = Engine(Plan(ruleset))
    _, alerts = engine.detect(next(iter(store.replay(0))))
    assert {a.source_ip for a in alerts if a.level == "medium"} == {"203.0.113.9"}
    assert rule_paths(tree) == [tree.data_dir / "exceptions"]


def test_an_exception_needs_a_reason_and_a_field(kept):
    tree, store = kept
    alert = store.alerts(AlertQuery(level="medium"))[0]
    with pytest.raises(VedetteError, match="reason"):
        propose(tree, store, alert.id, ["source.ip"], who="ann", why="", now=NOW)
    with pytest.raises(VedetteError, match="field"):
        propose(tree, store, alert.id, [], who="ann", why="x", now=NOW)
    with pytest.raises(VedetteError, match="no such alert"):
        propose(tree, store, "nope", ["source.ip"], who="ann", why="x", now=NOW)
