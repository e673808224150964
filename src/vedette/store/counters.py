"""Running totals that `status` shows, and that a process tells by what happened since it looked last."""

import sqlalchemy as sa

from vedette.store import tables
from vedette.store.tables import indexed

_t = tables.counters


def add(connection: sa.Connection, name: str, value: int) -> None:
    """Add to one, from 0 on."""
    clean = indexed(name)
    if connection.execute(sa.update(_t).where(_t.c.name == clean).values(value=_t.c.value + value)).rowcount == 0:
        connection.execute(sa.insert(_t).values(name=clean, value=value))


def found(connection: sa.Connection, name: str) -> int:
    """One."""
    return connection.execute(sa.select(_t.c.value).where(_t.c.name == name)).scalar() or 0
