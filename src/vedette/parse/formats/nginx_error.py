r"""nginx error log (and the forks that keep its shape).

    2026/02/01 10:24:12 [error] 7#7: *9 user "x": password mismatch, client: 203.0.113.9, server: a, request: "GET /"

Source: ngx_log.c, ngx_http_log_error_handler() (order client, server, request, subrequest, upstream, host, referrer);
the messages: the modules' ngx_log_error() calls. Nothing is escaped: path and user name before the client, request and
referrer after it may each hold a forged `, client: `. A tail without blanks cannot; where both sides could, no address
is taken.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import time, waf, web
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply
from vedette.parse.within import said_by_applications, within

ORDER: Final = 61
NESTED: Final = True
LOGSOURCE: Final = Logsource(category="webserver", service="nginx")

_HEAD: Final = r"^(?P<stamp>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?P<log.level>[a-z]{3,6})\] (?P<process.pid>\d{1,10})#\d{1,10}: (?:\*\d+ )?"
_CLIENT: Final = r", client: (?P<source.address>[0-9A-Fa-f:.]{2,45}|unix:)"
_STRICT: Final = (
    rf"{_CLIENT}, server: (?P<url.domain>[^,\s\"]*)"
    r'(?:, request: "(?P<request>[^"\s]* ?[^"\s]*(?: HTTP/[0-9.]+)?)")?(?:, (?:subrequest|upstream|login): "[^"\s]*")*'
    r'(?:, host: "(?P<host>[^"\s]*)")?(?:, referrer: "(?P<http.request.referrer>[^"\s]*)")?$'
)
_LOOSE: Final = rf'{_CLIENT}, server: (?P<url.domain>[^,\s"]*)(?:, request: "(?P<request>.*?)"(?:, .*)?)?$'
# Messages that hold nothing of the client's.
_UNQUOTED: Final = r'(?:limiting|delaying) [a-z]+,?(?: excess: [\d.]+,?)? by zone "[^"]*"|[^"]*?'
SIGN: Final = r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]{3,6}\] \d{1,10}#\d{1,10}: "

_HEADS: Final = (
    Pattern(rf"{_HEAD}(?P<message>.*){_STRICT}"),
    Pattern(rf"{_HEAD}(?P<message>{_UNQUOTED}){_LOOSE}"),
    Pattern(rf"{_HEAD}(?P<message>.*?){_LOOSE}", {"event.reason": "ambiguous"}),
    Pattern(rf"{_HEAD}(?P<message>.*?){_CLIENT}$"),
    Pattern(rf"{_HEAD}(?P<message>(?s:.*))$"),
)

_WEB: Final = {"event.category": "web", "service.name": "nginx", "service.type": "web"}
_LOGIN: Final = {
    "event.category": "authentication", "event.action": "login", "event.outcome": "failure", "service.name": "nginx",
    "service.type": "web",
}  # fmt: skip
_DENIED: Final = {**_WEB, "event.type": "denied", "event.outcome": "failure"}
_BARRED: Final = {**_DENIED, "event.action": "access-denied"}
_MISSING: Final = {**_WEB, "event.action": "file-not-found", "event.outcome": "failure"}
_LIMITED: Final = {**_DENIED, "event.action": "rate-limited"}
_BROKEN: Final = {**_DENIED, "event.action": "invalid-request"}

PATTERNS: Final = (
    Pattern(r'^user "(?P<user.name>.*)": (?P<event.reason>password mismatch)$', _LOGIN),
    Pattern(r'^user "(?P<user.name>.*)" (?P<event.reason>was not found) in "[^"]*"$', _LOGIN),
    Pattern(r"^no user/password was provided for basic authentication$", {**_WEB, "event.outcome": "failure"}),
    Pattern(r"^PAM: user '(?P<user.name>.*)' - not authenticated", _LOGIN),
    Pattern(r"^limiting (?:requests|connections)(?:, excess: [\d.]+)? by zone \"(?P<rule.name>[^\"]*)\"$", _LIMITED),
    Pattern(
        r"^delaying request, excess: [\d.]+, by zone \"(?P<rule.name>[^\"]*)\"",
        {**_WEB, "event.action": "rate-delayed"},
    ),
    Pattern(r"^access forbidden by rule", _BARRED),
    Pattern(r'^directory index of "(?P<file.path>.*)" is forbidden$', _BARRED),
    Pattern(r'^(?:open|stat|lstat|opendir|access)\(\) "(?P<file.path>.*)" failed \((?:2|20): [^)]*\)$', _MISSING),
    Pattern(r'^(?:open|stat|lstat|opendir|access)\(\) "(?P<file.path>.*)" failed \(13: [^)]*\)$', _BARRED),
    Pattern(r'^"(?P<file.path>.*)" is not found(?: \(\d+: [^)]*\))?$', _MISSING),
    Pattern(r"(?:Primary script unknown|Unable to open primary script)", _MISSING),
    Pattern(r"^client (?:sent|intended to send)", _BROKEN),
    Pattern(r"^SSL_do_handshake\(\) failed", {**_DENIED, "event.action": "protocol-probe"}),
    Pattern(r"^lua entry thread aborted|^NAXSI_FMT: ", {**_DENIED, "event.action": "web-attack-blocked"}),
)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One event per line, with what the server's own messages say of the client."""
    events = apply(frame, _HEADS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    if "event.reason" in events.columns:
        forged = pl.col("event.reason").is_not_null() & frame_text(frame, events).str.contains(
            r", client: .*, client: "
        )
        events = events.with_columns(
            pl.when(~forged.fill_null(False)).then(pl.col("source.address")).alias("source.address")
        ).drop("event.reason")
    if "request" in events.columns:
        events = events.with_columns(pl.col("request").fill_null("-"))
        events = web.request_line(events, "request").drop("event.action", "event.type", strict=False)
    if "host" in events.columns:
        domain = pl.coalesce(pl.col("host"), pl.col("url.domain")).str.replace(r":\d{1,5}$", "")
        events = events.with_columns(domain.alias("url.domain")).drop("host")
    events = within(time.stamp(events, "stamp", context), PATTERNS, _WEB)
    events = waf.read(said_by_applications(events, "nginx"))
    return Read([(LOGSOURCE, events)], no_rejects())


def frame_text(frame: pl.DataFrame, events: pl.DataFrame) -> pl.Expr:
    """The records of these events, in their order."""
    return pl.lit(events.select("line").join(frame, on="line", how="left", maintain_order="left")["raw"])
