"""What the agent says about itself: one JSON object a line, on standard error and in a file that does not grow for ever."""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from vedette.model.action import Action
from vedette.runtime.networks import bare

LEVELS: Final = ("debug", "info", "warning", "error")
FILE: Final = "agent.log"
SIZE: Final = 16 * 2**20
"""Bytes of the file at which it becomes its own predecessor: twice this is kept."""
_GRAVE: Final = {"source failed": "warning", "source in trouble": "warning", "not reading": "warning",
                 "commit failed": "error", "settings refused": "error", "rules refused": "error",
                 "maintenance failed": "error", "request failed": "error", "request refused": "warning",
                 "delivery failed": "error", "firewall failed": "error", "firewall refused": "error",
                 "capture failed": "warning", "not acted": "warning"}  # fmt: skip


def json_log(least: str, file: "LogFile | None" = None) -> Callable[[str, dict[str, Any]], None]:
    """A log that leaves out what is below `least`."""

    def log(event: str, facts: dict[str, Any]) -> None:
        level = _GRAVE.get(event, "info")
        if LEVELS.index(level) < LEVELS.index(least):
            return
        said = {"timestamp": datetime.now(UTC), "level": level, "event_type": event, **facts}
        line = orjson.dumps(said, default=str, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
        if file:
            file.write(line)

    return log


def about(action: Action) -> dict[str, Any]:
    """An action as facts of event_type "action". `ttl`: seconds, null without end. `did`: began or lifted."""
    facts: dict[str, Any] = {
        "did": "began" if action.lifted is None else "lifted",
        "ip": bare(action.network),
        "action": action.kind,
        "protocol": action.protocol,
        "reason": action.reason,
        "score": action.score,
        "ttl": None if action.until is None else round((action.until - action.at).total_seconds()),
        "source": action.source,
        "who": action.who,
        "action.id": action.id,
        "rule.id": list(action.rules),
        "repeats": action.repeats,
        "enforced": action.enforced,
    }
    if action.lifted is not None:
        facts |= {"lifted_by": action.lifted_by, "lifted_why": action.lifted_why}
    return facts


class LogFile:
    """DIRECTORY/agent.log and its one predecessor, agent.log.1; both for the owner only."""

    def __init__(self, directory: Path, size: int = SIZE) -> None:
        self.path = directory / FILE
        self._size = size

    def write(self, line: bytes) -> None:
        """Add a line. A disk that is full is told by the loop, on standard error: a log must not end its program."""
        with suppress(OSError):
            if self.path.exists() and self.path.stat().st_size + len(line) > self._size:
                self.path.replace(predecessor(self.path))
            number = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(number, "ab", buffering=0) as file:
                file.write(line)


def predecessor(path: Path) -> Path:
    """Where the lines are that came before those in the file."""
    return path.with_name(path.name + ".1")


def read(line: bytes) -> Mapping[str, Any] | None:
    """One line of the log; None for one that is cut or not ours."""
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) and isinstance(said.get("event_type"), str) else None
