"""Single expressions of time: `last 2 hours`, `3 May`, `Monday night`, `10:30pm`."""

from datetime import date, datetime, timedelta
from typing import Final

from vedette.search.ask.calendar import (
    CALENDAR,
    DAY,
    UNITS,
    Clock,
    Span,
    days,
    midnight,
    month,
    period,
    placed,
    shifted,
    year,
)  # fmt: skip
from vedette.search.ask.clocks import YEARS, Clocks

_QUARTERS: Final = ("q1", "q2", "q3", "q4")
_NTH: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1, "final": -1}
_IN: Final = ("in", "of", "from", "since", "after", "before", "until")


class Expressions(Clocks):
    """Reads them at a place of a question. What decided where words leave it open is noted."""

    def _point(self, at: int) -> tuple[Span | Clock, int] | None:
        """One expression of time."""
        return (
            self._literal(at) or self._portion(at) or self._relative(at) or self._named(at) or self._dated(at) or self._clock(at)
        )  # fmt: skip

    def _instant(self, at: int) -> tuple[Span | Clock, int] | None:
        """As _point; a day with a time of day behind it is a moment."""
        there = self._point(at)
        if there is None or not isinstance(there[0], Span) or there[0].exact or there[0].since is None:
            return there
        start = self._skip(there[1], "at", "comma")
        clock = self._clock(start) or (self._hour(start) if there[0].part and start > there[1] else None)
        if clock is None or clock[0].since is None or clock[0].until is None:
            return there
        if there[0].part:
            within = placed(there[0], clock[0])
            return (within, clock[1]) if within else there
        begin = there[0].since + timedelta(minutes=clock[0].since)
        return Span(begin, begin + timedelta(minutes=clock[0].until - clock[0].since), exact=True), clock[1]

    def _portion(self, at: int) -> tuple[Span, int] | None:
        """`the first week of November`, `last 3 days of May`, `second half of April`, `Monday of last week`."""
        there = self._part_of(at)
        if there is not None and there[0].since and there[0].until and not there[0].exact:
            first, last = there[0].since, there[0].until - DAY
            self._notes.append(f"{first:%-d %B}" + (f" to {last:%-d %B}" if last > first else ""))
        return there

    def _part_of(self, at: int) -> tuple[Span, int] | None:
        """So many days, weeks or months at the beginning or end of a longer time, its halves, or a weekday in it."""
        which, at = self._nth(at)
        number = self._number(at) if which in (1, -1) else None
        unit = self._tag(at + (number is not None))
        end = at + 1 + (number is not None)
        weekday = unit[0] == "weekday"
        joined = self._is(end, "of", "in") or (weekday and self._is(end, "last", "this", "past", "prior"))
        if not joined or unit[0] not in ("unit", "half", "weekday") or (not which and not weekday):
            return None
        whole = self._point(self._skip(end, "of", "in", "the"))
        if whole is None or not isinstance(whole[0], Span) or whole[0].exact or not (whole[0].since and whole[0].until):
            return None
        since, until = whole[0].since, whole[0].until
        if unit[0] == "unit" and unit[1] in ("h", "m") and until - since <= DAY and which:  # first hour of today
            length = (number or 1) * UNITS[unit[1]]
            begin = until - length if which < 0 else since + (which - 1) * UNITS[unit[1]]
            return Span(max(since, begin), min(until, begin + length), exact=True), whole[1]
        if until - since <= DAY:
            return None
        if weekday:
            first = since.date() + timedelta(days=(int(unit[1]) - since.weekday()) % 7)
            found = [first + timedelta(days=n) for n in range(0, (until.date() - first).days, 7)]
            if not found or (not which and len(found) > 1) or which > len(found):
                return None
            return days(found[which - 1 if which > 0 else which]), whole[1]
        if unit[0] == "half":
            middle = shifted(since, "M", 6) if (until - since).days > 300 else since + (until - since).days // 2 * DAY
            return (Span(since, middle) if which == 1 else Span(middle, until)), whole[1]
        if unit[1] not in CALENDAR:
            return None
        count = number or 1
        if which < 0:
            return Span(max(since, shifted(until, unit[1], -count)), until), whole[1]
        begin = shifted(since, unit[1], which - 1)
        return (Span(begin, min(until, shifted(begin, unit[1], count))), whole[1]) if begin < until else None

    def _nth(self, at: int) -> tuple[int, int]:
        """`first`, `2nd`, `last`: which of several, -1 the last, 0 not said; and where it ends."""
        if not 0 <= at < len(self._words):
            return 0, at
        word = self._words[at]
        number = _NTH.get(word.low) or (self._ordinal(at) if word.kind == "ordinal" else None)
        return (number, at + 1) if number else (0, at)

    def _literal(self, at: int) -> tuple[Span, int] | None:
        """2026-05-03, 2026-05-03T10:00, 3.5.2026."""
        if not 0 <= at < len(self._words):
            return None
        word = self._words[at]
        if word.kind == "moment":
            try:
                told = datetime.fromisoformat(word.low.replace("_", "T").upper())
            except ValueError:
                return None
            local = told.astimezone(self._zone).replace(tzinfo=None) if told.tzinfo else told
            return Span(local, local + UNITS["m"], exact=True), at + 1
        if word.kind != "date":
            return None
        day = self._day(word.low)
        return None if day is None else (days(day), at + 1)

    def _day(self, text: str) -> date | None:
        try:
            if "-" in text:
                return date.fromisoformat(text)
            if "/" in text:
                one, two, year = map(int, text.split("/"))
                if one <= 12 and two <= 12 and one != two:
                    self._fault = f"{text} may be two days"
                return date(year, two, one) if one > 12 else date(year, one, two)
            number, month_, year_ = text.split(".")
            return self._dateof(
                int(number), int(month_), (2000 if len(year_) == 2 else 0) + int(year_) if year_ else None
            )
        except ValueError:
            return None

    def _dateof(self, day: int, month_: int, year: int | None) -> date | None:
        """A day; without a year the latest that has come."""
        for candidate in (
            [year] if year else [self._now.year, self._now.year - 1, self._now.year - 2, self._now.year - 3]
        ):
            try:
                found = date(candidate, month_, day)
            except ValueError:
                continue
            if year or found <= self._now.date():
                return found
        return None

    def _dated(self, at: int) -> tuple[Span, int] | None:
        """`3 May`, `May 3rd, 2026`, `3rd of May`, `May`, `May 2026`, `in 2026`."""
        number, end = self._ordinal(at), at + 1
        if number is not None:
            end = self._skip(end, "of")
            if self._is(end, "month"):
                month_ = int(self._tag(end)[1])
                of_year, end = self._year(end + 1)
                day = self._dateof(number, month_, of_year)
                return None if day is None else (days(day), end)
            if self._words[at].kind == "ordinal" and self._is(at - 1, "the", "in", "since", "until", "before", "after"):
                first = self._now.date().replace(day=1)
                for begin in (first, (first - DAY).replace(day=1)):
                    try:
                        found = begin.replace(day=number)
                    except ValueError:
                        continue
                    if found <= self._now.date():
                        return days(found), at + 1
            return None
        if self._is(at, "month"):
            return self._month(at)
        if self._tag(at) == ("unit", "w") and self._number(at + 1) in range(1, 54) and self._words[at + 1].kind == "number":
            return self._week(self._number(at + 1) or 1, at + 2)
        which, named = self._nth(at)
        if 0 < which <= 4 and self._tag(named) == ("unit", "Q"):
            return self._quarter(which, named + 1)
        if 0 <= at < len(self._words) and self._words[at].low in _QUARTERS:
            return self._quarter(int(self._words[at].low[1]), at + 1)
        if self._number(at) in YEARS and self._words[at].kind == "number" and self._is(at - 1, *_IN):
            return year(int(self._words[at].low)), at + 1
        return None

    def _week(self, number: int, at: int) -> tuple[Span, int] | None:
        """`week 25` of ISO 8601; without a year the latest that has begun."""
        of_year, end = self._year(at)
        for each in [of_year] if of_year else [self._now.year, self._now.year - 1]:
            try:
                monday = date.fromisocalendar(each, number, 1)
            except ValueError:
                continue
            if of_year or monday <= self._now.date():
                self._notes.append(f"week {number}: from {monday:%-d %B %Y}")
                return days(monday, 7), end
        return None

    def _quarter(self, which: int, at: int) -> tuple[Span, int]:
        begins = 3 * which - 2
        of_year, end = self._year(at)
        of_year = of_year or (self._now.year if begins <= self._now.month else self._now.year - 1)
        return Span(month(of_year, begins).since, month(of_year, begins + 2).until), end

    def _month(self, at: int) -> tuple[Span, int] | None:
        month_ = int(self._tag(at)[1])
        number = self._ordinal(at + 1)
        if number is not None and number <= 31 and not self._is(at + 2, "unit"):
            end = self._skip(at + 2, "comma")
            of_year, end_ = self._year(end)
            day = self._dateof(number, month_, of_year)
            if day is not None:
                return days(day), end_ if of_year else at + 2
        of_year, end = self._year(at + 1)
        sure = of_year is not None or self._is(
            at - 1, *_IN, "last", "the", "between", "and", "to", "compare", "than", "with"
        )
        if not sure and self._tag(at)[2:] == ("unsure",):
            return None
        if of_year is None:
            of_year = self._now.year if month_ <= self._now.month else self._now.year - 1
        return month(of_year, month_), end

    def _rolling(self, at: int) -> tuple[timedelta, int] | None:
        """`2 hours`, `90min`, `an hour and a half` (no), `half an hour`: so long."""
        seconds = self._is(at - 1, "last", "past") and 0 <= at < len(self._words) and self._words[at].kind == "status"
        if 0 <= at < len(self._words) and (self._words[at].kind == "span" or (seconds and self._words[at].low[-1] == "s")):
            text = self._words[at].low.lower()
            digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
            unit = {"s": "s", "m": "m", "h": "h", "d": "d", "w": "w"}[text[len(digits)]]
            return int(digits) * UNITS[unit], at + 1
        if self._is(at, "fortnight"):
            return 14 * DAY, at + 1
        if self._tag(at) == ("unit", "Q") and self._is(at + 1, "of") and self._tag(at + 3) == ("unit", "h"):
            return timedelta(minutes=15), at + 4
        half = self._is(at, "half")
        at += half
        number = self._number(at)
        at = self._skip(at + 1, "of") if number is not None else at
        unit_ = self._tag(at)
        if unit_[0] != "unit" or (number is None and not half):
            return None
        number = number or 1
        if half:
            whole = self._now - shifted(self._now, unit_[1], -1)
            return (whole / 2 if unit_[1] != "y" else self._now - shifted(self._now, "M", -6)), at + 1
        return self._now - shifted(self._now, unit_[1], -number), at + 1

    def _relative(self, at: int) -> tuple[Span, int] | None:
        """`last 2 hours`, `past week`, `the last week` back from now; `last week`, `this month` of the calendar."""
        which = self._tag(at)[0]
        if which in ("last", "past", "prior", "this"):
            rolled = self._rolling(at + 1) if which != "this" else None
            if rolled:
                return Span(self._now - rolled[0], None, exact=True), rolled[1]
            return self._this_or_last(at, which)
        rolled = self._rolling(at)
        if rolled and self._is(rolled[1], "interval"):  # in 10 minute intervals
            return None
        if rolled and self._is(at - 1, "in") and not self._is(rolled[1], "ago"):
            return Span(self._now - rolled[0], None, exact=True), rolled[1]
        bare = rolled is not None and self._words[at].kind == "span"
        if rolled and bare and self._alone(at, rolled[1]):  # 5xx 24h
            self._notes.append(f"{self._words[at].text}: the last {self._words[at].text}")
            return Span(self._now - rolled[0], None, exact=True), rolled[1]
        if rolled and self._is(rolled[1], "ago"):
            then = self._now - rolled[0]
            if rolled[0] >= DAY:
                return days(then.date()), rolled[1] + 1
            unit = UNITS["h"] if rolled[0] >= UNITS["h"] else UNITS["m"]
            return Span(then, then + unit, exact=True), rolled[1] + 1
        return None

    def _alone(self, at: int, end: int) -> bool:
        """Whether a length of time stands by itself: no step (per 15m), no comparison (more than 5m, >5m)."""
        if self._is(end, "ago", "before", "after", "earlier", "older"):
            return False
        before = self._words[at - 1] if at else None
        return before is None or (
            before.kind != "sign" and before.low not in ("per", "by") and not self._is(at - 1, "every", "than", "more")
        )

    def _this_or_last(self, at: int, which: str) -> tuple[Span, int] | None:
        back = 0 if which == "this" else 1
        tag = self._tag(at + 1)
        if tag[0] == "unit":
            rolling = which == "past" or (which == "last" and (tag[1] not in CALENDAR[1:] or self._is(at - 1, "the")))
            if rolling:
                return Span(shifted(self._now, tag[1], -1), None, exact=True), at + 2
            return period(self._now, tag[1], back), at + 2
        if tag[0] == "weekday":
            return self._parted(self._weekday(int(tag[1]), before=back), at + 2)
        if tag[0] == "working" and back and self._tag(at + 2)[:2] == ("unit", "d"):
            today = self._now.date()
            day = today - DAY * {0: 3, 6: 2}.get(today.weekday(), 1)
            self._notes.append(f"{self._words[at + 1].text} day: {day:%A, %d %B}")
            return days(day), at + 3
        if tag[0] == "weekend":
            today = self._now.date()
            saturday = self._weekday(5, before=0)  # the latest that has begun
            if not back and today.weekday() < 5:
                self._notes.append(f"{self._words[at].text} weekend: {saturday:%-d %B}")
            if back and today.weekday() >= 5:
                saturday -= timedelta(days=7)
            return days(saturday, 2), at + 2
        if tag[0] == "month" and back:
            month_ = int(tag[1])
            return month(self._now.year - (month_ >= self._now.month), month_), at + 2
        if tag[0] == "part":
            low, high = int(tag[1]), int(tag[2])
            begin = midnight(self._now.date())
            if back or begin + timedelta(minutes=low) > self._now:  # this night, said by day, is the one that was
                begin -= DAY
            span = Span(begin + timedelta(minutes=low), begin + timedelta(minutes=high), part=True)
            self._note(self._words[at].text + " " + self._words[at + 1].text, span)
            return span, at + 2
        return None

    def _parted(self, day: date, at: int) -> tuple[Span, int]:
        """A day, or what is said of it behind it: `morning`, `night`."""
        tag = self._tag(at)
        if tag[0] != "part" or len(tag) > 3:
            return days(day), at
        begin = midnight(day)
        return Span(begin + timedelta(minutes=int(tag[1])), begin + timedelta(minutes=int(tag[2])), part=True), at + 1

    def _named(self, at: int) -> tuple[Span, int] | None:
        tag, now = self._tag(at), self._now
        if tag[0] == "part" and (night := self._night(at)):
            return night
        if tag[0] == "part" and len(tag) == 3 and self._is(at - 1, "the") and self._is(at - 2, "in"):  # in the night
            begin = midnight(now.date())
            begin -= DAY if begin + timedelta(minutes=int(tag[1])) > now else timedelta()
            span = self._parted(begin.date(), at)[0]
            self._note(f"the {self._words[at].text} of {begin:%-d %B}", span)
            return span, at + 1
        if tag[0] == "now":
            led = self._is(at - 1, "since", "after", "before", "until", "between", "to", "and", "from")
            return (Span(now, now, exact=True), at + 1) if led else None
        if tag[0] == "todate":
            return period(now, tag[1]), at + 1
        if tag[0] == "recent":
            self._notes.append(f"{self._words[at].text}: the last 24 hours")
            return Span(now - DAY, None, exact=True), at + 1
        if tag[0] == "just":
            self._notes.append(f"{self._words[at].text}: the last 15 minutes")
            return Span(now - timedelta(minutes=15), None, exact=True), at + 1
        if tag[0] == "part" and tag[3:] == ("alone",):
            begin = midnight(now.date())
            span = Span(begin + timedelta(minutes=int(tag[1])), begin + timedelta(minutes=int(tag[2])), part=True)
            self._note(self._words[at].text, span)
            return span, at + 1
        if tag[0] == "day":
            number = int(tag[1])
            if number == 1:
                return None
            return self._parted(now.date() + timedelta(days=number), at + 1)
        if tag[0] == "unit" and tag[1] == "d" and self._is(at + 1, "before") and self._tag(at + 2)[:2] == ("day", "-1"):
            return days(now.date() - timedelta(days=2)), at + 3
        if tag[0] == "weekday":
            return self._parted(self._weekday(int(tag[1]), before=0), at + 1)
        if tag[0] == "weekend":
            return days(self._weekday(5, before=0), 2), at + 1
        return None

    def _night(self, at: int) -> tuple[Span, int] | None:
        """`night from Saturday to Sunday`, `night to Sunday`, `evening of 3 May`."""
        begin = self._skip(at + 1, "of", "at", "in", "from", "between", "the")
        to = self._is(begin, "to")
        day = self._point(begin + to) if begin > at + 1 or to else None
        if day is None or not isinstance(day[0], Span) or day[0].exact or day[0].part or day[0].since is None:
            return None
        if day[0].until != day[0].since + DAY:
            return None
        first, end = day[0].since - DAY * to, day[1]
        if self._is(end, "to", "and"):
            second = self._point(end + 1)
            end = second[1] if second and isinstance(second[0], Span) and not second[0].exact else end
        return self._parted(first.date(), at)[0], end

    def _weekday(self, number: int, before: int) -> date:
        """The latest day of this name, today included unless `before`."""
        today = self._now.date()
        back = (today.weekday() - number) % 7
        return today - timedelta(days=back if back or not before else 7)

    def _note(self, what: str, span: Span) -> None:
        if span.since and span.until:
            self._notes.append(f"{what}: {span.since:%H:%M} to {span.until:%H:%M}")
