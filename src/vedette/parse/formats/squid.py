r"""Squid's native access log.

    1769941452.123    345 203.0.113.9 TCP_MISS/200 1234 GET http://a.example/ bob HIER_DIRECT/192.0.2.1 text/html

Source: Squid "Features/LogFormat". URL and user are the client's and hold no blanks.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import time, web
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 56
NESTED: Final = True
LOGSOURCE: Final = Logsource(category="proxy", service="squid")
SIGN: Final = r"^\d{9,10}\.\d{3}\s+-?\d+ \S+ [A-Z_]+/\d{3} \d+ \S+ \S+ \S+ [A-Z_]+/\S+"
_AUTHORITY: Final = r"^\[?([0-9A-Za-z_.:-]+?)\]?:\d{1,5}$"
PATTERNS: Final = (
    Pattern(
        r"^(?P<stamp>\d{9,10}\.\d{3})\s+(?P<took>-?\d+) (?P<source.address>\S+) (?P<result>[A-Z_]+)/(?P<http.response.status_code>\d{3}) "
        r"(?P<http.response.body.bytes>\d+) (?P<http.request.method>\S+) (?P<url.original>\S+) (?P<user.name>\S+) "
        r"(?P<hierarchy>[A-Z_]+)/(?P<destination.address>\S+)(?: (?P<mime>\S+))?",
        {"service.name": "squid"},
    ),
)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One proxied request per line; what Squid denied is a denied access."""
    events = apply(frame, PATTERNS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    events = events.with_columns(
        *(pl.when(pl.col(n) != "-").then(pl.col(n)).alias(n) for n in ("user.name", "destination.address")),
        (pl.col("took").cast(pl.Int64, strict=False) * 1_000_000).alias("event.duration"),
    ).drop("took")
    events = web.outcome(web.url(time.stamp(events, "stamp", context)))
    if "url.domain" not in events.columns:
        events = events.with_columns(pl.lit(None, pl.String()).alias("url.domain"))
    # Answered by Squid itself, a method that is not allowed was refused as well.
    own = pl.col("hierarchy").is_in(["NONE", "HIER_NONE"])
    denied = pl.col("result").str.contains("DENIED") | (own & (pl.col("http.response.status_code") == 405))
    events = events.with_columns(
        pl.when(denied).then(pl.lit("denied")).alias("event.type"),
        pl.when(denied).then(pl.lit("access-denied")).otherwise("event.action").alias("event.action"),
        pl.lit("proxy").alias("service.type"),
        pl.when(pl.col("http.request.method") == "CONNECT")
        .then(pl.col("url.original").str.extract(_AUTHORITY))
        .otherwise("url.domain")
        .alias("url.domain"),
        # c-uri is Sigma's name of what a client asked a proxy for.
        pl.coalesce("url.full", "url.original").alias("url.full")
        if "url.full" in events.columns
        else pl.col("url.original").alias("url.full"),
    )
    return Read([(LOGSOURCE, events)], no_rejects())
