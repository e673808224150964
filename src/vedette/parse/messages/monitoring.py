r"""Monitoring: Monit, Monitorix, Centreon, Zabbix, NRPE, Cacti, ZoneMinder, Munin.

    HttpRequest: access denied -- client [203.0.113.9]: wrong password for user 'root'            Monit
    |-1|0|0|[WEB] [203.0.113.9] Authentication failed for 'admin' : password mismatch             Centreon

Source of the words: the programs' sources.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, LEAD, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "monit",
    "monitorix",
    "centreon",
    "zabbix_server",
    "zabbix-server",
    "zabbix",
    "nrpe",
    "nagios",
    "icinga2",
    "icingaweb2",
    "cacti",
    "zm",
    "web_php",
    "munin-node",
    "nsca",
    "check_mk",
)
SIGN: Final = (
    r"access denied -- client |Client '[0-9A-Fa-f:.]+' supplied |^(?:- )?(?:OK|NOTEXIST|NOTALLOWED"
    r"|AUTHERR|OUTOFBOUNDS|DENIED) - \[|\|\[WEB\] \[|(?i:login failed \")|Host [0-9A-Fa-f:.]+ is not "
    r"allowed to talk to us|Could not retrieve user .* details|web_php\["
    r"|LOGIN FAILED: Incorrect|Login Failed for user |connection from \"[^\"]*\" rejected|failed to "
    r"accept an incoming connection: connection from"
)
LOGSOURCE: Final = Logsource(product=None, service="monitoring")

_A: Final = rf"\[?(?P<source.address>{IP})\]?"
_MONIT: Final = ("monit", "web")
_ZABBIX: Final = ("zabbix", "web")

PATTERNS: Final = (
    # A browser's first request carries no credentials and is answered with 401: nobody was refused yet.
    Pattern(
        r"access denied -- client [^:]*(?::[0-9A-Fa-f:]+)?\]?: (?:(?:missing or )?invalid Authorization "
        r"header|empty username|unknown user '')$",
        told(*_MONIT, category="web"),
    ),
    Pattern(
        rf"access denied -- client {_A}: (?:wrong password for|unknown) user '(?P<user.name>.*)'$", refused(*_MONIT)
    ),
    Pattern(rf"access denied -- client {_A}: ", refused(*_MONIT)),
    Pattern(
        rf"Client '{_A}' supplied (?:unknown user|wrong password for user) '(?P<user.name>.*)' accessing "
        r"monit httpd",
        refused(*_MONIT),
    ),
    Pattern(rf"Denied connection from non-authorized client {_A}", denied("access-denied", *_MONIT)),
    Pattern(rf"^(?:- )?AUTHERR - {_A} ", refused("monitorix", "web")),
    Pattern(rf"^(?:- )?(?:NOTALLOWED|DENIED|OUTOFBOUNDS) - {_A} ", denied("access-denied", "monitorix", "web")),
    Pattern(
        rf"^(?:- )?NOTEXIST - {_A} File does not exist: (?P<url.path>.*)$",
        denied("invalid-request", "monitorix", "web"),
    ),
    Pattern(r"^(?:- )?OK - \[", told("monitorix", "web", category="web")),
    Pattern(rf"\[WEB\] {_A} Authentication failed for '(?P<user.name>.*?)' ?:", refused("centreon", "web")),
    Pattern(rf"\[WEB\] {_A} Authentication succeeded for '(?P<user.name>.*?)'", granted("centreon", "web")),
    Pattern(rf"failed login of user \"?(?P<user.name>.*?)\"? from \"?{_A}\"?[^0-9A-Za-z]*$", refused(*_ZABBIX)),
    Pattern(
        rf"failed to accept an incoming connection: connection from \"{_A}\" rejected",
        denied("access-denied", *_ZABBIX),
    ),
    Pattern(rf"Host {_A} is not allowed to talk to us", denied("access-denied", "nrpe", "monitoring")),
    Pattern(
        rf"(?:SSL [Hh]andshake failed|[Cc]ould not complete SSL handshake with) (?:with |from )?{_A}",
        denied("protocol-probe", "nrpe", "monitoring"),
    ),
    Pattern(
        rf"{LEAD}LOGIN FAILED: .*(?i:user|Username)[: ']+(?P<user.name>[^',]*).*\b(?:from|IP(?: "
        rf"Address)?)[: ']+{_A}",
        refused("cacti", "web"),
    ),
    Pattern(
        rf"LOGIN: .*Login Failed for user '?(?P<user.name>.*?)'? from IP Address '?{_A}'?[^0-9A-Za-z]*$", refused("cacti", "web")
    ),
    Pattern(rf"Login denied for user \"(?P<user.name>.*)\"(?: from \"?{_A}\"?)?", refused("zoneminder", "web")),
    Pattern(
        rf"(?:Denying connection from:?|[Rr]efusing connection from) {_A}",
        denied("access-denied", "munin", "monitoring"),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in, pollers turned away."""
    return apply(frame, PATTERNS)
