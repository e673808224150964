"""How fast events are stored with their transaction, and how many bytes each takes, against JSON lines and fsync.

Data: made here from a seed, sshd and web lines as a parser leaves them (23 and 26 fields). Batches of 20,000 events;
each commit has 20 alerts, a position with its parser state, and every fifth a snapshot of 64 kB. Both ways end with
everything on disk; both are read back and compared. One core: POLARS_MAX_THREADS=1.

    POLARS_MAX_THREADS=1 pytest -n0 bench/bench_store.py --benchmark-columns=median,iqr,rounds
"""

import itertools
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from vedette.model.alert import Alert, alert_id
from vedette.model.fields import conform
from vedette.model.records import Events, Logsource
from vedette.model.stored import Batch, Commit, EventQuery
from vedette.store.store import open_store

N = 20_000
NOW = datetime(2026, 2, 1, tzinfo=UTC)
ADDRESSES = [f"{net}.{n}" for net in ("203.0.113", "198.51.100", "192.0.2") for n in range(1, 255)]
USERS = ["root", "admin", "test", "git", "deploy", "postgres", *(f"user{n}" for n in range(300))]
AGENTS = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0" for v in range(90, 140)]
PAGES = ["shop", "blog", "api/v1", "img", "static", "login"]


def often(chance: random.Random, values: list[str]) -> str:
    """Few of them much, many of them seldom, as addresses and names are in logs."""
    return values[min(int(chance.paretovariate(0.7)), len(values)) - 1]


def sshd(seed: int) -> Events:
    """Logins, 2.5 a second."""
    chance = random.Random(seed)
    at, offset, rows = NOW, 0, []
    for _ in range(N):
        at += timedelta(microseconds=chance.randint(100, 800_000))
        address, user, good = often(chance, ADDRESSES), often(chance, USERS), chance.random() < 0.1
        pid, port = chance.randint(700, 99_999), chance.randint(1024, 65_535)
        message = f"{'Accepted' if good else 'Failed'} password for {user} from {address} port {port} ssh2"
        raw = f"{at.isoformat()} web{chance.randint(1, 3)} sshd[{pid}]: {message}"
        outcome = "success" if good else "failure"
        rows.append((at, f"s{seed}-{offset}", raw, outcome, message, offset, user, address, address, port, pid))
        offset += len(raw) + 1
    names = ["@timestamp", "event.id", "event.original", "event.outcome", "message", "log.offset", "user.name",
             "source.address", "source.ip", "source.port", "process.pid"]  # fmt: skip
    same = {
        "event.dataset": "sshd", "event.category": "authentication", "event.type": "start", "event.action": "ssh-login",
        "log.file.path": "/var/log/auth.log", "log.syslog.appname": "sshd", "host.name": "web1", "process.name": "sshd",
        "service.name": "sshd", "service.type": "ssh", "network.protocol": "ssh",
    }  # fmt: skip
    return _events(Logsource(None, "linux", "sshd"), rows, names, same)


def web(seed: int) -> Events:
    """Requests, 2.5 a second."""
    chance = random.Random(seed)
    at, offset, rows = NOW, 0, []
    for _ in range(N):
        at += timedelta(microseconds=chance.randint(100, 800_000))
        address, agent = often(chance, ADDRESSES), often(chance, AGENTS)
        path = f"/{chance.choice(PAGES)}/{chance.choice(['item', 'list', 'view'])}/{chance.randint(1, 5000)}"
        query = f"id={chance.randint(1, 99_999)}&s={chance.choice('abcdefgh')}" if chance.random() < 0.4 else None
        url = path + (f"?{query}" if query else "")
        status, size = chance.choice([200] * 8 + [404, 302, 500]), chance.randint(100, 90_000)
        referrer = None if chance.random() < 0.5 else f"https://example.org/{chance.randint(1, 200)}"
        stamp = at.strftime("%d/%b/%Y:%H:%M:%S +0000")
        raw = f'{address} - - [{stamp}] "GET {url} HTTP/1.1" {status} {size} "{referrer or "-"}" "{agent}"'
        rows.append((at.replace(microsecond=0), f"w{seed}-{offset}", raw, "success" if status < 400 else "failure",
                     offset, address, address, referrer, status, size, url, path, query, agent))  # fmt: skip
        offset += len(raw) + 1
    names = ["@timestamp", "event.id", "event.original", "event.outcome", "log.offset", "source.address", "source.ip",
             "http.request.referrer", "http.response.status_code", "http.response.body.bytes", "url.original",
             "url.path", "url.query", "user_agent.original"]  # fmt: skip
    same = {
        "event.dataset": "access", "event.category": "web", "event.type": "access", "http.request.method": "GET",
        "log.file.path": "/var/log/nginx/access.log", "http.version": "1.1", "service.name": "nginx",
        "service.type": "web", "network.protocol": "http",
    }  # fmt: skip
    return _events(Logsource("webserver", None, None), rows, names, same)


def _events(source: Logsource, rows: list[tuple[Any, ...]], names: list[str], same: dict[str, str]) -> Events:
    frame = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    return Events(source, conform(frame.with_columns(**{k: pl.lit(v) for k, v in same.items()})).with_row_index("line"))


def alerts(number: int) -> list[Alert]:
    """Twenty, one for each of as many addresses."""
    return [
        Alert(
            timestamp=NOW, id=alert_id("r", str(number), str(n)), rule_id="r", rule_name="R", level="high",
            rule_source="correlation", source_ip=ADDRESSES[n], first_seen=NOW, last_seen=NOW, message="m" * 80,
        )
        for n in range(20)
    ]  # fmt: skip


@contextmanager
def vedette(folder: Path, events: Events) -> Iterator[Callable[[], None]]:
    """Commits to a store."""
    store = open_store(folder)
    numbers = itertools.count()

    def commit() -> None:
        n = next(numbers)
        batch = Batch("s", "log", {"at": n} if n else None, {"at": n + 1}, {"open": "x" * 50}, (events,))
        snapshots = {"correlation": b"x" * 65_536} if n % 5 == 0 else {}
        store.commit(Commit([batch], alerts(n), snapshots=snapshots), NOW)

    yield commit
    store.close()


@contextmanager
def json_lines(folder: Path, events: Events) -> Iterator[Callable[[], None]]:
    """The same content as one JSON line per event and alert, and one fsync."""
    folder.mkdir()
    numbers = itertools.count()
    with (folder / "events.jsonl").open("ab") as out:

        def commit() -> None:
            n = next(numbers)
            lines = [orjson.dumps(row) for row in events.frame.iter_rows(named=True)]
            lines += [orjson.dumps({"alert": each.id, "message": each.message}) for each in alerts(n)]
            out.write(b"\n".join([*lines, b""]))
            out.flush()
            os.fsync(out.fileno())

        yield commit


How = Callable[[Path, Events], AbstractContextManager[Callable[[], None]]]


@pytest.mark.parametrize("made", [sshd, web], ids=["sshd", "web"])
def test_same_content(tmp_path: Path, made: Callable[[int], Events]) -> None:
    events = made(1)
    with vedette(tmp_path / "v", events) as commit, json_lines(tmp_path / "j", events) as append:
        commit()
        append()
    with open_store(tmp_path / "v", writer=False) as store:
        ours = store.events(EventQuery(limit=None, newest=False)).frame
    theirs = pl.read_ndjson(tmp_path / "j" / "events.jsonl", infer_schema_length=None).head(N).drop("line")
    for name in theirs.columns:
        if name != "@timestamp" and name in ours.columns:
            assert ours[name].equals(theirs[name]), name


@pytest.mark.parametrize("made", [sshd, web], ids=["sshd", "web"])
@pytest.mark.parametrize("how", [vedette, json_lines], ids=["vedette", "json_lines"])
def test_speed(benchmark: Any, tmp_path: Path, how: How, made: Callable[[int], Events]) -> None:
    """`events_per_cpu_s` is the steadier figure on a machine that others use too."""
    with how(tmp_path / "data", made(1)) as commit:
        spent: list[float] = []

        def timed() -> None:
            began = time.process_time()
            commit()
            spent.append(time.process_time() - began)

        benchmark.pedantic(timed, rounds=25, warmup_rounds=3)
    files = [path for path in (tmp_path / "data").rglob("*.*") if path.suffix in (".parquet", ".jsonl")]
    benchmark.extra_info |= {
        "events_per_s": round(N / benchmark.stats["median"]),
        "events_per_cpu_s": round(N / statistics.median(spent)),
        "bytes_per_event": round(sum(path.stat().st_size for path in files) / N / len(spent), 1),
    }
    print(benchmark.extra_info)


@pytest.mark.parametrize("made", [sshd, web], ids=["sshd", "web"])
def test_budget_of_bytes(tmp_path: Path, made: Callable[[int], Events]) -> None:
    with vedette(tmp_path / "v", made(1)) as commit:
        commit()
    with open_store(tmp_path / "v", writer=False) as store:
        assert store.status().size / N <= 60
