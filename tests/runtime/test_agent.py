"""The agent's loop, turn by turn in this process: follows, stores, tells, reloads, answers, and goes on after a stop."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vedette.config.load import parse
from vedette.model.stored import AlertQuery, IncidentQuery
from vedette.runtime import reload as reloading
from vedette.runtime.pacing import paced
from vedette.runtime.requests import ask, awaited
from vedette.runtime.start import start
from vedette.store.store import open_store

RULE = """title: Root tried
id: 44444444-4444-4444-8444-444444444444
level: {level}
logsource: {{product: linux, service: sshd}}
detection: {{s: {{user.name: root, event.outcome: failure}}, condition: s}}
"""
CONFIG = """
data_dir: {0}/data
sources: [{{type: files, paths: [{0}/auth.log]}}]
rules: {{builtin: false, paths: [{0}/rules.yml]}}
anomaly: {{counts: null}}
blocking: {{mode: off}}
agent: {{linger: 0s, snapshot: 1s}}
"""


def failed(second: int) -> str:
    return f"2026-01-15T10:00:{second:02d}+00:00 web1 sshd[1]: Failed password for root from 198.51.100.7 port 1 ssh2\n"


class Place:
    """A directory with a log, a rule and settings; agents are started and stopped on it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[tuple[str, dict]] = []
        self.formed: list = []
        self.log = path / "auth.log"
        self.log.touch()
        self.rules = path / "rules.yml"
        self.rules.write_text(RULE.format(level="high"))
        self.config = path / "vedette.yaml"
        self.config.write_text(CONFIG.format(path))
        self.agents: list = []

    def start(self):
        tree = parse(self.config.read_text(), "v.yaml", {})
        agent = start(tree, lambda event, facts: self.said.append((event, facts)), config=self.config, formed=self.formed.extend)
        self.agents.append(agent)
        return agent

    def write(self, *lines: str) -> None:
        with self.log.open("a") as file:
            file.writelines(lines)

    def stop(self, agent) -> None:
        stop = threading.Event()
        stop.set()
        agent.run(stop)
        agent._store.close()
        self.agents.remove(agent)

    def store(self):
        return open_store(self.path / "data", writer=False)


@pytest.fixture
def place(tmp_path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    for agent in list(made.agents):
        made.stop(agent)


def turns(agent, until, most=2000):
    """Turn until it is so; the loop itself waits for the disk and for channels, so there is nothing to sleep for."""
    for _ in range(most):
        agent.turn()
        if until():
            return
        threading.Event().wait(0.005)
    raise AssertionError("it never came to that")


def test_a_line_becomes_an_event_an_alert_an_incident_and_a_notice(place):
    agent = place.start()
    place.write(failed(1), "nonsense\n")
    written = place.path / "data/alerts.jsonl"
    turns(agent, lambda: written.exists() and written.read_text())
    (line,) = written.read_text().splitlines()
    assert json.loads(line)["source.ip"] == "198.51.100.7"
    store = place.store()
    status = store.status()
    assert (status.events, status.rejected, status.alerts) == (1, 1, 1)
    (incident,) = store.incidents(IncidentQuery())
    assert incident.state == "new"
    assert place.formed[0].id == incident.id
    store.close()


def test_it_goes_on_where_it_stopped(place):
    agent = place.start()
    place.write(failed(1))
    turns(agent, lambda: agent.records == 1)
    place.stop(agent)
    place.write(failed(2), failed(3))
    agent = place.start()
    turns(agent, lambda: agent.records == 2)
    place.stop(agent)
    store = place.store()
    (alert,) = store.alerts(AlertQuery())
    assert alert.count == 3
    assert store.status().events == 3
    store.close()


def test_two_agents_on_one_directory_are_refused(place):
    from vedette.model.errors import StoreError

    place.start()
    with pytest.raises(StoreError):
        place.start()


def test_a_changed_rule_is_taken_over_and_a_broken_one_refused(place, monkeypatch):
    monkeypatch.setattr(reloading, "EVERY", 0.0)
    agent = place.start()
    place.rules.write_text(RULE.format(level="critical") + "\n")
    turns(agent, lambda: agent.engine.plan.rules.rules[0].level == "critical")
    place.write(failed(1))
    turns(agent, lambda: agent.alerts == 1)
    place.config.write_text("keep: {age: soon}\n")
    turns(agent, lambda: any(event == "settings refused" for event, _ in place.said))
    assert agent.engine.plan.rules.rules[0].level == "critical"


def test_half_a_window_outlives_a_reload(place, monkeypatch):
    monkeypatch.setattr(reloading, "EVERY", 0.0)
    counted = RULE.format(level="low").replace("title:", "name: root_tried\ntitle:") + (
        "---\ntitle: Root tried thrice\nid: 55555555-5555-4555-8555-555555555555\nlevel: high\n"
        "correlation: {type: event_count, rules: [root_tried], group-by: [source.ip], timespan: 5m, condition: {gte: 3}}\n"
    )
    place.rules.write_text(counted)
    agent = place.start()
    place.write(failed(1), failed(2))
    turns(agent, lambda: agent.records == 2)
    # Another rule before them: what was remembered is found by what rules say, not by their place.
    other = RULE.format(level="low").replace("44444444", "66666666").replace("root,", "nobody,")
    place.rules.write_text(f"{other}---\n{counted}")
    turns(agent, lambda: len(agent.engine.plan.rules.rules) == 3)
    place.write(failed(3))
    turns(agent, lambda: agent.alerts == 1)
    store = place.store()
    (alert,) = store.alerts(AlertQuery())
    assert (alert.rule_name, alert.count) == ("Root tried thrice", 3)
    store.close()


def test_a_person_changes_an_incident_while_it_runs(place):
    agent = place.start()
    place.write(failed(1))
    turns(agent, lambda: agent.alerts == 1)
    store = place.store()
    (incident,) = store.incidents(IncidentQuery())
    ask(store, incident.id, "resolved", who="ann", why="our own test", now=datetime.now(UTC))
    turns(agent, lambda: store.incident(incident.id).state == "resolved")
    last = store.history(incident.id)[-1]
    assert (last.who, last.before, last.to, last.why) == ("ann", "new", "resolved", "our own test")
    store.close()


def test_a_person_blocks_an_address_while_it_runs(place):
    agent = place.start()
    store = place.store()
    request = store.request("block", {"network": "203.0.113.7", "seconds": 600, "why": "scans"}, "ann", datetime.now(UTC))
    refused = store.request("block", {"network": "127.0.0.1"}, "ann", datetime.now(UTC))
    turns(agent, lambda: store.answer(refused))
    assert awaited(store, request, 0).done["actions"][0]["reason"] == "scans"
    assert store.status().actions == {"drop": 1}
    assert [event for event, _ in place.said] == ["action", "request refused"]
    assert "loopback" in place.said[1][1]["error"]
    store.close()


def test_no_room_stops_reading_and_says_so(place):
    place.config.write_text(place.config.read_text() + "keep: {free: 900000GB}\n")
    agent = place.start()
    place.write(failed(1))
    for _ in range(5):
        agent.turn()
    assert agent.records == 0
    assert "free on the disk" in agent.health()["blocked"]
    assert any(event == "not reading" for event, _ in place.said)


def test_what_a_source_cannot_read_is_told_once_and_when_it_can(place, monkeypatch):
    monkeypatch.setattr("vedette.runtime.agent._LOOK", 0.0)
    place.log.unlink(missing_ok=True)
    agent = place.start()
    for _ in range(3):
        agent.turn()
    said = [(event, facts.get("problem", "")) for event, facts in place.said]
    assert [event for event, _ in said] == ["source in trouble"]
    assert f"{place.log}: does not exist" in said[0][1]
    place.write(failed(1))
    turns(agent, lambda: agent.records == 1)
    agent.turn()
    assert [event for event, _ in place.said][:2] == ["source in trouble", "source well again"]


@pytest.mark.parametrize(
    ("most", "records", "spent", "after"),
    [
        (5_000, 5_000, 0.01, 10_000), (16_000, 16_000, 0.01, 20_000), (20_000, 300, 0.2, 20_000),
        (20_000, 20_000, 10.0, 1_000), (5_000, 5_000, 600.0, 200), (1_000, 5, 0.6, 200), (5_000, 5_000, 0.3, 5_000),
    ],
)  # fmt: skip
def test_what_takes_long_is_read_in_small_pieces(most, records, spent, after):
    assert paced(most, records, spent, 20_000) == after


def test_slow_turns_take_in_fewer_records_and_lose_none(place, monkeypatch):
    place.config.write_text(place.config.read_text().replace("linger: 0s", "linger: 1d"))
    monkeypatch.setattr("vedette.runtime.pacing.TURN", 1e-9)
    monkeypatch.setattr("vedette.runtime.pacing.FIRST", 30)
    monkeypatch.setattr("vedette.runtime.pacing.LEAST", 7)
    agent = place.start()
    place.write(*("nonsense\n" for _ in range(100)))
    sizes = []
    for _ in range(200):
        before = agent.records
        agent.turn()
        if agent.records > before:
            sizes.append(agent.records - before)
        if sum(sizes) >= 93:
            break
    assert sizes == [30, *[7] * 9]
    agent.turn()
    agent.finish()
    assert agent.records == 100


def test_a_source_that_fails_is_opened_again_and_the_others_go_on(place):
    place.config.write_text(
        place.config.read_text().replace("sources: [", "sources: [{type: journald, journalctl: /no/such/journalctl}, ")
    )
    agent = place.start()
    place.write(failed(1))
    turns(agent, lambda: agent.records == 1)
    assert agent.health()["sources"]["journald"]["fault"]
    assert any(event == "source failed" for event, _ in place.said)


def test_incidents_that_a_person_merged_stay_so_also_after_a_crash(place):
    place.config.write_text(CONFIG.format(place.path).replace("snapshot: 1s", "snapshot: 1h"))
    agent = place.start()
    place.write(failed(1), failed(2).replace("198.51.100.7", "203.0.113.9"))
    store = agent._store
    turns(agent, lambda: len(store.incidents(IncidentQuery())) == 2)
    one, other = sorted(store.incidents(IncidentQuery()), key=lambda each: each.first_seen)
    place.write(failed(3).replace("198.51.100.7", "203.0.113.9"))  # waits for its commit while they are merged
    asked = store.request("merge incidents", {"incident.id": one.id, "others": [other.id], "why": "same"}, "ann", datetime.now(UTC))
    turns(agent, lambda: awaited(store, asked, 0))
    assert awaited(store, asked, 0).done == {"incidents": [one.id]}
    assert store.incident(other.id).merged_into == one.id
    assert {a.incident for a in store.triaged(AlertQuery())} == {one.id}
    store.close()  # killed: nothing is finished
    place.agents.remove(agent)

    agent = place.start()
    place.write(failed(30).replace("198.51.100.7", "203.0.113.9"))
    store = agent._store
    turns(agent, lambda: store.incident(one.id).last_seen.second == 30)
    assert store.incident(other.id).merged_into == one.id
    assert len(store.incidents(IncidentQuery())) == 2
    asked = store.request("restore incident", {"incident.id": one.id, "other": other.id, "why": "no"}, "ann", datetime.now(UTC))
    turns(agent, lambda: awaited(store, asked, 0))
    assert store.incident(other.id).state == "new"
    assert sorted(a.incident for a in store.triaged(AlertQuery())).count(other.id) == len(store.incident(other.id).alerts) > 0


def test_what_a_person_changed_is_not_forgotten_by_a_crash(place):
    place.config.write_text(CONFIG.format(place.path).replace("snapshot: 1s", "snapshot: 1h"))
    agent = place.start()
    place.write(failed(1))
    store = agent._store
    turns(agent, lambda: store.incidents(IncidentQuery()))
    (incident,) = store.incidents(IncidentQuery())
    ask(store, incident.id, "in-progress", who="ann", why="mine", now=datetime.now(UTC))
    turns(agent, lambda: store.incident(incident.id).state == "in-progress")
    store.close()
    place.agents.remove(agent)
    agent = place.start()
    place.write(failed(30))
    store = agent._store
    turns(agent, lambda: store.incident(incident.id).last_seen.second == 30)
    assert store.incident(incident.id).state == "in-progress"
