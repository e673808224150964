"""Events as they were read: the query language over all that is kept."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
import polars as pl
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from vedette.api.access import Viewer
from vedette.api.asked import Since, Text, Until, meant, utc
from vedette.api.pages import Cursor, Limit, cursor, position
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.streams import allowed
from vedette.model.fields import dtype
from vedette.model.query import Node, bounds, demands
from vedette.model.stored import EventQuery
from vedette.report.csv import row
from vedette.search import expression

router = APIRouter(prefix="/events", tags=["events"])

TIME: Final = "@timestamp"
BUCKETS: Final = 500
TAIL: Final = 200
BEHIND: Final = 1000
"""Commits that a tail may be behind."""
EXPORTED: Final = 50_000
PIECE: Final = 500
"""Events of an export that are made into text at once."""
FEW: Final = 1000
"""Events before a page that are read whole and left out."""
Fields = Annotated[list[str] | None, Query(max_length=50, description="Columns; all that occur when left out.")]


class EventsPage(BaseModel):
    """Events, newest first; a field that an event lacks is left out. `damaged`: segments that could not be read."""

    items: list[dict[str, Any]]
    next: str | None
    damaged: list[str]


class Tailed(BaseModel):
    """The last events that were read, the newest last. `more`: how many before them are left out. `sequence`: where to go on.
    `reset`: too much was missed, or the store is another: it begins anew."""

    items: list[dict[str, Any]]
    sequence: int
    more: int
    reset: bool


class Exported(StreamingResponse):
    """A file."""

    media_type = "text/csv"


_FILE: Final = {"schema": {"type": "string"}}
_FILES: Final[dict[str, Any]] = {"description": "The file.", "content": {"text/csv": _FILE, "application/x-ndjson": _FILE}}


class Bucket(BaseModel):
    """Events from `at` on, until the next bucket begins."""

    at: datetime
    count: int


class Histogram(BaseModel):
    """Events over time; buckets of `seconds` each, those without events left out."""

    seconds: float
    total: int
    buckets: list[Bucket]


@router.get("/search")
def search_events(
    _who: Viewer, here: Here, q: Text = "", since: Since = None, until: Until = None, fields: Fields = None,
    limit: Limit = 100, after: Cursor = None,
) -> EventsPage:  # fmt: skip
    """Events that the query finds. Those without a time come last, and only when no time is asked for."""
    query = _query(meant(here, "events", q), since, until)
    columns = None if fields is None else tuple(dict.fromkeys([TIME, "event.id", *fields]))
    place = position(after, int, int)
    skip = 0
    if place:
        # A page begins at the last one's time, behind as many of that time as were shown: their order does not change.
        try:
            edge = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=place[0] + 1)
        except OverflowError:
            raise Problem(422, "no cursor of this list", code="cursor", fix="take `next` of the page before") from None
        skip = min(max(place[1], 0), 1_000_000)
        query = msgspec.structs.replace(query, until=edge if query.until is None else min(edge, query.until))
    query, passed = _behind(here, query, skip, limit + 1)
    found = here.store.events(msgspec.structs.replace(query, columns=columns, limit=limit + 1 + skip - passed))
    frame = found.frame.slice(skip - passed)
    shown = frame.head(limit)
    next_ = None
    if frame.height > limit and (last := shown[TIME][-1]) is not None:
        at = (last - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)
        same = int((shown[TIME] == last).sum())
        next_ = cursor(at, same + (skip if place and place[0] == at else 0))
    return EventsPage(items=_shown(shown), next=next_, damaged=[name for name, _ in found.damaged])


@router.get("/tail")
def tail_events(
    _who: Viewer, here: Here, q: Text = "",
    after: Annotated[int | None, Query(ge=0, lt=2**62, description="`sequence` of the answer before; left out: begin now.")] = None,
) -> Tailed:  # fmt: skip
    """What was read since, of which the query finds something; in the order in which it was read, whatever times it has."""
    where = expression(meant(here, "events", q))
    sequence = here.store.news(2**62).sequence  # first: what comes meanwhile is told twice rather than never
    if after is None or not sequence - BEHIND <= after <= sequence:
        return Tailed(items=[], sequence=sequence, more=0, reset=after is not None)
    items: list[dict[str, Any]] = []
    total = 0
    for batches in here.store.replay(after):
        for batch in batches:
            asked = set(where.meta.root_names()) if where is not None else set()
            frame = batch.frame.with_columns(pl.lit(None, dtype=dtype(name)).alias(name) for name in asked - set(batch.frame.columns))
            found = frame if where is None else frame.filter(where)
            total += found.height
            items += _shown(found.tail(TAIL).drop("line"))
            del items[:-TAIL]
    return Tailed(items=items, sequence=sequence, more=total - len(items), reset=False)


@router.get("/export", response_class=Exported, responses={200: _FILES})
def export_events(
    _who: Viewer, here: Here, request: Request, q: Text = "", since: Since = None, until: Until = None, fields: Fields = None,
    format: Annotated[Literal["csv", "jsonl"], Query(description="csv: a cell that a spreadsheet would run begins with '.")] = "csv",  # noqa: A002
) -> Exported:  # fmt: skip
    """Events that the query finds as a file, the newest 50,000; the header Vedette-More says when there are others."""
    names = list(dict.fromkeys([TIME, *(fields or ())])) if fields else None
    query = msgspec.structs.replace(_query(meant(here, "events", q), since, until), columns=names and tuple(names), limit=EXPORTED + 1)
    frame = here.store.events(query).frame
    shown = frame.head(EXPORTED)
    lines = _csv(shown) if format == "csv" else _jsonl(shown)
    headers = {
        "Content-Disposition": f'attachment; filename="events.{format}"',
        "Vedette-More": "true" if frame.height > EXPORTED else "false",
        "Cache-Control": "no-store",
    }
    kind = "text/csv; charset=utf-8" if format == "csv" else "application/x-ndjson"
    return Exported(allowed(lines, request, here, "read"), headers=headers, media_type=kind)


def _csv(frame: pl.DataFrame) -> Generator[bytes, None, None]:
    yield row(name.removeprefix("@") for name in frame.columns).encode()  # a spreadsheet would take @ for a formula
    for some in frame.iter_slices(PIECE):
        yield b"".join(row(_cell(value) for value in values).encode() for values in some.iter_rows())


def _jsonl(frame: pl.DataFrame) -> Generator[bytes, None, None]:
    for some in frame.iter_slices(PIECE):
        yield b"".join(msgspec.json.encode(row) + b"\n" for row in _shown(some))


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return msgspec.json.encode(value).decode() if isinstance(value, list | dict) else value


def _shown(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [{name: value for name, value in each.items() if value is not None} for each in frame.iter_rows(named=True)]


@router.get("/histogram")
def count_events(
    _who: Viewer, here: Here, q: Text = "", since: Since = None, until: Until = None,
    buckets: Annotated[int, Query(ge=1, le=BUCKETS)] = 60,
) -> Histogram:  # fmt: skip
    """How many events the query finds over time: since `since`, or the oldest event that is kept."""
    query = _query(meant(here, "events", q), since, until)
    kept = here.store.status(here.now())
    first, last = query.since or kept.oldest, query.until or kept.newest
    if first is None or last is None or last < first:
        return Histogram(seconds=0, total=0, buckets=[])
    every = bucket(last - first, buckets)
    counts = here.store.counts(query, every)
    shown = [Bucket(at=at, count=count) for at, count in counts.items()]
    return Histogram(seconds=every.total_seconds(), total=sum(counts.values()), buckets=shown)


def bucket(span: timedelta, number: int) -> timedelta:
    """The length of each of at most so many: whole seconds, so that they do not wander; from a minute on whole minutes, of
    which the store knows the counts."""
    every = max(span / number, timedelta(seconds=1))
    unit = timedelta(minutes=1) if every > timedelta(minutes=1) else timedelta(seconds=1)
    return -(-every // unit) * unit


def _behind(here: Place, query: EventQuery, skip: int, limit: int) -> tuple[EventQuery, int]:
    """The same, and how many of the `skip` events it passes over by itself. Of very many at one time (or a cursor that was
    made up) only times and ids are read: whole, a million of them would not fit."""
    if skip <= FEW:
        return query, 0
    names = here.store.events(msgspec.structs.replace(query, columns=(TIME, "event.id"), limit=skip + limit)).frame.slice(skip)
    wanted = pl.col("event.id").is_in(names["event.id"].implode())
    where = wanted if query.where is None else query.where & wanted
    return msgspec.structs.replace(query, where=where), skip


def _query(where: Node, since: datetime | None, until: datetime | None) -> EventQuery:
    """The times that the query itself names let whole segments be passed over."""
    low, high = bounds(where, TIME)
    return EventQuery(
        since=max(filter(None, (utc(since), low)), default=None),
        until=min(filter(None, (utc(until), high)), default=None),
        where=expression(where),
        demands=demands(where),
    )
