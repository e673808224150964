r"""A JSON object behind a time and a host alone, as log streams of content networks and relays send it: no program.

    2026-02-01T10:24:12.613304+00:00 192.0.2.7  { "timestamp": "...", "client_ip": "203.0.113.9", ... }

Source: Fastly "Log streaming: Syslog"; rsyslog templates with %msg% alone.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import time
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import STAMP
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 26
ENVELOPE: Final = True
SIGN: Final = rf"^(?:<\d{{1,3}}>)?(?:1 )?(?:{STAMP}) [^\s{{\"]+ +\{{.*\}}\s*$"
PATTERNS: Final = (
    Pattern(
        rf"^(?:<\d{{1,3}}>)?(?:1 )?(?P<stamp>{STAMP}) (?P<host.name>[^\s{{\"]+) +(?P<message>\{{.*\}})\s*$"
    ),
)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """The object as `message`."""
    events = apply(frame, PATTERNS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    return Read([(Logsource(), time.stamp(events, "stamp", context))], no_rejects())
