"""Lists of indicators: how each is, and what is on them. They are set up in the configuration (/config: intel.feeds)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from vedette.api.access import Viewer
from vedette.api.place import Here
from vedette.api.problem import Problem
from vedette.model.alert import Level
from vedette.model.indicator import IndicatorKind
from vedette.parse.indicators import indicator
from vedette.runtime.lists import facts, find, kept

router = APIRouter(prefix="/lists", tags=["lists"])


class Shown(BaseModel):
    """`fetched`: when it was last seen to be so, `changed`: since when it is; `refused`: lines or records that are no indicators;
    `problem`: why it could not be fetched the last time, or empty; `weight`: what being on it adds to an address's score."""

    name: str
    indicators: int
    kinds: dict[IndicatorKind, int]
    refused: int
    fetched: datetime | None
    changed: datetime | None
    problem: str
    weight: int
    level: Level


class Found(BaseModel):
    """An indicator that means the value: itself, a network or a domain that it lies in."""

    list: str
    kind: IndicatorKind
    indicator: str
    about: str
    until: datetime | None


@router.get("")
def list_lists(_who: Viewer, here: Here) -> list[Shown]:
    """In the order of the settings; where several hold the same, the first counts."""
    told = [(feed.name, facts(feed, kept(here.tree.data_dir, feed.name), here.now())) for feed in here.tree.intel.feeds]
    return [Shown(name=name, **{key: value for key, value in each.items() if key != "age_seconds"}) for name, each in told]


@router.get("/find")
def find_in_lists(_who: Viewer, here: Here, value: Annotated[str, Query(min_length=1, max_length=2000)]) -> list[Found]:
    """What lists say of an address, network, name, page, hash or mail address."""
    try:
        meant = indicator(value)
    except ValueError as error:
        raise Problem(422, str(error), code="indicator", fix="give an address, a name, a page, a hash or a mail address") from None
    found = find(here.tree.intel, here.tree.data_dir, meant)
    return [Found(list=name, kind=one.kind, indicator=one.value, about=one.about, until=one.until) for name, one in found]
