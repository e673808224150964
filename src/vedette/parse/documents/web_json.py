r"""Access logs as JSON in the names that people give them: nginx and Apache log_format, Envoy, Fastly, Cloudflare, GitLab.

    {"time_iso8601":"...","remote_addr":"203.0.113.9","request":"GET /x?y HTTP/1.1","status":404,"http_user_agent":"curl"}
    {"timestamp":"...","client_ip":"203.0.113.9","request_method":"GET","url":"/x","response_status":"404"}
    {"ClientIP":"203.0.113.9","ClientRequestMethod":"GET","ClientRequestURI":"/x","EdgeResponseStatus":404,"EdgeStartTimestamp":...}

Source: ngx_http_log_module's variables; Envoy, Fastly and Cloudflare "HTTP requests" field references.
"""

from collections.abc import Set
from typing import Any, Final

from vedette.model.records import Json, Logsource
from vedette.parse import native, web
from vedette.parse.context import Context

ORDER: Final = 600
LOGSOURCE: Final = Logsource(category="webserver")

_PEER: Final = ("remote_addr", "remote_ip", "remoteaddr", "remoteip", "clientip", "client_ip", "client_addr",
"client_address", "client", "remote_host", "source_ip",
                "src_ip", "downstream_remote_address_without_port", "downstream_remote_address", "downstream_direct_remote_address",
                "c_ip", "ip", "remote", "remotehost",
                "clientaddress", "peer", "host_ip")  # fmt: skip
_REQUEST: Final = ("request", "request_line", "requestline")
_METHOD: Final = (
    "request_method",
    "method",
    "http_method",
    "verb",
    "httpmethod",
    "clientrequestmethod",
    "requestmethod",
)
_TARGET: Final = (
    "request_uri",
    "uri",
    "url",
    "path",
    "uri_path",
    "request_path",
    "requesturi",
    "original_path",
    "clientrequesturi",
    "clientrequestpath",
    "requestpath",
    "request_url",
)
_STATUS: Final = (
    "status",
    "status_code",
    "response_code",
    "response_status",
    "http_status",
    "statuscode",
    "edgeresponsestatus",
    "code",
    "sc_status",
    "responsecode",
)
NAMES: Final = {
    "time_iso8601": "@timestamp", "time_local": "@timestamp", "timestamp": "@timestamp", "@timestamp": "@timestamp",
    "time": "@timestamp", "ts": "@timestamp",
    "msec": "@timestamp", "start_time": "@timestamp", "edgestarttimestamp": "@timestamp", "datetime": "@timestamp", "date": "@timestamp",
    "http_user_agent": "user_agent.original", "user_agent": "user_agent.original", "useragent": "user_agent.original",
    "agent": "user_agent.original",
    "request_user_agent": "user_agent.original", "clientrequestuseragent": "user_agent.original", "ua": "user_agent.original",
    "http_referer": "http.request.referrer", "http_referrer": "http.request.referrer", "referer": "http.request.referrer",
    "referrer": "http.request.referrer",
    "request_referer": "http.request.referrer", "clientrequestreferer": "http.request.referrer",
    "remote_user": "user.name", "user": "user.name", "username": "user.name", "auth": "user.name",
    "body_bytes_sent": "http.response.body.bytes", "bytes_sent": "http.response.body.bytes",
    "size": "http.response.body.bytes", "bytes": "http.response.body.bytes",
    "edgeresponsebytes": "http.response.body.bytes", "response_body_size": "http.response.body.bytes", "length": "http.response.body.bytes",
    "host": "url.domain", "http_host": "url.domain", "vhost": "url.domain", "authority": "url.domain",
    "server_name": "url.domain", "clientrequesthost": "url.domain",
    "remote_port": "source.port", "http_x_forwarded_for": "client.address", "x_forwarded_for": "client.address", "xff": "client.address",
    "level": "log.level", "severity": "log.level", "firewallmatchesruleids": "rule.id",
}  # fmt: skip


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").removeprefix("nginx.access.")


def claims(keys: Set[str]) -> bool:
    """Who asked, what for, and what came of it."""
    plain = {_plain(name) for name in keys}
    asked = not plain.isdisjoint(_REQUEST) or (not plain.isdisjoint(_METHOD) and not plain.isdisjoint(_TARGET))
    return asked and not plain.isdisjoint(_PEER) and not plain.isdisjoint(_STATUS)


def _value(plain: Json, names: tuple[str, ...]) -> Any:
    for name in names:
        value = plain.get(name)
        if value not in (None, "", "-") and value.__class__ is not dict:
            return value
    return None


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """A web request under the document's own names and the schema's."""
    event = native.flatten(document)
    plain = {_plain(name): value for name, value in event.items()}
    for name, field in NAMES.items():
        value = native.first(plain.get(name))
        if (
            value not in (None, "", "-")
            and (field not in event or field == "@timestamp")
            and value.__class__ is not dict
        ):
            event.setdefault(field, value)
    method, target = _value(plain, _METHOD), _value(plain, _TARGET)
    line = _value(plain, _REQUEST)
    if line.__class__ is str and " " in line:
        parts = line.split(" ")
        method, target = parts[0], " ".join(parts[1:-1]) if parts[-1].startswith("HTTP/") else " ".join(parts[1:])
    elif line.__class__ is str and target is None:
        target = line
    query = plain.get("query_string") or plain.get("args")
    if query.__class__ is str and query not in ("", "-") and target.__class__ is str and "?" not in target:
        target = f"{target}?{query.removeprefix('?')}"
    event |= web.request(method, target, _value(plain, _STATUS))
    peer = str(_value(plain, _PEER) or "")
    if peer.count(".") == 3 and peer.count(":") == 1:
        peer, _, event["source.port"] = peer.partition(":")
    event["source.address"] = peer or None
    client = event.get("client.address")
    if client.__class__ is str:
        event["client.address"] = client.partition(",")[0].strip()
    domain = event.get("url.domain")
    if domain.__class__ is str and not domain.startswith("["):
        event["url.domain"] = domain.partition(":")[0]
    return LOGSOURCE, event
