"""Silences in the state database, and the notices and alerts that they hold back."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from vedette.model.query import Node
from vedette.model.silence import Silence
from vedette.model.stored import SilenceQuery
from vedette.store import alert_questions, alerts, outbox, tables
from vedette.store.commit import next_sequence
from vedette.store.tables import indexed, micros, moment

_SOME: Final = 500
"""Notices that are looked at together at most."""

_t = tables.silences


def add(connection: sa.Connection, query: str, since: datetime, until: datetime, who: str, why: str, now: datetime) -> Silence:
    """See Store.add_silence."""
    row = {
        "query": query.replace("\0", ""), "since": micros(since), "until": micros(until), "who": indexed(who),
        "why": indexed(why, alerts.TEXT_LONGEST), "at": micros(now), "held": 0,
    }  # fmt: skip
    number = connection.execute(sa.insert(_t).values(**row).returning(_t.c.id)).scalar_one()
    return _silence(connection.execute(sa.select(_t).where(_t.c.id == number)).one())


def found(connection: sa.Connection, query: SilenceQuery) -> list[Silence]:
    """See Store.silences."""
    select = sa.select(_t).order_by(_t.c.id.desc()).limit(query.limit)
    if query.id is not None:
        select = select.where(_t.c.id == query.id)
    if query.after is not None:
        select = select.where(_t.c.id < query.after)
    if query.active is not None:
        select = select.where(_t.c.since <= micros(query.active))
    lasting = max(filter(None, (query.active, query.lasting)), default=None)
    if lasting is not None:
        select = select.where(_t.c.until > micros(lasting))
    return [_silence(row) for row in connection.execute(select)]


def move(connection: sa.Connection, number: int, until: datetime, who: str, now: datetime) -> Silence | None:
    """See Store.move_silence."""
    lasting = sa.update(_t).where(_t.c.id == number, _t.c.until > micros(now))
    if connection.execute(lasting.values(until=micros(until), moved_by=indexed(who))).rowcount != 1:
        return None
    return _silence(connection.execute(sa.select(_t).where(_t.c.id == number)).one())


def hold(connection: sa.Connection, now: datetime, limit: int, silences: Mapping[int, Node]) -> None:
    """Take due notices whose alerts are silenced out of the queue, until its first `limit` are none, and mark the alerts."""
    t = tables.outbox
    held: Counter[int] = Counter()
    marked: dict[int, set[str]] = defaultdict(set)
    free: set[str] = set()
    size = limit
    while True:
        due = connection.execute(outbox.due(now).limit(len(free) + size)).all()
        about = {row.key: msgspec.json.decode(row.payload, type=_About).alert for row in due if row.key not in free}
        by = alert_questions.found_by(connection, {alert for alert in about.values() if alert}, silences)
        keys = {key: by[alert] for key, alert in about.items() if alert in by}
        if keys:
            change = sa.update(t).where(t.c.key == sa.bindparam("it")).values(state="silenced", changed_at=micros(now))
            connection.execute(change, [{"it": key} for key in keys])
        held.update(keys.values())
        for alert, number in by.items():
            marked[number].add(alert)
        free.update(about.keys() - keys.keys())
        if len(about) < size or len(free) >= limit:
            break
        size = min(2 * size, _SOME)  # when few are left, what is looked at is few; a flood that is silenced goes in large steps
    for number, more in held.items():
        connection.execute(sa.update(_t).where(_t.c.id == number).values(held=_t.c.held + more))
        alerts.silence(connection, marked[number], number, next_sequence(connection))


def forget(connection: sa.Connection, cutoff: int) -> None:
    """Remove those that were over before `cutoff`."""
    connection.execute(sa.delete(_t).where(_t.c.until < cutoff))


class _About(msgspec.Struct):
    """What of a notice tells which alert it is about."""

    alert: str | None = msgspec.field(name="alert.id", default=None)


def _silence(row: sa.Row[Any]) -> Silence:
    return Silence(
        id=row.id, query=row.query, since=moment(row.since), until=moment(row.until), who=row.who, why=row.why, at=moment(row.at),
        moved_by=row.moved_by, held=row.held,
    )  # fmt: skip
