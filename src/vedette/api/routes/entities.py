"""What is known of one address, user, host or process."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import polars as pl
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from vedette.api.access import Viewer
from vedette.api.asked import utc
from vedette.api.documents import ActionShown, TriagedShown
from vedette.api.place import Here
from vedette.api.problem import Problem
from vedette.api.routes.events import Bucket, Histogram
from vedette.api.routes.incidents import IncidentRow, row_of
from vedette.model.action import Action, Network, source_network
from vedette.model.query import Any, Test, demands
from vedette.model.stored import ActionQuery, AlertQuery, EventQuery, IncidentQuery
from vedette.model.triage import Triaged
from vedette.search import expression

router = APIRouter(prefix="/entities", tags=["entities"])

Kind = Literal["address", "user", "host", "process"]
EVENT_FIELDS: Final[dict[Kind, tuple[str, ...]]] = {
    "address": ("source.ip", "destination.ip"),
    "user": ("user.name",),
    "host": ("host.name",),
    "process": ("process.name",),
}
ALERT_FIELDS: Final[dict[Kind, tuple[str, ...]]] = EVENT_FIELDS | {"process": ()}
"""An alert names no process."""
OTHERS: Final = tuple(field for fields in EVENT_FIELDS.values() for field in fields)
NAMES: Final[dict[Kind, str]] = {"address": "ip", "user": "user", "host": "host", "process": "process"}
"""As entities of incidents are called."""
SHOWN: Final = 50
LOOKED_AT: Final = 1000
"""The newest alerts, incidents and actions among which those about it are looked for."""
SAMPLE: Final = 2000
"""The newest events whose other entities are counted."""
RELATED: Final = 8
DAYS: Final = 30


class Related(BaseModel):
    """Another entity, and how many of the newest events name both."""

    type: Kind
    value: str
    count: int


class Entity(BaseModel):
    """The newest alerts, incidents and actions about it. `first_seen`, `last_seen`, `alerts_total`: of its alerts, all that
    are kept. `events`: over the time that was asked for, by fields that `query` names."""

    type: Kind
    value: str
    query: str
    first_seen: datetime | None
    last_seen: datetime | None
    alerts_total: int
    alerts: list[TriagedShown]
    incidents: list[IncidentRow]
    actions: list[ActionShown]
    events: Histogram
    related: list[Related]


@router.get("/{type}/{value:path}")
def get_entity(
    _who: Viewer, here: Here, type: Kind,  # noqa: A002 - what it is called in the path
    value: Annotated[str, Path(min_length=1, max_length=500)],
    days: Annotated[int, Query(ge=1, le=DAYS, description="Of events.")] = 7,
) -> Entity:  # fmt: skip
    """Everything about one thing, for a page about it."""
    if type == "address":
        _network(value)
    about = Any(tuple(Test(field, "is", value) for field in ALERT_FIELDS[type]))
    alerts = here.store.triaged(AlertQuery(where=about, limit=LOOKED_AT))
    oldest = here.store.triaged(AlertQuery(where=about, order="first_seen", limit=1))
    fields = EVENT_FIELDS[type]
    either = Any(tuple(Test(field, "is", value) for field in fields))
    where, groups = expression(either), demands(either)
    now = here.now()
    since = utc(min(now, here.store.status().newest or now) - timedelta(days=days))
    every = timedelta(hours=1 if days <= 7 else 24)
    counts = here.store.counts(EventQuery(since=since, where=where, demands=groups), every)
    named = EventQuery(since=since, where=where, demands=groups, columns=("@timestamp", *OTHERS), limit=SAMPLE)
    sample = here.store.events(named).frame
    seen = [*(each.alert.first_seen for each in oldest), *(each.alert.last_seen for each in alerts[:1]), *counts]
    if sample.height:
        seen.append(sample["@timestamp"].max())  # type: ignore[arg-type]
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return Entity(
        type=type, value=value, query=" or ".join(f'{field}:"{quoted}"' for field in fields), first_seen=min(seen, default=None),
        last_seen=max(seen, default=None), alerts_total=here.store.count_alerts(AlertQuery(where=about)), alerts=alerts[:SHOWN],
        incidents=_incidents(here, type, value, alerts), actions=_actions(here, type, value, alerts),
        events=Histogram(
            seconds=every.total_seconds(), total=sum(counts.values()), buckets=[Bucket(at=at, count=n) for at, n in counts.items()]
        ),
        related=list(_related(sample, type, value)),
    )  # fmt: skip


def _incidents(here: Here, kind: Kind, value: str, alerts: list[Triaged]) -> list[IncidentRow]:
    """Those of its alerts, and of the newest those that name it."""
    listed = {each.incident for each in alerts}
    found = here.store.assigned(IncidentQuery(limit=LOOKED_AT))
    rows = [
        row_of(incident, assignee)
        for incident, assignee in found
        if incident.id in listed or any(e.type == NAMES[kind] and value in (e.value, e.value.partition("@")[0]) for e in incident.entities)
    ]
    return rows[:SHOWN]


def _actions(here: Here, kind: Kind, value: str, alerts: list[Triaged]) -> list[Action]:
    if kind == "address":
        return here.store.actions(ActionQuery(around=str(_network(value)), limit=SHOWN))
    ids = {each.alert.id for each in alerts}
    return [action for action in here.store.actions(ActionQuery(limit=LOOKED_AT)) if ids.intersection(action.alerts)][:SHOWN]


def _related(sample: pl.DataFrame, kind: Kind, value: str) -> Iterator[Related]:
    for other in EVENT_FIELDS:
        counted: Counter[str] = Counter()
        for field in EVENT_FIELDS[other]:
            counted.update(sample[field].drop_nulls().cast(pl.String).to_list())
        for name, count in counted.most_common(RELATED + 1):
            if name and (other, name) != (kind, value):
                yield Related(type=other, value=name, count=count)


def _network(address: str) -> Network:
    try:
        return source_network(address)
    except ValueError:
        fix = "write it as it is shown: 203.0.113.7, 2001:db8::1"
        raise Problem(422, f"{address[:80]!r} is no address", fix=fix) from None
