r"""HAProxy's HTTP, TCP and error log lines.

    203.0.113.9:51000 [01/Feb/2026:10:24:12.127] https-in~ be/srv1 170/0/0/3/173 404 739 - - ---- 0/0/0/0/0 0/0 "GET /x HTTP/1.1"
    203.0.113.9:51000 [01/Feb/2026:10:24:12.127] tcp-in be/srv1 1/0/5007 212 -- 0/0/0/0/0 0/0
    203.0.113.9:51000 [01/Feb/2026:10:24:12.127] https-in/1: SSL handshake failure

Source: HAProxy configuration manual, section 8.2. The client and its port stand first, also for IPv6; quotes in the
request are written as they came, so the request ends with the line, or with what `option httpslog` says of the handshake.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import time, web
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 55
NESTED: Final = True
LOGSOURCE: Final = Logsource(category="webserver", service="haproxy")
_HEAD: Final = (
    r"^(?P<source.address>[0-9A-Fa-f:.]{2,45}|unix|-):(?P<source.port>\d{1,5}) "
    r"\[(?P<stamp>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3})\] (?P<frontend>[^\s:]+)"
)
_BACKEND: Final = r" (?P<backend>[^\s/]+)/(?P<server>\S+)"
_COUNTS: Final = r"\d+/\d+/\d+/\d+/\+?\d+ \d+/\d+"
# `option httpslog` writes how the handshake went behind the request; a request that is too long loses its quote.
_END: Final = r"(?:\" -?[0-9A-Fa-f]+(?:/-?[0-9A-Fa-f]+){4} \S*/(?:TLS|SSL)v\S*/\S*|\"|)"
SIGN: Final = (
    r"^(?:[0-9A-Fa-f:.]{2,45}|unix|-):\d{1,5} \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3}\] [^\s:]+(?:: | )"
)
PATTERNS: Final = (
    Pattern(
        rf"{_HEAD}{_BACKEND} (?:[+-]?\d+/){{4}}\+?(?P<took>-?\d+) (?P<http.response.status_code>-?\d+) "
        rf"\+?(?P<http.response.body.bytes>\d+) "
        rf"\S+ \S+ (?P<state>\S{{4}}) {_COUNTS}(?: \{{[^\"]*\}})* \"(?P<request>.*?){_END}$",
        web.EVENT,
    ),
    Pattern(
        rf"{_HEAD}{_BACKEND} -?\d+/-?\d+/\+?(?P<took>\d+) \+?(?P<destination.bytes>\d+) (?P<state>\S{{2}}) {_COUNTS}",
        {"event.category": "network", "event.action": "connection", "event.type": "connection"},
    ),
    Pattern(
        rf"{_HEAD}: (?P<event.reason>(?:SSL handshake failure|Stopped a TLS|Connection closed during SSL|Timeout during SSL"
        r"|Received something which does not look like a PROXY|Connection error during SSL).*)$",
        {
            "event.category": "network",
            "event.type": "denied",
            "event.action": "protocol-probe",
            "event.outcome": "failure",
        },
    ),
    Pattern(rf"{_HEAD}: (?P<event.reason>.*)$", {"event.category": "network"}),
)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One request, connection or refusal per line."""
    events = apply(frame, PATTERNS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    events = time.stamp(events, "stamp", context).with_columns(
        pl.lit("haproxy").alias("service.name"), pl.col("source.address").replace("-", None)
    )
    if "took" in events.columns:
        took = pl.col("took").cast(pl.Int64, strict=False)
        events = events.with_columns(pl.when(took >= 0).then(took * 1_000_000).alias("event.duration")).drop("took")
    if "request" not in events.columns:
        return Read([(LOGSOURCE, events)], no_rejects())
    asked = pl.col("request").is_not_null()
    requests, others = events.filter(asked), events.filter(~asked).drop("request", "http.response.status_code")
    # A request that the proxy could not read is written as <BADREQ>.
    requests = web.outcome(web.request_line(requests, "request"))
    return Read([(LOGSOURCE, rows) for rows in (requests, others) if rows.height], no_rejects())
