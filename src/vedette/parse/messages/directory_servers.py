r"""Directories and authentication servers: OpenLDAP, 389, FreeRADIUS, Kerberos KDC, Samba and winbind, LLDAP, Kanidm, OpenPegasus.

    Auth: (12) Login incorrect (mschap: ...): [bob/<via Auth-Type = EAP>] (from client ap1 port 0 cli 02-00-...)   FreeRADIUS
    AS_REQ (8 etypes {18 17}) 203.0.113.9: PREAUTH_FAILED: bob@EXAMPLE.ORG for krbtgt/..., Decrypt integrity check failed
    Auth: [SMB2,(null)] user [WORKGROUP]\[bob] at [...] with [NTLMv2] status [NT_STATUS_WRONG_PASSWORD] ... remote host [ipv4:...]

Source of the words: the programs' sources. A RADIUS client is the access point, not the peer.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, LEAD, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "slapd",
    "ns-slapd",
    "radiusd",
    "freeradius",
    "krb5kdc",
    "kadmind",
    "kpasswdd",
    "smbd",
    "nmbd",
    "winbindd",
    "samba",
    "smbd_audit",
    "lldap",
    "kanidmd",
    "cimserver",
    "sssd",
    "sssd_be",
    "nslcd",
    "nscd",
    "ypserv",
)
SIGN: Final = (
    r"Auth: +(?:\([0-9]+\) +)?(?:Login|Invalid user|Rejected)|\b(?:AS|TGS)_REQ \(|status \[NT_STATUS_"
    r"|conn=[0-9]+ (?:fd|op)=[0-9]+ |NT_STATUS_(?:WRONG_PASSWORD|LOGON_FAILURE|NO_SUCH_USER)"
    r"|Denied connection from|authentication for user \[[^\]]*\]"
)
LOGSOURCE: Final = Logsource(product=None, service="directory")

_A: Final = rf"(?P<source.address>{IP})"
_RADIUS: Final = ("freeradius", "directory")
_KDC: Final = ("krb5kdc", "directory")
_SMB: Final = ("samba", "directory")
_LDAP: Final = ("slapd", "directory")

PATTERNS: Final = (
    Pattern(
        r"(?:^|Auth: +)(?:\([0-9]+\) +)?(?:Login incorrect|Invalid user|Rejected in [a-z-]+|Login "
        r"failed)(?: \(.*?\))?: \[(?P<user.name>.*?)(?:/.*)?\] \(from client \S+ port [0-9]+(?: cli "
        r"(?P<client.address>\S+?))?(?: via TLS tunnel)?\)",
        refused(*_RADIUS),
    ),
    Pattern(
        r"(?:^|Auth: +)(?:\([0-9]+\) +)?Login OK: \[(?P<user.name>.*?)(?:/.*)?\] \(from client ", granted(*_RADIUS)
    ),
    Pattern(
        r"(?:^|: )Ignoring request to \S+(?: address \S+)?(?: port [0-9]+)?(?: bound to \S+(?: \S+)*)? "
        rf"from unknown client {_A}",
        denied("access-denied", *_RADIUS),
    ),
    Pattern(
        rf"\b(?:AS|TGS)_REQ \([^)]*\) {_A}: (?:PREAUTH_FAILED|PREAUTH FAILED|CLIENT_NOT_FOUND|CLIENT "
        r"EXPIRED|CLIENT KEY EXPIRED|LOCKED_OUT|CLIENT_LOCKED_OUT|BAD_ENCRYPTION_TYPE): "
        r"(?P<user.name>[^@,\s]+)(?:@\S+)? for ",
        refused(*_KDC),
    ),
    Pattern(rf"\b(?:AS|TGS)_REQ \([^)]*\) {_A}: ISSUE: .*?, (?P<user.name>[^@,\s]+)(?:@\S+)? for ", granted(*_KDC)),
    Pattern(r"\b(?:AS|TGS)_REQ \(", told(*_KDC, category="authentication")),
    Pattern(
        r"Auth: \[[^\]]*\] user \[.*?\]\\\[(?P<user.name>.*?)\] at \[.*?\] with \[.*?\] status "
        rf"\[NT_STATUS_OK\].* remote host \[ipv[46]:{_A}:(?P<source.port>[0-9]+)\]",
        granted(*_SMB),
    ),
    Pattern(
        r"Auth: \[[^\]]*\] user \[.*?\]\\\[(?P<user.name>.*?)\] at \[.*?\] with \[.*?\] status "
        rf"\[NT_STATUS_[A-Z_]+\].* remote host \[ipv[46]:{_A}:(?P<source.port>[0-9]+)\]",
        refused(*_SMB),
    ),
    Pattern(rf"[Dd]enied connection (?:from|to \S+ from) (?:\S+ )?\(?{_A}\)?", denied("access-denied", *_SMB)),
    Pattern(rf"(?:Connection|Access) denied (?:from|to|for) (?:\S+ )?\(?{_A}\)?", denied("access-denied", *_SMB)),
    Pattern(r"[Aa]uthentication for user \[(?P<user.name>.*?)\](?: -> \[[^\]]*\])? (?:-> )?FAILED", refused(*_SMB)),
    Pattern(
        r"NTLM(?:SSP)? .*user \[?(?P<user.name>[^\]\s]*)\]? .*NT_STATUS_(?:WRONG_PASSWORD|LOGON_FAILURE"
        r"|NO_SUCH_USER|ACCOUNT_LOCKED_OUT)",
        refused(*_SMB),
    ),
    Pattern(
        rf"\bconn=[0-9]+ fd=[0-9]+ (?:ACCEPT from|slot=[0-9]+ connection from) (?:IP=)?\[?{_A}\]?",
        told(*_LDAP, "session-start"),
    ),
    # The address stands in the connection's first line; here only the refusal itself is known.
    Pattern(r"\bconn=[0-9]+ op=[0-9]+ (?:RESULT tag=97 err=49\b|RESULT err=49\b)", refused(*_LDAP)),
    Pattern(
        r"\bconn=[0-9]+ op=[0-9]+ (?:BIND dn=\"(?P<user.name>[^\"]*)\"|[A-Z]+)", told(*_LDAP, category="authentication")
    ),
    Pattern(
        rf"{LEAD}(?:[Ii]nvalid credentials|[Aa]uthentication failed|[Ii]nvalid password).*\b(?:client_ip"
        rf"|remote|peer|ip)[=:] ?\"?{_A}",
        refused("lldap", "directory"),
    ),
    Pattern(r"Authentication failed for user (?P<user.name>\S+?)\.?$", refused("cimserver", "directory")),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in, connections refused."""
    return apply(frame, PATTERNS)
