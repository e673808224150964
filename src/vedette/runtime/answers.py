"""What a whole search finds in the store: records, or what they are summed up to. The command line, the API and the
questions in plain language all ask here."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
import polars as pl

from vedette.model.ports import Store
from vedette.model.query import Node, Rows, Schema, Search, Summary, bounds, demands, moved
from vedette.model.stored import About, AlertQuery, EventQuery, IncidentQuery, Summarised
from vedette.search import ALERTS, EVENTS, INCIDENTS, expression

SCHEMAS: Final[dict[About, Schema]] = {"events": EVENTS, "alerts": ALERTS, "incidents": INCIDENTS}
VALUE: Final = "value"
BEFORE: Final = "before"
CHANGE: Final = "change"
GROUPS: Final = 1000
"""Groups that are told when the search says nothing else."""

Shape = Literal["records", "number", "groups", "times"]


class Answer(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        shape: records; one number; groups; or groups over time, each from its `begin` on.
        rows: records newest first, with None left out; groups with `value`, compared ones with `before` and `change` too.
        scanned: records that were looked at.
        cut: groups beyond those in `rows`.
        without: as in Summarised.
        damaged: names of segments that could not be read.
    """

    shape: Shape
    rows: list[dict[str, Any]]
    scanned: int
    cut: int = 0
    without: int = 0
    damaged: tuple[str, ...] = ()


def answer(
    store: Store,
    about: About,
    search: Search,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    columns: Sequence[str] | None = None,
    limit: int | None = 100,
    zone: str = "UTC",
) -> Answer:
    """Ask the store.

    Args:
        since, until: only what lies between, beside what the search says.
        columns: of events that are told; all when left out.
        limit: of records, where the search names none.
        zone: whose days and weeks are counted.

    Raises:
        QueryError: it asks for a field that is not kept.
        StoreError: more groups than can be held.
    """
    if isinstance(search.then, Summary):
        return _summed(store, about, search.where, search.then, since, until, zone)
    rows = search.then or Rows(limit or 0)
    return _records(store, about, search.where, since, until, columns, rows.limit or None, newest=rows.newest)


def _records(
    store: Store, about: About, where: Node, since: datetime | None, until: datetime | None,
    columns: Sequence[str] | None, limit: int | None, *, newest: bool,
) -> Answer:  # fmt: skip
    if about == "events":
        query = _events(where, since, until)
        wanted = None if columns is None else tuple(dict.fromkeys(["event.id", "@timestamp", *columns]))
        found = store.events(msgspec.structs.replace(query, columns=wanted, limit=limit, newest=newest))
        names = tuple(name for name, _ in found.damaged)
        return Answer(
            "records", [_told(row) for row in found.frame.iter_rows(named=True)], found.scanned, damaged=names
        )
    order: Literal["-last_seen", "last_seen"] = "-last_seen" if newest else "last_seen"
    if about == "alerts":
        alerts = store.triaged(AlertQuery(where=where, since=since, until=until, limit=limit, order=order))
        rows = [{**msgspec.to_builtins(each.alert, builtin_types=(datetime,)), "alert.state": each.state,
                 "alert.assignee": each.assignee, "incident.id": each.incident} for each in alerts]  # fmt: skip
        return Answer("records", [_told(row) for row in rows], store.count_alerts(AlertQuery()))
    incidents = store.assigned(IncidentQuery(where=where, since=since, until=until, limit=limit, order=order))
    rows = [{**msgspec.to_builtins(each, builtin_types=(datetime,)), "assignee": who} for each, who in incidents]
    return Answer("records", [_told(row) for row in rows], sum(store.status().incidents.values()))


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _summed(
    store: Store, about: About, where: Node, summary: Summary, since: datetime | None, until: datetime | None, zone: str
) -> Answer:
    now = _summarised(store, about, where, summary, since, until, zone)
    frame, scanned, damaged = now.frame, now.scanned, {name for name, _ in now.damaged}
    keys = [*(["begin"] if summary.every else []), *summary.by]
    if summary.compare is not None:
        earlier = moved(where, SCHEMAS[about].time, *summary.compare)
        every_group = msgspec.structs.replace(summary, first=None, having=None)
        before = _summarised(store, about, earlier, every_group, None, None, zone)
        scanned += before.scanned
        damaged |= {name for name, _ in before.damaged}
        frame = frame if summary.every else _compared(frame, before.frame, summary)
        if summary.every:
            frame = pl.concat([_marked(frame, "now"), _marked(before.frame, "before")], how="diagonal_relaxed")
    shape: Shape = "times" if summary.every else "groups" if keys else "number"
    shown = frame if summary.every else frame.head(GROUPS)
    rows = list(shown.iter_rows(named=True))
    return Answer(shape, rows, scanned, frame.height - shown.height, now.without, tuple(sorted(damaged)))


def _marked(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    return frame.with_columns(pl.lit(name).alias("time"))


def _compared(now: pl.DataFrame, before: pl.DataFrame, summary: Summary) -> pl.DataFrame:
    """Side by side; a group that is missing on one side has 0 there."""
    earlier = before.rename({VALUE: BEFORE})
    if not summary.by:
        both = pl.concat([now, earlier], how="horizontal")
    elif summary.first is not None or summary.having is not None:
        both = now.join(earlier, on=summary.by, how="left", maintain_order="left")
    else:
        both = now.join(earlier, on=summary.by, how="full", coalesce=True)
        both = both.with_columns(pl.col(VALUE).fill_null(0)).sort(
            [VALUE, *summary.by], descending=[True, *[False] * len(summary.by)]
        )
    both = both.with_columns(pl.col(VALUE, BEFORE).fill_null(0))
    return both.with_columns((pl.col(VALUE) - pl.col(BEFORE)).alias(CHANGE))


def _summarised(
    store: Store, about: About, where: Node, summary: Summary, since: datetime | None, until: datetime | None, zone: str
) -> Summarised:
    query: EventQuery | AlertQuery | IncidentQuery
    if about == "events":
        query = _events(where, since, until)
    elif about == "alerts":
        query = AlertQuery(where=where, since=since, until=until)
    else:
        query = IncidentQuery(where=where, since=since, until=until)
    return store.summarise(query, summary, zone)


def _events(where: Node, since: datetime | None, until: datetime | None) -> EventQuery:
    """The times that the search itself names let whole segments be passed over."""
    low, high = bounds(where, "@timestamp")
    since, until = (time.astimezone(UTC) if time else None for time in (since, until))
    return EventQuery(
        since=max(filter(None, (since, low)), default=None),
        until=min(filter(None, (until, high)), default=None),
        where=expression(where),
        demands=demands(where),
    )
