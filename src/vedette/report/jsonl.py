"""One alert a line, as docs/reference/alert.md describes it."""

from collections.abc import Iterator
from typing import Final

import msgspec

from vedette.model.findings import Findings

INCIDENTS: Final = False
"""It tells of alerts alone."""


def render(findings: Findings) -> Iterator[str]:
    """Lines."""
    encode = msgspec.json.Encoder().encode
    for alert in findings.alerts:
        yield encode(alert).decode() + "\n"
