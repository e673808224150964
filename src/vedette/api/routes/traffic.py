"""Traffic: on the wire as the agent captures it, and as connections stand in logs."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel

from vedette.api.access import Viewer
from vedette.api.place import Here
from vedette.model.query import All, Summary, Test, demands
from vedette.model.stored import EventQuery
from vedette.search import expression

router = APIRouter(prefix="/network", tags=["network"])

RANKED: Final = ("source.ip", "destination.ip", "destination.port")
MOST: Final = 10


class Interface(BaseModel):
    """`packets_per_second`, `bytes_per_second`: in the last second. `drops`: packets that the kernel had no room for, since
    the agent began. `fault`: why it is not captured just now, or empty."""

    name: str
    packets_per_second: float
    bytes_per_second: float
    drops: int
    fault: str


class Talker(BaseModel):
    """An address that sends, or with `port` and `transport` a service that is sent to. `packets`, `bytes`: in its last whole
    second; `usual_packets`, `usual_bytes`: a second, mean of about five minutes."""

    address: str
    port: int | None
    transport: str | None
    packets: int
    bytes: int
    usual_packets: float
    usual_bytes: float


class Ranked(BaseModel):
    """A value and how much there is of it."""

    value: str
    count: int


class Traffic(BaseModel):
    """`capturing`: whether an agent that runs captures packets; of the wire is nothing known otherwise. `logged`: how many
    connections logs tell of between `since` and `until`. `by`: of these, the most frequent values of a field. `volume`:
    sources by the bytes that logs count for them."""

    capturing: bool
    interfaces: list[Interface]
    senders: list[Talker]
    services: list[Talker]
    since: datetime
    until: datetime
    logged: int
    by: dict[str, list[Ranked]]
    volume: list[Ranked]


@router.get("/traffic")
def get_traffic(_who: Viewer, here: Here, hours: Annotated[int, Query(ge=1, le=24 * 90)] = 24) -> Traffic:
    """Who sends most, which services are asked most, and between whom connections were. Of a recording, the hours before its
    newest event."""
    since, until = here.recent(timedelta(hours=hours))
    agent = here.agent() or {}
    wire = agent.get("network", {}) if agent.get("running") else {}

    def ranked(summary: Summary) -> list[Ranked]:
        names = [name for name in (*summary.by, summary.field) if name]
        node = All((Test("event.category", "is", "network"), *(Test(name, "exists") for name in names)))
        query = EventQuery(since=since, where=expression(node), demands=demands(node))
        rows = here.store.summarise(query, summary).frame.iter_rows()
        return [Ranked(value=str(row[0]) if summary.by else "", count=max(0, int(row[-1]))) for row in rows]

    return Traffic(
        capturing=bool(wire), interfaces=[Interface(name=name, **facts) for name, facts in wire.get("interfaces", {}).items()],
        senders=wire.get("senders", []), services=wire.get("services", []), since=since, until=until,
        logged=sum(each.count for each in ranked(Summary())), by={name: ranked(Summary(by=(name,), first=MOST)) for name in RANKED},
        volume=ranked(Summary(measure="sum", field="network.bytes", by=("source.ip",), first=MOST)),
    )  # fmt: skip
