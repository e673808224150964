"""Parameters that several lists share: the query, the range of time, and notes on what is shown."""

from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field

from vedette.api.pages import position
from vedette.api.place import Place
from vedette.api.problem import Problem
from vedette.model.alert import LEVELS
from vedette.model.query import Node, Schema
from vedette.model.stored import About, Note
from vedette.search import ALERTS, EVENTS, INCIDENTS, read
from vedette.search.tokens import LONGEST


def _written(value: object) -> object:
    """A time is text, of RFC 3339: a number could be seconds, milliseconds, or a mistake."""
    if not isinstance(value, str | datetime) or (isinstance(value, str) and "T" not in value.upper()):
        raise ValueError("write a time as 2026-02-01T10:00:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
Text = Annotated[str, Query(max_length=LONGEST, description="A query: docs/reference/query.md.")]
Since = Annotated[Moment | None, Query(description="Only what was last seen then or later.")]
Until = Annotated[Moment | None, Query(description="Only what was last seen before.")]
Why = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
Id = Annotated[str, Field(max_length=200)]
Zone = Annotated[str, Field(max_length=64, description="Whose days and weeks are counted, such as Europe/Berlin.")]

SCHEMAS: dict[About, Schema] = {"events": EVENTS, "alerts": ALERTS, "incidents": INCIDENTS}


class NewNote(BaseModel):
    """Words about an alert or incident."""

    text: Why


class Noted(BaseModel):
    """Who said it, and when."""

    at: datetime
    who: str
    text: str


def meant(here: Place, about: About, text: str) -> Node:
    """The search.

    Raises:
        QueryError: it means nothing.
    """
    native = here.store.native_fields() if about == "events" and ":" in text else ()
    return read(text, SCHEMAS[about], here.now(), native)


def local(here: Place, zone: str) -> datetime:
    """Now, by the clock of that zone.

    Raises:
        Problem: there is no such zone.
    """
    try:
        return here.now().astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        raise Problem(422, f"there is no time zone {zone!r}", code="zone", fix="UTC, Europe/Berlin, America/New_York ...") from None


def utc(time: datetime | None) -> datetime | None:
    """The same moment, as the store compares it.

    Raises:
        Problem: it is out of the calendar there.
    """
    try:
        return None if time is None else time.astimezone(UTC)
    except OverflowError:
        raise Problem(422, "a time is out of the calendar", code="request", fix="write 2026-02-01T10:24:12Z") from None


def key(thing: Any, field: str) -> Any:
    """The value that a list is sorted by, for its cursor."""
    value = getattr(thing, field)
    return value.isoformat() if isinstance(value, datetime) else float(value) if field == "score" else value


def begin(after: str | None, field: str) -> tuple[Any, str] | None:
    """Behind what a page of a list begins that is sorted by this.

    Raises:
        Problem: the cursor is of another list, or made up.
    """
    values = position(after, {"count": int, "score": float}.get(field, str), str)
    if values is None:
        return None
    value = values[0]
    try:
        value = datetime.fromisoformat(value) if field.endswith("_seen") else value
        if (field == "level" and value not in LEVELS) or (isinstance(value, datetime) and value.tzinfo is None):
            raise ValueError
    except ValueError:
        fix = "take `next` of the page before, with the same query"
        raise Problem(422, "no cursor of this list", code="cursor", fix=fix) from None
    return value, values[1]


def noted(notes: list[Note]) -> list[Noted]:
    """As they are shown."""
    return [Noted(at=note.at, who=note.who, text=note.text) for note in notes]
