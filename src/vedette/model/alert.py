"""Alert: one detector's judgement with its evidence. The JSON form is a public contract (docs/reference/alert.md)."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

import msgspec

Level = Literal["informational", "low", "medium", "high", "critical"]
LEVELS: Final[tuple[Level, ...]] = ("informational", "low", "medium", "high", "critical")
Source = Literal["sigma", "correlation", "network", "host", "anomaly", "intel"]
Class = Literal[
    "authentication", "scan", "flood", "reflection", "spoofing", "web", "execution", "persistence", "escalation",
    "exfiltration", "tunnel", "beacon", "malware", "anomaly", "indicator", "other",
]  # fmt: skip

EVIDENCE_KEPT: Final = 10
ENTITIES_KEPT: Final = 64


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One record that speaks for the alert."""

    event_id: str = msgspec.field(name="event.id")
    path: str = msgspec.field(name="log.file.path")
    offset: int = msgspec.field(name="log.offset")
    original: str = msgspec.field(name="event.original")


class Alert(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A judgement, or an addition to one: alerts with the same id are parts of one, and `fold` joins them.

    Attributes:
        timestamp: when the alert became true, in event time (UTC).
        id: from rule, group key and window: the same input gives the same id.
        techniques: ATT&CK ids, upper case: T1110.001.
        tactics: ATT&CK tactic names, as in Sigma tags: initial-access.
        proven: `source_ip` cannot have forged what this part says of it: each part is judged by its own events alone, and
            all parts of an alert are about the same source. False where nobody has looked, too.
        count: events behind this part.
        evidence: the first EVIDENCE_KEPT of them, in order.
        entities: what ties this alert to others: ("ip", "203.0.113.7"), ("user", "root"), ("host", "web1"); the first
            ENTITIES_KEPT of them, since attackers can make up any number.
    """

    timestamp: datetime = msgspec.field(name="@timestamp")
    id: str = msgspec.field(name="alert.id")
    rule_id: str = msgspec.field(name="rule.id")
    rule_name: str = msgspec.field(name="rule.name")
    level: Level = msgspec.field(name="rule.level")
    rule_source: Source = msgspec.field(name="rule.source")
    alert_class: Class = msgspec.field(name="alert.class", default="other")
    techniques: tuple[str, ...] = msgspec.field(name="threat.technique.id", default=())
    tactics: tuple[str, ...] = msgspec.field(name="threat.tactic.name", default=())
    source_ip: str | None = msgspec.field(name="source.ip", default=None)
    proven: bool = msgspec.field(name="source.proven", default=False)
    destination_ip: str | None = msgspec.field(name="destination.ip", default=None)
    user_name: str | None = msgspec.field(name="user.name", default=None)
    host_name: str | None = msgspec.field(name="host.name", default=None)
    count: int = msgspec.field(name="event.count", default=1)
    first_seen: datetime
    last_seen: datetime
    message: str
    entities: tuple[tuple[str, str], ...] = ()
    evidence: tuple[Evidence, ...] = ()


def alert_id(rule_id: str, *key: str) -> str:
    """Deterministic id: 20 hex digits of BLAKE2b over the rule and the parts of its key, unambiguously joined."""
    text = "\x1f".join((rule_id, *key))
    if text.count("\x1f") > len(key):
        text = "\x1f".join([part.replace("\x1f", "\x1f\x1f") for part in (rule_id, *key)])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def join(first: Alert, second: Alert) -> Alert:
    """Two parts of one alert as one. Associative; what names the alert is taken from the earlier part in order."""
    known = {e.event_id for e in first.evidence}
    evidence = first.evidence + tuple(e for e in second.evidence if e.event_id not in known)
    return msgspec.structs.replace(
        first,
        proven=first.proven or second.proven,
        count=first.count + second.count,
        first_seen=min(first.first_seen, second.first_seen),
        last_seen=max(first.last_seen, second.last_seen),
        entities=tuple(dict.fromkeys(first.entities + second.entities))[:ENTITIES_KEPT],
        evidence=evidence[:EVIDENCE_KEPT],
    )


def fold(alerts: Iterable[Alert]) -> list[Alert]:
    """Parts joined to whole alerts, in the order in which each first appeared."""
    whole: dict[str, Alert] = {}
    for alert in alerts:
        whole[alert.id] = join(whole[alert.id], alert) if alert.id in whole else alert
    return list(whole.values())
