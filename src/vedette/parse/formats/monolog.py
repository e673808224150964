r"""Monolog's line format: what Laravel, Symfony, Magento, Shopware and most PHP applications write.

    [2026-02-01T10:24:12.123456+00:00] security.INFO: Authenticator failed. {"username":"bob","ip":"203.0.113.9"} []

Source: Monolog\Formatter\LineFormatter: `[datetime] channel.LEVEL: message context extra`; context and extra are JSON,
`[]` where they are empty.
"""

from typing import Final

import orjson
import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.documents import any_json
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 65
ENVELOPE: Final = True
NESTED: Final = True
_STAMP: Final = r"\[(?P<stamp>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?)\]"
_LEVEL: Final = r"(?P<log.level>DEBUG|INFO|NOTICE|WARNING|ERROR|CRITICAL|ALERT|EMERGENCY)"
SIGN: Final = (
    r"^\[\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?\] [\w.-]+\."
    r"(?:DEBUG|INFO|NOTICE|WARNING|ERROR|CRITICAL|ALERT|EMERGENCY): "
)
PATTERNS: Final = (
    Pattern(rf"^{_STAMP} (?P<service.name>[\w.-]+)\.{_LEVEL}: *(?P<message>(?s:.*?))(?: (?:\[\]|\{{\}}))* *$"),
)
_WORDS: Final = ("type", "event", "action", "message", "msg")
"""Keys whose value is the message where there is none before the context."""


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Message, and the fields of its context under their own names and the schema's."""
    parts = [Columns()]
    for row in apply(frame, PATTERNS, "raw").iter_rows(named=True):
        text, found = _split(row["message"] or "")
        _, event = any_json.read(found, context)
        if not text:
            text = next((value for key in _WORDS if isinstance(value := found.get(key), str)), row["message"])
        event |= {"@timestamp": row["stamp"], "service.name": row["service.name"]}
        event |= {"log.level": row["log.level"].lower(), "message": text}
        if parts[-1].is_full():
            parts.append(Columns())
        parts[-1].add(row["line"], event)
    return Read([(Logsource(), part.frame(context)) for part in parts if part.lines], no_rejects())


def _split(text: str) -> tuple[str, Json]:
    """Message and context. The context is the last thing on the line and whole JSON; a message may hold braces too."""
    at = text.find("{")
    tries = 0
    while at >= 0 and text.endswith("}") and tries < 8:
        try:
            found = orjson.loads(text[at:])
        except orjson.JSONDecodeError:
            at = text.find("{", at + 1)
            tries += 1
            continue
        if isinstance(found, dict):
            # `line` is the name of our own column.
            return text[:at].rstrip(), {key: value for key, value in found.items() if key != "line"}
        break
    return text, {}
