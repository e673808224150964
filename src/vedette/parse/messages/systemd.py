r"""systemd and systemd-logind.

    Started nginx.service - A high performance web server.
    New session 12 of user bob.

Source of the words: systemd src/core/job.c, unit.c, service.c; src/login/logind-session.c.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("systemd", "systemd-logind", "elogind", "systemd-user", "init")
SIGN: Final = None
LOGSOURCE: Final = Logsource(product="linux", service="systemd")

_UNIT: Final = {"event.category": "process"}
_SESSION: Final = {"event.category": "session"}
_HOST: Final = {"event.category": "host", "event.type": "info"}

PATTERNS: Final = (
    Pattern(
        r"^New session (?P<session>\S+) of user (?P<user.name>[^\s]+?)(?: with class .*)?\.?$",
        {**_SESSION, "event.type": "start", "event.action": "session-start", "event.outcome": "success"},
    ),
    Pattern(
        r"^(?:Removed session (?P<session>\S+?)\.?|Session (?P<ended>\S+) logged out\..*)$",
        {**_SESSION, "event.type": "end", "event.action": "session-end"},
    ),
    Pattern(
        r"^(?P<unit>\S+\.\w+): (?P<event.reason>(?:Main|Control) process exited, code=\S+ status=(?P<process.exit_code>\d+)(?:/\S+)?)$",
        {**_UNIT, "event.type": "end", "event.action": "service-exited"},
    ),
    Pattern(
        r"^(?P<unit>\S+\.\w+): (?P<event.reason>(?:Failed with result|Start request repeated|Failed at step|Unit entered failed).*)$",
        {**_UNIT, "event.type": "error", "event.action": "service-failed", "event.outcome": "failure"},
    ),
    Pattern(r"^(?P<unit>\S+\.\w+): (?P<event.reason>.*)$", {**_UNIT, "event.type": "info"}),
    Pattern(
        r"^Failed to (?:start|listen|mount|set up) (?P<unit>.*)$",
        {**_UNIT, "event.type": "error", "event.action": "service-failed", "event.outcome": "failure"},
    ),
    Pattern(
        r"^(?:Started|Listening on|Mounted|Reached target|Set up|Created slice|Activated) (?P<unit>.*)$",
        {**_UNIT, "event.type": "start", "event.action": "service-started", "event.outcome": "success"},
    ),
    Pattern(
        r"^(?:Stopped|Closed|Unmounted|Removed slice|Deactivated|Stopped target|Finished) (?P<unit>.*)$",
        {**_UNIT, "event.type": "end", "event.action": "service-stopped"},
    ),
    Pattern(
        r"^(?:Starting|Stopping|Reloading|Reloaded|Mounting|Unmounting) (?P<unit>.*)$",
        {**_UNIT, "event.type": "info"},
    ),
    Pattern(r"^(?P<event.reason>Time has been changed|System time.*)$", {**_HOST, "event.action": "time-changed"}),
    Pattern(
        r"^(?P<event.reason>System is (?:rebooting|powering down|halting).*|Shutting down\.?|(?:The system will"
        r" |Power key |Rebooting|Powering off).*)$",
        {**_HOST, "event.action": "shutdown"},
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Units that start, end and fail; sessions of users."""
    found = apply(frame, PATTERNS)
    if "unit" in found.columns:
        found = found.with_columns(pl.col("unit").str.strip_chars_end(".").replace("", None))
    if "ended" in found.columns:
        found = found.with_columns(pl.coalesce("session", "ended").alias("session")).drop("ended")
    return found
