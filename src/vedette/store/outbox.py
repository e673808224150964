"""Outbox: what has to be delivered, with the state of each delivery. When to try again is the caller's to say."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from vedette.model.stored import ChannelStatus, Delivery, Notice
from vedette.store import tables
from vedette.store.database import upsert
from vedette.store.tables import micros, moment

ERROR_KEPT = 500
_SILENCED = tables.outbox.c.state == "silenced"


def queue(connection: sa.Connection, notices: Sequence[Notice], at: int) -> None:
    """To be delivered, unless it was before. What was held back by a silence is due again: it goes on after it, or has
    another silence."""
    t = tables.outbox
    rows = [
        {
            "key": notice.key,
            "channel": notice.channel,
            "payload": msgspec.json.encode(notice.payload).decode(),
            "state": "pending",
            "attempts": 0,
            "due": at,
            "queued_at": at,
            "changed_at": at,
        }
        for notice in notices
    ]
    if rows:
        again = ("payload", "state", "attempts", "due", "error", "queued_at", "changed_at")
        connection.execute(upsert(t, again, _SILENCED), rows)


def due(now: datetime) -> sa.Select[Any]:
    """Notices that are due, in order."""
    t = tables.outbox
    pending = sa.select(t).where(t.c.state == "pending", t.c.due <= micros(now))
    return pending.order_by(t.c.due, t.c.queued_at, t.c.key)


def claim(connection: sa.Connection, now: datetime, lease: timedelta, limit: int) -> list[Delivery]:
    """Due notices, oldest first. The lease moves their due time on: when the process dies before it reports, they
    come up again then, which is what makes delivery at-least-once."""
    t = tables.outbox
    rows = connection.execute(due(now).limit(limit)).all()
    for row in rows:
        connection.execute(sa.update(t).where(t.c.key == row.key).values(due=micros(now + lease)))
    return [_delivery(row) for row in rows]


def delivered(connection: sa.Connection, key: str, now: datetime) -> None:
    """It arrived. Once dead or delivered, a notice stays so."""
    _finish(connection, key, {"state": "delivered", "error": None}, now)


def failed(connection: sa.Connection, key: str, error: str, retry_at: datetime | None, now: datetime) -> None:
    """Pending again at `retry_at`; dead without."""
    values: dict[str, object] = {"error": error[:ERROR_KEPT].replace("\0", "\\x00")}
    values |= {"state": "dead"} if retry_at is None else {"due": micros(retry_at)}
    _finish(connection, key, values, now)


def dead(connection: sa.Connection, limit: int) -> list[tuple[Delivery, str]]:
    """Given up, latest first, with the last error."""
    t = tables.outbox
    query = sa.select(t).where(t.c.state == "dead").order_by(t.c.changed_at.desc(), t.c.key).limit(limit)
    return [(_delivery(row), row.error or "") for row in connection.execute(query)]


def channels(connection: sa.Connection) -> dict[str, ChannelStatus]:
    """How deliveries stand, by channel. The last error is of what is not delivered."""
    t = tables.outbox
    found: dict[str, ChannelStatus] = {}
    counted = sa.select(t.c.channel, t.c.state, sa.func.count(), sa.func.max(t.c.changed_at)).group_by(t.c.channel, t.c.state)
    for channel, state, number, changed in connection.execute(counted):
        before = found.get(channel, ChannelStatus({}, None, ""))
        last = moment(changed) if state == "delivered" else before.last
        found[channel] = ChannelStatus({**before.deliveries, state: number}, last, "")
    for channel, each in found.items():
        if each.deliveries.keys() - {"delivered"}:
            failed_ones = sa.select(t.c.error).where(t.c.channel == channel, t.c.state != "delivered", t.c.error.is_not(None))
            error = connection.execute(failed_ones.order_by(t.c.changed_at.desc()).limit(1)).scalar()
            found[channel] = each._replace(error=error or "")
    return found


def _delivery(row: sa.Row[Any]) -> Delivery:
    return Delivery(row.key, row.channel, msgspec.json.decode(row.payload), row.attempts, moment(row.queued_at))


def _finish(connection: sa.Connection, key: str, values: dict[str, object], now: datetime) -> None:
    t = tables.outbox
    change = sa.update(t).where(t.c.key == key, t.c.state == "pending")
    connection.execute(change.values(attempts=t.c.attempts + 1, changed_at=micros(now), **values))
