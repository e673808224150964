"""How it is told that something listed was seen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from vedette.detect.intel.known import Hit, How, rule_id
from vedette.model.alert import ENTITIES_KEPT, Alert, Class, Evidence, alert_id
from vedette.model.indicator import IndicatorKind
from vedette.model.text import safe

ABOUT: Final = 200
VALUE: Final = 300
NAMES: Final[dict[IndicatorKind, str]] = {
    "network": "Traffic to a listed address",
    "domain": "Listed name",
    "url": "Listed page",
    "hash": "Listed file",
    "email": "Listed mail address",
}
VISITORS: Final[dict[How, str]] = {"from": "Traffic from a listed address", "login": "Login from a listed address"}
CLASSES: Final[dict[IndicatorKind, Class]] = {"hash": "malware"}
TECHNIQUES: Final[dict[IndicatorKind, tuple[str, ...]]] = {
    "network": ("T1071",), "domain": ("T1071",), "url": ("T1071",), "email": ("T1566",),
}  # fmt: skip
LOGIN: Final = ("T1078",)
TACTICS: Final = {"T1071": "command-and-control", "T1566": "initial-access", "T1078": "initial-access"}


class Told(NamedTuple):
    """What was seen of it, in time and number. `at`: of the first event in order."""

    at: datetime
    first: datetime
    last: datetime
    number: int
    source_ip: str | None
    destination_ip: str | None
    user_name: str | None = None
    host_name: str | None = None
    entities: Sequence[tuple[str, str]] = ()
    evidence: Sequence[Evidence] = ()


def tell(hit: Hit, value: str, key: tuple[str, ...], told: Told, how: How) -> Alert:
    """An alert part.

    Args:
        value: what the events say; the indicator may be a network or a domain around it.
        key: what makes the alert one, besides its rule.
        how: who only comes to us is everyday life of every open port, and so no more than informational.
    """
    kind, listed = hit.indicator.kind, hit.indicator.value
    techniques = TECHNIQUES.get(kind, ()) if how == "to" else LOGIN if how == "login" else ()
    rule = rule_id(hit.by.name, how)
    return Alert(
        timestamp=told.at,
        id=alert_id(rule, *key),
        rule_id=rule,
        rule_name=VISITORS.get(how) or NAMES[kind],
        level="informational" if how == "from" else hit.by.level,
        rule_source="intel",
        alert_class=CLASSES.get(kind, "indicator"),
        techniques=techniques,
        tactics=tuple(TACTICS[each] for each in techniques),
        source_ip=told.source_ip,
        destination_ip=told.destination_ip,
        user_name=told.user_name,
        host_name=told.host_name,
        count=told.number,
        first_seen=told.first,
        last_seen=told.last,
        message=f"{_thing(kind, listed, value)} is on the list {hit.by.name}" + _about(hit.indicator.about),
        entities=tuple(dict.fromkeys(told.entities))[:ENTITIES_KEPT],
        evidence=tuple(told.evidence),
    )


def _thing(kind: IndicatorKind, listed: str, value: str) -> str:
    if kind == "network":
        return safe(value, VALUE) + ("" if listed.startswith(f"{value}/") else f" in {listed}")
    return safe(listed, VALUE) + (f" ({safe(value, VALUE)})" if kind == "domain" and value.lower() != listed else "")


def _about(text: str) -> str:
    return f": {safe(text, ABOUT)}" if text else ""
