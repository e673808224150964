r"""WatchGuard Firebox: packets, proxies and events of Fireware.

    Feb  1 10:24:12 fb1 80B2003 (2026-02-01T10:24:12) firewall: msg_id="3000-0148" Deny 0-External Firebox 52 tcp 20 127 203.0.113.9
    192.0.2.1 62443 22 offset 8 S 832026162 win 8192 (Unhandled External Packet-00)
    ... http-proxy[2]: msg_id="1AFF-0024" Allow 1-Trusted 0-External tcp 192.0.2.14 198.51.100.7 64425 80 msg="HTTP request"
    op="GET" dstname="example.com" arg="/" sent_bytes="339" rcvd_bytes="2" (HTTP-proxy-00)
    ... sessiond[3]: msg_id="3E00-0004" SSL VPN user bob@Firebox-DB from 203.0.113.9 login failed ...

Source: WatchGuard, "Fireware Log Catalog". After the decision stand the interfaces, for a packet its length, protocol, header
length and time to live, then addresses and ports; the policy's name ends the line in parentheses.
"""

import re
from typing import Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse import firewall, peers, phrases
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE, HEAD
from vedette.parse.native import login

ORDER: Final = 41
NESTED: Final = True
SYSTEM: Final = Logsource(product="watchguard")
_MESSAGE: Final = r"(?:[\w./-]+(?:\[\d+\])?: )?msg_id=\"[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}\" "
SIGN: Final = rf"{BARE}(?:\w+ )?(?:\(\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\) )?{_MESSAGE}"
_HEAD: Final = re.compile(HEAD.replace("host.name", "host"))
_STAMP: Final = re.compile(r"\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\) ")
_LINE: Final = re.compile(r"(?:([\w./-]+)(?:\[(\d+)\])?: )?msg_id=\"([0-9A-Fa-f]{4}-[0-9A-Fa-f]{4})\" (.*)$", re.DOTALL)
_PACKET: Final = re.compile(
    r"^(Allow|Deny|Drop|Block|Reset) (\S+) (\S+) (?:(\d+) )?([a-z0-9-]+) (?:\d+ \d+ )?([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+)"
    r"(?: (\d+) (\d+))?(?: |$)"
)
_POLICY: Final = re.compile(r"\(([^()]*)\)\s*$")
_NAMES: Final = (
    "action", "srcintf", "dstintf", "network.bytes", "proto", "source-address", "destination-address", "source-port",
    "destination-port",
)  # fmt: skip
_ACCEPTED: Final = re.compile(r"Authentication of .* was accepted")
_URL: Final = (("dstname", "arg"), ("host", "path"))


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Packets and proxied requests as firewall events, all else as the system's."""
    tables = {firewall.LOGSOURCE: Columns(), SYSTEM: Columns()}
    told: list[tuple[int, str]] = []
    for line, raw in frame.select("line", "raw").iter_rows():
        found, head = _LINE.search(raw), _HEAD.match(raw)
        if found is None:
            continue
        program, pid, code, text = found.groups()
        event: Json = {"event.code": code, "message": text, "process.name": program, "process.pid": pid}
        if head and head["stamp"]:
            event |= {"@timestamp": head["stamp"], "host.name": head["host"]}
        stamp = _STAMP.search(raw[: found.start()])
        if stamp:
            event["@timestamp"] = stamp[1]
        packet = _PACKET.match(text)
        if packet is None:
            told.append((line, text))
        tables[firewall.LOGSOURCE if packet else SYSTEM].add(line, event | (_traffic(packet, text) if packet else _said(text)))
    frames = [(source, table.frame(context)) for source, table in tables.items() if table.lines]
    return Read([(source, _named(events, told) if source == SYSTEM else events) for source, events in frames], no_rejects())


def _traffic(packet: re.Match[str], text: str) -> Json:
    rest = text[packet.end() :]
    pairs: Json = firewall.pairs(rest)
    pairs = {name: value for name, value in zip(_NAMES, packet.groups(), strict=True) if value} | pairs
    policy = _POLICY.search(rest)
    event = firewall.event({**pairs, **({"policy": policy[1]} if policy else {})})
    for site, path in _URL:
        if pairs.get(path, "").startswith("/"):
            event |= {"url.domain": pairs.get(site), "url.original": pairs[path], "url.path": pairs[path].partition("?")[0]}
    if pairs.get("op", "").isupper():
        event["http.request.method"] = pairs["op"]
    if "md5" in pairs:
        event["file.hash.md5"] = pairs["md5"]
    threat = pairs.get("signature_name") or pairs.get("virus")
    if threat:
        event |= {"event.category": "intrusion_detection", "rule.name": threat, "rule.id": pairs.get("signature_id"), "event.severity": 2}
    return event


def _said(text: str) -> Json:
    if re.match(r"Temporarily blocking host ", text):
        return {"event.category": "network", "event.type": "denied", "event.action": "scan-detected", "event.outcome": "failure"}
    verdict = "success" if _ACCEPTED.match(text) else phrases.judged(text[:512])
    if verdict in ("failure", "denied") and phrases.about_login(text[:512]):
        return login("failure", "watchguard", "vpn" if "VPN" in text else "firewall")
    if verdict == "success":
        return login("success", "watchguard", "vpn" if "VPN" in text else "firewall")
    return {}


def _named(events: pl.DataFrame, told: list[tuple[int, str]]) -> pl.DataFrame:
    """Whom the words of a login or a refusal name."""
    if "event.outcome" not in events.columns:
        return events
    names = pl.DataFrame(told, schema={"line": pl.Int64(), "text": pl.String()}, orient="row").select(
        "line",
        peers.peer(pl.col("text")).alias("source.address"),
        peers.user(pl.col("text")).str.replace(r"@Firebox-DB$", "").alias("user.name"),
    )
    both = events.join(names, on="line", how="left", maintain_order="left")
    about = pl.col("event.outcome").is_not_null()
    return both.with_columns(pl.when(about).then(pl.col(name)).alias(name) for name in ("source.address", "user.name"))
