r"""Check Point's log exporter in its syslog form: fields in brackets, each with a colon and a quoted value.

    <134>1 2026-02-01T10:24:12Z fw1 CheckPoint 7776 - [action:"Drop"; ifdir:"inbound"; origin:"192.0.2.1"; time:"1769941452";
    dst:"192.0.2.1"; proto:"6"; s_port:"51000"; service:"22"; src:"203.0.113.9"]

Source: Check Point sk122323 (log exporter) and sk144192 (fields). A quote and a bracket inside a value have a backslash
before them. The action of an administrator's login is `Accept` even when it failed: `audit_status` tells.
"""

import re
from typing import Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse import firewall, heads, phrases
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE, HEAD

ORDER: Final = 43
NESTED: Final = True
_NAME: Final = r"[A-Za-z_][\w-]{0,63}::?"
SIGN: Final = rf"{BARE}(?:CheckPoint \d+ - )?\[(?:[\w-]+@[\w.]+ )?{_NAME}\"(?:[^\"\\]|\\.)*\"; {_NAME}\""
AUDIT: Final = Logsource(product="checkpoint", service="audit")
_HEAD: Final = re.compile(HEAD.replace("host.name", "host"))
_PAIR: Final = re.compile(rf"({_NAME})\"((?:[^\"\\]|\\.)*)\"")
_LOGINS: Final = frozenset({"log in", "login", "failed log in"})
_LOGOUTS: Final = frozenset({"log out", "logout"})


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Traffic as firewall events; logins of users and administrators, and what these changed, as audit."""
    tables = {firewall.LOGSOURCE: Columns(), AUDIT: Columns()}
    for line, raw in frame.select("line", "raw").iter_rows():
        event, source = _event(raw)
        tables[source].add(line, event)
    return Read([(source, table.frame(context)) for source, table in tables.items() if table.lines], no_rejects())


def _event(raw: str) -> tuple[Json, Logsource]:
    pairs: Json = {}
    for key, value in _PAIR.findall(raw):
        pairs.setdefault(key.rstrip(":"), re.sub(r"\\(.)", r"\1", value) if "\\" in value else value)
    found = firewall.event(pairs)
    head = _HEAD.match(raw)
    found["@timestamp"] = heads.best(head["stamp"] if head else None, pairs.get("time"))
    if head and head["stamp"] and head["host"]:
        found["host.name"] = head["host"]
    if pairs.get("service", "").isdigit():
        found["destination.port"] = pairs["service"]
    found.pop("event.code", None)  # `logid` numbers the log's file.
    if pairs.get("protection_name"):
        found |= {
            "event.category": "intrusion_detection",
            "rule.name": pairs["protection_name"],
            "event.severity": firewall.severity(pairs.get("severity"), found),
        }
    operation = pairs.get("operation", "").lower()
    if operation or pairs.get("auth_status") or "administrator" in pairs:
        return found | _audited(pairs, operation), AUDIT
    return found, firewall.LOGSOURCE


def _audited(pairs: Json, operation: str) -> Json:
    """What an administrator or a user of remote access did."""
    said = f"{pairs.get('additional_info', '')} {pairs.get('audit_status', '')} {pairs.get('auth_status', '')} {pairs.get('reason', '')}"
    failed = "fail" in said.lower() or phrases.judged(said) in ("failure", "denied")
    means: Json = {"event.outcome": "failure" if failed else "success", "event.type": None}
    if pairs.get("administrator"):
        means["user.name"] = pairs["administrator"]
    if pairs.get("additional_info"):
        means["message"] = pairs["additional_info"]
    if operation in _LOGINS or pairs.get("auth_status"):
        kind = "firewall" if operation else "vpn"
        return means | {"event.category": "authentication", "event.action": "login", "service.name": "checkpoint", "service.type": kind}
    if operation in _LOGOUTS:
        return means | {"event.category": "authentication", "event.action": "logout", "event.outcome": None}
    return means | {"event.category": "configuration", "event.action": "configuration-changed"}
