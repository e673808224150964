"""JSON of no program we know: common names of time, level, message, host, addresses and user are recognised.

The rest keeps its own names, nested objects joined by dots.
"""

from collections.abc import Set
from functools import partial
from typing import Any, Final

from vedette.model.fields import FIELDS
from vedette.model.records import Json, Logsource
from vedette.parse import firewall, native
from vedette.parse.context import Context
from vedette.parse.native_columns import Column, each, either

ORDER: Final = 900
ENVELOPE: Final = True
SPLIT: Final = ()

ALIASES: Final = {
    "timestamp": "@timestamp", "time": "@timestamp", "ts": "@timestamp", "t": "@timestamp", "@timestamp": "@timestamp",
    "datetime": "@timestamp", "date": "@timestamp", "eventtime": "@timestamp", "event_time": "@timestamp",
    "level": "log.level", "severity": "log.level", "lvl": "log.level", "loglevel": "log.level",
    "msg": "message", "message": "message", "log": "message", "text": "message",
    "host": "host.name", "hostname": "host.name",
    "src_ip": "source.address", "source_ip": "source.address", "srcip": "source.address", "src": "source.address",
    "client_ip": "source.address", "clientip": "source.address", "remote_addr": "source.address",
    "remote_ip": "source.address", "remoteip": "source.address", "ip": "source.address", "ip_address": "source.address",
    "ipaddress": "source.address", "remote_address": "source.address", "src_port": "source.port",
    "source_address": "source.address", "srcaddr": "source.address", "src_addr": "source.address", "sport": "source.port",
    "srcport": "source.port", "source_port": "source.port", "sourceport": "source.port", "dstip": "destination.address",
    "dst": "destination.address", "dst_addr": "destination.address", "dstaddr": "destination.address",
    "destination_address": "destination.address", "destip": "destination.address", "destinationip": "destination.address",
    "dport": "destination.port", "dstport": "destination.port", "destport": "destination.port", "destinationport": "destination.port",
    "ip_proto": "network.transport", "transport": "network.transport",
    "dst_ip": "destination.address", "dest_ip": "destination.address", "destination_ip": "destination.address",
    "dst_port": "destination.port", "dest_port": "destination.port", "destination_port": "destination.port",
    "proto": "network.protocol", "protocol": "network.protocol",
    "user": "user.name", "username": "user.name", "user_name": "user.name", "login": "user.name",
    "pid": "process.pid", "program": "process.name", "app": "service.name", "service": "service.name",
    "method": "http.request.method", "path": "url.path", "uri": "url.original", "url": "url.original",
    "status": "http.response.status_code", "status_code": "http.response.status_code",
    "user_agent": "user_agent.original", "useragent": "user_agent.original", "request_method": "http.request.method",
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """Any object with at least one key."""
    return bool(keys)


def flatten(document: Json, prefix: str = "", depth: int = 0) -> Json:
    """Nested objects as dotted keys; lists, and what is nested deeper than eight objects, stay as they are."""
    flat: Json = {}
    for key, value in document.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict) and value and depth < 8:
            flat.update(flatten(value, name, depth + 1))
        else:
            flat[name] = value
    return flat


_TIMES: Final = (
    "timestamp", "@timestamp", "time", "datetime", "date", "ts", "isotimestamp", "eventtime", "eventtimestamp", "utctimestamp",
    "occurredat", "eventcreationtime", "creationtime", "createdat", "created", "datecreate", "datecreated", "timecreated", "published",
    "logtime", "loggedat", "when",
)  # fmt: skip
"""Last parts of key names, lower case without separators, the plainest first."""
_HEADS: Final = frozenset(
    {"id", "data", "event", "meta", "metadata", "header", "log", "record", "info", "_source", "attributes", "body", "payload",
     "fields", "detail", "details", "context", "message", "audit", "alert", "finding",
     "properties", "threatinfo"}
)  # fmt: skip
"""Objects in which the whole event, or what is known of it, may stand."""


def _when(event: Json) -> list[str]:
    """Where the time may stand when no key of the first level has a common name for it: under rarer names, and in what the
    document wraps; the outermost first."""
    named: dict[str, list[str]] = {}
    for key in event:
        parts = key.split(".")
        if all(part.lower() in _HEADS for part in parts[:-1]):
            named.setdefault(parts[-1].lower().replace("_", "").replace("-", ""), []).append(key)
    found = [key for name in _TIMES for key in named.get(name, ())]
    found += [key for name, keys in named.items() if name.endswith("timestamp") and name not in _TIMES for key in keys]
    return sorted(found, key=lambda key: key.count("."))


def _told(value: Any) -> Any:
    return None if value == "" else _bare(value)


def _bare(value: Any) -> Any:
    return None if value.__class__ is dict or value.__class__ is list else value


def _bared(values: Column) -> Column | None:
    return each(_bare, values) if list in values.kinds or dict in values.kinds else values


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Every key under its own name, and the known ones under the schema's too."""
    event = flatten(document)
    named = {key: name for key in event if (name := ALIASES.get(key.lower()))}
    words = [key for key in event if key.lower() in _DECISIONS] if _CONNECTION.issubset(named.values()) else []
    for key, name in named.items():
        native.offer(event, name, event[key], _told)
    if "@timestamp" not in event:
        for key in _when(event):
            native.offer(event, "@timestamp", event[key], _bare)
    _layers(event)
    source = _decision(event, words)
    for key in [k for k in event if k in FIELDS]:
        event[key] = _bare(event[key]) if event[key].__class__ is not Column else _bared(event[key])
    return source, event


_DECISIONS: Final = (
    "action", "act", "verdict", "disposition", "decision", "rule_action", "ruleaction", "fw_action", "firewall_action", "policy_action",
)  # fmt: skip
_TRANSPORTS: Final = frozenset(firewall.PROTOCOLS.values()) | {"tcp", "udp", "icmp"}
_CONNECTION: Final = frozenset({"source.address", "destination.address", "destination.port"})
_DECIDED: Final = ("event.category", "service.type", "event.type", "event.action", "event.outcome")


def _transport(value: Any) -> str | None:
    name = str(value).lower()
    name = firewall.PROTOCOLS.get(name, name)
    return name if name in _TRANSPORTS else None


def _protocol(value: Any) -> str | None:
    return None if value.__class__ is not str or _transport(value) else value.lower().partition("/")[0]


def _decided(field: str, word: Any) -> str | None:
    found = firewall.verdict([word]) if word.__class__ is str else {}
    return (found | firewall.CONSTANT).get(field) if "event.outcome" in found else None


def _layers(event: Json) -> None:
    """Of what stands as the protocol: the transport, and what is above it."""
    protocol, transport = event.get("network.protocol"), event.get("network.transport")
    if protocol is not None or transport is not None:
        event["network.transport"] = either(each(_transport, transport), each(_transport, protocol))
        event["network.protocol"] = either(each(_protocol, protocol), each(_protocol, transport))


def _decision(event: Json, words: list[str]) -> Logsource:
    """A connection that something decided on, as a firewall's; the kind of log by the names of keys alone."""
    if not words or "event.category" in event:
        return Logsource()
    for field in _DECIDED:
        for key in words:
            event[field] = either(event.get(field), each(partial(_decided, field), event[key]))
    return Logsource(category="firewall")
