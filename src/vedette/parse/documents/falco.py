r"""Falco alerts.

    {"time":"...","rule":"Terminal shell in container","priority":"Notice","output":"...","output_fields":{"proc.cmdline":"bash",...}}

Source: Falco "Outputs", "Supported fields".
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 124
LOGSOURCE: Final = Logsource(product="linux", service="falco")
NAMES: Final = {
    "time": "@timestamp", "rule": "rule.name", "priority": "log.level", "output": "message", "hostname": "host.name",
    "output_fields.proc.name": "process.name", "output_fields.proc.cmdline": "process.command_line",
    "output_fields.proc.pid": "process.pid",
    "output_fields.proc.exepath": "process.executable", "output_fields.proc.pname": "process.parent.name",
    "output_fields.proc.ppid": "process.parent.pid",
    "output_fields.proc.pcmdline": "process.parent.command_line", "output_fields.proc.cwd": "process.working_directory",
    "output_fields.user.name": "user.name",
    "output_fields.user.uid": "user.id", "output_fields.fd.name": "file.path", "output_fields.container.id": "container.id",
    "output_fields.container.name": "container.name", "output_fields.k8s.ns.name": "orchestrator.namespace",
    "output_fields.fd.cip": "source.address",
    "output_fields.fd.cport": "source.port", "output_fields.fd.sip": "destination.address", "output_fields.fd.sport": "destination.port",
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """A rule's output and its fields."""
    return {"rule", "priority", "output"} <= keys


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's."""
    event = native.fill(native.flatten(document), NAMES)
    return LOGSOURCE, event | {
        "event.category": "intrusion_detection",
        "event.action": "alert",
        "service.name": "falco",
    }
