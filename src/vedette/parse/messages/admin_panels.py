r"""Administration panels: Webmin, cPanel, DirectAdmin, Plesk, Froxlor, Hestia, ISPConfig, Proxmox, Cockpit, Portainer, ApisCP, Virtualmin.

    Invalid login as root from 203.0.113.9                                            Webmin
    '203.0.113.9' 2 failed login attempts. Account 'bob'                              DirectAdmin
    authentication failure; rhost=203.0.113.9 user=root@pam msg=no such user          Proxmox VE, Backup Server

Source of the words: the programs' sources.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, LEAD, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "webmin",
    "usermin",
    "miniserv.pl",
    "cpaneld",
    "whostmgrd",
    "webmaild",
    "cpsrvd",
    "directadmin",
    "plesk",
    "sw-cp-server",
    "froxlor",
    "hestia",
    "ispconfig",
    "pvedaemon",
    "pveproxy",
    "proxmox-backup-proxy",
    "proxmox-backup-api",
    "proxmox-backup-auth",
    "cockpit-session",
    "portainer",
    "pmgproxy",
    "pmgdaemon",
    "apiscp",
)
SIGN: Final = (
    r"(?:Invalid|Non-existent|Successful|Security alert:?) ?(?:login as|Host)|failed login "
    r"attempts?\.|successful login to '|authentication failure; rhost=|FAILED LOGIN (?:cpaneld"
    r"|whostmgrd|webmaild|cpdavd)"
    r"|miniserv\.pl |\S+ \S+ failed to log ?in|webConfigurator|successful auth for user '|\[Login "
    r"Action |User '.*' tried to login|Failed to log ?in to Plesk|[Ff]ailed login (?:for|from) user"
    r"|(?:Failed login|Unsuccessful login) attempt|Login Error from|cp-?auth|Cannot login .+@"
)
LOGSOURCE: Final = Logsource(product=None, service="panel")

_A: Final = rf"(?P<source.address>{IP})"
_HOST: Final = rf"(?P<source.address>{IP}|[0-9A-Za-z][0-9A-Za-z_.-]*)"
_WEBMIN: Final = ("webmin", "web")
_DA: Final = ("directadmin", "web")
_PVE: Final = ("proxmox", "web")
_CPANEL: Final = ("cpanel", "web")
_PF: Final = ("pfsense", "web")

PATTERNS: Final = (
    Pattern(rf"(?:^|\] )(?:Invalid|Non-existent) login as (?P<user.name>.*) from {_HOST}\s*$", refused(*_WEBMIN)),
    Pattern(rf"(?:^|\] )Successful login as (?P<user.name>.*) from {_HOST}\s*$", granted(*_WEBMIN)),
    Pattern(
        rf"(?:^|\] )Security alert: Host {_HOST} blocked after [0-9]+ failed logins", denied("rate-limited", *_WEBMIN)
    ),
    Pattern(
        rf"(?:^|\] )(?P<user.name>\S+) (?:\S+ )?{_A} \S+ miniserv\.pl \"failed\" \"[^\"]*\" \"(?:wrongpass"
        r"|nonuser|baduser|twofactor|[a-z]+)\"",
        refused(*_WEBMIN),
    ),
    Pattern(rf"(?:^|\] )(?P<user.name>\S+) (?:\S+ )?{_A} \S+ miniserv\.pl \"login\"", granted(*_WEBMIN)),
    Pattern(
        rf"^'{_A}' [0-9]+ failed login attempts?\. (?:Invalid a|A)ccount '(?P<user.name>.*?)'(?: via '.*')?$",
        refused(*_DA),
    ),
    Pattern(rf"^'{_A}' successful login to '(?P<user.name>.*?)' after", granted(*_DA)),
    Pattern(
        rf"\bauthentication failure; rhost=\[?{_A}\]?(?::(?P<source.port>[0-9]+))? user=(?P<user.name>.*?) "
        r"msg=.*$",
        refused(*_PVE),
    ),
    Pattern(r"\b(?:<[^>]*> )?successful auth for user '(?P<user.name>.*)'$", granted(*_PVE)),
    Pattern(
        rf"{LEAD}{_A} - (?P<user.name>[^\"]+) \".*\" FAILED LOGIN (?:cpaneld|whostmgrd|webmaild|cpdavd)", refused(*_CPANEL)
    ),
    Pattern(
        rf"\[(?:cpaneld|whostmgrd|webmaild|cpdavd|cpsrvd)\] {_A} - (?P<user.name>[^\"]+) \".*\" DEFERRED LOGIN",
        told(*_CPANEL, category="authentication"),
    ),
    Pattern(rf"^(?P<user.name>\S+) {_A} failed to log ?in(?: |$)", refused("hestia", "web")),
    Pattern(rf"^(?P<user.name>\S+) {_A} (?:successfully logged in|logged in)", granted("hestia", "web")),
    Pattern(rf"webConfigurator authentication error for (?:user )?'(?P<user.name>.*)' from:? {_A}", refused(*_PF)),
    Pattern(rf"Successful login for user '(?P<user.name>.*)' from: {_A}", granted(*_PF)),
    Pattern(
        rf"\[Login Action {_A}\] (?:Unknown user|User) '?(?P<user.name>.*?)'? tried to log ?in",
        refused("froxlor", "web"),
    ),
    Pattern(rf"\bCannot login (?P<user.name>.*)@{_A}\]?$", refused("vmware", "web")),
    Pattern(rf"Failed login for user '(?P<user.name>.*)' from IP {_A} at ", refused("ispconfig", "web")),
    Pattern(
        rf"Failed login attempt with login '(?P<user.name>.*)' from IP {_A}(?: in session .*)?$",
        refused("plesk", "web"),
    ),
    Pattern(rf"CP User Login Attempt Failed.*'Contact Name'.*'(?P<user.name>[^']*)'.*{_A}", refused("plesk", "web")),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in."""
    return apply(frame, PATTERNS)
