"""Patterns: what comes again and again, as counts by day tell it. The JSON form is a public contract.

{"about": "alerts", "by": "rule.name", "since": "2026-11-02", "until": "2026-11-29", "history": 28,
 "all": <Pattern of all together>, "recurring": [<Pattern>], "new": [<Seen>], "rare": [<Seen>]}
"""

from datetime import date
from typing import Literal

import msgspec

Trend = Literal["rising", "falling", "steady", "unknown"]
Last = Literal["more", "less", "usual", "unknown"]


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a day is expected to bring: in four of five days no fewer than `low` and no more than `high`."""

    day: date
    count: float
    low: int
    high: int


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What days in a row tell.

    Attributes:
        trend: unknown where the days are too few.
        slope: how many more it is each day; 0 where it is steady or unknown.
        weekly: whether days of the week differ.
        last: the last whole day against what the days before it had led to expect.
        forecast: the days after the last whole one, so today first; empty where the days are too few.
    """

    trend: Trend
    slope: float
    weekly: bool
    last: Last
    forecast: tuple[Expected, ...]


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """One value and its days.

    Attributes:
        value: None for all together.
        count: on whole days; `today`: since today began.
        days: in which there was any, of the whole ones.
        per_day: one number for each whole day from `Patterns.since` to `Patterns.until`.
        hours: of the day, [from, until), in which nine of ten fall; None where they are spread over more than a third of it.
        weekdays: the only ones on which it came, 0 for Monday; empty where it keeps to none.
    """

    value: str | None
    count: int
    today: int
    days: int
    per_day: tuple[int, ...]
    hours: tuple[int, int] | None
    weekdays: tuple[int, ...]
    course: Course


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A value that does not come again and again: how often, and on which days first and last."""

    value: str
    count: int
    first: date
    last: date


class Patterns(msgspec.Struct, frozen=True, kw_only=True):
    """What recurs among events or alerts, by one field.

    Attributes:
        since, until: the first and the last whole day that was looked at.
        history: whole days from the first one on which there was anything. What is called new needs some of it.
        recurring: the most frequent first.
        new: first seen today or on the last whole day, the most frequent first.
        rare: seen on one day or two, at most twice a day, and not new; the latest first.
    """

    about: Literal["events", "alerts"]
    by: str
    since: date
    until: date
    history: int
    all: Pattern
    recurring: tuple[Pattern, ...]
    new: tuple[Seen, ...]
    rare: tuple[Seen, ...]
