"""What Splunk exports and takes: the original record inside an object that says where it came from.

    {"preview":false,"offset":0,"result":{"_raw":"<Event ...>","_time":"2026-02-01T10:24:12.000+00:00","host":"dc1",...}}
    {"time":1769941452.5,"host":"web1","sourcetype":"linux_secure","event":"Feb  1 10:24:12 web1 sshd[812]: ..."}

Source: Splunk documentation, REST endpoint search/jobs/export; HTTP event collector, format of events.
"""

from collections.abc import Set
from typing import Any, Final

import msgspec

from vedette.model.records import Json, Logsource
from vedette.parse.context import Context

ORDER: Final = 90
ENVELOPE: Final = True
_EXPORT: Final = frozenset({"preview", "offset", "lastrow"})
_COLLECTOR: Final = frozenset({"time", "host", "source", "sourcetype", "index", "event", "fields"})
_KNOWN: Final = frozenset({"_raw", "_time", "host", "source", "sourcetype", "index"})


def claims(keys: Set[str]) -> bool:
    """A row of an export, or an event of the collector with nothing but its own keys."""
    exported = "result" in keys and not keys.isdisjoint(_EXPORT)
    collected = "event" in keys and not keys.isdisjoint({"sourcetype", "index"}) and not keys - _COLLECTOR
    return exported or collected


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """The original record as `message`; the fields that Splunk took out of it only where there is no record.

    Raises:
        ValueError: there is neither.
    """
    row = document.get("result", document)
    if row.__class__ is not dict:
        raise ValueError("result is not an object")
    event: Json = {
        "@timestamp": row.get("_time", row.get("time")),
        "host.name": row.get("host"),
        "sourcetype": row.get("sourcetype"),
        "index": row.get("index"),
    }
    record = row.get("_raw", row.get("event"))
    fields = {name: value for name, value in row.items() if name not in _KNOWN and not name.startswith("_")}
    if record is None:
        record = fields
    if "EventCode" in fields and not (record.__class__ is str and record.lstrip().startswith("<")):
        # The classic text of a Windows event is prose; its fields were taken out by Splunk, under names of its own.
        channel = row.get("LogName") or str(row.get("source", "")).removeprefix("WinEventLog:")
        record = {**fields, "EventID": row["EventCode"], "Channel": channel, "Computer": row.get("ComputerName")}
    if not record:
        raise ValueError("neither a record nor fields in it")
    return Logsource(), {**event, "message": _text(record)}


def _text(record: Any) -> str:
    return record.rstrip("\r\n") if record.__class__ is str else msgspec.json.encode(record).decode()
