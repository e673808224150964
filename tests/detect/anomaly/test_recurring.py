"""Courses of counts by day: that what is foretold comes true, and that chance is not called a trend."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vedette.detect.anomaly import recurring
from vedette.detect.anomaly.recurring import course

BEGIN = date(2026, 1, 5)  # a Monday
AHEAD = 3


def poisson(rng: random.Random, mean: float) -> int:
    """For small means by the gaps between events, else close to it."""
    if mean > 200:
        return max(0, round(rng.gauss(mean, mean**0.5)))
    at, number = rng.expovariate(1), 0
    while at < mean:
        at, number = at + rng.expovariate(1), number + 1
    return number


KINDS = {
    "few": lambda _day: 3,
    "many": lambda _day: 5000,
    "rising": lambda day: 10 + 2 * day,
    "falling": lambda day: 100 - 1.5 * day,
    "working days": lambda day: 100 if day % 7 < 5 else 20,
    "one bad day": lambda day: 2000 if day == 13 else 20,
    "seldom": lambda _day: 0.2,
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_foretold_comes_in_four_days_of_five(kind) -> None:
    rng = random.Random(kind)
    true = trends = 0
    rounds = 150
    for _ in range(rounds):
        counts = [poisson(rng, KINDS[kind](day)) for day in range(28 + AHEAD)]
        told = course(counts[:28], BEGIN, AHEAD)
        assert [each.day for each in told.forecast] == [BEGIN + timedelta(days=28 + n) for n in range(AHEAD)]
        assert all(0 <= each.low <= each.count <= each.high or kind == "seldom" for each in told.forecast)
        true += sum(each.low <= count <= each.high for each, count in zip(told.forecast, counts[28:], strict=True))
        trends += told.trend == (kind if kind in ("rising", "falling") else "steady")
        assert told.weekly or kind != "working days"
        assert told.last == "usual"
    assert 0.7 <= true / (rounds * AHEAD) <= 0.99
    assert trends >= 0.95 * rounds


def test_a_day_that_is_out_of_line_is_told_and_is_not_the_forecast_of_the_next() -> None:
    rng = random.Random(4)
    days = [poisson(rng, 50) for _ in range(27)]
    usual = course([*days, 50], BEGIN).forecast[0]
    for last, said in ((0, "less"), (20, "less"), (50, "usual"), (95, "more"), (100_000, "more")):
        told = course([*days, last], BEGIN)
        assert told.last == said
        assert abs(told.forecast[0].count - usual.count) < 3


def test_what_was_so_a_week_ago_is_usual() -> None:
    """Two weeks are too few to tell that weekends differ, but not to see that the last one was like this."""
    weeks = [100, 101, 99, 100, 98, 10, 11] * 2
    assert course(weeks, BEGIN).last == "usual"
    assert course([*weeks[:-1], 100], BEGIN).last == "usual"
    assert course([*weeks, 12], BEGIN).last == "less"


def test_too_few_days_tell_nothing() -> None:
    assert course([5] * 7, BEGIN) == course([], BEGIN) == course([0] * 30, BEGIN) == recurring.UNKNOWN
    assert course([5] * 8, BEGIN).last == "unknown"
    assert course([5] * 8, BEGIN).trend == "steady"
    assert course([0] * 27 + [1], BEGIN).last == "usual"
    assert course([0] * 27 + [40], BEGIN).last == "more"


@given(st.lists(st.integers(0, 10**9), min_size=8, max_size=90))
def test_any_counts_have_a_course(counts: list[int]) -> None:
    told = course(counts, BEGIN)
    assert all(0 <= each.low <= each.high for each in told.forecast)


SERIES = st.lists(st.integers(0, 30), min_size=8, max_size=60)


@given(SERIES)
def test_tests_are_the_known_ones(series: list[int]) -> None:
    days = range(len(series))
    slope = recurring.sen([float(each) for each in series])
    assert slope == pytest.approx(stats.theilslopes(series, days).slope)
    if len(set(series)) > 1:
        groups = [[each for n, each in enumerate(series) if n % 7 == day] for day in range(7)]
        assert recurring.kruskal(series, [n % 7 for n in days]) == pytest.approx(stats.kruskal(*groups).statistic)
        tau = stats.kendalltau(days, series, variant="c", method="asymptotic")
        # Ours corrects for continuity; both agree on the sign, and nearly on how sure it is.
        sure = stats.norm.isf(tau.pvalue / 2) if tau.pvalue else 40
        assert abs(abs(recurring.kendall(series)) - sure) < 0.4
        assert recurring.kendall(series) * tau.statistic >= 0


def test_hours_that_hold_nearly_all_of_it() -> None:
    assert recurring.hours({3: 90, 12: 10}) == (3, 4)
    assert recurring.hours({23: 50, 0: 45, 12: 5}) == (23, 1)
    assert recurring.hours({23: 100}) == (23, 0)
    assert recurring.hours(dict.fromkeys(range(24), 1)) is None
    assert recurring.hours({}) is None


def test_days_of_the_week_that_it_keeps_to() -> None:
    sundays = [0, 0, 0, 0, 0, 0, 4]
    assert recurring.weekdays(sundays * 3, BEGIN) == (6,)
    assert recurring.weekdays(sundays * 2, BEGIN) == ()
    assert recurring.weekdays([1, 0, 0, 2, 0, 0, 0] * 4, BEGIN + timedelta(days=2)) == (2, 5)
    assert recurring.weekdays([*sundays * 3, 1], BEGIN) == ()
    assert recurring.weekdays([0] * 30, BEGIN) == ()
