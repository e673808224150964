r"""DNS servers: BIND (named), NSD, Unbound, dnsmasq, PowerDNS, Knot, AdGuard Home, Technitium, Pi-hole.

    client @0x7f65100ee4d8 203.0.113.9#3076 (example.com): query (cache) 'example.com/ANY/IN' denied      BIND
    axfr for example.org. from 203.0.113.9 refused, no acl matches                                        NSD

Source of the words: the programs' sources. The client stands first; the name it asked for is its to choose.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, LEAD, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "named",
    "bind9",
    "nsd",
    "unbound",
    "dnsmasq",
    "dnsmasq-dhcp",
    "pdns",
    "pdns_server",
    "pdns_recursor",
    "knotd",
    "adguardhome",
    "pihole-ftl",
)
SIGN: Final = (
    r"^(?:[0-9]+ \S+ )?query\[[A-Za-z0-9=]+\] |"
    r"\bclient (?:@0x[0-9a-f]+ )?[0-9A-Fa-f:.]+#[0-9]+|\b[ai]xfr for |ratelimit block "
    r"|/control/login: |DnsWebServiceException|refused (?:axfr|notify|update|query)|unauthorized host"
    r"|AXFR of domain|not authoritative for|(?:query|notify|update) .*refused|^(?:.*: )?info: \S+ "
    r"from [0-9A-Fa-f:.@]+ .*(?:refused|denied)"
)
LOGSOURCE: Final = Logsource(category="dns", service="dns")

_A: Final = rf"(?P<source.address>{IP})"
_BIND: Final = ("named", "dns")
_CLIENT: Final = (
    rf"\bclient (?:@0x[0-9a-f]+ )?{_A}#(?P<source.port>[0-9]+)(?:/key \S+)?(?: \("
    r"(?P<dns.question.name>[^)]*)\))?: (?:view [^:]+: )?"
)
_REFUSED: Final = denied("query-refused", *_BIND)
_NSD: Final = ("nsd", "dns")

PATTERNS: Final = (
    Pattern(
        rf"^(?:[0-9]+ \S+ )?query\[[A-Za-z0-9=]+\] (?P<dns.question.name>\S+) from {_A}$",
        told("dnsmasq", "dns", "query"),
    ),
    Pattern(
        rf"{_CLIENT}(?:query|update|zone transfer|notify|request|transfer|update forwarding|slip|bad zone "
        r"transfer request)\b.*(?:\b(?:denied|refused|not authoritative)\b|failed(?:: | \()(?:REFUSED"
        r"|NOTAUTH))",
        _REFUSED,
    ),
    Pattern(
        rf"{_CLIENT}(?:zone transfer|bad zone transfer request|transfer of|AXFR|IXFR).*(?:denied|refused"
        r"|NOTAUTH|non-authoritative zone)",
        _REFUSED,
    ),
    Pattern(rf"{_CLIENT}(?:rate limit|would rate limit|limit responses)", denied("rate-limited", *_BIND)),
    Pattern(
        rf"{_CLIENT}(?:request has invalid signature|message parsing failed|dns message|tsig)",
        denied("invalid-request", *_BIND),
    ),
    Pattern(
        r"\b(?:rate limit|limit) (?:drop |slip )?(?:all |[A-Za-z]+ )?(?:error )?(?:responses|response) to "
        rf"{_A}/",
        denied("rate-limited", *_BIND),
    ),
    Pattern(rf"{_CLIENT}", told(*_BIND, "query")),
    Pattern(
        rf"\b[ai]xfr for (?:zone )?(?P<dns.question.name>\S*) ?from (?:client )?{_A}(?:@[0-9]+)? refused",
        denied("query-refused", *_NSD),
    ),
    Pattern(rf"\bratelimit block \S+ type \S+ target \S+ query {_A} ", denied("rate-limited", *_NSD)),
    Pattern(
        rf"\b(?:notify|query|update|axfr|ixfr)\b for \S+ from {_A}(?:@[0-9]+)? (?:refused|denied)",
        denied("query-refused", *_NSD),
    ),
    Pattern(rf"\b(?:refused|denied) (?:query|request)? ?(?:from|to) {_A}", denied("query-refused", "unbound", "dns")),
    Pattern(
        rf"\binfo: {_A}(?:@[0-9]+)? (?P<dns.question.name>\S+) \S+ \S+ .*\bREFUSED\b",
        denied("query-refused", "unbound", "dns"),
    ),
    Pattern(
        rf"\bAXFR of domain '[^']*' (?:denied to|initiated by|failed:.*) {_A}.*(?:denied|not allowed"
        r"|unauthori[sz]ed|disallowed)",
        denied("query-refused", "powerdns", "dns"),
    ),
    Pattern(rf"\bAXFR of domain '[^']*' denied to {_A}", denied("query-refused", "powerdns", "dns")),
    Pattern(rf"\bReceived an? (?:malformed|unsupported)\b.* from {_A}", denied("invalid-request", "powerdns", "dns")),
    Pattern(
        rf"/control/login: from ip {_A}: (?i:invalid username or password|.*blocked)", refused("adguardhome", "dns")
    ),
    Pattern(
        rf"\b[A-Z]+ {_A}(?::[0-9]+)? /control/login: (?i:invalid username or password|.*blocked)",
        refused("adguardhome", "dns"),
    ),
    Pattern(
        rf"^(?:\[[^\]]*\] )*\[{_A}:(?P<source.port>[0-9]+)\] (?:\[[^\]]*\] )*DnsServerCore\.\S+: Invalid "
        r"(?:username or password|token|OTP|time-based)[^:]*(?: for user: (?P<user.name>.*))?$",
        refused("technitium", "dns"),
    ),
    Pattern(
        rf"^(?:\[[^\]]*\] )*\[{_A}:(?P<source.port>[0-9]+)\] (?:\[(?P<user.name>[^\]]*)\] )?.*User logged "
        r"in\.?$",
        granted("technitium", "dns"),
    ),
    Pattern(
        rf"{LEAD}(?i:wrong password|invalid password|login failed|authentication failed|rate-limiting|API: "
        rf"unauthori[sz]ed).*\b{_A}\b",
        refused("pihole", "dns"),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Queries and transfers refused, logins to the administration."""
    return apply(frame, PATTERNS)
