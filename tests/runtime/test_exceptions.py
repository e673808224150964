"""An exception made from alerts: looked at on what is stored, kept as a Sigma filter, obeyed by the next load until its end."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.runtime.made import batch
from vedette.config.tree import Tree
from vedette.model.errors import VedetteError
from vedette.model.stored import AlertQuery, Batch, Commit
from vedette.parse.context import Context
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.exceptions import choices, keep, kept, propose, remove
from vedette.runtime.rulebook import Rulebook
from vedette.runtime.rules import load, load_rules, rule_paths
from vedette.store.store import open_store

NOW = datetime.now(UTC).replace(microsecond=0)
ADDRESSES = ("198.51.100.7", "203.0.113.9", "203.0.113.10")


@pytest.fixture
def place(tmp_path):
    """A store in which three addresses have guessed passwords."""
    store = open_store(tmp_path)
    engine = Engine(Plan(load([])))
    lines = [
        f"{NOW - timedelta(seconds=500 - n):%Y-%m-%dT%H:%M:%S}+00:00 web1 sshd[1]: "
        f"Failed password for root from {ip} port 1 ssh2"
        for n in range(8)
        for ip in ADDRESSES
    ]
    seen = engine.feed(batch(*lines), {}, Context(NOW))
    grouped = engine.group(seen.alerts, NOW)
    store.commit(
        Commit([Batch("s", "s", None, {"at": 1}, {}, seen.parsed.events)], seen.alerts, grouped.changed), NOW
    )
    yield Tree(data_dir=tmp_path), store
    store.close()


def guesses(store, *addresses):
    found = store.alerts(AlertQuery(level="medium"))
    return [next(alert for alert in found if alert.source_ip == address) for address in addresses]


def proposed(place, alerts, fields, why="our scanner", who="ann"):
    tree, store = place
    return propose(tree, load_rules(tree), store, alerts, fields, who=who, why=why, now=NOW)


def speaks_of(tree, store):
    _, alerts = Engine(Plan(load_rules(tree))).detect(next(iter(store.replay(0))))
    return {a.source_ip for a in alerts if a.level == "medium"}


def test_an_exception_hides_what_the_look_said(place):
    tree, store = place
    (made,) = proposed(place, guesses(store, ADDRESSES[0]), ["source.ip"])
    assert (made.look.hidden, made.look.seen) == (8, 24)
    assert len(made.look.samples) == 8
    assert ADDRESSES[0] in made.look.samples[0]
    assert {alert.source_ip for alert in made.look.alerts} == {ADDRESSES[0]}
    assert made.look.partly == []
    assert "our scanner" in made.text
    keep(tree, made.text)
    ruleset = load_rules(tree)
    assert (len(ruleset.filters), ruleset.refused) == (1, ())
    assert speaks_of(tree, store) == set(ADDRESSES[1:])
    assert rule_paths(tree) == [tree.data_dir / "exceptions"]
    (again,) = proposed(place, guesses(store, ADDRESSES[0]), ["source.ip"])
    assert (again.text, again.look.hidden) == (made.text, 0)
    # What is hidden already is not counted again.
    (other,) = proposed(place, guesses(store, ADDRESSES[1]), ["source.ip"])
    assert (other.look.hidden, other.look.seen) == (8, 16)


def test_of_several_alerts_one_filter_for_each_rule(place):
    tree, store = place
    (made,) = proposed(place, guesses(store, *ADDRESSES[:2]), ["source.ip"])
    assert made.look.hidden == 16
    keep(tree, made.text)
    assert speaks_of(tree, store) == {ADDRESSES[2]}
    with pytest.raises(VedetteError, match="1 to 200"):
        proposed(place, guesses(store, ADDRESSES[0]) * 201, ["source.ip"])


def test_an_exception_ends_and_is_replaced_and_removed(place):
    tree, store = place
    book = Rulebook(tree)
    (made,) = proposed(place, guesses(store, ADDRESSES[0]), ["source.ip"])
    keep(tree, made.text, NOW - timedelta(days=1))
    assert book.ruleset().filters == ()
    assert speaks_of(tree, store) == set(ADDRESSES)
    (over,) = kept(tree, book.ruleset(), NOW)
    assert (over.over, over.until, over.who, over.why) == (True, NOW - timedelta(days=1), "ann", "our scanner")
    assert over.tests == [{"source.ip|cased": ADDRESSES[0]}]
    path = keep(tree, made.text, NOW + timedelta(days=1))
    assert len(book.ruleset().filters) == 1
    (now,) = kept(tree, book.ruleset(), NOW)
    assert (now.name, now.over, now.fault) == (path.name, False, "")
    assert not remove(tree, "../state.db")
    assert remove(tree, now.name)
    assert not remove(tree, now.name)
    assert book.ruleset().filters == ()


def test_what_can_be_chosen(place):
    _, store = place
    found = choices(store, guesses(store, ADDRESSES[0])[0])
    assert {"source.ip", "user.name", "host.name"} <= set(found)
    assert found["user.name"] == "root"
    assert not {"event.id", "@timestamp", "event.original", "log.offset"} & set(found)


def test_an_exception_needs_a_reason_and_a_field(place):
    _, store = place
    one = guesses(store, ADDRESSES[0])
    with pytest.raises(VedetteError, match="reason"):
        proposed(place, one, ["source.ip"], why="")
    with pytest.raises(VedetteError, match="field"):
        proposed(place, one, [])
    with pytest.raises(VedetteError, match="field"):
        proposed(place, one, ["event.outcome"])
