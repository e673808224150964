"""Times in a question: every expression of time is found and read, whatever stands between them.

A time of day needs a day: one that is named elsewhere in the question, else the latest that has begun. What the words of a
language mean is data (Language.times), as tags:

    day N (days from today) · weekday N (Monday 0) · month N · unit U · part SINCE UNTIL (minutes of a day; beyond 1440: of
    the next; `alone`: also without a day) · now · recent · just · weekend · last · past · prior · this · ago · since · from ·
    after · before · until · between · and · with · to · at · in · compare · than · comparing · earlier · older · more · same ·
    period · the · that · of · every · half · am · pm · oclock · noon · midnight
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from vedette.search.ask.calendar import CALENDAR, DAY, Clock, Span, midnight, moment, period, placed, shifted
from vedette.search.ask.clocks import Tag
from vedette.search.ask.ranges import Ranges
from vedette.search.ask.words import Word

_TIMED = ("clock", "number", "moment", "date")
_WAITING = ("open", "pending", "unassigned", "new", "waiting", "outstanding", "unresolved", "unhandled")
"""States that last."""


class Found(NamedTuple):
    """What was said about time.

    Attributes:
        since, until: UTC.
        compare: another time to compare with.
        used: places of the words that were read.
        leads: those of them that only lead to a time, such as `in`, and may belong to what stands before: logged in.
        notes: what was decided where words leave it open.
        fault: why the times cannot be asked for; "".
    """

    since: datetime | None
    until: datetime | None
    compare: tuple[datetime, datetime] | None
    used: frozenset[int]
    leads: frozenset[int]
    notes: tuple[str, ...]
    fault: str


def times(words: Sequence[Word], tags: Mapping[str, Tag], numbers: Mapping[str, int], now: datetime) -> Found:
    """Read all of them. `now` is in the zone whose days are meant."""
    universal = {
        at for at, word in enumerate(words) if at and word.low.lower() in ("utc", "gmt", "zulu") and words[at - 1].kind in _TIMED
    }
    reader = _Times(words, tags, numbers, now.astimezone(UTC) if universal else now)
    reader.take(universal)
    try:
        reader.scan()
        return reader.found()
    except (OverflowError, ValueError):  # 99999 years ago
        return reader.beyond()


class _Times(Ranges):
    def __init__(
        self, words: Sequence[Word], tags: Mapping[str, Tag], numbers: Mapping[str, int], now: datetime
    ) -> None:
        super().__init__(words, tags, numbers, now)
        self._against: Span | None = None
        self._earlier: tuple[str, int] | None = None
        self._comparing = False
        self._used: set[int] = set()
        self._leads: set[int] = set()

    def take(self, universal: set[int]) -> None:
        """Words that say that times are those of UTC."""
        self._used |= universal
        if universal:
            self._notes.append("all times and days: UTC")

    def scan(self) -> None:
        at = 0
        while at < len(self._words):
            end = (
                self._comparison(at)
                or self._around(at)
                or self._range(at)
                or self._bounded(at)
                or self._single(at)
            )
            if end:
                self._used.update(range(at, end))
                if self._is(at, "in", "at", "from", "of"):
                    self._leads.add(at)
            at = end or at + 1

    def _comparison(self, at: int) -> int | None:
        """`compared with the week before`, `than yesterday`; after `compare`, a second time behind `with` or `and`."""
        asked = self._is(at, "compare", "than") or (
            self._comparing and bool(self._spans) and self._is(at, "to", "and", "with", "compare")
        )
        if self._is(at, "comparing"):
            self._comparing = True
            return None
        if not asked or self._against or self._earlier:
            return None
        end = self._skip(at, "compare", "than", "to", "and", "with", "the", "in", "of", "at", "from")
        shift = self._same(end) or self._shift(end)
        if shift:
            unit, number, end = shift
            self._earlier = (unit, number)
            return end
        there = self._point(end)
        if there is None or not isinstance(there[0], Span):
            return None
        same = self._skip(there[1], "at", "the")
        day = there[0].since if there[0].until and there[0].since and there[0].until - there[0].since == DAY else None
        if day is not None and self._is(same, "same") and self._is(same + 1, "period"):
            self._earlier = ("d", (self._now.date() - day.date()).days)  # yesterday at the same time
            return same + 2
        self._against = there[0]
        return there[1]

    def _same(self, at: int) -> tuple[str, int, int] | None:
        """`same time yesterday`, `same day last week`."""
        if not self._is(at, "same"):
            return None
        at = self._skip(at + 1, "period")
        at += self._tag(at)[0] == "unit" and self._is(at + 1, "last", "prior", "day")
        if self._tag(at) == ("day", "-1"):
            return "d", 1, at + 1
        unit = self._tag(at + 1)
        return (unit[1], 1, at + 2) if self._is(at, "last", "prior") and unit[0] == "unit" else None

    def _shift(self, at: int) -> tuple[str, int, int] | None:
        """`week before`, `previous week`, `a week earlier`, `2 weeks ago`, `day last week`: unit, number, end."""
        if self._is(at, "prior"):
            number = self._number(at + 1)
            unit = self._tag(at + 1 + (number is not None))
            if unit[0] == "unit":
                return unit[1], number or 1, at + 2 + (number is not None)
        number = self._number(at)
        unit = self._tag(at + (number is not None))
        behind = at + 1 + (number is not None)
        unit = ("unit", "w") if unit[0] == "weekday" and number is None else unit  # than the Tuesday before
        if unit[0] == "unit" and self._is(behind, "before", "earlier", "prior", "ago"):
            end = behind + 1
            return unit[1], number or 1, end + self._is(end, "that")
        return None

    def _bounded(self, at: int) -> int | None:
        """`since A`, `after A`, `before A`, `until A`, `older than 2 days`, `more than 2 days ago`."""
        word = self._tag(at)[0]
        if word == "older" or (word == "more" and self._is(at + 1, "than")):
            rolled = self._rolling(self._skip(at + 1, "than"))
            if rolled and (word == "older" or self._is(rolled[1], "ago")):
                self._spans.append(Span(None, self._now - rolled[0], exact=True))
                return rolled[1] + self._is(rolled[1], "ago")
            return None
        longer = self._is(at + 1, "more") and self._is(at + 2, "than")
        waiting = word == "in" and self._words[at].low == "for" and self._words[at - 1].low in _WAITING
        if longer and at and (word == "since" or waiting):  # open for more than 3 days
            rolled = self._rolling(at + 3)
            if rolled is not None:
                self._spans.append(Span(None, self._now - rolled[0], exact=True))
                return rolled[1]
        if word not in ("since", "after", "before", "until"):
            return None
        start = self._skip(at + 1, "the", "at", "in")
        if word == "since" and self._starts(start):  # since the start of the week
            start = self._skip(start + 2, "the")
            unit = self._tag(start)
            if unit[0] == "unit" and unit[1] in CALENDAR:
                self._spans.append(Span(period(self._now, unit[1]).since, None, exact=True))
                return start + 1
        there = (
            (self._on_day(start) if word == "since" else None)
            or self._instant(start)
            or (self._hour(start) if word in ("after", "before") else None)
        )
        if there is None and word == "since" and self._is(start, "weekday", "day"):
            return None
        if there is None:
            there = self._happened(start)
        if there is None:
            rolled = self._rolling(start)
            if rolled is None or word != "since":
                return None
            there = (Span(self._now - rolled[0], None, exact=True), rolled[1] + self._is(rolled[1], "ago"))
        what, end = there
        if isinstance(what, Clock):
            after = word in ("since", "after")
            self._clocks.append(Clock(what.since if after else None, None if after else what.since, what.half))
        elif word == "since":
            self._spans.append(Span(what.since, None, exact=True))
        elif word == "after":
            self._spans.append(Span(what.since if what.exact else what.until, None, exact=True))
        elif word == "before":
            self._spans.append(Span(None, what.since, exact=True))
        else:
            self._spans.append(Span(None, what.since if what.exact else what.until, exact=True))
        return end

    def _happened(self, at: int) -> tuple[Span | Clock, int] | None:
        """What happened at a time, behind `since` or `before`: the deployment at 07:30. The time is what counts."""
        end = next((n for n in range(at + 1, min(at + 4, len(self._words))) if self._words[n].low == "at"), None)
        if end is None or any(word.kind not in ("word", "name") or self._tags.get(word.low) for word in self._words[at:end]):
            return None
        there = self._on_day(end + 1) or self._instant(end + 1) or self._hour(end + 1)
        if there is not None:
            self._notes.append(f"{' '.join(word.text for word in self._words[at:end])}: only its time counts")
        return there

    def _starts(self, at: int) -> bool:
        text = self._words[at].low if at < len(self._words) else ""
        return text in ("start", "beginning", "begin") and self._is(at + 1, "of")

    def _single(self, at: int) -> int | None:
        """A time, with what leads to it: in, on, during, over the."""
        start = self._skip(at, "in", "of", "at", "from", "the")
        there = self._point(start)
        if there is None and start > at and self._is(start - 1, "at"):
            there = self._hour(start)
        if there is None:
            return None
        if self._is(at - 1, "every") or self._is(start - 1, "every"):
            return None
        what, end = there
        if isinstance(what, Clock):
            rough = any(self._words[n].low in ("around", "about") for n in range(max(at - 1, 0), start))
            if rough and what.since is not None and what.until == what.since + 1:
                self._notes.append(f"around {self._words[start].text}: 15 minutes before and after")
                what = Clock(max(what.since - 15, 0), what.since + 15, what.half)
            self._clocks.append(what)
        elif self._spans and self._is(at - 1, "and") and not self._comparing:
            self._join(what)
            self._used.add(at - 1)
        else:
            self._spans.append(what)
        return end

    def _join(self, other: Span) -> None:
        """`today and yesterday`: together, when they touch."""
        last = self._spans.pop()
        first, second = sorted((last, other), key=lambda span: (span.since is not None, span.since))
        if first.until is not None and second.since is not None and first.until >= second.since:
            self._spans.append(Span(first.since, second.until))
        else:
            self._fault = "two separate times cannot be asked for at once"

    def found(self) -> Found:
        """All that was said, as one time."""
        self._within_parts()
        whole = Span(
            max((s.since for s in self._spans if s.since), default=None),
            min((s.until for s in self._spans if s.until), default=None),
        )
        if whole.since and whole.until and whole.since >= whole.until:
            self._fault = self._fault or "these times have nothing in common"
        again = ("unit", "weekday", "weekend", "part", "day")
        if self._clocks and any(self._is(at, "every") and self._is(at + 1, *again) for at in range(len(self._words))):
            self._fault = "a time of day in each of several days cannot be asked for"
        if self._clocks and not self._fault:
            whole = self._at(whole)
        if whole.until and whole.until > self._now and whole.since and whole.since <= self._now:
            whole = Span(whole.since, None)  # nothing has happened yet beyond now
        if self._against is None and self._earlier is None:
            return self._told(whole, None)
        return self._told(*self._compared(whole))

    def _within_parts(self) -> None:
        """A time of day in a part of a day that is named beside it: last night at 9."""
        parts = [span for span in self._spans if span.part]
        if len(parts) != 1 or not self._clocks:
            return
        low = max((c.since for c in self._clocks if c.since is not None), default=None)
        high = min((c.until for c in self._clocks if c.until is not None), default=None)
        within = placed(parts[0], Clock(low, high, any(c.half for c in self._clocks)))
        if within is None:
            self._fault = self._fault or "these times have nothing in common"
            return
        self._spans[self._spans.index(parts[0])] = within
        self._clocks = []

    def beyond(self) -> Found:
        """The answer where a time lies out of the calendar."""
        return Found(None, None, None, frozenset(), frozenset(), (), "this time is out of the calendar")

    def _told(self, whole: Span, other: Span | None) -> Found:
        since, until = (moment(at, self._zone) if at else None for at in whole[:2])
        compare = None
        if other and other.since and other.until:
            compare = (moment(other.since, self._zone), moment(other.until, self._zone))
            if compare[0] >= compare[1]:
                self._fault = self._fault or "there is no time to compare with"
        return Found(
            since,
            until,
            compare,
            frozenset(self._used),
            frozenset(self._leads),
            tuple(dict.fromkeys(self._notes)),
            self._fault,
        )

    def _at(self, whole: Span) -> Span:
        """A time of day within the day that was named, or the latest day it has begun on."""
        low = max((c.since for c in self._clocks if c.since is not None), default=None)
        high = min((c.until for c in self._clocks if c.until is not None), default=None)
        if low is not None and high is not None and high <= low:
            high += 1440
        first = low if low is not None else 0
        if whole.since is None and whole.until is None:
            begin = midnight(self._now.date())
            if begin + timedelta(minutes=first) > self._now:
                begin -= DAY
            day = Span(begin, begin + DAY if high is not None or begin == midnight(self._now.date()) else None)
        else:
            begin = whole.since or ((whole.until or self._now) - DAY)
            end = whole.until or (self._now if whole.since else None)
            if end is None or end - begin > timedelta(hours=26):
                self._fault = "a time of day in each of several days cannot be asked for"
                return whole
            day = Span(begin, whole.until)
            begin = midnight(begin.date())
            past = high is None or begin + timedelta(minutes=high) <= (day.since or begin)
            if day.since and begin + timedelta(minutes=first) < day.since and past:
                begin += DAY  # 02:00 of a night that began the evening before
        since = begin + timedelta(minutes=low) if low is not None else day.since
        until = begin + timedelta(minutes=high) if high is not None else day.until
        return Span(since, until)

    def _compared(self, whole: Span) -> tuple[Span, Span | None]:
        if self._against is not None:
            other = self._against
            if whole.since is None and whole.until is None and other.since and other.until:
                unit = {1: "d", 7: "w"}.get((other.until - other.since).days, "M")
                whole = Span(period(self._now, unit).since, None)
            return whole, Span(other.since, other.until or self._now)
        unit, number = self._earlier or ("d", 1)
        since, until = whole.since or shifted(self._now, unit, -number), whole.until or self._now
        return Span(since, whole.until), Span(shifted(since, unit, -number), shifted(until, unit, -number))
