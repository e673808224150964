"""Whole searches, with what they are summed up to; and questions in plain language, which become such searches."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from vedette.api.access import Viewer
from vedette.api.asked import SCHEMAS, Text, Zone, local
from vedette.api.place import Here
from vedette.api.problem import Problem
from vedette.model.question import Understood
from vedette.model.stored import About
from vedette.runtime.answers import Answer, answer
from vedette.runtime.questions import ask as put
from vedette.search import search
from vedette.search.ask.words import LONGEST

router = APIRouter(tags=["search"])

Number = Annotated[int, Field(ge=1, le=1000, description="Records, where the search names no number.")]


class Question(BaseModel):
    """In English. `anyway`: run also what was understood only in part. `model`: put what was not understood to the language
    model of the settings; it gets the question, never a record."""

    question: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    zone: Zone = "UTC"
    limit: Number = 100
    anyway: bool = False
    model: bool = False


class Found(BaseModel):
    """What a search found.

    `rows`: of `records` the newest first; else groups with `value`, compared ones also with `before` and `change`, those
    over time with `begin`. `scanned`: records that were looked at. `cut`: groups that are not shown. `without`: records
    that lack a field to count by. `damaged`: segments that could not be read.
    """

    shape: Literal["records", "number", "groups", "times"]
    rows: list[dict[str, Any]]
    scanned: int
    cut: int
    without: int
    damaged: list[str]


class Word(BaseModel):
    """A word of the question, and what it was taken for."""

    text: str
    meaning: str


class Replied(BaseModel):
    """How a question was understood, and what was found. `unknown`: words that are not in the query. `declined`: why it
    cannot be asked. `found`: null when nothing was run."""

    about: About | None
    query: str
    words: list[Word]
    unknown: list[str]
    notes: list[str]
    declined: str
    fix: str
    by: Literal["grammar", "model"]
    found: Found | None


@router.post("/ask")
def ask(who: Viewer, here: Here, given: Question) -> Replied:
    """Understand a question; run it when every word of it was understood. A model is asked for an analyst and above."""
    now = local(here, given.zone)
    if given.model and not who.may("work"):
        raise Problem(403, "a viewer does not spend on models", fix="ask without `model`, or as an analyst")
    from vedette.runtime.translation import ByModel

    translator = ByModel(here.tree.ai, here.tree.data_dir, here.audits(who)) if given.model else None
    asked = put(here.store, given.question, now, anyway=given.anyway, limit=given.limit, translator=translator)
    return _replied(asked.understood, asked.answer, asked.by)


@router.get("/search")
def run_search(
    _who: Viewer,
    here: Here,
    q: Text = "",
    about: About = "events",
    zone: Annotated[Zone, Query()] = "UTC",
    limit: Annotated[Number, Query()] = 100,
) -> Found:
    """Run a whole search: records, or with a `|` what they are summed up to."""
    now = local(here, zone)
    native = here.store.native_fields() if about == "events" else ()
    meant = search(q, SCHEMAS[about], now, native)
    return _found(answer(here.store, about, meant, limit=limit, zone=zone))


def _replied(understood: Understood, found: Answer | None, by: str) -> Replied:
    return Replied(
        about=understood.about,
        query=understood.query,
        words=[Word(text=word.text, meaning=word.meaning) for word in understood.words],
        unknown=list(understood.unknown),
        notes=list(understood.notes),
        declined=understood.declined,
        fix=understood.fix,
        by="model" if by == "model" else "grammar",
        found=_found(found) if found is not None else None,
    )


def _found(found: Answer) -> Found:
    return Found(
        shape=found.shape,
        rows=found.rows,
        scanned=found.scanned,
        cut=found.cut,
        without=found.without,
        damaged=list(found.damaged),
    )
