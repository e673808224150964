r"""Access log of Nginx Proxy Manager and its forks.

    [01/Feb/2026:10:24:12 +0000] - 404 404 - GET https shop.example "/x" [Client 203.0.113.9] [Length 146] [Gzip -]
     [Sent-to 10.0.0.2] "curl/8.5.0" "-"
    [01/Feb/2026:10:24:12 +0000] 404 - GET https shop.example "/x" [Client 203.0.113.9] [Length 146] [Gzip -] "curl" "-"

Source: the log_format directives `proxy` and `standard` of its nginx.conf. nginx escapes quotes inside quoted fields.
"""

from typing import Final

import polars as pl

from vedette.parse import time, web
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 57
NESTED: Final = True

SIGN: Final = r'^\[\d\d/[A-Z][a-z]{2}/\d{4}:[^\]]+\] [^"]*"[^"]*" \[Client '
PATTERNS: Final = (
    Pattern(
        r"^\[(?P<stamp>[^\]]+)\] (?:\S+ \S+ )?(?P<http.response.status_code>\d{3}) - (?P<http.request.method>[A-Z]+) https?"
        r' (?P<url.domain>\S+) "(?P<url.original>[^"]*)" \[Client (?P<source.address>[^\]\s]+)\] '
        r"\[Length (?P<http.response.body.bytes>\d+|-)\] \[Gzip [^\]]*\](?: \[Sent-to (?P<destination.address>[^\]]*)\])?"
        r' "(?P<user_agent.original>[^"]*)" "(?P<http.request.referrer>[^"]*)"',
        {"event.category": "web", "event.action": "web-request", "service.type": "web"},
    ),
)
_DASHED: Final = ("destination.address", "user_agent.original", "http.request.referrer")


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One web request per line."""
    events = apply(frame, PATTERNS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    dashed = [name for name in _DASHED if name in events.columns]
    events = events.with_columns(pl.when(pl.col(name) != "-").then(pl.col(name)).alias(name) for name in dashed)
    events = web.outcome(web.url(time.stamp(events, "stamp", context)))
    return Read([(web.WEBSERVER, events)], no_rejects())
