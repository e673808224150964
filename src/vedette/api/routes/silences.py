"""Silences: for a while nobody is notified of what a query of alerts finds."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from vedette.api.access import Analyst, Viewer
from vedette.api.asked import Moment, Text, Why, utc
from vedette.api.documents import TriagedShown
from vedette.api.pages import Cursor, Limit, Page, cursor, position
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.api.versions import fresh, must_match, version
from vedette.model.silence import Silence, SilenceState
from vedette.model.stored import SilenceQuery
from vedette.runtime import silences
from vedette.search.tokens import LONGEST

router = APIRouter(prefix="/silences", tags=["silences"])

Number = Annotated[int, Path(ge=1, lt=2**63)]


class NewSilence(BaseModel):
    """Of the alerts that `query` finds. `since`: null for now."""

    query: Annotated[str, Field(max_length=LONGEST, pattern=r"\S", description="Of alerts: docs/reference/query.md.")]
    since: Moment | None = None
    until: Moment
    why: Why


class NewEnd(BaseModel):
    """When it is to end."""

    until: Moment


class SilenceShown(BaseModel):
    """`at`: when it was made. `moved_by`: who last moved its end. `held`: notices that it held back. `fault`: why it
    silences nothing."""

    id: int
    query: str
    state: SilenceState
    since: datetime
    until: datetime
    who: str
    why: str
    at: datetime
    moved_by: str | None
    held: int
    fault: str


class OpenIncident(BaseModel):
    """An incident, for its name."""

    id: str
    title: str


class Look(BaseModel):
    """What a silence would be about: of the alerts since `since` it finds `total`, the newest of them `shown`. `incidents`:
    open ones that those are part of."""

    since: datetime
    total: int
    shown: list[TriagedShown]
    incidents: list[OpenIncident]


@router.get("")
def list_silences(
    _who: Viewer, here: Here, limit: Limit = 100, after: Cursor = None,
    over: Annotated[bool, Query(description="Also those that are over.")] = True,
) -> Page[SilenceShown]:  # fmt: skip
    """All silences, the last made first; those that are over as long as alerts are kept."""
    behind = position(after, int)
    query = SilenceQuery(lasting=None if over else here.now(), after=behind[0] if behind else None, limit=limit + 1)
    found = here.store.silences(query)
    more = cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=[_shown(here, each) for each in found[:limit]], next=more)


@router.post("", status_code=201)
def make_silence(who: Analyst, here: Here, request: Request, given: NewSilence) -> SilenceShown:
    """Be silent about what the query finds. The alerts are stored and shown all the same, and blocking goes on."""
    since, until = utc(given.since), utc(given.until)
    assert until is not None  # noqa: S101 - it is required
    made = silences.make(here.store, given.query, since, until, here.now(), who=who.name, why=given.why)
    tell(request, subject=f"silence {made.id}", detail=f"{made.query[:300]} until {made.until:%Y-%m-%dT%H:%M:%SZ}: {made.why[:200]}")
    return _shown(here, made)


@router.get("/preview")
def preview_silence(_who: Viewer, here: Here, q: Text) -> Look:
    """What a silence with this query would be about, by the alerts of the last 7 days, of a recording by its own last."""
    look = silences.look(here.store, q, here.now())
    names = [OpenIncident(id=each.id, title=each.title) for each in look.incidents]
    return Look(since=look.since, total=look.total, shown=look.shown, incidents=names)


@router.get("/{number}")
def get_silence(_who: Viewer, here: Here, request: Request, response: Response, number: Number) -> SilenceShown:
    """One silence."""
    found = _one(here, number)
    fresh(request, response, _version(here, found))
    return _shown(here, found)


@router.put("/{number}/end")
def move_silence(who: Analyst, here: Here, request: Request, number: Number, given: NewEnd) -> SilenceShown:
    """Let it end earlier or later; with If-Match only when nobody else changed it. One that is over stays so: 409."""
    return _moved(here, request, number, who.name, utc(given.until))


@router.delete("/{number}")
def end_silence(who: Analyst, here: Here, request: Request, number: Number) -> SilenceShown:
    """End it now. It stays in the list, and what it held back stays held back: an alert that goes on is told."""
    return _moved(here, request, number, who.name, None)


def _moved(here: Place, request: Request, number: int, who: str, until: datetime | None) -> SilenceShown:
    before = _one(here, number)
    must_match(request, _version(here, before))
    after = silences.move(here.store, number, until, here.now(), who=who)
    tell(request, subject=f"silence {number}", detail=f"ends {after.until:%Y-%m-%dT%H:%M:%SZ}: {after.query[:300]}")
    return _shown(here, after)


def _one(here: Place, number: int) -> Silence:
    found = here.store.silences(SilenceQuery(id=number))
    if not found:
        raise Problem(404, "no such silence", fix="GET /api/v1/silences lists them")
    return found[0]


def _shown(here: Place, each: Silence) -> SilenceShown:
    now = here.now()
    return SilenceShown(**msgspec.structs.asdict(each), state=each.state(now), fault=silences.fault(each, now))


def _version(here: Place, each: Silence) -> str:
    return version(msgspec.to_builtins(each), each.state(here.now()))
