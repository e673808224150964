"""Actions and the allow list in the state database.

Whether an action is in force is one comparison with `ends`, so that a hundred thousand that are over cost nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from ipaddress import ip_network
from itertools import islice
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from vedette.model.action import Action, Allowed, Kind, Origin
from vedette.model.stored import ActionQuery
from vedette.store import tables
from vedette.store.database import upsert, values
from vedette.store.tables import FOREVER, micros

_SOME: Final = 500
"""Values of one IN."""


def put(connection: sa.Connection, actions: Sequence[Action], sequence: int) -> None:
    """New and changed ones."""
    rows = [
        {
            "id": action.id,
            "network": action.network,
            "kind": action.kind,
            "source": action.source,
            "at": micros(action.at),
            "ends": min((micros(end) for end in (action.until, action.lifted) if end is not None), default=FOREVER),
            "document": msgspec.json.encode(action).decode(),
            "sequence": sequence,
        }
        for action in {action.id: action for action in actions}.values()
    ]
    if rows:
        connection.execute(upsert(tables.actions, values(tables.actions)), rows)


def allow(connection: sa.Connection, allowed: Sequence[Allowed], disallowed: Sequence[str]) -> None:
    """Change the allow list."""
    t = tables.allowed
    for network in disallowed:
        connection.execute(sa.delete(t).where(t.c.network == network))
    rows = [{"network": each.network, "document": msgspec.json.encode(each).decode()} for each in allowed]
    if rows:
        connection.execute(upsert(t, ("document",)), rows)


def one(connection: sa.Connection, action_id: str) -> Action | None:
    """See Store.action."""
    t = tables.actions
    document = connection.execute(sa.select(t.c.document).where(t.c.id == action_id)).scalar()
    return None if document is None else msgspec.json.decode(document, type=Action)


def found(connection: sa.Connection, query: ActionQuery) -> list[Action]:
    """See Store.actions."""
    t = tables.actions
    exact = ((t.c.network, query.network), (t.c.kind, query.kind), (t.c.source, query.source))
    tests = [column == value for column, value in exact if value is not None]
    newest: sa.ColumnElement[int] = t.c.at.desc()
    if query.active is not None:
        # By an expression, so that the order comes from no index: the one of `ends` passes over all that is over.
        newest = -t.c.at
        tests += [t.c.ends > micros(query.active), newest >= -micros(query.active)]
    if query.since is not None:
        tests.append(t.c.at >= micros(query.since))
    if query.around is not None:
        tests.append(t.c.network.in_(containing(query.around)))
    ordered = sa.select(t.c.document).where(*tests).order_by(newest, t.c.id)
    decoder = msgspec.json.Decoder(Action)
    return [decoder.decode(text) for text in connection.scalars(ordered.limit(query.limit).offset(query.skip))]


def containing(network: str) -> list[str]:
    """Every network that an address or network lies in, itself included: 33 or 129 of them at most."""
    whole = ip_network(network, strict=False)
    return [str(whole.supernet(new_prefix=prefix)) for prefix in range(whole.prefixlen, -1, -1)]


def repeats(
    connection: sa.Connection, networks: Collection[str] | None, since: datetime, kind: Kind | None
) -> dict[str, int]:
    """See Store.repeats."""
    t = tables.actions
    tests = [t.c.at >= micros(since), *([] if kind is None else [t.c.kind == kind])]
    counted = sa.select(t.c.network, sa.func.count()).where(*tests).group_by(t.c.network)
    if networks is None:
        return _pairs(connection, counted)
    counts: dict[str, int] = {}
    rest = iter(networks)
    while some := list(islice(rest, _SOME)):
        counts |= _pairs(connection, counted.where(t.c.network.in_(some)))
    return counts


def acted(connection: sa.Connection, since: datetime | None) -> dict[tuple[Kind, Origin], int]:
    """See Store.acted."""
    t = tables.actions
    query = sa.select(t.c.kind, t.c.source, sa.func.count()).where(t.c.at >= (0 if since is None else micros(since)))
    rows = connection.execute(query.group_by(t.c.kind, t.c.source).order_by(t.c.kind, t.c.source))
    return {(row[0], row[1]): row[2] for row in rows}


def active(connection: sa.Connection, at: int) -> dict[Kind, int]:
    """How many are in force, by kind."""
    t = tables.actions
    query = sa.select(t.c.kind, sa.func.count()).where(t.c.ends > at).group_by(t.c.kind).order_by(t.c.kind)
    return _pairs(connection, query)


def allowed(connection: sa.Connection) -> list[Allowed]:
    """See Store.allowed."""
    t = tables.allowed
    return _decoded(connection.scalars(sa.select(t.c.document).order_by(t.c.network)))


def forget(connection: sa.Connection, cutoff: int) -> int:
    """Remove what ended before `cutoff`; returns how many."""
    return connection.execute(sa.delete(tables.actions).where(tables.actions.c.ends < cutoff)).rowcount


def _decoded(documents: Iterable[str]) -> list[Allowed]:
    return [msgspec.json.decode(text, type=Allowed) for text in documents]


def _pairs(connection: sa.Connection, query: sa.Select[Any]) -> dict[Any, int]:
    return {row[0]: row[1] for row in connection.execute(query)}
