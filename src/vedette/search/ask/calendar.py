"""Days, weeks and months of a zone: naive arithmetic on its calendar, and moments in UTC. All ranges are half open."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

UNITS: Final = {
    "s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}  # fmt: skip
DAY: Final = timedelta(days=1)
CALENDAR: Final = "dwMQy"
"""Units that begin at midnight: day, week, month, quarter, year."""


class Span(NamedTuple):
    """From `since` to `until`, local and without a zone; None is open. `exact`: a moment or a rolling time, no calendar;
    `part`: a part of a day, such as last night, in which a time of day is one that lies in it."""

    since: datetime | None
    until: datetime | None
    exact: bool = False
    part: bool = False


class Clock(NamedTuple):
    """A time of day: minutes since midnight. `half`: whether it was said which half of the day."""

    since: int | None
    until: int | None
    half: bool = False


def midnight(day: date) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time())


def days(first: date, number: int = 1) -> Span:
    """Whole days."""
    return Span(midnight(first), midnight(first + timedelta(days=number)))


def period(now: datetime, unit: str, back: int = 0) -> Span:
    """The hour, day, week, month or year that was `back` before this one."""
    if unit in ("s", "m", "h"):
        begin = now.replace(second=0, microsecond=0)
        begin = begin if unit == "m" else begin.replace(minute=0)
        return Span(begin - back * UNITS[unit], begin - (back - 1) * UNITS[unit])
    today = now.date()
    if unit == "d":
        return days(today - timedelta(days=back))
    if unit == "w":
        return days(today - timedelta(days=today.weekday() + 7 * back), 7)
    if unit == "M":
        return month(*_months(today.year, today.month, -back))
    if unit == "Q":
        first = _months(today.year, today.month - (today.month - 1) % 3, -3 * back)
        return Span(midnight(date(*first, 1)), midnight(date(*_months(*first, 3), 1)))
    return year(today.year - back)


def month(year: int, number: int) -> Span:
    """A month of a year."""
    return Span(midnight(date(year, number, 1)), midnight(date(*_months(year, number, 1), 1)))


def year(number: int) -> Span:
    """A whole year."""
    return Span(midnight(date(number, 1, 1)), midnight(date(number + 1, 1, 1)))


def shifted(at: datetime, unit: str, number: int) -> datetime:
    """So many units later; the last day of a shorter month."""
    if unit in UNITS:
        return at + number * UNITS[unit]
    year, number = _months(at.year, at.month, number * {"y": 12, "Q": 3}.get(unit, 1))
    last = (date(*_months(year, number, 1), 1) - DAY).day
    return at.replace(year=year, month=number, day=min(at.day, last))


def _months(year: int, number: int, later: int) -> tuple[int, int]:
    years, left = divmod(year * 12 + number - 1 + later, 12)
    return years, left + 1


def placed(part: Span, clock: Clock) -> Span | None:
    """The time of day that lies in a part of a day: 9 of last night is 21:00, 2 of this morning 02:00. None: none does."""
    if part.since is None or part.until is None:
        return None
    day = midnight(part.since.date())
    begins, ends = (part.since - day) // UNITS["m"], (part.until - day) // UNITS["m"]
    first = 0 if begins < 720 else begins - 120
    shifts = (0, 1440) if clock.half else (0, 720, 1440)
    low, high = begins if clock.until is None else first, ends
    if clock.since is not None:
        lows = [clock.since + shift for shift in shifts if first <= clock.since + shift < ends]
        if not lows:
            return None
        low = lows[0]
    elif first:
        low = begins
    if clock.until is not None:
        highs = [clock.until + shift for shift in shifts if low < clock.until + shift <= ends + 60]
        if not highs:
            return None
        high = highs[0]
    return Span(day + low * UNITS["m"], day + high * UNITS["m"], exact=True)


def moment(local: datetime, zone: tzinfo) -> datetime:
    """In UTC."""
    return local.replace(tzinfo=zone).astimezone(UTC)
