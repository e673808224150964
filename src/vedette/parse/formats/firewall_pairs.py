r"""Firewalls that write key and value: Sophos, SonicWall, Stormshield, NetScreen, Huawei.

    device="SFW" date=2026-02-01 time=10:24:12 ... log_type="Firewall" log_subtype="Denied" src_ip=203.0.113.9 ...
    id="2001" severity="info" sys="SecureNet" sub="packetfilter" name="Packet dropped" action="drop" srcip="203.0.113.9" ...
    id=firewall sn=0017C5 time="2026-02-01 10:24:12 UTC" fw=192.0.2.1 pri=1 m=98 msg="..." src=203.0.113.9:51000:X1 dst=...
    %%01POLICY/6/POLICYDENY(l):vsys=public, protocol=6, source-ip=203.0.113.9, source-port=2426, destination-ip=...

Sources: Sophos Firewall syslog guide, SonicOS log events reference, Huawei USG log reference.
"""

import re
from typing import Final

import polars as pl

from vedette.model.records import Json
from vedette.parse import firewall, heads, phrases
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE, HEAD

ORDER: Final = 43
NESTED: Final = True
SIGN: Final = (
    BARE
    + r"(?:\S+: NetScreen device_id=.*\(traffic\): |"
    r"device(?:_name)?=\"[^\"]*\" .*\blog_type=\"|id=\"\d+\" severity=\"[^\"]*\" sys=\"[^\"]*\" sub=\"|id=firewall (?:sn|time|fw)="
    r"|id=\S+ +sn=\S+ time=\"[^\"]*\" fw="
    r"|%%\d\d[A-Z]+/\d/[A-Z_]+(?:\([A-Za-z]\))?(?:\[\d+\])?:)"
)
_HEAD: Final = re.compile(HEAD.replace("host.name", "host"))
_COMMAS: Final = re.compile(r"([A-Za-z][\w-]{0,63})\s?=\s?(?:\"([^\"]*)\"|([^,\")]*))")
_HUAWEI: Final = re.compile(r"%%\d\d([A-Z]+/\d/[A-Z_]+)")
# SonicWall: address, port, interface, name; of an IPv6 peer all but the address, which has a field of its own.
_JOINED: Final = re.compile(r"^([0-9.]*):(\d{0,5})(?::.*)?$")
_ZONE: Final = re.compile(r"[+-]\d\d:?\d\d|[A-Z]{3,4}")
_LOGIN: Final = re.compile(r"(?i)\b(?:log-?[io]n|logged[ -]in|sign-?in|authenticat(?:ion|ed))\b")
_LOGOUT: Final = re.compile(r"(?i)\blog(?:ged)?[ -]?(?:out|off)\b")
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
    return firewall.pairs(raw), None


def _event(raw: str) -> Json:
    native, code = _native(raw)
    for side, name in (("src", "sport"), ("dst", "dport")):
        joined = _JOINED.match(str(native.get(side, "")))
        if joined:
            native[side] = joined.group(1)
            if joined.group(2):
                native.setdefault(name, joined.group(2))
        if native.get(f"{side}V6") and not native.get(side):
            native[side] = native[f"{side}V6"]
    found = firewall.event({**native, "proto": native["ipproto"]} if "ipproto" in native else native)
    service = str(native.get("proto", "")).rpartition("/")[2].lower()
    if service.isalpha() and service != found.get("network.transport"):  # SonicWall: tcp/https; Stormshield beside ipproto
        found["network.protocol"] = service
    if code:
        found["event.code"] = code
        if found["event.type"] == "connection":
            found |= firewall.verdict([code.replace("POLICY", "").rpartition("/")[2]])
    head = _HEAD.match(raw)
    if head and head["stamp"] and head["host"]:
        found["host.name"] = head["host"]
    found["@timestamp"] = heads.best(*_stamps(native), head["stamp"] if head else None)
    if native.get("dstname") and native.get("arg", "").startswith("/"):  # SonicWall: the site beside the path
        found["url.original"], found["url.path"] = native["arg"], native["arg"].partition("?")[0]
    if native.get("sub") == "http" and native.get("method"):  # Sophos' web proxy
        found["http.request.method"] = native["method"]
    # SonicWall's verdict is in the message, not in a field.
    if found["event.type"] == "connection" and native.get("msg"):
        found |= firewall.verdict([native["msg"]])
    said = str(native.get("msg") or native.get("message") or "")
    if _ATTACK.search(said):
        found |= {"event.category": "intrusion_detection", "event.severity": 2, "rule.name": said}
    about = f"{native.get('log_component', '')} {said}"
    if _LOGIN.search(about) or _LOGOUT.search(about):
        _login(found, about, f"{about} {native.get('status', '')}")
    elif "source.address" not in found and "destination.address" not in found:
        found |= {"event.category": None, "event.type": None}  # The device about itself.
    return found


def _stamps(native: Json) -> list[str]:
    """The firewall's own times: together, or a day and a clock."""
    day, clock = native.get("date"), native.get("time") or native.get("start_time")
    zone = str(native.get("timezone") or native.get("tz") or "")
    joined = f"{day} {clock}" if day and clock else clock
    if joined and _ZONE.fullmatch(zone):
        joined = f"{joined} {zone}"
    return [stamp for stamp in (native.get("timestamp"), joined) if stamp]


def _login(found: Json, about: str, said: str) -> None:
    """A login or its end, where the words tell which and how it went."""
    word = phrases.judged(said) or firewall.verdict([said])["event.type"]
    outcome = {"failure": "failure", "denied": "failure", "success": "success", "allowed": "success"}.get(word)
    if _LOGOUT.search(about):
        means: Json = {"event.action": "logout"}
    elif outcome:
        means = {"event.action": "login", "event.outcome": outcome}
    else:
        return
    found |= {"event.category": "authentication", **means}
    found["service.type"] = "vpn" if "VPN" in about else "firewall"
    found.pop("event.type", None)
