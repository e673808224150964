"""Rules over HTTP: listed, checked as they are typed, tried, kept, switched; and exceptions to them."""

import json
from datetime import timedelta

import pytest

from tests.api.test_work import V1, _commit, filled  # noqa: F401 - a fixture
from tests.runtime.made import batch
from tests.store.made import NOW
from vedette.model.stored import Batch, Commit
from vedette.parse.context import Context
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.rules import load, load_rules

ID = "6a9b8f0e-6a43-4c36-9a3f-1c2d3e4f5a6b"
RULE = f"""title: Root by name
id: {ID}
level: high
tags: [attack.t1078]
logsource: {{product: linux}}
detection:
  selection: {{user.name: root}}
  condition: selection
"""
SAMPLES = """
match: [{event: {logsource: {product: linux}, user.name: root}}]
no_match: [{event: {logsource: {product: linux}, user.name: eve}}]
"""


@pytest.fixture
def client(filled):  # noqa: F811
    return filled.keyed("analyst")


@pytest.fixture
def guessed(service):
    """Three addresses guessed passwords just now."""
    engine = Engine(Plan(load([])))
    lines = [
        f"{NOW - timedelta(seconds=500 - n):%Y-%m-%dT%H:%M:%S}+00:00 web1 sshd[1]: Failed password for root from {ip} port 1 ssh2"
        for n in range(8)
        for ip in ("198.51.100.7", "203.0.113.9", "203.0.113.10")
    ]
    seen = engine.feed(batch(*lines), {}, Context(NOW))
    incidents = engine.group(seen.alerts, NOW).changed
    _commit(service, Commit([Batch("s", "s", None, {"at": 1}, {}, seen.parsed.events)], seen.alerts, incidents))
    return service


def tried(client, text, **query):
    answer = client.post(f"{V1}/trials", json={"text": text}, params=query)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_rules_are_listed_and_read(client) -> None:
    rows = client.get(f"{V1}/rules").json()
    assert len(rows) > 20
    assert {(row["status"], row["builtin"], row["own"]) for row in rows} == {("runs", True, False)}
    whole = client.get(f"{V1}/rules/{rows[0]['id']}").json()
    assert whole["name"] == rows[0]["name"]
    assert "detection" in whole["text"] or "correlation" in whole["text"]
    assert "match" in whole["samples"]
    assert client.get(f"{V1}/rules/none").status_code == 404


@pytest.mark.parametrize(
    ("change", "line", "reason"),
    [
        ({"level: high": "level: hgih"}, 3, "hgih"),
        ({"condition: selection": "condition: slection"}, 8, "slection"),
        ({"{product: linux}": "[linux]"}, 5, "logsource"),
        ({"  condition": " condition"}, 8, "not YAML"),
        ({"title: Root by name": "title: ''"}, 1, "title"),
    ],
)
def test_a_mistake_is_told_with_its_line(client, change, line, reason) -> None:
    text = RULE
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    (told,) = client.post(f"{V1}/rules/check", json={"text": text}).json()
    assert (told["status"], told["line"]) == ("refused", line), told
    assert reason in told["reason"]
    refused = client.post(f"{V1}/rules", json={"text": text})
    assert (refused.status_code, reason in refused.json()["detail"]) == (422, True)


def test_any_text_is_answered(client) -> None:
    assert client.post(f"{V1}/rules/check", json={"text": RULE}).json()[0]["status"] == "runs"
    for text in ("a: [", "title: x", "", "x" * 60_001, "- 1", "---\n---", "\x00", "a: &a [*a]"):
        answer = client.post(f"{V1}/rules/check", json={"text": text})
        assert answer.status_code == 422 or {row["status"] for row in answer.json()} == {"refused"}, text[:20]


def test_samples_are_run_as_they_are_typed(client) -> None:
    told = client.post(f"{V1}/rules/samples", json={"text": RULE, "samples": SAMPLES}).json()
    assert [(each["expected"], each["passed"]) for each in told] == [("match", True), ("no_match", True)]
    wrong = client.post(f"{V1}/rules/samples", json={"text": RULE, "samples": SAMPLES.replace("name: eve", "name: root")}).json()
    assert [each["passed"] for each in wrong] == [True, False]
    assert "Root by name" in wrong[1]["reason"]
    for samples in ("", "match: 3", "a: [", "match: [{log: 3}]"):
        outcomes = client.post(f"{V1}/rules/samples", json={"text": RULE, "samples": samples}).json()
        assert not any(each["passed"] for each in outcomes), samples


def test_a_rule_is_tried_on_the_past(client) -> None:
    *progress, last = tried(client, RULE)
    assert progress[0]["tried"] is None
    found = last["tried"]
    assert (found["events"], list(found["matches"].values()), list(found["alerts"].values())) == (20, [10], [1])
    assert found["examples"][0]["user.name"] == "root"
    assert (len(found["incidents"]), found["incidents_total"]) == (1, 1)
    refused = client.post(f"{V1}/trials", json={"text": "title: x"})
    assert (refused.status_code, bool(refused.json()["fix"])) == (400, True)
    # However often: what is tried at once is limited, and given back.
    for _ in range(3):
        assert tried(client, RULE)[-1]["tried"]


def test_own_rules_are_kept_and_changed_and_removed(client, filled) -> None:  # noqa: F811
    kept = client.post(f"{V1}/rules", json={"text": RULE, "samples": SAMPLES})
    assert kept.status_code == 201, kept.text
    assert (kept.json()["own"], kept.json()["status"], kept.json()["samples"]) == (True, "runs", SAMPLES)
    assert ID in {rule.id for rule in load_rules(filled.app.state.place.tree).rules}
    assert client.post(f"{V1}/rules", json={"text": RULE}).status_code == 422  # the id is taken
    tag = client.get(f"{V1}/rules/{ID}").headers["ETag"]
    (checked,) = client.post(f"{V1}/rules/check", json={"text": RULE, "rule_id": ID}).json()
    assert checked["status"] == "runs"
    changed = client.put(f"{V1}/rules/{ID}", json={"text": RULE.replace("high", "low")}, headers={"If-Match": tag})
    assert (changed.json()["level"], changed.json()["samples"]) == ("low", "")
    assert client.put(f"{V1}/rules/{ID}", json={"text": RULE}, headers={"If-Match": tag}).status_code == 412
    other = client.put(f"{V1}/rules/{ID}", json={"text": RULE.replace(ID, ID[:-1] + "c")})
    assert (other.status_code, "id" in other.json()["detail"]) == (422, True)
    assert tried(client, RULE, days=30)[-1]["tried"]["matches"] == {ID: 10}
    assert client.delete(f"{V1}/rules/{ID}").status_code == 204
    assert client.delete(f"{V1}/rules/{ID}").status_code == 404
    builtin = client.get(f"{V1}/rules").json()[0]["id"]
    for answer in (client.put(f"{V1}/rules/{builtin}", json={"text": RULE}), client.delete(f"{V1}/rules/{builtin}")):
        assert (answer.status_code, bool(answer.json()["fix"])) == (409, True)
    assert client.post(f"{V1}/rules", json={"text": RULE.replace(f"id: {ID}\n", "")}).json()["detail"] == "it has no id"
    for name in ("../../etc/x", "a/b", "..", "%2e%2e"):
        assert client.delete(f"{V1}/rules/{name}").status_code in (404, 405)


def test_a_rule_is_switched_off_with_a_reason(client, filled) -> None:  # noqa: F811
    client.post(f"{V1}/rules", json={"text": RULE})
    off = client.put(f"{V1}/rules/{ID}/switch", json={"on": False, "why": "too loud"}).json()
    assert (off["status"], "too loud" in off["reason"], "analyst" in off["reason"]) == ("off", True, True)
    assert [row["id"] for row in client.get(f"{V1}/rules").json() if row["status"] == "off"] == [ID]
    assert client.put(f"{V1}/rules/{ID}/switch", json={"on": True, "why": "mended"}).json()["status"] == "runs"
    assert client.put(f"{V1}/rules/none/switch", json={"on": True, "why": "x"}).status_code == 404
    assert client.put(f"{V1}/rules/{ID}/switch", json={"on": False, "why": " "}).status_code == 422
    for method, path in (("put", f"/rules/{ID}/switch"), ("post", "/rules"), ("delete", f"/rules/{ID}"), ("post", "/exceptions")):
        assert getattr(filled.keyed("viewer"), method)(V1 + path).status_code == 403, path


def test_what_the_rules_cover(client) -> None:
    client.post(f"{V1}/rules", json={"text": RULE.replace("t1078", "t9999").replace("[attack", "[attack.impact, attack")})
    covered = {each["tactic"]: {t["id"]: t for t in each["techniques"]} for each in client.get(f"{V1}/coverage").json()}
    assert next(iter(covered)) == "reconnaissance"
    assert "T1110" in covered["credential-access"] or "T1110.001" in covered["credential-access"]
    assert covered["impact"]["T9999"] == {"id": "T9999", "name": "T9999", "rules": ["Root by name"], "alerts": 0}
    client.put(f"{V1}/rules/{ID}/switch", json={"on": False, "why": "x"})
    assert "T9999" not in {t["id"] for each in client.get(f"{V1}/coverage").json() for t in each["techniques"]}


def test_an_exception_is_looked_at_kept_and_removed(guessed) -> None:
    client = guessed.keyed("analyst")
    found = client.get(f"{V1}/alerts", params={"q": "rule.level >= medium and source.ip:198.51.100.7"}).json()["items"]
    alert = found[0]["alert"]["alert.id"]
    offered = {each["field"]: each for each in client.get(f"{V1}/exceptions/choices", params={"alert": alert}).json()}
    assert (offered["source.ip"]["value"], offered["source.ip"]["alone"]) == ("198.51.100.7", True)
    assert offered["event.outcome"]["alone"] is False
    wanted = {"alerts": [alert], "fields": ["source.ip"], "why": "our scanner", "until": (NOW + timedelta(days=30)).isoformat()}
    (look,) = client.post(f"{V1}/exceptions", json=wanted).json()
    assert (look["seen"], look["hidden"], look["name"]) == (24, 8, None)
    assert (look["alerts_whole"], look["alerts_partly"]) == (len(look["alerts"]), 0)
    assert all("198.51.100.7" in line for line in look["samples"])
    assert [each["whole"] for each in look["incidents"]] == [True]
    assert client.get(f"{V1}/exceptions").json() == []
    (kept,) = client.post(f"{V1}/exceptions", json=wanted | {"keep": True}).json()
    (listed,) = client.get(f"{V1}/exceptions").json()
    assert (listed["name"], listed["who"], listed["why"], listed["over"]) == (kept["name"], "analyst", "our scanner", False)
    assert listed["rule_names"] == [look["rule_name"]]
    assert listed["tests"] == [{"source.ip|cased": "198.51.100.7"}]
    guessed.later(days=31)
    assert client.get(f"{V1}/exceptions").status_code == 401  # the key of this test has ended too
    client = guessed.keyed("analyst")
    assert client.get(f"{V1}/exceptions").json()[0]["over"] is True
    assert client.delete(f"{V1}/exceptions/{kept['name']}").status_code == 204
    assert client.delete(f"{V1}/exceptions/{kept['name']}").status_code == 404


def test_exceptions_that_make_no_sense(guessed) -> None:
    client = guessed.keyed("analyst")
    alert = client.get(f"{V1}/alerts", params={"q": "rule.level >= medium"}).json()["items"][0]["alert"]["alert.id"]
    good = {"alerts": [alert], "fields": ["source.ip"], "why": "x"}
    past = (NOW - timedelta(days=1)).isoformat()
    for change in ({"fields": []}, {"fields": ["event.outcome"]}, {"fields": ["a|re"]}, {"why": " "}, {"until": past}, {"alerts": []}):
        answer = client.post(f"{V1}/exceptions", json=good | change)
        assert answer.status_code == 422, change
    assert client.post(f"{V1}/exceptions", json=good | {"alerts": ["none"]}).status_code == 404
    assert client.get(f"{V1}/exceptions/choices", params={"alert": "none"}).status_code == 404
