"""One alert a row (RFC 4180). A cell that a spreadsheet would run as a formula begins with an apostrophe."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Final

from vedette.model.alert import Alert
from vedette.model.findings import Findings
from vedette.model.text import safe

INCIDENTS: Final = False
"""It tells of alerts alone."""

COLUMNS: Final = (
    "timestamp", "rule.level", "rule.name", "rule.id", "rule.source", "alert.class", "threat.technique.id",
    "source.ip", "destination.ip", "user.name", "host.name", "event.count", "first_seen", "last_seen", "message",
    "log.file.path", "log.offset", "alert.id",
)  # fmt: skip

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""OWASP: CSV injection; the last four are the wide forms of the first four."""


_ACTING: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control and direction characters that a terminal would obey; in a cell lines may end and tabs stand."""


def cell(value: object) -> str:
    """Text of a cell, safe to open in a spreadsheet and to show on a terminal."""
    text = "" if value is None else _ACTING.sub(lambda found: safe(found[0]), str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text


def render(findings: Findings) -> Iterator[str]:
    """Header, then rows."""
    return table(findings.alerts)


def table(alerts: Iterable[Alert]) -> Iterator[str]:
    """The same of any alerts."""
    yield row(COLUMNS)
    for a in alerts:
        first = a.evidence[0] if a.evidence else None
        yield row(
            (a.timestamp.isoformat(), a.level, a.rule_name, a.rule_id, a.rule_source, a.alert_class,
             " ".join(a.techniques), a.source_ip, a.destination_ip, a.user_name, a.host_name, a.count,
             a.first_seen.isoformat(), a.last_seen.isoformat(), a.message,
             first.path if first else "", first.offset if first else "", a.id)
        )  # fmt: skip


def row(values: Iterable[object]) -> str:
    """One line with its end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([cell(v) for v in values])
    return out.getvalue()
