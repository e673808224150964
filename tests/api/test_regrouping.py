"""Merge, split and restore over HTTP, with an agent that does what is asked."""

import pytest

from tests.api.test_work import V1, _commit
from tests.store.made import NOW, alert, incident
from vedette.api import place
from vedette.detect.sigma import Ruleset
from vedette.model.stored import AlertQuery, Commit
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.requests import answer, awaited
from vedette.store.store import open_store


@pytest.fixture
def working(service, monkeypatch):
    """A store with two incidents, and an agent that looks when somebody waits for it."""
    one, other = ([alert(f"203.0.113.{n}", first=10 * n + i, id=f"a{n}{i}", rule_id=f"r{n}") for i in range(2)] for n in (1, 2))
    _commit(service, Commit(alerts=[*one, *other], incidents=[incident("i1", alerts=tuple(one)), incident("i2", alerts=tuple(other))]))
    engine = Engine(Plan(Ruleset((), (), ())))

    def looked(store, request, seconds):
        with open_store(service.store.directory) as held:
            answer(held, engine, None, lambda _: None, lambda *_: None, NOW, lambda: True)
        return awaited(store, request, seconds)

    monkeypatch.setattr(place, "read", lambda _directory: {"running": True})
    monkeypatch.setattr(place, "awaited", looked)
    return service


def listed(service) -> dict:
    return {each.alert.id: each.incident for each in service.store.triaged(AlertQuery())}


def test_incidents_are_merged_and_taken_apart_again(working) -> None:
    client = working.keyed("analyst")
    done = client.post(f"{V1}/incidents/i1/merge", json={"others": ["i2"], "why": "one campaign"}).json()
    assert [each["incident.id"] for each in done["incident"]["merged"]] == ["i2"]
    assert [change["who"] for change in done["history"]][-1] == "analyst"
    assert set(listed(working).values()) == {"i1"}
    assert client.get(f"{V1}/incidents/i2").json()["incident"]["merged_into"] == "i1"
    again = client.post(f"{V1}/incidents/i1/merge", json={"others": ["i2"], "why": "x"})
    assert (again.status_code, again.json()["fix"]) == (409, "take i1")
    back = client.post(f"{V1}/incidents/i1/restore", json={"other": "i2", "why": "they are two"}).json()
    assert (back["incident"]["incident.id"], back["incident"]["merged"]) == ("i1", [])
    assert listed(working) == {"a10": "i1", "a11": "i1", "a20": "i2", "a21": "i2"}
    new = client.post(f"{V1}/incidents/i2/split", json={"alerts": ["a21"], "why": "another"}).json()["incident"]
    assert [each["alert.id"] for each in new["alerts"]] == ["a21"]
    assert listed(working)["a21"] == new["incident.id"]
    names = [(entry.what, entry.subject, entry.result) for entry in working.store.audit.entries()][::-1]
    assert names == [
        ("mergeIncidents", "incident i1", 200), ("mergeIncidents", f"{V1}/incidents/i1/merge", 409),
        ("restoreIncident", "incident i1", 200), ("splitIncident", "incident i2", 200),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "body", "status"),
    [
        ("i1/merge", {"others": ["i1"]}, 409), ("i1/merge", {"others": ["none"]}, 404), ("none/merge", {"others": ["i1"]}, 404),
        ("i1/merge", {"others": []}, 422), ("i1/split", {"alerts": ["a20"]}, 409), ("i1/split", {"alerts": ["a10", "a11"]}, 409),
        ("i1/restore", {"other": "i2"}, 409), ("i1/restore", {"other": "none"}, 409), ("i1/merge", {"others": ["i2"], "why": " "}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_what_to_do(working, what, body, status) -> None:
    told = working.keyed("analyst").post(f"{V1}/incidents/{what}", json={"why": "x", **body})
    assert told.status_code == status, told.text
    assert told.json()["fix"]
    assert listed(working) == {"a10": "i1", "a11": "i1", "a20": "i2", "a21": "i2"}


def test_without_an_agent_it_waits(service) -> None:
    made = [incident(name, alerts=(alert("203.0.113.7", id=name),)) for name in ("i1", "i2")]
    _commit(service, Commit(incidents=made))
    waits = service.keyed("analyst").post(f"{V1}/incidents/i1/merge", json={"others": ["i2"], "why": "x"})
    assert (waits.status_code, waits.json()["code"]) == (202, "waiting")


def test_an_incident_says_what_could_be_done(working) -> None:
    from vedette.model.advice import ADVICE, BY_TACTIC, BY_TECHNIQUE, suggest
    from vedette.model.attack import TACTICS, technique_name
    from vedette.model.incident import Step

    known = {each for listed in (*BY_TECHNIQUE.values(), *BY_TACTIC.values()) for each in listed}
    assert known == set(ADVICE)
    assert set(BY_TACTIC) == {each.slug for each in TACTICS}
    assert all(technique_name(each) for each in BY_TECHNIQUE)
    step = Step(at=NOW, until=NOW, tactic="credential-access", techniques=("T1110.001",), level="high", count=9, text="x", alerts=("a10",))
    plain = Step(at=NOW, until=NOW, tactic="exfiltration", level="high", count=9, text="x", alerts=("a10",))
    made = incident("i1", story=(step, plain), alerts=(alert("203.0.113.1", host_name="web1", user_name="ben", id="a10"),))
    found = {each.id: each for each in suggest(made)}
    assert next(iter(found)) == "block-source"
    assert (found["block-source"].names, found["block-source"].because) == (("203.0.113.1",), ("T1110.001",))
    assert found["find-data"].because == ("exfiltration",)
    assert found["change-credentials"].names == ("ben",)
    assert "block-destination" not in found, "nobody is named whom it would be about"
    _commit(working, Commit(incidents=[made]))
    assert [each["id"] for each in working.keyed("viewer").get(f"{V1}/incidents/i1").json()["advice"]] == list(found)
