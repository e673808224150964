"""A commit is all or nothing, and once."""

import errno
import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.made import NOW, SSHD, WEB, alert, batch, incident, logins, rejected, requests
from vedette.model.alert import fold
from vedette.model.errors import StoreError
from vedette.model.incident import Change
from vedette.model.stored import AlertQuery, Answer, Batch, Commit, EventQuery, Notice
from vedette.store.files import Files
from vedette.store.requests import ANSWERS
from vedette.store.store import LocalStore, open_store

ALL = EventQuery(limit=None, newest=False)


@pytest.fixture
def store(tmp_path: Path):
    with open_store(tmp_path / "data") as opened:
        yield opened


def ids(store: LocalStore) -> list[str]:
    return store.events(ALL).frame.get_column("event.id").to_list() if store.status().events else []


def files(store: LocalStore) -> set[str]:
    return {path.name for path in (store.directory / "segments").iterdir()}


def test_everything_of_a_commit_is_there_after_it(store: LocalStore) -> None:
    both = [batch(0, 10), Batch("s2", "web.log", None, {"at": 5}, {}, (requests(5),), rejected("rubbish", "\0"))]
    number = store.commit(
        Commit(
            batches=both,
            alerts=[alert("203.0.113.7")],
            incidents=[incident("i1")],
            notices=[Notice("n1", "hook", {"a": [1]})],
            snapshots={"correlation": b"state"},
            counters={"records": 17},
        ),
        NOW,
    )
    positions = store.positions()
    assert {name: (p.position, p.carry, p.path) for name, p in positions.items()} == {
        "s1": ({"at": 10}, {"open": "0"}, "/var/log/s1.log"),
        "s2": ({"at": 5}, {}, "web.log"),
    }
    assert store.events(ALL).frame.height == 15
    assert store.rejected().select("raw", "reason", "source", "path").rows() == [
        ("\0", "no known format", "s2", "web.log"),
        ("rubbish", "no known format", "s2", "web.log"),
    ]
    assert store.alert(alert("203.0.113.7").id) == alert("203.0.113.7")
    assert store.incident("i1") == incident("i1")
    assert [d.payload for d in store.claim(NOW, timedelta(minutes=1))] == [{"a": [1]}]
    assert store.snapshots()["correlation"] == ("correlation", number, b"state")
    assert store.status().counters == {"records": 17}


def test_events_come_back_as_they_were_parsed(store: LocalStore) -> None:
    given = (logins(20), requests(20))
    store.commit(Commit([Batch("s1", "x", None, {"at": 1}, {}, given)]), NOW)
    (replayed,) = store.replay(0)
    assert [events.logsource for events in replayed] == [SSHD, WEB]
    for before, after in zip(given, replayed, strict=True):
        assert after.frame.drop("line").equals(before.frame.drop("line"))


def test_a_position_read_by_somebody_else_is_refused(store: LocalStore) -> None:
    store.commit(Commit([batch(0, 10)]), NOW)
    store.commit(Commit([batch(10, 10)]), NOW)
    there = ids(store), files(store)
    for late in (batch(0, 10), batch(10, 10), batch(15, 10)):
        with pytest.raises(StoreError, match="another writer"):
            store.commit(Commit([late], alerts=[alert("a")], counters={"n": 1}), NOW)
    assert (ids(store), files(store)) == there
    assert (store.status().alerts, store.status().counters) == (0, {})


def test_the_fence_holds_when_the_position_moves_in_between(store: LocalStore, tmp_path: Path) -> None:
    class Slow(Files):
        """While the segment is being written, another writer commits the same batch."""

        def rename(self, old: Path, new: Path) -> None:
            super().rename(old, new)
            if self.root == tmp_path / "other" / "segments" and not Slow.done:
                Slow.done = True
                second.commit(Commit([batch(0, 10)]), NOW)

        done = False

    first = LocalStore(tmp_path / "other", files=Slow)
    first._lock.release()
    second = LocalStore(tmp_path / "other", files=Slow)
    with pytest.raises(StoreError, match="another writer"):
        first.commit(Commit([batch(0, 10)]), NOW)
    assert len(ids(second)) == 10, "the file that both wrote under one name is listed and must stay"
    first.close()
    second.close()


def test_one_source_twice_in_a_commit_is_refused(store: LocalStore) -> None:
    with pytest.raises(StoreError, match="twice"):
        store.commit(Commit([batch(0, 10), batch(0, 10)]), NOW)


def test_parts_of_an_alert_join_over_commits(store: LocalStore) -> None:
    parts = [alert("a", 0, 5), alert("a", 9, 2), alert("b", 3), alert("a", 20, 1)]
    store.commit(Commit(alerts=parts[:2]), NOW)
    store.commit(Commit(alerts=parts[2:]), NOW)
    whole = {each.id: each for each in fold(parts)}
    assert {each: store.alert(each) for each in whole} == whole
    assert store.status().alerts == 2


def test_history_outlives_what_the_incident_lists(store: LocalStore) -> None:
    def change(minute: int, to: str) -> Change:
        return Change(at=NOW + timedelta(minutes=minute), who="ann", before="new", to=to, why="looked")

    first, second, third = change(0, "acknowledged"), change(1, "in-progress"), change(2, "resolved")
    store.commit(Commit(incidents=[incident("i", history=(first, second))]), NOW)
    store.commit(Commit(incidents=[incident("i", history=(second, third), state="resolved")]), NOW)
    assert store.history("i") == [first, second, third]
    assert store.incident("i").history == (second, third)


def test_a_notice_is_queued_once(store: LocalStore) -> None:
    store.commit(Commit(notices=[Notice("k", "hook", {"n": 1})]), NOW)
    store.commit(Commit(notices=[Notice("k", "hook", {"n": 2}), Notice("l", "hook", {})]), NOW)
    assert [(d.key, d.payload) for d in store.claim(NOW, timedelta(1))] == [("k", {"n": 1}), ("l", {})]


def test_snapshots_replace_the_last_set(store: LocalStore) -> None:
    store.commit(Commit(snapshots={"a": b"1", "b": b"1"}), NOW)
    store.commit(Commit([batch(0, 1)]), NOW)
    last = store.commit(Commit(snapshots={"b": b"2"}), NOW)
    assert store.snapshots() == {"b": ("b", last, b"2")}


def test_replay_gives_what_came_after_a_commit(store: LocalStore) -> None:
    numbers = [store.commit(Commit([batch(n, 10)]), NOW) for n in (0, 10, 20)]
    replayed = [events[0].frame["event.id"][0] for events in store.replay(numbers[0])]
    assert replayed == ["s1-1000", "s1-2000"]


class Faulty(Files):
    """Fails at one step, as told."""

    step = ""

    def write(self, path: Path, data: bytes) -> None:
        if self.step == "write":
            path.write_bytes(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write(path, data)

    def rename(self, old: Path, new: Path) -> None:
        if self.step == "rename":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().rename(old, new)

    def sync_directory(self) -> None:
        if self.step == "sync":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync_directory()


@pytest.mark.parametrize("step", ["write", "rename", "sync"])
def test_a_step_that_fails_leaves_nothing_and_the_next_commit_works(tmp_path: Path, step: str) -> None:
    store = LocalStore(tmp_path, files=Faulty)
    store.commit(Commit([batch(0, 10)]), NOW)
    store._files.step = step
    with pytest.raises(StoreError) as caught:
        store.commit(Commit([batch(10, 10)], alerts=[alert("a")]), NOW)
    assert caught.value.code == "store"
    assert caught.value.fix
    assert (len(ids(store)), store.status().alerts) == (10, 0)
    store._files.step = ""
    store.commit(Commit([batch(10, 10)], alerts=[alert("a")]), NOW)
    assert (len(ids(store)), store.status().alerts) == (20, 1)
    assert len(files(store)) == 2
    store.close()


def test_a_transaction_that_fails_takes_its_files_back(store: LocalStore) -> None:
    store.commit(Commit([batch(0, 10)]), NOW)
    before = files(store)
    unwritable = alert("a", first_seen="not a time")
    with pytest.raises(TypeError):
        store.commit(Commit([batch(10, 10)], alerts=[unwritable]), NOW)
    assert files(store) == before
    assert store.positions()["s1"].position == {"at": 10}


def test_hostile_text_is_stored_and_found(store: LocalStore) -> None:
    nasty = "a\0b'; DROP TABLE alerts; --" + "x" * 5000
    store.commit(Commit(alerts=[alert("k", source_ip=nasty, user_name=nasty)]), NOW)
    assert [each.source_ip for each in store.alerts(AlertQuery(source_ip=nasty))] == [nasty]
    assert store.alerts(AlertQuery(source_ip="a")) == []


def test_requests_are_answered_with_a_commit(store: LocalStore) -> None:
    with open_store(store.directory, writer=False) as other:
        first = other.request("close", {"incident": "i"}, "ann", NOW)
        second = other.request("close", {"incident": "j"}, "ann", NOW)
    assert [(r.id, r.payload["incident"]) for r in store.requests()] == [(first, "i"), (second, "j")]
    refused = Answer(first, "no such incident", "vedette incidents list")
    store.commit(Commit(answered=[refused, Answer(second, done={"state": "closed"})]), NOW)
    assert store.requests() == []
    assert store.answer(first) == refused
    assert store.answer(second) == Answer(second, done={"state": "closed"})
    assert store.answer(99) is None
    assert store.request("close", {}, "ann", NOW) > second, "an id that was answered never comes back"


def test_only_the_last_answers_are_kept(store: LocalStore) -> None:
    asked = [store.request("close", {}, "ann", NOW) for _ in range(3)]
    store.commit(Commit(answered=[Answer(asked[0]), Answer(asked[1])]), NOW)
    late = asked[1] + ANSWERS
    store.commit(Commit(answered=[Answer(late)]), NOW)
    assert [store.answer(each) is None for each in (*asked, late)] == [True, True, True, False]
    assert [each.id for each in store.requests()] == [asked[2]]


def test_notes_in_order(store: LocalStore) -> None:
    store.note("i", "first\0", "ann", NOW)
    store.note("i", "second", "bob", NOW)
    store.note("j", "other", "bob", NOW)
    assert [(n.who, n.text) for n in store.notes("i")] == [("ann", "first\\x00"), ("bob", "second")]


def test_a_forgotten_source_starts_anew(store: LocalStore) -> None:
    store.commit(Commit([batch(0, 10)]), NOW)
    store.forget(["s1"])
    assert store.positions() == {}
