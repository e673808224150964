r"""IMAP and POP servers besides Dovecot: Courier, Cyrus, UW, Perdition, Solid POP3, vpopmail, qpopper.

    LOGIN FAILED, user=bob, ip=[::ffff:203.0.113.9]                                            Courier
    badlogin: mail.example.org [203.0.113.9] PLAIN [SASL(-13): authentication failure: ...]    Cyrus
    Login failed user=bob auth=bob host=mail.example.org [203.0.113.9]                          UW

Source of the words: the programs' own syslog calls. Where the user name comes first, the address is the last one.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "imapd",
    "imapd-ssl",
    "pop3d",
    "pop3d-ssl",
    "courierpop3login",
    "courierimapd",
    "courier-imap",
    "courier-pop3d",
    "imap",
    "imaps",
    "pop3",
    "pop3s",
    "ipop3d",
    "ipop2d",
    "cyrus/imap",
    "cyrus/imaps",
    "cyrus/pop3",
    "cyrus/pop3s",
    "cyrus/lmtp",
    "cyrus/nntp",
    "cyrus/sieve",
    "cyrus/timsieved",
    "timsieved",
    "sieve",
    "lmtpunix",
    "perdition",
    "perdition.imap",
    "perdition.imaps",
    "perdition.imap4",
    "perdition.imap4s",
    "perdition.pop3",
    "perdition.pop3s",
    "perdition.managesieve",
    "solid-pop3d",
    "vpopmail",
    "vchkpw-pop3",
    "vchkpw-imap",
    "vchkpw-smtp",
    "vchkpw",
    "vchkpw-submission",
    "qpopper",
    "popper",
    "in.qpopper",
    "popa3d",
    "tpop3d",
    "courieresmtpd",
    "courieresmtpd-ssl",
    "courierd",
    "esmtpd",
    "esmtpd-ssl",
    "esmtpd-msa",
    "authdaemond",
    "teapop",
    "akpop3d",
)
SIGN: Final = (
    r"^LOGIN(?: FAILED)?, (?:user|method)=|^badlogin: |^Login (?:failed|excessive|disabled|user=)"
    r"|^vchkpw-[a-z0-9]+: "
    r"|^error,relay="
)
LOGSOURCE: Final = Logsource(product="linux", service="mail")

_A: Final = rf"(?P<source.address>{IP})"
_COURIER: Final = ("courier", "mail")
_CYRUS: Final = ("cyrus", "mail")
_UW: Final = ("uw-imap", "mail")
_PERDITION: Final = ("perdition", "mail")
_VPOPMAIL: Final = ("vpopmail", "mail")

PATTERNS: Final = (
    Pattern(
        rf"^LOGIN FAILED, (?:user=(?P<user.name>.*)|method=[^,]*), ip=\[{_A}\](?:, port=\[[0-9]+\])?$",
        refused(*_COURIER),
    ),
    Pattern(
        rf"^LOGIN, user=(?P<user.name>.*), ip=\[{_A}\](?:, port=\[(?P<source.port>[0-9]+)\])?(?:, "
        r"protocol=\S+)?$",
        granted(*_COURIER),
    ),
    Pattern(rf"^error,relay={_A}(?:,port=[0-9]+)?,(?:msg=\"535|.*535 Authentication failed)", refused(*_COURIER)),
    Pattern(
        rf"^error,relay={_A}(?:,[a-z]+=[^,]*)*?,from=<[^>]*>(?:,to=<[^>]*>)?: 5.*(?i:unknown|unavailable"
        r"|no such)",
        denied("recipient-rejected", *_COURIER, "email"),
    ),
    Pattern(rf"^error,relay={_A}.*: 5.*(?i:relay)", denied("relay-denied", *_COURIER, "email")),
    Pattern(rf"^error,relay={_A}[,:].*(?:: |\")5[0-9][0-9] ", denied("access-denied", *_COURIER, "email")),
    Pattern(rf"^badlogin: (?:[^\[]*)\[{_A}\] (?P<network.protocol>\S+) (?P<user.name>\S+) SASL\(", refused(*_CYRUS)),
    Pattern(rf"^badlogin: (?:[^\[]*)\[{_A}\]", refused(*_CYRUS)),
    Pattern(rf"^login: (?:[^\[]*)\[{_A}\] (?P<user.name>\S+) ", granted(*_CYRUS)),
    Pattern(
        r"^(?:Login (?:failed|disabled|excessive login failures|excessive login attempts)|Failed .* "
        rf"override|Bad login) (?:of )?user=(?P<user.name>.*?)(?: +auth=.*)? +host=[^\[]*\[{_A}\] *$",
        refused(*_UW),
    ),
    Pattern(rf"^(?:Login failed|Login disabled|Excessive|Failed)\b.*host=[^\[]*\[{_A}\] *$", refused(*_UW)),
    Pattern(rf"^(?:Login|Authenticated|Auth) user=(?P<user.name>.*) host=[^\[]*\[{_A}\]", granted(*_UW)),
    Pattern(
        rf"^Auth: {_A}(?::(?P<source.port>[0-9]+))?->.* authentication_id=\"(?P<user.name>[^\"]*)\" "
        r".*status=\"(?:failed|.*?(?i:fail|denied|refused))",
        refused(*_PERDITION),
    ),
    Pattern(
        rf"^Auth: {_A}(?::(?P<source.port>[0-9]+))?->.* authentication_id=\"(?P<user.name>[^\"]*)\" "
        r".*status=\"ok",
        granted(*_PERDITION),
    ),
    Pattern(
        rf"^(?:Fatal )?[Ee]rror (?:reading|negotiating) [a-z ]+from client {_A}(?::(?P<source.port>[0-9]+))?->",
        denied("protocol-probe", *_PERDITION),
    ),
    Pattern(
        rf"^authentication failed: (?:[a-z' ]+: )?(?P<user.name>.*?) - (?:\S* ?\[)?{_A}\]?$",
        refused("solid-pop3d", "mail"),
    ),
    Pattern(rf"^user (?P<user.name>.*?) authenticated - (?:\S* ?\[)?{_A}\]?$", granted("solid-pop3d", "mail")),
    Pattern(
        r"^(?:vchkpw-[a-z0-9]+: )?(?:vpopmail user not found|password fail|null password given|invalid "
        rf"user|login fail\S*|no password)[^:]*? (?P<user.name>\S*):{_A}$",
        refused(*_VPOPMAIL),
    ),
    Pattern(rf"^(?:vchkpw-[a-z0-9]+: )?\([A-Z0-9-]+\) login success (?P<user.name>\S+):{_A}$", granted(*_VPOPMAIL)),
    Pattern(
        r"^(?:-ERR )?\[AUTH\] .*(?i:fail|incorrect|denied).*? (?:for|user) \"?(?P<user.name>[^\s\"]*)\"? "
        rf".*\(?{_A}\)?",
        refused("qpopper", "mail"),
    ),
    Pattern(rf"^(?P<user.name>\S+) at \S+ \({_A}\): -ERR \[AUTH\]", refused("qpopper", "mail")),
    Pattern(r"^(?:Connection|DISCONNECTED|LOGOUT|TIMEOUT|Logout|Close)\b", told("imap", "mail")),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in."""
    return apply(frame, PATTERNS)
