"""Packets to alerts: what the compiled pass found, in words.

Scans: T1046, T1595.001 · floods and reflections: T1498, T1499 · ARP poisoning: T1557.002 · guessing: T1110 ·
DNS tunnels: T1071.004, T1048.003.
Misses: scans slower than a day, scans spread over many sources, anything inside of encrypted connections.
Noisy on: peer-to-peer clients behind a filter that drops what they get back.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vedette.detect.network import findings
from vedette.detect.network.beacons import inside
from vedette.detect.network.flows import AHEAD, MARKS
from vedette.detect.network.services import SPREADING, known
from vedette.detect.network.settings import Settings
from vedette.detect.network.tables import ACTOR, FLOW, RATE, RHYTHM, TARGET, Table, empty, table
from vedette.detect.network.watch import watch
from vedette.model.alert import Alert, Class, Evidence, Level, alert_id
from vedette.model.packets import ARP, IP4, IP6, PacketBatch, address

ROOM: Final = 1 << 12
"""Findings that are taken over at once."""
_BEGUN_WITH: Final = (
    "", "SYN", "FIN", "no flags", "FIN, PSH and URG", "ACK", "odd flags", "UDP", "ping", "ARP", "INIT of SCTP",
    "other protocols",
)  # fmt: skip
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Rule(NamedTuple):
    """What a kind of finding is called; `text` may use {source}, {target}, {total}, {port}, {span}, {with_}, {usual},
    {every}, {whose}, {network}, and of ARP {card}, {own} and {claimed}."""

    id: str
    name: str
    level: Level
    alert_class: Class
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    text: str


_SCAN: Final = (("T1046",), ("discovery",))
_FLOOD: Final = (("T1498.001",), ("impact",))
_REFLECTED: Final = (("T1498.002",), ("impact",))
RULES: Final[dict[int, Rule]] = {
    findings.VERTICAL: Rule(
        "network-port-scan", "Port scan", "medium", "scan", *_SCAN,
        "{source} tried {total} times to reach ports of {target} ({with_}) in {span}; hardly any answered",
    ),
    findings.HORIZONTAL: Rule(
        "network-host-sweep", "Sweep over hosts", "medium", "scan", *_SCAN,
        "{source} tried {total} hosts ({with_}) in {span}; hardly any answered",
    ),
    findings.SLOW: Rule(
        "network-slow-scan", "Slow scan", "medium", "scan", *_SCAN,
        "{source} tried {total} hosts and ports in {span}; hardly any answered",
    ),
    findings.STEALTH: Rule(
        "network-stealth-scan", "TCP flags that no system sends", "medium", "scan", *_SCAN,
        "{source} sent {total} packets to {target} with TCP flags that no system sends, in {span}",
    ),
    findings.SYN_FLOOD: Rule(
        "network-syn-flood", "SYN flood", "high", "flood", *_FLOOD,
        "{target} got {total} connection requests in {span} that became no connections, {source}",
    ),
    findings.UDP_FLOOD: Rule(
        "network-udp-flood", "UDP flood", "high", "flood", *_FLOOD,
        "{target} got {total} UDP packets in {span} that it did not answer, {source}",
    ),
    findings.ICMP_FLOOD: Rule(
        "network-icmp-flood", "ICMP flood", "high", "flood", *_FLOOD,
        "{target} got {total} ICMP packets in {span}, {source}",
    ),
    findings.ACK_FLOOD: Rule(
        "network-ack-flood", "ACK flood", "high", "flood", *_FLOOD,
        "{target} got {total} TCP packets of no connection in {span}, {source}",
    ),
    findings.IP_FLOOD: Rule(
        "network-packet-flood", "Packet flood", "high", "flood", *_FLOOD,
        "{target} got {total} packets of other protocols or fragments in {span}, {source}",
    ),
    findings.CARPET: Rule(
        "network-carpet-bombing", "Carpet bombing", "high", "flood", *_FLOOD,
        "hosts of {network} got {total} packets together in {span} ({with_}) that they did not answer, each of them few",
    ),
    findings.HTTP_FLOOD: Rule(
        "network-http-flood", "HTTP flood", "high", "flood", ("T1499.002",), ("impact",),
        "{source} sent {total} HTTP requests to {target} in {span}",
    ),
    findings.NAMES_FLOOD: Rule(
        "network-dns-flood", "Flood of DNS queries", "high", "flood", ("T1499.002",), ("impact",),
        "{target} was asked for {total} names below one domain, hardly any twice, in {span}, {source}",
    ),
    findings.DHCP_FLOOD: Rule(
        "network-dhcp-flood", "DHCP flood", "high", "flood", ("T1499",), ("impact",),
        "{total} DHCP requests in {span}, {source}: somebody takes all addresses",
    ),
    findings.UDP_REFLECTION: Rule(
        "network-udp-reflection", "Reflection of UDP answers", "high", "reflection", *_REFLECTED,
        "{target} got {total} answers in {span} to questions that it did not ask",
    ),
    findings.TCP_REFLECTION: Rule(
        "network-tcp-reflection", "Reflection of SYN-ACK", "high", "reflection", *_REFLECTED,
        "{target} got {total} SYN-ACK in {span} for connections that it did not begin",
    ),
    findings.GUESSING: Rule(
        "network-login-connections", "Many connections to a login service", "medium", "authentication", ("T1110",),
        ("credential-access",),
        "{source} made {total} connections to port {port} of {target} in {span}; about as much was said in each, as to who is refused",
    ),
    findings.DECOYS: Rule(
        "network-decoy-scan", "Scan with decoys", "medium", "scan", *_SCAN,
        "{usual} addresses tried the same ports of {target} in the same seconds ({with_}), {total} times in {span}; at most "
        "one of them is real",
    ),
    findings.BEACON: Rule(
        "network-beacon", "Beacon", "low", "beacon", ("T1071", "T1029"), ("command-and-control",),
        "{source} turned to port {port} of {target} {total} times in {span}, every {every}, with about the same each time",
    ),
    findings.SLOW_HTTP: Rule(
        "network-slow-http", "Slow HTTP", "high", "flood", ("T1499.002",), ("impact",),
        "{source} holds {total} connections to port {port} of {target} open, in which requests or answers do not come to an end",
    ),
    findings.EXHAUSTION: Rule(
        "network-connection-exhaustion", "Exhaustion of connections", "high", "flood", ("T1499.002",), ("impact",),
        "{source} holds {total} connections to port {port} of {target} open, in which nothing is answered",
    ),
    findings.PACKET_RATE: Rule(
        "network-packet-rate", "Unusual rate of packets", "low", "anomaly", ("T1498",), ("impact",),
        "{whose} {total} packets a second for {span}; {usual} are usual",
    ),
    findings.BYTE_RATE: Rule(
        "network-byte-rate", "Unusual rate of bytes", "low", "anomaly", ("T1498", "T1048"), ("impact", "exfiltration"),
        "{whose} {total} bytes a second for {span}; {usual} are usual",
    ),
    findings.TUNNEL: Rule(
        "network-dns-tunnel", "Data in the names of DNS queries", "high", "tunnel", ("T1071.004", "T1048.003"),
        ("command-and-control", "exfiltration"),
        "{source} asked {target} for {total} long names, hardly any twice, in {span}",
    ),
    findings.ARP_SPOOFING: Rule(
        "network-arp-spoofing", "ARP spoofing", "high", "spoofing", ("T1557.002",), ("credential-access", "collection"),
        "the card {card}{own} told {target} that it is {claimed}, though nobody asked, {total} times in {span}",
    ),
}  # fmt: skip
"""By what was found."""
WORM: Final = Rule(
    "network-worm", "Host that looks for others to infect", "high", "malware", ("T1210", "T1595.001"), ("lateral-movement",),
    "{source}, an address of the inside, tried {total} hosts of the Internet on port {port}, through which worms spread, in {span}",
)
"""Such a sweep: nobody inside has reason for one."""


class State:
    """Conversations, sources and targets that are remembered, and the seed of their places.

    The arrays change in place: a detector of packets cannot copy them for every batch.
    """

    def __init__(self, settings: Settings, seed: int) -> None:
        self.seed = np.uint64(seed)
        self.limits = settings.limits()
        self.flows: Table = table(FLOW, 2 * settings.max_tracked_ips)
        self.actors: Table = table(ACTOR, settings.max_tracked_ips)
        self.patient: Table = table(ACTOR, settings.max_tracked_ips)
        self.targets: Table = table(TARGET, settings.max_tracked_ips)
        self.rhythms: Table = table(RHYTHM, settings.max_tracked_ips // 4)
        self.rates = empty(RATE, settings.max_tracked_ips // 4)
        self.services = known()
        self.ahead = np.zeros(AHEAD, MARKS)
        self.found = np.zeros(ROOM, findings.FOUND)


def step(state: State, batch: PacketBatch, records: npt.NDArray[Any]) -> list[Alert]:
    """Alert parts that these packets make, in the order of the packets; `state` is then behind them.

    Args:
        records: of `batch`, of dtype PACKET. Batches of one source come in its order.
    """
    alerts: list[Alert] = []
    row = 0
    while row < len(records):
        row, count = watch(
            batch.data, records, row, state.flows, state.actors, state.patient, state.targets, state.rhythms,
            state.rates, state.seed, state.limits, state.services, state.ahead, state.found,
        )  # fmt: skip
        alerts += [_alert(batch, records, finding) for finding in state.found[:count]]
    return alerts


def _alert(batch: PacketBatch, records: npt.NDArray[Any], finding: Any) -> Alert:
    six = bool(finding["six"])
    source = address(finding["source_high"], finding["source_low"], six=six) if finding["named"] else None
    target = address(finding["target_high"], finding["target_low"], six=six) if finding["aimed"] else None
    rule = WORM if _worm(finding) else RULES[int(finding["what"])]
    network = _network(finding) if finding["what"] == findings.CARPET else ""
    first, last = sorted((_moment(finding["first"]), _moment(finding["last"])))
    begun = str(int(finding["begun"]))
    told = source or "from many sources, which may be forged"
    if rule.alert_class == "flood" and source and rule.text.startswith("{t"):
        told = f"most of them from {source}"
    row = int(finding["row"])
    number = batch.first + row
    return Alert(
        timestamp=last,
        id=alert_id(rule.id, source or "", target or network, begun),
        rule_id=rule.id,
        rule_name=rule.name,
        level=rule.level,
        rule_source="network",
        alert_class=rule.alert_class,
        techniques=rule.techniques,
        tactics=rule.tactics,
        source_ip=source,
        destination_ip=target,
        proven=bool(finding["proven"]),
        count=int(finding["count"]),
        first_seen=first,
        last_seen=last,
        message=rule.text.format(
            source=told, target=target or "several hosts", total=f"{int(finding['total']):,}", port=int(finding["port"]),
            span=_span(last - first), with_=_BEGUN_WITH[int(finding["kind"])],
            usual=f"{int(finding['usual']):,}", every=_span(timedelta(microseconds=int(finding["usual"]) // 1000)),
            network=network, card=_card(finding["usual"]), claimed=address(0, finding["about"], six=False),
            own=f" of {source}" if source else "",
            whose=f"{source} sent" if source else f"port {int(finding['port'])} of {target} got",
        ),
        entities=tuple(("ip", each) for each in (source, target) if each),
        evidence=(Evidence(f"{batch.source}-{number}", batch.path, number, describe(records[row])),),
    )  # fmt: skip


def _worm(finding: Any) -> bool:
    if finding["what"] != findings.HORIZONTAL or finding["kind"] != findings.SYN or int(finding["port"]) not in SPREADING:
        return False
    kind = IP6 if finding["six"] else IP4
    source, target = ((finding[f"{side}_high"], finding[f"{side}_low"]) for side in ("source", "target"))
    return bool(inside(*source, kind)) and not inside(*target, kind)


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{max(1, round(seconds * 1000))} ms"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _network(finding: Any) -> str:
    six = bool(finding["six"])
    return f"{address(finding['target_high'], finding['target_low'], six=six)}/{64 if six else 24}"


def _card(number: Any) -> str:
    return int(number).to_bytes(8, signed=True)[2:].hex(":")


def _moment(nanoseconds: Any) -> datetime:
    return _EPOCH + timedelta(microseconds=max(0, int(nanoseconds)) // 1000)


_FLAGS: Final = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
_NAMES: Final = {1: "ICMP", 6: "TCP", 17: "UDP", 132: "SCTP", 58: "ICMPv6"}


def describe(record: Any) -> str:
    """One packet in a line: `203.0.113.9:40112 > 192.0.2.10:22 TCP SYN, 60 bytes`."""
    kind = int(record["kind"])
    if kind == ARP:
        asks = f"ARP operation {int(record['source_port'])}"
        return f"{address(0, record['source_low'], six=False)} > {address(0, record['target_low'], six=False)} {asks}"
    if kind not in (IP4, IP6):
        return f"no IP, {int(record['wire'])} bytes"
    protocol = int(record["protocol"])
    ends = []
    for side in ("source", "target"):
        text = address(record[f"{side}_high"], record[f"{side}_low"], six=kind == IP6)
        port = int(record[f"{side}_port"])
        ends.append(f"[{text}]:{port}" if kind == IP6 and protocol in (6, 17, 132) else text)
        if kind == IP4 and protocol in (6, 17, 132):
            ends[-1] = f"{text}:{port}"
    what = _NAMES.get(protocol, f"protocol {protocol}")
    if protocol == 6:
        flags = [name for bit, name in enumerate(_FLAGS) if int(record["flags"]) >> bit & 1]
        what += " " + (" ".join(flags) or "without flags")
    elif protocol in (1, 58):
        what += f" type {int(record['source_port'])} code {int(record['target_port'])}"
    inner = f", in {int(record['tunnels'])} tunnels" if record["tunnels"] else ""
    return f"{' > '.join(ends)} {what}, {int(record['wire'])} bytes{inner}"
