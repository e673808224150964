"""What is written to a capture file is what is read from it."""

import errno
import os
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import packets as made
from vedette.collect.capture_files import read
from vedette.collect.capture_write import CaptureFile
from vedette.model.errors import SourceError

BEGIN = 1_768_435_200_123_456_789


def frames(number: int, seed: int = 1) -> list[tuple[int, bytes]]:
    dice = random.Random(seed)
    return [
        (BEGIN + dice.randrange(10**12), dice.randbytes(dice.choice((0, 14, 60, 1500, 65_000)))) for _ in range(number)
    ]


def contents(path: Path) -> list[tuple[int, bytes, int]]:
    """(time, bytes, link type) of each packet."""
    found = []
    for batch in read(iter([path.read_bytes()]), source="s", path="p"):
        for row in range(len(batch.at)):
            begin = batch.at[row]
            found.append(
                (int(batch.time[row]), batch.data[begin : begin + batch.size[row]].tobytes(), int(batch.link[row]))
            )
    return found


@pytest.mark.parametrize("link", [1, 101])
def test_round_trip(tmp_path: Path, link: int) -> None:
    packets = frames(200)
    path = tmp_path / "a.pcap"
    with CaptureFile(path) as file:
        for at in range(0, 200, 50):
            file.write(made.batch(packets[at : at + 50], link))
            file.write(made.batch([], link))
    assert contents(path) == [(time, data, link) for time, data in packets]
    assert file.packets == 200
    assert path.stat().st_mode & 0o777 == 0o600
    assert struct.unpack("<I", path.read_bytes()[:4]) == (0xA1B23C4D,)


def test_the_length_that_a_packet_had_is_kept(tmp_path: Path) -> None:
    with CaptureFile(tmp_path / "a.pcap") as file:
        file.write(made.batch([(BEGIN, b"x" * 20)])._replace(wire=np.array([1500], np.int32)))
    (batch,) = read(iter([(tmp_path / "a.pcap").read_bytes()]), source="s", path="p")
    assert (batch.size.tolist(), batch.wire.tolist()) == ([20], [1500])


def test_another_link_type_is_left_out_and_counted(tmp_path: Path) -> None:
    with CaptureFile(tmp_path / "a.pcap") as file:
        mixed = made.batch(frames(6))
        file.write(mixed._replace(link=np.array([101, 1, 101, 0xFFFF, 101, 101], np.uint16)))
    assert (file.packets, file.foreign) == (4, 2)
    assert contents(tmp_path / "a.pcap") == [(*frames(6)[n], 101) for n in (0, 2, 4, 5)]


def test_a_capture_of_nothing_is_one(tmp_path: Path) -> None:
    CaptureFile(tmp_path / "a.pcap").close()
    assert contents(tmp_path / "a.pcap") == []
    assert (tmp_path / "a.pcap").stat().st_size == 24


@pytest.mark.parametrize("together", [1, 7, 300])
def test_rotation_loses_nothing_and_bounds_files_and_sizes(tmp_path: Path, together: int) -> None:
    packets = [(BEGIN + n, bytes([n % 256]) * (n % 90)) for n in range(300)]
    path = tmp_path / "a.pcap"
    with CaptureFile(path, rotate=1000, files=1000) as file:
        for at in range(0, 300, together):
            file.write(made.batch(packets[at : at + together]))
    names = sorted(tmp_path.iterdir(), key=lambda p: -int(p.name.split(".")[1]) if p != path else 1)
    assert len(names) > 10
    assert [(time, data) for name in names for time, data, _ in contents(name)] == packets
    assert all(900 < name.stat().st_size <= 1000 for name in names[:-1])


def test_the_oldest_files_go(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    for _ in range(2):  # also over a new start
        with CaptureFile(path, rotate=1000, files=3) as file:
            for at in range(100):
                file.write(made.batch([(BEGIN + at, bytes(100))]))
        assert sorted(p.name for p in tmp_path.iterdir()) == ["a.1.pcap", "a.2.pcap", "a.pcap"]
        times = [
            time - BEGIN for name in ("a.2.pcap", "a.1.pcap", "a.pcap") for time, _, _ in contents(tmp_path / name)
        ]
        assert times == list(range(100 - len(times), 100))


def test_a_packet_larger_than_a_file_may_be_has_one_for_itself(tmp_path: Path) -> None:
    with CaptureFile(tmp_path / "a.pcap", rotate=100, files=9) as file:
        file.write(made.batch([(BEGIN, bytes(500)), (BEGIN + 1, bytes(500))]))
    assert [len(contents(tmp_path / name)) for name in ("a.1.pcap", "a.pcap")] == [1, 1]
    assert file.packets == 2


def test_a_full_disk_leaves_whole_packets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = CaptureFile(tmp_path / "a.pcap")
    file.write(made.batch(frames(3)))
    real = os.write
    calls: list[int] = []

    def full(fd: int, data: Any) -> int:
        calls.append(len(data))
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data[:50])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SourceError, match="No space left"):
        file.write(made.batch([(BEGIN, bytes(500))]))
    monkeypatch.undo()
    file.close()
    assert len(calls) == 2
    assert [(time, data) for time, data, _ in contents(tmp_path / "a.pcap")] == frames(3)


def test_a_place_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        CaptureFile(tmp_path / "no" / "a.pcap")


def test_a_disk_that_fails_while_a_file_is_closed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    before = len(list(Path("/proc/self/fd").iterdir()))
    file = CaptureFile(tmp_path / "a.pcap")
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(SourceError, match="Input/output error"):
        file.close()
    file = CaptureFile(tmp_path / "b.pcap", rotate=1000)
    with pytest.raises(SourceError, match="Input/output error"):
        file.write(made.batch([(BEGIN, bytes(900))] * 3))
    with pytest.raises(SourceError, match="Input/output error"):
        file.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with CaptureFile(tmp_path / "pipe") as file:
        file.write(made.batch(frames(2)[:1]))
    data = os.read(reading, 1 << 20)
    os.close(reading)
    assert data[24 + 16 :] == frames(2)[0][1]
