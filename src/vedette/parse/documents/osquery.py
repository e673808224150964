r"""osquery results: differential rows and snapshots.

    {"name":"pack_it_listening_ports","hostIdentifier":"web1","unixTime":1769941452,"action":"added","columns":{"pid":"7","path":"/bin/nc"}}

Source: osquery "Logging", results log. A snapshot's rows stay together under `snapshot`.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 125
LOGSOURCE: Final = Logsource(service="osquery")
NAMES: Final = {
    "unixTime": "@timestamp", "calendarTime": "@timestamp", "hostIdentifier": "host.name", "name": "rule.name",
    "columns.pid": "process.pid",
    "columns.cmdline": "process.command_line", "columns.path": "process.executable",
    "columns.cwd": "process.working_directory", "columns.parent": "process.parent.pid",
    "columns.username": "user.name", "columns.uid": "user.id", "columns.remote_address": "destination.address",
    "columns.remote_port": "destination.port",
    "columns.local_port": "source.port", "columns.local_address": "source.address", "columns.target_path": "file.path",
    "columns.sha256": "file.hash.sha256",
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """A query's name, a host, and rows."""
    return {"name", "hostIdentifier"} <= keys and not keys.isdisjoint({"columns", "snapshot", "diffResults"})


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's; process and socket events of the audit tables as what they are."""
    event = native.fill(native.flatten(document), NAMES)
    name = str(document.get("name", ""))
    kind = (
        "process"
        if "process_events" in name
        else "network"
        if "socket" in name or "port" in name
        else "file"
        if "file" in name
        else "host"
    )
    event |= {
        "event.category": kind,
        "event.action": native.action(str(document.get("action") or "snapshot")),
        "service.name": "osquery",
    }
    if kind == "process" and document.get("action") == "added":
        event["event.type"] = "start"
    return LOGSOURCE, event
