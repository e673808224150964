"""Plays a recording. Its lines are written again, in the order of their times and faster, to files that the agent
follows like any others; lines without a time go with the line before them. Its packets come at their pace."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vedette.collect.read import Reading
from vedette.model.packets import PacketBatch
from vedette.model.records import RecordBatch
from vedette.parse.context import Context
from vedette.parse.dispatch import parse

STEP: Final = 0.1
"""Seconds between two writes."""
DONE: Final = ".played"
TICK: Final = 0.01
"""Seconds for which packets that are due are gathered."""
SET_BACK: Final = 10**9
"""Nanoseconds by which time runs backwards where a clock was set; by less, packets only came out of turn."""
SET_FORWARD: Final = 24 * 3600 * 10**9
"""Nanoseconds of quiet that nobody waits for: there, too, a clock was set."""


class Line(NamedTuple):
    at: datetime
    file: str
    text: str


def lines(recording: Path) -> list[Line]:
    """Every line of a folder of logs, by time."""
    found: list[Line] = []
    now = datetime.now(UTC)
    for path in sorted(p for p in recording.iterdir() if p.is_file()):
        times: dict[int, datetime] = {}
        texts: list[tuple[int, str]] = []
        carry: dict[str, object] = {}
        for item in Reading([path]):
            if not isinstance(item, RecordBatch):
                continue
            parsed = parse(item, carry, Context(now))
            carry = parsed.carry
            for events in parsed.events:
                if "@timestamp" in events.frame.columns:
                    times.update(events.frame.select("line", "@timestamp").drop_nulls().iter_rows())
            texts += item.frame.select("line", "raw").iter_rows()
        first = min(times.values(), default=now)
        for number, text in texts:
            first = times.get(number, first)
            found.append(Line(first, path.name, text))
    return sorted(found, key=lambda line: line.at)


def steps(found: Sequence[Line], seconds: float) -> Iterator[list[Line]]:
    """Lines cut into as many writes as the time allows, an equal share of lines each: quiet hours take no time."""
    count = max(1, int(seconds / STEP))
    for index in range(count):
        yield list(found[index * len(found) // count : (index + 1) * len(found) // count])


def play(recording: Path, target: Path, seconds: float, stop: threading.Event) -> int:
    """Write the recording to files in `target`; a recording that was played to its end is not played again.

    Returns:
        Lines written.
    """
    if (target / DONE).exists():
        return 0
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        old.unlink()
    written = 0
    for part in steps(lines(recording), seconds):
        by_file: dict[str, list[str]] = {}
        for line in part:
            by_file.setdefault(line.file, []).append(line.text + "\n")
        for name, texts in by_file.items():
            with (target / name).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.writelines(texts)
        written += len(part)
        if stop.wait(STEP):
            return written
    (target / DONE).touch()
    return written


class Pace:
    """When packets are due: nanoseconds of the recording since its first one, never less than for the one before. Where
    a clock was set, forwards or back, no time passes."""

    def __init__(self) -> None:
        self._before: int | None = None
        self._elapsed = self._latest = 0

    def due(self, time: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Of the next packets, by their times (ns)."""
        if not len(time):
            return time
        steps = np.diff(time, prepend=time[0] if self._before is None else self._before)
        steps[(steps < -SET_BACK) | (steps > SET_FORWARD)] = 0
        elapsed = self._elapsed + np.cumsum(steps)
        due = np.maximum(np.maximum.accumulate(elapsed), self._latest)
        self._before, self._elapsed, self._latest = time[-1], int(elapsed[-1]), int(due[-1])
        return due


def paced(
    batches: Iterable[PacketBatch], speed: float, clock: Callable[[], float], wait: Callable[[float], bool]
) -> Iterator[PacketBatch]:
    """The same packets in the same order, each not before its time, in parts of batches.

    Args:
        speed: how much faster than recorded; above 0.
        clock: seconds, of a clock that does not run backwards.
        wait: lets so many seconds pass; True ends the play, as threading.Event.wait does.
    """
    pace = Pace()
    began = clock()
    for batch in batches:
        due = pace.due(batch.time)
        if not len(due):
            yield batch
        at = 0
        while at < len(due):
            now = round((clock() - began) * speed * 1e9)
            end = int(np.searchsorted(due, now, "right"))
            if end > at:
                yield batch.part(at, end)
                at = end
            elif wait(max(TICK, (int(due[at]) - now) / speed / 1e9)):
                return
