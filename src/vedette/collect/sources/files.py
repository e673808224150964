"""Follow log files through every kind of rotation: nothing lost, nothing doubled, also over restarts.

    paths: [/var/log/auth.log, /var/log/nginx/*.log]

Each content has one source identity from its first to its last line, whatever its name becomes: renamed, copied and
truncated (the rest is read from the copy), compressed, moved with its directory. What was rotated while nobody was
looking is read in the order in which it was written, before the file that has the name now. A last line without its
end waits until it is complete, or until the file is out of use.

Cannot be had: what a copytruncate destroys between its copy and its truncation, and what is rotated and deleted
while the agent is down. Compressed files are read only as the continuation of a followed one.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import polars as pl
from pydantic import Field

from vedette.collect.contents import Contents
from vedette.collect.inotify import Wake
from vedette.collect.listing import refused
from vedette.collect.live import count
from vedette.collect.tail import Tail, digest
from vedette.model import settings
from vedette.model.records import RECORD, Json, RecordBatch
from vedette.model.settings import Duration, Size

LOOK: Final = 1.0
"""Seconds after which files are looked at without a hint from the kernel."""
PACE: Final = 0.1
"""The same where the kernel gives no hints."""
GATHER: Final = 0.01
"""Seconds to let lines gather after a batch: bigger batches cost less each."""
TICK_NS: Final = 20_000_000
"""File systems keep time by the kernel's tick, which is behind the clock."""
NAMED: Final = 3
"""Files that cannot be read which are told by name."""
GONE: Final = "file was truncated or deleted, perhaps before it was read to its end"
EMPTY: Final = pl.DataFrame(schema=RECORD)

Reasons = tuple[tuple[str, int], ...]


class Settings(settings.Settings):
    """Files to follow."""

    paths: list[str] = Field(min_length=1)
    """Files, directories (all files below them) and patterns (`*`, `**`)."""
    start: Literal["beginning", "end"] = "beginning"
    """Where to begin in files that are there at the very first start; later files are read from their beginning."""
    max_line: Size = Field(default=1 << 20, ge=1)
    """Longest line; of a longer one the head is kept, and it is counted."""
    late: Duration = Field(default=timedelta(seconds=60), ge=timedelta(0))
    """How long a rotated file is kept open for a writer that has not noticed yet, since its last line."""
    settle: Duration = Field(default=timedelta(seconds=2), ge=timedelta(0))
    """How long a new file that so far equals the beginning of a followed one may be a copy in the making."""
    max_files: int = Field(default=2000, ge=1)
    """Files followed at once; more are counted as left out."""


class Source:
    """One thread's view of all followed files (collect.live.Source)."""

    def __init__(self, settings: Settings, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        self._wake = Wake()
        self._watched: set[str] = set()
        self._contents = Contents(
            settings.paths, settings.max_files, clock=clock,
            late=settings.late.total_seconds(), settle=settings.settle.total_seconds(),
        )  # fmt: skip
        self._next = 1
        self._ready: list[RecordBatch] = []
        self._dropped: dict[str, int] = {}
        self._looked = self._gave = -1e9
        self._pending = False

    def open(self, positions: Mapping[str, Json]) -> None:
        """Find every content that was being read, wherever it is now."""
        mine = {s: p for s, p in positions.items() if s.startswith(self.name + ":") and p}
        start = mine.pop(f"{self.name}:start", None)
        self._contents.began = int(start["began"]) if start else time.time_ns() - TICK_NS
        numbers = [int(position["generation"]) for position in mine.values()]
        self._next = max(int(start["next"]) if start else 1, *(n + 1 for n in numbers), 1)
        self._contents.resume(mine)
        if start is None:
            self._ready.append(self._mark())
            if self._settings.start == "end":
                # The place is made durable at once: what is written while we are down is not skipped.
                self._ready += [self._emit(tail, EMPTY) for tail in self._contents.skip_to_end()]
        self._scan(names=True)

    def close(self) -> None:
        """Close every file."""
        for _, place in self._contents.live():
            place.close()
        self._contents.groups.clear()
        self._wake.close()

    def committed(self, positions: Mapping[str, Json]) -> None:
        """Files need no acknowledgement."""

    def fileno(self) -> int:
        """What wakes: a change in a watched directory."""
        return self._wake.fileno()

    def health(self) -> dict[str, Any]:
        """Counters; `lag_bytes` without what is compressed."""
        live = self._contents.live()
        return {
            "lag_bytes": sum(max(0, p.stat().st_size - t.offset) for t, p in live if not p.packed),
            "files": sum(t.rotated is None for t, _ in live),
            "rotated": sum(t.rotated is not None for t, _ in live),
            "compressed": self._contents.packed,
            "left_out": self._contents.left_out,
            "refused": len(self._contents.refused),
            "dropped": dict(self._dropped),
            "reconnects": 0,
            "problem": "; ".join(self._problems()),
        }

    def _problems(self) -> list[str]:
        """What is not followed, and why."""
        contents = self._contents
        said = [refused(path, error) for path, error in list(contents.refused.items())[:NAMED]]
        told = [f"{each.path}: {each.reason} ({each.fix})" for each in said]
        if len(contents.refused) > NAMED:
            told.append(f"{len(contents.refused) - NAMED} more cannot be read")
        if contents.left_out:
            told.append(f"{contents.left_out} files beyond max_files are not followed")
        return told

    def poll(self, limit: int, wait: float) -> list[RecordBatch]:
        """New records of all files, those of one name in the order in which they were written."""
        deadline = self._clock() + wait
        if wait > 0 and (pause := self._gave + GATHER - self._clock()) > 0:
            time.sleep(min(pause, wait))
        while True:
            batches = self._round(limit)
            left = deadline - self._clock()
            if batches:
                self._gave = self._clock()
                return batches
            if left <= 0:
                return []
            self._wake.wait(0 if self._pending else min(left, LOOK if self._wake.works else PACE))

    def _round(self, limit: int) -> list[RecordBatch]:
        happened, names = self._wake.drain()
        due = self._clock() - self._looked >= (LOOK if self._wake.works else 0)
        if not (happened or due or self._pending or self._ready):
            return []
        if due:
            self._looked = self._clock()
        self._pending = False
        self._scan(names=names or not self._wake.works)
        batches, self._ready = self._ready, []
        for path in list(self._contents.groups):
            left = limit - sum(batch.frame.height for batch in batches)
            if left <= 0:
                self._pending = True
                break
            found = self._read_group(path, left)
            batches += found
            if found:  # whoever was read comes last next time: a busy file does not starve the others
                self._contents.groups[path] = self._contents.groups.pop(path)
        return batches

    def _scan(self, *, names: bool) -> None:
        contents = self._contents
        again, contents.unsettled = contents.unsettled, False
        contents.scan(names=names or again)
        self._pending |= contents.unsettled
        if contents.folders != self._watched:
            self._watched = contents.folders
            self._wake.watch(self._watched)
            self._pending = True  # something may have come before the watch
        for tail, unread in contents.over:
            if tail.source:
                self._ready.append(self._emit(tail, EMPTY, ((GONE, 1),) if unread else (), last=True))
        if forgotten := [tail for tail in contents.forgotten if tail.source]:
            self._ready.append(self._mark())
            self._ready += [self._batch(tail.source, tail.path, EMPTY, {}, last=True) for tail in forgotten]
        self._ready += [self._emit(tail, EMPTY) for tail in contents.settled if tail.source and not tail.done]
        contents.over, contents.settled, contents.forgotten = [], [], []

    def _read_group(self, path: str, limit: int) -> list[RecordBatch]:
        """Read the contents of one name from oldest to newest; a newer one waits until the older is at its end."""
        batches: list[RecordBatch] = []
        for tail in list(self._contents.groups[path]):
            at_end = tail.done or tail.place is None or not tail.decided
            while not at_end:
                if limit <= 0:
                    self._pending = True
                    return batches
                batch, at_end = self._read(tail, limit)
                if batch is not None:
                    batches.append(batch)
                    limit -= batch.frame.height
        return batches

    def _read(self, tail: Tail, limit: int) -> tuple[RecordBatch | None, bool]:
        """(a batch, whether there is no more for now)."""
        finished = self._contents.finished(tail)
        if tail.unchanged() and not finished:
            if tail.source and tail.rotated is not None and not tail.resting:
                tail.resting = True
                return self._emit(tail, EMPTY), True
            return None, True
        done, at_end = tail.read(limit, self._settings.max_line, end=finished) if tail.intact() else (None, False)
        if done is None:
            self._pending = not at_end  # truncated since the scan: the next round finds the copy
            return None, True
        reasons: Reasons = ()
        if done.long:
            reasons = ((f"line longer than {self._settings.max_line:,} bytes was cut", done.long),)
        if done.used:
            tail.grew, tail.resting = self._clock(), False
        if at_end and finished and tail.place:
            if tail.place.damage:
                reasons = (*reasons, (f"rotated copy: {tail.place.damage}", 1))
            tail.finish()
            known = bool(tail.source or done.frame.height)
            return (self._emit(tail, done.frame, reasons, last=True) if known else None), True
        return (self._emit(tail, done.frame, reasons) if done.used else None), at_end

    def _emit(self, tail: Tail, frame: pl.DataFrame, reasons: Reasons = (), *, last: bool = False) -> RecordBatch:
        if not tail.source:
            tail.generation, self._next = self._next, self._next + 1
            first = tail.head[: tail.head.find(b"\n") + 1] or tail.head
            tail.source = f"{self.name}:{tail.generation}:{digest(first)[:12]}"
        count(self._dropped, reasons)
        batch = self._batch(tail.source, tail.path, frame, tail.position(), reasons, last=last)
        return batch._replace(reference=tail.reference()) if tail.changed_ns else batch

    def _mark(self) -> RecordBatch:
        """That and when we began, and the number of the next content, although no file may speak of it any more."""
        position = {"began": self._contents.began, "next": self._next}
        return self._batch(f"{self.name}:start", self.name, EMPTY, position)

    def _batch(
        self, source: str, path: str, frame: pl.DataFrame, position: Json, dropped: Reasons = (), *, last: bool = False
    ) -> RecordBatch:
        return RecordBatch(source, path, frame, position, datetime.now(UTC), None, dropped, last)
