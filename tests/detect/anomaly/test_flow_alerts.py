"""Anomalous rows become one alert for each source and hour."""

from datetime import UTC, datetime, timedelta

import polars as pl

from vedette.detect.anomaly.flow_alerts import alerts
from vedette.detect.anomaly.flows import SCORED
from vedette.model.alert import fold

START = datetime(2026, 2, 1, tzinfo=UTC)
ROWS = [  # minutes, source, score
    (1, "203.0.113.7", 0.6), (2, "203.0.113.7", 0.95), (3, "203.0.113.7", 0.2), (61, "203.0.113.7", 0.7),
    (4, "203.0.113.8", 0.6), (5, None, 0.8), (None, "203.0.113.9", 0.9),
]  # fmt: skip


def made(rows):
    frame = pl.DataFrame({
        "@timestamp": [None if m is None else START + timedelta(minutes=m) for m, _, _ in rows],
        "source.ip": [source for _, source, _ in rows],
        "event.id": [f"e{m}" for m, _, _ in rows],
    }, schema_overrides={"@timestamp": pl.Datetime("us", "UTC"), "source.ip": pl.String})  # fmt: skip
    found = pl.DataFrame(
        {"score": [s for *_, s in rows], "anomaly": [s > 0.5 for *_, s in rows], "reasons": [[f"r{s}"] for *_, s in rows]},
        schema=SCORED,
    )
    return alerts(frame, found)


def test_one_alert_for_each_source_and_hour():
    told = [(a.source_ip, a.count, a.level, a.message, [e.event_id for e in a.evidence]) for a in made(ROWS)]
    assert told == [
        ("203.0.113.7", 2, "medium", "r0.95", ["e1", "e2"]),
        ("203.0.113.8", 1, "low", "r0.6", ["e4"]),
        (None, 1, "low", "r0.8", ["e5"]),
        ("203.0.113.7", 1, "low", "r0.7", ["e61"]),
    ]


def test_parts_of_an_hour_fold_into_one():
    parts = fold([alert for row in ROWS for alert in made([row])])
    assert {(a.id, a.count, a.first_seen, a.last_seen) for a in parts} == {
        (a.id, a.count, a.first_seen, a.last_seen) for a in made(ROWS)
    }


def test_nothing_found_is_no_alert():
    assert made([(1, "203.0.113.7", 0.1)]) == []
    assert alerts(pl.DataFrame({"bytes": [1.0]}), pl.DataFrame([[0.9], [True], [["r"]]], schema=SCORED)) == []
