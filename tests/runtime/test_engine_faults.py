"""A fault of ours in one stage is counted and told; records are listed, and the other stages go on."""

from tests.runtime.made import NOW, batch
from vedette.parse.context import Context
from vedette.runtime import engine as engines
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.rules import load


def broken(*_arguments):
    raise ZeroDivisionError("planted")


def test_a_fault_in_parsing_costs_the_batch_and_lists_it(monkeypatch):
    engine = Engine(Plan(load([])))
    monkeypatch.setattr(engines, "parse", broken)
    seen = engine.feed(batch("a", "b"), {"kept": 1}, Context(NOW))
    assert seen.parsed.events == ()
    assert seen.parsed.rejected["raw"].to_list() == ["a", "b"]
    assert "planted" in seen.parsed.rejected["reason"][0]
    assert seen.parsed.carry == {"kept": 1}
    assert sum(engine.shed().values()) == 1


def test_a_fault_in_detection_keeps_the_events(monkeypatch):
    engine = Engine(Plan(load([])))
    monkeypatch.setattr(engines.sigma, "match", broken)
    seen = engine.feed(batch("2026-01-15T10:00:00+00:00 web1 sshd[1]: Server listening on :: port 22."), {}, Context(NOW))
    assert [events.frame.height for events in seen.parsed.events] == [1]
    assert seen.alerts == []
    assert any("planted" in what for what in engine.shed())


def test_a_snapshot_of_another_version_begins_anew_and_says_so():
    plan = Plan(load([]))
    good = Engine(plan).dump()
    engine = Engine(plan, {**good, "incidents": b"\xc1 from another time", "sigma": b""})
    assert len(engine.shed()) == 2
    assert all("begins anew" in what for what in engine.shed())
    assert Engine(plan, good).shed() == {}
