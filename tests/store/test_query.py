"""Queries give what a filter over all events gives, whatever the segments."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.made import NOW, SSHD, WEB, alert, batch, incident, logins, rejected, requests
from vedette.model.errors import StoreError
from vedette.model.records import Events, Logsource
from vedette.model.stored import AlertQuery, Batch, Commit, EventQuery, IncidentQuery
from vedette.store.store import LocalStore, open_store

SECOND = timedelta(seconds=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    """Six commits: logins of 0-59 s in three, requests of 0-29 s in two, three events without a time."""
    with open_store(tmp_path) as opened:
        for start in (0, 20, 40):
            opened.commit(Commit([batch(start, 20)]), NOW)
        opened.commit(Commit([Batch("s2", "w", None, {"at": 15}, {}, (requests(15),))]), NOW)
        opened.commit(Commit([Batch("s2", "w", {"at": 15}, {"at": 30}, {}, (requests(15, 15),))]), NOW)
        untimed = Events(Logsource(), pl.DataFrame({"line": [0, 1, 2], "event.id": ["u1", "u2", "u3"]}))
        opened.commit(Commit([Batch("s3", "u", None, {"at": 3}, {}, (untimed,))]), NOW)
        yield opened


def found(store: LocalStore, **query: object) -> list[str]:
    return store.events(EventQuery(**query)).frame["event.id"].to_list()  # type: ignore[arg-type]


def test_newest_first_and_oldest_first(store: LocalStore) -> None:
    assert found(store, limit=3) == ["s1-5900", "s1-5800", "s1-5700"]
    assert set(found(store, limit=2, newest=False)) == {"s1-0", "s2-0"}
    everything = found(store, limit=None)
    assert len(everything) == len(set(everything)) == 93
    assert everything[-3:] == ["u1", "u2", "u3"], "events without a time come last"


@pytest.mark.parametrize("limit", [1, 7, 50, 90, 200])
@pytest.mark.parametrize("newest", [True, False])
def test_a_limit_is_a_cut_through_the_whole_answer(store: LocalStore, limit: int, newest: bool) -> None:
    whole = store.events(EventQuery(limit=None, newest=newest)).frame["@timestamp"].to_list()
    cut = store.events(EventQuery(limit=limit, newest=newest)).frame["@timestamp"].to_list()
    assert cut == whole[:limit]


def test_a_range_is_half_open_and_needs_a_time(store: LocalStore) -> None:
    ids = found(store, since=NOW + 10 * SECOND, until=NOW + 12 * SECOND, limit=None)
    assert sorted(ids) == ["s1-1000", "s1-1100", "s2-10", "s2-11"]


def test_conditions_see_columns_that_a_segment_does_not_write(store: LocalStore) -> None:
    where = pl.col("message").str.contains("port 1030", literal=True) & (pl.col("user.name") == "root")
    assert found(store, where=where) == ["s1-600"]
    assert found(store, where=pl.col("event.id") == "s2-7") == ["s2-7"]
    assert found(store, where=pl.col("url.original").str.starts_with("/shop/29")) == ["s2-29"]


def test_a_column_that_is_not_there_is_null(store: LocalStore) -> None:
    assert len(found(store, where=pl.col("http.response.status_code").is_null(), limit=None)) == 63
    assert found(store, where=pl.col("no.such.field") == "x") == []
    frame = store.events(EventQuery(columns=("process.pid", "event.id"), limit=2)).frame
    assert frame.schema == {"process.pid": pl.Int64(), "event.id": pl.String()}
    assert frame["process.pid"].to_list() == [None, None]


def test_nothing_found_still_has_the_columns_asked_for(store: LocalStore) -> None:
    frame = store.events(EventQuery(columns=("@timestamp", "event.id"), since=NOW + timedelta(days=9))).frame
    assert (frame.height, frame.columns) == (0, ["@timestamp", "event.id"])


def test_a_logsource_covers_what_it_names(store: LocalStore) -> None:
    assert len(found(store, logsource=SSHD, limit=None)) == 60
    assert len(found(store, logsource=Logsource(category="webserver"), limit=None)) == 30
    assert found(store, logsource=Logsource(service="apache"), limit=None) == []


def test_events_between_come_as_batches_of_one_logsource(store: LocalStore) -> None:
    batches = list(store.events_between(NOW, NOW + 30 * SECOND))
    assert {b.logsource for b in batches} == {SSHD, WEB}
    assert sum(b.frame.height for b in batches) == 60
    for each in batches:
        assert each.frame["@timestamp"].is_sorted()
        assert each.frame["line"].n_unique() == each.frame.height
        assert not [c for c in each.frame.columns if c.startswith("vedette:")]
    assert sum(b.frame.height for b in store.events_between(None, None, WEB)) == 30


def test_a_query_that_does_not_fit_says_so_and_harms_nothing(store: LocalStore) -> None:
    with pytest.raises(StoreError, match="cannot be run"):
        store.events(EventQuery(where=pl.col("source.ip").dt.year() == 2026))
    assert store.status().damaged == 0


def spoil(path: Path, how: str) -> None:
    data = bytearray(path.read_bytes())
    if how == "gone":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "footer":
        data[-40:-8] = b"\xff" * 32
        path.write_bytes(data)
    elif how == "pages":
        data[4 : len(data) // 4] = b"\xa5" * (len(data) // 4 - 4)
        path.write_bytes(data)
    else:
        path.write_bytes(b"rubbish" * 100)


@pytest.mark.parametrize("how", ["gone", "empty", "cut", "footer", "pages", "rubbish"])
def test_a_damaged_segment_is_listed_and_left_out(tmp_path: Path, how: str) -> None:
    with open_store(tmp_path) as store:
        store.commit(Commit([batch(0, 20)]), NOW)
        (victim,) = (tmp_path / "segments").iterdir()
        store.commit(Commit([batch(20, 20)]), NOW)
        spoil(victim, how)
        answer = store.events(EventQuery(limit=None))
        assert answer.frame.height == 20
        assert [name for name, _ in answer.damaged] == [victim.name]
        assert store.status().damaged == 1
        assert store.events(EventQuery(limit=None)).damaged == ()
    with open_store(tmp_path) as again:
        assert [name for name, _ in again.check()] == [victim.name]
        assert again.events(EventQuery(limit=None)).frame.height == 20


def test_opening_notices_a_segment_that_was_cut(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.commit(Commit([batch(0, 20)]), NOW)
    (victim,) = (tmp_path / "segments").iterdir()
    spoil(victim, "cut")
    with open_store(tmp_path) as again:
        assert again.status().damaged == 1


def test_rejected_records_come_last_stored_first(store: LocalStore) -> None:
    store.commit(Commit([Batch("r", "r", None, {"at": 1}, {}, (), rejected("one", "two"))]), NOW)
    store.commit(Commit([Batch("r", "r", {"at": 1}, {"at": 2}, {}, (), rejected("three"))]), NOW + SECOND)
    assert store.rejected()["raw"].to_list() == ["three", "two", "one"]
    assert store.rejected(limit=2)["raw"].to_list() == ["three", "two"]
    assert store.rejected(since=NOW + SECOND)["raw"].to_list() == ["three"]
    assert store.rejected(since=NOW + 9 * SECOND).columns == ["line", "offset", "raw", "reason", "source", "path"]


def test_alerts_by_what_is_asked_of_them(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        given = [
            alert("a", 0, level="low", host_name="web1"),
            alert("b", 10, level="high", user_name="root"),
            alert("c", 20, level="critical", rule_id="shell"),
        ]
        store.commit(Commit(alerts=given), NOW)

        def keys(**query: object) -> list[str | None]:
            return [each.source_ip for each in store.alerts(AlertQuery(**query))]  # type: ignore[arg-type]

        assert keys() == ["c", "b", "a"]
        assert keys(level="high") == ["c", "b"]
        assert keys(rule_id="shell") == ["c"]
        assert keys(source_ip="a") == ["a"]
        assert keys(user_name="root") == ["b"]
        assert keys(host_name="web1") == ["a"]
        assert keys(since=NOW + 10 * SECOND, until=NOW + 20 * SECOND) == ["b"]
        assert keys(limit=1, skip=1) == ["b"]
        assert store.alert("no such") is None


def test_incidents_by_what_is_asked_of_them(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        given = [
            incident("a", score=10.0, last_seen=NOW),
            incident("b", score=90.0, last_seen=NOW + SECOND, state="resolved"),
        ]
        store.commit(Commit(incidents=given), NOW)

        def names(**query: object) -> list[str]:
            return [each.id for each in store.incidents(IncidentQuery(**query))]  # type: ignore[arg-type]

        assert names() == ["b", "a"]
        assert names(states=("new", "in-progress")) == ["a"]
        assert names(score=50.0) == ["b"]
        assert names(until=NOW + SECOND) == ["a"]
        assert store.incident("no such") is None


times = st.lists(st.none() | st.integers(0, 30), min_size=1, max_size=8)


asked = st.tuples(st.integers(1, 12), st.integers(0, 30), st.integers(0, 30), st.booleans())


@given(st.lists(times, min_size=1, max_size=4), asked)
@settings(max_examples=20, deadline=None)
def test_the_same_as_a_filter_over_everything(
    tmp_path_factory: pytest.TempPathFactory, commits: list[list[int | None]], asked: tuple[int, int, int, bool]
) -> None:
    limit, a, b, newest = asked
    zero = datetime(2026, 2, 1, tzinfo=UTC)
    frames = []
    with open_store(tmp_path_factory.mktemp("q")) as store:
        for number, seconds in enumerate(commits):
            frame = logins(len(seconds), 100 * number).frame.with_columns(
                pl.Series(
                    "@timestamp", [None if s is None else zero + s * SECOND for s in seconds], pl.Datetime("us", "UTC")
                )
            )
            frames.append(frame)
            done = Batch(f"s{number}", "x", None, {"at": 1}, {}, (Events(SSHD, frame),))
            store.commit(Commit([done]), NOW)
        found = store.events(
            EventQuery(
                since=zero + a * SECOND, until=zero + b * SECOND, limit=limit, newest=newest, columns=("@timestamp",)
            )
        ).frame["@timestamp"]
    every = pl.concat(frames).filter(
        pl.col("@timestamp") >= zero + a * SECOND, pl.col("@timestamp") < zero + b * SECOND
    )["@timestamp"]
    assert found.to_list() == every.sort(descending=newest).head(limit).to_list()
