r"""The kernel's ring buffer as dmesg prints it.

    [  970.699396] device eth0 entered promiscuous mode
    <6>[  970.699396] ...

The stamp counts seconds since boot, so the record carries no time. Source: dmesg(1), Linux kernel/printk.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 810
ENVELOPE: Final = True
SIGN: Final = r"^(?:<\d{1,3}>)?\[ *\d{1,9}\.\d{6}\](?:\[ *[TC]\d+\])? "
_PATTERNS: Final = (
    Pattern(
        r"^(?:<(?P<log.syslog.priority>\d{1,3})>)?\[ *(?P<uptime>\d{1,9}\.\d{6})\](?:\[ *[TC]\d+\])? (?P<message>(?s:.*))$",
        {"process.name": "kernel"},
    ),
)


def read(frame: pl.DataFrame, _context: Context) -> Read:
    """`message` of the kernel."""
    return Read([(Logsource(product="linux", service="kernel"), apply(frame, _PATTERNS, "raw"))], no_rejects())
