r"""ArcSight common event format.

    CEF:0|Vendor|Product|1.0|100|Login failed|5|src=203.0.113.9 suser=bob msg=Wrong password for bob cs1Label=Policy cs1=strict

Source: "Implementing ArcSight Common Event Format", revision 25. In the head `|` and `\` are escaped, in the extension
`=` and `\`; a value goes on to the next ` key=`, so blanks need no escape. Some relays lose the `CEF:`.
"""

import re
from typing import Final

import polars as pl

from vedette.model.fields import FIELDS
from vedette.model.records import Json, Logsource
from vedette.parse import firewall
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE, HEAD

ORDER: Final = 47
NESTED: Final = True
SIGN: Final = (
    BARE
    + r"(?:CEF: ?)?[01]\|(?:[^|\\]|\\.)*\|(?:[^|\\]|\\.)*\|(?:[^|\\]|\\.)*\|(?:[^|\\]|\\.)*\|(?:[^|\\]|\\.)*\|[^|]*\|"
)
_START: Final = re.compile(r"(?:CEF: ?)?[01]\|")
_HEAD: Final = re.compile(HEAD.replace("host.name", "host"))
_PART: Final = re.compile(r"((?:[^|\\]|\\.)*)\|", re.DOTALL)
_KEY: Final = re.compile(r"(?:^|(?<=\s))([A-Za-z0-9_][A-Za-z0-9_.\[\]-]{0,63})=")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_UNESCAPED: Final = {"n": "\n", "r": "\r"}

NAMES: Final = {
    "src": "source.address", "spt": "source.port", "smac": "source.mac", "suser": "user.name", "shost": "source.domain",
    "dst": "destination.address", "dpt": "destination.port", "dmac": "destination.mac", "dhost": "destination.domain",
    "duser": "user.target.name", "c6a2": "source.address", "c6a3": "destination.address", "proto": "network.transport",
    "app": "network.protocol",
    "in": "destination.bytes", "out": "source.bytes", "msg": "message", "reason": "event.reason", "cat": "rule.category",
    "request": "url.original", "requestMethod": "http.request.method", "requestClientApplication": "user_agent.original",
    "requestContext": "http.request.referrer", "dvchost": "host.name", "dvc": "host.ip", "fname": "file.name", "filePath": "file.path",
    "sproc": "process.name", "spid": "process.pid", "dproc": "process.name", "dpid": "process.pid", "cnt": "event.count",
    "deviceInboundInterface": "observer.ingress.interface.name", "deviceOutboundInterface": "observer.egress.interface.name",
    "externalId": "event.code", "sntdom": "user.domain", "suid": "user.id", "UNIFIhost": "host.name", "UNIFIadmin": "user.name",
    "UNIFIipsSignature": "rule.name", "UNIFIpolicyName": "rule.name",
}  # fmt: skip
_TIMES: Final = ("rt", "start", "end", "deviceReceiptTime", "UNIFIutcTime")
_LABEL: Final = re.compile(r"^[A-Za-z][\w .-]{0,63}$")


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Native keys, custom fields also under their labels, and the schema's fields; one logsource per product."""
    tables: dict[Logsource, Columns] = {}
    for line, raw in frame.select("line", "raw").iter_rows():
        event, product = _event(raw)
        source = Logsource(category="firewall" if event.get("event.category") == "network" else None, product=product)
        tables.setdefault(source if len(tables) < 64 else Logsource(), Columns()).add(line, event)
    return Read([(source, table.frame(context)) for source, table in tables.items()], no_rejects())


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda m: _UNESCAPED.get(m.group(1), m.group(1)), text) if "\\" in text else text


def _event(raw: str) -> tuple[Json, str | None]:
    start = _START.search(raw)
    at = raw.index("|", start.start()) + 1 if start else 0
    parts = []
    for _ in range(6):
        part = _PART.match(raw, at)
        if part is None:
            break
        parts.append(_plain(part.group(1)))
        at = part.end()
    vendor, product, version, code, name, severity = [*parts, *[""] * 6][:6]
    native = extension(raw[at:])
    found: Json = dict(native)
    for key, label in list(native.items()):
        if key.endswith("Label") and key[:-5] in native and _LABEL.match(label) and label not in FIELDS:
            found.setdefault(label, native[key[:-5]])
    for key, field in NAMES.items():
        value = native.get(key)
        if value and field not in found:
            found[field] = value
    found |= {
        "observer.vendor": vendor, "observer.product": product, "observer.version": version, "rule.id": code,
        "log.level": severity.lower(),
    }  # fmt: skip
    found.setdefault("rule.name", name)
    found.setdefault("message", name)
    head = _HEAD.match(raw)
    time = next((native[key] for key in _TIMES if native.get(key)), None) or (head["stamp"] if head else None)
    if time:
        found["@timestamp"] = time
    if head and head["stamp"] and head["host"] and head["host"] != "CEF":
        found.setdefault("host.name", head["host"])
    if "network.transport" in found:
        text = found["network.transport"].lower()
        found["network.transport"] = firewall.PROTOCOLS.get(text, text)
    words = f"{name} {native.get('cat', '')} {native.get('act', '')}".replace("_", " ")
    _judge(found, native, words, str(native.get("outcome", "")))
    return found, vendor.lower().replace(" ", "") or None


def extension(text: str) -> Json:
    """`key=value` pairs of an extension, escapes undone; the first of a key wins."""
    found: Json = {}
    keys = list(_KEY.finditer(text))
    for i, key in enumerate(keys):
        end = keys[i + 1].start() if i + 1 < len(keys) else len(text)
        found.setdefault(key.group(1), _plain(text[key.end() : end].strip()))
    return found


_LOGIN: Final = re.compile(
    r"(?i)\blog[-_ ]?(?:in|on)(?:[^a-z]|fail|succ|attempt|err|$)|\bauthenticat|\bsign[- ]?in\b|\baccessed\b"
)
_FAILED: Final = re.compile(
    r"(?i)\bfail|\bdenied\b|\binvalid\b|\bincorrect\b|\bwrong\b|\brefused\b|\brejected\b|\bunsuccessful|\berror\b"
)
_THREAT: Final = re.compile(
    r"(?i)\bthreat\b|\bintrusion\b|\binfection\b|\bcallback\b|\btrojan\b|\bransomware\b|\battack\b|\bexploit\b|\bips\b|\bids\b|\bmalware\b|\bvirus\b"
)


_FIREWALL_OF_WEB: Final = re.compile(r"(?i)\b(?:asm|waf|appfw|securesphere|web application firewall|barracuda waf)\b")
_SEVERE: Final = frozenset({"7", "8", "9", "10", "high", "very-high", "critical"})


def _judge(found: Json, native: Json, words: str, outcome: str) -> None:
    if _LOGIN.search(words) and "logout" not in words.lower():
        failed = bool(_FAILED.search(f"{words} {outcome}"))
        found |= {
            "event.category": "authentication",
            "event.action": "login",
            "event.outcome": "failure" if failed else "success",
        }
        return
    if _FIREWALL_OF_WEB.search(f"{found['observer.product']} {found['rule.id']}") and "source.address" in found:
        stopped = firewall.verdict([native.get("act")])["event.type"] == "denied"
        stopped = stopped and not str(native["act"]).lower().startswith("not ")
        found |= {"event.category": "intrusion_detection", "service.type": "web"}
        found |= (
            {"event.type": "denied", "event.action": "web-attack-blocked", "event.outcome": "failure"}
            if stopped
            else {"event.type": "info", "event.action": "web-attack-detected"}
        )
        return
    verdict = firewall.verdict([native.get("act"), outcome, words])
    if _THREAT.search(words):
        found |= {"event.category": "intrusion_detection"} | verdict
        if found["log.level"] in _SEVERE:
            found["event.severity"] = 2 if verdict["event.type"] == "denied" else 1
    elif "source.address" in found and ("destination.address" in found or "act" in native):
        found |= {"event.category": "network"} | verdict
    elif outcome.lower() in ("success", "failure"):
        found["event.outcome"] = outcome.lower()
