"""What was read of a document so far, within bounds."""

from datetime import UTC, datetime
from typing import Any, Final

from vedette.model.errors import FeedError
from vedette.model.indicator import Indicator
from vedette.parse.indicators.value import indicator

MOST: Final = 2_000_000
"""Indicators of a document, and values that are none."""
LISTED: Final = 100
"""Rejections that are told one by one."""
SHOWN: Final = 200
"""Characters of a text that was rejected."""


class Gathered:
    """Indicators, each once in the order of the document, and what was refused."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Indicator] = {}
        self.rejected: list[tuple[int, str, str]] = []
        self.refused = 0

    @property
    def indicators(self) -> list[Indicator]:
        """In the order of the document."""
        return list(self._found.values())

    def take(self, number: int, text: str, about: str = "", until: datetime | None = None) -> None:
        """One value of record `number`. Of one that was there before, the later end counts."""
        if len(self._found) >= MOST:
            self.refuse(number, text, f"more than {MOST:,} indicators")
            return
        try:
            new = indicator(text, about, until)
        except ValueError as error:
            self.refuse(number, text, str(error))
            return
        key = (new.kind, new.value)
        known = self._found.setdefault(key, new)
        if known is not new and known.until is not None and (until is None or until > known.until):
            self._found[key] = Indicator(known.kind, known.value, known.about or new.about, until)

    def refuse(self, number: int, text: str, reason: str) -> None:
        """Count something that is not taken.

        Raises:
            FeedError: it is too much for a list.
        """
        self.refused += 1
        if self.refused > MOST:
            raise FeedError(f"more than {MOST:,} values of it are no indicators, such as: {reason}")
        if len(self.rejected) < LISTED:
            self.rejected.append((number, text[:SHOWN], reason))


def moment(value: Any) -> datetime | None:
    """A time as lists write it: ISO 8601 (UTC where no zone is given) or seconds since 1970. None if it is none."""
    try:
        if isinstance(value, str):
            text = value.strip().removesuffix("UTC").strip()
            found = datetime.fromtimestamp(int(text), UTC) if text.isdecimal() else datetime.fromisoformat(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
