"""Hosts: those that events name, and the machine that this runs on."""

from datetime import datetime, timedelta
from typing import Annotated, Final

import polars as pl
from fastapi import APIRouter, Query
from pydantic import BaseModel

from vedette.api.access import Analyst, Viewer
from vedette.api.place import Here
from vedette.model.alert import LEVELS, Level
from vedette.model.query import Summary
from vedette.model.stored import EventQuery, HostAlerts
from vedette.runtime import machine
from vedette.runtime.posture import posture
from vedette.runtime.selfcheck import Verdict
from vedette.store.groups import BEGIN, VALUE

router = APIRouter(prefix="/hosts", tags=["hosts"])

LISTED: Final = 500
NOTHING: Final = HostAlerts(0, 0, None)


class Host(BaseModel):
    """`last`: of its events, to the hour. `worst`: level of its gravest open incident, null without one."""

    name: str
    events: int
    last: datetime | None
    alerts: int
    incidents: int
    worst: Level | None


class Hosts(BaseModel):
    """`since`, `until`: the span that events and alerts are of. `unnamed`: events that name no host."""

    since: datetime
    until: datetime
    hosts: list[Host]
    unnamed: int


@router.get("")
def list_hosts(_who: Viewer, here: Here, days: Annotated[int, Query(ge=1, le=90)] = 7) -> Hosts:
    """What was seen of each, those with the gravest open incidents first. Of a recording, the days before its newest event."""
    since, until = here.recent(timedelta(days=days))
    told = here.store.summarise(EventQuery(since=since), Summary(by=("host.name",), every=timedelta(hours=1)))
    each_host = told.frame.group_by("host.name").agg(pl.col(VALUE).sum(), pl.col(BEGIN).max())
    seen = {name: (events, last) for name, events, last in each_host.iter_rows()}
    attention = here.store.host_alerts(since)
    hosts = []
    for name in {*seen, *attention}:
        events, last = seen.get(name, (0, None))
        alerts, incidents, worst = attention.get(name, NOTHING)
        hosts.append(Host(name=name, events=events, last=last, alerts=alerts, incidents=incidents, worst=worst))
    hosts.sort(key=lambda h: (-LEVELS.index(h.worst) if h.worst else 1, -h.alerts, -h.events, h.name))
    return Hosts(since=since, until=until, hosts=hosts[:LISTED], unnamed=told.without)


class Disk(BaseModel):
    """Bytes."""

    path: str
    used: int
    total: int


class Process(BaseModel):
    """`cpu`: per cent of one core since it began. `memory`: resident bytes."""

    pid: int
    name: str
    user: str
    cpu: float
    memory: int


class Listening(BaseModel):
    """A socket that takes what others begin. `pid`, `program`: null where we may not see them."""

    address: str
    port: int
    protocol: str
    pid: int | None
    program: str | None


class Machine(BaseModel):
    """`cpu`: per cent of all cores since it was last asked. `load`: of 1, 5 and 15 minutes. Memory in bytes."""

    name: str
    system: str
    booted: datetime
    cores: int
    cpu: float
    load: list[float]
    memory_used: int
    memory_total: int
    swap_used: int
    swap_total: int
    disks: list[Disk]
    processes: list[Process]
    listening: list[Listening]


@router.get("/own")
def get_own_host(_who: Analyst) -> Machine:
    """The machine that this service runs on, as it is now."""
    return Machine.model_validate(machine.look())


class Door(BaseModel):
    """What was looked at. `verdict`: ok, warn (better otherwise), fail (an attacker's way in or up). `fix`: empty when ok."""

    what: str
    verdict: Verdict
    said: str
    fix: str


@router.get("/own/posture")
def get_own_posture(_who: Analyst) -> list[Door]:
    """Which doors of the machine that this service runs on stand open; `vedette posture` shows the same."""
    return [Door(**check._asdict()) for check in posture(machine.listening())]
