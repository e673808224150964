r"""Exim: main log and reject log, from files or syslog.

    dovecot_login authenticator failed for (User) [203.0.113.9]:21298 I=[192.0.2.1]:465: 535 Incorrect authentication
        data (set_id=bob@example.com)
    H=(mail) [203.0.113.9]:3755 F=<a@example.net> rejected RCPT <b@example.org>: relay not permitted

Source: the Exim specification, chapter "Log files"; src/smtp_in.c. The HELO name stands in parentheses before the
address, other things that the peer chose stand after it or in quotes before `H=`.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("exim", "exim4")
SIGN: Final = (
    r"authenticator failed for |\bH=\(?[^\s\[]*\)?\s?(?:\([^)]*\) )?\[[0-9A-Fa-f:.]+\]|\bSMTP (?:call"
    r"|connection|protocol|syntax|command) "
    r"|\bhost=\S+ \[[0-9A-Fa-f:.]+\]\)|^(?:\[[0-9]+\] )?no (?:host name|IP address) found for"
)
LOGSOURCE: Final = Logsource(product="linux", service="exim")

_NAME: Final = ("exim", "mail")
_START: Final = (
    r"^(?:[0-9]{4}-[0-9][0-9]-[0-9][0-9] [0-9:.]{8,15}(?: [+-][0-9]{4})? )?(?:\[[0-9]+\] )?"
    r"(?:\[[0-9]+[/\\][0-9]+\] )?"
    r"(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4} )?"
)
_WHO: Final = rf"(?:[^\s\[(]+ )?(?:\([^)]*\) )?\[(?P<source.address>{IP})\](?::(?P<source.port>[0-9]+))?"
_ALONE: Final = rf"(?P<source.address>{IP})\b"
_H: Final = rf"\bH={_WHO}(?: .*)? "
_RECIPIENT: Final = r"<?(?P<user.name>[^<>\s:]*)>?"
"""Whose mailbox was tried."""
_LISTED: Final = r"(?i:dnsbl|\brbl\b|black ?list|block ?list|spam|listed (?:in|at|by)|virus|malware|junk)"


def _mail(action: str) -> dict[str, str]:
    return denied(action, *_NAME, category="email")


PATTERNS: Final = (
    Pattern(
        rf"{_START}\S+ authenticator failed for {_WHO}.*?: (?:[0-9]{{3}} )?.*\(set_id=(?P<user.name>.*)\)"
        r"(?:: [0-9]+ Time\(s\))?$",
        refused(*_NAME),
    ),
    Pattern(rf"{_START}\S+ authenticator failed for {_WHO}", refused(*_NAME)),
    Pattern(rf"{_START}.*<= \S+ .*?\bH={_WHO} .*\bA=[^\s:]+:(?P<user.name>\S+)", granted(*_NAME)),
    Pattern(rf"{_START}<= ", told(*_NAME, "mail-received", "email")),
    # Greylisting and other passing troubles.
    Pattern(
        rf"{_START}(?:F=\S* )?{_H}temporarily rejected .*(?i:grey|gray|defer|try again|could not complete)",
        told(*_NAME, "greylisted", "email"),
    ),
    Pattern(rf"{_START}{_H}Warning: ", told(*_NAME, category="email")),
    Pattern(rf"{_START}H={_WHO}.*? sender verify (?:fail|defer) for <", _mail("sender-rejected")),
    Pattern(
        rf"{_START}(?:F=\S* )?{_H}(?:temporarily )?rejected .*(?i:relay not permitted|relaying (?:denied|not))",
        _mail("relay-denied"),
    ),
    Pattern(
        rf"{_START}(?:F=\S* )?{_H}(?:temporarily )?rejected (?:after DATA|by local_scan|during MIME|by "
        r"non-SMTP).*",
        _mail("spam-rejected"),
    ),
    Pattern(rf"{_START}(?:F=\S* )?{_H}(?:temporarily )?rejected RCPT {_RECIPIENT}.*{_LISTED}", _mail("spam-rejected")),
    Pattern(
        rf"{_START}(?:F=\S* )?{_H}(?:temporarily )?rejected (?:RCPT {_RECIPIENT})?.*(?i:sender verify|sender address)",
        _mail("sender-rejected"),
    ),
    Pattern(rf"{_START}(?:F=\S* )?{_H}(?:temporarily )?rejected RCPT {_RECIPIENT}", _mail("recipient-rejected")),
    Pattern(rf"{_START}(?:F=\S* )?{_H}(?:temporarily )?rejected .*(?i:rate ?limit)", denied("rate-limited", *_NAME)),
    Pattern(rf"{_START}(?:F=\S* )?{_H}(?:temporarily )?rejected ", _mail("access-denied")),
    Pattern(rf"{_START}H={_WHO}.*? dropped by '?[a-z_]+'? ACL", _mail("access-denied")),
    Pattern(
        rf"{_START}rejected (?:EHLO|HELO|ETRN|VRFY|EXPN|connection) (?:or [A-Z]+ )?(?:from|in \S+ from) "
        rf"(?:H=)?{_WHO}",
        denied("protocol-probe", *_NAME),
    ),
    Pattern(rf"{_START}refused (?:connection|relay|local).*? (?:from|for|H=) ?{_WHO}", _mail("access-denied")),
    Pattern(
        rf"{_START}SMTP protocol synchronization error \([^)]*\): rejected (?:connection from|\"[^\"]*\") "
        rf"H={_WHO}",
        denied("protocol-probe", *_NAME),
    ),
    Pattern(rf"{_START}SMTP (?:protocol|syntax) error in \".*\" H={_WHO}", denied("protocol-probe", *_NAME)),
    Pattern(rf"{_START}SMTP call from {_WHO}.*? dropped: too many ", denied("protocol-probe", *_NAME)),
    Pattern(
        rf"{_START}(?:SMTP )?(?:connection|call) from {_WHO}.*? (?:closed by DROP in ACL|dropped|refused)",
        _mail("access-denied"),
    ),
    Pattern(rf"{_START}no host name found for IP address {_ALONE}", told(*_NAME, "reverse-name-mismatch")),
    Pattern(
        rf"{_START}no IP address found for host \S+ \(during SMTP connection from {_WHO}",
        told(*_NAME, "reverse-name-mismatch"),
    ),
    Pattern(
        rf"{_START}SMTP connection from {_WHO}.*? (?:lost|closed by QUIT|\(TCP/IP connection count)",
        told(*_NAME, "connection"),
    ),
    Pattern(rf"{_START}no MAIL in SMTP connection from {_WHO}", denied("protocol-probe", *_NAME)),
    Pattern(rf"{_START}TLS error on connection from {_WHO}", denied("protocol-probe", *_NAME)),
    Pattern(rf"{_START}[Uu]nqualified (?:sender|recipient) rejected: .* H={_WHO}", _mail("sender-rejected")),
    Pattern(rf"{_START}Connection from {_WHO} refused: (?:too many|rate)", denied("rate-limited", *_NAME)),
    Pattern(rf"{_START}SA: Action: .*\(host=(?:\S+ )?\[(?P<source.address>{IP})\]\)", _mail("spam-rejected")),
    Pattern(
        rf"{_START}(?:SMTP (?:command timeout on )?connection from|no (?:host name|IP address) found for)", told(*_NAME)
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Refusals, logins and probes."""
    return apply(frame, PATTERNS)
