"""Counts per entity: bursts are found, habits are not, and neither batches nor floods matter."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from vedette.detect.anomaly.counts import RULE_ID, Settings, begin, dump, load, step
from vedette.model.alert import fold
from vedette.model.fields import TIME
from vedette.model.records import Events, Logsource

START = datetime(2026, 2, 2, tzinfo=UTC)
SCHEMA = {
    "line": pl.Int64, "@timestamp": TIME, "event.id": pl.String, "log.file.path": pl.String, "log.offset": pl.Int64,
    "event.original": pl.String, "source.ip": pl.String, "user.name": pl.String, "host.name": pl.String,
}  # fmt: skip


def events(rows):
    """Rows of (seconds, ip, user, host) to a batch; numbered by their place in the whole stream."""
    full = [
        (n, None if s is None else START + timedelta(seconds=s), f"e{n}", "a.log", n, f"line {n}", ip, user, host)
        for n, (s, ip, user, host) in rows
    ]
    return Events(Logsource(service="sshd"), pl.DataFrame(full, schema=SCHEMA, orient="row"))


def run(rows, s, cuts=(), state=None):
    """Whole alerts and the state, the rows being cut at the places given."""
    numbered = list(enumerate(rows))
    state, alerts = state or begin(), []
    for start, end in pairwise([0, *cuts, len(numbered)]):
        result = step(s, load(dump(state)), events(numbered[start:end]))
        state = result.state
        alerts += result.alerts
    return fold(alerts), state


def steady(per_bucket, buckets, ip="203.0.113.7", first=0, bucket=300):
    gap = bucket / per_bucket
    return [((first + b) * bucket + n * gap, ip, None, None) for b in range(buckets) for n in range(per_bucket)]


def test_a_burst_after_a_steady_past_is_one_alert_with_numbers():
    rows = steady(12, 20) + steady(400, 1, first=20)
    (alert,), _ = run(rows, Settings())
    assert (alert.rule_id, alert.rule_source, alert.source_ip) == (RULE_ID, "anomaly", "203.0.113.7")
    assert alert.count == 400
    assert alert.message == "address 203.0.113.7: 43 events and more in 5 min, usually 9 to 16"
    assert alert.timestamp < START + timedelta(minutes=101)
    assert [e.event_id for e in alert.evidence][:2] == ["e282", "e283"]
    assert alert.entities == (("ip", "203.0.113.7"),)


def test_nothing_is_said_in_the_warm_up_or_of_few_events():
    assert run(steady(5, 11) + steady(500, 1, first=11), Settings())[0] == []
    assert run(steady(1, 30) + steady(19, 1, first=30), Settings())[0] == []


def test_a_first_burst_neither_alerts_nor_blinds():
    rows = steady(1000, 1) + steady(5, 20, first=1) + steady(100, 1, first=21)
    alerts, _ = run(rows, Settings())
    assert [a.count for a in alerts] == [100]


def test_a_burst_does_not_become_the_habit_at_once_but_a_lasting_change_does():
    again = steady(5, 20) + steady(300, 1, first=20) + steady(5, 3, first=21) + steady(300, 1, first=24)
    assert [a.count for a in run(again, Settings())[0]] == [300, 300]
    lasting = steady(5, 20) + steady(60, 200, first=20)
    alerts, _ = run(lasting, Settings())
    assert 1 <= len(alerts) <= 20
    assert alerts[-1].last_seen < START + timedelta(hours=20)


def test_a_daily_rush_hour_is_known_after_it_was_seen():
    def day(n):
        nine, ten = n * 288 + 108, n * 288 + 120
        return steady(4, 108, first=n * 288) + steady(150, 12, first=nine) + steady(4, 168, first=ten)

    rows = [row for n in range(5) for row in day(n)]
    days = [a.timestamp.day - START.day for a in run(rows, Settings())[0]]
    assert 0 in days
    assert days.count(4) == 0
    burst = rows + steady(4, 12, first=5 * 288) + steady(150, 1, first=5 * 288 + 12)
    assert run(burst, Settings())[0][-1].timestamp.day - START.day == 5, "the same number at night is unusual"


def test_accounts_are_told_apart_by_host_and_hosts_are_counted():
    rows = [(b * 300 + n, None, "eve", host) for b in range(15) for host in ("web1", "db1") for n in range(5)]
    rows += [(15 * 300 + n / 2, None, "eve", "web1") for n in range(200)]
    alerts, _ = run(rows, Settings())
    assert {(a.user_name, a.host_name) for a in alerts} == {("eve", "web1"), (None, "web1")}
    assert {a.entities for a in alerts} == {(("user", "eve@web1"),), (("host", "web1"),)}


def test_the_budget_of_a_day_holds():
    s = Settings(per_day=3, warm_up=3)
    ips = [f"203.0.113.{n}" for n in range(30)]
    rows = sorted(row for ip in ips for row in steady(3, 5, ip) + steady(300, 1, ip, first=5))
    assert len(run(rows, s)[0]) == 3
    rows += [(t + 86_400, *rest) for t, *rest in rows]
    assert len(run(rows, s)[0]) == 6


def test_a_flood_of_entities_keeps_memory_and_what_is_well_known():
    s = Settings(entities=50, warm_up=3)
    known = steady(5, 10)
    flood = [(3000 + n, f"198.51.{n // 250}.{n % 250}", None, None) for n in range(2000)]
    alerts, state = run([*known, *flood, *steady(200, 1, first=20)], s)
    (track,) = state.tracks.values()
    assert len(track.entities) <= 50
    assert state.evicted > 1900
    assert [a.source_ip for a in alerts] == ["203.0.113.7"], "the flood did not push out the baseline"


def test_events_without_a_usable_time_are_counted_as_such():
    _, state = run([(None, "203.0.113.7", None, None), (1, "203.0.113.7", None, None)], Settings())
    assert state.untimed == 1
    far = events([(0, (1, "203.0.113.7", None, None))])
    far = far._replace(frame=far.frame.with_columns(pl.lit(2**62).cast(TIME).alias("@timestamp")))
    assert step(Settings(), begin(), far).state.untimed == 1
    assert step(Settings(), begin(), far._replace(frame=far.frame.drop("@timestamp"))).state.untimed == 1
    assert step(Settings(), begin(), far._replace(frame=far.frame.clear())).alerts == []


def test_a_forged_time_does_not_blind_for_good():
    forged = [(400 * 86_400, "203.0.113.7", None, None)]
    rows = steady(5, 15) + forged + steady(5, 5, first=15) + steady(300, 1, first=20)
    assert [a.count for a in run(rows, Settings())[0]] == [300]


def test_settings_and_state_that_cannot_be():
    with pytest.raises(ValidationError, match="divide a day"):
        Settings(bucket="7m")
    with pytest.raises(msgspec.DecodeError):
        load(dump(begin())[:-1])


ROW = st.tuples(
    st.sampled_from([0, 0, 0, 0, 1, 3, 12, -15, -90_000]),  # seconds since the one before: dense, sometimes late
    st.sampled_from(["203.0.113.1", "203.0.113.2", "203.0.113.3", None]),
    st.sampled_from(["eve", "bob", None]),
    st.sampled_from(["h1", None]),
)
TIGHT = {"bucket": "10s", "warm_up": 3, "least": 2, "deviations": 1.0}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(ROW, min_size=30, max_size=60),
    st.lists(st.integers(1, 59), max_size=8, unique=True),
    st.sampled_from([{"entities": 100}, {"entities": 4}, {"entities": 100, "per_day": 2}]),
)
def test_batches_do_not_matter(rows, cuts, more):
    times = accumulate(row[0] for row in rows)
    rows = [(t + 10_000_000, *rest) for t, (_, *rest) in zip(times, rows, strict=True)]
    s = Settings(**TIGHT, **more)
    at_once = run(rows, s)
    assert run(rows, s, sorted(c for c in cuts if c < len(rows))) == at_once
    assert run(rows, s, range(1, len(rows))) == at_once


def test_the_property_above_is_dense_in_alerts():
    rows = [((b * 10) + n / 40, "203.0.113.1", "eve", "h1") for b in range(12) for n in range(2 + 38 * (b % 4 == 3))]
    assert len(run(rows, Settings(**TIGHT))[0]) >= 3
