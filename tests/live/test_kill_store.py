"""The store killed at random moments, start-up, commits, merges and retention among them: 0 lost, 0 doubled."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.made import NOW
from vedette.model.stored import AlertQuery, Commit, EventQuery
from vedette.store.store import open_store

pytestmark = pytest.mark.live

KILLS = 120
ENOUGH = 50
BUDGET = 40.0
"""Seconds; a slow machine may stop before KILLS, but never before ENOUGH."""

ROWS = 40

WORKER = """
import os, sys
from datetime import timedelta
from pathlib import Path

from tests.store.made import NOW, alert, batch
from vedette.model.stored import Commit, Notice
from vedette.store.store import open_store

def work(data, rows):
    store = open_store(data)
    at = store.positions()["s1"].position["at"] if "s1" in store.positions() else 0
    print("open", flush=True)
    while True:
        number = at // rows
        now = NOW + timedelta(minutes=7 * number)
        parts = [alert("203.0.113.7", number), alert(f"203.0.113.{number % 250}", number)]
        notices = [Notice(f"n{number}", "hook", {"number": number})]
        snapshots = {"correlation": str(number).encode()} if number % 5 == 0 else {}
        store.commit(Commit([batch(at, rows)], parts, (), notices, snapshots, {"records": rows}), now)
        at += rows
        print(at, flush=True)
        if number % 4 == 0:
            store.compact(now)

# One process imports, and forks a worker for every line it reads: the time goes into the store, not into starting
# Python. It runs no query itself, so there are no threads for the fork to lose.
for line in sys.stdin:
    worker = os.fork()
    if worker == 0:
        work(Path(sys.argv[1]), int(sys.argv[2]))
    print(f"pid {worker}", flush=True)
    os.waitpid(worker, 0)
    print("dead", flush=True)
"""


def lives(data: Path) -> Iterator[tuple[int, Iterator[str]]]:
    """Workers, one after the other: process id, and what each says, ended by its death."""
    command = [sys.executable, "-c", WORKER, str(data), str(ROWS)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=Path(__file__).parents[2]
    ) as nursery:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        try:
            while True:
                nursery.stdin.write("next\n")
                pid = next(word for word in iter(nursery.stdout.readline, "") if word.startswith("pid "))
                yield int(pid[4:]), iter(nursery.stdout.readline, "dead\n")
        finally:
            nursery.stdin.close()


def test_killed_at_random_moments(tmp_path: Path) -> None:
    chance = random.Random(7)
    began = time.monotonic()
    acknowledged = kills = 0
    for worker, said in lives(tmp_path / "data"):
        moment = chance.random()  # at start, in the first commit, or among the later ones, however slow the machine
        heard = ["0"]
        if moment > 0.2:
            heard += [next(word for word in said if moment < 0.5 or word.strip().isdigit())]
        time.sleep(chance.uniform(0, 0.1))
        os.kill(worker, signal.SIGKILL)
        acknowledged = max([acknowledged, *(int(word) for word in [*heard, *said] if word.strip().isdigit())])
        kills += 1
        if kills >= KILLS or (kills >= ENOUGH and time.monotonic() - began > BUDGET):
            break
    with open_store(tmp_path / "data") as store:
        position = store.positions()["s1"].position["at"]
        commits = position // ROWS
        status = store.status()
        assert position >= acknowledged > ROWS * ENOUGH / 3, "what was acknowledged is there, and it is not little"
        assert (status.sequence, status.events, status.counters) == (commits, position, {"records": position})
        assert status.outbox == {"pending": commits}
        assert sum(each.count for each in store.alerts(AlertQuery(limit=1000))) == 2 * commits
        for _ in range(2):  # as it was left, and with everything merged
            ids = store.events(EventQuery(limit=None, columns=("event.id",))).frame["event.id"]
            assert sorted(ids) == sorted(f"s1-{number * 100}" for number in range(position))
            assert store.check() == []
            later = NOW + timedelta(minutes=7 * commits) + timedelta(days=2)
            store.commit(Commit(snapshots={"correlation": b""}), later)
            for hours in range(3):  # merge by hour, merge by day, unlink what both replaced
                store.compact(later + timedelta(hours=hours))
            files = {path.name for path in (tmp_path / "data" / "segments").iterdir()}
            assert len(files) == store.status().segments, "every file is listed, every listed file is there"
    print(f"{kills} kills, {position} events in {commits} commits, {time.monotonic() - began:.0f} s")
