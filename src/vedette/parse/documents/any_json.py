"""JSON of no program we know: common names of time, level, message, host, addresses and user are recognised.

The rest keeps its own names, nested objects joined by dots.
"""

from collections.abc import Set
from typing import Any, Final

from vedette.model.fields import FIELDS
from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context
from vedette.parse.native_columns import Column, each

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
    "dst_ip": "destination.address", "dest_ip": "destination.address", "destination_ip": "destination.address",
    "dst_port": "destination.port", "dest_port": "destination.port", "destination_port": "destination.port",
    "proto": "network.transport", "protocol": "network.transport",
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
     "fields", "detail", "details", "context", "message", "audit", "alert", "finding"}
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
    for key, value in list(event.items()):
        name = ALIASES.get(key.lower())
        if name:
            native.offer(event, name, value, _told)
    if "@timestamp" not in event:
        for key in _when(event):
            native.offer(event, "@timestamp", event[key], _bare)
    for key in [k for k in event if k in FIELDS]:
        event[key] = _bare(event[key]) if event[key].__class__ is not Column else _bared(event[key])
    return Logsource(), event
