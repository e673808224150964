"""What processes leave for each other in the state database: requests to the agent, its answers, people's notes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
import sqlalchemy as sa

from vedette.model.records import Json
from vedette.model.stored import Answer, Note, Request
from vedette.store import tables
from vedette.store.database import upsert
from vedette.store.tables import micros, moment

ANSWERS: Final = 1000
"""Answers that are kept: whoever asked waits for seconds, or does not wait."""


def request(connection: sa.Connection, kind: str, payload: Json, who: str, now: datetime) -> int:
    """See Store.request."""
    t = tables.requests
    text = msgspec.json.encode(payload).decode()
    new = sa.insert(t).values(at=micros(now), who=clean(who), kind=clean(kind), payload=text).returning(t.c.id)
    return int(connection.execute(new).scalar_one())


def requests(connection: sa.Connection, limit: int | None) -> list[Request]:
    """See Store.requests."""
    rows = connection.execute(sa.select(tables.requests).order_by(tables.requests.c.id).limit(limit))
    return [Request(row.id, moment(row.at), row.who, row.kind, msgspec.json.decode(row.payload)) for row in rows]


def answered(connection: sa.Connection, answers: Sequence[Answer]) -> None:
    """Keep the answers in place of their requests, and the last of them only."""
    t = tables.answers
    ids = [answer.request for answer in answers]
    if not ids:
        return
    connection.execute(sa.delete(tables.requests).where(tables.requests.c.id.in_(ids)))
    rows = [{"request": a.request, "document": msgspec.json.encode(a).decode()} for a in answers]
    connection.execute(upsert(t, ("document",)), rows)
    connection.execute(sa.delete(t).where(t.c.request <= max(ids) - ANSWERS))


def answer(connection: sa.Connection, request: int) -> Answer | None:
    """See Store.answer."""
    t = tables.answers
    document = connection.execute(sa.select(t.c.document).where(t.c.request == request)).scalar()
    return None if document is None else msgspec.json.decode(document, type=Answer)


def note(connection: sa.Connection, subject: str, text: str, who: str, now: datetime) -> None:
    """See Store.note."""
    values = {"subject": clean(subject), "at": micros(now), "who": clean(who), "text": clean(text)}
    connection.execute(sa.insert(tables.notes).values(**values))


def notes(connection: sa.Connection, subject: str) -> list[Note]:
    """See Store.notes."""
    t = tables.notes
    rows = connection.execute(sa.select(t).where(t.c.subject == subject).order_by(t.c.id))
    return [Note(moment(row.at), row.who, row.text) for row in rows]


def clean(text: str) -> str:
    """Not every database takes a NUL in text."""
    return text.replace("\0", "\\x00")
