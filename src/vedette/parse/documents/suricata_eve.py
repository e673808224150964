r"""Suricata's EVE JSON.

    {"timestamp":"...","event_type":"alert","src_ip":"203.0.113.9","dest_ip":"192.0.2.1","alert":{"signature_id":2008578,...}}

Source: Suricata "EVE JSON Format".
"""

from collections.abc import Set
from functools import partial
from typing import Any, Final

from vedette.model.records import Json, Logsource
from vedette.parse import firewall, native
from vedette.parse.context import Context
from vedette.parse.native_columns import each, either

ORDER: Final = 110
SPLIT: Final = (("event_type",), ("alert", "action"), ("dns", "type"))
NAMES: Final = {
    "timestamp": "@timestamp", "src_ip": "source.address", "src_port": "source.port", "dest_ip": "destination.address",
    "dest_port": "destination.port", "proto": "network.transport", "app_proto": "network.protocol", "host": "host.name",
    "in_iface": "observer.ingress.interface.name", "alert.signature": "rule.name", "alert.signature_id": "rule.id",
    "alert.category": "rule.category", "alert.severity": "event.severity", "http.hostname": "url.domain",
    "http.http_user_agent": "user_agent.original", "http.http_refer": "http.request.referrer", "http.length": "http.response.body.bytes",
    "dns.rrname": "dns.question.name", "dns.rrtype": "dns.question.type", "dns.rcode": "dns.response_code",
    "tls.sni": "tls.client.server_name",
    "flow.bytes_toserver": "source.bytes", "flow.bytes_toclient": "destination.bytes", "flow.pkts_toserver": "source.packets",
    "flow.pkts_toclient": "destination.packets", "fileinfo.filename": "file.name",
    "fileinfo.sha256": "file.hash.sha256", "fileinfo.md5": "file.hash.md5",
    "email.from": "email.from.address", "email.to": "email.to.address", "ether.src_mac": "source.mac", "ether.dest_mac": "destination.mac",
    "smb.filename": "file.path", "anomaly.event": "event.reason",
}  # fmt: skip
_KINDS: Final = {
    "alert": {"event.category": "intrusion_detection", "event.action": "alert", "event.type": "info"},
    "drop": {"event.category": "network", "event.action": "connection-blocked", "event.type": "denied", "event.outcome": "failure"},
    "dns": {"event.category": "network", "network.protocol": "dns"},
    "fileinfo": {"event.category": "file"}, "smtp": {"event.category": "email"}, "stats": {"event.category": "host"},
    "flow": {"event.category": "network", "event.type": "connection", "event.action": "flow"},
}  # fmt: skip
_SERVICES: Final = {
    kind: Logsource(product="suricata", service=kind)
    for kind in ("alert", "drop", "dns", "http", "tls", "flow", "netflow", "fileinfo", "ssh", "smtp", "smb", "stats",
    "anomaly", "rdp", "ftp")
}  # fmt: skip
_OTHER: Final = Logsource(product="suricata")
_DNS: Final = "53"
_PROTOCOLS: Final = frozenset(
    {"ssh", "tls", "http", "smtp", "ftp", "rdp", "smb", "krb5", "sip", "mqtt", "dhcp", "tftp", "nfs", "ike"}
)


def claims(keys: Set[str]) -> bool:
    """Every EVE record has a time stamp and an event_type; all but statistics an address or an engine's part."""
    return (
        "event_type" in keys
        and "timestamp" in keys
        and not keys.isdisjoint({"src_ip", "flow_id", "stats", "engine", "in_iface"})
    )


def _transport(value: Any) -> str | None:
    name = None if value is None else str(value).lower()
    return name if name is None else firewall.PROTOCOLS.get(name, name)


def _protocol(value: Any) -> Any:
    return None if value == "failed" else value


def _side(number: int, *ends: Any) -> Any:
    """One of the four ends; of an answer, which comes from the port of DNS, those of the other side."""
    answered = str(ends[1]) == _DNS and None not in ends
    return ends[(number + 2) % 4 if answered else number]


_ENDS: Final = ("source.address", "source.port", "destination.address", "destination.port")


def _swapped(event: Json) -> None:
    """An answer's client stands where it was sent to, in the versions that log answers as packets."""
    ends = [event.get(name) for name in _ENDS]
    event |= {name: each(partial(_side, number), *ends) for number, name in enumerate(_ENDS)}


def _asked(queries: Any, name: str) -> Any:
    """Of the first query, as version 3 of the DNS logger lists them."""
    return queries[0].get(name) if queries.__class__ is list and queries and queries[0].__class__ is dict else None


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's."""
    kind = str(document["event_type"])
    event = native.fill(native.flatten(document), NAMES)
    event |= _KINDS.get(kind, {"event.category": "network"})
    if kind == "alert" and event.get("alert.action") == "blocked":
        event |= firewall.verdict(["blocked"])
    event["network.protocol"] = either(
        each(_protocol, event.get("network.protocol")), kind if kind in _PROTOCOLS else None
    )
    dns = document.get("dns")
    if kind == "dns" and dns.__class__ is dict and dns.get("type") in ("answer", "response"):
        _swapped(event)
    http = document.get("http")
    if http.__class__ is dict:
        asked: Json = {}
        native.request(asked, http.get("http_method"), http.get("url"), http.get("status"))
        for name, value in asked.items():
            if kind == "http" or name.startswith(("http.", "url.")):
                event[name] = either(value, event.get(name))
    if event.get("dns.query") is not None:
        for name, field in (("rrname", "dns.question.name"), ("rrtype", "dns.question.type")):
            event[field] = either(event.get(field), each(_asked, event["dns.query"], name))
    event["network.transport"] = each(_transport, event.get("network.transport"))
    event["service.name"] = "suricata"
    return _SERVICES.get(kind, _OTHER), event
