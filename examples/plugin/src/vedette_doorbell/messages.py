r"""doorbelld, an invented door bell with a keypad.

    wrong code for ann at keypad 192.0.2.17
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("doorbelld",)
SIGN: Final = None
LOGSOURCE: Final = Logsource(service="doorbell")

_LOGIN: Final = {"event.category": "authentication", "event.action": "login", "service.name": "doorbell"}
PATTERNS: Final = (
    Pattern(r"^wrong code for (?P<user.name>.*) at keypad (?P<source.address>\S+)$", {**_LOGIN, "event.outcome": "failure"}),
    Pattern(r"^opened for (?P<user.name>.*) at keypad (?P<source.address>\S+)$", {**_LOGIN, "event.outcome": "success"}),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """The messages about codes."""
    return apply(frame, PATTERNS)
