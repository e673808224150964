r"""Wazuh alerts (alerts.json), with the events that they were made of.

    {"timestamp":"...","rule":{"level":5,"description":"sshd: authentication failed.","id":"5716"},"agent":{"name":"web1"},
     "manager":{...},"full_log":"...","data":{"srcip":"203.0.113.9"}}

Source: Wazuh "alerts.json" reference.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context
from vedette.parse.documents import windows

ORDER: Final = 90
NAMES: Final = {
    "timestamp": "@timestamp", "rule.description": "rule.name", "agent.name": "host.name", "agent.ip": "host.ip",
    "predecoder.hostname": "host.name",
    "predecoder.program_name": "process.name", "data.srcip": "source.address", "data.src_ip": "source.address",
    "data.srcport": "source.port",
    "data.dstip": "destination.address", "data.dstport": "destination.port", "data.srcuser": "user.name",
    "data.dstuser": "user.name", "data.protocol": "network.transport",
    "data.url": "url.original", "full_log": "message",
}  # fmt: skip
_FAILED: Final = ("authentication_failed", "authentication_failures", "invalid_login", "win_authentication_failed")
_PASSED: Final = ("authentication_success",)


def claims(keys: Set[str]) -> bool:
    """A rule, an agent and a manager."""
    return {"rule", "agent"} <= keys and not keys.isdisjoint({"manager", "decoder", "full_log", "location"})


def read(document: Json, context: Context) -> tuple[Logsource, Json]:
    """The Windows event inside as one; other alerts by their rule's groups."""
    rule = document.get("rule") or {}
    data = document.get("data") or {}
    if data.__class__ is dict and data.get("win").__class__ is dict:
        source, event = windows.read({"win": data["win"]}, context)
        return source, event | {"rule.id": rule.get("id"), "rule.name": rule.get("description")}
    event = native.fill(native.flatten(document), NAMES)
    event["event.severity"] = rule.get("level")
    groups = rule.get("groups") or ()
    if any(group in _FAILED for group in groups):
        event |= native.login("failure", str(event.get("process.name") or "wazuh"), "other")
    elif any(group in _PASSED for group in groups):
        event |= native.login("success", str(event.get("process.name") or "wazuh"), "other")
    else:
        event |= {"event.category": "intrusion_detection", "event.action": "alert"}
    return Logsource(service="wazuh"), event
