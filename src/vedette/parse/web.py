"""What every web server's record says in the same words: request line, URL, status, outcome.

Sources: RFC 9112 section 3 (request line, absolute and authority form); ECS http.*, url.*.
"""

from typing import Any, Final

import polars as pl

from vedette.model.records import Json, Logsource

WEBSERVER: Final = Logsource(category="webserver")
EVENT: Final = {"event.category": "web", "event.action": "web-request", "service.type": "web"}

# A method is a token (RFC 9110 section 5.6.2), but what is no plain word is a broken request, not a method.
_REQUEST: Final = r"^(?P<method>[A-Za-z][A-Za-z_-]{0,31}) (?P<url>(?s:.)+?)(?: +HTTP/(?P<version>\d(?:\.\d)?))?$"
_ABSOLUTE: Final = r"^(?i:https?|wss?|ftp)://(?P<domain>[^/?#:\[]+|\[[^\]]*\])?(?::\d*)?(?P<rest>[/?#](?s:.*))?$"


def request_line(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """`column` (a request line such as `GET /a?b HTTP/1.1`) taken out into method, URL and version.

    A line that is no request (TLS bytes, garbage) keeps its text as `url.original` and becomes a denied
    `invalid-request`; `-` and the empty line of a client that sent nothing stay without URL.
    """
    parts = frame[column].str.extract_groups(_REQUEST).struct.unnest()
    broken = pl.col("http.request.method").is_null() & pl.col(column).is_not_null() & ~pl.col(column).is_in(["", "-"])
    frame = frame.with_columns(
        parts["method"].alias("http.request.method"),
        parts["url"].alias("url.original"),
        parts["version"].alias("http.version"),
    )
    if frame["url.original"].null_count():
        frame = frame.with_columns(
            pl.when(broken).then(pl.col(column)).otherwise(pl.col("url.original")).alias("url.original"),
            pl.when(broken).then(pl.lit("invalid-request")).otherwise(pl.lit("web-request")).alias("event.action"),
            pl.when(broken).then(pl.lit("denied")).alias("event.type"),
        )
    return url(frame.drop(column))


def url(frame: pl.DataFrame) -> pl.DataFrame:
    """`url.original` as `url.path` and `url.query`, percent-encoding untouched; an absolute one also as `url.domain`."""
    target = pl.col("url.original")
    method = pl.col("http.request.method") if "http.request.method" in frame.columns else pl.lit(None, pl.String())
    absolute = frame.select(target.str.contains("://") & target.str.contains(_ABSOLUTE)).to_series().fill_null(False)
    if absolute.any():
        parts = frame["url.original"].str.extract_groups(_ABSOLUTE).struct.unnest()
        known = pl.col("url.domain") if "url.domain" in frame.columns else pl.lit(None, pl.String())
        frame = frame.with_columns(
            pl.when(absolute).then(target).alias("url.full"), pl.coalesce(known, parts["domain"]).alias("url.domain")
        )
        target = pl.when(absolute).then(parts["rest"].fill_null("/")).otherwise(target)
    # Authority form: CONNECT host:port has no path.
    target = pl.when(method == "CONNECT").then(None).otherwise(target)
    pieces = target.str.splitn("?", 2)
    return frame.with_columns(
        pieces.struct.field("field_0").alias("url.path"), pieces.struct.field("field_1").alias("url.query")
    )


def outcome(frame: pl.DataFrame) -> pl.DataFrame:
    """The constants of a web request, and `event.outcome` from the status: failure from 400 on."""
    if "http.response.status_code" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, pl.Int64()).alias("http.response.status_code"))
    status = pl.col("http.response.status_code").cast(pl.Int64, strict=False)
    # 0, 000 and 499 stand for a client that went away: nothing was served, so nothing succeeded.
    made = [pl.lit(value).alias(name) for name, value in EVENT.items() if name not in frame.columns]
    judged = pl.when(status >= 400).then(pl.lit("failure")).when(status >= 100).then(pl.lit("success"))
    return frame.with_columns(
        status.alias("http.response.status_code"),
        judged.alias("event.outcome"),
        *made,
    )


def request(method: Any, target: Any, status: Any = None) -> Json:
    """The same for one document: what is known of the request, as event fields."""
    event: Json = dict(EVENT)
    if method:
        event["http.request.method"] = str(method)
    if isinstance(target, str) and target:
        event["url.original"] = target
        path = target
        if "://" in target[:12]:
            _, _, rest = target.partition("://")
            event["url.full"] = target
            host, slash, path = rest.partition("/")
            host, mark, query = host.partition("?")
            path = slash + path if not mark else f"/?{query}{slash}{path}"
            event["url.domain"] = host.rpartition("@")[2].partition(":")[0] if not host.startswith("[") else host
            path = path or "/"
        path, mark, query = path.partition("?")
        event["url.path"] = path
        if mark:
            event["url.query"] = query
    if status is not None:
        try:
            code = int(status)
        except (TypeError, ValueError):
            return event
        event["http.response.status_code"] = code
        if code >= 100:
            event["event.outcome"] = "failure" if code >= 400 else "success"
    return event
