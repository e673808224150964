r"""Caddy's access log, and Coraza inside it.

    {"level":"info","ts":1769941452.12,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"203.0.113.9",
     "client_ip":"198.51.100.7","method":"GET","host":"a.example","uri":"/x","headers":{...}},"status":404,...}

Source: Caddy "Logging". client_ip is remote_ip, but for proxies that its configuration trusts: then what
they said of the client, and so the peer that Caddy itself holds responsible.
"""

import re
from collections.abc import Set
from typing import Any, Final

from vedette.model.records import Json, Logsource
from vedette.parse import native, web
from vedette.parse.context import Context
from vedette.parse.documents import any_json

ORDER: Final = 121
LOGSOURCE: Final = Logsource(category="webserver", service="caddy")
_BARE: Final = frozenset(("level", "logger", "ts", "msg", "caller", "stacktrace"))
_CLIENT: Final = re.compile(r'^\[client "([0-9A-Fa-f:.]+)"\] ')
_RULE: Final = re.compile(r'\[id "(\d{1,12})"\]')
_NAME: Final = re.compile(r'\[msg "([^"]*)"\]')
_URI: Final = re.compile(r'\[uri "([^"]*)"\]')


def claims(keys: Set[str]) -> bool:
    """A request, or its firewall's message: what others log by the same library has other fields beside it."""
    return {"logger", "ts", "msg"} <= keys and ("request" in keys or keys <= _BARE)


def read(document: Json, context: Context) -> tuple[Logsource, Json]:
    """A web request, a firewall's finding, or a plain message."""
    asked = document.get("request")
    message = str(document.get("msg", ""))
    waf = _CLIENT.match(message) if " Coraza: " in message[:128] else None
    event: Json = {"@timestamp": document.get("ts"), "log.level": document.get("level"), "message": message,
    "logger": document.get("logger"),
                   "service.name": "caddy"}  # fmt: skip
    if waf:
        blocked = "Access denied" in message
        event |= {"event.category": "intrusion_detection", "service.type": "web", "source.address": waf.group(1),
        "event.type": "denied" if blocked else "info",
                  "event.action": "web-attack-blocked" if blocked else "web-attack-detected"}  # fmt: skip
        for pattern, field in ((_RULE, "rule.id"), (_NAME, "rule.name"), (_URI, "url.original")):
            found = pattern.search(message)
            if found:
                event[field] = found.group(1)
        return LOGSOURCE, event
    if asked.__class__ is not dict:
        return any_json.read(document, context)
    event |= web.request(asked.get("method"), asked.get("uri"), document.get("status"))
    remote: Any = asked.get("remote_ip") or str(asked.get("remote_addr", "")).rpartition(":")[0] or None
    client: Any = asked.get("client_ip") or remote
    event |= {
        "source.address": client, "source.port": asked.get("remote_port") if client == remote else None,
        "url.domain": str(asked.get("host", "")).partition(":")[0] or None,
        "http.version": str(asked.get("proto", "")).rpartition("/")[2] or None, "user.name": document.get("user_id") or None,
        "http.response.body.bytes": document.get("size"),
    }  # fmt: skip
    headers = asked.get("headers")
    if headers.__class__ is dict:
        event["user_agent.original"] = native.first(headers.get("User-Agent"))
        event["http.request.referrer"] = native.first(headers.get("Referer"))
    duration = document.get("duration")
    if duration.__class__ in (int, float):
        event["event.duration"] = int(duration * 1e9)
    return LOGSOURCE, event
