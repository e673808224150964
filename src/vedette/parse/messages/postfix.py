r"""Postfix: smtpd, postscreen and submission, as syslog carries them.

    NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 554 5.7.1 <a@example.net>: Relay access denied; from=<...>
    warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: UGFzc3dvcmQ6

Source of the words: smtpd(8), postscreen(8), POSTSCREEN_README. The client is written before anything that it chose.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

_DAEMONS: Final = (
    "smtpd",
    "submission/smtpd",
    "submissions/smtpd",
    "smtps/smtpd",
    "postscreen",
    "dnsblog",
    "tlsproxy",
    "anvil",
    "cleanup",
    "qmgr",
    "smtp",
    "lmtp",
    "local",
    "virtual",
    "pipe",
    "bounce",
    "trivial-rewrite",
    "pickup",
    "master",
    "postfix-script",
    "scache",
    "error",
    "postsuper",
    "smtpd-proxy",
)
PROGRAMS: Final = (*(f"postfix/{name}" for name in _DAEMONS), "postfix")
SIGN: Final = (
    r"^(?:NOQUEUE|[0-9A-Za-z]{6,20}): (?:milter-)?reject: [A-Z]+ from [^\s\[]*\[|\]: SASL "
    r"[A-Za-z0-9_-]+ authentication "
    r"fail|^(?:PREGREET|HANGUP|DNSBL rank|NON-SMTP COMMAND|BARE NEWLINE|COMMAND PIPELINING) "
    r"|^(?:lost connection|too many errors|timeout|improper command pipelining) after [A-Z]+"
)
LOGSOURCE: Final = Logsource(product="linux", service="postfix")

_CLIENT: Final = (
    rf"(?P<source.domain>[^\s\[\]]*)\[(?:IPv6:)?(?P<source.address>{IP}|unknown)\](?::"
    r"(?P<source.port>[0-9]+))?"
)
_ID: Final = r"^(?:[0-9A-Za-z]{6,20}|NOQUEUE): "
_REJECT: Final = rf"{_ID}(?:milter-)?reject: [A-Z]+ from {_CLIENT}: "
_NAME: Final = ("postfix", "mail")


def _mail(action: str) -> dict[str, str]:
    return denied(action, *_NAME, category="email")


PATTERNS: Final = (
    # Every attempt in the session failed; the attempts themselves were logged one by one.
    Pattern(rf"^disconnect from {_CLIENT}(?: [a-z]+=[0-9/]+)* auth=0/[1-9]", denied("protocol-probe", *_NAME)),
    Pattern(rf"^disconnect from {_CLIENT}", told(*_NAME)),
    Pattern(rf"^connect from {_CLIENT}", told(*_NAME)),
    Pattern(
        rf"(?:^|warning: ){_CLIENT}: SASL \S+ authentication (?:failed|aborted|failure):.*, "
        r"sasl_username=(?P<user.name>.*)$",
        refused(*_NAME),
    ),
    Pattern(
        rf"(?:^|warning: ){_CLIENT}: SASL \S+ authentication failed: (?:Connection lost to authentication "
        r"server"
        r"|Temporary authentication failure|generic failure)",
        told(*_NAME, category="authentication"),
    ),
    Pattern(rf"(?:^|warning: ){_CLIENT}: SASL \S+ authentication (?:failed|aborted|failure)", refused(*_NAME)),
    Pattern(rf"{_ID}client={_CLIENT}, sasl_method=[^,]*, sasl_username=(?P<user.name>[^,]*)(?:, |$)", granted(*_NAME)),
    # A grey list asks everybody to come back, and a warning rejects nobody.
    Pattern(
        rf"{_REJECT}4[0-9][0-9] .*(?i:greylist|grey-list|postgrey|try again later|please try again)",
        told(*_NAME, "greylisted", "email"),
    ),
    Pattern(
        rf"{_REJECT}[45][0-9][0-9] .*(?i:relay access denied|relaying denied|not permitted to relay)",
        _mail("relay-denied"),
    ),
    Pattern(
        rf"{_REJECT}[45][0-9][0-9] .*(?i:blocked using|listed (?:in|at|by|on)|spam|blacklist|blocklist)",
        _mail("spam-rejected"),
    ),
    Pattern(rf"{_REJECT}[45][0-9][0-9] .*(?i:sender address rejected|sender rejected)", _mail("sender-rejected")),
    Pattern(
        rf"{_REJECT}[45][0-9][0-9] .*(?i:recipient address rejected|user unknown|undeliverable|mailbox "
        r"unavailable)",
        _mail("recipient-rejected"),
    ),
    Pattern(rf"{_REJECT}[45][0-9][0-9] ", _mail("access-denied")),
    Pattern(
        r"^(?:PREGREET|HANGUP|BARE NEWLINE|NON-SMTP COMMAND|COMMAND PIPELINING|COMMAND (?:TIME|COUNT"
        rf"|LENGTH) LIMIT)\b.*? from {_CLIENT}",
        denied("protocol-probe", *_NAME),
    ),
    Pattern(rf"^DNSBL rank [0-9]+ for {_CLIENT}", _mail("spam-rejected")),
    Pattern(rf"^(?:BLACKLISTED|DENYLISTED|VETO) {_CLIENT}", _mail("access-denied")),
    Pattern(rf"^(?:PASS (?:NEW|OLD)|CONNECT from|WHITELISTED|ALLOWLISTED|DISCONNECT) {_CLIENT}", told(*_NAME)),
    Pattern(rf"^lost connection after (?:QUIT|DATA|BDAT|END-OF-MESSAGE|RSET|CONNECT)\b.* from {_CLIENT}", told(*_NAME)),
    Pattern(
        rf"^(?:lost connection|too many errors|SSL_accept error) (?:after [^\[]*?)?from {_CLIENT}",
        denied("protocol-probe", *_NAME),
    ),
    Pattern(rf"^improper command pipelining after [^\[]*? from {_CLIENT}", denied("protocol-probe", *_NAME)),
    Pattern(rf"(?:^|warning: )non-SMTP command from {_CLIENT}", denied("protocol-probe", *_NAME)),
    Pattern(rf"(?:^|warning: )Illegal address syntax from {_CLIENT}", denied("invalid-request", *_NAME)),
    Pattern(
        rf"(?:^|warning: )[A-Z][A-Za-z ]+ (?:rate|concurrency) limit exceeded: [0-9]+ from {_CLIENT}",
        denied("rate-limited", *_NAME),
    ),
    # What another server answered to us, and what a client's name resolves to, is held against nobody.
    Pattern(
        r"(?:^|: )(?:to=<|host \S+ (?:said|refused)|SASL authentication failed; server |hostname \S+ )",
        told(*_NAME, category="email"),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Refusals, logins and probes; the client's name is kept only beside its address."""
    found = apply(frame, PATTERNS)
    if "source.domain" in found.columns:
        found = found.with_columns(
            pl.col("source.domain").replace("unknown", None), pl.col("source.address").replace("unknown", None)
        )
    return found
