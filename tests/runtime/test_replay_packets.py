"""Packets of a recording come in its order, each at its time."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import packets as made
from vedette.collect import capture_files, read
from vedette.model.errors import SourceError
from vedette.model.packets import PacketBatch
from vedette.runtime.recording import Recording
from vedette.runtime.replay import SET_BACK, SET_FORWARD, TICK, paced

BEGIN = 1_768_435_200 * 10**9
MS = 10**6


class Clock:
    """Time passes only where somebody waits."""

    def __init__(self, stop_at: float = 1e12) -> None:
        self.now = 1000.0
        self.waited: list[float] = []
        self.stop_at = stop_at

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        assert seconds > 0
        self.now += seconds
        self.waited.append(seconds)
        return self.now >= self.stop_at


def batches(times: list[int], together: int) -> Iterator[PacketBatch]:
    for at in range(0, max(1, len(times)), together):
        part = times[at : at + together]
        batch = made.batch(
            [(time, at.to_bytes(4, "big") + n.to_bytes(3, "big")) for n, time in enumerate(part)], first=at + 1
        )
        last = at + together >= len(times)
        yield batch._replace(position={"packet": at + len(part)}, dropped=(("left out", 1),), last=last)


def played(times: list[int], *, speed: float = 1, together: int = 4) -> tuple[list[float], Clock]:
    """Seconds after the beginning at which each packet came; what else holds is looked at here."""
    clock = Clock()
    came: list[float] = []
    bodies: list[bytes] = []
    positions, dropped, ends = [], 0, 0
    for batch in paced(batches(times, together), speed, clock, clock.wait):
        assert batch.first == len(came) + 1
        assert batch.time.tolist() == times[len(came) : len(came) + len(batch.at)]
        bodies += [batch.data[at : at + size].tobytes() for at, size in zip(batch.at, batch.size, strict=True)]
        came += [clock.now - 1000.0] * len(batch.at)
        positions += [batch.position["packet"]] if batch.position else []
        dropped += sum(number for _, number in batch.dropped)
        ends += batch.last
    whole = list(batches(times, together))
    assert bodies == [
        each.data[at : at + size].tobytes() for each in whole for at, size in zip(each.at, each.size, strict=True)
    ]
    assert positions == [each.position["packet"] for each in whole]
    assert (dropped, ends) == (len(whole), 1)
    return came, clock


@pytest.mark.parametrize("speed", [0.5, 1, 10, 1000])
@pytest.mark.parametrize("together", [1, 3, 100])
def test_at_its_time_times_speed(speed: float, together: int) -> None:
    times = [BEGIN + n * n * 20 * MS for n in range(40)]
    came, clock = played(times, speed=speed, together=together)
    for time, at in zip(times, came, strict=True):
        due = (time - BEGIN) / 1e9 / speed
        assert due - 1e-6 <= at <= due + TICK + 1e-6
    assert len(clock.waited) <= 40


def test_packets_that_come_close_together_are_gathered() -> None:
    _, clock = played([BEGIN + n * 1000 for n in range(100_000)], together=30_000)
    assert len(clock.waited) <= 0.1 / TICK + 1


def test_a_clock_that_was_set_stalls_nothing() -> None:
    hour = 3600 * 10**9
    times = [BEGIN + n * 100 * MS for n in range(10)]
    times += (
        [time - hour for time in times]
        + [time + 40 * 365 * 24 * hour for time in times]
        + [0, 2**62, -(2**62), 2**63 - 1, -(2**63)]
    )
    for together in (1, 7, 100):
        came, _ = played(times, together=together)
        assert came[-1] < 3.2
        assert came[29] > 2.6


def test_packets_out_of_turn_take_no_time_of_their_own() -> None:
    times = [BEGIN + n * 10 * MS + (n % 2) * 50 * MS for n in range(300)]
    came, _ = played(times, together=8)
    assert abs(came[-1] - 3.04) < 0.03


def test_it_ends_when_it_is_told_to() -> None:
    clock = Clock(stop_at=1005.0)
    found = list(paced(batches([BEGIN + n * 10**9 for n in range(100)], 10), 1, clock, clock.wait))
    assert sum(len(b.at) for b in found) == 5
    assert not any(b.last for b in found)


def test_nothing_to_play() -> None:
    came, clock = played([])
    assert (came, clock.waited) == ([], [])


steps = st.one_of(
    st.integers(-3 * SET_BACK, 3 * SET_BACK), st.sampled_from([SET_FORWARD + 1, -(10**18), 2**62, 0, 0, 0])
)


@given(st.lists(steps, min_size=1, max_size=30), st.sampled_from([0.1, 1, 7]))
def test_however_it_is_cut_it_comes_at_the_same_times(gaps: list[int], speed: float) -> None:
    times = [BEGIN]
    for gap in gaps:
        times.append(max(-(2**63), min(2**63 - 1, times[-1] + gap)))
    one, other = played(times, speed=speed, together=1)[0], played(times, speed=speed, together=9)[0]
    assert all(abs(a - b) <= TICK + 1e-6 for a, b in zip(one, other, strict=True))
    assert one == sorted(one)


def _played(path: Path, meanwhile: Callable[[], object]) -> tuple[list[int], str]:
    """Times of the packets of a recording, and how it ends; `meanwhile` happens once the first of them came."""
    recording = Recording(path, 1e9, threading.Event(), threading.Event())
    came: list[int] = []
    try:
        while recording.wait(0):
            batch = recording.take()
            assert batch is not None
            came += batch.time.tolist()
            recording.done()
            meanwhile()
            meanwhile = bool
    except SourceError as error:
        return came, str(error)
    finally:
        recording.close()
    return came, ""


@pytest.mark.parametrize("cut", [0, 5, 20])
def test_a_recording_that_grows_while_it_is_played_is_played_as_far_as_it_was_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    monkeypatch.setattr(read, "BLOCK", 4096)
    monkeypatch.setattr(capture_files, "CHUNK", 4096)
    times = [BEGIN + number * MS for number in range(3000)]
    whole = made.pcap([(time, made.ethernet(bytes(60))) for time in times])
    half, path = 24 + 1500 * (len(whole) - 24) // 3000 + cut, tmp_path / "a.pcap"

    def grow() -> None:
        with path.open("ab") as file:
            file.write(whole[half:])

    path.write_bytes(whole[:half])
    came, says = _played(path, grow)
    assert came == times[:1500]
    assert ("the file ends within the packet" in says and "look again when nobody writes it" in says) == bool(cut)
    assert path.read_bytes() == whole
    assert _played(path, bool) == (times, "")


def test_a_recording_that_shrinks_while_it_is_played_ends_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "BLOCK", 4096)
    monkeypatch.setattr(capture_files, "CHUNK", 4096)
    times = [BEGIN + number * MS for number in range(3000)]
    whole, path = made.pcap([(time, made.ethernet(bytes(60))) for time in times]), tmp_path / "a.pcap"
    path.write_bytes(whole)
    came, says = _played(path, lambda: os.truncate(path, len(whole) // 2 + 5))
    assert came == times[: len(came)]
    assert 1400 < len(came) <= 1500
    assert "the file ends within the packet" in says
