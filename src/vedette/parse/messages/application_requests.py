r"""Request lines that application servers write themselves, with the status they answered.

Gin, uvicorn, Werkzeug, Play, Rails, and loggers that put the parts in fields beside the message.

    [GIN] 2022/02/07 - 10:49:33 | 401 |     505.317µs |       203.0.113.9 | POST     "/client"
    203.0.113.9:52782 - "POST /login HTTP/1.1" 401 Unauthorized
    o.t.s.AccessLogFilter [1e60|2989] 203.0.113.9 POST /api/v1/login took 8ms and returned 401 65 bytes

The path and what follows it in quotes are the peer's to choose; address and status stand outside the quotes.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import ADDRESSES, IP, LEAD, beside, refused
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ()
SIGN: Final = (
    r"\[GIN\] |(?:^|\| *)[1-5][0-9][0-9] +\| +[0-9.]+|^(?:.* )?[0-9A-Fa-f:.\[\]]+:[0-9]+ - \"[A-Z]+ "
    r"|took [0-9]+ms and returned [1-5][0-9][0-9]|Started [A-Z]+ \"[^\"]*\" for [0-9A-Fa-f:.]+ at"
    r"|^HTTP: [A-Z]+ https?://|^(?i:(?:http )?request completed|completed request|handled request"
    r"|http request|request|access|api request)$|^(?:[A-Z]+: +)?\S+ [0-9A-Fa-f:.]+ \"[A-Z]+ /\S*\" "
    r"with parameters"
)
ORDER: Final = 400
LOGSOURCE: Final = Logsource(category="webserver", service="application")

_A: Final = rf"\[?(?P<source.address>{IP})\]?"
_STATUS: Final = r"(?P<http.response.status_code>[1-5][0-9][0-9])"
_METHOD: Final = r"(?P<http.request.method>[A-Z]{3,7})"
_REQUEST: Final = {"event.category": "web", "event.action": "web-request", "service.type": "web"}

PATTERNS: Final = (
    Pattern(rf"(?:^|\| *|^\[GIN\] ){_STATUS} +\| +[^|]*\| +{_A} +\| +{_METHOD} +\"(?P<url.original>.*)\"", _REQUEST),
    Pattern(
        rf"^(?:[A-Z]+: +)?{_A}:(?P<source.port>[0-9]+) - \"{_METHOD} (?P<url.original>.*) HTTP/"
        rf"(?P<http.version>[0-9.]+)\" {_STATUS}\b",
        _REQUEST,
    ),
    Pattern(rf"{LEAD}{_A} {_METHOD} (?P<url.original>\S+) took [0-9]+ms and returned {_STATUS}\b", _REQUEST),
    Pattern(rf"Started {_METHOD} \"(?P<url.original>.*)\" for {_A} at ", _REQUEST),
    Pattern(
        rf"^(?:[A-Z]+: +)?(?P<user.name>\S+) {_A} \"{_METHOD} (?P<url.original>\S+)\" with parameters .* "
        rf"done in [0-9.]+s: {_STATUS}$",
        _REQUEST,
    ),
)

_LOGIN: Final = (
    r"(?i)/(?:login|log-in|signin|sign-in|sign_in|auth|authenticate|session|sessions|token|client"
    r"|oauth2?|account/login|api/login)\b"
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Web requests; one that was answered 401, or 403 where one logs in, is a refused login."""
    frame = _written_out(frame)
    found = apply(frame, PATTERNS)
    if "http.response.status_code" not in found.columns:
        return found
    status = pl.col("http.response.status_code")
    login = (status == 401) | ((status == 403) & pl.col("url.original").str.contains(_LOGIN))
    means = refused("application", "web")
    return found.with_columns(
        pl.when(login).then(pl.lit(means["event.category"])).otherwise("event.category").alias("event.category"),
        pl.when(login).then(pl.lit(means["event.action"])).otherwise("event.action").alias("event.action"),
        pl.when(status.is_not_null())
        .then(pl.when(status >= 400).then(pl.lit("failure")).otherwise(pl.lit("success")))
        .alias("event.outcome"),
    )


def _written_out(frame: pl.DataFrame) -> pl.DataFrame:
    """Loggers that put address, status, method and path in fields beside the message: as a line of the first shape."""
    parts = (
        frame["message"].str.extract_groups(r"^HTTP: (?P<method>[A-Z]+) https?://[^/]*(?P<path>/.*)$").struct.unnest()
    )
    fields = {
        "address": beside(frame, ADDRESSES),
        "status": beside(frame, ("status", "httpStatus", "status_code", "statusCode", "code", "http_status")),
        "method": [*beside(frame, ("method", "httpMethod", "verb", "http.request.method")), pl.lit(parts["method"])],
        "path": [*beside(frame, ("path", "uri", "url", "url.path", "url.original")), pl.lit(parts["path"])],
    }
    if not fields["address"] or not fields["status"]:
        return frame
    known = {name: pl.coalesce(found) for name, found in fields.items()}
    line = pl.format('| {} | - | {} | {} "{}"', known["status"], known["address"], known["method"], known["path"])
    return frame.with_columns(pl.coalesce(line, "message").alias("message"))
