"""Plays a recording: its lines are written again, in the order of their times and faster, to files that the agent
follows like any others. Lines without a time go with the line before them."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from vedette.collect.read import Reading
from vedette.model.records import RecordBatch
from vedette.parse.context import Context
from vedette.parse.dispatch import parse

STEP: Final = 0.1
"""Seconds between two writes."""
DONE: Final = ".played"


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
