r"""Fortinet's key and value lines: FortiGate, FortiMail, FortiDDoS, FortiAuthenticator.

    date=2026-02-01 time=10:24:12 devname="fw1" devid="FG1" logid="0000000013" type="traffic" subtype="forward" ...

Source: FortiOS Log Message Reference.
"""

import re
from typing import Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse import firewall
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE
from vedette.parse.native import action

ORDER: Final = 42
NESTED: Final = True
SIGN: Final = (
    BARE
    + r"(?:devid=\S+ )?date=\d{4}-\d\d-\d\d,? time=\d\d: ?\d\d:\d\d(?:\.\d+)?,? (?:tz=\S+ )?.*\b(?:devid|device_id|logid|log_id|type)="
    r"|^\s?category=\"[^\"]*\" subcategory=\"[^\"]*\" typeid=\d+ level="
)
LOGSOURCE: Final = Logsource(category="firewall", product="fortigate", service="traffic")
_EVENTS: Final = Logsource(category=None, product="fortigate", service="event")
# A login over the management interface names the peer only inside: ui=https(203.0.113.9), ui=ssh(203.0.113.9).
_SPLIT_TIME: Final = re.compile(r"\btime=(\d\d): (\d\d:\d\d)")
_UI: Final = re.compile(r"^(\w[\w-]*)\(([0-9A-Fa-f:.]+)\)$")
_LOGINS: Final = re.compile(r"(?i)\blog(?:in|ged in|on)\b|\bauthentication\b|\bssl[- ](?:vpn )?tunnel[- ]up\b")
_LOGOUTS: Final = re.compile(r"(?i)\blog(?:ged)?[ -]?(?:out|off)\b|\bssl[- ](?:vpn )?tunnel[- ]down\b")
_FAILURES: Final = frozenset(
    {"failed", "failure", "fail", "deny", "denied", "negotiate_error", "ssl-login-fail", "timed_out", "blocked"}
)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Traffic as firewall events, administration and VPN as logins."""
    tables = {LOGSOURCE: Columns(), _EVENTS: Columns()}
    for line, raw in frame.select("line", "raw").iter_rows():
        native = firewall.pairs(_SPLIT_TIME.sub(r"time=\1:\2", raw, count=1))
        source = _EVENTS if _is_event(native) else LOGSOURCE
        tables[source].add(line, _event(native))
    return Read([(source, table.frame(context)) for source, table in tables.items() if table.lines], no_rejects())


def _is_event(native: Json) -> bool:
    return native.get("type") in ("event", "kevent", "user", "vpn") or "subcategory" in native


def _event(native: Json) -> Json:
    found = firewall.event(native)
    date, clock = native.get("date"), native.get("time")
    if date and clock:
        zone = str(native.get("tz", ""))
        found["@timestamp"] = f"{date} {clock}".replace(",", "") + (zone if re.match(r"^[+-]\d{4}$", zone) else "")
    if native.get("eventtime", "").isdigit():
        found["@timestamp"] = native["eventtime"]
    name = native.get("client_name", "").strip("[]")
    if name and "source.address" not in found:
        found["source.address"] = name
    via = _UI.match(native.get("ui", ""))
    if via:
        found["source.address"] = via.group(2)
    if not _is_event(native):
        if native.get("subtype") == "webfilter" or native.get("type") == "webfilter":
            return found | {"event.category": "web"} | _site(native)
        if native.get("type") in ("utm", "attack", "ips", "virus", "webfilter") and found.get("event.type") == "denied":
            found["event.category"] = "intrusion_detection"
        if native.get("attack") and {native.get("type"), native.get("subtype")} & {"ips", "anomaly", "attack"}:
            found["event.category"] = "intrusion_detection"
            found["event.severity"] = firewall.severity(native.get("severity"), found)
        return found
    del found["event.type"]
    found["event.category"] = "network" if "source.address" in found else None
    if "cfgpath" in native or "cfgobj" in native:
        found["event.category"] = "configuration"
    if native.get("action") and "event.action" not in found:
        found["event.action"] = action(native["action"])
    words = " ".join(str(native.get(key, "")) for key in ("logdesc", "msg", "action", "subcategory"))
    if _LOGOUTS.search(words):
        found |= {"event.category": "authentication", "event.action": "logout"}
    elif _LOGINS.search(words):
        result = str(native.get("status") or native.get("result") or native.get("action") or "").lower()
        found |= {"event.category": "authentication", "event.action": "login", "service.name": "fortinet"}
        found["service.type"] = "vpn" if native.get("subtype") == "vpn" else "firewall"
        failed = result in _FAILURES or "fail" in words.lower() or "invalid" in words.lower()
        found["event.outcome"] = "failure" if failed else "success"
        if native.get("subtype") == "vpn" and native.get("remip"):
            found["source.address"] = native["remip"]
    return found


def _site(native: Json) -> Json:
    """The web filter's `hostname` is the site that was asked for, its `url` the path there."""
    named: Json = {} if "devname" in native else {"host.name": None}
    if native.get("hostname"):
        named["url.domain"] = native["hostname"]
    return named
