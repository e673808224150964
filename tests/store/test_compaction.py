"""Merging and forgetting never lose or double an event, wherever they stop."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.store.made import NOW, alert, batch, incident, rejected, requests
from vedette.model.errors import StoreError
from vedette.model.stored import Batch, Commit, EventQuery, Notice, Retained
from vedette.store import compaction, layout
from vedette.store.compaction import DAY, MINUTES, SPANS, plan
from vedette.store.files import Files
from vedette.store.segments import Segment
from vedette.store.store import LocalStore, open_store

H, D = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with open_store(tmp_path) as opened:
        fill(opened)
        yield opened


def fill(store: LocalStore) -> None:
    """Three commits in one hour, one in the next."""
    for number, minutes in enumerate((0, 5, 10, 65)):
        both = [batch(number * 30, 30), web(number * 20)]
        store.commit(Commit(both), NOW + timedelta(minutes=minutes))


def web(start: int) -> Batch:
    before = {"at": start} if start else None
    return Batch("s2", "w", before, {"at": start + 20}, {}, (requests(20, start),), rejected(f"odd {start}"))


def everything(store: LocalStore) -> pl.DataFrame:
    return store.events(EventQuery(limit=None)).frame.sort("event.id")


def names(store: LocalStore) -> set[str]:
    return {path.name for path in (store.directory / "segments").iterdir()}


def test_a_merge_changes_no_answer(store: LocalStore) -> None:
    before = everything(store)
    done = store.compact(NOW + 2 * H)
    assert done.segments == (8, 4)
    after = everything(store)
    assert after.select(sorted(after.columns)).equals(before.select(sorted(before.columns)))
    assert set(store.rejected()["raw"]) == {f"odd {n}" for n in (0, 20, 40, 60)}
    where = pl.col("source.ip") == "198.51.100.4"
    assert store.events(EventQuery(where=where, limit=None)).frame.height == before.filter(where).height
    assert store.status().events == before.height


def test_only_spans_that_are_over_are_merged_the_longest_first(store: LocalStore) -> None:
    assert store.compact(NOW + timedelta(minutes=4)).segments == (0, 0)
    assert store.compact(NOW + timedelta(minutes=5)).segments == (2, 2)
    assert store.compact(NOW + timedelta(minutes=59)).segments == (4, 4)
    assert store.compact(NOW + timedelta(minutes=60)).segments == (6, 2)
    assert store.compact(NOW + timedelta(minutes=69)).segments == (0, 0)
    assert store.compact(NOW + D).segments == (4, 2)


def test_who_wants_no_more_gets_no_more(store: LocalStore) -> None:
    asked = iter([True, False])
    assert store.compact(NOW + timedelta(minutes=59), lambda: next(asked)).segments == (1, 1)
    assert store.compact(NOW + 2 * H).segments == (8, 4)
    assert everything(store).height == 200


def test_days_are_merged_from_hours(store: LocalStore) -> None:
    store.compact(NOW + 2 * H)
    before = everything(store)
    assert store.compact(NOW + D).segments == (4, 2)
    assert store.compact(NOW + 9 * D).segments == (0, 0)
    assert everything(store).equals(before)


def test_a_merged_segment_is_sorted_by_address_then_time(store: LocalStore) -> None:
    store.compact(NOW + 2 * H)
    frame = next(iter(store.events_between(None, None))).frame
    paths = sorted((store.directory / "segments").glob("events-*"), key=lambda path: path.stat().st_size)
    merged = [path for path in paths if pl.read_parquet_metadata(path).get(layout.METADATA)]
    assert merged
    assert frame.height
    raw = pl.read_parquet(merged[-1], glob=False)
    assert raw["source.ip"].is_sorted(nulls_last=True)


def test_replaced_files_stay_for_the_grace_period(store: LocalStore) -> None:
    old = names(store)
    store.compact(NOW + 2 * H)
    assert old < names(store)
    store.compact(NOW + 2 * H + compaction.GRACE)
    assert not old & names(store)


def test_what_a_snapshot_has_not_seen_stays_replayable(store: LocalStore) -> None:
    taken = store.commit(Commit(snapshots={"correlation": b""}), NOW + timedelta(minutes=66))
    store.commit(Commit([batch(120, 30)]), NOW + timedelta(minutes=67))
    store.compact(NOW + 5 * H)
    (events,) = store.replay(taken)
    assert events[0].frame["event.id"][0] == "s1-12000"


def test_a_reader_that_listed_before_the_merge_finds_everything(store: LocalStore) -> None:
    walk = store.events_between(None, None)
    first = next(walk)
    store.compact(NOW + 2 * H)
    assert first.frame.height + sum(events.frame.height for events in walk) == 200


def test_a_query_starts_again_when_its_files_are_gone(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = store._query._candidates
    listings = []

    def candidates(query: EventQuery) -> list[Segment]:
        listings.append(ask(query))
        if len(listings) == 1:
            store.compact(NOW + 2 * H)
            store.compact(NOW + 3 * H)
        return listings[-1]

    monkeypatch.setattr(store._query, "_candidates", candidates)
    assert everything(store).height == 200
    assert len(listings) == 2


def test_damage_stays_out_of_a_merge(store: LocalStore) -> None:
    victim = sorted((store.directory / "segments").glob("events-*"))[0]
    data = bytearray(victim.read_bytes())
    data[len(data) // 3] ^= 0xFF
    victim.write_bytes(data)
    done = store.compact(NOW + 2 * H)
    assert [name for name, _ in done.damaged] == [victim.name]
    assert everything(store).height == 150
    assert victim.exists(), "somebody may want to look at it"


class Stops(Files):
    """Counts steps and stops at one of them: before it, or after half of it."""

    left = 10**9

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def write(self, path: Path, data: bytes) -> None:
        self._step()
        super().write(path, data)
        self._step()

    def rename(self, old: Path, new: Path) -> None:
        self._step()
        super().rename(old, new)

    def sync_directory(self) -> None:
        self._step()
        super().sync_directory()

    def unlink(self, name: str) -> None:
        self._step()
        super().unlink(name)


@pytest.mark.parametrize("steps", range(0, 27, 3))
def test_a_merge_that_stops_anywhere_loses_nothing(tmp_path: Path, steps: int) -> None:
    store = LocalStore(tmp_path, files=Stops)
    fill(store)
    before = everything(store)
    for hours in (2, 3):
        store._files.left = steps
        with suppress(StoreError):
            store.compact(NOW + hours * H)
        store._files.left = 10**9
        assert everything(store).equals(before.select(everything(store).columns))
    store.close()
    with open_store(tmp_path) as again:
        assert everything(again).height == before.height
        again.compact(NOW + 4 * H)
        again.compact(NOW + 5 * H)
        listed = {path.name for path in (tmp_path / "segments").iterdir()}
        assert len(listed) == again.status().segments == 4
        assert everything(again).height == before.height


def test_what_retention_removes_meanwhile_does_not_come_back(tmp_path: Path) -> None:
    class Hurried(Files):
        """While a merged segment is being written, retention removes its parts."""

        merging = False

        def rename(self, old: Path, new: Path) -> None:
            super().rename(old, new)
            if self.merging:
                self.merging = False
                store.retain(NOW + 3 * H, size=0)

    store = LocalStore(tmp_path, files=Hurried)
    fill(store)
    store._files.merging = True  # type: ignore[attr-defined]
    assert store.compact(NOW + 2 * H).segments == (0, 0)
    assert store.status().events == 0
    store.compact(NOW + 9 * H)
    assert names(store) == set()
    store.close()


def test_retention_by_age_forgets_segments_alerts_and_incidents(store: LocalStore) -> None:
    store.commit(Commit(alerts=[alert("old")], incidents=[incident("old")], notices=[Notice("k", "hook", {})]), NOW)
    store.note("old", "text", "ann", NOW)
    store.delivered("k", NOW)
    store.commit(Commit(alerts=[alert("new")]), NOW + 2 * H)
    gone = store.retain(NOW + 2 * H, age=H)
    assert (gone.segments, gone.events, gone.alerts, gone.incidents) == (6, 150, 1, 1)
    assert everything(store).height == 50
    assert store.alert(alert("old").id) is None
    assert store.alert(alert("new").id) is not None
    assert (store.notes("old"), store.history("old"), store.status().outbox) == ([], [], {})
    store.retain(NOW + 3 * H, age=9 * H)
    assert len(names(store)) == 2


def test_an_alert_that_grew_is_young(store: LocalStore) -> None:
    store.commit(Commit(alerts=[alert("a")]), NOW)
    store.commit(Commit(alerts=[alert("a", 9)]), NOW + 2 * H)
    assert store.retain(NOW + 2 * H, age=H).alerts == 0


def test_retention_by_size_forgets_the_oldest(store: LocalStore) -> None:
    size = store.status().size
    gone = store.retain(NOW + 2 * H, size=size - 1)
    assert gone.segments == 1
    kept = store.status()
    assert kept.size == size - gone.size < size
    assert store.retain(NOW + 2 * H, size=0).segments == 7
    assert store.status().events == 0
    assert store.positions()["s1"].position == {"at": 120}, "what was forgotten is not read again"


def test_nothing_to_forget_by_default(store: LocalStore) -> None:
    assert store.retain(NOW + 9999 * D) == Retained()


row = st.builds(
    lambda n, level, at, rows, size, t: Segment(f"{n}", "events", level, n, at * MINUTES, rows, size, t, t, 0, ""),
    st.integers(0, 10**6), st.integers(0, 3), st.integers(0, 900), st.integers(1, 200_000),
    st.integers(1, 2**26), st.none() | st.integers(0, DAY),
)  # fmt: skip


@given(st.lists(row, max_size=30, unique_by=lambda r: r.name), st.integers(0, 1000))
@examples(max_examples=100, deadline=None)
def test_a_plan_takes_each_closed_segment_once_and_stays_within_bounds(rows: list[Segment], spans: int) -> None:
    now = spans * MINUTES
    merges = plan(rows, now, None)
    taken = [segment.name for merge in merges for segment in merge.segments]
    assert len(taken) == len(set(taken))
    for merge in merges:
        assert all(segment.level < merge.level for segment in merge.segments)
        span = SPANS[merge.level - 1]
        (place,) = {segment.stored_at // span for segment in merge.segments}
        assert (place + 1) * span <= now
        if len(merge.segments) > 1:
            assert sum(segment.rows for segment in merge.segments) <= compaction.ROWS
            assert sum(segment.size for segment in merge.segments) <= compaction.SIZE
    closed = {r.name for r in rows if r.level == 0 and (r.stored_at // MINUTES + 1) * MINUTES <= now}
    assert closed <= set(taken)
