"""How commonly entities are in alerts: what is in them all the time, or stands for many, is worth less as a link."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Final

from vedette.incidents.grouping import Grouping, is_private
from vedette.incidents.state import Habit

HABITS_KEPT: Final = 50_000
HABIT_DAYS: Final = 14


def common(
    habits: Mapping[str, Habit], named: Mapping[str, float], at: datetime, settings: Grouping
) -> tuple[dict[str, float], dict[str, Habit]]:
    """What the entities are worth now, and the habits that are new or different."""
    day = at.toordinal()
    partners: list[str] = []
    worths, news = {}, {}
    for key, worth in named.items():
        old = habits.get(key)
        private = key.startswith("ip:") and is_private(key[3:])
        if old is not None and old.day == day and not private and not old.partners:
            worths[key] = min(worth, 0.5) if old.days >= settings.habitual_days else worth
            continue
        if old is None or day - old.day > HABIT_DAYS:
            old = Habit(day=day, days=0, partners=[])
        known = old.partners if old.day == day else []
        if private:
            partners = partners or [key for key in named if key.startswith(("user:", "host:"))]
            known = list(dict.fromkeys([*known, *partners]))[: settings.fan_out + 1]
        days = old.days + 1 if old.days == 0 or day > old.day else old.days
        if days != old.days or known != old.partners:
            news[key] = Habit(day=max(day, old.day), days=days, partners=known)
        often = days >= settings.habitual_days or len(known) > settings.fan_out
        worths[key] = min(worth, 0.5) if often else worth
    return worths, news


def learn(habits: dict[str, Habit], news: Mapping[str, Habit]) -> None:
    """The habits brought up to date; the oldest are forgotten where there are too many."""
    for key, habit in news.items():
        habits.pop(key, None)
        habits[key] = habit
    if len(habits) > HABITS_KEPT:
        # Several at a time: to find the oldest is slow where many before it have left.
        for oldest in list(islice(habits, HABITS_KEPT // 100)):
            del habits[oldest]
