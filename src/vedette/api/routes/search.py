"""Help with writing queries, and searches that people keep."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from vedette.api.access import Analyst, Viewer
from vedette.api.asked import SCHEMAS, meant
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.model.fields import FIELDS
from vedette.model.stored import About, AlertQuery, EventQuery, SavedSearch
from vedette.model.triage import FACETS
from vedette.search import complete
from vedette.search.tokens import LONGEST

router = APIRouter(tags=["search"])

SEARCHES = 1000
_LOOKED_AT = 2000
"""Events whose values are offered."""


class Offered(BaseModel):
    """Text to put in place of the characters from `start` to `end` of the query."""

    text: str
    kind: Literal["field", "value", "keyword"]
    about: str


class Completed(BaseModel):
    """What fits at the cursor."""

    start: int
    end: int
    choices: list[Offered]


class NewSearch(BaseModel):
    """A query under a name; one of the same name is replaced."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
    query: Annotated[str, Field(max_length=LONGEST)]
    about: About = "events"


class Kept(BaseModel):
    """A search that is kept."""

    id: int
    name: str
    query: str
    about: About
    at: datetime
    who: str


@router.get("/search/complete")
def complete_query(
    _who: Viewer,
    here: Here,
    q: Annotated[str, Query(max_length=LONGEST)] = "",
    cursor: Annotated[int, Query(ge=0, le=LONGEST, description="Characters before the cursor.")] = LONGEST,
    about: About = "events",
) -> Completed:
    """Fields, values and keywords that may come next."""
    native = here.store.native_fields() if about == "events" else ()
    found = complete(q, cursor, SCHEMAS[about], lambda field, begun: _values(here, about, field, begun), native)
    choices = [
        Offered(text=c.text, kind=c.kind, about=FIELDS[n].about if (n := c.text.removesuffix(":")) in FIELDS and c.kind == "field" else "")
        for c in found.choices
    ]
    return Completed(start=found.start, end=found.end, choices=choices)


@router.get("/searches")
def list_searches(_who: Viewer, here: Here) -> list[Kept]:
    """Searches that people kept, by name."""
    return [_kept(each) for each in here.store.searches()]


@router.post("/searches", status_code=201)
def save_search(who: Analyst, here: Here, request: Request, given: NewSearch) -> Kept:
    """Keep a search that means something."""
    meant(here, given.about, given.query)
    if len(here.store.searches()) >= SEARCHES:
        raise Problem(409, f"{SEARCHES} searches are kept", fix="remove some")
    tell(request, subject=f"search {given.name}")
    return _kept(here.store.save_search(given.name.strip(), given.query, given.about, who.name, here.now()))


@router.delete("/searches/{number}", status_code=204)
def remove_search(_who: Analyst, here: Here, number: Annotated[int, Field(ge=0, lt=2**63)]) -> None:
    """Forget a search."""
    if not here.store.remove_search(number):
        raise Problem(404, "no such search", fix="GET /api/v1/searches lists them")


def _kept(each: SavedSearch) -> Kept:
    return Kept(id=each.id, name=each.name, query=each.query, about=each.about, at=each.at, who=each.who)


def _values(here: Place, about: About, field: str, begun: str) -> list[str]:
    """The most frequent ones that begin so."""
    if about == "alerts" and field in FACETS:
        return [c.value for c in here.store.facets(AlertQuery(), [field], 1000)[field] if c.value]
    if about != "events":
        return []
    frame = here.store.events(EventQuery(columns=(field,), limit=_LOOKED_AT)).frame
    counted = frame[field].drop_nulls().cast(str, strict=False).value_counts(sort=True)
    return [value for value in counted[field].to_list() if value and len(value) < 200 and value.lower().startswith(begun.lower())]
