"""Times between two others, and around one: `between 9 and noon`, `1 to 7 December`, `the 15 minutes before midnight`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from vedette.search.ask.calendar import DAY, UNITS, Clock, Span, midnight, placed
from vedette.search.ask.clocks import Tag
from vedette.search.ask.expressions import Expressions
from vedette.search.ask.words import Word


class Ranges(Expressions):
    """Reads them into the spans and times of day that were said."""

    def __init__(
        self, words: Sequence[Word], tags: Mapping[str, Tag], numbers: Mapping[str, int], now: datetime
    ) -> None:
        super().__init__(words, tags, numbers, now)
        self._spans: list[Span] = []

    def _range(self, at: int) -> int | None:
        """`between A and B`, `from A to B`, `A - B`."""
        between = self._is(at, "between")
        start = at + (between or self._is(at, "since", "from", "in", "at"))
        start = self._skip(start, "the", "period")
        first = self._on_day(start) or self._instant(start)
        if first is None and (days := self._days_of(start)):
            return days
        if first is None and between:
            first = self._hour(start)
        if first is None:
            number = self._hour(start) if self._is(at, "since", "from") or self._is(start + 1, "to") else None
            first = number if number and self._clocked(number[1]) else None
        if first is None:
            return None
        joined = ("and", "to", "until") if between else ("to", "until")
        if not self._is(first[1], *joined):
            return None
        behind = self._skip(first[1] + 1, "the")
        second = (
            (self._on_day(behind) if isinstance(first[0], Span) else None)
            or self._instant(behind)
            or (self._hour(first[1] + 1) if isinstance(first[0], Clock) else None)
        )
        if second is None:
            return None
        low, high = first[0], second[0]
        if isinstance(low, Clock) and isinstance(high, Clock):
            if (
                high.since is not None
                and low.since is not None
                and high.since <= low.since < 720
                and self._bare(start, second[1])
            ):
                high = Clock(high.since + 720, None)
            if (
                low.since is not None
                and low.since < 720
                and high.since is not None
                and self._half(start, first[1], second[1])
            ):
                low = Clock(low.since + 720, None) if low.since + 720 < high.since else low
            self._clocks.append(Clock(low.since, high.since, low.half or high.half))
        elif isinstance(low, Clock) and isinstance(high, Span) and high.since == self._now:  # from midnight to now
            self._clocks.append(Clock(low.since, None, low.half))
        elif isinstance(low, Span) and isinstance(high, Clock) and low.exact and low.since and high.since is not None:
            until = midnight(low.since.date()) + timedelta(minutes=high.since)  # 24 November 02:00 to 02:30
            self._spans.append(Span(low.since, until if until > low.since else until + DAY, exact=True))
        elif isinstance(low, Span) and isinstance(high, Span):
            back = low.since is not None and high.since is not None and high.since < low.since and self._is(start, "weekday")
            if back and low.since is not None:  # between Monday and Wednesday, asked on a Tuesday
                low = low._replace(since=low.since - 7 * DAY)
            self._spans.append(Span(low.since, high.since if high.exact else high.until, exact=True))
        else:
            return None
        return second[1]

    def _days_of(self, at: int) -> int | None:
        """`1 to 7 December`: the month stands behind the second day."""
        number = self._ordinal(at)
        last = self._dated(self._skip(at + 2, "the")) if number and self._is(at + 1, "and", "to", "until") else None
        if number is None or last is None or last[0].since is None or last[0].until != last[0].since + DAY:
            return None
        if number >= last[0].since.day:
            return None
        self._spans.append(Span(last[0].since.replace(day=number), last[0].until, exact=True))
        return last[1]

    def _on_day(self, at: int) -> tuple[Span, int] | None:
        """A time of day with its day behind it, as a moment: 22:00 yesterday, 10pm on Monday, 9 last night."""
        clock = self._clock(at) or self._hour(at)
        day = self._point(self._skip(clock[1], "in", "of", "the", "comma")) if clock else None
        if clock is None or day is None or not isinstance(day[0], Span) or day[0].exact or day[0].since is None:
            return None
        low, high = clock[0].since, clock[0].until
        if day[0].part:
            within = placed(day[0], clock[0])
            return (within, day[1]) if within else None
        if low is None or high is None or day[0].until != day[0].since + DAY:
            return None
        begin = day[0].since + timedelta(minutes=low)
        return Span(begin, begin + timedelta(minutes=high - low), exact=True), day[1]

    def _around(self, at: int) -> int | None:
        """`the 15 minutes before midnight`, `half an hour after 10:00`, `within 5 minutes of 14:30`."""
        if at and self._words[at - 1].low in ("per", "by", "each", "every"):  # per hour since midnight
            return None
        start = self._skip(at, "in", "the", "last", "first", "past")
        rolled = self._rolling(start)
        if rolled is None and self._tag(start)[0] == "unit":
            rolled = UNITS.get(self._tag(start)[1], DAY), start + 1
        if rolled is None or rolled[0] >= DAY or not self._is(rolled[1], "before", "after", "of", "at", "since"):
            return None
        length, way = rolled[0] // UNITS["m"], self._tag(rolled[1])[0]
        begin = self._skip(rolled[1], "before", "after", "of", "at", "since", "the")
        there = self._on_day(begin) or self._instant(begin) or self._hour(begin)
        if there is None or (way == "of" and not self._is(at, "in")):
            return None
        before = length if way != "after" else 0
        after = length if way not in ("before",) else 0
        what, end = there
        if isinstance(what, Span) and what.exact and what.since:
            since = what.since
            self._spans.append(Span(since - before * UNITS["m"], since + after * UNITS["m"], exact=True))
        elif isinstance(what, Clock) and what.since is not None:
            middle = what.since or (1440 if before else 0)  # before midnight: of the day that ends then
            self._clocks.append(Clock(middle - before, middle + after, half=True))
        else:
            return None
        return end

    def _bare(self, start: int, end: int) -> bool:
        """Whether the hours are but numbers: between 9 and 5."""
        return not any(word.kind == "clock" for word in self._words[start:end])

    def _half(self, start: int, middle: int, end: int) -> bool:
        """Whether only the second of two hours says that it is after noon: 2-4pm."""
        texts = [word.low for word in self._words[start:middle]], [word.low for word in self._words[middle:end]]
        return any(text.endswith("pm") for text in texts[1]) and not any(
            t.endswith(("am", "pm")) or ":" in t for t in texts[0]
        )

    def _clocked(self, at: int) -> bool:
        """Whether a clock time stands behind the word between two times."""
        there = self._point(at + 1) if self._is(at, "to", "until") else None
        return there is not None and isinstance(there[0], Clock)
