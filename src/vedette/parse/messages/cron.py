r"""cron: Vixie's and its descendants, cronie, busybox crond, anacron, atd, and crontab(1).

    (root) CMD (   cd / && run-parts --report /etc/cron.hourly)
    (bob) REPLACE (bob)

Source of the words: cronie and Debian cron log_it(); busybox crond.c; anacron log.c.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("cron", "crond", "crontab", "anacron", "atd", "/usr/sbin/cron", "fcron", "dcron")
SIGN: Final = None
LOGSOURCE: Final = Logsource(product="linux", service="cron")

_RAN: Final = {
    "event.category": "process", "event.type": "start", "event.action": "command-executed", "service.name": "cron",
}  # fmt: skip
_TABLE: Final = {"event.category": "configuration", "service.name": "cron"}
_INFO: Final = {"event.category": "process", "event.type": "info", "service.name": "cron"}

PATTERNS: Final = (
    Pattern(r"^\((?P<user.name>[^)]*)\) CMD \( *(?P<process.command_line>(?s:.*))\)$", _RAN),
    Pattern(r"^\((?P<user.name>[^)]*)\) CMD (?P<process.command_line>.*)$", _RAN),
    Pattern(r"^USER (?P<user.name>\S+) pid +(?P<process.pid>\d+) cmd (?P<process.command_line>.*)$", _RAN),
    Pattern(
        r"^\((?P<user.name>[^)]*)\) REPLACE \((?P<user.target.name>.*)\)$",
        {**_TABLE, "event.type": "change", "event.action": "crontab-replaced"},
    ),
    Pattern(
        r"^\((?P<user.name>[^)]*)\) DELETE \((?P<user.target.name>.*)\)$",
        {**_TABLE, "event.type": "deletion", "event.action": "crontab-deleted"},
    ),
    Pattern(
        r"^\((?P<user.name>[^)]*)\) (?:BEGIN EDIT|END EDIT) \((?P<user.target.name>.*)\)$",
        {**_TABLE, "event.type": "access", "event.action": "crontab-edited"},
    ),
    Pattern(
        r"^\((?P<user.name>[^)]*)\) LIST \((?P<user.target.name>.*)\)$",
        {**_TABLE, "event.type": "access", "event.action": "crontab-listed"},
    ),
    Pattern(
        r"^\((?P<user.name>[^)]*)\) RELOAD \((?P<file.path>.*)\)$",
        {**_TABLE, "event.type": "info", "event.action": "crontab-reloaded"},
    ),
    Pattern(
        r"^\((?P<user.name>[^)]*)\) AUTH \((?P<event.reason>.*)\)$",
        {**_TABLE, "event.type": "denied", "event.action": "access-denied", "event.outcome": "failure"},
    ),
    Pattern(
        r"^\((?P<user.name>[^)]*)\) (?P<event.reason>(?:FAILED|ERROR|WRONG|BAD|NO|NOT|UNSAFE|PAM|MAIL|STARTUP"
        r"|INFO|CMDOUT|CMDEND|DEATH|LOAD|ORPHAN|INSECURE|can't)\b.*)$",
        _INFO,
    ),
    Pattern(
        r"^(?P<event.reason>(?:Job `[^']*'|Normal exit|Anacron|Will run job|Jobs will be|Updated timestamp|Starting job|FAILED to).*)$",
        _INFO,
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """What ran for whom, and who changed which table."""
    return apply(frame, PATTERNS)
