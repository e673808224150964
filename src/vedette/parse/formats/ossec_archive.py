r"""Wazuh's and OSSEC's archives.log: each event behind the time and the way by which it came.

    2026 Feb 01 10:24:12 manager->192.0.2.7 Feb  1 10:24:11 web1 sshd[812]: Failed password for ...
    2026 Feb 01 10:24:12 (web1) 192.0.2.7->/var/log/auth.log Feb  1 10:24:11 web1 sshd[812]: ...

Source: ossec-analysisd, OS_Store().
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import time
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 25
ENVELOPE: Final = True
SIGN: Final = r"^\d{4} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d (?:\([^)]+\) )?\S+->\S+ "
PATTERNS: Final = (
    Pattern(
        r"^(?P<year>\d{4}) (?P<day>[A-Z][a-z]{2} \d\d) (?P<clock>\d\d:\d\d:\d\d) (?:\((?P<host.name>[^)]+)\) )?"
        r"\S+->\S+ (?P<message>(?s:.*))$"
    ),
)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """The event itself as `message`."""
    events = apply(frame, PATTERNS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    stamp = pl.concat_str("day", "year", "clock", separator=" ").alias("stamp")
    events = time.stamp(events.with_columns(stamp).drop("year", "day", "clock"), "stamp", context)
    return Read([(Logsource(), events)], no_rejects())
