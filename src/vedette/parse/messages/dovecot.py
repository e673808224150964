r"""Dovecot: login processes (imap, pop3, managesieve, submission) and the authentication service.

    imap-login: Disconnected (auth failed, 2 attempts in 5 secs): user=<bob>, method=PLAIN, rip=203.0.113.9, lip=...
    auth-worker(812): sql(bob,203.0.113.9,<session>): Password mismatch

Source of the words: src/login-common/client-common.c, src/auth/auth-request.c. The user name is the peer's to choose:
it is greedy, and rip= is the last one that Dovecot writes after it.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "dovecot",
    "dovecot-auth",
    "imap-login",
    "pop3-login",
    "managesieve-login",
    "submission-login",
    "auth-worker",
    "lmtp",
    "dovecot: imap-login",
    "dovecot: pop3-login",
)
SIGN: Final = (
    r"\buser=<.*>, (?:.*, )?rip=[0-9A-Fa-f:.]+(?:,|$)|-login: .*\brip=[0-9A-Fa-f:.]+, lip=|\b(?:pam|sql|ldap|passwd-file|passwd|shadow|lua"
    r"|checkpassword|oauth2|imap)\([^)]*,[0-9A-Fa-f:.]+"
    r"[,)]|\buserdb\(|\bauth\([^)]*,[0-9A-Fa-f:.]+,"
)
LOGSOURCE: Final = Logsource(product="linux", service="dovecot")

_NAME: Final = ("dovecot", "mail")
_USER: Final = r"user=<(?P<user.name>.*)>, (?:[a-z]+=[^,<>\s]*, )*"
_RIP: Final = rf"rip=(?P<source.address>{IP})(?:, (?:lip=(?P<destination.address>[^,\s]+).*|.*))?$"
_FAILED: Final = (
    r"(?i:auth failed|tried to use (?:disabled|disallowed|unsupported)|invalid credentials"
    r"|authentication failed|account (?:is )?(?:disabled|locked|expired)|password expired|login "
    r"denied|not allowed|access denied)"
)
_PROBE: Final = (
    r"(?i:too many invalid|too many bad|invalid imap commands|wrong version number|unknown protocol"
    r"|http request|unsupported protocol|"
    r"no shared cipher|no application protocol|disconnected before auth was ready|didn't finish sasl auth|"
    r"didn't send|line too long|maximum number of connections)"
)
_DRIVER: Final = (
    r"(?:pam|sql|ldap|passwd-file|passwd|shadow|static|lua|bsdauth|checkpassword|policy|oauth2|imap"
    r"|sqlite|mysql|pgsql|auth|vpopmail|dict)"
)
_VERDICT: Final = (
    r"(?i:unknown user|password mismatch|invalid credentials|pam_authenticate\(\) failed"
    r"|authentication failure|"
    r"user not found|no such user|account (?:is )?(?:disabled|locked|expired)|login (?:is )?disabled"
    r"|not allowed|"
    r"bind failed|permission denied|password expired|wrong password|user is disabled|policy|failed "
    r"authentication)"
)

PATTERNS: Final = (
    # Who is looked up here may be the recipient of a mail.
    Pattern(r"\buserdb\(", told(*_NAME)),
    Pattern(rf"\bno auth attempts\b.*{_PROBE}.*{_USER}{_RIP}", denied("protocol-probe", *_NAME)),
    Pattern(rf"{_PROBE}.*\bno auth attempts\b.*?\b{_RIP}", denied("protocol-probe", *_NAME)),
    Pattern(rf"\bno auth attempts\b.*?\b{_RIP}", told(*_NAME)),
    Pattern(rf"(?:^|[\s(:]){_FAILED}.*?: {_USER}{_RIP}", refused(*_NAME)),
    Pattern(rf"(?:^|[\s(:]){_FAILED}.*\b{_RIP}", refused(*_NAME)),
    Pattern(rf"(?:^|[\s:])(?:Login|Logged in|Login-info): {_USER}{_RIP}", granted(*_NAME)),
    Pattern(rf"{_PROBE}.*\b{_RIP}", denied("protocol-probe", *_NAME)),
    Pattern(
        rf"\b{_DRIVER}\((?P<user.name>.*),(?P<source.address>{IP})(?:,(?:sasl:[a-z]+|master"
        rf"|<[^<>]*>)?)*\)(?:<[^<>]*>)?: .*{_VERDICT}",
        refused(*_NAME),
    ),
    Pattern(
        rf"\b(?:client|auth-policy|auth)\b.*\b(?:rip|remote_ip|remote)=(?P<source.address>{IP})\b.*{_VERDICT}",
        refused(*_NAME),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins let in and refused, probes of the login processes."""
    return apply(frame, PATTERNS)
