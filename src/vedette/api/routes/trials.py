"""A rule tried on the past: an answer that comes in lines, since it may take as long as there are events."""

import threading
import time
from collections.abc import Generator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from vedette.api.access import Analyst
from vedette.api.documents import IncidentShown
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.routes.rules import RuleText, written
from vedette.api.streams import allowed
from vedette.detect.sigma import Ruleset
from vedette.model.errors import VedetteError
from vedette.model.stored import EventQuery

router = APIRouter(prefix="/trials", tags=["rules"])

DAYS: Final = 30
INCIDENTS: Final = 20
EVERY: Final = 0.25
"""Seconds between two lines."""
_RUNNING: Final = threading.BoundedSemaphore(2)
"""Each takes a processor."""


class Tried(BaseModel):
    """What the rules would have found in `events` events that are kept: matches and alerts by rule id, first matches, and
    what would have become of them. `seconds`: of a processor, for matching alone."""

    events: int
    seconds: float
    matches: dict[str, int]
    alerts: dict[str, int]
    examples: list[dict[str, Any]]
    incidents: list[IncidentShown]
    incidents_total: int


class Trial(BaseModel):
    """A line of the answer: how far it is (`seen` of about `total` events), and in the last one what came of it, or why
    nothing did."""

    seen: int
    total: int
    tried: Tried | None = None
    fault: str | None = None


class Lines(StreamingResponse):
    """One JSON object a line."""

    media_type = "application/x-ndjson"


@router.post("", response_class=Lines, responses={200: {"model": Trial, "description": "Such objects, one a line."}})
def try_rule(
    _who: Analyst, here: Here, request: Request, given: RuleText,
    days: Annotated[int, Query(ge=1, le=DAYS, description="Looked back from now, or from the newest event.")] = 7,
) -> Lines:  # fmt: skip
    """Run it over the events that are kept. Each line tells how far it is; the last one what came of it. It ends when the
    client goes, or its session or key does."""
    lines = _lines(here, given, days)
    first = next(lines)  # what is wrong with the rule is told as any other mistake is

    def all_of() -> Generator[bytes, None, None]:
        with closing(lines):
            yield first
            yield from lines

    return Lines(allowed(all_of(), request, here, "work"), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


def _lines(here: Place, given: RuleText, days: int) -> Generator[bytes, None, None]:
    from vedette.runtime import trial
    from vedette.runtime.rules import plan_of

    if not _RUNNING.acquire(blocking=False):
        raise Problem(503, "two rules are being tried already", code="busy", fix="wait for one of them to end")
    try:
        beside = written(here, given)
        now = here.now()
        since = min(now, here.store.status().newest or now) - timedelta(days=days)  # of a recording, its own last days
        total = sum(here.store.counts(EventQuery(since=since), timedelta(days=1)).values())
        seen, told = 0, float("-inf")
        steps = trial.trying(here.store, beside.ruleset, [Path(beside.path)], plan_of(here.tree, Ruleset((), (), ())), since, None)
        try:
            for step in steps:
                if not isinstance(step, int):
                    yield _line(Trial(seen=seen, total=seen, tried=_tried(step)))
                    continue
                seen = step
                if time.monotonic() - told >= EVERY:
                    yield _line(Trial(seen=seen, total=max(seen, total)))
                    told = time.monotonic()
        except VedetteError as error:
            if told < 0:
                raise
            yield _line(Trial(seen=seen, total=total, fault=str(error)))
    finally:
        _RUNNING.release()


def _tried(found: Any) -> Tried:
    rows = found.examples.iter_rows(named=True)
    examples = [{name: msgspec.to_builtins(value) for name, value in row.items() if value is not None} for row in rows]
    alerts = {rule.id: sum(alert.rule_id == rule.id for alert in found.alerts) for rule in found.rules}
    worst = sorted(found.incidents, key=lambda each: -each.score)
    return Tried(
        events=found.events, seconds=round(found.seconds, 3), matches=found.matches, alerts=alerts, examples=examples,
        incidents=worst[:INCIDENTS], incidents_total=len(worst),
    )  # fmt: skip


def _line(each: Trial) -> bytes:
    return each.model_dump_json().encode() + b"\n"
