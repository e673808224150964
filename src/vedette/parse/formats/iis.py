r"""IIS lines whose `#Fields:` header is out of sight: the default columns, with or without site, computer and referrer.

    2026-02-01 10:24:12 192.0.2.1 GET /a b=1 443 - 203.0.113.9 curl/8.5.0 - 404 0 2 15
    2026-02-01 10:24:12 W3SVC1 WEB1 192.0.2.1 GET /a b=1 443 - 203.0.113.9 HTTP/1.1 curl/8.5.0 - - a.example 404 0 2 ...
    2026-02-01 10:24:12 203.0.113.9 51000 192.0.2.1 443 HTTP/1.1 GET /..\\win.ini 403 - Forbidden -           HTTP.SYS' error log

Source: IIS, "W3C logging fields", defaults of 6.0 to 10; "Error logging in HTTP APIs" (HTTPERR).
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import time, web
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 51
NESTED: Final = True
LOGSOURCE: Final = Logsource(category="webserver", service="iis")
_HEAD: Final = (
    r"^(?P<stamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:W3SVC\d+ )?(?:(?P<host.name>[^\s.]+) )?(?P<destination.address>[0-9A-Fa-f:.]+) "
    r"(?P<http.request.method>[A-Z_-]{2,32}) (?P<url.path>\S+) (?P<url.query>\S+) (?P<destination.port>\d{1,5}) (?P<user.name>\S+) "
    r"(?P<source.address>[0-9A-Fa-f:.%]+) (?:(?:HTTP/)(?P<http.version>[\d.]+) )?(?P<user_agent.original>\S+)"
)
_STATUS: Final = r" (?P<http.response.status_code>\d{3}) (?P<substatus>\d{1,3}) (?P<win32>\d{1,10})"
_REFUSED: Final = (
    r"^(?P<stamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?P<source.address>[0-9A-Fa-f:.%]+) (?P<source.port>\d{1,5}) "
    r"(?P<destination.address>[0-9A-Fa-f:.%]+) (?P<destination.port>\d{1,5}) (?:HTTP/(?P<http.version>[\d.]+)|-) "
    r"(?P<http.request.method>\S+) (?P<url.original>.*) (?P<http.response.status_code>\d{3}|-) (?P<site>[A-Z0-9-]+) "
    r"(?P<event.reason>[A-Z][A-Za-z_]+) \S+(?: \S+)?\s*$"
)
SIGN: Final = (
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:W3SVC\d+ )?(?:[^\s.]+ )?[0-9A-Fa-f:.]+ [A-Z_-]{2,32} \S+ \S+ "
    r"\d{1,5} \S+ [0-9A-Fa-f:.%]+ \S+.* \d{3} \d{1,3} \d{1,10}\b"
    r"|^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [0-9A-Fa-f:.%]+ \d{1,5} [0-9A-Fa-f:.%]+ \d{1,5} (?:HTTP/[\d.]+|-) \S+ "
    r".* (?:\d{3}|-) [A-Z0-9-]+ [A-Z][A-Za-z_]+ \S+"
)
PATTERNS: Final = (
    Pattern(_REFUSED),
    Pattern(rf"{_HEAD} (?P<http.request.referrer>\S+){_STATUS}(?: \d+)*\s*$"),
    Pattern(rf"{_HEAD}{_STATUS}(?: \d+)*\s*$"),
    Pattern(rf"{_HEAD} (?P<cookie>\S+) (?P<http.request.referrer>\S+) (?P<url.domain>\S+){_STATUS}(?: \d+)*\s*$"),
    Pattern(rf"{_HEAD}(?: \S+)*{_STATUS}(?: \d+)*\s*$"),
)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One web request per line."""
    events = apply(frame, PATTERNS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    texts = [name for name, kind in events.schema.items() if kind == pl.String() and name != "stamp"]
    events = events.with_columns(pl.when(pl.col(name) != "-").then(pl.col(name)).alias(name) for name in texts)
    events = time.stamp(events, "stamp", context)
    refused = pl.col("event.reason").is_not_null() if "event.reason" in events.columns else pl.lit(value=False)
    requests, errors = events.filter(~refused), events.filter(refused)
    groups = []
    if requests.height:
        path, query = pl.col("url.path"), pl.col("url.query")
        requests = requests.with_columns(
            pl.coalesce(path + "?" + query, path).alias("url.original"),
            pl.col("user_agent.original").str.replace_all("+", " ", literal=True),
        ).drop("win32", "cookie", strict=False)
        groups.append((LOGSOURCE, web.outcome(requests)))
    if errors.height:
        # A connection that ended without a request is none.
        asked = pl.col("http.request.method").is_not_null()
        errors = errors.with_columns(
            pl.when(asked).then(pl.lit("web")).otherwise(pl.lit("network")).alias("event.category"),
            pl.when(asked).then(pl.lit("web-request")).otherwise(pl.lit("connection-ended")).alias("event.action"),
        )
        groups.append((LOGSOURCE, web.url(web.outcome(errors))))
    return Read(groups, no_rejects())
