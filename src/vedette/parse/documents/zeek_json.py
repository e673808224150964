r"""Zeek's logs as JSON, one object a line; `_path` names the log when the writer was told to add it.

    {"ts":1769941452.123,"uid":"CHh","id.orig_h":"203.0.113.9","id.orig_p":51000,"id.resp_h":"192.0.2.1","id.resp_p":22}

Source: Zeek "JSON output"; the log is otherwise known by columns that only it has.
"""

from collections.abc import Set
from typing import Any, Final

from vedette.model.records import Json, Logsource
from vedette.parse import native, zeek
from vedette.parse.context import Context
from vedette.parse.native_columns import each, either

ORDER: Final = 111
SPLIT: Final = (("_path",), ("bro_engine",))
_TELLING: Final = (
    ("conn_state", "conn"), ("qtype_name", "dns"), ("trans_id", "dns"), ("status_code", "http"), ("trans_depth", "http"),
    ("auth_attempts", "ssh"),
    ("host_key", "ssh"), ("note", "notice"), ("mailfrom", "smtp"), ("trans_depth", "smtp"), ("fuid", "files"), ("seen_bytes", "files"),
    ("request_type", "kerberos"), ("established", "ssl"), ("cipher", "ssl"), ("security_protocol", "rdp"), ("certificate.serial", "x509"),
    ("ntlm", "ntlm"), ("domainname", "ntlm"), ("named_pipe", "dce_rpc"), ("share_type", "smb_mapping"),
    ("command", "ftp"), ("lease_time", "dhcp"),
    ("seen.indicator", "intel"), ("call_id", "sip"), ("community", "snmp"), ("tunnel_type", "tunnel"), ("name", "weird"),
)  # fmt: skip
_PATHS: Final = frozenset(
    {path for _, path in _TELLING} | {"smb_files", "mysql", "radius", "socks", "software", "known_hosts", "pe"}
)


def claims(keys: Set[str]) -> bool:
    """A connection's four names, or a time and a unique id, or a path."""
    return (
        "id.orig_h" in keys
        or {"ts", "uid"} <= keys
        or {"ts", "_path"} <= keys
        or {"ts", "note", "msg"} <= keys
        or {"ts", "fuid"} <= keys
    )


def _outcome(success: Any) -> str | None:
    return None if success is None else "success" if success in (True, "T", "true") else "failure"


def _principal(client: Any) -> str | None:
    return client.partition("/")[0] or None if isinstance(client, str) else None


def _ticket(request: Any, is_login: str, is_not: str) -> str:
    """A ticket for a service is asked for by who is logged in."""
    return is_not if request == "TGS" else is_login


def _tried(success: Any, told: str) -> str | None:
    return None if success is None else told


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's."""
    event = native.flatten(document)
    path = str(document.get("_path") or document.get("bro_engine") or "").lower()
    if path not in _PATHS:
        path = next((path for name, path in _TELLING if name in event), "")
    made: Json = {}
    for name, value in event.items():
        field = zeek.field(path, name)
        if field and field not in made:
            made[field] = native.first(value)
    event |= {name: either(value, event.get(name)) for name, value in made.items() if value is not None}
    event |= zeek.constants(path)
    if path == "http":
        native.request(event, event.get("method"), event.get("uri"), event.get("status_code"))
    if path in ("kerberos", "ntlm"):
        event["event.action"] = "login"
        event["event.outcome"] = either(each(_outcome, event.get("success")), event.get("event.outcome"))
    if path == "kerberos":
        event["user.name"] = either(event.get("user.name"), each(_principal, event.get("client")))
        request = event.get("request_type")
        event["event.category"] = each(_ticket, request, "authentication", "network")
        event["event.action"] = each(_ticket, request, "login", "ticket-request")
    if path == "ssh":
        event["event.outcome"] = either(each(_outcome, event.get("auth_success")), event.get("event.outcome"))
        event["event.category"] = either(
            each(_tried, event.get("auth_success"), "authentication"), event["event.category"]
        )
        event["event.action"] = either(each(_tried, event.get("auth_success"), "login"), event.get("event.action"))
    return zeek.logsource(path), event
