r"""Dropbear SSH.

    Bad password attempt for 'root' from 203.0.113.9:5543
    Exit before auth from <203.0.113.9:52289>: (user 'root', 10 fails): Max auth tries reached - user 'root'

Source of the words: svr-auth.c, svr-authpasswd.c, svr-session.c.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("dropbear",)
SIGN: Final = r"(?i:bad (?:pam )?password attempt for '|login attempt for nonexistent user|exit before auth)"
LOGSOURCE: Final = Logsource(product="linux", service="sshd")

_NAME: Final = ("dropbear", "ssh")
_PEER: Final = rf"<?(?P<source.address>{IP}):(?P<source.port>[0-9]+)>?"
_START: Final = r"(?:^|[0-9] )"

PATTERNS: Final = (
    Pattern(rf"{_START}(?i:bad (?:pam )?password attempt for) '(?P<user.name>.*)' from {_PEER}$", refused(*_NAME)),
    Pattern(
        rf"{_START}(?i:login attempt (?:for nonexistent user|with wrong user (?P<user.name>.*))) from {_PEER}$",
        refused(*_NAME),
    ),
    Pattern(
        rf"{_START}(?i:user) '(?P<user.name>.*)' (?:has invalid shell|has blank password), rejected(?: "
        rf"from {_PEER})?$",
        refused(*_NAME),
    ),
    Pattern(
        rf"{_START}(?i:root login rejected|user .* rejected|pubkey auth (?:attempt )?(?:failed|with "
        rf"unknown algo)).* from {_PEER}$",
        refused(*_NAME),
    ),
    Pattern(
        rf"{_START}(?i:exit before auth) from {_PEER}: (?:\(user '(?P<user.name>.*)', [1-9][0-9]* fails\): )",
        refused(*_NAME),
    ),
    Pattern(
        rf"{_START}(?i:exit before auth) from {_PEER}: Max auth tries reached - user '(?P<user.name>.*)'$",
        refused(*_NAME),
    ),
    Pattern(
        rf"{_START}(?i:exit before auth).*: Max auth tries reached - user '(?P<user.name>.*)' from {_PEER}$",
        refused(*_NAME),
    ),
    Pattern(
        rf"{_START}(?i:exit before auth) from {_PEER}: (?:\(user '.*', 0 fails\): )?(?:Exited normally"
        r"|Disconnect received|Remote closed|Timeout before auth|Error reading: Connection reset)",
        told(*_NAME),
    ),
    Pattern(rf"{_START}(?i:exit before auth) from {_PEER}: ", denied("protocol-probe", *_NAME)),
    Pattern(
        rf"{_START}(?:Password|Pubkey|PAM password|Auth) (?:auth )?succeeded for '(?P<user.name>.*)' "
        rf"(?:with .* )?from {_PEER}$",
        granted(*_NAME),
    ),
    Pattern(r"^(?i:exit before auth|child connection|exit \()", told(*_NAME)),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in, broken handshakes."""
    return apply(frame, PATTERNS)
