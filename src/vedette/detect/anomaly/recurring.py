"""What counts by day lead to expect: trend, days of the week, the next days.

Every step is one that outliers cannot turn: an attack of one day must not be the forecast of the next. The trend is
Mann and Kendall's test (Kendall, Rank Correlation Methods, 1975) with Sen's slope (J. Am. Stat. Assoc. 63, 1968), days of
the week differ by Kruskal and Wallis' (J. Am. Stat. Assoc. 47, 1952). Counts are compared on the scale 2*sqrt(n + 3/8), on
which chance spreads them by about 1 whatever their size (Anscombe, Biometrika 35, 1948).
Misses: what repeats by the month, holidays. Wrong on: a level that changed within the last week, which it calls a trend.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations
from statistics import fmean, median
from typing import Final

from vedette.model.pattern import Course, Expected, Last, Trend

UNKNOWN: Final = Course(trend="unknown", slope=0.0, weekly=False, last="unknown", forecast=())
LEAST: Final = 8
"""Days without which nothing is expected."""
WEEKS: Final = 21
"""Days without which days of the week are not told apart."""
RECENT: Final = 28
"""Days from which trend and level are taken."""
FORETOLD: Final = 1.2816
"""Four fifths of a normal distribution lie within so many deviations: of what is foretold."""
STRANGE: Final = 3.5
"""Deviations beyond which a day was not as expected: one of two thousand by chance, since many are looked at."""
_ALIKE: Final = 2.5
"""Two counts that are no farther apart than this, on that scale, are the same but for chance."""
_SURE: Final = 2.576
"""The trend is one that chance makes in one series of a hundred: many are looked at side by side."""
_SURE_OF_WEEK: Final = 12.592
"""Days of the week differ as chance makes them in one of twenty (chi-squared, 6 degrees of freedom): little is lost where it is wrong."""


def course(counts: Sequence[int], begin: date, ahead: int = 3) -> Course:
    """What the days tell.

    Args:
        counts: one for each whole day from `begin` on, 0 where there was none.
        ahead: days after them that are foretold.
    """
    if len(counts) < LEAST or not any(counts):
        return UNKNOWN
    known = _Known(counts, begin)
    after = [begin + timedelta(days=len(counts) + n) for n in range(ahead)]
    return Course(
        trend=known.trend,
        slope=round(known.slope, 2),
        weekly=known.weekly,
        last=_last(counts, begin),
        forecast=tuple(map(known.expected, after)),
    )


def _last(counts: Sequence[int], begin: date) -> Last:
    """The last day, as one would have seen it the day before. What was so a week ago is usual, too."""
    if len(counts) <= LEAST:
        return "unknown"
    now, week_ago = counts[-1], counts[-8]
    due = _Known(counts[:-1], begin).expected(begin + timedelta(days=len(counts) - 1), STRANGE)
    if due.low <= now <= due.high or abs(_scaled(now) - _scaled(week_ago)) <= _ALIKE:
        return "usual"
    return "more" if now > due.high else "less"


class _Known:
    """What was learned of some days."""

    def __init__(self, counts: Sequence[int], begin: date) -> None:
        self._counts, self._begin = counts, begin
        # Few and far between: medians would be 0 and mean nothing.
        self._sparse = median(counts) == 0
        days = [(begin.weekday() + n) % 7 for n in range(len(counts))]
        scaled = [_scaled(n) for n in counts]
        steep = sen(scaled)
        straight = [y - steep * n for n, y in enumerate(scaled)]
        self.weekly = len(counts) >= WEEKS and kruskal(straight, days) > _SURE_OF_WEEK
        self._bias = dict.fromkeys(range(7), 0.0)
        if self.weekly:
            middle = median(straight)
            self._bias = {
                day: median([y for y, at in zip(straight, days, strict=True) if at == day]) - middle
                for day in self._bias
            }
        level = [y - self._bias[day] for y, day in zip(scaled, days, strict=True)][-RECENT:]
        surely = kendall(level)
        self.trend: Trend = "steady" if abs(surely) <= _SURE else "rising" if surely > 0 else "falling"
        self.slope = 0.0 if self.trend == "steady" else sen(counts[-RECENT:])
        self._slope = 0.0 if self.trend == "steady" else sen(level)
        flat = [y + self._slope * (len(level) - n) for n, y in enumerate(level)]
        self._level = median(flat)
        # With few days what is usual is itself known only roughly.
        self._spread = max(1.0, 1.4826 * median([abs(y - self._level) for y in flat])) * math.sqrt(1 + 2 / len(flat))

    def expected(self, day: date, deviations: float = FORETOLD) -> Expected:
        """What a day brings; `low` and `high` so many deviations away."""
        if self._sparse:
            recent = sorted(self._counts[-RECENT:])
            most = recent[math.ceil(0.9 * len(recent)) - 1] if deviations == FORETOLD else 2 * recent[-1] + 3
            return Expected(day=day, count=round(fmean(recent), 1), low=0, high=most)
        after = (day - self._begin).days - len(self._counts)
        middle = self._level + self._slope * after + self._bias[day.weekday()]
        off = deviations * self._spread
        low, count, high = (max(0.0, (max(y, 0.0) / 2) ** 2 - 0.375) for y in (middle - off, middle, middle + off))
        return Expected(day=day, count=round(count, 1), low=math.floor(low), high=math.ceil(high))


def _scaled(count: int) -> float:
    return 2 * math.sqrt(count + 0.375)


def sen(series: Sequence[float]) -> float:
    """The median of the slopes between any two days."""
    return median([(b - a) / (m - n) for (n, a), (m, b) in combinations(enumerate(series), 2)])


def kendall(series: Sequence[float]) -> float:
    """How many deviations the number of rises less that of falls, between any two days, is off what chance makes; ties count."""
    size = len(series)
    up = sum((b > a) - (b < a) for a, b in combinations(series, 2))
    ties = [series.count(value) for value in set(series)]
    variance = (size * (size - 1) * (2 * size + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    return 0.0 if variance <= 0 or not up else (up - math.copysign(1, up)) / math.sqrt(variance)


def kruskal(series: Sequence[float], groups: Sequence[int]) -> float:
    """The statistic H, corrected for ties: how much the groups differ by the ranks of what is in them."""
    size = len(series)
    ordered = sorted(series)
    # Equal ones share the mean of their ranks.
    first = {value: at for at, value in reversed(list(enumerate(ordered, 1)))}
    many = {value: ordered.count(value) for value in first}
    ranks = [first[value] + (many[value] - 1) / 2 for value in series]
    by: dict[int, list[float]] = {}
    for rank, group in zip(ranks, groups, strict=True):
        by.setdefault(group, []).append(rank)
    between = 12 / (size * (size + 1)) * sum(sum(some) ** 2 / len(some) for some in by.values()) - 3 * (size + 1)
    alike = 1 - sum(t**3 - t for t in many.values()) / (size**3 - size)
    return between / alike if alike > 0 else 0.0


def hours(by_hour: Mapping[int, int], *, share: float = 0.9, most: int = 8) -> tuple[int, int] | None:
    """The shortest run of hours of the day, [from, until), that holds a share of it; None where it takes more than `most`."""
    whole = sum(by_hour.values())
    for length in range(1, most + 1):
        runs = [(sum(by_hour.get((at + n) % 24, 0) for n in range(length)), -at) for at in range(24)]
        held, at = max(runs)
        if whole and held >= share * whole:
            return -at, (-at + length) % 24
    return None


def weekdays(counts: Sequence[int], begin: date) -> tuple[int, ...]:
    """The one or two days of the week to which it keeps, if each came at least three times and nothing came on others."""
    seen: dict[int, int] = {}
    for number, count in enumerate(counts):
        if count:
            day = (begin.weekday() + number) % 7
            seen[day] = seen.get(day, 0) + 1
    return tuple(sorted(seen)) if len(seen) <= 2 and seen and min(seen.values()) >= 3 else ()
