"""A rule tried on what is stored: the same that the agent would have made of it, and nothing of other rules."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.runtime.made import batch
from vedette.detect.sigma import Ruleset
from vedette.model.errors import VedetteError
from vedette.model.stored import Batch, Commit
from vedette.parse.context import Context
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.pending import MATCHED, Pending, Taken
from vedette.runtime.rules import load
from vedette.runtime.trial import EXAMPLES, chosen, together
from vedette.runtime.trial import tried as tried_of
from vedette.store.store import open_store

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
NONE = Plan(Ruleset((), (), ()))
RULE = """
title: Root refused
id: 5b3c9d84-9c5e-4d40-9d9b-0d6b8f0a1111
level: medium
logsource: {category: authentication}
detection:
  sel: {event.outcome: failure, user.name: root}
  condition: sel
"""
COUNT = """
title: Root refused three times
id: 5b3c9d84-9c5e-4d40-9d9b-0d6b8f0a2222
level: high
correlation:
  type: event_count
  rules: [5b3c9d84-9c5e-4d40-9d9b-0d6b8f0a1111]
  group-by: [source.ip]
  timespan: 5m
  condition: {gte: 3}
"""


def tried(store, paths, own, plan, since, until):
    return tried_of(store, together(paths, own), paths, plan, since, until)


@pytest.fixture
def store(tmp_path):
    """Eight refused logins of root from each of two addresses, and the counters that the agent keeps of them."""
    kept = open_store(tmp_path / "data")
    engine = Engine(Plan(load([])))
    lines = [
        f"{NOW - timedelta(seconds=500 - n):%Y-%m-%dT%H:%M:%S}+00:00 web1 sshd[1]: "
        f"Failed password for root from {ip} port 1 ssh2"
        for n in range(8)
        for ip in ("198.51.100.7", "203.0.113.9")
    ]
    pending = Pending()
    taken = batch(*lines)
    pending.add(Taken(taken, engine.feed(taken, {}, Context(NOW))), 0)
    counters = pending.counters(engine.plan.rules.rules)
    events = pending.taken[0].seen.parsed.events
    kept.commit(Commit([Batch("s", "s", None, {"at": 1}, {}, events)], pending.alerts, counters=counters), NOW)
    yield kept
    kept.close()


@pytest.fixture
def rule(tmp_path):
    path = tmp_path / "mine.yml"
    path.write_text(RULE)
    return path


def test_matches_examples_alerts_and_incidents(store, rule):
    rule.write_text(RULE + "---" + COUNT)
    found = tried(store, [rule], [], NONE, None, None)
    assert found.events == 16
    assert found.matches == {"5b3c9d84-9c5e-4d40-9d9b-0d6b8f0a1111": 16, "5b3c9d84-9c5e-4d40-9d9b-0d6b8f0a2222": 2}
    assert found.examples.height == EXAMPLES
    assert {alert.rule_name for alert in found.alerts} == {"Root refused three times"}
    assert {alert.source_ip for alert in found.alerts} == {"198.51.100.7", "203.0.113.9"}
    assert len(found.incidents) == 2


def test_only_the_time_asked_for(store, rule):
    assert tried(store, [rule], [], NONE, NOW - timedelta(seconds=497), None).events == 10
    assert tried(store, [rule], [], NONE, None, NOW - timedelta(days=1)).matches == {}


def test_a_built_in_rule_by_its_title_and_a_correlation_of_it(store):
    paths = chosen(["Many failed logins from one address"], [])
    found = tried(store, paths, [], NONE, None, None)
    assert {alert.source_ip for alert in found.alerts} == {"198.51.100.7", "203.0.113.9"}


def test_of_two_versions_the_one_named_is_tried(store, rule, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "old.yml").write_text(RULE.replace("root}", "nobody}"))
    assert sum(tried(store, [rule], [own], NONE, None, None).matches.values()) == 16


def test_a_refused_rule_and_no_rule_are_errors(store, rule):
    rule.write_text(RULE.replace("condition: sel", "condition: other"))
    with pytest.raises(VedetteError, match="other"):
        tried(store, [rule], [], NONE, None, None)
    with pytest.raises(VedetteError, match="no such rule"):
        chosen(["nothing like it"], [])


def test_the_agent_counts_matches_by_rule(store):
    counted = {name: n for name, n in store.status().counters.items() if name.startswith(MATCHED)}
    assert counted[MATCHED + "c7b5ea6e-3a44-4d04-b7d0-516fe98905f2"] == 16
