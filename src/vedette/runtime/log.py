"""What the agent says about itself: one JSON object a line on standard error."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import orjson

LEVELS: Final = ("debug", "info", "warning", "error")
_GRAVE: Final = {"source failed": "warning", "not reading": "warning", "commit failed": "error", "settings refused": "error",
                 "rules refused": "error", "maintenance failed": "error", "request failed": "error",
                 "delivery failed": "error"}  # fmt: skip


def json_log(least: str) -> Callable[[str, dict[str, Any]], None]:
    """A log that leaves out what is below `least`."""

    def log(event: str, facts: dict[str, Any]) -> None:
        level = _GRAVE.get(event, "info")
        if LEVELS.index(level) < LEVELS.index(least):
            return
        line = {"timestamp": datetime.now(UTC), "level": level, "event_type": event, **facts}
        sys.stderr.buffer.write(orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))
        sys.stderr.buffer.flush()

    return log
