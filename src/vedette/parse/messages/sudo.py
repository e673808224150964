r"""sudo.

    bob : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/cat /etc/shadow

Source of the words: sudoers(5), EVENT LOGGING; sudo lib/eventlog/eventlog.c. COMMAND is the last field and reaches to
the end, whatever it holds.
"""

from typing import Any, Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("sudo",)
SIGN: Final = r"^ *\S+ : .*TTY=\S+ ; .*USER=\S+ ; .*COMMAND="
LOGSOURCE: Final = Logsource(product="linux", service="sudo")

_COMMAND: Final = r"(?P<process.command_line>(?s:.*))"
_FIELDS: Final = (
    r"(?:HOST=\S+ ; )?(?:TTY=\S+ ; )?(?:CHROOT=.*? ; )?(?:(?:PWD|CWD)=(?P<process.working_directory>.*?) ; )?"
    r"(?:USER=(?P<user.effective.name>.*?) ; )?(?:GROUP=(?P<group.name>.*?) ; )?(?:TSID=\S+ ; )?(?:ENV=.*? ; )?"
    rf"COMMAND={_COMMAND}"
)
_USER: Final = r" *(?P<user.name>\S+) : "
_SERVICE: Final = {"service.name": "sudo", "event.action": "privilege-use"}
_FAILED: Final = {**_SERVICE, "event.category": "authentication", "event.outcome": "failure"}
_DENIED: Final = {
    **_SERVICE,
    "event.category": "process",
    "event.type": "denied",
    "event.action": "command-denied",
    "event.outcome": "failure",
}
_RAN: Final = {
    **_SERVICE,
    "event.category": "process",
    "event.type": "start",
    "event.action": "command-executed",
    "event.outcome": "success",
}


def _all(means: dict[str, Any], *regexes: str) -> tuple[Pattern, ...]:
    return tuple(Pattern(f"^{regex}$", means) for regex in regexes)


PATTERNS: Final = (
    *_all(
        _RAN,
        # Names without a blank, by far the most: one pass reads them.
        rf"{_USER}TTY=\S+ ; PWD=(?P<process.working_directory>[^ ]+) ; USER=(?P<user.effective.name>[^ ]+) ; COMMAND={_COMMAND}",
        rf"{_USER}{_FIELDS}",
        rf"{_USER}\(command continued\) (?P<process.command_line>.*)",
    ),
    *_all(
        _FAILED,
        rf"{_USER}(?P<event.count>\d+) incorrect password attempts? ; {_FIELDS}",
        rf"{_USER}(?P<event.reason>a password is required|conversation failed|auth could not identify"
        rf" password.*?|authentication .*?) ; {_FIELDS}",
        r"(?P<event.reason>conversation failed|auth could not identify password) for \[(?P<user.name>.*)\]",
    ),
    *_all(
        _DENIED,
        rf"{_USER}(?P<event.reason>user NOT in sudoers|command not allowed|user NOT authorized on host|[^=;]+) ; {_FIELDS}",
        r"(?P<user.name>\S+) is not in the sudoers file.*",
    ),
    *_all({**_SERVICE, "event.category": "process", "event.type": "info"}, rf"{_USER}(?P<event.reason>.*)"),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Who ran what as whom, or was not let."""
    found = apply(frame, PATTERNS)
    if "process.command_line" in found.columns:
        program = pl.col("process.command_line").str.extract(r"^(/[^ ]+)", 1)
        found = found.with_columns(program.alias("process.executable"))
    return found
