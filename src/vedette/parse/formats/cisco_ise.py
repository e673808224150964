r"""Cisco Identity Services Engine: RADIUS, TACACS+ and portal logins, its own administration.

    <181>Feb  1 10:24:12 ise1 CISE_Failed_Attempts 0000075134 1 0 2026-02-01 10:24:12.790 +00:00 0000075201 5400 NOTICE Failed-Attempt:
    Authentication failed, Device IP Address=192.0.2.2, UserName=bob, Calling-Station-ID=203.0.113.9, FailureReason=24408 User ...

Source: Cisco ISE syslog reference, "Log message format" and the categories' attributes. The device is the switch or access point
that asked, not the peer: that is the calling station (an address, or a hardware address) or the remote address. A message that is
cut into parts is read by its first.
"""

import re
from typing import Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse.address import canonical
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE, HEAD
from vedette.parse.native import action, login

ORDER: Final = 49
NESTED: Final = True
LOGSOURCE: Final = Logsource(product="cisco", service="ise")
_LINE: Final = r"CISE_[A-Za-z_]{2,64} \d{10} \d{1,3} \d{1,3} "
SIGN: Final = rf"{BARE}{_LINE}"
_HEAD: Final = re.compile(HEAD.replace("host.name", "host"))
_MESSAGE: Final = re.compile(
    r"CISE_([A-Za-z_]+) \d{10} \d{1,3} \d{1,3} (?:(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [+-]\d\d:\d\d) \d{10} (\d{4,5}) ([A-Z]+) "
    r"([^:,]{1,80}): ([^,]*),?)?(.*)$",
    re.DOTALL,
)
_PAIR: Final = re.compile(r"(?:^|,)\s*([A-Za-z][\w .-]{0,63})=((?:[^,\\]|\\.)*)")
_PEERS: Final = ("Calling-Station-ID", "Remote-Address", "IpAddress", "AdminIPAddress", "PeerAddress", "Framed-IP-Address")
_USERS: Final = ("UserName", "User-Name", "User", "AdminName", "Username")
_MAC: Final = re.compile(r"^(?:[0-9A-Fa-f]{2}[-:]){5}[0-9A-Fa-f]{2}$")


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One event per line; the first of a name wins, but of two peers that differ none."""
    table = Columns()
    for line, raw in frame.select("line", "raw").iter_rows():
        found = _MESSAGE.search(raw)
        if found:
            table.add(line, _event(raw, *found.groups()))
    return Read([(LOGSOURCE, table.frame(context))] if table.lines else [], no_rejects())


def _event(
    raw: str, category: str, stamp: str | None, code: str | None, level: str | None, kind: str | None, words: str | None, rest: str
) -> Json:
    pairs: Json = {}
    for name, value in _PAIR.findall(rest):
        pairs.setdefault(name, value.strip())
    head = _HEAD.match(raw)
    event: Json = {"@timestamp": stamp or (head["stamp"] if head else None), "host.name": head["host"] if head else None}
    event |= {"event.code": code, "log.level": level.lower() if level else None, "event.reason": pairs.get("FailureReason")}
    event |= {"message": f"{kind}: {words}" if kind else rest.strip(), "observer.ip": pairs.get("Device IP Address")}
    event["user.name"] = next((pairs[name] for name in _USERS if pairs.get(name)), None)
    peers = dict.fromkeys(pairs[name] for name in _PEERS if canonical(pairs.get(name, "")))
    event["source.address"] = next(iter(peers), None)
    if _MAC.match(pairs.get("Calling-Station-ID", "")):
        event["source.mac"] = pairs["Calling-Station-ID"].replace("-", ":").lower()
    if kind is None:  # The rest of a message that was cut; its first part said what happened.
        return event
    said = f"{kind} {words}".lower()
    if category in ("Failed_Attempts", "Passed_Authentications") or "authentication" in said:
        failed = category == "Failed_Attempts" or "fail" in said or "reject" in said
        return event | login("failure" if failed else "success", "ise", "directory")
    if category == "Administrative_and_Operational_Audit":
        return event | {"event.category": "configuration", "event.action": action(words or kind)}
    return event | {"event.category": "session" if "Accounting" in category else None, "event.action": action(category)}
