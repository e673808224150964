r"""What proxies and small web servers say besides their access logs.

lighttpd, 3proxy, tinyproxy, stunnel, HAProxy, Dante.

    (mod_auth.c.525) password doesn't match for /secure/ username: bob IP: 203.0.113.9               lighttpd
    PROXY.3128 00004 - 203.0.113.9:51122 0.0.0.0:0 0 0 0 ...                                         3proxy

Source of the words: the programs' sources. lighttpd writes the address last.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "lighttpd",
    "3proxy",
    "tinyproxy",
    "stunnel",
    "stunnel4",
    "sockd",
    "danted",
    "pound",
    "privoxy",
    "squid-cache",
    "hitch",
    "nghttpx",
)
SIGN: Final = (
    r"\(?(?:http|mod)_auth[a-z_]*\.c[.:][0-9]+\)|^(?:[A-Z]{4,6}\.[0-9]+ )[0-9]{5} |digest: auth "
    r"failed|get_password failed|Unauthorized connection from|: SSL handshake failure|(?:SSL|TLS)_accept(?:: | from )"
    r"|Access denied by|block\([0-9]+\): tcp"
    r"|Invalid characters .* from client|from \[?[0-9A-Fa-f:.]+\]? is not allowed"
)
LOGSOURCE: Final = Logsource(category="proxy")

_A: Final = rf"(?P<source.address>{IP})"
_LIGHT: Final = ("lighttpd", "web")
_3PROXY: Final = ("3proxy", "proxy")

PATTERNS: Final = (
    Pattern(rf"password doesn't match for .* username: (?P<user.name>.*?),? IP: {_A}$", refused(*_LIGHT)),
    Pattern(rf"digest: auth failed for +(?P<user.name>.*?) ?: (?:wrong password|.*), IP: {_A}$", refused(*_LIGHT)),
    Pattern(
        r"(?:(?:http|mod)_auth\S*\.c[.:][0-9]+\)|get_password failed|digest: auth failed|user unknown"
        rf"|password (?:doesn't|does not) match).*,? IP: {_A}$",
        refused(*_LIGHT),
    ),
    # 3proxy: port, five-digit error code (1-12: refused by user, password or rule), user, client, target
    Pattern(
        rf"(?:^|\s)[A-Z]{{4,6}}\.[0-9]+ 000(?:0[1-9]|1[0-2]) (?P<user.name>.*) {_A}(?::(?P<source.port>[0-9]+))?"
        r" [0-9A-Fa-f:.]+ [0-9]+ [0-9]+ [0-9]+(?: .*)?$",
        refused(*_3PROXY),
    ),
    Pattern(r"(?:^|\s)[A-Z]{4,6}\.[0-9]+ [0-9]{5} \S+ [0-9A-Fa-f:.]+ ", told(*_3PROXY)),
    Pattern(rf"Unauthorized connection from \S* ?\[?{_A}\]?", denied("access-denied", "tinyproxy", "proxy")),
    Pattern(
        rf"(?i:proxy authentication|basic auth\S*) .*(?:failed|denied|invalid).*\[?{_A}\]?",
        refused("tinyproxy", "proxy"),
    ),
    Pattern(
        rf"(?:^|: )(?:SSL_accept|TLS accept|error).*: (?:from|peer) {_A}:(?P<source.port>[0-9]+)",
        denied("protocol-probe", "stunnel", "proxy"),
    ),
    Pattern(
        rf"(?:^|: )(?:SSL|TLS)_accept from {_A}:(?P<source.port>[0-9]+) ?: [0-9A-F]{{2,8}}: error:",
        denied("protocol-probe", "stunnel", "proxy"),
    ),
    Pattern(rf"VERIFY ERROR: .* from {_A}:(?P<source.port>[0-9]+)$", denied("protocol-probe", "stunnel", "proxy")),
    Pattern(
        rf"Service \[[^\]]*\] (?:from|accepted connection from) {_A}:(?P<source.port>[0-9]+)?.*REFUSED",
        denied("access-denied", "stunnel", "proxy"),
    ),
    Pattern(rf"(?:REFUSED|[Ll]ibwrap).* (?:connection from|from) {_A}", denied("access-denied", "stunnel", "proxy")),
    Pattern(
        rf"block\([0-9]+\): tcp/accept \]?.*?: {_A}\.(?P<source.port>[0-9]+) ",
        denied("access-denied", "dante", "proxy"),
    ),
    Pattern(
        rf"^{_A}:(?P<source.port>[0-9]+) \[[^\]]*\] \S+/\S+: (?:SSL handshake failure|Received something "
        r"which does not look like a PROXY)",
        denied("protocol-probe", "haproxy", "proxy"),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused, connections refused."""
    found = apply(frame, PATTERNS)
    return found.with_columns(pl.col("user.name").replace("-", None)) if "user.name" in found.columns else found
