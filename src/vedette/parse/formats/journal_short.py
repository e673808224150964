r"""Lines that begin with machine and program: journalctl -o short without its stamp, `-o cat` of some programs.

    web1 sshd[812]: Failed password for root from 203.0.113.45 port 51122 ssh2
    sshd[812]: Failed password for root from 203.0.113.45 port 51122 ssh2

Such a record carries no time. Source: systemd journalctl(1); what programs print that expect syslog to stamp them.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 800
ENVELOPE: Final = True
NESTED: Final = True
_TAG: Final = (
    r"(?P<process.name>[A-Za-z_][\w./-]*)(?:\([\w:.-]+\))?\[(?P<process.pid>\d{1,10})\]: *(?P<message>(?s:.*))$"
)
_KERNEL: Final = r"(?P<process.name>kernel): *(?:\[ *\d+\.\d+\]:? *)?(?P<message>(?s:.*))$"
SIGN: Final = r"^(?:[\w][\w.:-]* )?(?:[A-Za-z_][\w./-]*(?:\([\w:.-]+\))?\[\d{1,10}\]: |kernel: ?)"
_PATTERNS: Final = (
    Pattern(rf"^(?P<host.name>\w[\w.:-]*) {_TAG}"),
    Pattern(f"^{_TAG}"),
    Pattern(rf"^(?P<host.name>\w[\w.:-]*) {_KERNEL}"),
    Pattern(f"^{_KERNEL}"),
)


def read(frame: pl.DataFrame, _context: Context) -> Read:
    """Machine, program and `message`."""
    events = apply(frame, _PATTERNS, "raw")
    return Read([(Logsource(product="linux", service="syslog"), events)] if events.height else [], no_rejects())
