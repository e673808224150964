"""Answers to writes that carried an Idempotency-Key, so that the same write sent again is answered and not done again."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

import sqlalchemy as sa

from vedette.store import tables
from vedette.store.database import Database
from vedette.store.tables import micros

KEPT: Final = timedelta(hours=24)
AT_WORK: Final = timedelta(minutes=2)
"""After this a write that has no answer is taken to have died with its process."""


class Reply(NamedTuple):
    """`status` 0: it is still being worked on."""

    request: str
    status: int
    kind: str
    body: bytes


class Replies:
    """By key, for a day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, key: str, request: str, now: datetime) -> Reply | None:
        """None: it is yours to do. Otherwise what became of it, or becomes of it elsewhere.

        Args:
            request: digest of what was asked.
        """
        t = tables.replies
        at = micros(now)
        with self._database.write() as connection:
            stale = sa.and_(t.c.status == 0, t.c.at < at - AT_WORK // timedelta(microseconds=1))
            connection.execute(sa.delete(t).where(sa.or_(t.c.at < at - KEPT // timedelta(microseconds=1), stale)))
            row = connection.execute(sa.select(t).where(t.c.key == key)).one_or_none()
            if row is not None:
                return Reply(row.request, row.status, row.kind, row.body)
            connection.execute(sa.insert(t).values(key=key, request=request, at=at, status=0, kind="", body=b""))
        return None

    def keep(self, key: str, status: int, kind: str, body: bytes) -> None:
        """The answer."""
        t = tables.replies
        with self._database.write() as connection:
            connection.execute(sa.update(t).where(t.c.key == key).values(status=status, kind=kind, body=body))

    def forget(self, key: str) -> None:
        """It was not done: whoever sends it again may try."""
        with self._database.write() as connection:
            connection.execute(sa.delete(tables.replies).where(tables.replies.c.key == key))
