r"""Honeypots and tar pits that write text: Cowrie, sshesame, endlessh.

Whoever is seen there has no business there.

    New connection: 203.0.113.9:47630 (192.0.2.1:2222) [session: 3e5a9212b91f]                      Cowrie
    [203.0.113.9:28696] authentication for user "admin" with password "x" accepted                  sshesame
    ACCEPT host=203.0.113.9 port=51122 fd=4 n=1/4096                                                endlessh

Source of the words: the programs' sources. A login that a honeypot lets in is no login.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("cowrie", "sshesame", "endlessh", "kippo", "twistd")
SIGN: Final = (
    r"\[(?:cowrie|SSHChannel|HoneyPot)[^\]]*\]|New connection: [0-9A-Fa-f:.]+|login attempt \["
    r"|^\[[0-9A-Fa-f:.\[\]]+:[0-9]+\] (?:authentication|connection|\[channel|client version|TCP/IP"
    r"|rejected)|^(?:ACCEPT|CLOSE) host="
)
LOGSOURCE: Final = Logsource(product=None, service="honeypot")

_A: Final = rf"\[?(?P<source.address>{IP})\]?"
_COWRIE: Final = ("cowrie", "ssh")
_SSHESAME: Final = ("sshesame", "ssh")

PATTERNS: Final = (
    Pattern(rf"New connection: {_A}:(?P<source.port>[0-9]+) \(", denied("access-denied", *_COWRIE)),
    Pattern(
        rf"^(?:[^\[]*\[[^\]]*\] )??\[[^\]]*,{_A}\] login attempt \[b?['\"]?(?P<user.name>[^/]*?)['\"]?/.*\] failed",
        refused(*_COWRIE),
    ),
    Pattern(
        rf"^(?:[^\[]*\[[^\]]*\] )??\[[^\]]*,{_A}\] login attempt \[b?['\"]?(?P<user.name>[^/]*?)['\"]?/.*\] succeeded",
        told(*_COWRIE, category="intrusion_detection"),
    ),
    Pattern(rf"\[[^\]]*,{_A}\] (?:CMD|Command found)\b", denied("honeypot-command", *_COWRIE)),
    Pattern(rf"\[[^\]]*,{_A}\] Remote SSH version", denied("protocol-probe", *_COWRIE)),
    Pattern(
        rf"^\[{_A}:(?P<source.port>[0-9]+)\] authentication for user \"(?P<user.name>.*?)\" .*(?:accepted"
        r"|rejected)",
        refused(*_SSHESAME),
    ),
    Pattern(
        rf"^\[{_A}:(?P<source.port>[0-9]+)\] (?:\[channel [0-9]+\] )?(?:command \"|shell requested)",
        denied("honeypot-command", *_SSHESAME),
    ),
    Pattern(
        rf"^\[{_A}:(?P<source.port>[0-9]+)\] (?:\[channel [0-9]+\] )?(?:input: "
        r"|connection with client version|PTY|TCP/IP forwarding|environment variable)",
        denied("access-denied", *_SSHESAME),
    ),
    Pattern(rf"^\[{_A}:(?P<source.port>[0-9]+)\] ", told(*_SSHESAME)),
    Pattern(rf"^ACCEPT host={_A} port=(?P<source.port>[0-9]+) ", denied("protocol-probe", "endlessh", "ssh")),
    Pattern(rf"^CLOSE host={_A} port=(?P<source.port>[0-9]+) ", told("endlessh", "ssh", "session-end")),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Connections and login attempts."""
    return apply(frame, PATTERNS)
