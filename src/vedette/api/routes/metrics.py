"""Metrics over time, of what is kept. For Prometheus, and of the agent as it is now: /metrics."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel

from vedette.api.access import Viewer
from vedette.api.asked import Since, Until, utc
from vedette.api.place import Here
from vedette.api.routes.events import BUCKETS, Bucket, bucket
from vedette.model.query import All, Node, Summary, Test
from vedette.model.stored import AlertQuery, EventQuery, IncidentQuery

router = APIRouter(tags=["overview"])

DAY: Final = timedelta(days=1)


class Metrics(BaseModel):
    """Between `since` and `until`, for each `seconds` (whole minutes) in which there were any: `events` by their time, `alerts` by
    when they were raised, `incidents` by when they began."""

    since: datetime
    until: datetime
    seconds: float
    events: list[Bucket]
    alerts: list[Bucket]
    incidents: list[Bucket]


@router.get("/metrics")
def get_metrics_over_time(
    _who: Viewer, here: Here, since: Since = None, until: Until = None, buckets: Annotated[int, Query(ge=1, le=BUCKETS)] = 60
) -> Metrics:
    """How much there was of what over time: of the last day, or of a recording that before its newest event."""
    last = utc(until) or here.recent(DAY)[1]
    first = utc(since) or last - DAY
    every = max(bucket(max(last - first, timedelta()), buckets), timedelta(minutes=1))

    def within(field: str) -> Node:
        return All((Test(field, ">=", first), Test(field, "<", last)))

    told = (
        here.store.counts(EventQuery(since=first, until=last), every).items(),
        here.store.summarise(AlertQuery(where=within("@timestamp")), Summary(every=every)).frame.iter_rows(),
        here.store.summarise(IncidentQuery(where=within("first_seen")), Summary(every=every)).frame.iter_rows(),
    )
    events, alerts, incidents = ([Bucket(at=at, count=count) for at, count in each] for each in told)
    return Metrics(since=first, until=last, seconds=every.total_seconds(), events=events, alerts=alerts, incidents=incidents)
