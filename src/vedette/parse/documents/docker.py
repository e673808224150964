"""Docker's json-file log driver: one object per line that a container printed.

    {"log":"Failed password for root\\n","stream":"stderr","time":"2026-02-01T10:24:12.123456789Z"}

Source: docs.docker.com, JSON File logging driver.
"""

from collections.abc import Set
from typing import Any, Final

from vedette.model.records import Json, Logsource
from vedette.parse.context import Context
from vedette.parse.native_columns import any_of, each

ORDER: Final = 100
ENVELOPE: Final = True
ZONED: Final = True
SPLIT: Final = ()
_KEYS: Final = frozenset({"log", "stream", "time"})


def claims(keys: Set[str]) -> bool:
    """Log, stream and time, and at most the driver's attributes beside them."""
    return keys >= _KEYS and not keys - _KEYS - {"attrs"}


def _line(log: Any) -> str:
    if log.__class__ is not str:
        raise ValueError("log is not a string")
    return str(log.rstrip("\r\n"))


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """The line as `message`."""
    event = {
        "message": each(_line, document["log"]), "@timestamp": document["time"], "stream": document["stream"],
    }  # fmt: skip
    attributes = document.get("attrs")
    if attributes.__class__ is dict:
        event["container.name"] = any_of(attributes.get("name"), attributes.get("tag"))
    return Logsource(), event
