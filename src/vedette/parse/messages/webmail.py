r"""Webmail and groupware: SquirrelMail, Roundcube, Horde/IMP, Open WebMail, SOGo, RainLoop and SnappyMail, Group-Office.

    [LOGIN_ERROR] bob (example.org) from 203.0.113.9: Unknown user or password incorrect.          SquirrelMail
    IMAP Error: Login failed for bob from 203.0.113.9. AUTHENTICATE PLAIN: ...                     Roundcube
    [horde] [login] FAILED LOGIN for bob [203.0.113.9] to Horde [pid 812 on line 339 of ...]       Horde
    SOGoRootPage Login from '203.0.113.9' for user 'bob' might not have worked - ...               SOGo

A forwarded-for address that Roundcube adds in parentheses is the client's to choose.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, LEAD, granted, refused
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "roundcube",
    "squirrelmail",
    "horde",
    "imp",
    "sogod",
    "sogo",
    "rainloop",
    "snappymail",
    "openwebmail",
    "groupoffice",
)
SIGN: Final = (
    r"\[LOGIN(?:_ERROR)?\] |(?i:failed login|login success) for |Login failed for .* from "
    r"|SOGoRootPage|userinfo error|login error - "
    r"|Auth failed: ip=|LOGIN (?:FAILED|SUCCESS) for user: |Successful login for "
)
LOGSOURCE: Final = Logsource(category="webserver", service="webmail")

_A: Final = rf"(?P<source.address>{IP})"
_XFF: Final = r"(?: ?\(X-[^)]*\))?"

PATTERNS: Final = (
    Pattern(rf"\[LOGIN_ERROR\] (?P<user.name>.*?)(?: \([^()]*\))? from {_A}: ", refused("squirrelmail", "web")),
    Pattern(rf"\[LOGIN\] (?P<user.name>.*?)(?: \([^()]*\))? from {_A}: ", granted("squirrelmail", "web")),
    Pattern(
        r"(?:^|\s)(?:FAILED login|Failed login|Login failed|login failed) for (?P<user.name>.*) against \S+ from "
        rf"{_A}{_XFF}(?:[.,:(].*| in .*)?$",
        refused("roundcube", "web"),
    ),
    Pattern(
        r"(?:^|\s)(?:FAILED login|Failed login|Login failed|login failed) for (?P<user.name>.*) from "
        rf"{_A}{_XFF}(?: in session \S+)?(?: \(error: [^)]*\))?(?:[.,:(].*| in .*)?$",
        refused("roundcube", "web"),
    ),
    Pattern(rf"(?:^|\s)Successful login for (?P<user.name>.*) \(ID: [0-9]+\) from {_A}\b", granted("roundcube", "web")),
    Pattern(
        rf"(?:^|\s)FAILED LOGIN (?:for|\([0-9]+\)) (?P<user.name>.*) \[{_A}\](?: \(.*\))? to ", refused("horde", "web")
    ),
    Pattern(rf"(?:^|\s)FAILED LOGIN {_A} to \S+ as (?P<user.name>.*?)(?: \[|$)", refused("horde", "web")),
    Pattern(rf"(?:^|\s)Login success for (?P<user.name>.*) \[{_A}\](?: \(.*\))? to ", granted("horde", "web")),
    Pattern(
        rf"SOGoRootPage Login from '{_A}(?:, [^']*)?' for user '(?P<user.name>.*)' might not have worked",
        refused("sogo", "web"),
    ),
    Pattern(
        rf"SOGoRootPage successful login from '{_A}(?:, [^']*)?' for user '(?P<user.name>.*)' - ",
        granted("sogo", "web"),
    ),
    Pattern(
        rf"(?:^|- )\[[0-9]+\] \({_A}\) (?P<user.name>.*?) - (?:userinfo|login) error - ", refused("openwebmail", "web")
    ),
    Pattern(rf"(?:^|- )\[[0-9]+\] \({_A}\) (?P<user.name>\S+) - login - ", granted("openwebmail", "web")),
    Pattern(rf"{LEAD}Auth failed: ip={_A} user=(?P<user.name>\S*)", refused("rainloop", "web")),
    Pattern(rf"LOGIN FAILED for user: \"(?P<user.name>.*)\" from IP: {_A}$", refused("group-office", "web")),
    Pattern(rf"LOGIN SUCCESS for user: \"(?P<user.name>.*)\" from IP: {_A}$", granted("group-office", "web")),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in."""
    found = apply(frame, PATTERNS)
    return found.with_columns(pl.col("user.name").str.strip_chars("'\"`")) if "user.name" in found.columns else found
