"""The law of following: whatever happens to a log, each of its lines comes out once, and in order.

Hypothesis drives writer, logrotate and follower through any sequence of steps. Lines are numbered in the order in
which they are written, so "in order" is "ascending within every source".
"""

import gzip
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collect.test_follow import Follower
from vedette.collect.contents import Contents
from vedette.collect.tail import Tail

STEP = st.one_of(
    st.tuples(st.just("append"), st.integers(1, 5)),
    st.tuples(st.just("append"), st.integers(1, 5)),
    st.tuples(st.just("partial"), st.just(0)),
    st.tuples(st.just("rename"), st.booleans()),  # whether the writer notices at once
    st.tuples(st.just("copytruncate"), st.just(0)),
    st.tuples(st.just("gzip"), st.just(0)),
    st.tuples(st.just("reopen"), st.just(0)),
    st.tuples(st.just("poll"), st.sampled_from([1, 3, 1000])),
    st.tuples(st.just("poll"), st.sampled_from([1, 3, 1000])),
    st.tuples(st.just("kill"), st.booleans()),  # whether what was polled last was durable
    st.tuples(st.just("start"), st.just(0)),
)


class World:
    """A log directory with its writer and logrotate; numbers of lines are what is compared."""

    def __init__(self, folder: Path, pattern: str, header: bool) -> None:
        self.log = folder / "app.log"
        self.header = header
        self.number = 0
        self.whole = 0
        self.open_line = False
        self.writer = self.log.open("ab", buffering=0)
        self.begin()
        self.follower = Follower(folder / pattern, settle="0s")
        self.follower.poll()

    def begin(self) -> None:
        if self.header:
            self.writer.write(b"# the same first line in every file\n")

    def append(self, count: int) -> None:
        for _ in range(count):
            self.number += 1
            text = b"" if self.open_line else b"line %d" % self.number
            self.number -= self.open_line
            self.open_line = False
            self.writer.write(text + b" of the log\n")

    def partial(self, _: int) -> None:
        if not self.open_line:
            self.number += 1
            self.open_line = True
            self.writer.write(b"line %d" % self.number)

    def complete(self) -> None:
        if self.open_line:
            self.append(1)

    def shift(self) -> None:
        """app.log.1 becomes app.log.2, and so on, packed or not."""
        for n in range(30, 0, -1):
            for end in ("", ".gz"):
                old = Path(f"{self.log}.{n}{end}")
                if old.exists():
                    old.rename(f"{self.log}.{n + 1}{end}")

    def rename(self, notices: bool) -> None:
        if not self.log.exists():
            return
        self.shift()
        self.log.rename(f"{self.log}.1")
        if notices:
            self.reopen(0)

    def reopen(self, _: int) -> None:
        if not self.log.exists():
            self.complete()
            self.writer.close()
            self.writer = self.log.open("ab", buffering=0)
            self.begin()

    def copytruncate(self, _: int) -> None:
        if not self.log.exists():
            return
        self.complete()
        self.shift()
        shutil.copyfile(self.log, f"{self.log}.1")
        os.truncate(self.log, 0)
        self.begin()

    def gzip(self, _: int) -> None:
        plain = Path(f"{self.log}.1")
        if plain.exists() and self.log.exists():  # as delaycompress does: never what may still be written to
            packed = Path(f"{plain}.gz")
            info = plain.stat()
            packed.write_bytes(gzip.compress(plain.read_bytes()))
            os.utime(packed, ns=(info.st_atime_ns, info.st_mtime_ns))
            plain.unlink()

    def poll(self, limit: int) -> None:
        if self.follower.source:
            self.follower.poll(limit)

    def kill(self, _: bool) -> None:
        self.follower.stop()

    def start(self, _: int) -> None:
        if not self.follower.source:
            self.follower.start()

    def check(self) -> None:
        self.complete()
        self.reopen(0)  # what a pattern never saw and gzip took is looked for when the name is there again
        self.start(0)
        self.follower.finish()
        numbers = [int(line.split()[1]) for line in self.follower.order if line.startswith("line")]
        assert sorted(numbers) == list(range(1, self.number + 1)), "a line was lost or doubled"
        for lines in self.follower.lines.values():
            own = [int(line.split()[1]) for line in lines if line.startswith("line")]
            assert own == sorted(own), "lines of one file are out of order"
        assert all(line.startswith("#") or line.endswith(" of the log") for line in self.follower.order)
        assert self.follower.dropped == []


def run(steps: list[tuple[str, Any]], pattern: str, header: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), pattern, header)
        try:
            for name, argument in steps:
                getattr(world, name)(argument)
            world.check()
        finally:
            world.writer.close()
            world.follower.stop()


@settings(max_examples=100, deadline=None)
@given(st.lists(STEP, min_size=5, max_size=40), st.sampled_from(["app.log", "app.log*"]), st.booleans())
def test_every_line_once_and_in_order(steps: list[tuple[str, Any]], pattern: str, header: bool) -> None:
    run(steps, pattern, header)


@pytest.mark.parametrize(
    ("owner", "attribute", "instead"),
    [
        (Tail, "is_in", lambda self, place: place.key == self.key),  # trusts the inode number
        (Contents, "_truncated", lambda self, tail: self._end(tail, unread=False)),  # does not look for the copy
        (Contents, "_between", lambda self, earlier, path, before: []),  # does not look for what it missed
    ],
    ids=["inode", "copy", "between"],
)
def test_the_law_notices_a_planted_fault(
    monkeypatch: pytest.MonkeyPatch, owner: type, attribute: str, instead: Any
) -> None:
    monkeypatch.setattr(owner, attribute, instead)
    append, poll, down, up = ("append", 3), ("poll", 1000), ("kill", False), ("start", 0)
    away = [("rename", True), append, ("rename", True), append]
    stories = [
        [append, poll, append, ("copytruncate", 0), append, poll],
        [append, poll, down, append, ("copytruncate", 0), ("append", 5), ("append", 5), up, poll],
        [append, poll, down, *away, up, poll],
    ]
    broken = 0
    for steps in stories:
        try:
            run(steps, "app.log", header=False)
        except AssertionError:
            broken += 1
    assert broken
    monkeypatch.undo()
    for steps in stories:
        run(steps, "app.log", header=False)
