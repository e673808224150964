"""Silences over HTTP: made, looked at before, listed, moved, ended; who may, and what the audit log says."""

from datetime import datetime, timedelta

import pytest

from tests.api.test_work import V1, _commit, all_of
from tests.store.made import NOW, alert, incident
from vedette.model.stored import Commit

WHY = {"query": "rule.id:loud", "until": "2026-02-01T14:00:00+01:00", "why": "drill"}


@pytest.fixture
def filled(service):
    made = [alert("203.0.113.7", id=f"a{n}", rule_id="loud" if n < 30 else "quiet") for n in range(40)]
    old = alert("203.0.113.7", id="old", rule_id="loud", last_seen=NOW - timedelta(days=8))
    _commit(service, Commit(alerts=[*made, old], incidents=[incident("i1", alerts=tuple(made[:3]), title="Noise")]))
    return service


def test_made_shown_and_ended(filled) -> None:
    client = filled.keyed("analyst")
    made = client.post(f"{V1}/silences", json=WHY)
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["state"], told["who"], told["since"], told["until"]) == (
        "active", "analyst", "2026-02-01T12:00:00Z", "2026-02-01T13:00:00Z",
    )  # fmt: skip
    where = f"{V1}/silences/{told['id']}"
    got = client.get(where)
    assert client.get(where, headers={"If-None-Match": got.headers["ETag"]}).status_code == 304
    moved = client.put(f"{where}/end", json={"until": "2026-02-01T15:00:00Z"}, headers={"If-Match": got.headers["ETag"]})
    assert (moved.json()["until"], moved.json()["moved_by"]) == ("2026-02-01T15:00:00Z", "analyst")
    assert client.delete(where, headers={"If-Match": got.headers["ETag"]}).status_code == 412
    filled.later(hours=1)
    over = client.delete(where).json()
    assert (over["state"], over["until"]) == ("expired", "2026-02-01T13:00:00Z")
    for again in (client.delete(where), client.put(f"{where}/end", json={"until": "2026-02-01T15:00:00Z"})):
        assert (again.status_code, again.json()["code"]) == (409, "silence-conflict")
    assert [each["id"] for each in all_of(client, f"{V1}/silences")] == [told["id"]]
    assert all_of(client, f"{V1}/silences", over=False) == []
    entries = [(each.what, each.subject, each.result) for each in reversed(filled.store.audit.entries())]
    assert entries == [
        ("makeSilence", "silence 1", 201), ("moveSilence", "silence 1", 200), ("endSilence", where, 412),
        ("endSilence", "silence 1", 200), ("endSilence", where, 409), ("moveSilence", f"{where}/end", 409),
    ]  # fmt: skip


def test_it_ends_by_itself_and_one_to_come_waits(filled) -> None:
    client = filled.keyed("analyst")
    states = []
    client.post(f"{V1}/silences", json=WHY | {"since": "2026-02-01T12:30:00Z"})
    for _ in range(3):
        states.append(client.get(f"{V1}/silences").json()["items"][0]["state"])
        filled.later(minutes=30)
    assert states == ["pending", "active", "expired"]


def test_a_look_before_tells_what_it_would_be_about(filled) -> None:
    look = filled.keyed("viewer").get(f"{V1}/silences/preview", params={"q": "rule.id:loud"}).json()
    assert (look["total"], len(look["shown"]), look["incidents"]) == (30, 20, [{"id": "i1", "title": "Noise"}])
    assert look["since"] == "2026-01-25T12:00:00Z"


def test_the_same_request_again_makes_no_second_one(filled) -> None:
    client = filled.keyed("analyst")
    first, second = (client.post(f"{V1}/silences", json=WHY, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.json(), second.headers["Idempotency-Replayed"]) == (second.json(), "true")
    assert len(all_of(client, f"{V1}/silences")) == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"query": "rule.idd:loud"}, "query"), ({"query": "rule.id:loud | count"}, "query"), ({"query": "  "}, "request"),
        ({"query": "()"}, "query"), ({"until": "2026-02-01T12:00:00Z"}, "silence"), ({"until": "2027-03-01T12:00:00Z"}, "silence"),
        ({"since": "2026-02-01T13:00:00Z"}, "silence"), ({"since": "2030-01-01T00:00:00Z", "until": "2030-01-02T00:00:00Z"}, "silence"),
        ({"why": " "}, "request"), ({"until": 1800000000}, "request"), ({"until": "tomorrow"}, "request"), ({"until": None}, "request"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "request"),
    ],
)  # fmt: skip
def test_what_cannot_be_one_is_refused_with_what_to_change(filled, wrong, code) -> None:
    client = filled.keyed("analyst")
    told = client.post(f"{V1}/silences", json=WHY | wrong)
    assert (told.status_code, told.json()["code"]) == (422, code), told.text
    assert told.json()["fix"]
    assert all_of(client, f"{V1}/silences") == []


def test_no_more_than_can_be_asked_about_every_notice(filled, monkeypatch) -> None:
    monkeypatch.setattr("vedette.runtime.silences.MOST", 2)
    client = filled.keyed("analyst")
    got = [client.post(f"{V1}/silences", json=WHY).status_code for _ in range(3)]
    assert got == [201, 201, 409]
    filled.later(hours=2)
    assert client.post(f"{V1}/silences", json=WHY | {"until": "2026-02-01T15:00:00Z"}).status_code == 201


def test_pages_hold_each_once_and_strangers_find_none(filled) -> None:
    client = filled.keyed("analyst")
    for _ in range(5):
        client.post(f"{V1}/silences", json=WHY)
    assert [each["id"] for each in all_of(client, f"{V1}/silences", limit=2)] == [5, 4, 3, 2, 1]
    for path in ("/silences/9", "/silences/9/end"):
        method = client.put if path.endswith("end") else client.get
        asked = method(V1 + path, **({"json": {"until": "2026-02-01T15:00:00Z"}} if path.endswith("end") else {}))
        assert asked.status_code == 404
    assert client.get(f"{V1}/silences/{2**63}").status_code == 422
    assert filled.keyed("viewer").post(f"{V1}/silences", json=WHY).status_code == 403


def test_one_that_is_no_longer_understood_says_so_and_silences_nothing(filled) -> None:
    from vedette.runtime.silences import active

    now = filled.now
    filled.store.add_silence("gone.field:x", now, now + timedelta(hours=1), now, who="ana", why="old version")
    filled.store.add_silence("rule.id:loud", now, now + timedelta(hours=1), now, who="ana", why="x")
    listed = all_of(filled.keyed("viewer"), f"{V1}/silences")
    assert [bool(each["fault"]) for each in listed] == [False, True]
    assert list(active(filled.store, datetime.fromisoformat(listed[0]["since"]))) == [2]
