r"""A line that does not begin with its time stamp, but holds one among its first fields.

    shop-api.log 2026-02-01 10:24:12.123 4711 INFO something
    4712 node-3 unix.hw state_change 1769941452 1 something                                an epoch in a field of its own
    myserver v2.1, 2026-02-01 10:24:12 - User login failed for bob from 203.0.113.9

Asked when nothing else knew the line. The first full date with a time of day counts; the whole line is the message.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import time
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 980
ENVELOPE: Final = True

_CLOCK: Final = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_ZONE: Final = r"(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)\b)?"
_STAMP: Final = (
    rf"\d{{4}}[-/.]\d\d[-/.]\d\d[T ]{_CLOCK}{_ZONE}"
    rf"|\d{{1,2}}/[A-Z][a-z]{{2}}/\d{{4}}:{_CLOCK}{_ZONE}"
    rf"|\d{{1,2}}/\d{{1,2}}/\d{{4}},? {_CLOCK}(?: [AP]M\b)?"
    r"|1[0-9]{9}(?:\.\d{1,6})?"
)
_BEFORE: Final = r"^[^\s][^\n]{0,255}?[\s\[(\"'<=,;|]"
_BEHIND: Final = r"(?:[^0-9A-Za-z:.-]|[.,:]\s|$)"
SIGN: Final = rf"{_BEFORE}(?:{_STAMP}){_BEHIND}"
PATTERNS: Final = (Pattern(rf"{_BEFORE}(?P<stamp>{_STAMP}){_BEHIND}"),)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Time and `message`; what looks like a stamp and is no time sends the record on."""
    events = apply(frame, PATTERNS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    events = time.stamp(events, "stamp", context).filter(pl.col("@timestamp").is_not_null())
    return Read([(Logsource(), events.join(frame.select("line", message="raw"), on="line", how="left"))], no_rejects())
