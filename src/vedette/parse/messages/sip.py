r"""Telephony: Asterisk (chan_sip, PJSIP, IAX, manager, security events), FreeSWITCH, Kamailio, OpenSIPS.

    Registration from '"100" <sip:100@192.0.2.1>' failed for '203.0.113.9:5060' - Wrong password
    SIP auth failure (INVITE) on sofia profile 'internal' for [100@192.0.2.1] from ip 203.0.113.9
    SecurityEvent="InvalidPassword",...,AccountID="100",...,RemoteAddress="IPV4/UDP/203.0.113.9/5060",...

Source of the words: the programs' sources. What stands in SIP headers is the peer's to choose; the address it came from is
written after them.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("asterisk", "freeswitch", "kamailio", "opensips", "ser", "yate", "3cx")
SIGN: Final = (
    r"chan_sip\.c|chan_iax2\.c|res_security_log|SecurityEvent=\"|sofia(?:_reg)?\.c:[0-9]+|pjsip"
    r"|Request (?:'[A-Z]+' )?from '|manager\.c|Registration from '|switch_\w+\.c"
    r"|\((?:NOTICE|WARNING|ERROR)\).*asterisk|Rejected by acl"
)
LOGSOURCE: Final = Logsource(product=None, service="sip")

_A: Final = rf"\[?(?P<source.address>{IP})\]?"
_PORT: Final = r"(?::(?P<source.port>[0-9]+))?"
_AST: Final = ("asterisk", "sip")
_FS: Final = ("freeswitch", "sip")
_EVENT: Final = rf"\bRemoteAddress=\"IPV[46]/[A-Z]+/(?P<source.address>{IP})/(?P<source.port>[0-9]+)\""
_ACCOUNT: Final = r"\bAccountID=\"(?P<user.name>.*?)\",(?:SessionID|LocalAddress)="

PATTERNS: Final = (
    Pattern(
        rf"\bRegistration from '(?:.*?[:\"<](?P<user.name>[^@:\"<>]*)@.*|.*)' failed for '{_A}{_PORT}' - ",
        refused(*_AST),
    ),
    Pattern(
        r"\bRequest (?:'[A-Z]+' )?from '(?:.*?sip:(?P<user.name>[^@:\"<>]*)@.*|.*)' failed for "
        rf"'{_A}{_PORT}' \(callid: .*\) - ",
        refused(*_AST),
    ),
    Pattern(
        rf"\bCall from '.*' \({_A}{_PORT}\) to extension '.*' rejected because extension not found",
        denied("registration-denied", *_AST),
    ),
    Pattern(rf"\bNo registration for peer '(?P<user.name>.*)' \(from {_A}\)", refused(*_AST)),
    Pattern(
        rf"\bHost {_A} (?:failed to authenticate as|failed MD5 authentication for|denied access to "
        r"register peer) '(?P<user.name>.*)'",
        refused(*_AST),
    ),
    Pattern(rf"\bHost {_A} failed to (?:authenticate|register)", refused(*_AST)),
    Pattern(
        rf"(?:^|[\s:]){_A} (?:failed to authenticate as|tried to authenticate with nonexistent user) '"
        r"(?P<user.name>.*)'",
        refused(*_AST),
    ),
    Pattern(rf"\bhacking attempt detected '{_A}'", denied("protocol-probe", *_AST)),
    Pattern(rf"\bFailed (?:to authenticate|auth).* from '?{_A}{_PORT}'?$", refused(*_AST)),
    Pattern(
        rf"\bFailed to authenticate (?:user|device) (?:\"(?P<user.name>[^\"]*)\" )?.* for '?{_A}{_PORT}'?$", refused(*_AST)
    ),
    Pattern(r"\bFailed to authenticate (?:user|device) ", refused(*_AST)),
    Pattern(
        r"\bSecurityEvent=\"(?:FailedACL|InvalidAccountID|ChallengeResponseFailed|InvalidPassword"
        r"|InvalidTransport|UnexpectedAddress|RequestNotAllowed"
        rf"|AuthMethodNotAllowed)\".*{_ACCOUNT}.*{_EVENT}",
        refused(*_AST),
    ),
    Pattern(
        r"\bSecurityEvent=\"(?:FailedACL|InvalidAccountID|ChallengeResponseFailed|InvalidPassword"
        r"|InvalidTransport|UnexpectedAddress|RequestNotAllowed|AuthMethodNotAllowed|RequestBadFormat"
        rf"|MemoryLimit|LoadAverageLimit|SessionLimit)\".*{_EVENT}",
        refused(*_AST),
    ),
    Pattern(rf"\bSecurityEvent=\"SuccessfulAuth\".*{_ACCOUNT}.*{_EVENT}", granted(*_AST)),
    Pattern(r"\bSecurityEvent=\"", told(*_AST, category="authentication")),
    Pattern(
        rf"\bSIP auth failure \([A-Z]+\) on sofia profile .* for \[(?P<user.name>[^@\]]*)[^\]]*\] from ip {_A}$",
        refused(*_FS),
    ),
    Pattern(
        r"\bSIP auth challenge \([A-Z]+\) on sofia profile .* for \[(?P<user.name>[^@\]]*)[^\]]*\] from "
        rf"ip {_A}$",
        denied("registration-denied", *_FS),
    ),
    Pattern(rf"\bCan't find user \[(?P<user.name>[^@\]]*)[^\]]*\] from {_A}$", refused(*_FS)),
    # FreeSWITCH asks for a password then: nothing was refused yet.
    Pattern(r"\bRejected by acl \"[^\"]*\"\. Falling back to Digest auth", told(*_FS)),
    Pattern(rf"\bIP {_A} Rejected by (?:register |user )?acl\b", denied("registration-denied", *_FS)),
    Pattern(
        r"\b(?:[Aa]uth(?:entication)? (?:failed|failure|error)|[Ff]ailed (?:auth|login)|[Bb]ad "
        r"(?:username|credentials|password)|[Ii]nvalid password|flood|scanner|[Bb]lock(?:ed|ing)"
        rf"|banned)\b.*\b(?:from|src|si|srcip|source|ip)[ =:'\"]+{_A}",
        refused("kamailio", "sip"),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Registrations and calls refused."""
    return apply(frame, PATTERNS)
