"""At least once: a notice goes on coming up until somebody says that it arrived or that nobody wants it."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.made import NOW
from vedette.model.stored import Commit, Notice
from vedette.store.store import LocalStore, open_store

MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path):
    with open_store(tmp_path) as opened:
        opened.commit(Commit(notices=[Notice("a", "hook", {"n": 1}), Notice("b", "file", {"n": 2})]), NOW)
        yield opened


def due(store: LocalStore, after: timedelta, lease: timedelta = MINUTE) -> list[tuple[str, int]]:
    return [(d.key, d.attempts) for d in store.claim(NOW + after, lease)]


def test_claimed_is_not_given_out_again_before_the_lease_ends(store: LocalStore) -> None:
    assert due(store, 0 * MINUTE) == [("a", 0), ("b", 0)]
    assert due(store, MINUTE / 2) == []
    assert due(store, MINUTE) == [("a", 0), ("b", 0)], "the process that claimed them died"


def test_delivered_is_done(store: LocalStore) -> None:
    due(store, 0 * MINUTE)
    store.delivered("a", NOW)
    assert due(store, 9 * MINUTE) == [("b", 0)]
    store.failed("a", "late answer of another attempt", NOW, NOW)
    assert due(store, 99 * MINUTE) == [("b", 0)]
    assert store.status().outbox == {"delivered": 1, "pending": 1}


def test_failed_comes_back_when_the_caller_said(store: LocalStore) -> None:
    due(store, 0 * MINUTE)
    store.delivered("b", NOW)
    store.failed("a", "503", NOW + 5 * MINUTE, NOW)
    assert due(store, 4 * MINUTE) == []
    assert due(store, 5 * MINUTE) == [("a", 1)]


def test_dead_is_listed_with_its_error(store: LocalStore) -> None:
    store.failed("a", "gone\0" + "x" * 1000, None, NOW)
    ((delivery, error),) = store.dead()
    assert (delivery.key, delivery.payload, delivery.attempts) == ("a", {"n": 1}, 1)
    assert error.startswith("gone\\x00x")
    assert due(store, 9 * MINUTE) == [("b", 0)]


def test_pending_survives_the_process(store: LocalStore, tmp_path: Path) -> None:
    due(store, 0 * MINUTE)
    store.close()
    with open_store(tmp_path) as again:
        assert due(again, MINUTE) == [("a", 0), ("b", 0)]


def test_limit_takes_the_oldest(store: LocalStore) -> None:
    store.commit(Commit(notices=[Notice("0", "hook", {})]), NOW + MINUTE)
    assert [d.key for d in store.claim(NOW + MINUTE, MINUTE, limit=2)] == ["a", "b"]
