"""Risk of an incident: how bad its alerts are, how far the attack came, whether it succeeded, how long ago.

Each rule counts once, by its worst alert, with a little more for repetition: a thousand alerts of one noisy rule must
not outweigh three stages of an attack. Weights combine like independent chances (1 - product of (1 - w)).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from pydantic import Field

from vedette.incidents.marks import RANK, Marks, marks
from vedette.model.alert import LEVELS, Alert, Class, Level
from vedette.model.settings import Duration, Settings


class Risk(Settings):
    half_life: Duration = Field(timedelta(hours=12), gt=timedelta(0))
    """After this long without a repetition, what an alert adds to the score has halved."""


class Score(NamedTuple):
    """`value` 0 to 100 at the time asked for; `level` without decay; `reasons` in words, most important first."""

    value: float
    level: Level
    reasons: tuple[str, ...]


WEIGHT: Final[dict[Level, float]] = {"informational": 0.02, "low": 0.10, "medium": 0.30, "high": 0.55, "critical": 0.80}
REPEATED: Final = 0.25  # the most that repetition adds, as a share of what is missing to certainty
STAGE: Final = 0.15  # what each further tactic takes away from the chance that all is well
SUCCESS: Final = 0.60  # the same for a login that succeeded after guessing
DOOR: Final = frozenset({"reconnaissance", "resource-development", "credential-access", "initial-access"})
KNOCKING: Final = 85.0  # the most for an attack of which nothing says that it came through the door
_ANY: Final = datetime(1970, 1, 1, tzinfo=UTC)
BANDS: Final[tuple[tuple[float, Level], ...]] = ((90, "critical"), (70, "high"), (40, "medium"), (15, "low"))


class Outline(NamedTuple):
    """What is judged and told of the alerts of one incident rests on this.

    Attributes:
        success: the alert that shows a login which succeeded after guessing by the same peer or for the same account.
        stages: tactics that the alerts speak of, each once, in the course of an attack.
    """

    alerts: Sequence[Alert]
    success: Alert | None
    stages: tuple[str, ...]


def outline(alerts: Sequence[Alert]) -> Outline:
    """At least one alert, in the order in which they came."""
    known = [(alert, marks(alert)) for alert in alerts]
    stages = sorted({(mark.place, mark.stage) for _, mark in known if mark.stage})
    return Outline(alerts, _success(known), tuple([stage for _, stage in stages]))


def _success(known: Sequence[tuple[Alert, Marks]]) -> Alert | None:
    entries = [(alert, mark.guessing) for alert, mark in known if mark.entering]
    if not entries:
        return None
    begun: dict[object, datetime] = {}
    for alert, mark in known:
        if mark.guessing:
            for key in _guessers(alert):
                begun[key] = min(begun.get(key, alert.first_seen), alert.first_seen)
    for alert, itself in entries:
        known_from = [begun[key] for key in _guessers(alert) if key in begun]
        known_from += [alert.first_seen] if itself else []
        if any(since <= alert.last_seen for since in known_from):
            return alert
    return None


def _guessers(alert: Alert) -> list[object]:
    """By what a guess and a login know each other: the peer, the account on its host."""
    found: list[object] = [alert.source_ip] if alert.source_ip is not None else []
    return [*found, (alert.user_name, alert.host_name)] if alert.user_name is not None else found


class _Part(NamedTuple):
    """What the alerts of one rule are worth: by level the time of the latest, and the share that repetition adds."""

    latest: dict[Level, datetime]
    more: float


def _parts(alerts: Sequence[Alert]) -> list[_Part]:
    counts: dict[str, int] = {}
    latest: dict[str, dict[Level, datetime]] = {}
    for alert in alerts:
        rule, level, last = alert.rule_id, alert.level, alert.last_seen
        counts[rule] = counts.get(rule, 0) + 1
        levels = latest.setdefault(rule, {})
        if level not in levels or last > levels[level]:
            levels[level] = last
    return [_Part(levels, REPEATED * (1 - 1 / (1 + math.log2(counts[rule])))) for rule, levels in latest.items()]


def _chance(weights: Iterable[tuple[float, float]]) -> float:
    """The combined chance, given for each rule what its worst alert weighs and what repetition adds."""
    well = 1.0
    for worst, more in weights:
        well *= 1 - (worst + worst * (1 - worst) * more)
    return 1 - well


def score(outline: Outline, settings: Risk, now: datetime, least: Level = "informational") -> Score | None:
    """What the alerts of one incident amount to at `now` (event time; alerts from after it count in full).

    None where that is less than the level `least`.
    """
    alerts, success, stages = outline
    worst = max([RANK[alert.level] for alert in alerts])
    # A pile of small things is at most one step worse than the worst of them, unless the attack came through.
    ceiling = min(worst + (2 if success else 1), len(LEVELS) - 1)
    if ceiling < RANK[least]:
        return None
    parts = _parts(alerts)
    fresh = _chance([(max([WEIGHT[level] for level in latest]), more) for latest, more in parts])
    knocking = not success and DOOR.issuperset(stages)

    def raised(raw: float) -> float:
        # Progress and success are worth what the alerts behind them are still worth, so they decay with them.
        share = raw / fresh if fresh else 0.0
        well = (1 - raw) * (1 - STAGE * share) ** max(len(stages) - 1, 0)
        value = 100 * (1 - well * (1 - SUCCESS * share if success else 1))
        return min(value, KNOCKING) if knocking else value

    undecayed = raised(fresh)
    level: Level = next((name for floor, name in BANDS if undecayed >= floor), "informational")
    level = LEVELS[min(max(RANK[level], worst), ceiling)]
    if RANK[level] < RANK[least]:
        return None
    # Of alerts of one level, the latest has decayed the least.
    decayed = _chance(
        [
            (
                max(
                    [WEIGHT[name] * 0.5 ** max((now - last) / settings.half_life, 0.0) for name, last in latest.items()]
                ),
                more,
            )
            for latest, more in parts
        ]
    )

    reasons = [f"worst alert: {LEVELS[worst]}"]
    if success:
        reasons.insert(0, "a login succeeded after credentials had been guessed")
    if len(stages) > 1:
        reasons.insert(0, f"{len(stages)} stages of an attack: {', '.join(stages)}")
    if knocking and undecayed == KNOCKING:
        reasons.append("nothing says that the attack came through")
    rules = {alert.rule_id for alert in alerts}
    if len(rules) > 1:
        reasons.append(f"{len(rules)} different rules agree")
    return Score(round(raised(decayed), 1), level, tuple(reasons))


def is_below(alerts: Mapping[str, Alert], least: Level) -> bool:
    """Whether `score` says None, where that is cheap to see: most incidents of a scan are one mild alert, and a rule has many."""
    if len(alerts) != 1:
        return False
    (alert,) = alerts.values()
    known = _Kind(alert.level, alert.tactics, alert.techniques, alert.alert_class)
    return alert.first_seen <= alert.last_seen and _is_below(known, least)


class _Kind(NamedTuple):
    """What the level of one alert by itself depends on."""

    level: Level
    tactics: tuple[str, ...]
    techniques: tuple[str, ...]
    alert_class: Class


@lru_cache(4096)
def _is_below(kind: _Kind, least: Level) -> bool:
    level, tactics, techniques, alert_class = kind
    alert = Alert(
        timestamp=_ANY, id="", rule_id="", rule_name="", level=level, rule_source="sigma", alert_class=alert_class,
        techniques=techniques, tactics=tactics, first_seen=_ANY, last_seen=_ANY, message="",
    )  # fmt: skip
    return score(outline([alert]), Risk(), _ANY, least) is None
