r"""Junos: flows, screens and intrusion events of SRX, logins and commands, in the structured and the plain form.

    RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.39 source-address="203.0.113.9" source-port="51000" ...]
    RT_FLOW: RT_FLOW_SESSION_DENY: session denied 203.0.113.9/51000->192.0.2.1/22 0x0 None 6(0) deny untrust trust ...
    sshd - SSHD_LOGIN_FAILED [junos@2636.1.1.1.2.39 username="root" source-address="203.0.113.9"]
    PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 D tcp 203.0.113.9 192.0.2.1 51000 22 (1 packets)                 a filter's `then log`

Source: Juniper System Log Explorer; "Firewall filter logging actions" (A accepted, D discarded, R rejected).
"""

import re
from typing import Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse import firewall
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE, HEAD
from vedette.parse.native import login

ORDER: Final = 44
NESTED: Final = True
SYSTEM: Final = Logsource(product="juniper", service="junos")
_NAME: Final = r"(?:RT|FLOW|IDP|APPTRACK|AV|WEBFILTER|AAMW|SECINTEL)_[A-Z0-9_]{3,64}"
_FILTER: Final = r"FW: \S+ [ADR] +[\w-]+ [0-9A-Fa-f:.]+ [0-9A-Fa-f:.]+ +\d{1,5} +\d{1,5}\b"
SIGN: Final = (
    rf"{BARE}(?:[\w./-]+ (?:\d+|-) )?[A-Z][A-Z0-9_]{{2,64}} \[junos@"
    rf"|{BARE}(?:RT_[A-Z]+ (?:\d+ )?- |RT_[A-Z]+: )?{_NAME}(?: \[junos@|: )"
    rf"|{BARE}(?:\S+ ){{0,5}}(?:PFE_FW_SYSLOG_IP6?_?(?:GEN|TCP_UDP|ICMP)?: )?{_FILTER}"
)
_HEAD: Final = re.compile(HEAD.replace("host.name", "host"))
_STRUCTURED: Final = re.compile(
    r"(?:(?P<program>[\w./-]+) (?:(?P<pid>\d+)|-) )?(?P<code>[A-Z][A-Z0-9_]{2,64}) \[junos@\S+ "
    r"(?P<rest>(?:[^\"\]]|\"(?:[^\"\\]|\\.)*\")*)\] ?(?P<message>.*)$"
)
_PLAIN: Final = re.compile(rf"(?:RT_[A-Z]+: )?(?P<code>{_NAME}): (?P<rest>.*)$")
_FLOW: Final = re.compile(
    r"([0-9A-Fa-f:.]+)/(\d{1,5})->([0-9A-Fa-f:.]+)/(\d{1,5})(?: \S+)* ?(\d{1,3})\(\d+\)"
    r"|source: ([0-9A-Fa-f.]+):(\d{1,5}), destination: ([0-9A-Fa-f.]+):(\d{1,5})"
)
_FILTERED: Final = re.compile(r"FW: (\S+) ([ADR]) +([\w-]+) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+) +(\d{1,5}) +(\d{1,5})")
_DECIDED: Final = {"A": "accept", "D": "discard", "R": "reject"}
_FLOW_NAMES: Final = ("source-address", "source-port", "destination-address", "destination-port", "protocol-id")
_FILTER_NAMES: Final = ("packet-incoming-interface", "action", "protocol", *_FLOW_NAMES[0:3:2], *_FLOW_NAMES[1:4:2])


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Packets as firewall events, what the system says of its users as its own."""
    tables = {firewall.LOGSOURCE: Columns(), SYSTEM: Columns()}
    for line, raw in frame.select("line", "raw").iter_rows():
        event, source = _event(raw)
        tables[source].add(line, event)
    return Read([(source, table.frame(context)) for source, table in tables.items() if table.lines], no_rejects())


def _native(raw: str) -> tuple[Json, str, re.Match[str] | None]:
    """The pairs, the message's name, and what was matched."""
    found = _STRUCTURED.search(raw)
    if found:
        return firewall.pairs(found["rest"]), found["code"], found
    filtered = _FILTERED.search(raw)
    if filtered:
        pairs: Json = dict(zip(_FILTER_NAMES, filtered.groups(), strict=True))
        return pairs | {"action": _DECIDED[pairs["action"]]}, "PFE_FW_SYSLOG_IP", None
    plain, flow = _PLAIN.search(raw), _FLOW.search(raw)
    parts: tuple[str | None, ...] = ()
    if flow:
        parts = flow.groups()[:5] if flow.group(1) else (*flow.groups()[5:], None)
    return {name: value for name, value in zip(_FLOW_NAMES, parts, strict=False) if value}, plain["code"] if plain else "", None


def _event(raw: str) -> tuple[Json, Logsource]:
    pairs, code, found = _native(raw)
    event = firewall.event(pairs)
    if event["event.type"] == "connection":
        event |= firewall.verdict([code.rpartition("_")[2].replace("CREATE", "start"), pairs.get("action")])
    event["event.code"] = code
    head = _HEAD.match(raw)
    if head and head["stamp"]:
        event["@timestamp"] = head["stamp"]
        if head["host"]:
            event["host.name"] = head["host"]
    if found:
        event["process.name"], event["process.pid"] = found["program"], found["pid"]
        if event.get("message", "-") == "-":
            event["message"] = found["message"].strip() or None
    if "SCREEN" in code or code.startswith("IDP"):
        event["event.category"] = "intrusion_detection"
        event["rule.name"] = pairs.get("attack-name") or event.get("rule.name")
        event["event.severity"] = firewall.severity(pairs.get("threat-severity"), event)
        if event["event.type"] == "denied":
            scan = "scan" in str(pairs.get("attack-name", "")).lower()
            event["event.action"] = "scan-detected" if scan else "connection-blocked"
    if found and not re.match(_NAME, code):
        return event | _of_system(code, pairs), SYSTEM
    return event, firewall.LOGSOURCE


def _of_system(code: str, pairs: Json) -> Json:
    """Logins and commands; all else is worth no more than its words."""
    means: Json = {"event.category": None, "event.type": None, "event.action": None, "event.outcome": None, "service.type": None}
    if re.search(r"LOGIN_FAILED|LOGIN_ATTEMPTS_THRESHOLD|LOGIN_.*_ERROR|AUTH_FAIL|NOT_AUTHENTICATED|LOGIN_REFUSED", code):
        return means | login("failure", "junos", "network-device")
    if re.search(r"LOGIN_EVENT|LOGIN_INFORMATION|LOGIN_ROOT|USR_AUTHENTICATED|AUTH_EVENT|LOGIN_SUCCESS", code):
        return means | login("success", "junos", "network-device")
    if code.endswith("LOGOUT_EVENT"):
        return means | {"event.category": "authentication", "event.action": "logout"}
    if code == "UI_CMDLINE_READ_LINE":
        return means | {"event.category": "process", "event.action": "command-executed", "process.command_line": pairs.get("command")}
    if code.startswith("UI_COMMIT"):
        return means | {"event.category": "configuration", "event.action": "configuration-changed"}
    return means
