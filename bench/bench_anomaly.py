"""How fast are flows scored and events counted, against scikit-learn's forest alone and a plain Python counter?

Data: made here, 20,000 flows of a dull day and 20,000 login events of 200 addresses. One core:

    POLARS_MAX_THREADS=1 OMP_NUM_THREADS=1 python -m pytest bench/bench_anomaly.py
"""

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import IsolationForest

from vedette.detect.anomaly import counts, forest
from vedette.detect.anomaly.flows import Flows, learn, score
from vedette.model.fields import TIME
from vedette.model.records import Events, Logsource

N = 20_000
START = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.fixture(scope="module")
def flows():
    rng = np.random.default_rng(1)
    numbers = {f"n{i}": rng.lognormal(3, 1 + i / 10, N) for i in range(12)}
    return pl.DataFrame(
        {"destination.port": rng.choice([443, 53, 25, 22], N), "proto": rng.choice(["tcp", "udp"], N)} | numbers
    )


@pytest.fixture(scope="module")
def logins():
    rng = np.random.default_rng(1)
    at = pl.Series(START + np.sort(rng.integers(0, 600_000_000, N))).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    ips = [f"198.51.100.{n}" for n in rng.integers(0, 200, N)]
    frame = pl.DataFrame({"line": np.arange(N), "@timestamp": at.cast(TIME), "source.ip": ips, "host.name": "web1"})
    return Events(Logsource(service="sshd"), frame)


def test_same_answer_as_scikit_learn():
    rows = np.random.default_rng(0).normal(size=(2000, 14))
    theirs = IsolationForest(n_estimators=100, max_samples=256, random_state=0).fit(rows)
    assert np.allclose(forest.score(forest.grow(rows, 0), rows), -theirs.score_samples(rows), atol=1e-12)


@pytest.mark.parametrize("how", ["vedette", "scikit-learn forest alone"])
def test_speed_of_flows(benchmark, flows, how):
    if how == "vedette":
        model = learn(flows, Flows())
        benchmark.pedantic(score, (model, flows), rounds=3, warmup_rounds=1)
    else:
        rows = np.column_stack([flows[name].to_numpy() for name in flows.columns if flows[name].dtype.is_numeric()])
        theirs = IsolationForest(n_estimators=100, max_samples=256, random_state=0).fit(rows)
        benchmark.pedantic(theirs.score_samples, (rows,), rounds=3, warmup_rounds=1)
    benchmark.extra_info["rows_per_s"] = round(N / benchmark.stats["median"])


def plain_counter(events):
    seen = Counter()
    for at, ip, host in events.frame.select("@timestamp", "source.ip", "host.name").iter_rows():
        bucket = at.timestamp() // 300
        seen[bucket, "address", ip] += 1
        seen[bucket, "host", host] += 1
    return seen


def test_same_counts_as_a_plain_counter(logins):
    (track,) = counts.step(counts.Settings(), counts.begin(), logins).state.tracks.values()
    ours = {(e.bucket, *key.split("\x1f")): e.count for key, e in track.entities.items()}
    theirs = plain_counter(logins)
    assert ours
    assert all(theirs[key] == count for key, count in ours.items())


@pytest.mark.parametrize("how", ["vedette", "plain counter"])
def test_speed_of_counts(benchmark, logins, how):
    if how == "vedette":
        s, state = counts.Settings(), counts.step(counts.Settings(), counts.begin(), logins).state
        benchmark.pedantic(counts.step, (s, state, logins), rounds=10, warmup_rounds=1)
    else:
        benchmark.pedantic(plain_counter, (logins,), rounds=10, warmup_rounds=1)
    benchmark.extra_info["rows_per_s"] = round(N / benchmark.stats["median"])
