"""Saved searches in the state database."""

from datetime import datetime

import sqlalchemy as sa

from vedette.model.stored import About, SavedSearch
from vedette.store import tables
from vedette.store.database import upsert
from vedette.store.tables import indexed, micros, moment

_t = tables.searches


def save(connection: sa.Connection, name: str, query: str, about: About, who: str, now: datetime) -> SavedSearch:
    """See Store.save_search."""
    row = {
        "name": indexed(name),
        "query": query.replace("\0", ""),
        "about": about,
        "at": micros(now),
        "who": indexed(who),
    }
    connection.execute(sa.delete(_t).where(_t.c.name == row["name"]))
    connection.execute(upsert(_t), [row])
    return next(each for each in found(connection) if each.name == row["name"])


def found(connection: sa.Connection) -> list[SavedSearch]:
    """See Store.searches."""
    rows = connection.execute(sa.select(_t).order_by(_t.c.name))
    return [SavedSearch(row.id, row.name, row.query, row.about, moment(row.at), row.who) for row in rows]


def remove(connection: sa.Connection, number: int) -> bool:
    """See Store.remove_search."""
    return connection.execute(sa.delete(_t).where(_t.c.id == number)).rowcount == 1
