"""systemd's journal as JSON: journalctl -o json, systemd-journal-gatewayd, and shippers that keep its field names.

    {"__REALTIME_TIMESTAMP":"1769941452123456","_HOSTNAME":"web1","SYSLOG_IDENTIFIER":"sshd","_PID":"812","MESSAGE":"..."}

Source: systemd.journal-fields(7); systemd.io/JOURNAL_EXPORT_FORMATS: values that are not text are arrays of bytes.
"""

from collections.abc import Set
from typing import Any, Final

from vedette.model.records import Json, Logsource
from vedette.parse.context import Context
from vedette.parse.documents.gelf import LEVELS
from vedette.parse.native_columns import Column, any_of, each, either

ORDER: Final = 90
ENVELOPE: Final = True
ZONED: Final = True
SPLIT: Final = ()
LOGSOURCE: Final = Logsource(product="linux", service="syslog")
_FIELDS: Final = {
    "host.name": ("_HOSTNAME",), "process.name": ("SYSLOG_IDENTIFIER", "_COMM"), "process.pid": ("_PID", "SYSLOG_PID"),
    "process.executable": ("_EXE",), "process.command_line": ("_CMDLINE",), "message": ("MESSAGE",),
    "@timestamp": ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"),
    "container.name": ("CONTAINER_NAME",), "container.id": ("CONTAINER_ID_FULL", "CONTAINER_ID"),
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """The journal's own fields."""
    return "MESSAGE" in keys and not keys.isdisjoint(
        {"__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP", "_HOSTNAME", "SYSLOG_IDENTIFIER"}
    )


def text(value: Any) -> str | None:
    """A value as text: strings as they are, arrays of bytes decoded, of a field that occurs twice the first."""
    if isinstance(value, list):
        if value and all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
            return bytes(value).decode("utf-8", "backslashreplace")
        return text(value[0]) if value and not isinstance(value[0], list) else None
    return value if value is None or isinstance(value, str) else str(value)


def _text(value: Any) -> Any:
    return value if value.__class__ is Column and value.kinds == {str} else each(text, value)


def _level(priority: Any) -> str | None:
    return LEVELS[int(priority)] if len(priority) == 1 and priority in "01234567" else None


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """The schema's fields, and every journal field under its own name."""
    plain = {key: _text(value) for key, value in document.items() if key not in ("line", "message")}
    event: Json = {key: value for key, value in plain.items() if key != "MESSAGE"}
    for name, keys in _FIELDS.items():
        event[name] = any_of(*(plain.get(key) for key in keys))
    if plain.get("PRIORITY") is not None:
        event["log.level"] = either(each(_level, plain["PRIORITY"]), event.get("log.level"))
    return LOGSOURCE, event
