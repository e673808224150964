"""Searches that are summed up: events, alerts and incidents give the same as counting by hand, however they were cut."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.store.made import NOW, alert, batch, incident
from vedette.model.errors import StoreError
from vedette.model.query import QueryError
from vedette.model.stored import Commit
from vedette.runtime.answers import SCHEMAS, answer
from vedette.search import search
from vedette.store import groups
from vedette.store.store import open_store


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path) as store:
        for start, count in ((0, 1), (1, 399), (400, 200)):
            store.commit(Commit(batches=[batch(start, count)]), NOW)
        store.commit(
            Commit(
                alerts=[
                    alert("203.0.113.1", level="high", techniques=("T1110", "T1110.003")),
                    alert("203.0.113.2", level="high", techniques=("T1110",), first=7200),
                    alert("203.0.113.3", level="low"),
                ],
                incidents=[incident("a"), incident("b", level="low")],
            ),
            NOW,
        )
        yield store


def asked(store, text, about="events", **more):
    return answer(store, about, search(text, SCHEMAS[about], NOW), **more)


def values(found, *names):
    return [tuple(row[name] for name in (*names, "value")) for row in found.rows]


def test_counts_are_those_by_hand_in_any_segmentation(store):
    found = asked(store, "event.outcome:failure | count by source.ip top 3")
    by_hand = Counter(f"203.0.113.{n % 200}" for n in range(600) if n % 3)
    best = sorted(by_hand.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    assert values(found, "source.ip") == best
    assert (found.shape, found.scanned, found.cut) == ("groups", 600, 0)
    assert values(asked(store, "event.outcome:failure | count")) == [(400,)]
    assert values(asked(store, "user.name:nobody | count")) == [(0,)]
    assert values(asked(store, "user.name:nobody | count by source.ip")) == []


def test_distinct_sum_and_having(store):
    assert values(asked(store, "| distinct source.ip")) == [(200,)]
    assert values(asked(store, "| distinct source.ip by user.name, event.outcome"), "user.name", "event.outcome") == [
        ("root", "failure", 200), ("root", "success", 200),
    ]  # fmt: skip
    assert values(asked(store, "user.name:nobody | distinct source.ip")) == [(0,)]
    assert values(asked(store, "| sum source.port")) == [(sum(1024 + n for n in range(600)),)]
    assert asked(store, "| count by source.ip having > 3").rows == []
    assert len(asked(store, "| count by source.ip having >= 3").rows) == 200
    assert values(asked(store, "source.port < 1224 | count by source.ip bottom 1"), "source.ip") == [("203.0.113.0", 1)]


def test_what_lacks_the_field_is_counted_apart(store):
    found = asked(store, "| count by host.name")
    assert (found.rows, found.without) == ([], 600)
    assert asked(store, "| count by EventID").without == 600


def test_over_time_days_are_those_of_the_zone(store):
    minutes = Counter(NOW + timedelta(minutes=n // 60) for n in range(600))
    assert values(asked(store, "| count per 1m"), "begin") == sorted(minutes.items())
    assert values(asked(store, "| count per 1d", zone="Asia/Tokyo"), "begin") == [(datetime(2026, 1, 31, 15, tzinfo=UTC), 600)]
    assert values(asked(store, "| count per 1w"), "begin") == [(datetime(2026, 1, 26, tzinfo=UTC), 600)]


def test_a_comparison_asks_the_same_of_another_time(store):
    since, until = (NOW + timedelta(seconds=s) for s in (300, 600))
    times = f'@timestamp >= {since:%Y-%m-%dT%H:%M:%SZ} and @timestamp < "{until.isoformat()}"'
    found = asked(store, f"event.outcome:failure and {times} | count compare 2026-02-01T12:00:00Z to 2026-02-01T12:02")
    assert found.rows == [{"value": 200, "before": 80, "change": 120}]
    assert 600 <= found.scanned <= 1200  # segments that lie outside of a time are passed over
    grouped = asked(store, f"{times} | count by event.outcome top 1 compare 2026-02-01T12:00:00Z to 2026-02-01T12:02")
    assert grouped.rows == [{"event.outcome": "failure", "value": 200, "before": 80, "change": 120}]
    gone = asked(store, "@timestamp >= now+1d | count by user.name compare 2026-02-01 to 2026-02-02")
    assert gone.rows == [{"user.name": "root", "value": 0, "before": 600, "change": -600}]
    both = asked(store, f"{times} | count per 1h compare 2026-02-01 to 2026-02-02")
    assert [(row["time"], row["value"]) for row in both.rows] == [("now", 300), ("before", 600)]


def test_alerts_and_incidents(store):
    assert values(asked(store, "| count by rule.level", "alerts"), "rule.level") == [("high", 2), ("low", 1)]
    found = asked(store, "| count by threat.technique.id", "alerts")
    assert values(found, "threat.technique.id") == [("T1110", 2), ("T1110.003", 1)]
    assert (found.without, found.scanned) == (1, 3)
    assert values(asked(store, "| count per 1h", "alerts"), "begin") == [(NOW, 2), (NOW + timedelta(hours=2), 1)]
    assert values(asked(store, "level:low | count by state", "incidents"), "state") == [("new", 1)]
    assert values(asked(store, "| count", "incidents")) == [(2,)]
    with pytest.raises(QueryError, match="no field"):
        asked(store, "| count by destination.port", "alerts")


def test_records_newest_and_oldest(store):
    assert [row["source.port"] for row in asked(store, "| newest 2").rows] == [1623, 1622]
    oldest = asked(store, "event.outcome:failure | oldest 1", columns=["source.port"])
    assert (oldest.rows[0]["source.port"], oldest.shape) == (1025, "records")
    assert [row["alert.state"] for row in asked(store, "rule.level:low", "alerts").rows] == ["new"]
    assert [row["title"] for row in asked(store, "level:low", "incidents").rows] == ["Incident b"]


def test_too_many_groups_are_refused_not_guessed(store, monkeypatch):
    monkeypatch.setattr(groups, "LARGEST", 100)
    monkeypatch.setattr(groups, "_MERGE", 50)
    with pytest.raises(StoreError, match="more than 100 groups"):
        asked(store, "| count by source.ip")
    assert values(asked(store, "| count by user.name"), "user.name") == [("root", 600)]
