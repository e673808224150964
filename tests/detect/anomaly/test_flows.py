"""The flow model: finds what was planted, says why, and says the same in every batch and after every restart."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.detect.anomaly import forest
from vedette.detect.anomaly.behaviour import begin, watch
from vedette.detect.anomaly.flows import SCORED, Flows, ModelError, dump, learn, load, score
from vedette.detect.anomaly.neighbours import nearest
from vedette.detect.anomaly.table import tidy

START = datetime(2026, 2, 1, tzinfo=UTC)


def day(rows=3000, seed=1):
    """A dull day: web, DNS and mail of twenty machines."""
    rng = np.random.default_rng(seed)
    port = rng.choice([443, 53, 25], rows, p=[0.6, 0.3, 0.1])
    size = np.where(port == 53, rng.normal(120, 20, rows), rng.lognormal(9, 1, rows)).clip(40)
    seconds = np.sort(rng.uniform(0, 86_400, rows))
    return pl.DataFrame({
        "timestamp": [(START + timedelta(seconds=float(s))).isoformat() for s in seconds],
        "source_ip": [f"192.0.2.{n}" for n in rng.integers(1, 21, rows)],
        "destination_port": port,
        "protocol": np.where(port == 53, "udp", "tcp"),
        "bytes_transferred": size.astype(int),
    })  # fmt: skip


def scan(rows=60):
    """One machine goes through the ports, within a minute at noon."""
    return pl.DataFrame({
        "timestamp": [(START + timedelta(hours=12, seconds=n)).isoformat() for n in range(rows)],
        "source_ip": ["198.51.100.77"] * rows,
        "destination_port": list(range(1, rows + 1)),
        "protocol": ["tcp"] * rows,
        "bytes_transferred": [60] * rows,
    })  # fmt: skip


def watched(frame):
    return watch(begin(), tidy(frame).sort("@timestamp", maintain_order=True)).frame


@pytest.fixture(scope="module")
def model():
    return learn(watched(day()), Flows())


def test_a_scan_and_a_theft_stand_out_and_the_reasons_name_them(model):
    theft = day(1, seed=9).with_columns(bytes_transferred=pl.lit(80_000_000_000), destination_port=pl.lit(443))
    rows = watched(pl.concat([day(1000, seed=2), scan(), theft], how="vertical_relaxed"))
    found = pl.concat([rows, score(model, rows)], how="horizontal")
    usual = found.filter(pl.col("source.ip").str.starts_with("192.0.2.") & (pl.col("network.bytes") < 1e9))
    assert usual["anomaly"].mean() < 0.12
    scanned = found.filter(pl.col("source.ip") == "198.51.100.77")
    assert scanned["anomaly"].mean() > 0.9
    assert any("destination.port" in reason or "source.ports" in reason for reason in scanned["reasons"][-1])
    stolen = found.filter(pl.col("network.bytes") > 1e9)
    assert stolen["anomaly"].to_list() == [True]
    assert any(r.startswith("network.bytes 80,000,000,000, usually ") and "1 in " in r for r in stolen["reasons"][0])


def test_reasons_belong_to_anomalies_only(model):
    found = score(model, watched(day(500, seed=3)))
    assert found.schema == SCORED
    assert (found["reasons"].list.len() > 0).to_list() == found["anomaly"].to_list()
    assert ((found["score"] > 0.5) == found["anomaly"]).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.integers(0, 10))
def test_batches_do_not_matter(model, size, seed):
    rows = watched(pl.concat([day(40, seed=seed), scan(20)], how="vertical_relaxed"))
    parts = [score(model, rows[i : i + size]) for i in range(0, rows.height, size)]
    assert pl.concat(parts).equals(score(model, rows))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-60, 400), st.sampled_from("ab"), st.integers(1, 3)), min_size=10, max_size=60),
    st.integers(1, 7),
)
def test_what_a_source_did_is_the_same_however_the_stream_was_cut(rows, size):
    times = np.cumsum([gap for gap, _, _ in rows])
    frame = pl.DataFrame(
        {
            "@timestamp": [START + timedelta(seconds=int(t)) for t in times],
            "source.ip": [source for _, source, _ in rows],
            "destination.port": [float(port) for _, _, port in rows],
        }
    )
    past, parts = begin(), []
    for i in range(0, len(rows), size):
        past, part = watch(past, frame[i : i + size])
        parts.append(part)
    whole = watch(begin(), frame).frame
    assert pl.concat(parts).equals(whole)
    latest = np.maximum.accumulate(times)
    by_hand = [
        sum(rows[j][1] == rows[i][1] and latest[j] > latest[i] - 600 for j in range(i + 1)) for i in range(len(rows))
    ]
    assert whole["source.flows"].to_list() == by_hand


def test_a_stored_model_says_the_same(model):
    rows = watched(day(300, seed=4))
    assert score(load(dump(model)), rows).equals(score(model, rows))
    assert dump(learn(watched(day()), Flows())) == dump(model), "the same rows and seed give the same model"


@pytest.mark.parametrize("damage", [b"", b"x" * 100, None, "pickle", "swap"])
def test_a_damaged_model_is_refused(model, damage):
    data = dump(model)
    if damage is None:
        damage = data[: len(data) // 2]
    elif damage == "swap":
        damage = data.replace(b"memories", b"memoires")
    elif damage == "pickle":
        target = BytesIO()
        np.savez(target, head=np.array([{"a": 1}], dtype=object))
        damage = target.getvalue()
    with pytest.raises(ModelError):
        load(damage)


def test_the_threshold_follows_contamination_and_budget():
    rows, fresh = watched(day(4000)), watched(day(4000, seed=5))
    shares = [score(learn(rows, Flows(contamination=c)), fresh)["anomaly"].mean() for c in (0.01, 0.05, 0.2)]
    assert shares == sorted(shares)
    assert 0.02 < shares[1] < 0.10
    few = score(learn(rows, Flows(per_day=20)), fresh)["anomaly"].sum()
    assert few <= 60


def test_without_known_good_rows_the_data_judges_itself():
    rows = watched(pl.concat([day(2000), scan()], how="vertical_relaxed"))
    found = score(learn(rows, Flows()), rows)
    assert found["anomaly"].mean() < 0.10
    scanned = found.filter(rows["source.ip"] == "198.51.100.77")
    assert scanned["anomaly"].mean() > 0.7


def test_hostile_values_are_scored_and_never_raise(model):
    rows = watched(day(5, seed=6)).with_columns(
        pl.Series("network.bytes", [float("nan"), float("inf"), -1e308, None, 1e308]),
        pl.Series("network.transport", ["\x00", None, "x" * 100_000, "\u202e", "tcp"]),
    )
    found = score(model, rows)
    assert found["score"].is_between(0, 1).all()
    assert all(len(reason) < 300 and reason.isprintable() for reason in found["reasons"].explode().drop_nulls())


def test_missing_and_unknown_columns(model):
    rows = watched(day(50, seed=7))
    assert score(model, rows.drop("network.bytes")).height == 50
    assert score(model, rows.with_columns(extra=1)).equals(score(model, rows))
    assert score(model, rows.clear()).schema == SCORED


@pytest.mark.parametrize(
    ("frame", "why"),
    [(day(20), "too few"), (day(100).select("timestamp", "source_ip"), "no column")],
)
def test_what_cannot_be_learned_from(frame, why):
    with pytest.raises(ModelError, match=why):
        learn(tidy(frame), Flows())


def test_the_forest_scores_as_scikit_learn_does():
    from sklearn.ensemble import IsolationForest

    rows = np.random.default_rng(0).normal(size=(700, 5)).round(1)
    theirs = -IsolationForest(n_estimators=100, max_samples=256, random_state=3).fit(rows).score_samples(rows)
    assert np.allclose(forest.score(forest.grow(rows, 3), rows), theirs, atol=1e-12)


def test_the_nearest_are_those_of_a_search_by_hand():
    rng = np.random.default_rng(0)
    memories, rows = rng.normal(size=(300, 6)), rng.normal(size=(50, 6))
    by_hand = [np.sort(np.linalg.norm(memories - row, axis=1))[1:4].mean() for row in rows]
    assert np.allclose(nearest(memories, rows), np.log1p(by_hand))
    assert nearest(memories[:1], rows).shape == (50,)


def test_scikit_learn_is_imported_only_when_used():
    code = "import sys, vedette.detect.anomaly.flows; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_headerless_kdd_rows_get_their_names():
    rows = pl.DataFrame([[0, "tcp", "http", "SF"] + [1] * 37 + ["normal", 20]], orient="row")
    rows.columns = [f"column_{i}" for i in range(43)]
    named = tidy(rows)
    assert named.columns[:5] == ["duration", "protocol_type", "service", "flag", "src_bytes"]
    assert named.columns[-2:] == ["label", "difficulty"]


@pytest.mark.parametrize(
    "written", ["2026-02-01T10:00:00Z", "2026-02-01 10:00:00", "2026-02-01T12:00:00+02:00", "1769940000", 1769940000.0,
                1769940000000, 1769940000000000, 1769940000000000000]
)  # fmt: skip
def test_times(written):
    frame = tidy(pl.DataFrame({"timestamp": [written], "src_ip": ["192.0.2.1"], "bytes": ["12"]}))
    assert frame.row(0) == (datetime(2026, 2, 1, 10, tzinfo=UTC), "192.0.2.1", 12.0)


def test_a_users_own_mapping_wins():
    frame = tidy(pl.DataFrame({"wer": ["192.0.2.1"], "src": ["x"]}), {"wer": "source.ip"})
    assert frame.columns == ["source.ip", "src"]
