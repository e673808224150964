"""Following real files through real rotations. The writer is driven in steps, so no test waits."""

import gzip
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from vedette.collect import contents
from vedette.collect.sources import files
from vedette.collect.tail import Place
from vedette.model.records import Json, RecordBatch


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Follower:
    """A source with what the runtime does around it: commits positions, can be killed and started again."""

    def __init__(self, *paths: object, **settings: Any) -> None:
        self.settings = files.Settings(paths=[str(p) for p in paths], **settings)
        self.positions: dict[str, Json] = {}
        self.lines: dict[str, list[str]] = defaultdict(list)
        self.keys: set[tuple[str, int]] = set()
        self.order: list[str] = []
        self.dropped: list[tuple[str, int]] = []
        self.clock = Clock()
        self.source: files.Source | None = None
        self.start()

    def start(self) -> None:
        self.stop()
        self.source = files.Source(self.settings, "test", clock=self.clock)
        self.source.open(self.positions)

    def stop(self) -> None:
        if self.source:
            self.source.close()
            self.source = None

    def poll(self, limit: int = 1000) -> list[str]:
        assert self.source
        self.clock.now += 1  # as if the regular look were due, kernel hints or not
        got: list[str] = []
        for batch in self.source.poll(limit, 0):
            got += self.take(batch)
        return got

    def take(self, batch: RecordBatch) -> list[str]:
        lines = batch.frame["raw"].to_list()
        known = self.lines[batch.source]
        assert batch.frame["line"].to_list() == list(range(len(known) + 1, len(known) + len(lines) + 1))
        for offset in batch.frame["offset"]:
            assert (batch.source, offset) not in self.keys
            self.keys.add((batch.source, offset))
        known += lines
        self.order += lines
        self.dropped += batch.dropped
        if batch.position:
            self.positions[batch.source] = batch.position
        else:
            self.positions.pop(batch.source, None)
        return lines

    def drain(self) -> list[str]:
        got: list[str] = []
        for _ in range(20):
            got += self.poll()
        return got

    def finish(self) -> list[str]:
        """Until every rotated file was let go."""
        got = self.drain()
        self.clock.now += 1000
        return got + self.drain()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


@pytest.fixture
def follow() -> Iterator[Any]:
    made: list[Follower] = []

    def make(*paths: object, **settings: Any) -> Follower:
        made.append(Follower(*paths, **settings))
        return made[-1]

    yield make
    for follower in made:
        follower.stop()


def add(path: Path, *lines: str, end: str = "\n") -> None:
    with path.open("a") as file:
        file.write("".join(line + end for line in lines))


def copytruncate(path: Path, copy: Path) -> None:
    shutil.copyfile(path, copy)
    os.truncate(path, 0)


def test_lines_come_as_they_are_written(log: Path, follow: Any) -> None:
    f = follow(log)
    assert f.drain() == []
    add(log, "one", "two")
    assert f.drain() == ["one", "two"]
    add(log, "three")
    assert f.drain() == ["three"]
    assert len(f.lines) == 2  # the mark of the first start, and one content


def test_a_line_without_its_end_waits(log: Path, follow: Any) -> None:
    f = follow(log)
    add(log, "beg", end="")
    assert f.drain() == []
    add(log, "inning", "next")
    assert f.drain() == ["beginning", "next"]


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("globbed", [False, True])
def test_rename_with_late_writes_on_the_old_descriptor(log: Path, follow: Any, restart: bool, globbed: bool) -> None:
    f = follow(str(log) + "*" if globbed else log)
    with log.open("a") as old:
        old.write("a1\na2\n")
        old.flush()
        assert f.poll(limit=1) + f.poll(limit=1) + f.poll(limit=1) == ["a1", "a2"][: len(f.order)]
        log.rename(log.with_name("app.log.1"))
        add(log, "b1")
        old.write("a3\n")
        old.flush()
        if restart:
            f.start()
        f.drain()
        old.write("a4\n")
        old.flush()
        f.drain()
    assert f.order == ["a1", "a2", "a3", "b1", "a4"]
    f.finish()
    f.start()
    assert f.finish() == []


@pytest.mark.parametrize("times", [1, 2])
def test_a_file_rotated_while_it_is_opened_is_read_once(
    log: Path, follow: Any, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Between the opening of a file nobody knew and the look at its rotated forms, one of which it is by then."""
    turns = iter(range(times))

    def opened(path: str) -> Place:
        place = Place(path)
        if path == str(log) and (turn := next(turns, None)) is not None:
            if turn:
                log.with_name("app.log.1").rename(log.with_name("app.log.2"))
            log.rename(log.with_name("app.log.1"))
            add(log, f"after {turn}")
        return place

    f = follow(log)
    f.drain()
    monkeypatch.setattr(contents, "Place", opened)
    add(log, "first", "second")
    assert f.finish() == ["first", "second", *(f"after {turn}" for turn in range(times))]


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("globbed", [False, True])
def test_copytruncate_is_finished_from_the_copy(log: Path, follow: Any, restart: bool, globbed: bool) -> None:
    f = follow(str(log) + "*" if globbed else log)
    add(log, "a1", "a2")
    f.drain()
    add(log, "a3")
    if restart:
        f.stop()
    copytruncate(log, log.with_name("app.log.1"))
    add(log, "b1", "b2", "b3", "b4")  # regrown beyond the old position
    if restart:
        f.start()
    f.drain()
    assert f.order == ["a1", "a2", "a3", "b1", "b2", "b3", "b4"]
    f.finish()
    assert f.dropped == []


def test_truncated_without_a_copy_is_counted(log: Path, follow: Any) -> None:
    f = follow(log)
    add(log, "a1")
    f.drain()
    add(log, "a2", end="")
    f.drain()
    os.truncate(log, 0)
    add(log, "b")
    assert f.drain() == ["b"]
    assert f.dropped == [(files.GONE, 1)]


def test_several_rotations_while_down_with_compression(log: Path, follow: Any) -> None:
    f = follow(log)
    add(log, "a1")
    f.drain()
    f.stop()
    add(log, "a2")
    log.rename(log.with_name("app.log.1"))
    add(log, "b1", "b2")
    for old, new in ((1, 2),):
        log.with_name(f"app.log.{old}").rename(log.with_name(f"app.log.{new}"))
    log.rename(log.with_name("app.log.1"))
    packed = log.with_name("app.log.2")
    with gzip.open(str(packed) + ".gz", "wb") as out:
        out.write(packed.read_bytes())
    packed.unlink()
    add(log, "c1")
    f.start()
    assert f.drain() == ["a2", "b1", "b2", "c1"]
    f.finish()
    f.start()
    assert f.finish() == []


def test_inode_used_again_while_down(log: Path, follow: Any) -> None:
    f = follow(log)
    add(log, "a1 some content")
    f.drain()
    f.stop()
    inode = log.stat().st_ino
    position = next(p for p in f.positions.values() if "inode" in p)
    log.unlink()
    add(log, "b1 other content, longer than before")
    position["inode"] = log.stat().st_ino  # what the file system may well do by itself
    assert inode
    f.start()
    assert f.drain() == ["b1 other content, longer than before"]


def test_symlink_swap(tmp_path: Path, follow: Any) -> None:
    (tmp_path / "logs").mkdir()
    first, second, link = tmp_path / "logs/1", tmp_path / "logs/2", tmp_path / "current"
    add(first, "a1")
    link.symlink_to(first)
    f = follow(link)
    f.drain()
    add(first, "a2")
    add(second, "b1")
    link.unlink()
    link.symlink_to(second)
    add(first, "a3")
    f.drain()
    assert f.order == ["a1", "a2", "a3", "b1"]


def test_moved_directory(tmp_path: Path, follow: Any) -> None:
    folder = tmp_path / "var/app"
    folder.mkdir(parents=True)
    add(folder / "x.log", "a1")
    f = follow(tmp_path / "var/*/x.log")
    f.drain()
    add(folder / "x.log", "a2")
    folder.rename(tmp_path / "var/app.old")
    folder.mkdir()
    add(folder / "x.log", "b1")
    assert sorted(f.drain()) == ["a2", "b1"]
    add(tmp_path / "var/app.old/x.log", "a3")
    assert f.drain() == ["a3"]


def test_start_at_the_end_means_only_the_first_time(log: Path, follow: Any) -> None:
    add(log, "old")
    f = follow(log, start="end")
    f.drain()
    f.stop()
    add(log, "while down")
    other = log.with_name("app.log.extra")
    f.start()
    assert f.drain() == ["while down"]
    assert not other.exists()


def test_a_partial_last_line_is_released_when_the_file_is_out_of_use(log: Path, follow: Any) -> None:
    f = follow(log)
    add(log, "a1", "a2")
    add(log, "cut off", end="")
    f.drain()
    log.unlink()
    f.drain()
    assert f.order == ["a1", "a2"]
    assert f.finish() == ["cut off"]


def test_a_long_line_does_not_stop_anything(log: Path, follow: Any) -> None:
    f = follow(log, max_line="64KiB")
    add(log, "first")
    f.drain()
    with log.open("a") as out:
        for _ in range(50):
            out.write("x" * 100_000)
            out.flush()
            f.poll()
        f.start()  # a restart in the middle of it
        out.write("x" * 100_000 + "\nnext\n")
    f.drain()
    assert [len(line) for line in f.order] == [5, 65536, 4]
    assert sum(count for _, count in f.dropped) == 1


def test_utf16_and_bad_bytes(log: Path, follow: Any) -> None:
    f = follow(log)
    data = "eins\r\nzwei ä\n".encode("utf-16")
    for byte in range(len(data)):
        with log.open("ab") as out:
            out.write(data[byte : byte + 1])
        f.poll()
        if byte == 9:
            f.start()
    assert f.order == ["eins", "zwei ä"]
    other = log.with_name("other.log")
    other.write_bytes(b"\xff\xffno mark\x00\n")
    g = follow(other)
    assert g.drain() == ["\\xff\\xffno mark\x00"]


def test_a_busy_file_does_not_starve_the_others(tmp_path: Path, follow: Any) -> None:
    f = follow(tmp_path)
    add(tmp_path / "a.log", *(f"a{n}" for n in range(100)))
    add(tmp_path / "b.log", "b")
    got = []
    for _ in range(4):
        got += f.poll(limit=10)
    assert "b" in got


def test_more_files_than_allowed_are_counted(tmp_path: Path, follow: Any) -> None:
    for name in "abc":
        add(tmp_path / name, name)
    f = follow(tmp_path, max_files=2)
    assert f.drain() == ["a", "b"]
    assert f.source.health()["left_out"] == 1
    assert "max_files" in f.source.health()["problem"]


def test_what_cannot_be_read_is_named_until_it_can(tmp_path: Path, follow: Any) -> None:
    add(tmp_path / "a.log", "a")
    (tmp_path / "link.log").symlink_to(tmp_path / "target")
    f = follow(tmp_path / "*.log", tmp_path / "later.txt")
    assert f.drain() == ["a"]
    health = f.source.health()
    assert health["refused"] == 2
    assert f"{tmp_path}/link.log: a link that leads nowhere" in health["problem"]
    assert f"{tmp_path}/later.txt: does not exist" in health["problem"]
    add(tmp_path / "target", "b")
    add(tmp_path / "later.txt", "c")
    assert sorted(f.drain()) == ["b", "c"]
    assert f.source.health()["problem"] == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="takes the rights of root away for a moment")
def test_a_file_of_others_is_named_and_read_once_it_may_be(follow: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        add(Path(folder) / "a.log", "a")
        (Path(folder) / "a.log").chmod(0o644)
        secret = Path(folder) / "secret.log"
        add(secret, "s")
        secret.chmod(0o600)
        closed = Path(folder) / "closed"
        closed.mkdir(0o700)
        os.seteuid(65534)
        try:
            f = follow(folder)
            assert f.drain() == ["a"]
            problem = f.source.health()["problem"]
            assert f"{secret}: permission denied" in problem
            assert f"{closed}: permission denied" in problem
        finally:
            os.seteuid(0)
        assert f.drain() == ["s"]
        assert f.source.health()["problem"] == ""


def test_a_name_without_a_file_for_a_moment_is_no_trouble(log: Path, follow: Any) -> None:
    f = follow(log)
    add(log, "a")
    assert f.drain() == ["a"]
    log.rename(log.with_name("app.log.1"))
    assert f.drain() == []
    assert f.source.health()["problem"] == ""


def test_lag_is_what_is_written_and_not_read(log: Path, follow: Any) -> None:
    f = follow(log)
    add(log, "12345", "12345")
    f.poll(limit=1)
    assert f.source.health()["lag_bytes"] == 6
    f.drain()
    assert f.source.health()["lag_bytes"] == 0


def test_a_copy_beside_it_is_not_read_again_until_it_goes_its_own_way(tmp_path: Path, follow: Any) -> None:
    log, copy = tmp_path / "app.log", tmp_path / "copy.log"
    f = follow(tmp_path / "*.log")
    add(log, "a1", "a2")
    f.drain()
    shutil.copyfile(log, copy)
    assert f.drain() == []


def test_positions_of_files_that_are_gone_are_let_go(tmp_path: Path, follow: Any) -> None:
    f = follow(tmp_path / "*.log")
    for day in range(10):
        add(tmp_path / f"day{day}x.log", f"line of {day}")
        f.drain()
        (tmp_path / f"day{day}x.log").unlink()
        f.finish()
    assert len(f.order) == 10
    assert len(f.positions) <= 2
    f.start()
    add(tmp_path / "later.log", "later")
    assert f.drain() == ["later"]


def test_woken_by_the_kernel_and_not_by_the_clock(log: Path) -> None:
    """The clock of the source stands still, so nothing but inotify can end the wait early."""
    source = files.Source(files.Settings(paths=[str(log)]), "wake", clock=Clock())
    source.open({})
    source.poll(10, 0)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(source.poll, 10, 20.0)
        add(log, "now")
        batches = answer.result(10)
    source.close()
    assert [b.frame["raw"].to_list() for b in batches] == [["now"]]


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_a_document_of_one_long_line_gives_its_records_once_whatever_kills_it(tmp_path: Path, kind: str) -> None:
    items = [f'{{"n": {n}, "t": "{"x" * (n % 90)} }},{{"}}' for n in range(400)]
    text = '{"Records":[' + ",".join(items) + "]}\n"
    if kind == "xml":
        items = [f"<Event xmlns='x'><D>{n}</D></Event>" for n in range(400)]
        text = "<Events>" + "".join(items) + "</Events>\n"
    (tmp_path / "a.json").write_text(text)
    follower = Follower(tmp_path, max_line=500)
    got: list[str] = []
    for _ in range(60):
        got += follower.poll(limit=17)
        follower.start()  # killed after the commit
    assert [line for line in got if line.startswith(("{", "<Event "))] == items
    assert follower.dropped == []


def test_a_long_document_that_is_written_bit_by_bit(tmp_path: Path) -> None:
    items = [f'{{"n": {n}}}' for n in range(300)]
    text = ('[' + ",".join(items) + ']\n{"n": "after"}\n').encode()
    path = tmp_path / "a.json"
    path.write_bytes(b"")
    follower = Follower(path, max_line=200)
    got: list[str] = []
    for at in range(0, len(text), 37):
        with path.open("ab") as file:
            file.write(text[at : at + 37])
        got += follower.poll()
    got += follower.poll()
    assert [line for line in got if line.startswith("{")] == [*items, '{"n": "after"}']
