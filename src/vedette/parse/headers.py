"""Column names out of a table's header, made safe to stand among the event's own."""

from collections.abc import Iterable
from typing import Final

LIMIT: Final = 256
"""Columns kept of one table."""
_OURS: Final = frozenset(
    {"line", "raw", "@timestamp", "event.id", "event.original", "event.dataset", "log.file.path", "log.offset"}
)


def names(found: Iterable[str]) -> list[str]:
    """Names in order, each once, at most 64 characters; one that is ours, empty or doubled gets its number behind it."""
    made: list[str] = []
    for number, name in enumerate(found):
        if number >= LIMIT:
            break
        clean = name.strip().strip('"\ufeff')[:64].replace("\x00", "")
        made.append(clean if clean and clean not in _OURS and clean not in made else f"{clean}_{number}")
    return made
