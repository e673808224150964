"""The audit log: who did what, when, from where, and what came of it. Each entry's digest covers the one before.

Whoever changes, removes or inserts an entry breaks the chain from there on, which `verify` finds. Whoever can write the
whole database could compute it anew: the digest of each entry is therefore also written into the log of `vedette serve`,
to be kept on another machine, and `verify` compares with one that was noted.
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from vedette.model.account import Entry
from vedette.store import tables
from vedette.store.database import Database
from vedette.store.requests import clean
from vedette.store.tables import micros, moment

START: Final = "0" * 64
"""What stands before the first entry."""
SOME: Final = 5000
"""Entries that are in memory at once."""


class Audit:
    """Entries are added and read, never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, at: datetime, *, who: str, via: str, origin: str, what: str, subject: str = "", result: int = 0, detail: str = ""
    ) -> Entry:
        """One more entry, durable when this returns."""
        t = tables.audit
        with self._database.write() as connection:
            last = connection.execute(sa.select(t.c.number, t.c.digest).order_by(t.c.number.desc()).limit(1)).one_or_none()
            number, before = (last.number + 1, last.digest) if last else (1, START)
            values: dict[str, Any] = {
                "number": number, "at": micros(at), "who": clean(who)[:100], "via": via, "origin": clean(origin)[:100],
                "what": clean(what)[:200], "subject": clean(subject)[:500], "result": result, "detail": clean(detail)[:2000],
            }  # fmt: skip
            values["digest"] = _digest(before, values)
            connection.execute(sa.insert(t).values(**values))
        return _entry(values)

    def entries(self, before: int | None = None, limit: int = 100, who: str | None = None, what: str | None = None) -> list[Entry]:
        """The newest first, from before a number on."""
        t = tables.audit
        exact = ((t.c.who, who), (t.c.what, what))
        tests = [column == value for column, value in exact if value is not None]
        tests += [] if before is None else [t.c.number < before]
        with self._database.read() as connection:
            rows = connection.execute(sa.select(t).where(*tests).order_by(t.c.number.desc()).limit(limit)).mappings()
            return [_entry(row) for row in rows]

    def verify(self) -> tuple[int, str, str]:
        """Recompute the chain: (entries that are right, digest of the last of them, what is wrong after it or "")."""
        number, before = 0, START
        for row in self._rows():
            if row["number"] != number + 1:
                return number, before, f"entries {number + 1} to {row['number'] - 1} are missing"
            values = {key: row[key] for key in row if key != "digest"}
            if _digest(before, values) != row["digest"]:
                return number, before, f"entry {row['number']} was changed, or what stood before it"
            number, before = row["number"], row["digest"]
        return number, before, ""

    def digest(self, number: int) -> str | None:
        """Of one entry."""
        t = tables.audit
        with self._database.read() as connection:
            return connection.execute(sa.select(t.c.digest).where(t.c.number == number)).scalar()

    def _rows(self) -> Iterator[Any]:
        t = tables.audit
        after = 0
        while True:
            with self._database.read() as connection:
                query = sa.select(t).where(t.c.number > after).order_by(t.c.number).limit(SOME)
                rows = list(connection.execute(query).mappings())
            yield from rows
            if len(rows) < SOME:
                return
            after = rows[-1]["number"]


def _digest(before: str, values: Any) -> str:
    return sha256(before.encode() + msgspec.json.encode(dict(values), order="sorted")).hexdigest()


def _entry(row: Any) -> Entry:
    return Entry(**{**row, "at": moment(row["at"])})
