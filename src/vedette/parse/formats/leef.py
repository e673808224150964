r"""IBM QRadar's log event extended format, 1.0 and 2.0.

    LEEF:1.0|Vendor|Product|1.0|100|src=203.0.113.9<TAB>usrName=bob<TAB>cat=Authentication
    LEEF:2.0|Vendor|Product|1.0|100|^|src=203.0.113.9^usrName=bob

Source: IBM "LEEF overview". Version 2 names its separator, as a character or in hex (`x5E`).
"""

import re
from typing import Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse import firewall
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE, HEAD

ORDER: Final = 48
NESTED: Final = True
SIGN: Final = BARE + r"(?:LEEF: ?)?[12]\.0\|[^|]*\|[^|]*\|[^|]*\|[^|]*\|"
_HEAD: Final = re.compile(HEAD.replace("host.name", "host"))
_START: Final = re.compile(r"(?:LEEF: ?)?([12])\.0\|")
_HEX: Final = re.compile(r"^(?:0?x)([0-9A-Fa-f]{2,4})$")
_KEY: Final = re.compile(r"^\s*([A-Za-z0-9_][\w.-]{0,63})=(.*)$", re.DOTALL)
NAMES: Final = {
    "src": "source.address", "srcPort": "source.port", "dst": "destination.address", "dstPort": "destination.port",
    "usrName": "user.name", "identSrc": "source.address", "accountName": "user.name", "proto": "network.transport",
    "srcBytes": "source.bytes", "dstBytes": "destination.bytes", "srcPackets": "source.packets", "dstPackets": "destination.packets",
    "srcMAC": "source.mac", "dstMAC": "destination.mac", "url": "url.original", "resource": "host.name", "identHostName": "host.name",
    "domain": "user.domain", "policy": "rule.name", "cat": "rule.category", "sev": "event.severity",
    "reason": "event.reason", "msg": "message",
}  # fmt: skip
_LOGIN: Final = re.compile(r"(?i)\blog[-_ ]?(?:in|on)(?:[^a-z]|fail|succ|attempt|err|$)|authenticat|\bsign[- ]?in\b")
_FAILED: Final = re.compile(r"(?i)fail|denied|invalid|incorrect|wrong|refused|rejected|unsuccessful")


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Native keys and the schema's fields."""
    tables: dict[Logsource, Columns] = {}
    for line, raw in frame.select("line", "raw").iter_rows():
        event = _event(raw)
        source = Logsource(category="firewall") if event.get("event.category") == "network" else Logsource()
        tables.setdefault(source, Columns()).add(line, event)
    return Read([(source, table.frame(context)) for source, table in tables.items()], no_rejects())


def _event(raw: str) -> Json:
    start = _START.search(raw)
    if start is None:
        return {"message": raw}
    head = raw[start.end() :].split("|", 4)
    vendor, product, version, code, rest = [*head, *[""] * 5][:5]
    separator = "\t"
    if start.group(1) == "2" and "|" in rest[:8]:
        mark, _, rest = rest.partition("|")
        coded = _HEX.match(mark)
        separator = chr(int(coded.group(1), 16)) if coded else mark[:1] or "\t"
    native: Json = {}
    for part in rest.split(separator):
        pair = _KEY.match(part)
        if pair:
            native.setdefault(pair.group(1), pair.group(2).strip())
    found: Json = dict(native)
    for key, field in NAMES.items():
        if native.get(key) and field not in found:
            found[field] = native[key]
    found |= {"observer.vendor": vendor, "observer.product": product, "observer.version": version, "event.code": code}
    prefix = _HEAD.match(raw)
    time = native.get("devTime") or (prefix["stamp"] if prefix else None)
    if time:
        found["@timestamp"] = time
    words = f"{code} {native.get('cat', '')} {native.get('action', '')} {native.get('name', '')}"
    if "network.transport" in found:
        text = found["network.transport"].lower()
        found["network.transport"] = firewall.PROTOCOLS.get(text, text)
    if _LOGIN.search(words) and "logout" not in words.lower():
        failed = bool(_FAILED.search(words + " " + str(native.get("outcome", native.get("result", "")))))
        found |= {
            "event.category": "authentication",
            "event.action": "login",
            "event.outcome": "failure" if failed else "success",
        }
    elif "source.address" in found and "destination.address" in found:
        found |= {"event.category": "network"} | firewall.verdict([native.get("action"), words])
    return found
