"""Analysis: what logs or an incident come to, in words, with the evidence for each. The JSON form is a public contract.

{"threat.level": "critical", "headline": "...", "summary": ["..."],
 "findings": [{"finding.id": "F1", "type": "account-takeover", "category": "brute-force", "severity": "critical",
               "title": "...", "deed": "...", "description": "...", "recommendation": ["..."], "technique.id": ["T1110"],
               "event.count": 144, "first_seen": "...", "last_seen": "...", "indicators": [{"type": "address", "value": "..."}],
               "alert.id": ["..."], "incident.id": "...", "evidence": [<model.alert.Evidence>]}],
 "story": [{"at": "...", "until": "...", "text": "...", "finding.id": "F1"}],
 "next_steps": ["..."], "notes": ["..."],
 "figures": {"records": 2000, "bytes": 210000, "not_understood": 0, "alerts": 12, "incidents": 2, "seconds": 0.8},
 "compression": {...} or null, "opinion": {...} or null}
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from vedette.model.alert import Evidence, Level

Category = Literal["ddos", "brute-force", "port-scan", "malware", "exfiltration", "other"]
CATEGORIES: Final[tuple[Category, ...]] = ("ddos", "brute-force", "port-scan", "malware", "exfiltration", "other")


class Indicator(msgspec.Struct, frozen=True, order=True):
    """Something to search for elsewhere: type `address`, `user`, `host`, `port` or `hash`."""

    type: str
    value: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, whatever number of rules say so.

    Attributes:
        type: what it is; ai.analyst.kinds lists them.
        deed: what happened, in one sentence; `description` says more of it, and what it means.
        evidence: the first records that it rests on.
        alerts, incident: where it comes from; empty and None for flows that no rule judged.
    """

    id: str = msgspec.field(name="finding.id")
    type: str
    category: Category
    severity: Level
    title: str
    deed: str
    description: str
    recommendation: tuple[str, ...]
    techniques: tuple[str, ...] = msgspec.field(name="technique.id", default=())
    count: int = msgspec.field(name="event.count")
    first_seen: datetime
    last_seen: datetime
    indicators: tuple[Indicator, ...] = ()
    alerts: tuple[str, ...] = msgspec.field(name="alert.id", default=())
    incident: str | None = msgspec.field(name="incident.id", default=None)
    evidence: tuple[Evidence, ...] = ()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence of the story, in the order of time."""

    at: datetime
    until: datetime
    text: str
    finding: str = msgspec.field(name="finding.id")


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at."""

    records: int = 0
    bytes: int = 0
    not_understood: int = 0
    formats: dict[str, int] = msgspec.field(default_factory=dict)
    alerts: int = 0
    incidents: int = 0
    seconds: float = 0.0


class Compression(msgspec.Struct, frozen=True, kw_only=True):
    """What packing the records for a model saves. `saved_usd`: by model, for reading them once; offline prices."""

    tokens_before: int
    tokens_after: int
    percent: float
    indicators_found: int
    indicators_kept: int
    left_out: int = 0
    saved_usd: dict[str, float] = msgspec.field(default_factory=dict)


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says of one finding. `severity`: what it asked for; `taken`: what was taken over of it."""

    finding: str = msgspec.field(name="finding.id")
    severity: Level
    taken: Level
    text: str
    evidence: tuple[str, ...] = msgspec.field(name="event.id", default=())


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """A model's answer beside ours, after it was checked; or why there is none.

    Attributes:
        status: `answered`, `cached`, or `none`, with the reason in `note`.
        level: what it asked for; `taken`: what was taken over of it: never lower than ours, at most one step higher.
        struck: what was taken out of its answer, and why.
        differs: where the two do not agree.
        request: the digest of what was sent, as in the audit log.
    """

    status: Literal["answered", "cached", "none"]
    model: str = ""
    note: str = ""
    level: Level | None = None
    taken: Level | None = None
    summary: str = ""
    remarks: tuple[Remark, ...] = ()
    next_steps: tuple[str, ...] = ()
    struck: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0
    request: str = ""


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """`findings` the gravest first. `notes`: what a reader must know of the limits of this answer."""

    level: Level = msgspec.field(name="threat.level")
    headline: str
    summary: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    story: tuple[Told, ...] = ()
    next_steps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    figures: Figures = Figures()
    compression: Compression | None = None
    opinion: Opinion | None = None
