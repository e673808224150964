"""What the ATT&CK names on an alert say of it. A rule has few of them and many alerts, so they are read once."""

from functools import lru_cache
from typing import Final, NamedTuple

from vedette.model.alert import LEVELS, Alert, Level
from vedette.model.attack import chain, order

RANK: Final[dict[Level, int]] = {level: rank for rank, level in enumerate(LEVELS)}
"""Levels to their place in LEVELS."""

_INSIDE: Final = frozenset({
    "execution", "persistence", "privilege-escalation", "stealth", "defense-impairment", "lateral-movement",
    "collection", "command-and-control", "exfiltration",
})  # fmt: skip


class Marks(NamedTuple):
    """
    stage: the first tactic in the course of an attack; None when nothing is named.
    place: where that comes in the course of an attack; one that is not named comes last.
    inside: it goes on inside what was attacked.
    guessing: credentials were being guessed (T1110).
    entering: somebody got in with credentials (T1078, or a login counted as initial access).
    """

    stage: str | None
    place: int
    inside: bool
    guessing: bool
    entering: bool


@lru_cache(4096)
def _read(tactics: tuple[str, ...], techniques: tuple[str, ...], login: bool) -> Marks:
    stage = next(iter(chain(tactics, techniques)), None)
    upper = [technique.upper() for technique in techniques]
    return Marks(
        stage=stage,
        place=order(stage or ""),
        inside=stage in _INSIDE,
        guessing=any(technique.startswith("T1110") for technique in upper),
        entering=any(technique.startswith("T1078") for technique in upper)
        or (login and "initial-access" in chain(tactics)),
    )


def marks(alert: Alert) -> Marks:
    """What the names on the alert say."""
    return _read(alert.tactics, alert.techniques, alert.alert_class == "authentication")
