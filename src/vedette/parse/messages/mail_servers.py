r"""Mail servers besides Postfix, Exim, Sendmail and Courier.

qmail with rblsmtpd, OpenSMTPD, Domino, Kerio Connect, Oracle Messaging Server, Zimbra, Haraka, Stalwart, ASSP, hMailServer,
MailEnable, MDaemon, Axigen, mailcow and Mailu front ends.

    smtpd[812]: 3c1 smtp authentication user=bob address=203.0.113.9 host=... result=permfail     OpenSMTPD
    smtp: bob [203.0.113.9] authentication failure using internet password                       Domino
    SMTP: User bob@example.org doesn't exist. Attempt from IP address 203.0.113.9                 Kerio

Source of the words: the programs' documentation and sources.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, LEAD, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "qmail",
    "qmail-smtpd",
    "rblsmtpd",
    "smtpd",
    "opensmtpd",
    "qmail-pop3d",
    "haraka",
    "stalwart",
    "stalwart-mail",
    "mailenable",
    "assp",
    "kerio",
    "zimbra",
    "nslcd-mail",
    "spamdyke",
)
SIGN: Final = (
    r"rblsmtpd: |qmail-smtpd: |smtp authentication user=| authentication failure using internet password"
    r"|^SMTP Server(?: \[[^\]]+\])?:? (?:Authentication|Connection)|Attempt from IP address |Relay "
    r"attempt from IP address"
    r"|\boip=[0-9A-Fa-f:.]+|badauth\b.*\bip=|\b(?:tp|B|J|U|V)=? ?.*\bsma=|\bauth\.(?:failed|error"
    r"|success)\b|\[authentication\] |spamdyke"
    r"|^<co .*mi=|\bSMTPI-[0-9]+|\[SMTP Error\]|SMTP Spam attack detected|Administration login into"
    r"|AUTH errors|sender authentication errors|SSL negotiation with client failed|found in DNS "
    r"blacklist|has no reverse DNS entry|Attempt to deliver to unknown recipient|relay attempt blocked for"
)
LOGSOURCE: Final = Logsource(product="linux", service="mail")

_A: Final = rf"(?P<source.address>{IP})"
_DOMINO: Final = ("domino", "mail")
_KERIO: Final = ("kerio", "mail")
_QMAIL: Final = ("qmail", "mail")
_OPEN: Final = ("opensmtpd", "mail")
_ZIMBRA: Final = ("zimbra", "mail")
_ORACLE: Final = ("oracle-ims", "mail")
_STALWART: Final = ("stalwart", "mail")
_ASSP_STAMP: Final = r"(?:[A-Z][a-z]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8} )?"
_ASSP: Final = ("assp", "mail")


PATTERNS: Final = (
    # qmail and its blackhole list front end
    Pattern(rf"\brblsmtpd: {_A} pid [0-9]+", denied("spam-rejected", *_QMAIL, "email")),
    Pattern(rf"(?:^|rblsmtpd: )\S+ blocked {_A}(?: |$)", denied("spam-rejected", *_QMAIL, "email")),
    Pattern(rf"^{_A} pid [0-9]+[: ].*(?:4[0-9][0-9]|5[0-9][0-9]) ", denied("spam-rejected", *_QMAIL, "email")),
    Pattern(rf"\bqmail-smtpd: [45][0-9][0-9] badiprbl: ip {_A} rbl: ", denied("spam-rejected", *_QMAIL, "email")),
    Pattern(rf"^(?:.*qmail-smtpd: )?[45][0-9][0-9] bad\S+: ip {_A} ", denied("spam-rejected", *_QMAIL, "email")),
    Pattern(
        rf"\bqmail-smtpd(?:\[[0-9]+\])?: (?:.*: )?(?i:authentication|auth) (?i:failed).*\b{_A}\b", refused(*_QMAIL)
    ),
    Pattern(rf"^DENIED_[A-Z_]+ from: .* origin_ip: {_A} ", denied("access-denied", "spamdyke", "mail", "email")),
    Pattern(rf"^FILTER_[A-Z_]+ .*\bip: {_A}\b", denied("access-denied", "spamdyke", "mail", "email")),
    Pattern(rf"\bsmtp (?:event=)?connected address={_A} host=", told(*_OPEN, "connection")),
    # OpenSMTPD: the session's address is in the line of `connected`, and in newer versions beside each event
    Pattern(
        rf"\bsmtp authentication user=(?P<user.name>.*) address={_A} .*result=(?:permfail|tempfail|\S*fail)",
        refused(*_OPEN),
    ),
    Pattern(rf"\bsmtp authentication user=(?P<user.name>.*) address={_A} host=\S* result=ok", granted(*_OPEN)),
    Pattern(
        rf"\bsmtp (?:failed-command|event=failed-command) (?:address={_A} .*)?command=\"AUTH .*result=\"5",
        refused(*_OPEN),
    ),
    Pattern(rf"\bsmtp event=failed-command address={_A} .*result=\"5", denied("access-denied", *_OPEN, "email")),
    Pattern(rf"\bsmtp (?:event=)?bad-input address={_A}\b", denied("protocol-probe", *_OPEN)),
    Pattern(r"\bsmtp failed-command command=\"AUTH .*result=\"5", refused(*_OPEN)),
    # Domino
    Pattern(
        rf"\bsmtp: (?P<user.name>.*?) \[?{_A}\]? authentication failure using internet password$", refused(*_DOMINO)
    ),
    Pattern(
        rf"(?i:smtp|http|imap|pop3|ldap): (?P<user.name>.*?) \[?{_A}\]? authentication failure using "
        r"internet password$",
        refused(*_DOMINO),
    ),
    Pattern(
        r"\bSMTP Server(?: \[[^\]]+\])?:? Authentication failed for user (?P<user.name>.*) ; connecting "
        rf"host \[?{_A}\]?$",
        refused(*_DOMINO),
    ),
    Pattern(rf"\bSMTP Server(?: \[[^\]]+\])?:? Connection from \[?{_A}\]? rejected", denied("access-denied", *_DOMINO)),
    Pattern(
        rf"\bSMTP Server(?: \[[^\]]+\])?:? .*\[?{_A}\]? (?i:rejected|attempt to relay)",
        denied("relay-denied", *_DOMINO, "email"),
    ),
    # Kerio Connect, security log
    Pattern(
        rf"{LEAD}(?:SMTP|IMAP|POP3|HTTP|WebMail|XMPP|LDAP|NNTP|[A-Za-z/ ]+)\S*: (?:User|Invalid password "
        rf"for user) (?P<user.name>.*?)(?: doesn't exist)?\.? Attempt from IP address {_A}[.\s]*$",
        refused(*_KERIO),
    ),
    Pattern(rf"{LEAD}Relay attempt from IP address {_A}", denied("relay-denied", *_KERIO, "email")),
    Pattern(rf"{LEAD}Failed .* login from {_A}", refused(*_KERIO)),
    Pattern(
        rf"{LEAD}(?:IP address|Message from IP address|Client with IP address) {_A}.*?(?:found in DNS "
        r"blacklist|has no reverse DNS|rejected|attempted|too many)",
        denied("spam-rejected", *_KERIO, "email"),
    ),
    Pattern(rf"{LEAD}SMTP Spam attack detected from {_A}", denied("spam-rejected", *_KERIO, "email")),
    Pattern(rf"{LEAD}Administration login into [A-Za-z ]+ from {_A} failed", refused(*_KERIO)),
    Pattern(
        rf"{LEAD}Attempt to deliver to unknown recipient <.*>, from <.*>, IP address {_A}$",
        denied("recipient-rejected", *_KERIO, "email"),
    ),
    # Zimbra, audit and mailbox logs: oip is who the proxy saw
    Pattern(
        rf"\[(?:name=[^;\]]*;)?(?:[a-z]+=[^;\]]*;)*oip={_A};.*cmd=(?:Auth|AdminAuth); account="
        r"(?P<user.name>[^;]*);.*error=(?i:authentication failed|.*invalid|.*locked|.*password)",
        refused(*_ZIMBRA),
    ),
    Pattern(
        rf"\boip={_A};.*(?i:authentication failed|invalid password|account lockout|failed authentication)"
        r"(?: for \[?(?P<user.name>[^\],;\s]*)\]?)?",
        refused(*_ZIMBRA),
    ),
    Pattern(
        rf"\[ip={_A};.*(?i:authentication failed|invalid password|account lockout)(?: for \[?"
        r"(?P<user.name>[^\],;\s]*)\]?)?",
        refused(*_ZIMBRA),
    ),
    Pattern(rf"\boip={_A};.*cmd=Auth; account=(?P<user.name>[^;]*); protocol=[^;]*;$", granted(*_ZIMBRA)),
    # Oracle (Sun, iPlanet) Messaging Server, XML and plain
    Pattern(
        r"\b(?:mi|ac)=\"(?:Bad password|Bad username|Authentication failed|No such user"
        rf"|.*[Aa]uthentication fail[^\"]*)\".* (?:tr|di)=\"TCP\|[^|\"]*\|[0-9]+\|{_A}\|",
        refused(*_ORACLE),
    ),
    Pattern(
        rf"\btr=\"TCP\|[^|\"]*\|[0-9]+\|{_A}\|(?P<source.port>[0-9]+)\".* mi=\"[^\"]*(?i:bad password|bad username"
        r"|authentication failed|no such user|invalid)[^\"]*\" us=\"(?P<user.name>[^\"]*)\"",
        refused(*_ORACLE),
    ),
    Pattern(
        rf"\btr=\"TCP\|[^|\"]*\|[0-9]+\|{_A}\|(?P<source.port>[0-9]+)\".*(?:mi|di)=\"[^\"]*(?i:bad "
        r"password|bad username|authentication failed|no such user|invalid)",
        refused(*_ORACLE),
    ),
    Pattern(rf"\bbadlogin: \[?{_A}:?(?P<source.port>[0-9]*)\]? \S+ (?P<user.name>\S*) ", refused(*_ORACLE)),
    # Stalwart: key = value pairs after the event's name
    Pattern(
        r"(?i:authentication (?:failed|error)|too many authentication|auth\.(?:failed|error"
        rf"|too-many-attempts)).*\bremoteIp ?= ?\"?{_A}",
        refused(*_STALWART),
    ),
    Pattern(rf"(?i:authentication successful|auth\.success).*\bremoteIp ?= ?\"?{_A}", granted(*_STALWART)),
    Pattern(rf"\(security\.[a-z-]+\).*\bremoteIp ?= ?\"?{_A}", denied("access-denied", *_STALWART)),
    # ASSP: the connection's address leads
    Pattern(
        rf"^(?:\S+ )?(?:\[[^\]]+\] )*{_A} (?:<[^>]*> )?(?:to: \S+ )?(?:\[[^\]]+\] )*(?i:user "
        r"authentication failed|authentication failed|max(?:imum)? auth errors|auth\S* error)",
        refused(*_ASSP),
    ),
    Pattern(
        rf"^{_ASSP_STAMP}(?:\S+ )?(?:\[[^\]]+\] )*(?:Blocking )?{_A} (?:- )?(?:.*?)(?i:too (?:much|many) "
        r"AUTH errors|max sender authentication errors)",
        refused(*_ASSP),
    ),
    Pattern(
        rf"^{_ASSP_STAMP}(?:\S+ )?(?:\[[^\]]+\] )*{_A} (?i:SSL negotiation with client failed)",
        denied("protocol-probe", *_ASSP),
    ),
    Pattern(rf"^(?:\S+ )?\[SMTP Error\] .*\b{_A}\b.*535", refused(*_ASSP)),
    Pattern(rf"^(?:\S+ )?(?:\[[^\]]+\] )*{_A} .*\[SMTP Error\] 535", refused(*_ASSP)),
    Pattern(
        rf"^{_ASSP_STAMP}(?:\S+ )?(?:\[[^\]]+\] )*{_A} .*(?i:max errors \([0-9]+\) exceeded|blocked by|delaying"
        r"|relay attempt blocked)",
        denied("access-denied", *_ASSP, "email"),
    ),
    # Haraka
    Pattern(
        r"\[(?:auth|[a-z/_-]*auth[a-z/_-]*)\] .*(?i:auth fail|authentication failed|bad credentials"
        rf"|invalid).*\b{_A}\b",
        refused("haraka", "mail"),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Refusals, logins and probes."""
    return apply(frame, PATTERNS)
