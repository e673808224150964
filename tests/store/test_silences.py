"""What a silence finds is held back, counted and marked, and comes up again when its alert goes on after the silence."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.store.made import NOW, alert, incident
from vedette.model.query import Test
from vedette.model.stored import AlertQuery, Commit, Notice, SilenceQuery
from vedette.store.store import LocalStore, open_store

MINUTE = timedelta(minutes=1)
LOUD = Test("rule.id", "is", "loud")


@pytest.fixture
def store(tmp_path: Path):
    with open_store(tmp_path) as opened:
        yield opened


def told(store: LocalStore, *names: str, after: timedelta = 0 * MINUTE, rule: str = "loud", channels=("hook",), **fields):
    """Alerts of these ids with a notice for each channel, in one commit."""
    made = [alert("203.0.113.7", id=name, rule_id=rule, **fields) for name in names]
    notices = [Notice(f"{to}:{each.id}", to, msgspec.to_builtins(each)) for each in made for to in channels]
    store.commit(Commit(alerts=made, notices=notices), NOW + after)


def silence(store: LocalStore, **span: timedelta) -> int:
    ends = {"since": 0 * MINUTE, "until": 10 * MINUTE} | span
    return store.add_silence("rule.id:loud", NOW + ends["since"], NOW + ends["until"], NOW, who="ana", why="drill").id


def due(store: LocalStore, after: timedelta, silenced=None, limit: int = 100) -> list[str]:
    return [each.key for each in store.claim(NOW + after, MINUTE, limit, silenced)]


def test_what_is_found_is_held_back_and_counted_and_the_rest_goes_out(store: LocalStore) -> None:
    number = silence(store)
    told(store, "a", "b", channels=("hook", "file"))
    told(store, "c", rule="quiet")
    assert due(store, 0 * MINUTE, {number: LOUD}) == ["hook:c"]
    assert store.status().outbox == {"silenced": 4, "pending": 1}
    assert store.silences(SilenceQuery())[0].held == 4
    marks = {each.alert.id: each.silence for each in store.triaged(AlertQuery())}
    assert marks == {"a": number, "b": number, "c": None}
    assert store.count_alerts(AlertQuery(where=Test("alert.silence", "exists"))) == 2
    assert due(store, 60 * MINUTE) == ["hook:c"], "what was held back is not sent when the silence is over"


def test_an_alert_that_goes_on_after_the_silence_is_told(store: LocalStore) -> None:
    number = silence(store)
    told(store, "a")
    assert due(store, 0 * MINUTE, {number: LOUD}) == []
    told(store, "a", after=MINUTE)
    assert due(store, MINUTE, {number: LOUD}) == []
    told(store, "a", after=11 * MINUTE, count=7)
    (delivery,) = store.claim(NOW + 11 * MINUTE, MINUTE)
    assert (delivery.key, delivery.attempts, delivery.payload["event.count"], delivery.at) == ("hook:a", 0, 7, NOW + 11 * MINUTE)
    store.delivered("hook:a", NOW + 11 * MINUTE)
    told(store, "a", after=12 * MINUTE)
    assert due(store, 12 * MINUTE) == [], "once delivered it is not told again"
    assert store.silences(SilenceQuery())[0].held == 2


def test_what_waits_for_another_try_is_held_back_and_what_is_dead_stays_so(store: LocalStore) -> None:
    told(store, "a", "b")
    due(store, 0 * MINUTE)
    store.failed("hook:a", "503", NOW + 2 * MINUTE, NOW)
    store.failed("hook:b", "410", None, NOW)
    number = silence(store)
    assert due(store, 2 * MINUTE, {number: LOUD}) == []
    assert store.status().outbox == {"silenced": 1, "dead": 1}
    told(store, "b", after=3 * MINUTE)
    assert store.status().outbox == {"silenced": 1, "dead": 1}


def test_thousands_that_are_held_back_keep_no_other_waiting_and_none_slips_through(store: LocalStore) -> None:
    number = silence(store)
    told(store, *(f"a{n}" for n in range(1700)))
    told(store, *(f"z{n}" for n in range(40)), rule="quiet", after=MINUTE)
    told(store, *(f"b{n}" for n in range(1700)), after=2 * MINUTE)
    for _ in range(4):
        keys = due(store, 3 * MINUTE, {number: LOUD}, limit=16)
        assert all(key.startswith("hook:z") for key in keys), keys
        for key in keys:
            store.delivered(key, NOW)
    assert store.status().outbox == {"silenced": 3400, "delivered": 40}
    assert store.silences(SilenceQuery())[0].held == 3400


def test_a_silence_of_an_incident_finds_its_alerts_of_the_same_commit(store: LocalStore) -> None:
    number = silence(store)
    made = alert("203.0.113.7", id="a")
    notice = Notice("hook:a", "hook", msgspec.to_builtins(made))
    store.commit(Commit(alerts=[made], incidents=[incident("i1", alerts=(made,))], notices=[notice]), NOW)
    assert due(store, 0 * MINUTE, {number: Test("incident.id", "is", "i1")}) == []


def test_marks_are_news_and_stay_with_an_alert_that_grows(store: LocalStore) -> None:
    number = silence(store)
    told(store, "a")
    before = store.news(0).sequence
    due(store, 0 * MINUTE, {number: LOUD})
    assert store.news(before).alerts == ("a",)
    told(store, "a", after=MINUTE)
    assert store.triaged(AlertQuery())[0].silence == number


def test_listed_by_time_and_moved_only_before_they_are_over(store: LocalStore) -> None:
    first, second = silence(store), silence(store, since=5 * MINUTE)
    third = silence(store, until=1 * MINUTE)
    assert [each.id for each in store.silences(SilenceQuery())] == [third, second, first]
    assert [each.id for each in store.silences(SilenceQuery(limit=1, after=third))] == [second]
    for at, ids in ((0, [third, first]), (1, [first]), (5, [second, first]), (10, [])):
        assert [each.id for each in store.silences(SilenceQuery(active=NOW + at * MINUTE))] == ids, at
    assert [each.id for each in store.silences(SilenceQuery(lasting=NOW + MINUTE))] == [second, first]
    moved = store.move_silence(first, NOW + 2 * MINUTE, NOW + MINUTE, who="bo")
    assert moved is not None
    assert (moved.until, moved.moved_by, moved.state(NOW + 2 * MINUTE)) == (NOW + 2 * MINUTE, "bo", "expired")
    assert store.move_silence(first, NOW + 9 * MINUTE, NOW + 2 * MINUTE, who="bo") is None
    assert store.move_silence(99, NOW + 9 * MINUTE, NOW, who="bo") is None


def test_those_that_are_over_are_kept_as_long_as_alerts(store: LocalStore) -> None:
    number = silence(store)
    store.retain(NOW + timedelta(days=29), age=timedelta(days=30))
    assert [each.id for each in store.silences(SilenceQuery())] == [number]
    store.retain(NOW + timedelta(days=31), age=timedelta(days=30))
    assert store.silences(SilenceQuery()) == []
    assert silence(store) == number + 1, "an id that alerts name never comes back"
