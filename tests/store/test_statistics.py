"""What is known of segments, and what they answered before, changes no answer: it only spares reading them."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.made import NOW, SSHD, batch
from vedette.model.query import All, Any, Not, Test, demands
from vedette.model.records import Events
from vedette.model.stored import Batch, Commit, EventQuery
from vedette.search import expression
from vedette.search.parse import read
from vedette.search.schemas import EVENTS
from vedette.store import statistics, tables
from vedette.store.remembered import Remembered
from vedette.store.store import LocalStore, open_store

SECOND = timedelta(seconds=1)
FIELDS = ("source.ip", "destination.ip", "user.name")
FAMILIES = (("smiths", "SMITHS", "ſmiths", "smithſ"), ("karl", "KARL", "\N{KELVIN SIGN}arl"), ("a\0", "a", "", "A"),
            ("x" * 64 + "1", "x" * 64 + "2"), ("ß", "SS", "ss", "ẞ"), ("İ", "i", "I", "ı"),
            ("ς", "Σ", "σ"), ("é", "É", "\U0001f600"))  # fmt: skip
"""Values that one or another reading of letters takes for the same."""


def _commit(store: LocalStore, rows: list[tuple[object, ...]], number: int, lacking: str) -> None:
    frame = pl.DataFrame(
        {
            "line": list(range(len(rows))),
            "@timestamp": [NOW + int(r[0]) * SECOND for r in rows],  # type: ignore[call-overload]
            "event.id": [f"e{number}-{n}" for n in range(len(rows))],
            **{name: pl.Series([r[n + 1] for r in rows], dtype=pl.String) for n, name in enumerate(FIELDS) if name != lacking},
        },
        schema_overrides={"@timestamp": pl.Datetime("us", "UTC")},
    )
    before = {"at": number} if number else None
    store.commit(Commit([Batch("s", "s", before, {"at": number + 1}, {}, (Events(SSHD, frame),))]), NOW)


@st.composite
def cases(draw):
    """Commits, each without one of the fields, and a search for values that are there, or look like them."""
    value = st.sampled_from(draw(st.sampled_from(FAMILIES)))
    row = st.tuples(st.integers(0, 3), *(st.none() | value for _ in FIELDS))
    commit = st.tuples(st.lists(row, min_size=1, max_size=3), st.sampled_from(FIELDS))
    asked = st.lists(st.tuples(st.sampled_from(FIELDS), value), min_size=1, max_size=3)
    how = st.sampled_from(["is", "any case", "either", "all", "not"])
    return draw(st.lists(commit, min_size=1, max_size=3)), draw(asked), draw(how), draw(st.booleans())


@given(cases())
@settings(max_examples=200)
def test_a_search_finds_what_it_finds_when_every_segment_is_read(tmp_path_factory, case) -> None:
    commits, asked, how, merged = case
    tests = tuple(Test(field, "is", text) for field, text in asked)
    if how == "any case":
        # As the language reads a word; what cannot be one is asked for exactly.
        plain = [(f, t) for f, t in asked if t.isascii() and t.isalnum()]
        nodes = tuple(read(f"{f}:{t}", EVENTS, NOW) for f, t in plain)
        node = All(nodes or tests)
    else:
        node = {"is": tests[0], "either": Any(tests), "all": All(tests), "not": Not(tests[0])}[how]
    directory = tmp_path_factory.mktemp("s")
    query = EventQuery(where=expression(node), limit=None)
    told = msgspec.structs.replace(query, demands=demands(node))
    with open_store(directory) as store:
        for number, (rows, lacking) in enumerate(commits):
            _commit(store, rows, number, lacking)
        if merged:
            store.compact(NOW + timedelta(hours=2))
        whole, counted = store.events(query).frame["event.id"].to_list(), store.counts(query, SECOND)
    with open_store(directory, writer=False) as other:  # which remembers nothing yet
        for _ in range(2):
            assert other.events(told).frame["event.id"].to_list() == whole
            assert other.counts(told, SECOND) == counted


def test_a_segment_without_the_value_is_not_read(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.commit(Commit([batch(0, 20)]), NOW)
        store.commit(Commit([batch(20, 30)]), NOW)
        for text, scanned in (("source.ip:203.0.113.5", 20), ("source.ip:203.0.113.25", 30), ("user.name:ROOT", 50),
                              ("user.name:admin", 0), ("destination.ip:203.0.113.5", 0), ("source.ip:203.0.113.0/24", 50),
                              ("source.ip:(203.0.113.5 or 203.0.113.6)", 20),
                              ("source.ip:(203.0.113.99 or 203.0.113.25)", 30), ("not source.ip:203.0.113.5", 50)):  # fmt: skip
            node = read(text, EVENTS, NOW)
            found = store.events(EventQuery(where=expression(node), demands=demands(node), limit=None))
            assert found.scanned == scanned, text


times = st.sampled_from([-86_400, -61, -60, -1, 0, 1, 59, 60, 61, 3600])


@given(
    seconds=st.lists(st.lists(times, min_size=1, max_size=4), min_size=1, max_size=3),
    every=st.sampled_from([60, 120, 300, 3600, 86400, 7, 61]),
    since=st.none() | times,
    until=st.none() | times,
)
@settings(max_examples=100)
def test_counts_are_those_of_all_events_one_by_one(tmp_path_factory, seconds, every, since, until) -> None:
    begin, end = (None if at is None else NOW + at * SECOND for at in (since, until))
    with open_store(tmp_path_factory.mktemp("s")) as store:
        for number, times in enumerate(seconds):
            _commit(store, [(at, None, None, None) for at in times], number, "")
        for _ in range(2):
            counted = store.counts(EventQuery(since=begin, until=end), every * SECOND)
            wanted = Counter(
                datetime.fromtimestamp((NOW + at * SECOND).timestamp() // every * every, UTC)
                for times in seconds
                for at in times
                if (since is None or at >= since) and (until is None or at < until)
            )
            assert counted == dict(sorted(wanted.items()))
            assert list(counted) == sorted(counted)
            store.compact(NOW + timedelta(hours=2))


def test_counts_over_minutes_read_no_segment_that_lies_in_the_time(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.commit(Commit([batch(0, 20)]), NOW)
        (segment,) = (tmp_path / "segments").iterdir()
        segment.write_bytes(b"gone")
        assert store.counts(EventQuery(), timedelta(minutes=1)) == {NOW: 20}
        assert store.status().damaged == 0
        assert store.counts(EventQuery(since=NOW + SECOND), timedelta(minutes=1)) == {}, "this one had to be read"
        assert store.status().damaged == 1


def test_statistics_go_with_their_segments(tmp_path: Path) -> None:
    def about(store: LocalStore) -> set[str]:
        with store._database.read() as connection:
            t = tables.segment_statistics
            return set(connection.scalars(sa.select(t.c.segment).distinct()))

    with open_store(tmp_path) as store:
        store.commit(Commit([batch(0, 20)]), NOW)
        store.commit(Commit([batch(20, 20)]), NOW)
        assert about(store) == {path.name for path in (tmp_path / "segments").iterdir()}
        store.compact(NOW + timedelta(hours=2))
        store.compact(NOW + timedelta(hours=4))
        assert about(store) == {path.name for path in (tmp_path / "segments").iterdir()}
        assert len(about(store)) == 1
        store.retain(NOW + timedelta(days=9), timedelta(days=1))
        assert about(store) == set()


def test_a_segment_of_which_nothing_is_known_is_read(tmp_path: Path) -> None:
    node = Test("source.ip", "is", "203.0.113.5")
    with open_store(tmp_path) as store:
        store.commit(Commit([batch(0, 20)]), NOW)
        with store._database.write() as connection:
            connection.execute(sa.delete(tables.segment_statistics))
        assert store.events(EventQuery(where=expression(node), demands=demands(node))).frame.height == 1
        assert store.counts(EventQuery(), timedelta(minutes=1)) == {NOW: 20}


def test_the_filter_of_a_full_segment_is_small_and_seldom_wrong() -> None:
    there = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(50_000)]
    data = statistics.known(pl.DataFrame({"source.ip": there}))["source.ip"]
    assert len(data) <= 50_000 * 10 / 8 + 1
    hashed = [statistics._hashes(pl.Series([f"192.{n >> 8}.{n & 255}.7"])) for n in range(2_000)]
    wrong = sum(statistics._may_hold(data, each) for each in hashed)
    assert wrong < 2_000 * 0.03
    assert all(statistics._may_hold(data, statistics._hashes(pl.Series([address]))) for address in there[::97])


def test_what_is_remembered_is_bounded_and_the_oldest_goes() -> None:
    some = pl.DataFrame({"n": list(range(100))})
    kept = Remembered(most=5_000)
    for number in range(10):
        kept.put(f"s{number}", b"q", some)
        assert kept.size <= 5_000
        assert kept.get("s0", b"q") is some, "asked for just now"
    assert kept.get("s1", b"q") is None
    assert kept.get("s9", b"other") is None
    before = kept.size
    kept.put("s0", b"q", some)
    assert kept.size == before
    kept.put("large", b"q", pl.DataFrame({"n": list(range(1_000_000))}))
    assert kept.get("large", b"q") is None


@pytest.mark.parametrize("limit", [1, 5, None])
def test_what_came_since_is_in_the_answer(tmp_path: Path, limit: int | None) -> None:
    query = EventQuery(limit=limit, where=pl.col("user.name") == "root")
    with open_store(tmp_path) as store:
        for number in range(4):
            store.commit(Commit([batch(number * 10, 10)]), NOW)
            total = (number + 1) * 10
            shown = store.events(query).frame["event.id"].to_list()
            assert shown == [f"s1-{n * 100}" for n in range(total - 1, -1, -1)][:limit]
            assert sum(store.counts(query, SECOND).values()) == total
