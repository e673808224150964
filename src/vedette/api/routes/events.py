"""Events as they were read: the query language over all that is kept."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
import polars as pl
from fastapi import APIRouter, Query
from pydantic import BaseModel

from vedette.api.access import Viewer
from vedette.api.asked import Since, Text, Until, meant, utc
from vedette.api.pages import Cursor, Limit, cursor, position
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.model.ports import EventQuery
from vedette.model.query import Node, bounds
from vedette.search import expression

router = APIRouter(prefix="/events", tags=["events"])

TIME: Final = "@timestamp"
BUCKETS: Final = 500
FEW: Final = 1000
"""Events before a page that are read whole and left out."""
Fields = Annotated[list[str] | None, Query(max_length=50, description="Columns; all that occur when left out.")]


class EventsPage(BaseModel):
    """Events, newest first; a field that an event lacks is left out. `damaged`: segments that could not be read."""

    items: list[dict[str, Any]]
    next: str | None
    damaged: list[str]


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
    items = [{name: value for name, value in row.items() if value is not None} for row in shown.iter_rows(named=True)]
    return EventsPage(items=items, next=next_, damaged=[name for name, _ in found.damaged])


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
    every = max((last - first) / buckets, timedelta(seconds=1))
    every = timedelta(seconds=-(-every // timedelta(seconds=1)))  # whole seconds, so that buckets do not wander
    counts = here.store.counts(query, every)
    shown = [Bucket(at=at, count=count) for at, count in counts.items()]
    return Histogram(seconds=every.total_seconds(), total=sum(counts.values()), buckets=shown)


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
    )
