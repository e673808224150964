r"""NetScaler (Citrix ADC and Gateway): logins, VPN sessions, connections, commands.

    <134> 02/01/2026:10:24:12 GMT ns1 0-PPE-0 : default AAA LOGIN_FAILED 139115982 0 : User bob - Client_ip 203.0.113.9 -
    Failure_reason "Username/Password mismatch" - Browser curl/8.5
    <134> 02/01/2026:10:24:12 GMT ns1 0-PPE-0 : default TCP CONN_TERMINATE 449 0 : Source 203.0.113.9:51000 - Destination ...

Source: Citrix ADC syslog message reference. Parts stand between ` - `, each with its name in front. User names stand before the
address and user agents behind it, both as the client chose them: of two addresses that differ none is believed.
"""

import re
from typing import Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse import firewall
from vedette.parse.address import canonical
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE
from vedette.parse.native import login

ORDER: Final = 48
NESTED: Final = True
SYSTEM: Final = Logsource(product="netscaler")
_STAMP: Final = r"\d\d/\d\d/\d{4}:\d\d:\d\d:\d\d(?: [A-Z]{3,4})?"
_WHERE: Final = r"\S+ +\d{1,3}-PPE-\d{1,3} : (?:\S+ )?"
_KIND: Final = r"[A-Z][A-Z0-9_]{1,15} [A-Za-z][A-Za-z0-9_]{1,40} \d{1,20} \d{1,10} :"
SIGN: Final = rf"{BARE} ?(?:{_STAMP} )? ?{_WHERE}{_KIND}"
_LINE: Final = re.compile(
    rf"(?:({_STAMP}) )? ?(\S+) +\d{{1,3}}-PPE-\d{{1,3}} : (?:\S+ )?"
    r"([A-Z][A-Z0-9_]{1,15}) ([A-Za-z][A-Za-z0-9_]{1,40}) \d{1,20} \d{1,10} : *(.*)$",
    re.DOTALL,
)
_PART: Final = re.compile(
    r"(?:^|- |\] |: )(Context|User|Client_ip|ClientIP|ClientPort|Remote_ip|Source|Destination|Vserver|VserverServiceIP"
    r"|VserverServicePort|Failure_reason|Command|Status|Total_bytes_send|Total_bytes_recv|LogoutMethod|username:domainname"
    r"|Access) +(\"[^\"]*\"|.*?)(?= +- |$)",
    re.DOTALL,
)
_PEERS: Final = ("Client_ip", "ClientIP", "Remote_ip", "Source")
_PORT: Final = re.compile(r"^(.*?):(\d{1,5})$")


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Connections as firewall events; logins, sessions and commands as the system's."""
    tables = {firewall.LOGSOURCE: Columns(), SYSTEM: Columns()}
    for line, raw in frame.select("line", "raw").iter_rows():
        found = _LINE.search(raw)
        if found is None:
            continue
        stamp, host, feature, kind, text = found.groups()
        event: Json = {"host.name": host, "event.code": f"{feature} {kind}", "message": text}
        if stamp:
            event["@timestamp"] = stamp
        parts: Json = {}
        forged: set[str] = set()
        for name, value in _PART.findall(text):
            value = value.strip('" ')
            if parts.setdefault(name, value) != value and name in _PEERS:
                forged.add(name)
        for name in forged:
            parts[name] = ""
        source = firewall.LOGSOURCE if kind.startswith(("CONN_", "OTHERCONN_")) else SYSTEM
        tables[source].add(line, event | _event(feature, kind, parts))
    return Read([(source, table.frame(context)) for source, table in tables.items() if table.lines], no_rejects())


def _event(feature: str, kind: str, parts: Json) -> Json:
    found: Json = {"event.category": "network", "event.type": "info", "service.type": "load-balancer"}
    for side, names in (("source", _PEERS), ("destination", ("Destination", "Vserver"))):
        value = next((parts[name] for name in names if parts.get(name)), "")
        joined = _PORT.match(value)
        if joined and canonical(joined[1]):
            value, found[f"{side}.port"] = joined[1], joined[2]
        if canonical(value):
            found[f"{side}.address"] = value
    if "ClientPort" in parts:
        found["source.port"] = parts["ClientPort"]
    user = parts.get("User") or parts.get("username:domainname", "").partition(":")[0] or parts.get("Context", "").rpartition("@")[0]
    if user and user != "anonymous":
        found["user.name"] = user
    if feature in ("AAA", "AAATM", "SSLVPN", "CLI", "GUI", "API") and "LOGIN" in kind:
        found |= login("failure" if "FAIL" in kind or "DENIED" in kind else "success", "netscaler", "vpn")
        found["event.type"] = None
    elif kind == "LOGOUT":
        found |= {"event.category": "authentication", "event.action": "logout", "event.type": None, "service.type": "vpn"}
    elif kind == "CMD_EXECUTED":
        failed = parts.get("Status", "Success").lower().startswith(("error", "fail"))
        found |= {"event.category": "process", "event.action": "command-executed", "event.type": None}
        found |= {"process.command_line": parts.get("Command"), "event.outcome": "failure" if failed else "success"}
    elif kind.startswith(("CONN_", "OTHERCONN_")):
        found |= firewall.CONSTANT | {"event.type": "end", "event.action": "connection-ended", "network.transport": feature.lower()}
        found["source.bytes"], found["destination.bytes"] = parts.get("Total_bytes_recv"), parts.get("Total_bytes_send")
    elif feature == "SSLVPN":
        found |= {"event.category": "session", "service.type": "vpn"}
    found["event.reason"] = parts.get("Failure_reason") or parts.get("LogoutMethod")
    return found
