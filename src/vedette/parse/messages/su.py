r"""su, of util-linux, shadow, coreutils, busybox and the BSDs.

    FAILED SU (to root) bob on pts/0
    - /dev/pts/0 bob:root
    BAD SU bob to root on /dev/pts/0

Source of the words: util-linux su-common.c log_syslog(); shadow su.c and sulog.c; FreeBSD su.c.
"""

from typing import Any, Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("su", "su-l", "runuser")
SIGN: Final = r"^(?:FAILED SU \(to |BAD SU |FAILED su for |Successful su for )"
LOGSOURCE: Final = Logsource(product="linux", service="su")

_SU: Final = {"event.category": "authentication", "event.action": "privilege-use", "service.name": "su"}
_AS: Final = r"(?P<user.effective.name>\S+)"
_BY: Final = r"(?P<user.name>\S*)"


def _all(outcome: str, *regexes: str) -> tuple[Pattern, ...]:
    means: dict[str, Any] = {**_SU, "event.outcome": outcome}
    return tuple(Pattern(f"^{regex}$", means) for regex in regexes)


PATTERNS: Final = (
    *_all(
        "failure",
        rf"FAILED SU \(to {_AS}\) {_BY} on \S+",
        rf"FAILED su for {_AS} by {_BY}",
        rf"- \S+ {_BY}[:-]{_AS}",
        rf"BAD SU {_BY} to {_AS} on \S+",
        rf"'su {_AS}' failed for {_BY} on \S+",
        rf"failed: \S+ changing from {_BY} to {_AS}",
    ),
    *_all(
        "success",
        rf"\(to {_AS}\) {_BY} on \S+",
        rf"Successful su for {_AS} by {_BY}",
        rf"\+ \S+ {_BY}[:-]{_AS}",
        rf"{_BY} to {_AS} on \S+",
        rf"'su {_AS}' succeeded for {_BY} on \S+",
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Who became whom, or was refused."""
    return apply(frame, PATTERNS)
