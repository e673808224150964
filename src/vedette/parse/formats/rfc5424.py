r"""Syslog as of RFC 5424, also with the octet count of RFC 6587 before it.

    <38>1 2026-02-01T10:24:12.003Z web1 sshd 812 - [timeQuality tzKnown="1"] Failed password for root from ...

Source: RFC 5424 section 6; RFC 6587 section 3.4.1.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import time
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply
from vedette.parse.rows import among

ORDER: Final = 50
ENVELOPE: Final = True
NESTED: Final = True

_DATA: Final = r'(?:\[(?:[^"\]]|"(?:[^"\\\]]|\\.|\\?\])*")*\])+'
ZONED: Final = True
# A relay that puts a head of its own before a message takes away the priority.
SIGN: Final = r"^(?:(?:\d{1,6} )?<\d{1,3}>\d{1,2}|1) (?:-|\d{4}-\d\d-\d\dT\S+) \S+ \S+ \S+ \S+ (?:-|\[)"
_PATTERNS: Final = (
    Pattern(
        r"^(?P<head>(?:(?:\d{1,6} )?<(?P<log.syslog.priority>\d{1,3})>\d{1,2}|1) (?P<stamp>\S+) (?P<host.name>\S+) "
        rf"(?P<process.name>\S+) (?P<process.pid>\S+) (?P<event.code>\S+) (?P<log.syslog.structured_data>-|{_DATA})(?: |$))"
    ),
)
_NIL: Final = ("host.name", "process.name", "event.code", "log.syslog.structured_data", "stamp")


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Header fields and `message`; what does not fit goes on to the other formats."""
    events = apply(frame, _PATTERNS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    raw = among(frame, events["line"])["raw"]
    events = events.with_columns(raw, *(pl.col(name).replace("-", None) for name in _NIL)).with_columns(
        message=pl.col("raw").str.strip_prefix(pl.col("head")).str.strip_prefix("\ufeff"),
        **{"process.name": pl.col("process.name").str.replace(r"^/.*/([^/]+)$", "$1").str.strip_suffix(":")},
    )
    events = time.stamp(events.drop("raw", "head"), "stamp", context)
    return Read([(Logsource(product="linux", service="syslog"), events)], no_rejects())
