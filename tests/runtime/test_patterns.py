"""Patterns of a real store: counts as they are, days as a zone counts them, and what is new, rare and silent."""

import json
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tests.store.made import alert
from vedette.cli.commands import patterns as command
from vedette.model.errors import VedetteError
from vedette.model.query import Test
from vedette.model.records import Events, Logsource
from vedette.model.stored import Batch, Commit
from vedette.runtime.patterns import Asked, patterns
from vedette.store.store import open_store

NOW = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
TODAY = NOW.date()


def at(days_ago: int, hour: int, minute: int = 0) -> datetime:
    return datetime(NOW.year, NOW.month, NOW.day, hour, minute, tzinfo=UTC) - timedelta(days=days_ago)


def happenings() -> list[tuple[datetime, str, str]]:
    """Time, address, host: one that comes every night, one that began yesterday, one of long ago, a host that fell silent."""
    found = [(at(day, 3, minute), "203.0.113.1", "web1") for day in range(21) for minute in range(20)]
    found += [(at(day, hour, 30), "203.0.113.2", "db1") for day in range(2, 21) for hour in range(24)]
    found += [(at(1, 12, minute), "203.0.113.3", "web1") for minute in range(5)]
    found += [(at(12, 5), "203.0.113.4", "web1"), (at(9, 23, 59), "203.0.113.4", "web1")]
    found += [(at(40, 5), "203.0.113.5", "web1")]
    return found


@pytest.fixture
def store(tmp_path):
    happened = happenings()
    random.Random(1).shuffle(happened)
    frame = pl.DataFrame(
        {
            "line": range(len(happened)),
            "@timestamp": [when for when, _, _ in happened],
            "event.id": [f"e{n}" for n in range(len(happened))],
            "event.original": "x",
            "source.ip": [address for _, address, _ in happened],
            "host.name": [host for _, _, host in happened],
            "destination.port": [22 if host == "web1" else 5432 for _, _, host in happened],
        },
        schema_overrides={"@timestamp": pl.Datetime("us", "UTC")},
    )
    low = {"level": "low", "techniques": ("T1110",)}
    alerts = [alert(f"203.0.113.{n}", id=f"a{n}", timestamp=at(n, 4), last_seen=at(n, 4), **low) for n in range(1, 15)]
    with open_store(tmp_path) as store:
        store.commit(Commit(batches=[Batch("s", "s", None, {"at": 1}, {}, (Events(Logsource(), frame),))], alerts=alerts), NOW)
        yield store


def test_what_comes_again_what_is_new_and_what_is_rare(store) -> None:
    found = patterns(store, Asked("events", "source.ip", NOW))
    assert (found.since, found.until, found.history) == (TODAY - timedelta(days=20), TODAY - timedelta(days=1), 20)
    night, silent = found.recurring[1], found.recurring[0]
    assert (silent.value, silent.count, silent.today, silent.days, silent.hours) == ("203.0.113.2", 19 * 24, 0, 19, None)
    assert (silent.course.last, silent.per_day) == ("less", (*[24] * 19, 0))
    assert (night.value, night.count, night.today, night.days, night.hours) == ("203.0.113.1", 400, 20, 20, (3, 4))
    assert (night.course.last, night.course.trend, night.course.forecast[0].day) == ("usual", "steady", TODAY)
    assert night.course.forecast[0].low <= 20 <= night.course.forecast[0].high
    assert [(each.value, each.count, each.first) for each in found.new] == [("203.0.113.3", 5, TODAY - timedelta(days=1))]
    assert [(each.value, each.count, each.first, each.last) for each in found.rare] == [
        ("203.0.113.4", 2, TODAY - timedelta(days=12), TODAY - timedelta(days=9))
    ]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("days", [8, 21, 60])
def test_every_event_is_counted_on_its_day(store, zone, days) -> None:
    found = patterns(store, Asked("events", "host.name", NOW, zone, days))
    here = ZoneInfo(zone)
    today = NOW.astimezone(here).date()
    for pattern in found.recurring:
        true: Counter[date] = Counter(when.astimezone(here).date() for when, _, host in happenings() if host == pattern.value)
        assert pattern.per_day == tuple(true[found.since + timedelta(days=n)] for n in range(len(pattern.per_day)))
        assert pattern.today == true[today]
    assert sum(each.count + each.today for each in found.recurring) == found.all.count + found.all.today
    assert {each.value for each in found.recurring} == {"web1", "db1"}


def test_numbers_lists_and_a_search_narrow_it_down(store) -> None:
    ports = patterns(store, Asked("events", "destination.port", NOW, where=Test("host.name", "is", "web1")))
    assert [(each.value, each.hours) for each in ports.recurring] == [("22", (3, 4))]
    techniques = patterns(store, Asked("alerts", "threat.technique.id", NOW))
    assert {each.count for each in techniques.recurring} == {14}
    levels = patterns(store, Asked("alerts", "rule.level", NOW, most=1))
    assert [(each.value, each.count, each.course.trend) for each in levels.recurring] == [("low", 14, "steady")]


def test_without_history_nothing_is_new(store) -> None:
    found = patterns(store, Asked("events", "source.ip", at(18, 12), days=20))
    assert (found.history, found.new, found.rare) == (2, (), ())
    assert {each.value for each in found.recurring} == {"203.0.113.1", "203.0.113.2"}
    assert not found.all.course.forecast
    empty = patterns(store, Asked("events", "user.name", NOW))
    assert (empty.history, empty.all.count, empty.recurring) == (0, 0, ())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked("alerts", "nothing", NOW), "not counted by nothing"),
        (Asked("events", "@timestamp", NOW), "not counted by @timestamp"),
        (Asked("events", "host.name", NOW, days=7), "7 days"),
        (Asked("events", "host.name", NOW, days=91), "91 days"),
        (Asked("events", "host.name", NOW, ahead=0), "0 days ahead"),
        (Asked("events", "host.name", NOW, most=201), "201 values"),
    ],
)
def test_what_cannot_be_told_is_refused(store, asked, said) -> None:
    with pytest.raises(VedetteError, match=said):
        patterns(store, asked)


def test_on_the_command_line(store, tmp_path, vedette, monkeypatch) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return NOW.astimezone(tz)

    monkeypatch.setattr(command, "datetime", Clock)

    def said(*words: str) -> tuple[int, str]:
        ran = vedette("patterns", "--data", tmp_path, *words)
        return ran.status, ran.out + ran.err

    status, told = said("--events", "--by", "host.name")
    assert status == 1
    assert "20 whole days before 2026-03-02" in told
    (silent,) = [line for line in told.splitlines() if line.endswith(" db1")]
    assert "0 less than usual" in silent
    status, told = said("--events", "--by", "source.ip")
    assert "03-04 h" in told
    assert " ".join(told[told.index("\nnew\n") :].split()) == "new 5 2026-03-01 203.0.113.3 rare 2 2026-02-18 and 2026-02-21 203.0.113.4"
    assert json.loads(said("--format", "json")[1])["by"] == "rule.name"
    status, told = said("--events", "--by", "user.name")
    assert (status, told.splitlines()[1:]) == (0, ["nothing happened on a whole day yet: there is nothing to learn from"])
    status, told = said("--days", "3")
    assert status == 2
    assert "from 8 to 90" in told
