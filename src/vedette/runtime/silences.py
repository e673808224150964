"""Silences as people make them, and as the outbox is asked with them.

A silence is asked when a notice is due, not when the alert is made: it also holds back what waits for another try, and
what it says of state, assignee or incident is true at that time. What cannot be understood silences nothing.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from vedette.model.errors import VedetteError
from vedette.model.incident import Incident
from vedette.model.ports import Store
from vedette.model.query import EVERYTHING, Node
from vedette.model.silence import Silence, SilenceConflict, SilenceError
from vedette.model.stored import AlertQuery, IncidentQuery, SilenceQuery
from vedette.model.triage import Triaged
from vedette.search import ALERTS, read

LONGEST: Final = timedelta(days=366)
MOST: Final = 200
"""Silences that are not over; each is asked about every notice."""
LOOKED_BACK: Final = timedelta(days=7)
"""From now, or from the newest event."""
SHOWN: Final = 20
"""Alerts and incidents that a look names; all are counted."""


class Look(NamedTuple):
    """What a silence would be about, if it were active now.

    Attributes:
        since: of alerts that were looked at.
        total: alerts that it finds, `shown` the newest of them.
        incidents: open ones of those alerts that are shown.
    """

    since: datetime
    total: int
    shown: list[Triaged]
    incidents: list[Incident]


def make(store: Store, query: str, since: datetime | None, until: datetime, now: datetime, *, who: str, why: str) -> Silence:
    """Keep a silence.

    Args:
        since: None: from now on.

    Raises:
        SilenceError: it would never be active, too long, or without reason.
        SilenceConflict: there are too many.
        QueryError: the query means nothing.
    """
    begin = now if since is None else since
    meant(query, now)
    if not who.strip() or not why.strip():
        raise SilenceError("a silence needs a person and a reason", fix="say who and why")
    _ends(begin, until, now)
    if len(store.silences(SilenceQuery(lasting=now, limit=MOST))) >= MOST:
        raise SilenceConflict(f"there are {MOST} silences that are not over", fix="end some; one query can name many rules")
    return store.add_silence(query.strip(), begin, until, now, who=who.strip(), why=why.strip())


def move(store: Store, number: int, until: datetime | None, now: datetime, *, who: str) -> Silence:
    """Let a silence end at another time (None: now).

    Raises:
        SilenceError: there is none of this id, or it cannot end then.
        SilenceConflict: it is over.
    """
    before = one(store, number)
    if before.state(now) == "expired":
        raise SilenceConflict("this silence is over", where=str(number), fix="make another")
    if until is not None:
        _ends(before.since, until, now)
    after = store.move_silence(number, until or now, now, who=who)
    if after is None:
        raise SilenceConflict("this silence is over", where=str(number), fix="make another")
    return after


def one(store: Store, number: int) -> Silence:
    """The silence of this id.

    Raises:
        SilenceError: there is none.
    """
    found = store.silences(SilenceQuery(id=number))
    if not found:
        raise SilenceError("no such silence", where=str(number), fix="vedette silence --all lists them")
    return found[0]


def look(store: Store, query: str, now: datetime) -> Look:
    """What it would find among the alerts of the last days.

    Raises:
        SilenceError, QueryError: as `make`.
    """
    where = meant(query, now)
    since = min(now, store.status().newest or now) - LOOKED_BACK  # of a recording, its own last days
    found = AlertQuery(where=where, since=since, limit=SHOWN)
    shown = store.triaged(found)
    ids = tuple(dict.fromkeys(each.incident for each in shown if each.incident))
    open_ones = IncidentQuery(states=("new", "acknowledged", "in-progress"), ids=ids, order="-score", limit=SHOWN)
    return Look(since, store.count_alerts(found), shown, store.incidents(open_ones) if ids else [])


def active(store: Store, now: datetime) -> dict[int, Node]:
    """Which alerts are silenced now, by the id of the silence."""
    found: dict[int, Node] = {}
    for each in store.silences(SilenceQuery(active=now, limit=None)):
        with suppress(VedetteError):
            found[each.id] = meant(each.query, now)
    return found


def fault(silence: Silence, now: datetime) -> str:
    """Why it silences nothing, or "": a field that it names may be gone with another version."""
    try:
        meant(silence.query, now)
    except VedetteError as error:
        return error.what
    return ""


def meant(query: str, now: datetime) -> Node:
    """Which alerts it silences.

    Raises:
        SilenceError: all of them.
        QueryError: it means nothing.
    """
    where = _read(query, now.replace(microsecond=0))
    if where == EVERYTHING:
        fix = "say which alerts: a rule, an address, a host; rule.level >= low is all but the informational"
        raise SilenceError("this would silence everything", fix=fix)
    return where


@lru_cache(maxsize=2 * MOST)  # notices are handed out hundreds of times a second
def _read(query: str, now: datetime) -> Node:
    return read(query, ALERTS, now)


def _ends(since: datetime, until: datetime, now: datetime) -> None:
    if until <= now or until <= since:
        raise SilenceError("it would be over before it begins", fix="name an end that is to come, and after the begin")
    if until - since > LONGEST or since > now + LONGEST:
        what = f"a silence lasts at most {LONGEST.days} days, and begins within as many"
        raise SilenceError(what, fix="silence for less, and look again then")
