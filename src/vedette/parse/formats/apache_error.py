r"""Apache HTTP Server error log.

    [Sun Feb 01 10:24:12.1234 2026] [auth_basic:error] [pid 17] [client 203.0.113.9:5138] AH01618: user x not found: /
    [Sun Feb 01 10:24:12 2026] [error] [client 203.0.113.9] File does not exist: /var/www/pma
    [auth_basic:error] [pid 17] [client 203.0.113.9:5138] AH01618: user x not found: /          ErrorLog syslog

Source: ErrorLogFormat in core(5); the messages: log-message-tags/ and modules/aaa of httpd 2.2 and 2.4. In 2.4 the
client always carries a port, also behind IPv6 (`::1:51386`). User and path are the client's; its address stands before.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import time, waf, web
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply
from vedette.parse.within import said_by_applications, within

ORDER: Final = 60
NESTED: Final = True
LOGSOURCE: Final = Logsource(category="webserver", service="apache")

_STAMP: Final = r"\[(?P<stamp>(?:[A-Z][a-z]{2} ){2}[ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})? \d{4})\] "
_LEVEL: Final = r"\[(?:[\w-]*:)?(?P<log.level>[a-z]{2,6}\d?)\] "
_PID: Final = r"(?:\[pid (?P<process.pid>\d{1,10})(?::tid [^\]]{1,24})?\] )"
_CAUSE: Final = r"(?:\(\w{1,16}\)[^\[\]]*?: )?"
_REMOTE: Final = r"\[(?:remote|client) "
_V4: Final = r"(?P<source.address>\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})(?::(?P<source.port>\d{1,5}))?\] "
_V6_PORT: Final = r"(?P<source.address>(?:[0-9A-Fa-f:.]*[0-9A-Fa-f]|[0-9A-Fa-f:]*::)):(?P<source.port>\d{1,5})\] "
_BRACKETED: Final = r"\[(?P<source.address>[0-9A-Fa-f:.]{2,45})\](?::(?P<source.port>\d{1,5}))?\] "
_PEER: Final = r"(?P<source.address>[^\]\s]+)\] "
# mod_security says the client a second time.
_AGAIN: Final = r"(?:\[client [^\]\s]+\] )?"
_MESSAGE: Final = r"(?:(?P<event.code>AH\d{5}): )?(?P<message>(?s:.*?))(?:, referer: (?P<http.request.referrer>\S*))?$"
# Handed to syslog, which stamps it, a record begins with its level.
_ANY_LEVEL: Final = r"\[(?:[\w-]*:)?[a-z]{2,6}\d?\] "
SIGN: Final = rf"^{_STAMP}{_ANY_LEVEL}|^{_ANY_LEVEL}(?:\[pid [^\]]{{1,40}}\] )?{_CAUSE}{_REMOTE}"

_HEADS: Final = tuple(
    Pattern("^" + stamp + rest + _MESSAGE)
    for stamp in (_STAMP, "")
    for rest in (
        _LEVEL + _PID + "?" + _CAUSE + _REMOTE + _V4 + _AGAIN,
        _LEVEL + _PID + "?" + _CAUSE + _REMOTE + _BRACKETED + _AGAIN,
        _LEVEL + _PID + _CAUSE + _REMOTE + _V6_PORT + _AGAIN,
        _LEVEL + _PID + "?" + _CAUSE + _REMOTE + _PEER + _AGAIN,
        _LEVEL + _PID + "?",
    )
)

_WEB: Final = {"event.category": "web", "service.name": "apache", "service.type": "web"}
_LOGIN: Final = {
    "event.category": "authentication", "event.action": "login", "event.outcome": "failure", "service.name": "apache",
    "service.type": "web",
}  # fmt: skip
_DENIED: Final = {**_WEB, "event.type": "denied", "event.outcome": "failure"}
_BROKEN: Final = {**_DENIED, "event.action": "invalid-request"}
_MISSING: Final = {**_WEB, "event.action": "file-not-found", "event.outcome": "failure"}
_BARRED: Final = {**_DENIED, "event.action": "access-denied"}

PATTERNS: Final = (
    Pattern(
        r'^user (?P<user.name>.*): authentication failure for "(?P<url.original>.*)": (?P<event.reason>[^":]*)$', _LOGIN
    ),
    Pattern(
        r"^(?:Digest: )?user [`'\"]?(?P<user.name>.*?)['\"]? in realm [`'](?:.*)' (?:not found|denied[^:]*): "
        r"(?P<url.original>.*)$",
        _LOGIN,
    ),
    Pattern(
        r"^(?:Digest: )?user (?:[`'](?P<user.name>.*)'|(?P<source.user.name>.*)): "
        r"(?P<event.reason>password mismatch): (?P<url.original>.*)$",
        _LOGIN,
    ),
    Pattern(r"^user (?P<user.name>.*) not found: (?P<url.original>/.*)$", _LOGIN),
    Pattern(r"^user (?P<user.name>.*) not found:?(?: (?P<url.original>.*))?$", _LOGIN),
    Pattern(
        r"^user (?P<user.name>.*): authorization failure for \"(?P<url.original>.*)\":? ?(?P<event.reason>.*)$", _BARRED
    ),
    Pattern(r"^Authorization of user (?P<user.name>.*) to access (?P<url.original>.*) failed, reason: .*$", _BARRED),
    Pattern(
        r"^access to (?P<url.original>.*) failed, reason: user ['`\"]?(?P<user.name>.*?)['\"]? (?:does not|not) .*$",
        _BARRED,
    ),
    Pattern(r"^access to (?P<url.original>.*) (?:failed|denied)\b", _BARRED),
    Pattern(r"^Access denied: (?:'(?P<user.name>.*)'|-) [A-Z-]+ ", _BARRED),
    # After a restart of the server every browser comes with a nonce of before.
    Pattern(r"^(?:Digest: )?invalid nonce .* hash is not ", {**_WEB, "event.outcome": "failure"}),
    Pattern(r"^(?:Digest: )?(?:invalid|unknown|one-time)[- ](?:nonce|algorithm|qop|opaque)", _LOGIN),
    Pattern(r"^(?:Digest: )?(?P<event.reason>uri mismatch|realm mismatch|nonce mismatch|missing user)\b", _LOGIN),
    Pattern(r"^client used wrong authentication scheme", _LOGIN),
    Pattern(
        r"^auth_ldap authenticate: user (?P<user.name>.*) authentication failed; URI (?P<url.original>.*) \[[^\[\]]*\]"
        r"(?:\[[^\[\]]*\])?$",
        _LOGIN,
    ),
    Pattern(r"^LDAP:.*|^auth_ldap authenticate: user (?P<user.name>.*) authentication failed", _LOGIN),
    Pattern(r"^AuthExtern \S+ \[[^\]]*\]: Failed \(-?\d+\) for user (?P<user.name>.*)$", _LOGIN),
    Pattern(r"^pam_authenticate: (?P<event.reason>.*)|^PAM: user '(?P<user.name>.*)' - not authenticated", _LOGIN),
    Pattern(
        r"^(?:WAR|ERR|INF) \[(?:Login denied for user|Could not retrieve user) \"?(?P<user.name>[^\"\]]*?)\"?(?: details)?\]", _LOGIN
    ),
    Pattern(r"^client denied by server configuration: (?P<file.path>.*)$", _BARRED),
    Pattern(r"^mod_(?:qos|evasive|security2?)\b.*(?:denied|rule:)", {**_DENIED, "event.action": "rate-limited"}),
    Pattern(r"^rejecting client initiated renegotiation", {**_DENIED, "event.action": "protocol-probe"}),
    Pattern(
        r"^(?:Invalid (?:URI|method) in request|invalid URI path) (?P<http.request.method>[A-Z]{3,32}) "
        r"(?P<url.original>\S.*?)(?: HTTP/(?P<http.version>\d\.\d))?$",
        _BROKEN,
    ),
    Pattern(
        r"^(?:Invalid (?:URI|method) in request|invalid URI path|request failed|Malformed|erroneous|URI too long"
        r"|Request (?:header (?:field|exceeds)|line)|File name too long|HTTP/0\.9|Number of request headers"
        r"|(?:Hostname \S+|No hostname was) provided via SNI)",
        _BROKEN,
    ),
    # bash without the hole names the header in which a function was sent to it.
    Pattern(
        r"(?:ignoring function definition attempt|error importing function definition for `(?:HTTP|BASH|SERVER)_)",
        {**_DENIED, "event.action": "web-attack-blocked", "event.reason": "CVE-2014-6271"},
    ),
    Pattern(r"^File does not exist: (?P<file.path>.*)$", _MISSING),
    Pattern(
        r"^(?:stderr from (?P<file.path>.*): )?script not found or unable to stat(?:: (?P<url.path>.*))?$", _MISSING
    ),
    Pattern(r"^script '(?P<file.path>.*)' not found or unable to stat", _MISSING),
    Pattern(r"^attempt to invoke directory as script: (?P<file.path>.*)$", _MISSING),
    Pattern(r"^Got error '(?:PHP message: )?(?:Primary script unknown|Unable to open primary script)", _MISSING),
)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One event per line, with what the server's own messages say of the client."""
    events = apply(frame, _HEADS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    if "stamp" in events.columns:
        events = time.stamp(events, "stamp", context)
    events = said_by_applications(within(events, PATTERNS, _WEB), "apache")
    if "source.user.name" in events.columns:
        # The user's name without its quotes, as httpd 2.2 wrote it.
        name = pl.coalesce("user.name", "source.user.name").alias("user.name")
        events = events.with_columns(name).drop("source.user.name")
    if "url.original" in events.columns:
        events = web.url(events)
    events = waf.read(events)
    return Read([(LOGSOURCE, events)], no_rejects())
