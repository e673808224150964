r"""Access logs in common and combined form, and the many forms made from them.

    203.0.113.45 - frank [01/Feb/2026:10:24:12 +0000] "GET /a?b=1 HTTP/1.1" 404 209 "-" "curl/8.5.0"
    shop.example:443 203.0.113.45 - - [01/Feb/2026:10:24:12 +0000] "GET / HTTP/1.1" 200 209 "-" "curl/8.5.0"
    203.0.113.45 - - [01/Feb/2026:10:24:12 +0000] "GET / HTTP/1.1" 200 9 "-" "-" 41 "web@docker" "http://10.0.0.2" 12ms

Written by Apache (common, combined, vhost_combined, vhost_common), nginx (combined, main, ingress), Caddy, Traefik,
LiteSpeed, lighttpd and most servers with a CLF option. Sources: mod_log_config; ngx_http_log_module; traefik accesslog.

The client stands first and is the server's word. All that follows may be the client's: quotes inside a quoted field
are escaped by the servers, so the first `] "` behind a time stamp is the true one.
"""

from typing import Final

import polars as pl

from vedette.parse import time, web
from vedette.parse.context import Context, Read, no_rejects

ORDER: Final = 50
NESTED: Final = True

# The everyday line, in a pattern that has one way to go on at every byte: the engine runs it several times faster than
# the patterns below. One word of user, a well-formed request, escaped quotes.
_ESCAPED: Final = r'(?:[^"\\]|\\.)*'
_PLAIN_V4: Final = r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}"
_SWIFT: Final = (
    r' [^ ]+ (?P<user>[^ "]+) '
    r"\[(?P<stamp>[0-9]{1,2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4})\] "
    r'"(?P<method>[A-Za-z][A-Za-z_-]*) (?P<path>/(?:[^ "\\?]|\\.)*)(?:\?(?P<query>(?:[^ "\\]|\\.)*))?'
    r' HTTP/(?P<version>[0-9.]+)" (?P<status>[0-9]{3}) (?P<bytes>[0-9]+|-)'
    rf' "(?P<referrer>{_ESCAPED})" "(?P<agent>{_ESCAPED})"(?P<rest>.*)$'
)
_SWIFT_HEADS: Final = (r"^(?P<client>[^ ,]+)", rf"^(?P<domain>[^ ,:]+)(?::[0-9]+)? (?P<client>{_PLAIN_V4})")

_STAMP: Final = (
    r"\[(?P<stamp>\d{1,2}/[A-Za-z]{3,9}\.?/\d{4}:\d\d:\d\d:\d\d(?:\.\d{1,9})?(?: ?[+-]\d\d:?\d\d)? ?"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?)\]"
)
_ADDRESS: Final = rf"\[?(?:{_PLAIN_V4}|[0-9A-Fa-f]{{0,4}}:[0-9A-Fa-f]{{0,4}}:[0-9A-Fa-f:.]*(?:%\w+)?)\]?"
_REQUEST: Final = rf' {_STAMP} (?:[^\s"]+ )?"'
# Servers escape quotes in what the client calls itself; Apache writes "" for a user without a name.
_USER: Final = r'\S+ (?P<user>""|(?:[^"\\]|\\.)*?)'
_HEADS: Final = (
    rf"^(?P<domain>[^\s,]+) (?P<client>{_ADDRESS}) {_USER}{_REQUEST}",
    # A host name as client is told from a virtual host by the port that Apache's %v:%p writes.
    rf"^(?P<domain>[^\s:]+:\d{{1,5}}) (?P<client>[A-Za-z][^\s,]*) {_USER}{_REQUEST}",
    rf"^(?P<domain>[^\s,]+) (?P<client>[A-Za-z][^\s,]*) - (?P<user>-){_REQUEST}",
    # A virtual host before a list of those whom proxies saw; who connected stands last, if anywhere behind it.
    rf'^(?P<domain>[^\s,"]+) "?(?P<chain>(?:[^\s,"]+, ?)+[^\s,"]+)"? (?P<client>{_ADDRESS}) - (?P<user>[^"]*?){_REQUEST}',
    rf'^(?P<domain>[^\s,"]+) "?(?P<chain>(?:[^\s,"]+, ?)+)(?P<client>[^\s,"]+)"? {_USER}{_REQUEST}',
    rf"^(?P<client>[^\s,]+) {_USER}{_REQUEST}",
    rf'^"?(?P<chain>(?:[^\s,"]+, ?)+)(?P<client>[^\s,"]+)"? {_USER}{_REQUEST}',
)
# A time before the client: a system log's head, whose message comes here without it.
_ENVELOPE: Final = r"^(?:<\d{1,3}>)?(?:1 )?(?:[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:)"
SIGN: Final = rf'^\S+ (?:"[0-9A-Fa-f:., ]+" )?(?:(?:[^"\\]|\\.|"")*?){_REQUEST}'
WORD: Final = " ["

_TAILS: Final = (
    rf'(?P<request>{_ESCAPED})" (?P<status>\d{{3}}|-)(?: (?P<bytes>\d+|-))?'
    rf'(?: (?:"(?P<referrer>{_ESCAPED})"|-) "(?P<agent>{_ESCAPED})")?(?P<rest> .*)?$',
    # Servers that do not escape quotes: the first quote that a status and a size follow ends the request.
    r'(?P<request>.*?)" (?P<status>\d{3}|-) (?P<bytes>\d+|-)(?: "(?P<referrer>.*?)" "(?P<agent>.*?)")?(?P<rest> .*)?$',
    # A line cut off by a size limit.
    r'(?P<request>.*)"?$',
)

_FIELDS: Final = {
    "client": "source.address", "user": "user.name", "domain": "url.domain", "status": "http.response.status_code",
    "bytes": "http.response.body.bytes", "referrer": "http.request.referrer", "agent": "user_agent.original",
    "method": "http.request.method", "path": "url.path", "query": "url.query", "version": "http.version",
}  # fmt: skip
_EMPTY: Final = ("-", '""')
_DASHED: Final = ("source.address", "user.name", "http.request.referrer", "user_agent.original")
_CLF_TIME: Final = "%d/%b/%Y:%H:%M:%S %z"
_REQUEST_ID: Final = r"^[0-9a-f]{32} "


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One web request per line; what has no request behind its time stamp goes on to the other formats."""
    groups = []
    rest = frame
    for head in _SWIFT_HEADS:
        found, rest = _extract(rest, head + _SWIFT)
        if found.height:
            both = pl.coalesce(pl.col("path") + "?" + pl.col("query"), pl.col("path"))
            found = found.with_columns(both.alias("url.original"))
            groups.append((web.WEBSERVER, _events(found, context)))
    for head in _HEADS:
        hits, rest = _split(rest, rest["raw"].str.contains(head) & ~rest["raw"].str.contains(_ENVELOPE))
        for tail in _TAILS:
            found, hits = _extract(hits, head + tail)
            if found.height:
                groups.append((web.WEBSERVER, web.request_line(_events(found, context), "request")))
    return Read([(source, web.outcome(rows)) for source, rows in groups], no_rejects())


def _split(frame: pl.DataFrame, hit: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    return (frame, frame.clear()) if hit.all() else (frame.filter(hit), frame.filter(~hit))


def _extract(frame: pl.DataFrame, pattern: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that the pattern fits, as `line` and its groups, and the other rows as they were."""
    if frame.is_empty():
        return frame, frame
    groups = frame["raw"].str.extract_groups(pattern).struct.unnest()
    hit = groups["client"].is_not_null()
    found, _ = _split(groups.insert_column(0, frame["line"]), hit)
    return found, _split(frame, hit)[1]


def _events(found: pl.DataFrame, context: Context) -> pl.DataFrame:
    found = found.rename({name: field for name, field in _FIELDS.items() if name in found.columns})
    dashed = [name for name in _DASHED if name in found.columns]
    found = found.with_columns(pl.when(~pl.col(name).is_in(_EMPTY)).then(pl.col(name)).alias(name) for name in dashed)
    if found["user.name"].str.contains(" ", literal=True).any():
        user = (
            pl.col("user.name")
            .str.strip_chars_start()
            .str.replace(_REQUEST_ID, "")
            .str.replace(r"^-(?: -)*(?: |$)", "")
        )
        found = found.with_columns(pl.when(user != "").then(user).alias("user.name"))
    if "url.domain" in found.columns:
        found = found.with_columns(pl.col("url.domain").str.replace(r":\d{1,5}$", ""))
    return _stamped(_extras(found), context)


def _stamped(found: pl.DataFrame, context: Context) -> pl.DataFrame:
    """`@timestamp`: the layout of nearly every access log read directly, the others by the general way."""
    at = pl.col("stamp").str.to_datetime(_CLF_TIME, time_unit="us", time_zone="UTC", strict=False)
    found = found.with_columns(at.alias("@timestamp"))
    if not found["@timestamp"].null_count():
        return found.drop("stamp")
    left = pl.when(pl.col("@timestamp").is_null()).then(pl.col("stamp"))
    return time.stamp(found.with_columns(left.alias("stamp")), "stamp", context)


def _extras(found: pl.DataFrame) -> pl.DataFrame:
    """Behind the user agent: the forwarded-for header as `client.ip`, and how long the request took."""
    made = {}
    if "chain" in found.columns:
        made["client.address"] = pl.col("chain").str.extract(rf"^({_ADDRESS})")
    if "rest" in found.columns and (found["rest"].str.len_bytes() > 1).any():
        rest = pl.col("rest")
        took = rest.str.extract(r" (\d{1,6})ms$").cast(pl.Int64, strict=False) * 1_000_000
        seconds = rest.str.extract(r' (?:\w{1,20}=)?"?(\d{1,6}\.\d{3})"?(?: |$)').cast(pl.Float64, strict=False) * 1e9
        made["event.duration"] = pl.coalesce(took, seconds.round().cast(pl.Int64))
        if "chain" not in found.columns:
            made["client.address"] = rest.str.extract(rf'[ =]"({_ADDRESS})(?:,[^"]*)?"')
    return found.with_columns(**made).drop("rest", "chain", strict=False)
