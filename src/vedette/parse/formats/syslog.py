r"""System log lines: what rsyslog, syslog-ng, busybox, systemd and the BSDs write to files and send to the network.

    Feb  1 10:24:12 web1 sshd[812]: Failed password for root from 203.0.113.45 port 51122 ssh2
    <86>Feb  1 10:24:12 web1 sshd[812]: Failed password ...
    2026-02-01T10:24:12.123456+00:00 web1 sshd[812]: Failed password ...
    Feb  1 10:24:12 <4.3> web1 sshd[812]: error: ...          FreeBSD syslogd -v; -vv writes <auth.err>
    Sun Feb  1 10:24:12 2026 authpriv.warn dropbear[812]: ... OpenWrt logread
    Feb  1 10:24:12 web1 last message repeated 2 times

Source: RFC 3164 section 4.1; rsyslog's RSYSLOG_TraditionalFileFormat and RSYSLOG_FileFormat; syslogd(8) of FreeBSD.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import time
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply
from vedette.parse.rows import among

ORDER: Final = 100
ENVELOPE: Final = True
NESTED: Final = True

_PRI: Final = r"(?:<(?P<log.syslog.priority>\d{1,3})>)?"
_CLASSIC: Final = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?"
_ISO: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
_ISO_LOOSE: Final = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d|UTC|GMT|CES?T))?"
_CLASSIC_LOOSE: Final = (
    r"(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"(?: (?:UTC|GMT|[CEMP][SD]T|CEST|BST|\d{4}))?"
)
_FACILITY: Final = (
    r"(?:<(?:\d{1,2}\.\d|[a-z]+\d?\.[a-z]+)> +"
    r"|[a-z]+\d?\.(?:emerg|panic|alert|crit|err|error|warn|warning|notice|info|debug) +)"
)
_LEVEL: Final = f"{_FACILITY}?"
_HOST: Final = r"(?P<host.name>[\w*](?:[^\s\[\]<>(){}|=\"':,;/]|:[^\s\[\]<>(){}|=\"'])*)"
_PLAIN_HOST: Final = r"(?P<host.name>[\w*][\w.-]*)"
_NAME: Final = r"(?P<process.name>[0-9]{0,4}-?[A-Za-z_/][^\s:\[\]()<>=|\"',]*)"
_PID: Final = r"\[(?P<process.pid>\d{1,10})\]"
_CONTEXT: Final = r"(?:\([^()\s]+\))?"
# Some write no colon after a program that they name with a pid, some put the name into brackets.
_TAG: Final = (
    rf"(?:\(?{_NAME}\)?{_CONTEXT} ?(?:\[(?P<process.pid>\d{{1,10}})(?:[^\]\s]*)?\]:? *|\[[^\]\s]+\]: *|:(?: +|$))"
    r"|{bracketed}|{context})"
)
_BRACKETED: Final = r"\[(?P<tag>[A-Za-z_][^\s\[\]]*)\](?:\[(?P<tag_pid>\d{1,10})\])?:? +"
_WITH_CONTEXT: Final = r"(?P<tagged>[A-Za-z_][^\s:\[\]()<>=|]*)\([\w:.-]+\)(?:\[(?P<tagged_pid>\d{1,10})\])? +"
_ANY_TAG: Final = _TAG.replace("{bracketed}", _BRACKETED).replace("{context}", _WITH_CONTEXT)
_PID_TAG: Final = rf"\(?{_NAME}\)?{_CONTEXT}{_PID}:? *"
_OPEN, _CLOSE = r"\[?", r"\]?:? +"

_PATTERNS: Final = tuple(
    Pattern(rf"^(?P<head>{head} *)")
    for head in (
        # Nearly every line; written so that one pass without a second thought reads it.
        rf"{_PRI}(?P<stamp>{_CLASSIC}) {_PLAIN_HOST} (?P<process.name>[A-Za-z_][\w./-]*)(?:{_PID})?: ",
        rf"{_PRI}(?P<stamp>{_ISO}) {_PLAIN_HOST} (?P<process.name>[A-Za-z_][\w./-]*)(?:{_PID})?: ",
        rf"{_PRI}{_OPEN}(?P<stamp>{_CLASSIC_LOOSE}){_CLOSE}{_FACILITY}{_ANY_TAG}",
        rf"{_PRI}{_OPEN}(?P<stamp>{_CLASSIC_LOOSE}){_CLOSE}{_LEVEL}{_HOST} +{_LEVEL}{_ANY_TAG}",
        # A program's own log may put a colon behind such a stamp; then words follow, no machine.
        rf"{_PRI}{_OPEN}(?P<stamp>{_ISO})\]? +{_LEVEL}{_HOST} +{_LEVEL}{_ANY_TAG}",
        rf"{_PRI}{_OPEN}(?P<stamp>{_ISO_LOOSE})\]? +{_LEVEL}{_HOST} +{_LEVEL}{_PID_TAG}",
        # No host: OpenWrt, busybox, containers.
        rf"{_PRI}{_OPEN}(?P<stamp>{_CLASSIC_LOOSE}){_CLOSE}{_LEVEL}{_ANY_TAG}",
        rf"{_PRI}{_OPEN}(?P<stamp>{_ISO_LOOSE}){_CLOSE}{_LEVEL}{_PID_TAG}",
        # No program: what other machines send, CEF for example.
        rf"<(?P<log.syslog.priority>\d{{1,3}})>(?P<stamp>{_ISO_LOOSE}):? {_HOST} ",
        rf"<(?P<log.syslog.priority>\d{{1,3}})>(?P<stamp>{_CLASSIC_LOOSE}):? +{_HOST} ",
        rf"{_PRI}(?P<stamp>{_CLASSIC}):? +{_LEVEL}{_HOST}(?: |$)",
        rf"<(?P<log.syslog.priority>\d{{1,3}})>{_NAME}(?:{_PID})?: ",
    )
)
SIGN: Final = (
    r"^(?:<\d{1,3}>)?(?:\[?(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d"
    r"|\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|[A-Za-z_/][^\s:\[\]]*(?:\[\d{1,10}\])?: )"
)

_LEVELS: Final = (
    "trace", "debug", "info", "information", "notice", "warn", "warning", "error", "err", "critical", "crit", "alert",
    "emergency", "emerg", "fatal", "panic", "severe", "fine", "log", "verbose",
)  # fmt: skip
_REPEATED: Final = r"^last message repeated (\d{1,9}) times?"


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Header fields and `message`; nothing is rejected: what does not fit goes on to the other formats."""
    events = _by_machines(apply(frame, _PATTERNS, "raw"))
    if events.is_empty():
        return Read([], no_rejects())
    if "stamp" not in events.columns:
        events = events.with_columns(stamp=pl.lit(None, pl.String()))
    raw = among(frame, events["line"])
    events = _message(events.with_columns(raw["raw"]).with_columns(message=_rest()).drop("raw", "head"))
    return Read([(Logsource(product="linux", service="syslog"), time.stamp(events, "stamp", context))], no_rejects())


def _by_machines(events: pl.DataFrame) -> pl.DataFrame:
    """Without those that have something else in the place of a machine."""
    if "host.name" not in events.columns:
        return events
    hosts = events["host.name"].unique().drop_nulls()
    # `2026-02-01T10:24:12Z ERROR auth: ...` is a program's own log, and ERROR no machine.
    levels = hosts.filter(hosts.str.to_lowercase().is_in(_LEVELS))
    wrong = [pl.col("host.name").is_in(levels.implode())] if len(levels) else []
    if "tag" in events.columns:
        # Nor is `2026-02-01T10:24:12.123456Z 12 [Note] ...`, where 12 is a thread, as MySQL and others write.
        thread = pl.col("host.name").str.contains("^[0-9]+$")
        wrong.append(thread & pl.col("tag").str.to_lowercase().is_in((*_LEVELS, "note", "system")))
    return events.filter(~pl.any_horizontal(each.fill_null(False) for each in wrong)) if wrong else events


def _rest() -> pl.Expr:
    """What follows the head; neither engine has to walk over it."""
    return pl.col("raw").str.strip_prefix(pl.col("head"))


def _message(events: pl.DataFrame) -> pl.DataFrame:
    """Program names in one column and without their folder; the kernel's uptime and Solaris' ids off the message."""
    for column in ("tag", "tagged"):
        if column in events.columns:
            pid = pl.col(f"{column}_pid").cast(pl.Int64, strict=False)
            name = pl.coalesce("process.name", column).alias("process.name")
            events = events.with_columns(name, pl.coalesce("process.pid", pid).alias("process.pid"))
            events = events.drop(column, f"{column}_pid")
    message = events["message"]
    if "process.name" in events.columns and events["process.name"].str.starts_with("/").any():
        events = events.with_columns(pl.col("process.name").str.replace(r"^/.*/([^/]+)$", "$1"))
    if message.str.starts_with("[").any():
        lead = r"^(?:\[ *[0-9]+\.[0-9]+\]|\[ID [0-9]+ [0-9A-Za-z_.]+\]) *"
        events = events.with_columns(pl.col("message").str.replace(lead, ""))
    if events["message"].str.starts_with("last message repeated").any():
        count = pl.col("message").str.extract(_REPEATED.replace(r"\d", "[0-9]"), 1).cast(pl.Int64, strict=False)
        action = pl.when(count.is_not_null()).then(pl.lit("repeated"))
        events = events.with_columns(count.alias("event.count"), action.alias("event.action"))
    return events
