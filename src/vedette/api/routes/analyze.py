"""Analyses: of logs that are pasted or uploaded, and of incidents. Nothing of what is sent is kept."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from vedette.api.access import Analyst, Viewer, Who
from vedette.api.documents import AnalysisShown
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.api.streams import allowed
from vedette.api.uploads import NDJSON, Busy, Hear, Tell, lines
from vedette.config.tree import Tree
from vedette.model.analysis import Analysis
from vedette.parse.context import Context

if TYPE_CHECKING:
    from vedette.runtime.analyze import Looked

router = APIRouter(tags=["analysis"])
PATH: Final = "/api/v1/analyze"


def BODIES(tree: Tree) -> dict[str, int]:
    """The largest body that is taken."""
    return {PATH: tree.analysis.max_log_size}


_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_BODY: Final = {"requestBody": {"required": True, "content": {"application/octet-stream": _BINARY}}}

Name = Annotated[str, Query(max_length=200, description="What the log is called in the answer.")]
Sensitivity = Annotated[Literal["low", "medium", "high"], Query(description="How much is told.")]
Compression = Annotated[bool, Query(description="Whether to tell what packing for a model saves.")]
Model = Annotated[bool, Query(description="Whether the model of the settings is asked too.")]


class Limits(BaseModel):
    """What may be sent: bytes, file name endings that a page should offer (the content decides), and the model of the settings."""

    max_log_size: int
    endings: list[str]
    model: str | None


@router.get("/analyze")
def get_analyze_limits(_who: Viewer, here: Here) -> Limits:
    """What may be sent for an analysis."""
    endings = [".txt", ".log", ".json", ".csv", ".evtx", ".pcap", ".pcapng", ".gz", ".zip"]
    ai = here.tree.ai
    model = f"{ai.provider} {ai.model}" if ai.provider else None
    return Limits(max_log_size=here.tree.analysis.max_log_size, endings=endings, model=model)


@router.post("/analyze", openapi_extra=_BODY)
async def analyze_log(
    who: Analyst, here: Here, request: Request, name: Name = "upload", sensitivity: Sensitivity = "medium",
    compression: Compression = True, model: Model = False,
) -> AnalysisShown:  # fmt: skip
    """Say what the log in the body comes to: any format, archive or capture, as it is. Nothing of it is kept."""
    from vedette.runtime.analyze import analyse_bytes

    data = await request.body()
    if not data:
        raise Problem(422, "there is no log in the body", code="request", fix="send the bytes of the file as the body")
    tell(request, subject=f"{len(data):,} bytes")
    busy = _busy(request)

    def work(tell: Tell, hear: Hear | None) -> Analysis:
        with busy.one():
            plan, context = _plan(here), Context(reference=here.now(), zone=here.tree.time_zone)
            most = here.tree.analysis.max_log_size
            how: dict[str, Any] = {"sensitivity": sensitivity, "pack": compression, "most": most, "tell": tell}
            looked = analyse_bytes(data, name, plan, context, **how)
            return _opinion(here, who, looked, tell, hear) if model else looked.analysis

    return await _answered(work, request, here)  # type: ignore[no-any-return]


@router.get("/incidents/{incident_id}/analysis")
def get_incident_analysis(_who: Viewer, here: Here, incident_id: str) -> AnalysisShown:
    """What an incident comes to, in words, from its alerts and their evidence."""
    from vedette.runtime.analyze import analyse_incident

    incident = here.store.incident(incident_id)
    if incident is None:
        raise Problem(404, "no such incident", fix="GET /api/v1/incidents lists them")
    return analyse_incident(incident).analysis


@router.post("/incidents/{incident_id}/opinion")
async def ask_model_about_incident(who: Analyst, here: Here, request: Request, incident_id: str) -> AnalysisShown:
    """The same, with the opinion of the model of the settings beside it. It changes nothing about the incident."""
    from vedette.runtime.analyze import analyse_incident

    incident = await to_thread.run_sync(here.store.incident, incident_id)
    if incident is None:
        raise Problem(404, "no such incident", fix="GET /api/v1/incidents lists them")
    busy = _busy(request)

    def work(tell: Tell, hear: Hear | None) -> Analysis:
        with busy.one():
            tell("judge", 0.0)
            return _opinion(here, who, analyse_incident(incident), tell, hear)

    return await _answered(work, request, here)  # type: ignore[no-any-return]


async def _answered(work: Callable[[Tell, Hear | None], Analysis], request: Request, here: Place) -> Any:
    """What the work comes to; line by line for who asks for that, and only as long as he may ask."""
    if NDJSON in request.headers.get("accept", ""):
        return StreamingResponse(allowed(lines(work), request, here, "work"), media_type=NDJSON)
    return await to_thread.run_sync(work, lambda _what, _share: None, None)


def _opinion(here: Place, who: Who, looked: "Looked", tell: Tell, hear: Hear | None = None) -> Analysis:
    from vedette.runtime.opinion import with_opinion

    return with_opinion(looked, here.tree.ai, here.tree.data_dir, here.audits(who), tell, hear)


def _busy(request: Request) -> Busy:
    state = request.app.state
    busy: Busy = getattr(state, "analyses", None) or Busy()
    state.analyses = busy
    return busy


def _plan(here: Place) -> Any:
    from vedette.runtime.rules import load_rules, plan_of

    return plan_of(here.tree, load_rules(here.tree))

