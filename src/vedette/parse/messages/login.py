r"""login, on consoles and for telnet and rlogin.

    FAILED LOGIN (2) on '/dev/tty1' FOR 'root', Authentication failure
    FAILED LOGIN 1 FROM 203.0.113.45 FOR admin, Authentication failure

Source of the words: util-linux login.c; shadow login.c and libmisc; FreeBSD login.c. The name that was tried may hold
" FROM 10.0.0.1 FOR x": the first host is the one that login wrote.
"""

from typing import Any, Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import denied
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("login", "remote", "rlogin", "in.rlogind", "rlogind", "rshd", "in.rshd", "in.telnetd", "telnetd")
SIGN: Final = r"^(?:FAILED LOGIN|TOO MANY LOGIN TRIES|\d+ LOGIN FAILURES?|REPEATED LOGIN FAILURES)\b"
LOGSOURCE: Final = Logsource(product="linux", service="auth")

_LOGIN: Final = {
    "event.category": "authentication",
    "event.action": "login",
    "service.name": "login",
    "service.type": "other",
}
_HOST: Final = r"'?(?P<source.address>[^\s',]+)'?"
_USER: Final = r"'?(?P<user.name>.*?)'?"


def _all(outcome: str, *regexes: str) -> tuple[Pattern, ...]:
    means: dict[str, Any] = {**_LOGIN, "event.outcome": outcome}
    return tuple(Pattern(f"^{regex}$", means) for regex in regexes)


PATTERNS: Final = (
    *_all(
        "failure",
        rf"(?:FAILED LOGIN(?: SESSION)?|TOO MANY LOGIN TRIES) \(?\d*\)? ?(?:on '?[^\s']+'? )?(?:FROM|from)"
        rf" {_HOST} FOR {_USER}, (?P<event.reason>[^,]*)",
        rf"FAILED LOGIN SESSION (?:FROM|from) {_HOST} FOR {_USER}, (?P<event.reason>[^,]*)",
        rf"(?:FAILED LOGIN|TOO MANY LOGIN TRIES) \(?\d+\)? on '?[^\s']+'? FOR {_USER}, (?P<event.reason>[^,]*)",
        rf"invalid password for {_USER} +on '?[^\s']+'?(?: from {_HOST})?",
        rf"(?P<event.count>\d+) LOGIN FAILURES? (?:ON \S+|FROM {_HOST})(?:, (?P<user.name>.*))?",
        rf"REPEATED LOGIN FAILURES ON \S+(?: FROM {_HOST})?(?:, (?P<user.name>.*))?",
        rf"LOGIN (?P<user.name>.*) REFUSED(?: \(.*\))?(?: FROM {_HOST}| ON \S+)?.*",
    ),
    Pattern(
        rf"^(?:Connection|connection) from {_HOST} on illegal port", denied("access-denied", "rsh", "other")
    ),
    Pattern(rf"^(?:Permission denied|Access denied) .*\b(?:from|for) {_HOST}$", denied("access-denied", "rsh", "other")),
    *_all(
        "success",
        rf"LOGIN ON \S+ BY (?P<user.name>\S+) FROM {_HOST}",
        r"LOGIN ON \S+ BY (?P<user.name>\S+)",
        rf"(?P<user.name>(?i:ROOT)) LOGIN +(?i:on) '?[^\s']+'?(?: (?i:from) {_HOST})?",
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins and refused ones."""
    return apply(frame, PATTERNS)
