r"""polkit and pkexec.

    bob: Executing command [USER=root] [TTY=/dev/pts/0] [CWD=/home/bob] [COMMAND=/usr/bin/id]
    Operator of unix-session:1 FAILED to authenticate to gain authorization for action org.example.manage for ...

Source of the words: polkit src/programs/pkexec.c log_message(), src/polkitbackend/polkitbackendinteractiveauthority.c.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("pkexec", "polkitd", "polkit-agent-helper-1", "polkit")
SIGN: Final = None
LOGSOURCE: Final = Logsource(product="linux", service="polkit")

_RUN: Final = (
    r"\[USER=(?P<user.effective.name>[^\]]*)\] \[TTY=[^\]]*\] \[CWD=(?P<process.working_directory>.*?)\] "
    r"\[COMMAND=(?P<process.command_line>(?s:.*))\]"
)
_AUTH: Final = {"event.category": "authentication", "event.action": "privilege-use", "service.name": "polkit"}
_WHAT: Final = (
    r"to gain (?:TEMPORARY |ONE-SHOT )?authorization for action (?P<event.code>\S+)"
    r" for \S+ \[(?P<process.command_line>.*)\] \(owned by unix-user:(?P<user.name>\S+)\)"
)
_PROCESS: Final = {"event.category": "process", "service.name": "pkexec"}

PATTERNS: Final = (
    Pattern(
        rf"^(?P<user.name>[^\s:]+): Executing command {_RUN}$",
        {**_PROCESS, "event.type": "start", "event.action": "command-executed", "event.outcome": "success"},
    ),
    Pattern(
        rf"^(?P<user.name>[^\s:]+): (?P<event.reason>.*) {_RUN}$",
        {**_PROCESS, "event.type": "denied", "event.action": "command-denied", "event.outcome": "failure"},
    ),
    Pattern(
        rf"^Operator of \S+ successfully authenticated as unix-user:(?P<user.effective.name>\S+) {_WHAT}$",
        {**_AUTH, "event.outcome": "success"},
    ),
    Pattern(
        rf"^Operator of \S+ FAILED to authenticate (?:as unix-user:(?P<user.effective.name>\S+) )?{_WHAT}$",
        {**_AUTH, "event.outcome": "failure"},
    ),
    Pattern(
        r"^(?:Registered|Unregistered) Authentication Agent for (?P<event.reason>.*)$",
        {**_AUTH, "event.type": "info", "event.action": "agent-registered"},
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Who ran what as whom through polkit, or was not let."""
    return apply(frame, PATTERNS)
