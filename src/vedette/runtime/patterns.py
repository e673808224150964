"""What recurs among what is kept: counts by day of the values of a field, and what they lead to expect."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from vedette.detect.anomaly import recurring
from vedette.model.errors import VedetteError
from vedette.model.pattern import Pattern, Patterns, Seen
from vedette.model.ports import Store
from vedette.model.query import EVERYTHING, All, Any, Node, QueryError, Schema, Summary, Test, demands
from vedette.model.stored import AlertQuery, EventQuery
from vedette.runtime.answers import SCHEMAS
from vedette.search import expression

DAY: Final = timedelta(days=1)
DAYS: Final = (8, 90)
"""Fewest and most whole days that may be looked at."""
AHEAD: Final = (1, 14)
SHOWN: Final = (1, 200)
RARE_DAYS: Final = 2
BEFORE: Final = 3
"""Whole days before the last one without which nothing is called new or rare."""
BY: Final = {"alerts": "rule.name", "events": "event.action"}
"""The field that is counted by when none is named."""

About = Literal["events", "alerts"]


class Asked(NamedTuple):
    """What is looked at: `days` whole days before `now`, as `zone` counts them, and of each list the first `most`."""

    about: About
    by: str
    now: datetime
    zone: str = "UTC"
    days: int = 28
    where: Node = EVERYTHING
    most: int = 20
    ahead: int = 3


def ended(newest: datetime | None, now: datetime, days: int, zone: str) -> datetime:
    """Now; of a recording, whose newest event is older than all these days, the end of its last day: that one is whole."""
    if newest is None or newest >= now - days * DAY:
        return now
    last = newest.astimezone(ZoneInfo(zone)).date() + DAY
    return _midnight(last, zone)


def patterns(store: Store, asked: Asked) -> Patterns:
    """Look.

    Raises:
        VedetteError: the field cannot be counted by, or has too many values.
    """
    _check(asked)
    today = asked.now.astimezone(ZoneInfo(asked.zone)).date()
    begin = today - asked.days * DAY
    counts = _counts(store, asked, begin, DAY, asked.where)
    by_day: dict[date, int] = {}
    by_value: dict[str, dict[date, int]] = {}
    for at, value, count in counts.iter_rows():
        day = at.astimezone(ZoneInfo(asked.zone)).date()
        by_day[day] = by_day.get(day, 0) + count
        by_value.setdefault(str(value), {})[day] = count
    since = max(begin, min(by_day, default=today))
    history = (today - since).days
    new, rare, often = [], [], []
    for value, days in by_value.items():
        seen = Seen(value=value, count=sum(days.values()), first=min(days), last=max(days))
        if history > BEFORE and seen.first >= today - DAY:
            new.append(seen)
        elif history > BEFORE and len(days) <= RARE_DAYS and seen.count <= 2 * len(days):
            rare.append(seen)
        else:
            often.append(seen)
    for seens in (new, often):
        seens.sort(key=lambda each: (-each.count, each.value))
    rare.sort(key=lambda each: (-each.last.toordinal(), each.value))
    shown = [each.value for each in often[: asked.most]]
    hours = _hours(store, asked, begin, shown)
    span = (since, today, asked.ahead)
    return Patterns(
        about=asked.about,
        by=asked.by,
        since=since,
        until=today - DAY,
        history=history,
        all=_pattern(None, by_day, {}, *span),
        recurring=tuple(_pattern(value, by_value[value], hours.get(value, {}), *span) for value in shown),
        new=tuple(new[: asked.most]),
        rare=tuple(rare[: asked.most]),
    )


def _check(asked: Asked) -> None:
    schema: Schema = SCHEMAS[asked.about]
    kind = schema.fields.get(asked.by, pl.String() if schema.open else None)
    if kind is None or kind in (pl.Datetime, pl.Float64):
        raise QueryError(f"{asked.about} are not counted by {asked.by}", 1, "name a field that has words, addresses or numbers")
    for what, number, (least, most) in (("days", asked.days, DAYS), ("days ahead", asked.ahead, AHEAD), ("values", asked.most, SHOWN)):
        if not least <= number <= most:
            raise VedetteError(f"{number} {what} cannot be told", fix=f"from {least} to {most}")


def _counts(store: Store, asked: Asked, begin: date, every: timedelta, where: Node) -> pl.DataFrame:
    """Columns begin, the field, value."""
    since = _midnight(begin, asked.zone)
    node = All((where, Test("@timestamp", ">=", since), Test("@timestamp", "<", asked.now)))
    query: EventQuery | AlertQuery = AlertQuery(where=node)
    if asked.about == "events":
        query = EventQuery(since=since, until=asked.now, where=expression(where), demands=demands(where))
    return store.summarise(query, Summary(by=(asked.by,), every=every), asked.zone).frame


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _hours(store: Store, asked: Asked, begin: date, values: list[str]) -> dict[str, dict[int, int]]:
    """By value: how much in each hour of the day."""
    if not values:
        return {}
    known = SCHEMAS[asked.about].fields.get(asked.by, pl.String())
    tests = Any(tuple(Test(asked.by, "is", int(value) if known.is_integer() else value) for value in values))
    found: dict[str, dict[int, int]] = {}
    for at, value, count in _counts(store, asked, begin, timedelta(hours=1), All((asked.where, tests))).iter_rows():
        hours = found.setdefault(str(value), {})
        hour = at.astimezone(ZoneInfo(asked.zone)).hour
        hours[hour] = hours.get(hour, 0) + count
    return found


def _pattern(
    value: str | None, days: Mapping[date, int], hours: Mapping[int, int], since: date, today: date, ahead: int
) -> Pattern:
    counts = [days.get(since + n * DAY, 0) for n in range((today - since).days)]
    return Pattern(
        value=value,
        count=sum(counts),
        today=days.get(today, 0),
        days=sum(map(bool, counts)),
        per_day=tuple(counts),
        hours=recurring.hours(hours),
        weekdays=recurring.weekdays(counts, since),
        course=recurring.course(counts, since, ahead),
    )
