"""What people ask of the agent is done once, or refused with a reason that reaches them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest

from tests.runtime.made import Fake
from tests.store.made import NOW, incident
from vedette.model.action import ActionError
from vedette.model.errors import StoreError
from vedette.model.stored import ActionQuery, Commit
from vedette.runtime import requests
from vedette.runtime.requests import answer, awaited
from vedette.store.store import LocalStore, open_store

LATER = NOW + timedelta(minutes=1)


class Place:
    def __init__(self, store: LocalStore):
        self.store, self.responder, self.logged, self.told = store, Fake(), [], []

    def ask(self, kind, payload, at=NOW):
        return self.store.request(kind, payload, "ann", at)

    def answer(self, responder="own", now=LATER):
        engine = SimpleNamespace(told=self.told.append)
        given = self.responder if responder == "own" else responder
        answer(self.store, engine, given, self.told.extend, lambda *said: self.logged.append(said), now, lambda: True)

    def asked(self, kind, payload, **how):
        request = self.ask(kind, payload)
        self.answer(**how)
        return awaited(self.store, request, 0)


@pytest.fixture
def place(tmp_path) -> Iterator[Place]:
    with open_store(tmp_path) as store:
        yield Place(store)


def test_a_block_is_kept_and_answered_with_the_action(place):
    done = place.asked("block", {"network": "203.0.113.7", "seconds": 3600, "why": "scans"}).done
    (kept,) = place.store.actions(ActionQuery(active=LATER))
    assert (kept.network, kept.until, kept.reason, kept.who) == ("203.0.113.7/32", NOW + timedelta(hours=1), "scans", "ann")
    assert [each["action.id"] for each in done["actions"]] == [kept.id]
    assert place.store.requests() == []
    place.answer()
    assert len(place.responder.asked) == 1


@pytest.mark.parametrize(
    ("written", "network"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("203.0.113.7/24", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("2001:DB8:0:1::5", "2001:db8:0:1::/64"),
        ("2001:db8::/48", "2001:db8::/48"),
    ],
)
def test_a_network_has_one_spelling_however_it_was_written(place, written, network):
    place.asked("block", {"network": written})
    assert place.responder.asked == [(network, "drop", None)]
    place.asked("unblock", {"what": written})
    assert place.responder.asked[-1] == network


@pytest.mark.parametrize(
    "payload",
    [
        {"network": "203.0.0.0/15"},
        {"network": "2001:d00::/31"},
        {"network": "0.0.0.0/0"},
        {"network": "::/0"},
        {"network": "::ffff:0:0/96"},
        {"network": "nonsense"},
        {"network": "203.0.113.7; flush ruleset"},
        {"network": "203.0.113.7", "kind": "guard"},
        {"network": "203.0.113.7", "seconds": 0},
        {"network": "203.0.113.7", "seconds": -5},
        {"network": "203.0.113.7", "seconds": 1e300},
        {"network": "203.0.113.7", "why": "x" * 100_000},
        {"network": ["203.0.113.7"]},
        {},
        [],
        None,
        7,
    ],
)
def test_what_another_process_wrote_is_not_believed(place, payload):
    with pytest.raises(ActionError) as refused:
        place.asked("block", payload)
    assert refused.value.fix
    assert (place.responder.asked, place.store.actions(ActionQuery())) == ([], [])
    assert [event for event, _ in place.logged] == ["request refused"]


@pytest.mark.parametrize("kind", ["unblock", "allow", "disallow", "change incident", "format disk"])
@pytest.mark.parametrize("payload", [{}, [], None, {"network": 1, "what": 2, "incident.id": 3}])
def test_no_payload_ends_the_agent(place, kind, payload):
    with pytest.raises(ActionError):
        place.asked(kind, payload)
    assert place.store.requests() == []


def test_a_refusal_reaches_the_one_who_asked(place):
    with pytest.raises(ActionError, match="own address") as refused:
        place.asked("block", {"network": "192.0.2.1"})
    assert refused.value.fix == "block another"
    assert place.logged == [
        ("request refused", {"request": "block", "who": "ann", "error": refused.value.what, "fix": "block another"})
    ]


def test_a_time_that_was_over_before_an_agent_ran_is_no_block(place):
    with pytest.raises(ActionError, match="over"):
        place.asked("block", {"network": "203.0.113.7", "seconds": 60})
    assert place.responder.asked == []


def test_unblock_by_network_and_by_id(place):
    for what in ("203.0.113.7", "id-203.0.113.7/32"):
        place.asked("block", {"network": "203.0.113.7"})
        (lifted,) = place.asked("unblock", {"what": what, "why": "a customer"}).done["actions"]
        assert (lifted["lifted_by"], lifted["lifted_why"]) == ("ann", "a customer")
        assert place.store.actions(ActionQuery(active=LATER)) == []


def test_allow_and_disallow(place):
    place.asked("allow", {"network": "10.0.0.0/8", "why": "inside"})
    (kept,) = place.store.allowed()
    assert (kept.network, kept.why, kept.who) == ("10.0.0.0/8", "inside", "ann")
    place.asked("disallow", {"network": "10.0.0.0/8"})
    assert place.store.allowed() == []


def test_a_commit_that_fails_leaves_the_request_for_the_next_turn(place, monkeypatch):
    request = place.ask("block", {"network": "203.0.113.7"})

    def full(*_):
        raise StoreError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(place.store, "commit", full)
        with pytest.raises(StoreError):
            place.answer()
    assert place.store.answer(request) is None
    place.answer()
    assert awaited(place.store, request, 0).done["actions"]


def test_many_requests_do_not_keep_the_agent_from_reading(place):
    asked = [place.ask("block", {"network": f"203.0.113.{n}"}) for n in range(requests.AT_ONCE + 1)]
    place.answer()
    assert [place.store.answer(each) is None for each in asked] == [False] * requests.AT_ONCE + [True]


def test_nobody_answers(place):
    request = place.ask("block", {"network": "203.0.113.7"})
    assert awaited(place.store, request, 0.05) is None
    assert len(place.store.requests()) == 1


def test_an_incident_changes_and_a_refusal_is_also_noted_there(place):
    place.store.commit(Commit(incidents=[incident("i1")]), NOW)
    place.asked("change incident", {"incident.id": "i1", "to": "resolved", "why": "ours"})
    assert place.store.incident("i1").state == "resolved"
    assert [each.id for each in place.told] == ["i1", "i1"]
    with pytest.raises(ActionError):
        place.asked("change incident", {"incident.id": "i2", "to": "resolved"})
    assert "not done" in place.store.notes("i2")[0].text


def test_answers_are_json_whatever_they_hold(place):
    done = place.asked("block", {"network": "203.0.113.7", "why": "\x1b[2J\0 ünï"}).done
    assert json.loads(json.dumps(done))["actions"][0]["reason"] == "\x1b[2J\0 ünï"
