r"""PAN-OS logs, comma separated: TRAFFIC, THREAT, SYSTEM, CONFIG, GLOBALPROTECT, USERID.

    1,2026/02/01 10:24:12,0160,TRAFFIC,drop,2561,2026/02/01 10:24:12,203.0.113.9,192.0.2.1,0.0.0.0,0.0.0.0,rule,...

Source: PAN-OS Syslog Field Descriptions; fields are only ever added at the end.
"""

import csv
import re
from typing import Final

import polars as pl
import re2

from vedette.model.records import Json, Logsource
from vedette.parse import firewall, phrases
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE
from vedette.parse.native import action, login

ORDER: Final = 46
NESTED: Final = True
LOGSOURCE: Final = Logsource(category="firewall", product="paloalto")
_DATE: Final = r"(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z?)"
SIGN: Final = (
    BARE + rf"(?:\d{{1,12}}|\"?FUTURE_USE\"?|{_DATE})?,{_DATE},[\w-]{{0,32}},"
    r"(?:TRAFFIC|THREAT|SYSTEM|CONFIG|GLOBALPROTECT|USERID|HIPMATCH|HIP-MATCH|AUTHENTICATION|DECRYPTION|CORRELATION),"
)
_START: Final = re.compile(rf"(?:^|[\s>])(?:\d{{1,12}})?,{_DATE},")

_FLOW: Final = {
    7: "source.address", 8: "destination.address", 11: "rule.name", 12: "user.name", 24: "source.port", 25: "destination.port",
    29: "network.transport", 18: "observer.ingress.interface.name", 19: "observer.egress.interface.name",
}  # fmt: skip
_NAMES: Final = {
    0: "future", 1: "receive_time", 2: "serial", 3: "type", 4: "subtype", 6: "time_generated", 14: "app", 16: "from", 17: "to",
    22: "sessionid", 30: "action",
}  # fmt: skip
_THREAT: Final = re.compile(r"^(.*?)\((\d+)\)$")


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One event per line; a line whose quotes do not close is rejected."""
    table, bad = Columns(), []
    for line, raw in frame.select("line", "raw").iter_rows():
        start = _START.search(raw)
        body = raw[start.start() :].lstrip(" >") if start else raw
        try:
            cells = next(csv.reader([body.replace("\0", "")], strict=True))
        except (csv.Error, StopIteration) as error:
            bad.append((line, f"palo_alto: {error}"))
            continue
        table.add(line, _event(cells))
    rejected = pl.DataFrame(bad, schema=no_rejects().schema, orient="row")
    return Read([(LOGSOURCE, table.frame(context))] if table.lines else [], rejected)


def _event(cells: list[str]) -> Json:
    found: Json = {name: cells[i] for i, name in _NAMES.items() if i < len(cells) and cells[i] and name != "future"}
    kind = found.get("type", "")
    if kind not in ("TRAFFIC", "THREAT"):
        for name in ("app", "from", "to", "sessionid", "action"):
            found.pop(name, None)
    found["@timestamp"] = found.get("time_generated") or found.get("receive_time")
    found |= firewall.CONSTANT
    if kind in ("TRAFFIC", "THREAT"):
        for i, name in _FLOW.items():
            if i < len(cells) and cells[i]:
                found[name] = cells[i]
        action = cells[30] if len(cells) > 30 else found.get("subtype")
        found |= firewall.verdict([action, found.get("subtype")])
    if kind == "TRAFFIC" and len(cells) > 33:
        found["network.bytes"], found["source.bytes"], found["destination.bytes"] = cells[31:34]
    elif kind == "THREAT" and len(cells) > 34:
        found["event.category"] = "intrusion_detection"
        threat = _THREAT.match(cells[32])
        found["rule.name"], found["rule.id"] = threat.groups() if threat else (cells[32], None)
        found["log.level"] = cells[34].lower()
        if found.get("subtype") not in ("url", "file", "data"):
            found["event.severity"] = firewall.severity(cells[34], found)
        if found.get("subtype") == "url":
            found["url.original"], found["rule.category"] = cells[31], cells[33]
        elif found.get("event.type") == "denied" and found.get("subtype") in ("scan", "flood"):
            found["event.action"] = "scan-detected"
    elif kind == "SYSTEM" and len(cells) > 14:
        found["event.category"] = None
        found["event.code"], found["message"] = cells[8], cells[14]
        _login(found)
    elif kind == "CONFIG" and len(cells) > 13:
        found |= {"event.category": "configuration", "event.action": "configuration-changed", "event.reason": cells[9]}
        found["source.address"], found["user.name"] = cells[7], cells[10]
        found["event.outcome"] = {"succeeded": "success", "failed": "failure", "unauthorized": "failure"}.get(cells[12].lower())
        found["message"] = f"{cells[9]} {cells[13]}"
    elif kind == "AUTHENTICATION" and len(cells) > 20:
        found |= {"event.category": "authentication", "event.action": "login", "service.name": "paloalto"}
        found["source.address"], found["user.name"] = cells[8], cells[9]
        found["event.reason"], found["message"] = cells[20] or None, cells[18] or None
        word = phrases.judged(f"{cells[20]}. {cells[18]}")
        found["event.outcome"] = {"failure": "failure", "denied": "failure", "success": "success"}.get(word or "")
    elif kind == "USERID" and len(cells) > 9:
        found["source.address"], found["user.name"] = cells[8], cells[9]
    elif kind == "GLOBALPROTECT" and len(cells) > 28:
        found |= _of_vpn(cells)
    return found


def _of_vpn(cells: list[str]) -> Json:
    """A stage of GlobalProtect: of a connection's many records one is the login."""
    event, stage, failed = cells[8], cells[9].lower(), cells[28].lower() != "success"
    found: Json = {"event.category": "session", "event.action": action(event), "event.type": "info"}
    if event.endswith("-auth") or stage == "login":
        found = login("failure" if failed else "success", "globalprotect", "vpn")
    elif stage == "logout":
        found = {"event.category": "authentication", "event.action": "logout"}
    elif failed:
        found["event.outcome"] = "failure"
    addresses = [cell for cell in cells[15:17] if cell not in ("", "0.0.0.0")]  # noqa: S104
    return found | {
        "service.name": "globalprotect",
        "service.type": "vpn",
        "user.name": cells[12] or None,
        "source.address": addresses[0] if addresses else None,
        "event.reason": cells[25] or cells[26] or None,
    }


_AUTH: Final = re2.compile(
    r"(?i)^(?:failed|auth(?:entication)? fail\w*|.*fail\w* auth\w*).*?user '?(.*?)'?(?:\. |,|\.?$)"
    r".*?(?:From: ([0-9A-Fa-f:.]*[0-9A-Fa-f]))?\.?$"
)
_GRANTED: Final = re2.compile(
    r"(?i)^(?:authenticated|auth(?:entication)? succe\w*) for user '?(.*?)'?\..*?(?:From: ([0-9A-Fa-f:.]*[0-9A-Fa-f]))?\.?$"
)


def _login(found: Json) -> None:
    for pattern, outcome in ((_AUTH, "failure"), (_GRANTED, "success")):
        match = pattern.match(str(found["message"])[:4096])
        if match:
            found |= {"event.category": "authentication", "event.action": "login", "event.outcome": outcome}
            found["user.name"], found["source.address"] = match.groups()
            return
