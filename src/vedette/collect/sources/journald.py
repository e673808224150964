"""The systemd journal, through `journalctl -o json -f`: rotation and vacuuming are its business, the cursor is ours.

Source of the format: systemd JOURNAL_EXPORT_FORMATS, "Journal JSON Format"; journalctl(1).
"""

import os
import select
import shutil
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import orjson
import polars as pl
from pydantic import Field

from vedette.collect.lines import cut
from vedette.collect.live import count
from vedette.model import settings
from vedette.model.errors import SourceError
from vedette.model.records import RECORD, Json, RecordBatch
from vedette.model.settings import Size

BLOCK: Final = 1 << 20
AGAIN: Final = (0.5, 30.0)
"""Seconds before journalctl is started again: at first, at most."""
STALE: Final = 3
"""Failed starts after which the cursor is held to be of another journal, and its time is used instead."""


class Settings(settings.Settings):
    """Which journal, and which part of it."""

    journalctl: str = "journalctl"
    """The program, by name or path."""
    start: Literal["beginning", "end"] = "end"
    """Where to begin at the very first start."""
    matches: list[str] = Field(default=[])
    """As on journalctl's command line: `_SYSTEMD_UNIT=ssh.service`; the same field twice means either."""
    units: list[str] = Field(default=[])
    """Only these units."""
    directory: Path | None = None
    """Another journal directory, for example of a container."""
    file: Path | None = None
    """One journal file."""
    namespace: str | None = None
    """A journal namespace; `*` for all."""
    max_line: Size = Field(default=1 << 20, ge=4096)
    """Longest entry; a longer one is cut, and counted."""


class Source:
    """One running journalctl (collect.live.Source); `offset` counts entries."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._cursor: str | None = None
        self._count = 0
        self._data = b""
        self._skipping = False
        self._fresh = False
        self._failures = self._starts = 0
        self._next_start = 0.0
        self._problem = ""
        self._dropped: dict[str, int] = {}

    def open(self, positions: Mapping[str, Json]) -> None:
        """Start after the stored cursor; SourceError when there is no journalctl."""
        position = positions.get(self.name) or {}
        cursor = position.get("cursor")
        self._cursor = str(cursor) if cursor else None
        self._count = int(position.get("count", 0))
        if shutil.which(self._settings.journalctl) is None:
            raise SourceError(
                f"there is no program {self._settings.journalctl!r}",
                where=self.name,
                fix="install systemd's journalctl, or follow log files instead (files source)",
            )
        if self._cursor is None and self._settings.start == "end":
            self._cursor = self._newest()
            self._fresh = self._cursor is not None
        self._launch()

    def poll(self, limit: int, wait: float) -> list[RecordBatch]:
        """New entries; starts journalctl again when it ended."""
        deadline = time.monotonic() + wait
        if self._fresh:  # make the place where we began durable, before there is anything new
            self._fresh = False
            return [self._batch(pl.DataFrame(schema=RECORD))]
        while True:
            if self._process is None and time.monotonic() >= self._next_start:
                self._launch()
            if batch := self._cut(limit):
                return [batch]
            left = max(0.0, deadline - time.monotonic())
            if self._process is None or self._process.stdout is None or self._process.stderr is None:
                if left <= 0:
                    return []
                time.sleep(min(left, max(0.01, self._next_start - time.monotonic())))
                continue
            out, err = self._process.stdout.fileno(), self._process.stderr.fileno()
            ready, _, _ = select.select([out, err], [], [], left)
            if err in ready and (said := os.read(err, 4096)):
                self._problem = said.decode(errors="backslashreplace").strip().rpartition("\n")[2][:300]
            elif err in ready and out not in ready:
                self._ended()
            if out in ready:
                block = os.read(out, BLOCK)
                if block:
                    self._data += block
                    self._failures = 0
                else:
                    self._ended()
            elif not ready:
                return []

    def committed(self, positions: Mapping[str, Json]) -> None:
        """The journal keeps what it has."""

    def fileno(self) -> int:
        """Nothing wakes: it has to be polled."""
        return -1

    def health(self) -> dict[str, Any]:
        """Counters; `lag_bytes` is what was read from the pipe and not yet handed on."""
        return {
            "lag_bytes": len(self._data),
            "entries": self._count,
            "dropped": dict(self._dropped),
            "reconnects": max(0, self._starts - 1),
            "problem": self._problem if self._process is None or self._failures else "",
        }

    def close(self) -> None:
        """End journalctl."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._close_pipes(self._process)
            self._process = None

    def _command(self, *how: str) -> list[str]:
        s = self._settings
        command = [s.journalctl, "--output=json", "--all", "--no-pager", *how]
        if s.directory:
            command.append(f"--directory={s.directory}")
        if s.file:
            command.append(f"--file={s.file}")
        if s.namespace:
            command.append(f"--namespace={s.namespace}")
        command += [f"--unit={unit}" for unit in s.units]
        return [*command, "--", *s.matches] if s.matches else command

    def _from(self) -> list[str]:
        if self._cursor is None:
            return []
        since = _time_of(self._cursor) if self._failures >= STALE else None
        return [f"--since={since}"] if since else [f"--after-cursor={self._cursor}"]

    def _newest(self) -> str | None:
        """Cursor of the newest entry, None when there is none yet."""
        try:
            done = subprocess.run(
                self._command("--lines=1"), stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return _cursor_of(done.stdout.decode("utf-8", "backslashreplace"))

    def _launch(self) -> None:
        try:
            self._process = subprocess.Popen(
                self._command("--follow", "--no-tail", *self._from()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
            )
        except OSError as error:
            self._problem = f"{self._settings.journalctl}: {error.strerror}"
            self._later()
            return
        self._starts += 1
        self._data, self._skipping = b"", False

    def _ended(self) -> None:
        process = self._process
        if process is None:
            return
        if process.stderr and (said := process.stderr.read(4096)):
            self._problem = said.decode(errors="backslashreplace").strip().rpartition("\n")[2][:300]
        if process.poll() is None:
            process.kill()
        code = process.wait()
        self._problem = self._problem or f"journalctl ended with status {code}"
        self._close_pipes(process)
        self._process = None
        self._later()

    def _later(self) -> None:
        first, most = AGAIN
        self._next_start = time.monotonic() + min(most, first * 2 ** min(self._failures, 10))
        self._failures += 1

    @staticmethod
    def _close_pipes(process: subprocess.Popen[bytes]) -> None:
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()

    def _cut(self, limit: int) -> RecordBatch | None:
        if not self._data:
            return None
        done = cut(
            self._data, offset=0, line=self._count, cap=self._settings.max_line, limit=limit, skipping=self._skipping
        )
        self._data, self._skipping = self._data[done.used :], done.skipping
        if not done.frame.height:
            return None
        self._count = done.line
        reasons = ((f"entry longer than {self._settings.max_line:,} bytes was cut", done.long),) if done.long else ()
        count(self._dropped, reasons)
        frame = done.frame.with_columns(offset="line")
        for raw in reversed(frame["raw"].to_list()):
            if cursor := _cursor_of(raw):
                self._cursor = cursor
                break
        return self._batch(frame, reasons)

    def _batch(self, frame: pl.DataFrame, reasons: tuple[tuple[str, int], ...] = ()) -> RecordBatch:
        position = {"cursor": self._cursor, "count": self._count}
        return RecordBatch(self.name, "journald", frame, position, datetime.now(UTC), None, reasons)


def _cursor_of(entry: str) -> str | None:
    try:
        cursor = orjson.loads(entry)["__CURSOR"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return cursor if isinstance(cursor, str) and cursor.isprintable() else None


def _time_of(cursor: str) -> str | None:
    """The time within a cursor, as journalctl's --since takes it: `t=` is microseconds in hexadecimal."""
    for part in cursor.split(";"):
        if part.startswith("t="):
            try:
                return f"@{int(part[2:], 16) // 1_000_000}"
            except ValueError:
                return None
    return None
