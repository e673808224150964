r"""Any line that begins with a time stamp, and perhaps a level: what most programs' own logs look like.

    2026-02-01 10:24:12,123 WARNING [auth] login failed for bob from 203.0.113.45
    [2026-02-01T10:24:12Z] [error] something
    2026-02-01T10:24:12.123Z  INFO 1234 --- [main] c.e.Auth : something
    INFO 2026-02-01 10:24:12 something
    E0201 10:24:12.123456 1 server.go:12] something
    W, [2026-02-01T10:24:12.123456 #17]  WARN -- : something             Ruby's Logger
    [GIN] 2026/02/01 - 10:24:12 | something                              a name before the stamp
      1234:20260201:102412.123 something                                 Zabbix
    1234:M 01 Feb 2026 10:24:12.123 * something                          Redis
    10:24:12.123 [main] WARN something                                   a time of day alone, as Logback's default

`message` is what follows stamp and level, for the components that know its words. A time of day alone is that of the
last day on which it was not more than AHEAD after the reference time.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import time
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 950
ENVELOPE: Final = True
NESTED: Final = True

_CLOCK: Final = r"\d{1,2}:\d\d(?::\d\d(?:[.,:]\d{1,9})?)?"
_ZONE: Final = r"(?: ?(?:Z|UTC|GMT|CES?T|[ECMP][SD]T|BST|MSK|JST|IST|[+-]\d\d:?\d\d)\b)?(?: UTC\b)?"
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DAY: Final = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? +)?"
_STAMP: Final = (
    rf"(?:{_DAY}\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?:[T_-]| {{1,2}}|, ?| - ){_CLOCK}(?: ?[AaPp][Mm]\b)?{_ZONE}"
    rf"|(?:[A-Z]{{3,4}} )?{_DAY}{_MONTH} +\d{{1,2}},?(?: +\d{{4}},?)? +{_CLOCK}(?: ?[AaPp][Mm]\b)?{_ZONE}(?: \d{{4}}\b)?"
    rf"|{_DAY}\d{{1,2}}[-/ ]{_MONTH}[-/ ]\d{{2,4}}(?:[ T]|::?| - ){_CLOCK}(?: ?[AaPp][Mm]\b)?{_ZONE}"
    rf"|{_DAY}\d{{1,2}}{_MONTH}\d{{2}} {_CLOCK}|\d{{4}}[- ]{_MONTH}[- ]\d{{1,2}}[ T:]{_CLOCK}{_ZONE}"
    rf"|{_MONTH}[-/]\d{{1,2}}[-/]\d{{2,4}} {_CLOCK}{_ZONE}|\d{{4}}:\d\d:\d\d-\d\d:\d\d:\d\d"
    rf"|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d\d)(?:[ T:]|, ?| - ){_CLOCK}(?: ?[AaPp][Mm]\b)?{_ZONE}"
    rf"|\d{{8}}[T -]?\d\d:?\d\d:?\d\d(?:[.,]\d{{1,9}})?{_ZONE}|\d{{8}}-\d{{1,2}}:\d{{1,2}}:\d{{1,2}}(?::\d{{1,3}})?"
    rf"|\d{{6}} +{_CLOCK}|\d\d[.-]\d\d {_CLOCK}|\d{{6}} \d{{6}}\b"
    r"|1[0-9]{9}(?:[0-9]{3}|[0-9]{6})?(?:\.\d{1,9})?\b|@4[0-9a-f]{23})"
)
_LEVEL: Final = (
    r"(?i:trace|debug|dbg|info|information|notice|warn|warning|wrn|err|error|eror|crit|critical|alert|emerg|emergency|fatal|panic|severe|"
    r"fine|finer|finest|config|verbose|log|inf|\[[diwef]\])"
)
_BETWEEN: Final = r"[ \t]*[,|:;-]*[ \t]*"
# A colon with a digit behind it belongs to the time of day.
_PART: Final = r"(?:[ \t,|;=-]+[ \t,|:;=-]*|:[ \t,|:;=-]+)"
_AFTER: Final = r"(?:[\])}>:|,;-]+[ \t]*|[ \t]+|$)(?:[|:-]+[ \t]+)?"
# A name or a thread in brackets, perhaps with a process's number, a letter or a short word for the level or the kind,
# a dash for none, guest and chain of Proxmox' firewall, Erlang's report heads.
_LEAD: Final = (
    r"(?:\[[^\[\]\"=]+\][ \t]*(?:[0-9]{1,10}[ \t]+-[ \t]+)?|<[A-Za-z]{1,8}>[ \t]*|<[0-9]{1,3}>[ \t]*|\([A-Z]\)[ \t]+|[A-Z][0-9A-Z_]{0,15} "
    r"|- |[0-9]{1,10} [0-7] [0-9A-Za-z_-]+ |[0-9]{1,10}:[A-Z] "
    r"|=[A-Z ]{1,40}={2,4} )"
)
_DAYTIME: Final = r"(?P<clock>\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)"
_DAYTIME_SIGN: Final = (
    rf"^(?:\[\d\d:\d\d:\d\d(?:[.,]\d{{1,9}})?\] |\d\d:\d\d:\d\d[.,]\d{{3,9}} |\d\d:\d\d:\d\d \[?{_LEVEL}\b)"
)
SIGN: Final = (
    rf"^(?:[\[(<]?(?:{_LEVEL})[\])>]?:?[ \t]+|{_LEAD})?[\[(<\"']?{_STAMP}|^[IWEF]\d{{4}} \d\d:\d\d:\d\d"
    rf"|^ *\d{{1,10}}:\d{{8}}:\d{{6}}\.\d{{3}} |^[A-Z], \[\d{{4}}-\d\d-\d\dT|{_DAYTIME_SIGN}"
)

_PATTERNS: Final = (
    Pattern(
        rf"^[\[(<\"']?(?P<stamp>{_STAMP})[\])>\"']?{_BETWEEN}[\[(<]?(?P<log.level>{_LEVEL}){_AFTER}(?P<message>(?s:.*))$"
    ),
    Pattern(rf"^[\[(<\"']?(?P<stamp>{_STAMP})[\])>\"']?(?:{_PART}|$)(?P<message>(?s:.*))$"),
    Pattern(
        rf"^[\[(<]?(?P<log.level>{_LEVEL})[\])>]?:?[ \t]+[\[(<\"']?(?P<stamp>{_STAMP})[\])>\"']?(?:{_PART}|$)(?P<message>(?s:.*))$"
    ),
    Pattern(r"^ *(?P<process.pid>\d{1,10}):(?P<stamp>\d{8}:\d{6}\.\d{3}) (?P<message>(?s:.*))$"),
    Pattern(r"^(?P<log.level>[IWEF])(?P<stamp>\d{4} \d\d:\d\d:\d\d(?:\.\d{1,6})?) +(?P<message>(?s:.*))$"),
    Pattern(
        rf"^[A-Z], \[(?P<stamp>{_STAMP}) #(?P<process.pid>\d{{1,10}})\] +(?P<log.level>[A-Z]+) -- [^:]*: "
        r"(?P<message>(?s:.*))$"
    ),
    Pattern(
        rf"^{_LEAD}[\[(<]?(?P<stamp>{_STAMP})[\])>]?{_BETWEEN}[\[(<]?(?P<log.level>{_LEVEL}){_AFTER}(?P<message>(?s:.*))$"
    ),
    # The name stays with the message: components know their program by it.
    Pattern(rf"^(?P<lead>{_LEAD})[\[(<]?(?P<stamp>{_STAMP})[\])>]?(?:{_PART}|$)(?P<message>(?s:.*))$"),
    Pattern(
        rf"^\[?{_DAYTIME}\]?{_BETWEEN}(?:\[[^\[\]]+\] +)?[\[(<]?(?P<log.level>{_LEVEL}){_AFTER}(?P<message>(?s:.*))$"
    ),
    Pattern(rf"^\[?{_DAYTIME}\]?(?:[ \t,|:;-]+|$)(?P<message>(?s:.*))$"),
    Pattern(rf"^\[?(?P<stamp>{_STAMP})\]?(?P<message>(?s:.*))$"),
)
_NAMES: Final = {
    "wrn": "warning", "warn": "warning", "err": "error", "eror": "error", "e": "error", "w": "warning", "i": "info",
    "f": "fatal", "d": "debug", "dbg": "debug", "inf": "info", "information": "info", "crit": "critical",
    "emerg": "emergency",
}  # fmt: skip


AHEAD: Final = timedelta(minutes=1)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Stamp, level and `message`; a stamp that is no time sends the record on."""
    events = apply(frame, _PATTERNS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    if "lead" in events.columns:
        named = pl.col("lead").str.starts_with("[")
        events = events.with_columns(
            pl.when(named).then(pl.col("lead") + pl.col("message")).otherwise("message").alias("message")
        ).drop("lead")
    if "clock" in events.columns:
        stamp = [pl.col("stamp")] if "stamp" in events.columns else []
        events = events.with_columns(pl.coalesce(*stamp, _dated(context)).alias("stamp")).drop("clock")
    events = time.stamp(events, "stamp", context)
    events = events.filter(pl.col("@timestamp").is_not_null())
    if "log.level" in events.columns:
        level = pl.col("log.level").str.to_lowercase().str.strip_chars("[]")
        events = events.with_columns(level.replace(_NAMES).alias("log.level"))
    return Read([(Logsource(), events)], no_rejects())


def _dated(context: Context) -> pl.Expr:
    """`clock` with the last day on which it was not after the reference time, but for AHEAD."""
    last: datetime = (context.reference + AHEAD).astimezone(ZoneInfo(context.zone))
    days = (f"{day:%Y-%m-%d} " for day in (last, last - timedelta(days=1)))
    today, yesterday = (pl.lit(day) + pl.col("clock") for day in days)
    return pl.when(pl.col("clock").str.slice(0, 8) <= f"{last:%H:%M:%S}").then(today).otherwise(yesterday)
