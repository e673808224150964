"""Zeek's logs: what their columns are called in the schema, and what a record of each log is.

Native names (`id.orig_h`, `query`, `rcode_name`) stay beside. Source: Zeek "Log Files" reference; Sigma's zeek rules.
"""

from collections.abc import Mapping
from typing import Any, Final

from vedette.model.records import Logsource

FIELDS: Final = {
    "ts": "@timestamp", "id.orig_h": "source.address", "id.orig_p": "source.port", "id.resp_h": "destination.address",
    "id.resp_p": "destination.port", "proto": "network.transport", "orig_bytes": "source.bytes", "resp_bytes": "destination.bytes",
    "orig_pkts": "source.packets", "resp_pkts": "destination.packets", "method": "http.request.method", "uri": "url.original",
    "host": "url.domain", "user_agent": "user_agent.original", "referrer": "http.request.referrer",
    "status_code": "http.response.status_code", "response_body_len": "http.response.body.bytes", "query": "dns.question.name",
    "qtype_name": "dns.question.type", "rcode_name": "dns.response_code", "server_name": "tls.client.server_name",
    "mailfrom": "email.from.address", "rcptto": "email.to.address", "note": "rule.name", "msg": "message", "src": "source.address",
    "dst": "destination.address", "p": "destination.port", "user": "user.name", "username": "user.name", "filename": "file.name",
    "sha256": "file.hash.sha256", "orig_l2_addr": "source.mac", "resp_l2_addr": "destination.mac", "tx_hosts": "destination.address",
    "rx_hosts": "source.address", "mac": "source.mac", "indicator": "rule.name",
}  # fmt: skip
# Names that mean something else in a log than in the others.
EXCEPT: Final[Mapping[str, frozenset[str]]] = {
    "dhcp": frozenset({"msg", "host"}), "files": frozenset({"tx_hosts", "rx_hosts"}), "software": frozenset({"host"}),
    "known_hosts": frozenset({"host"}), "known_services": frozenset({"host"}), "smb_files": frozenset({"user"}),
    "socks": frozenset({"user"}), "weird": frozenset({"msg"}), "ssl": frozenset({"user"}),
}  # fmt: skip

_CATEGORY: Final[Mapping[str, Mapping[str, Any]]] = {
    "conn": {"event.category": "network", "event.type": "connection"},
    "dns": {"event.category": "network", "network.protocol": "dns"},
    "http": {"event.category": "web", "event.action": "web-request", "network.protocol": "http"},
    "ssl": {"event.category": "network", "network.protocol": "tls"},
    "ssh": {"event.category": "network", "network.protocol": "ssh", "service.type": "ssh"},
    "ftp": {"event.category": "file", "network.protocol": "ftp", "service.type": "ftp"},
    "smtp": {"event.category": "email", "network.protocol": "smtp", "service.type": "mail"},
    "rdp": {"event.category": "network", "network.protocol": "rdp", "service.type": "remote-desktop"},
    "kerberos": {"event.category": "authentication", "network.protocol": "kerberos", "service.type": "directory"},
    "ntlm": {"event.category": "authentication", "network.protocol": "ntlm", "service.type": "directory"},
    "radius": {"event.category": "authentication", "network.protocol": "radius"},
    "notice": {"event.category": "intrusion_detection", "event.action": "alert"},
    "intel": {"event.category": "threat", "event.action": "indicator-seen"},
    "files": {"event.category": "file"}, "smb_files": {"event.category": "file", "network.protocol": "smb"},
    "smb_mapping": {"event.category": "file", "network.protocol": "smb"},
    "dce_rpc": {"event.category": "network", "network.protocol": "dce_rpc"},
    "dhcp": {"event.category": "network", "network.protocol": "dhcp"}, "weird": {"event.category": "network", "event.action": "weird"},
    "x509": {"event.category": "network"}, "snmp": {"event.category": "network", "network.protocol": "snmp"},
    "sip": {"event.category": "network", "network.protocol": "sip", "service.type": "sip"},
    "mysql": {"event.category": "database", "network.protocol": "mysql", "service.type": "database"},
}  # fmt: skip


def constants(path: str) -> Mapping[str, Any]:
    """What every record of this log is."""
    return _CATEGORY.get(path, {"event.category": "network"})


def field(path: str, native: str) -> str | None:
    """The schema's name of a column, None when it has none."""
    return None if native in EXCEPT.get(path, ()) else FIELDS.get(native)


def logsource(path: str) -> Logsource:
    """Sigma's: product zeek, the log as service."""
    return Logsource(product="zeek", service=path or None)
