r"""Docker Compose's output of several containers: the service's name, a bar, and what the container wrote.

    shop-1  | time=2026-02-01T10:24:12.307Z level=WARN msg="Incorrect username or password" client_ip=203.0.113.9

Source: docs.docker.com, `docker compose logs`.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 970
ENVELOPE: Final = True
SIGN: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]* +\| \S"

_LINE: Final = Pattern(
    r"^(?P<container.name>(?P<process.name>[A-Za-z0-9][A-Za-z0-9_.-]*?)(?:[-_][0-9]+)?) +\| "
    r"(?P<message>(?s:.*))$"
)


def read(frame: pl.DataFrame, _context: Context) -> Read:
    """Container, program and `message`; the time is in the message, if anywhere."""
    return Read([(Logsource(), apply(frame, (_LINE,), "raw"))], no_rejects())
