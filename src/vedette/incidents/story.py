"""The story of an incident: one plain sentence for each thing that happened, with its evidence.

Steps are ordered by ATT&CK tactic, then by time. Guessing credentials is told before the access it is meant to win,
although ATT&CK files it under credential access, which comes after: a story reads from cause to effect.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from vedette.incidents.marks import RANK, marks
from vedette.incidents.score import Outline
from vedette.model.alert import Alert, Class
from vedette.model.attack import order, tactic, technique_name
from vedette.model.incident import Step

STEPS_KEPT: Final = 50
EVIDENCE_PER_STEP: Final = 3
MESSAGE_LONGEST: Final = 300
NAME_LONGEST: Final = 80
_ENTRY: Final = order("initial-access")

_DEED: Final[dict[Class, str]] = {
    "scan": "{who} probed {where}",
    "flood": "{who} flooded {where}",
    "reflection": "reflected traffic hit {where}",
    "spoofing": "forged packets reached {where}",
    "web": "{who} attacked the web service{at}",
    "execution": "a suspicious program ran{at}{by}",
    "persistence": "a way to come back was left{at}{by}",
    "escalation": "higher rights were taken{at}{by}",
    "exfiltration": "data left{origin}{to}",
    "tunnel": "traffic was tunnelled{origin}{to}",
    "beacon": "a program called home{origin}{to}",
    "malware": "malware showed itself{at}{by}",
    "anomaly": "{who} behaved unlike before{at}",
    "indicator": "a known indicator was seen{at}{from_}",
}


def plain(text: str, longest: int = MESSAGE_LONGEST) -> str:
    """One printable line: control, direction and other invisible characters become `?`; too long is cut with `…`."""
    if len(text) <= longest and text.isprintable():
        return text
    line = "".join([char if char.isprintable() else "?" for char in text[:longest]])
    return line if len(text) <= longest else line[: longest - 1] + "…"


def _name(text: str | None, otherwise: str = "") -> str:
    return plain(text, NAME_LONGEST) if text else otherwise


def _several(names: Sequence[str | None], kind: str) -> str:
    """`a`, `a and b`, or `a and 4 other hosts`; empty when there is none."""
    if len(names) == 1:
        return _name(names[0])
    known = list(dict.fromkeys([name for name in names if name]))
    if len(known) <= 2:
        return " and ".join([_name(name) for name in known])
    return f"{_name(known[0])} and {len(known) - 1} other {kind}"


def _deed(alerts: Sequence[Alert], broke_in: bool) -> str:
    first = alerts[0]
    peer = _several([alert.source_ip for alert in alerts], "addresses")
    host = _several([alert.host_name for alert in alerts], "hosts")
    user = _several([alert.user_name for alert in alerts], "accounts")
    target = _several([alert.destination_ip for alert in alerts], "addresses")
    who = peer or user or "somebody"
    where = host or target or "the network"
    at, by = (f" on {host}" if host else ""), (f" as {user}" if user else "")
    if broke_in:
        text = f"{who} logged in{by}{at} after guessing credentials"
        return text if peer else f"a login{by}{at} succeeded after credentials had been guessed"
    if marks(first).guessing:
        return f"{who} guessed credentials" + (f" of {user}" if user and peer else "") + at
    if first.alert_class not in _DEED:
        origin = f" from {peer}" if peer else ""
        return f"{_name(first.rule_name)}{at}{by}{origin}"
    return _DEED[first.alert_class].format(
        who=who,
        where=where,
        at=at,
        by=by,
        to=f" to {target}" if target else "",
        from_=f" from {peer}" if peer else "",
        origin=f" from {host or peer}" if host or peer else "",
    )


def _times(at: datetime, until: datetime) -> str:
    begun = f"{at.hour:02}:{at.minute:02}"
    if until - at < timedelta(minutes=1):
        return begun
    ended = f"{until.hour:02}:{until.minute:02}"
    return f"{begun} to {ended}" if until.date() == at.date() else f"{begun} to {until.date()} {ended}"


# Of a long incident most steps are as they were when it was last told.
@lru_cache(1024)
def _step(alerts: tuple[Alert, ...], broke_in: bool) -> Step:
    at, until = min([alert.first_seen for alert in alerts]), max([alert.last_seen for alert in alerts])
    count = sum([alert.count for alert in alerts])
    deed = _deed(alerts, broke_in)
    techniques = tuple(dict.fromkeys([t.upper() for alert in alerts for t in alert.techniques]))
    method = next((f" ({name}, {t})" for t in techniques if (name := technique_name(t))), "")
    worst = max(alerts, key=lambda alert: RANK[alert.level])
    # What the message counts is what made the alert; more came after it.
    events = f"{count} in all" if count != 1 else "1 event"
    text = f"{_times(at, until)} {deed}{method}: {plain(worst.message)} [{events}]"
    return Step(
        at=at,
        until=until,
        tactic=marks(alerts[0]).stage,
        techniques=techniques,
        level=worst.level,
        count=count,
        text=text,
        alerts=tuple([alert.id for alert in alerts]),
        evidence=tuple([e for alert in alerts for e in alert.evidence][:EVIDENCE_PER_STEP]),
    )


def _place(alert: Alert, broke_in: bool) -> float:
    if broke_in:
        return _ENTRY
    known = marks(alert)
    return _ENTRY - 0.5 if known.guessing else known.place


class _Part(NamedTuple):
    """Alerts that are one step. In the order in which steps are told; `mildness` is less for graver ones."""

    place: float
    at: datetime
    ids: tuple[str, ...]
    mildness: int
    alerts: Sequence[Alert]
    broke_in: bool


def tell(outline: Outline) -> tuple[Step, ...]:
    """The steps: alerts of one rule and one peer are one step. Beyond STEPS_KEPT the least grave are left out."""
    joined: dict[tuple[str, str | None, bool], list[Alert]] = {}
    for alert in outline.alerts:
        joined.setdefault((alert.rule_id, alert.source_ip, alert is outline.success), []).append(alert)
    parts = [
        _Part(
            place=_place(part[0], broke_in),
            at=min([alert.first_seen for alert in part]),
            ids=tuple([alert.id for alert in part]),
            mildness=-max([RANK[alert.level] for alert in part]),
            alerts=part,
            broke_in=broke_in,
        )
        for (_, _, broke_in), part in joined.items()
    ]
    parts.sort(key=lambda part: part[:3])
    if len(parts) > STEPS_KEPT:
        gravest = sorted(parts, key=lambda part: part.mildness)[:STEPS_KEPT]
        parts = sorted(gravest, key=lambda part: part[:3])
    return tuple(_step(tuple(part.alerts), part.broke_in) for part in parts)


def title(outline: Outline) -> str:
    """A headline: what is worst, against what, and how far it went."""
    alerts, success, stages = outline
    head = success or max(alerts, key=lambda alert: (RANK[alert.level], alert.last_seen, alert.id))
    same = [alert for alert in alerts if alert.rule_id == head.rule_id]
    peers = _several([alert.source_ip for alert in same], "addresses")
    hosts = _several([alert.host_name for alert in same], "hosts")
    what = "Login after guessed credentials" if success else _name(head.rule_name, head.rule_id)
    text = what + (f" on {hosts}" if hosts else "") + (f" from {peers}" if peers else "")
    done = _ENTRY if success else marks(head).place
    later = [slug for slug in stages if order(slug) > done and not (success and slug == "credential-access")]
    names = [found.name.lower() for slug in later if (found := tactic(slug))]
    return f"{text}, then {', '.join(names)}" if names else text
