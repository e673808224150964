"""Times of day in a question, and what every reader of times needs: `10:30pm`, `9 in the evening`, `noon`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from vedette.search.ask.calendar import Clock
from vedette.search.ask.words import Word

Tag = tuple[str, ...]
YEARS: Final = range(1990, 2101)
_NUMBERED: Final = frozenset({"port", "ports", "id", "ids", "event", "events", "bytes", "status", "pid", "uid"})
"""What has numbers that look like times of day."""
_LARGEST: Final = 100_000


class Clocks:
    """Where a reader stands; the tags are told in vedette.search.ask.times."""

    def __init__(
        self, words: Sequence[Word], tags: Mapping[str, Tag], numbers: Mapping[str, int], now: datetime
    ) -> None:
        self._words = words
        self._tags = tags
        self._numbers = numbers
        self._zone = now.tzinfo or UTC
        self._now = now.replace(tzinfo=None)
        self._clocks: list[Clock] = []
        self._notes: list[str] = []
        self._fault = ""

    def _tag(self, at: int) -> Tag:
        """What a word means to time; a word of another kind, or none, has no meaning."""
        if not 0 <= at < len(self._words):
            return ("",)
        word = self._words[at]
        return self._tags.get(word.low, ("",)) if word.kind in ("word", "sign", "name") else ("",)

    def _is(self, at: int, *names: str) -> bool:
        return self._tag(at)[0] in names

    def _number(self, at: int) -> int | None:
        if not 0 <= at < len(self._words):
            return None
        word = self._words[at]
        if word.kind == "number" and word.low.isdigit() and int(word.low) <= _LARGEST:
            return int(word.low)
        return self._numbers.get(word.low) if word.kind == "word" else None

    def _skip(self, at: int, *names: str) -> int:
        while self._is(at, *names):
            at += 1
        return at

    def _clock(self, at: int) -> tuple[Clock, int] | None:
        if not 0 <= at < len(self._words):
            return None
        word, end = self._words[at], at + 1
        half = ""
        if word.kind == "number" and self._tag(end)[0] in ("am", "pm"):
            half, end = self._tag(end)[0], end + 1
            text = word.low
        elif word.kind == "number" and self._tag(end)[0] == "oclock":
            text, end = word.low, end + 1
        elif word.kind == "clock":
            text = word.low.lower()
            if text.endswith(("am", "pm")):
                text, half = text[:-2], text[-2:]
            elif self._tag(end)[0] in ("am", "pm"):
                half, end = self._tag(end)[0], end + 1
        elif self._military(at):
            text = f"{word.low[:2]}:{word.low[2:]}"
            end += self._words[end].low in ("h", "hrs", "hours") if end < len(self._words) else 0
        elif self._is(at, "noon", "midnight"):
            minute = 720 if self._is(at, "noon") else 0
            return Clock(minute, minute + 60, half=True), end
        else:
            return None
        if not half:
            half, end = self._said_half(text.partition(":")[0], end)
        hour, colon, rest = text.partition(":")
        minute = int(rest[:2]) if colon else 0
        if not hour.isdigit() or int(hour) > 24 or minute > 59 or (half and not 1 <= int(hour) <= 12):
            return None
        hours = int(hour) % 12 + (12 if half == "pm" else 0) if half else int(hour)
        begin = hours * 60 + minute
        return Clock(begin, begin + (1 if colon and minute else 60), bool(half) or hours > 12), end

    def _military(self, at: int) -> bool:
        """Whether four digits are a time of day: 0430, at 1430, between 1300 and 1500; not a year, a port or an id."""
        word = self._words[at] if 0 <= at < len(self._words) else None
        if word is None or word.kind != "number" or len(word.low) != 4 or not word.low.isdigit():
            return False
        if int(word.low[:2]) > 23 or int(word.low[2:]) > 59 or (at > 1 and self._words[at - 2].low in _NUMBERED):
            return False
        if word.low[0] == "0" or self._is(at - 1, "at"):
            return True
        if self._is(at - 1, "since", "after", "before", "until"):
            return int(word.low) not in YEARS
        first = self._is(at - 1, "between", "from") and self._is(at + 1, "and", "to") and at + 2 < len(self._words)
        second = self._is(at - 1, "and", "to") and self._is(at - 3, "between", "from") and at > 2
        other = self._words[at + 2 if first else at - 2].low if first or second else ""
        return len(other) == 4 and other.isdigit() and int(word.low) not in YEARS and int(other) not in YEARS

    def _said_half(self, hour: str, at: int) -> tuple[str, int]:
        """Behind an hour `in the afternoon`, `at night`: am or pm, and where it ends."""
        part = self._skip(at, "in", "the", "at")
        tag = self._tag(part)
        if part == at or tag[0] != "part" or len(tag) > 3 or not hour.isdigit() or not 1 <= int(hour) <= 12:
            return "", at
        night = int(tag[2]) > 1440
        late = int(hour) in range(6, 12) if night else int(tag[1]) >= 720
        return "pm" if late else "am", part + 1

    def _hour(self, at: int) -> tuple[Clock, int] | None:
        """A bare number as an hour, where only an hour can stand."""
        number = self._number(at)
        if number is None or not 0 <= number <= 24 or self._is(at + 1, "unit") or self._tag(at + 1)[0] == "month":
            return None
        half, end = self._said_half(str(number), at + 1)
        number = number % 12 + 12 * (half == "pm") if half else number
        return Clock(number * 60, number * 60 + 60, bool(half) or number > 12), end

    def _ordinal(self, at: int) -> int | None:
        if not 0 <= at < len(self._words):
            return None
        word = self._words[at]
        digits = (
            word.low.rstrip("stndrh")
            if word.kind == "ordinal"
            else word.low.rstrip(".")
            if word.kind in ("number",)
            else ""
        )
        return int(digits) if digits.isdigit() and 1 <= int(digits) <= 31 else None

    def _year(self, at: int) -> tuple[int | None, int]:
        start = at + (at < len(self._words) and self._words[at].kind == "comma")
        number = self._number(start)
        if number in YEARS and start < len(self._words) and self._words[start].kind == "number":
            return number, start + 1
        return None, at
