"""Graylog Extended Log Format.

    {"version":"1.1","host":"web1","short_message":"login failed","timestamp":1769941452.123,"level":4,"_user":"bob"}

Source: go2docs.graylog.org, GELF payload specification.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse.context import Context
from vedette.parse.documents import any_json

ORDER: Final = 100
ENVELOPE: Final = True
LEVELS: Final = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
"""Names of the syslog severities, RFC 5424 table 2."""


def claims(keys: Set[str]) -> bool:
    """The fields that every payload must have."""
    return {"version", "host", "short_message"} <= keys


def read(document: Json, context: Context) -> tuple[Logsource, Json]:
    """Additional fields without their underscore; the message inside is read further."""
    own = {"version", "host", "short_message", "full_message", "timestamp", "level", "facility"}
    extra = {key.removeprefix("_"): value for key, value in document.items() if key not in own}
    extra.pop("line", None)
    _, event = any_json.read(extra, context)
    level = document.get("level")
    event |= {
        "@timestamp": document.get("timestamp"),
        "host.name": document["host"],
        "message": document["short_message"],
        "full_message": document.get("full_message"),
        "log.level": LEVELS[level] if isinstance(level, int) and 0 <= level < 8 else None,
    }
    program = document.get("facility") or document.get("_process_name") or document.get("_application_name")
    if isinstance(program, str):
        event["process.name"] = program
    return Logsource(), event
