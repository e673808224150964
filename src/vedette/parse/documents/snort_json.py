r"""Snort 3's alert_json.

    {"seconds":1769941452,"action":"allow","class":"Attempted Administrator Privilege Gain","dst_addr":"192.0.2.1","dst_port":445,
     "gid":1,"sid":50626,"rev":1,"msg":"OS-WINDOWS ...","priority":1,"proto":"TCP","src_addr":"203.0.113.9","src_port":50084,
     "timestamp":"02/01-10:24:12.061909"}

Source: Snort 3 reference, module alert_json; which fields are written is configured. `timestamp` has no year, `seconds` has.
"""

from collections.abc import Set
from typing import Any, Final

from vedette.model.records import Json, Logsource
from vedette.parse import firewall, native
from vedette.parse.context import Context

ORDER: Final = 125
LOGSOURCE: Final = Logsource(category="ids", product="snort")
NAMES: Final = {
    "src_addr": "source.address", "src_ap": "source.address", "src_port": "source.port", "dst_addr": "destination.address",
    "dst_ap": "destination.address", "dst_port": "destination.port", "msg": "rule.name", "rule": "rule.id", "class": "rule.category",
    "priority": "event.severity", "service": "network.protocol", "eth_src": "source.mac", "eth_dst": "destination.mac",
    "iface": "observer.ingress.interface.name",
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """A rule's words, and where the packet went."""
    return (
        {"msg", "proto"} <= keys
        and not keys.isdisjoint({"src_ap", "src_addr"})
        and not keys.isdisjoint({"rule", "sid", "gid"})
    )


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's."""
    event = native.fill(native.flatten(document), NAMES)
    event["@timestamp"] = _when(document.get("seconds"), document.get("timestamp"))
    if "sid" in document:
        event["rule.id"] = str(document["sid"])
    name = str(document["proto"]).lower()
    event["network.transport"] = firewall.PROTOCOLS.get(name, name)
    event |= {"event.category": "intrusion_detection", "service.name": "snort", "event.type": "info", "event.action": "alert"}
    if str(document.get("action", "allow")).lower() not in ("allow", "pass", "alert", "would_drop", "can't_drop"):
        event |= {"event.type": "denied", "event.action": "connection-blocked", "event.outcome": "failure"}
    if event.get("network.protocol") == "unknown":
        del event["network.protocol"]
    return LOGSOURCE, event


def _when(seconds: Any, stamp: Any) -> Any:
    """The epoch's seconds with the fraction of the stamp."""
    if seconds is None:
        return stamp
    fraction = str(stamp).rpartition(".")[2]
    return f"{seconds}.{fraction}" if fraction.isdigit() and len(fraction) <= 6 else str(seconds)
