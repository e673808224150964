"""What the dashboard asks for, on a full store, while events come in: p50 and p95 of each question.

    EVENTS=10000000 ALERTS=100000 pytest bench/bench_console.py -n0 -s

The store is made once for all questions, in a temporary directory: days of logins of a few hundred hosts and thousands of
addresses, compacted as the agent does. STORE names a directory to keep it in; a later run works on a copy of what is there
(segments are immutable, so they are linked). The bar is DESIGN.md's: p95 200 ms; it fails above that. EVENTS and ALERTS
make it smaller for a look; the default is a tenth of the promise, so that `make bench` stays short.
"""

import gc
import json
import multiprocessing
import os
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from starlette.testclient import TestClient
from tests.live.test_serve import served
from tests.store.made import alert, incident
from tests.web.test_dashboard import ENVIRONMENT, ROOT, missing

from vedette.api.app import create
from vedette.cli.main import COLLECT_FROM
from vedette.config.tree import Api, Blocking, Tree
from vedette.model.records import Events, Logsource
from vedette.model.stored import Batch, Commit
from vedette.store.store import LocalStore, open_store

EVENTS = int(os.environ.get("EVENTS", "1000000"))
ALERTS = int(os.environ.get("ALERTS", "100000"))
DAYS = 7
PART = 125_000
"""Events of a merged segment: what the agent merges into one (store.compaction)."""
INCOMING = 20_000
"""Events a second that come in meanwhile."""
ROUNDS = 100
BAR = 200.0
"""Milliseconds."""
STORE = Path(os.environ["STORE"]) if "STORE" in os.environ else None
MADE = "made"
"""File in STORE that is as old as its newest event, and there once all of it is."""
_made = (STORE / MADE) if STORE else None
NOW = (datetime.fromtimestamp(_made.stat().st_mtime, UTC) if _made and _made.exists() else datetime.now(UTC)).replace(
    microsecond=0
)
BEGIN = NOW - timedelta(days=DAYS)

PAGES = ("/", "/incidents", "/alerts", "/search", "/entities/address/203.0.113.7", "/hosts")
FIRST_PAINT = 1000
"""Milliseconds, with an empty cache."""

QUESTIONS = {
    "overview": ("/api/v1/dashboard/summary", {}),
    "incidents": ("/api/v1/incidents", {"q": "not state:(resolved or false-positive)", "sort": "-score", "limit": 50}),
    "incident": ("/api/v1/incidents/i7", {}),
    "alerts": ("/api/v1/alerts", {"limit": 200}),
    "alerts, narrowed": ("/api/v1/alerts", {"q": "source.ip:203.0.113.0/28 and rule.level:high", "limit": 200}),
    "facets": ("/api/v1/alerts/facets", {"limit": 8}),
    "facets of open ones": ("/api/v1/alerts/facets", {"q": "not alert.state:(resolved or false-positive)", "limit": 8}),
    "facets, narrowed": ("/api/v1/alerts/facets", {"q": "host.name:web7 and rule.level >= high", "limit": 8}),
    "an address": ("/api/v1/entities/address/203.0.113.7", {}),
    "search, newest": ("/api/v1/events/search", {"limit": 200}),
    "search, one address, an hour": (
        "/api/v1/events/search",
        {"q": "source.ip:10.1.2.3", "since": (NOW - timedelta(hours=1)).isoformat(), "limit": 200},
    ),
    "search, one address": ("/api/v1/events/search", {"q": "source.ip:10.1.2.3", "limit": 200}),
    "search, an absent address": ("/api/v1/events/search", {"q": "source.ip:198.51.100.7", "limit": 200}),
    "histogram, one address": ("/api/v1/events/histogram", {"q": "source.ip:10.1.2.3", "buckets": 90}),
    "histogram, a day": ("/api/v1/events/histogram", {"since": (NOW - timedelta(days=1)).isoformat(), "buckets": 90}),
    "histogram, all": ("/api/v1/events/histogram", {"buckets": 90}),
    "hosts": ("/api/v1/hosts", {}),
    "health": ("/api/v1/system/health", {}),
}


def events(start: int, count: int, begin: datetime, step: timedelta) -> Events:
    """Logins, `step` apart; made in columns, since there are millions of them."""
    numbers = pl.int_range(start, start + count, eager=True)
    second = numbers * 2_654_435_761 % 4_294_967_296
    address = pl.format("10.{}.{}.{}", second % 4, second // 4 % 200, second // 800 % 250)
    frame = pl.DataFrame({"n": numbers, "h": second % 300, "u": second // 7 % 50}).select(
        line=pl.col("n") - start,
        address=address,
        at=pl.lit(begin, pl.Datetime("us", "UTC"))
        + pl.duration(microseconds=(pl.col("n") - start) * (step // timedelta(microseconds=1))),
        host=pl.format("web{}", pl.col("h")),
        user=pl.format("user{}", pl.col("u")),
        port=1024 + pl.col("n") % 60000,
        number=pl.col("n"),
    )
    message = pl.format("Failed password for {} from {} port {} ssh2", "user", "address", "port")
    return Events(
        Logsource(None, "linux", "sshd"),
        frame.select(
            "line",
            pl.col("at").alias("@timestamp"),
            pl.format("s1-{}", pl.col("number") * 100).alias("event.id"),
            pl.format("{} sshd[700]: {}", "host", message).alias("event.original"),
            pl.lit("authentication").alias("event.category"),
            pl.lit("failure").alias("event.outcome"),
            message.alias("message"),
            pl.lit("/var/log/auth.log").alias("log.file.path"),
            (pl.col("number") * 100).alias("log.offset"),
            pl.col("address").alias("source.ip"),
            pl.col("host").alias("host.name"),
            pl.col("user").alias("user.name"),
        ),
    )


def fill(store: LocalStore) -> None:
    """Make it."""
    step = timedelta(days=DAYS) / EVENTS
    done = 0
    while done < EVENTS:
        count = min(PART, EVENTS - done)
        _commit(
            store, events(done, count, BEGIN + done * step, step), done, done + count, BEGIN + (done + count) * step
        )
        done += count
    levels = ("low", "medium", "high", "critical")
    made = [
        alert(
            f"203.0.113.{n % 250}", first=0, id=f"a{n:06}", rule_id=f"rule{n % 120}", level=levels[n * 7 % 10 % 4],
            host_name=f"web{n % 300}", user_name=f"user{n % 50}", first_seen=(at := BEGIN + n * (timedelta(days=DAYS) / ALERTS)),
            last_seen=at, timestamp=at,
        )
        for n in range(ALERTS)
    ]  # fmt: skip
    for start in range(0, ALERTS, 20_000):
        store.commit(Commit(alerts=made[start : start + 20_000]), NOW)
    store.commit(
        Commit(incidents=[
            incident(f"i{n}", score=float(n % 100), alerts=tuple(made[n * 5 : n * 5 + 5]), last_seen=made[n * 5].last_seen)
            for n in range(min(10_000, ALERTS // 5))
        ]), NOW,
    )  # fmt: skip
    store.compact(NOW + timedelta(hours=2))
    store.compact(NOW + timedelta(hours=4))  # and what was merged goes


def _commit(store: LocalStore, made: Events, before: int, after: int, at: datetime) -> None:
    store.commit(
        Commit(batches=[Batch("s1", "s1", {"at": before} if before else None, {"at": after}, {}, (made,))]), at
    )


def comes_in(directory: str, done: int) -> None:
    """The agent, as far as the store sees it; a process of its own, so that its time is not ours. Ended by its parent."""
    with open_store(Path(directory)) as agent:
        while True:
            began, now = time.monotonic(), datetime.now(UTC)
            _commit(agent, events(done, INCOMING, now, timedelta(microseconds=50)), done, done + INCOMING, now)
            done += INCOMING
            time.sleep(max(0.0, 1 - (time.monotonic() - began)))


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    """A client of the API, beside an agent that stores INCOMING events a second."""
    gc.set_threshold(COLLECT_FROM, 20, 50)  # as the command does
    directory = tmp_path_factory.mktemp("console")
    kept = STORE or directory / "kept"
    if not (kept / MADE).exists():
        began, spent = time.monotonic(), time.process_time()
        with open_store(kept) as agent:
            fill(agent)
            size = agent.status().size >> 20
        took, cpu = time.monotonic() - began, time.process_time() - spent
        print(f"\n{EVENTS:,} events and {ALERTS:,} alerts in {took:.0f} s, {cpu:.0f} s of the processor, {size} MiB")
        (kept / MADE).touch()
        os.utime(kept / MADE, (NOW.timestamp(), NOW.timestamp()))
    shutil.copytree(kept / "segments", directory / "segments", copy_function=os.link)
    shutil.copy(kept / "state.db", directory)
    with open_store(directory):
        pass  # one that an earlier version made is brought up to date
    at = EVENTS
    incoming = multiprocessing.get_context("spawn").Process(target=comes_in, args=(str(directory), at), daemon=True)
    incoming.start()
    with open_store(directory, writer=False) as store:
        store.accounts.add("ana", "admin", None, datetime.now(UTC))
        began, spent = time.monotonic(), time.process_time()
        store.remember_alerts(wait=True)
        print(f"\nalerts read in {time.monotonic() - began:.1f} s, {time.process_time() - spent:.1f} s of the processor")
        tree = Tree(data_dir=directory, api=Api(rate=10**9, address_rate=10**9), blocking=Blocking(mode="off"))
        client = TestClient(create(tree, store), "http://localhost")
        client.cookies.set("vedette", store.accounts.sign_in("ana", "link", datetime.now(UTC)))
        yield client
    incoming.terminate()
    incoming.join()


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_of_the_dashboard(console, name) -> None:
    path, query = QUESTIONS[name]
    spent = time.process_time()
    assert console.get(path, params=query).status_code == 200
    first = 1000 * (time.process_time() - spent)
    wall, cpu = [], []
    for _ in range(ROUNDS):
        began, spent = time.perf_counter(), time.process_time()
        answer = console.get(path, params=query)
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - spent))
        assert answer.status_code == 200
    middle, high = ROUNDS // 2, int(ROUNDS * 0.95)
    wall.sort()
    cpu.sort()
    shown = (
        f"p50 {wall[middle]:7.1f}  p95 {wall[high]:7.1f} ms;  of the processor {cpu[middle]:7.1f} {cpu[high]:7.1f}, first {first:7.1f} ms"
    )
    print(f"  {name:<30} {shown}")
    # Of the processor: how long one waits on a machine that others use, too, says nothing about us.
    assert cpu[high] < BAR


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_time_to_first_paint(console) -> None:
    """In a real browser, on the same store: the median of five with an empty cache."""
    store = console.app.state.place.store
    with served(store.directory, rate=str(10**9), address_rate=str(10**9)) as (process, url):
        link = f"{url}#link={store.accounts.link('ana', datetime.now(UTC), timedelta(minutes=15))}"
        command = ["node", "e2e/paint.mjs", link, *PAGES]
        told = subprocess.run(command, cwd=ROOT / "web", env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False)
        process.stdin.close()
        process.stdin = None
    assert told.returncode == 0, told.stderr
    paints = [json.loads(line) for line in told.stdout.splitlines()]
    for each in paints:
        print(f"  {each['path']:<30} first paint {each['paint']:5} ms, all of it {each['whole']:5} ms")
    assert [each["path"] for each in paints] == list(PAGES)
    assert max(each["paint"] for each in paints) < FIRST_PAINT
