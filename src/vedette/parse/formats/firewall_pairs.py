r"""Firewalls that write key and value: Sophos, SonicWall, Stormshield, Meraki, Barracuda, Huawei, Check Point.

    device="SFW" date=2026-02-01 time=10:24:12 ... log_type="Firewall" log_subtype="Denied" src_ip=203.0.113.9 ...
    id="2001" severity="info" sys="SecureNet" sub="packetfilter" name="Packet dropped" action="drop" srcip="203.0.113.9" ...
    id=firewall sn=0017C5 time="2026-02-01 10:24:12 UTC" fw=192.0.2.1 pri=1 m=98 msg="..." src=203.0.113.9:51000:X1 dst=...
    1738405452.123 fw1 flows src=203.0.113.9 dst=192.0.2.1 protocol=tcp sport=51000 dport=22 pattern: deny all
    %%01POLICY/6/POLICYDENY(l):vsys=public, protocol=6, source-ip=203.0.113.9, source-port=2426, destination-ip=...
    [action:"Drop"; ifdir:"inbound"; origin:"192.0.2.1"; time:"1738405452"; dst:"192.0.2.1"; proto:"6"; src:"203.0.113.9"]

Sources: Sophos Firewall syslog guide, SonicOS log events reference, Meraki syslog event types, Huawei USG log reference,
Check Point log exporter (syslog form).
"""

import re
from typing import Final

import polars as pl

from vedette.model.records import Json
from vedette.parse import firewall
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE, HEAD

ORDER: Final = 43
NESTED: Final = True
SIGN: Final = (
    BARE
    + r"(?:\S+: NetScreen device_id=.*\(traffic\): |"
    r"device(?:_name)?=\"[^\"]*\" .*\blog_type=\"|id=\"\d+\" severity=\"[^\"]*\" sys=\"[^\"]*\" sub=\"|id=firewall (?:sn|time|fw)="
    r"|(?:flows|firewall|ip_flow_start|ip_flow_end|security_event) .*\bsrc=[0-9A-Fa-f:.]+ dst="
    r"|%%\d\d[A-Z]+/\d/[A-Z_]+(?:\([A-Za-z]\))?(?:\[\d+\])?:|(?:CheckPoint \d+ - )?\[(?:[\w-]+@[\w.]+ )?action:\"[A-Za-z ]+\"; )"
    r"|^\d{10}\.\d+ \S+ (?:flows|firewall|ip_flow_start|ip_flow_end|security_event) .*\bsrc=[0-9A-Fa-f:.]+ dst="
)
_HEAD: Final = re.compile(HEAD.replace("host.name", "host"))
_COLONS: Final = re.compile(r'([A-Za-z_][\w-]{0,63}):"((?:[^"\\]|\\.)*)"')
_COMMAS: Final = re.compile(r"([A-Za-z][\w-]{0,63})\s?=\s?(?:\"([^\"]*)\"|([^,\")]*))")
_HUAWEI: Final = re.compile(r"%%\d\d([A-Z]+/\d/[A-Z_]+)")
_MERAKI: Final = re.compile(
    r"^(?:(\d{10}\.\d+) )?(?:\S+ )?(?:flows|firewall|ip_flow_start|ip_flow_end|security_event) (.*)$"
)
_JOINED: Final = re.compile(r"^([0-9A-Fa-f.]+|\[?[0-9A-Fa-f:]+\]?):(\d{1,5})(?::(\S*))?$")
_LOGIN_FAILED: Final = re.compile(
    r"(?i)(?:login|logon|log-?in|authentication)\b.{0,60}\b(?:fail|denied|incorrect|invalid|reject)|fail\w* (?:login|logon|authentication)"
)
_ATTACK: Final = re.compile(
    r"(?i)\b(?:IPS|intrusion|gateway anti-?virus|anti-?spyware) (?:prevention|detection|alert)|\b(?:port ?scan|syn flood"
    r"|(?:possible|probable) [a-z ]{1,30}(?:scan|flood|attack|spoof))\b"
)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One event per line."""
    table = Columns()
    for line, raw in frame.select("line", "raw").iter_rows():
        table.add(line, _event(raw))
    return Read([(firewall.LOGSOURCE, table.frame(context))], no_rejects())


def _native(raw: str) -> tuple[Json, str | None]:
    huawei = _HUAWEI.search(raw)
    if huawei:
        native: Json = {"message": raw[huawei.end() :].lstrip("()l:")}
        for key, quoted, plain in _COMMAS.findall(raw[huawei.end() :]):
            native.setdefault(key, quoted or plain.strip().rstrip("."))
        return native, huawei.group(1)
    if 'action:"' in raw:
        return dict(reversed(_COLONS.findall(raw))), None
    return firewall.pairs(raw), None


def _event(raw: str) -> Json:
    native, code = _native(raw)
    for side, name in (("src", "sport"), ("dst", "dport")):
        joined = _JOINED.match(str(native.get(side, "")))
        if joined and (joined.group(1).count(".") == 3 or raw.count("[")):
            native[side] = joined.group(1)
            native.setdefault(name, joined.group(2))
    found = firewall.event(native)
    meraki = _MERAKI.match(raw)
    if meraki:
        if meraki.group(1):
            found["@timestamp"] = meraki.group(1)
        pattern = meraki.group(2).rpartition("pattern: ")[2]
        found |= firewall.verdict([pattern.replace("0 ", "deny ", 1).replace("1 ", "allow ", 1), raw.split(" ", 3)[0]])
    if code:
        found["event.code"] = code
        if found["event.type"] == "connection":
            found |= firewall.verdict([code.replace("POLICY", "").rpartition("/")[2]])
    head = _HEAD.match(raw)
    if head and head["stamp"]:
        found["@timestamp"] = head["stamp"]
        if head["host"]:
            found["host.name"] = head["host"]
    date, clock = native.get("date"), native.get("time") or native.get("start_time")
    if date and clock:
        found["@timestamp"] = f"{date} {clock}"
    elif clock and "@timestamp" not in found:
        found["@timestamp"] = clock
    # SonicWall's verdict is in the message, not in a field.
    if found["event.type"] == "connection" and native.get("msg"):
        found |= firewall.verdict([native["msg"]])
    if _ATTACK.search(str(native.get("msg", native.get("message", "")))):
        found |= {
            "event.category": "intrusion_detection",
            "event.severity": 2,
            "rule.name": native.get("msg") or native.get("message"),
        }
    said = f"{native.get('msg', '')} {native.get('log_component', '')} {native.get('message', '')} {native.get('status', '')}"
    if _LOGIN_FAILED.search(said):
        found |= {"event.category": "authentication", "event.action": "login", "event.outcome": "failure"}
        found.pop("event.type", None)
    return found
