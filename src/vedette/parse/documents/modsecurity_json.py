r"""ModSecurity 3 and Coraza audit logs as JSON.

    {"transaction":{"client_ip":"203.0.113.9","time_stamp":"Sun Feb  1 10:24:12 2026","request":{"method":"GET","uri":"/x"},
     "response":{"http_code":403},"messages":[{"message":"...","details":{"ruleId":"930110"}}]}}

Source: ModSecurity "Audit log", JSON serial format.
"""

from collections.abc import Set
from typing import Any, Final

from vedette.model.records import Json, Logsource
from vedette.parse import native, web
from vedette.parse.context import Context

ORDER: Final = 128
LOGSOURCE: Final = Logsource(category="webserver", service="modsecurity")
NAMES: Final = {
    "time_stamp": "@timestamp", "timestamp": "@timestamp", "unix_timestamp": "@timestamp", "client_ip": "source.address",
    "remote_address": "source.address",
    "client_port": "source.port", "remote_port": "source.port", "host_ip": "destination.address",
    "local_address": "destination.address", "host_port": "destination.port",
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """A transaction, and in the older form the audit data beside it."""
    return keys == {"transaction"} or {"transaction", "request"} <= keys or {"transaction", "messages"} <= keys


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """The request, the first rule that spoke, and whether it was blocked."""
    inside: Any = document["transaction"]
    asked: Any = inside.get("request") or document.get("request") or {}
    answered: Any = inside.get("response") or document.get("response") or {}
    line = str(asked.get("request_line") or "").split(" ")
    event = native.fill({key: value for key, value in inside.items() if value.__class__ not in (dict, list)}, NAMES)
    status = answered.get("http_code", answered.get("status"))
    event |= web.request(
        asked.get("method") or line[0], asked.get("uri") or (line[1] if len(line) > 1 else None), status
    )
    headers: Any = asked.get("headers") or {}
    if headers.__class__ is dict:
        small = {str(name).lower(): native.first(value) for name, value in headers.items()}
        event |= {"user_agent.original": small.get("user-agent"), "url.domain": small.get("host")}
    messages: Any = inside.get("messages") or document.get("messages") or ()
    first = native.first(messages) if messages.__class__ is list else None
    if first.__class__ is dict:
        details: Any = first.get("details") or first.get("data") or {}
        blocked = bool(inside.get("is_interrupted")) or status in (403, 406, "403", "406")
        event |= {
            "event.category": "intrusion_detection", "rule.name": first.get("message") or details.get("msg"),
            "rule.id": details.get("ruleId") or details.get("id"),
            "event.type": "denied" if blocked else "info", "event.action": "web-attack-blocked" if blocked else "web-attack-detected",
        }  # fmt: skip
    return LOGSOURCE, event
