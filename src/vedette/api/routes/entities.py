"""What is known of one address, user, host or process."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from vedette.api.access import Viewer
from vedette.api.asked import utc
from vedette.api.documents import ActionShown, TriagedShown
from vedette.api.place import Here
from vedette.api.problem import Problem
from vedette.api.routes.events import Bucket, Histogram
from vedette.api.routes.incidents import IncidentRow, row_of
from vedette.model.action import Action, source_network
from vedette.model.ports import ActionQuery, AlertQuery, EventQuery, IncidentQuery
from vedette.model.query import Any, Test
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
SHOWN: Final = 50
DAYS: Final = 30


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


@router.get("/{type}/{value}")
def get_entity(
    _who: Viewer, here: Here, type: Kind,  # noqa: A002 - what it is called in the path
    value: Annotated[str, Path(min_length=1, max_length=500)],
    days: Annotated[int, Query(ge=1, le=DAYS, description="Of events.")] = 7,
) -> Entity:  # fmt: skip
    """Everything about one thing, for a page about it."""
    about = Any(tuple(Test(field, "is", value) for field in ALERT_FIELDS[type]))
    query = AlertQuery(where=about, limit=SHOWN)
    alerts = here.store.triaged(query)
    oldest = here.store.triaged(AlertQuery(where=about, order="first_seen", limit=1))
    listed = tuple(dict.fromkeys(each.incident for each in alerts if each.incident))
    incidents = here.store.assigned(IncidentQuery(ids=listed)) if listed else []
    fields = EVENT_FIELDS[type]
    where = Any(tuple(Test(field, "is", value) for field in fields))
    since = here.now() - timedelta(days=days)
    every = timedelta(hours=1 if days <= 7 else 24)
    counts = here.store.counts(EventQuery(since=utc(since), where=expression(where)), every)
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return Entity(
        type=type, value=value, query=" or ".join(f'{field}:"{quoted}"' for field in fields),
        first_seen=oldest[0].alert.first_seen if oldest else None, last_seen=alerts[0].alert.last_seen if alerts else None,
        alerts_total=here.store.count_alerts(query), alerts=alerts,
        incidents=[row_of(incident, assignee) for incident, assignee in incidents],
        actions=_actions(here, value) if type == "address" else [],
        events=Histogram(
            seconds=every.total_seconds(), total=sum(counts.values()), buckets=[Bucket(at=at, count=n) for at, n in counts.items()]
        ),
    )  # fmt: skip


def _actions(here: Here, address: str) -> list[Action]:
    try:
        network = source_network(address)
    except ValueError:
        fix = "write it as it is shown: 203.0.113.7, 2001:db8::1"
        raise Problem(422, f"{address[:80]!r} is no address", fix=fix) from None
    return here.store.actions(ActionQuery(around=str(network), limit=SHOWN))
