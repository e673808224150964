"""The store on a disk that fills up, and has room again: a small tmpfs that the test mounts (root only)."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.made import NOW, alert, batch
from vedette.model.errors import StoreError
from vedette.model.stored import Commit, EventQuery
from vedette.store.store import LocalStore, open_store

pytestmark = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")]

ROWS = 200
COMMITS = 400


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "vedette-test", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let us mount a tmpfs")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def commit(number: int) -> Commit:
    """The batch of this number, with an alert that is as heavy as a real one."""
    key = f"203.0.113.{number}"
    return Commit([batch(number * ROWS, ROWS)], alerts=[alert(key, number, message=os.urandom(3000).hex())])


def attempt(store: LocalStore, number: int) -> bool:
    """Commit; False when the store says in clear words that the disk is full."""
    try:
        store.commit(commit(number), NOW)
    except StoreError as error:
        said = error
    else:
        return True
    assert said.code == "store"
    assert "no space left" in said.what
    assert "free space" in said.fix
    return False


def fill(store: LocalStore, start: int) -> int:
    """Commit until the disk is full; returns how many commits there are now."""
    for number in range(start, COMMITS):
        if not attempt(store, number):
            return number
    pytest.fail("the disk never filled up")


def consistent(store: LocalStore, commits: int) -> None:
    """Exactly these commits are there, in every part of the store."""
    status = store.status()
    assert (status.sequence, status.events, status.alerts) == (commits, commits * ROWS, commits)
    assert store.positions()["s1"].position == {"at": commits * ROWS}
    assert store.events(EventQuery(limit=None, columns=("event.id",))).frame["event.id"].n_unique() == commits * ROWS
    assert store.check() == []
    there = {path.name for path in (store.directory / "segments").iterdir()}
    assert len(there) == status.segments


def test_a_full_disk_costs_nothing_and_the_agent_goes_on(disk: Path) -> None:
    ballast = disk / "ballast"
    ballast.write_bytes(b"x" * 600_000)
    with open_store(disk / "data") as store:
        full = fill(store, 0)
        assert full > 3
        consistent(store, full)
        assert not attempt(store, full)
        consistent(store, full)
        ballast.unlink()
        store.commit(commit(full), NOW)
        consistent(store, full + 1)
        again = fill(store, full + 1)
        assert again > full + 1
        consistent(store, again)
    subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
    with open_store(disk / "data") as store:
        consistent(store, again)
        store.commit(commit(again), NOW)
        consistent(store, again + 1)


@pytest.mark.parametrize("room", range(0, 60_000, 3000))
def test_wherever_the_space_ends(disk: Path, room: int) -> None:
    with open_store(disk / "data") as store:
        store.commit(commit(0), NOW)
        free = os.statvfs(disk)
        ballast = disk / "ballast"
        ballast.write_bytes(b"x" * (free.f_bavail * free.f_frsize - room // 4096 * 4096))
        done = 1 + attempt(store, 1)
        consistent(store, done)
        ballast.unlink()
        store.commit(commit(done), NOW)
        consistent(store, done + 1)
