"""Counts over the whole state database, and what is new in it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from vedette.model.alert import LEVELS
from vedette.model.incident import OPEN
from vedette.model.stored import AlertQuery, HostAlerts, News, SilenceQuery, StoreStatus
from vedette.store import actions, alert_questions, silences, tables
from vedette.store.tables import micros, moment

if TYPE_CHECKING:
    from vedette.store.columns import View


def status(connection: sa.Connection, now: datetime, view: "View | None" = None) -> StoreStatus:
    """See Store.status."""
    t = tables.segments
    count = sa.func.count
    sums = sa.select(t.c.kind, count(), sa.func.sum(t.c.rows), sa.func.sum(t.c.size), count(t.c.damage))
    kinds = {row[0]: row[1:] for row in connection.execute(sums.group_by(t.c.kind))}
    times = connection.execute(sa.select(sa.func.min(t.c.first), sa.func.max(t.c.last))).one()
    sequence = connection.execute(sa.select(tables.commits.c.sequence)).scalar() or 0
    sources = connection.execute(sa.select(count()).select_from(tables.positions)).scalar_one()
    number = alert_questions.count(connection, AlertQuery(), view)
    incidents = _by_state(connection, tables.incidents)
    deliveries = _by_state(connection, tables.outbox)
    in_force = actions.active(connection, micros(now))
    counters = {row.name: row.value for row in connection.execute(sa.select(tables.counters))}
    none = (0, 0, 0, 0)
    both = [kinds.get("events", none), kinds.get("rejected", none)]
    return StoreStatus(
        sequence=sequence,
        sources=sources,
        segments=sum(kind[0] for kind in both),
        damaged=sum(kind[3] for kind in both),
        events=both[0][1],
        rejected=both[1][1],
        size=sum(kind[2] for kind in both),
        oldest=None if times[0] is None else moment(times[0]),
        newest=None if times[1] is None else moment(times[1]),
        alerts=number,
        incidents=incidents,
        outbox=deliveries,
        actions=in_force,
        silences=len(silences.found(connection, SilenceQuery(active=now, limit=None))),
        counters=counters,
    )


def news(connection: sa.Connection, after: int, limit: int) -> News:
    """See Store.news."""
    sequence = connection.execute(sa.select(tables.commits.c.sequence)).scalar() or 0
    found: list[list[tuple[int, str]]] = []
    for table in (tables.alerts, tables.incidents, tables.actions):
        later = (
            sa.select(table.c.sequence, table.c.id)
            .where(table.c.sequence > after)
            .order_by(table.c.sequence, table.c.id)
        )
        rows = [(row[0], row[1]) for row in connection.execute(later.limit(limit + 1))]
        found.append(rows)
        if len(rows) > limit:
            # Whole commits only: the cut is before the commit that does not fit; the first one is always told.
            sequence = min(sequence, max(rows[0][0], rows[-1][0] - 1))
    told = [tuple(id_ for number, id_ in rows[:limit] if number <= sequence) for rows in found]
    return News(sequence, *told)


def host_alerts(connection: sa.Connection, since: datetime, view: "View | None" = None) -> dict[str, HostAlerts]:
    """See Store.host_alerts."""
    a, i = tables.alerts, tables.incidents
    told = {name: HostAlerts(number, 0, None) for name, number in alert_questions.by_host(connection, micros(since), view).items()}
    listed = sa.select(a.c.host_name, sa.func.count(i.c.id.distinct()), sa.func.max(i.c.level)).join(i, a.c.incident == i.c.id)
    open_ones = listed.where(i.c.state.in_(OPEN), a.c.host_name.is_not(None)).group_by(a.c.host_name)
    for name, incidents, worst in connection.execute(open_ones):
        recent = told[name].alerts if name in told else 0
        told[name] = HostAlerts(recent, incidents, LEVELS[worst])
    return told


def _by_state(connection: sa.Connection, table: sa.Table) -> dict[Any, int]:
    query = sa.select(table.c.state, sa.func.count()).group_by(table.c.state).order_by(table.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}
