r"""Sendmail: rule sets, AUTH and protocol abuse.

    s1N706jo003992: ruleset=check_rcpt, arg1=<a@example.net>, relay=host.example.org [203.0.113.9], reject=550 5.7.1 ...
    06I02CNi016764: AUTH failure (LOGIN): authentication failure (-13) ..., user=bob, relay=[203.0.113.9]

Source of the words: sendmail/srvrsmtp.c, sendmail/err.c. `relay=` is written by sendmail after what the peer chose.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("sendmail", "sm-mta", "sm-msp", "sm-acceptingconnections", "sm-msp-queue", "sendmail-in")
SIGN: Final = (
    r"\bruleset=check_[a-z]+, |AUTH failure \(|\): possible SMTP attack|\]: possible SMTP attack|did "
    r"not issue MAIL/EXPN"
    r"|rejecting commands from .* pre-greeting|lost input channel from "
)
LOGSOURCE: Final = Logsource(product="linux", service="sendmail")

_NAME: Final = ("sendmail", "mail")
_ADDRESS: Final = rf"(?:[^\s\[\],]+ )?\[(?:IPv6:)?(?P<source.address>{IP})\](?: \(may be forged\))?"
_START: Final = r"^(?:[0-9A-Za-z]{8,20}: )?"
_RULE: Final = (
    rf"{_START}ruleset=(?:check_[a-z]+|[A-Za-z_]+), arg1=(?:<[^>]*>|[^,]*)(?:, arg2=[^,]*)?, "
    rf"relay={_ADDRESS}, (?:reject|quarantine)="
)


def _mail(action: str) -> dict[str, str]:
    return denied(action, *_NAME, category="email")


PATTERNS: Final = (
    Pattern(rf"{_START}AUTH failure \(.*, user=(?P<user.name>.*), relay={_ADDRESS}$", refused(*_NAME)),
    Pattern(rf"{_START}AUTH failure \(.*, relay={_ADDRESS}$", refused(*_NAME)),
    Pattern(
        rf"{_START}AUTH=server, relay={_ADDRESS}, authid=(?P<user.name>.*), mech=\S+, bits=[0-9]+$", granted(*_NAME)
    ),
    Pattern(rf"{_START}{_ADDRESS}: possible SMTP attack: command=AUTH", refused(*_NAME)),
    Pattern(rf"{_START}{_ADDRESS}: possible SMTP attack", denied("protocol-probe", *_NAME)),
    Pattern(rf"{_RULE}.*(?i:greylist|come back|try again)", told(*_NAME, "greylisted", "email")),
    Pattern(rf"{_RULE}.*(?i:relaying|relay access)", _mail("relay-denied")),
    Pattern(rf"{_RULE}.*(?i:rate limit|too many)", denied("rate-limited", *_NAME)),
    Pattern(rf"{_RULE}.*(?i:user unknown|no such user)", _mail("recipient-rejected")),
    Pattern(rf"{_RULE}.*(?i:sender address|sender domain)", _mail("sender-rejected")),
    Pattern(rf"{_RULE}.*(?i:black|blocked|listed|spam|\brbl\b|dnsbl|reputation)", _mail("spam-rejected")),
    Pattern(_RULE, _mail("access-denied")),
    Pattern(
        rf"{_START}rejecting commands from +{_ADDRESS} due to pre-greeting traffic", denied("protocol-probe", *_NAME)
    ),
    Pattern(rf"{_START}{_ADDRESS}: (?i:expn|vrfy|etrn) .*\[rejected\]$", denied("protocol-probe", *_NAME)),
    Pattern(rf"{_START}{_ADDRESS} did not issue MAIL/EXPN/VRFY/ETRN", denied("protocol-probe", *_NAME)),
    Pattern(rf"{_START}lost input channel from {_ADDRESS} to \S+ after [a-z]+", denied("protocol-probe", *_NAME)),
    Pattern(
        rf"{_START}Milter.*: connect: host=[^,]*, addr=(?P<source.address>{IP}), (?:reject|discard)",
        _mail("access-denied"),
    ),
    Pattern(rf"{_START}.*, relay={_ADDRESS}, reject=[45][0-9][0-9] ", _mail("access-denied")),
    # What it refused stands in other lines of the message; here that nobody was left to deliver to, and who tried.
    Pattern(rf"{_START}from=.*, nrcpts=0, .*\brelay={_ADDRESS}$", _mail("recipient-rejected")),
    Pattern(rf"{_START}(?:to=|from=|STARTTLS=|<.*> ?\.\.\. )", told(*_NAME, category="email")),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Refusals, logins and probes."""
    return apply(frame, PATTERNS)
