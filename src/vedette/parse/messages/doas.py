r"""doas, of OpenBSD and its ports.

    bob ran command cat /etc/master.passwd as root from /home/bob
    command not permitted for bob: reboot

Source of the words: OpenBSD doas.c; OpenDoas doas.c.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("doas", "opendoas")
SIGN: Final = None
LOGSOURCE: Final = Logsource(product="linux", service="doas")

_SERVICE: Final = {"service.name": "doas"}

PATTERNS: Final = (
    Pattern(
        r"^(?P<user.name>\S+) ran command (?P<process.command_line>.*) as (?P<user.effective.name>\S+) from"
        r" (?P<process.working_directory>.*)$",
        {
            **_SERVICE,
            "event.category": "process",
            "event.type": "start",
            "event.action": "command-executed",
            "event.outcome": "success",
        },
    ),
    Pattern(
        r"^(?:command not permitted|failed command) for (?P<user.name>[^\s:]+): (?P<process.command_line>.*)$",
        {
            **_SERVICE,
            "event.category": "process",
            "event.type": "denied",
            "event.action": "command-denied",
            "event.outcome": "failure",
        },
    ),
    Pattern(
        r"^failed (?:auth|password) for (?P<user.name>\S+)$",
        {**_SERVICE, "event.category": "authentication", "event.action": "privilege-use", "event.outcome": "failure"},
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Who ran what as whom, or was not let."""
    return apply(frame, PATTERNS)
