"""What firewalls of all makes say, brought to the same fields: who, where to, by which rule, let through or not.

`event` takes a record's own pairs; names are compared in lower case, as the vendors' message references spell them
(Fortinet, Sophos, SonicWall, Stormshield, Check Point, Juniper, Huawei, Meraki, WatchGuard).
"""

import re
from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse import web

LOGSOURCE: Final = Logsource(category="firewall")
CONSTANT: Final = {"event.category": "network", "service.type": "firewall"}
PROTOCOLS: Final = {
    "0": "hopopt", "1": "icmp", "2": "igmp", "6": "tcp", "17": "udp", "41": "ipv6", "47": "gre", "50": "esp", "51": "ah",
    "58": "ipv6-icmp", "89": "ospf", "103": "pim", "112": "vrrp", "132": "sctp", "icmpv6": "ipv6-icmp",
    "icmp6": "ipv6-icmp",
}  # fmt: skip
DENIED: Final = (
    r"(?i)\b(?:deny|denied|drop(?:ped)?|block(?:ed)?|reject(?:ed)?|discard(?:ed)?|prevent(?:ed)?"
    r"|reset[-_](?:both|client|server)|refuse[d]?|limit block|clear[-_]session)\b"
)
ALLOWED: Final = (
    r"(?i)\b(?:allow(?:ed)?|accept(?:ed)?|pass(?:ed)?|permit(?:ted)?|close[d]?|start|built|teardown"
    r"|timeout|client-rst|server-rst|ip-conn|forward(?:ed)?|opened|decrypt|encrypt)\b"
)

ALIASES: Final = {
    "source.address": ("srcip", "src_ip", "src", "source-address", "sourceip", "source_ip", "source-ip", "sip", "remip",
    "src-ip", "orig_src", "client_ip"),
    "source.port": ("srcport", "src_port", "source-port", "sourceport", "sport", "spt", "s_port", "srcport_ext", "remport", "src-port"),
    "destination.address": ("dstip", "dst_ip", "dst", "destination-address", "destinationip", "dest_ip", "destination-ip",
    "dip", "locip", "dst-ip"),
    "destination.port": ("dstport", "dst_port", "destination-port", "destinationport", "dport", "dpt", "locport",
    "service_port", "dest_port", "dst-port"),
    "network.transport": ("proto", "protocol", "protocol-id", "protocolid", "protocol_id", "protocol-name"),
    "user.name": ("user", "username", "user_name", "usr", "src_user", "xauthuser", "login"),
    "source.bytes": ("sentbyte", "sent_bytes", "bytes-from-client", "sendbytes", "sent", "bytes_sent", "sentbytes"),
    "destination.bytes": ("rcvdbyte", "recv_bytes", "bytes-from-server", "rcvbytes", "rcvd", "bytes_received", "received_bytes",
    "rcvd_bytes"),
    "source.packets": ("sentpkt", "packets-from-client", "sendpkts", "sent_pkts"),
    "destination.packets": ("rcvdpkt", "packets-from-server", "rcvpkts", "recv_pkts"),
    "source.mac": ("srcmac", "src_mac", "src-mac"),
    "destination.mac": ("dstmac", "dst_mac", "dst-mac"),
    "observer.ingress.interface.name": ("srcintf", "srcif", "in_interface", "packet-incoming-interface", "src_zone",
    "initf", "inzone", "srczone"),
    "observer.egress.interface.name": ("dstintf", "dstif", "out_interface", "dst_zone", "outitf", "outzone", "dstzone"),
    "rule.id": ("policyid", "fw_rule_id", "fwrule", "rule", "policy_id", "ruleid", "attackid", "sigid", "rule_uid"),
    "rule.name": ("policyname", "fw_rule_name", "policy-name", "rule_name", "rule-name", "policy", "attack",
    "attack-name", "signature_msg", "rulename"),
    "host.name": ("devname", "device_name", "fw", "hostname", "sys", "devicename"),
    "event.code": ("logid", "log_id", "m"),
    "event.reason": ("reason", "failure_reason"),
    "log.level": ("level", "priority"),
    "message": ("msg", "message", "logdesc", "description"),
    "url.domain": ("hostname_requested", "domainname", "dstname"),
    "url.original": ("url",),
    "user_agent.original": ("agent", "user_agent", "ua"),
    "http.request.referrer": ("referer", "referrer"),
    "http.response.status_code": ("statuscode", "status_code", "http_status", "httpstatus"),
    "dns.question.name": ("qname",),
}  # fmt: skip
_FIELD_OF: Final = {alias: field for field, aliases in ALIASES.items() for alias in aliases}
_ACTIONS: Final = ("action", "act", "fw_action", "utmaction", "log_subtype", "fw_rule_action", "status", "name")

# What a firewall writes where it knows no source.
_UNSPECIFIED: Final = ("0.0.0.0", "::")  # noqa: S104

PAIRS: Final = re.compile(r'([A-Za-z][A-Za-z0-9_.@-]{0,63})\s?=\s?(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))')
SEVERE: Final = {"critical": 1, "high": 1, "medium": 2}
"""A threat's severity in vendors' words -> event.severity as intrusion detection systems count: 1 is the worst."""
_NOTHING: Final = re.compile(r"(?i)^(?:|n/?a|-|none|unknown(?:[ -].*)?)$")
"""What stands where a device knows nothing: `N/A`, `unknown-user`, `Unknown (SSO failed)`."""
_DENIED: Final = re.compile(DENIED)
_ALLOWED: Final = re.compile(ALLOWED)


def pairs(text: str) -> Json:
    """`key=value` and `key="value"`; the first of a key wins, for what stands later may be the peer's."""
    found: Json = {}
    for key, quoted, plain in PAIRS.findall(text):
        found.setdefault(key, quoted or plain)
    return found


def verdict(words: Iterable[Any]) -> Json:
    """Type, action and outcome by the first of the words that says whether the traffic went through."""
    for word in words:
        text = str(word or "")
        if _DENIED.search(text):
            return {"event.type": "denied", "event.action": "connection-blocked", "event.outcome": "failure"}
        if _ALLOWED.search(text):
            return {"event.type": "allowed", "event.action": "connection-allowed", "event.outcome": "success"}
    return {"event.type": "connection"}


def severity(word: Any, found: Json) -> int | None:
    """event.severity of a threat; one that was stopped is not among the worst."""
    number = SEVERE.get(str(word or "").lower())
    return 2 if number == 1 and found.get("event.type") == "denied" else number


def event(native: Json) -> Json:
    """The pairs under their own names, and the schema's fields."""
    found: Json = dict(native)
    lower = {key.lower(): value for key, value in native.items()}
    for alias, value in lower.items():
        field = _FIELD_OF.get(alias)
        if field and field not in found and value is not None and not _NOTHING.match(text := str(value).strip()):
            found[field] = text
    for side in ("source", "destination"):
        address = found.get(f"{side}.address")
        if address in _UNSPECIFIED and side == "source":
            del found["source.address"]
    transport = found.get("network.transport")
    if transport is not None:
        name = str(transport).lower().partition("/")[0]
        found["network.transport"] = PROTOCOLS.get(name, name)
    if "url.original" in found:
        parts = web.request(None, found["url.original"])
        found = {name: value for name, value in parts.items() if name.startswith("url.")} | found
    found |= CONSTANT | verdict(lower.get(name) for name in _ACTIONS)
    return found


def columns(frame: pl.DataFrame, denied: str, allowed: str) -> pl.DataFrame:
    """The same verdict for a column of events: `denied` and `allowed` are expressions over `rule.name`.

    Rows with neither word stay without a verdict: a bare LOG rule says nothing of what followed.
    """
    word = pl.col("rule.name").fill_null("")
    no, yes = word.str.contains(denied), word.str.contains(allowed)
    return frame.with_columns(
        pl.when(no)
        .then(pl.lit("denied"))
        .when(yes)
        .then(pl.lit("allowed"))
        .otherwise(pl.lit("connection"))
        .alias("event.type"),
        pl.when(no)
        .then(pl.lit("connection-blocked"))
        .when(yes)
        .then(pl.lit("connection-allowed"))
        .alias("event.action"),
        pl.when(no).then(pl.lit("failure")).when(yes).then(pl.lit("success")).alias("event.outcome"),
        *(pl.lit(value).alias(name) for name, value in CONSTANT.items()),
    )
