"""The store's upkeep runs beside the one who turns: nobody waits for a merge, and what went wrong is told."""

import threading
from datetime import timedelta

import pytest

from tests.store.made import NOW, batch
from vedette.config.tree import Keep
from vedette.model.errors import StoreError
from vedette.model.stored import Commit, EventQuery
from vedette.runtime.upkeep import Upkeep
from vedette.store import compaction
from vedette.store.store import open_store

LATER = NOW + timedelta(hours=2)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path) as opened:
        for number in range(3):
            opened.commit(Commit([batch(number * 30, 30)]), NOW + timedelta(minutes=10 * number))
        yield opened


@pytest.fixture
def merging(monkeypatch):
    """Set by a merge that begins; it goes on when `let` is set."""
    began, let = threading.Event(), threading.Event()
    merge = compaction._merge

    def held(*arguments):
        began.set()
        assert let.wait(20)
        return merge(*arguments)

    monkeypatch.setattr(compaction, "_merge", held)
    yield began, let
    let.set()


def ended(upkeep):
    upkeep._running.exception(timeout=20)


def test_commits_go_on_while_segments_are_merged(store, merging):
    began, let = merging
    upkeep = Upkeep(store, Keep(age=timedelta(days=9999)))
    upkeep.turn(LATER)
    assert began.wait(20)
    store.commit(Commit([batch(90, 30)]), LATER)
    upkeep.turn(LATER)  # the round before is not over: no second one begins
    assert store.status().segments == 4
    let.set()
    ended(upkeep)
    assert store.status().segments == 2
    assert store.events(EventQuery(limit=None)).frame.height == 120
    upkeep.close()


def test_the_end_waits_for_one_merge_and_no_other(store, merging):
    began, let = merging
    store.commit(Commit([batch(90, 30)]), LATER)
    upkeep = Upkeep(store, Keep(age=timedelta(days=9999)))
    upkeep.turn(LATER + timedelta(hours=2))
    assert began.wait(20)
    ending = threading.Thread(target=upkeep.close)
    ending.start()
    assert upkeep._ending.wait(20)
    let.set()
    ending.join(20)
    assert not ending.is_alive()
    assert store.status().segments == 2, "one hour is merged, the other was not begun"
    assert store.events(EventQuery(limit=None)).frame.height == 120


def test_what_was_too_old_goes(store):
    store.commit(Commit([batch(90, 30)]), LATER)
    upkeep = Upkeep(store, Keep(age=timedelta(hours=1)))
    upkeep.turn(LATER)
    ended(upkeep)
    assert store.status().events == 30
    upkeep.close()


def test_what_ended_a_round_is_told_and_the_next_begins(store, monkeypatch):
    def full(*arguments):
        raise StoreError("no space left", where="here", fix="free some")

    monkeypatch.setattr(compaction, "_merge", full)
    upkeep = Upkeep(store, Keep(age=timedelta(days=9999)))
    upkeep.turn(LATER)
    ended(upkeep)
    monkeypatch.undo()
    with pytest.raises(StoreError, match="no space left"):
        upkeep.turn(LATER)
    ended(upkeep)
    assert store.status().segments == 1
    upkeep.close()
