"""What is new, as it comes, as Server-Sent Events."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from vedette.api.access import Viewer, still
from vedette.api.live import LISTENERS, Live
from vedette.api.place import Here
from vedette.api.problem import Problem

router = APIRouter(tags=["live"])


_TEXT: Final = {"type": "string"}
_EVENT: Final = {"type": "object", "required": ["id", "event", "data"], "properties": {"id": _TEXT, "event": _TEXT, "data": _TEXT}}
_TOLD: Final = {"description": "Server-Sent Events; `data` is JSON.", "content": {"text/event-stream": {"schema": _EVENT}}}


@router.get("/live", response_class=StreamingResponse, responses={200: _TOLD})
async def stream(
    _who: Viewer,
    here: Here,
    request: Request,
    last_event_id: Annotated[str | None, Header(pattern="^[0-9]{1,18}$", max_length=18)] = None,
) -> StreamingResponse:
    """Events `alerts`, `incidents` and `actions`, each a list of what is new or changed; `hello` first; `reset` when too
    much was missed. A client that sends the Last-Event-ID that it saw goes on there."""
    state = request.app.state
    live: Live = getattr(state, "live", None) or Live(here.store)
    state.live = live
    if live.listeners >= LISTENERS:
        raise Problem(503, f"{LISTENERS} listen already", code="busy", fix="close another page, or ask again later")
    after = None if last_event_id is None else int(last_event_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    lines = live.listen(after, request.is_disconnected, lambda: still(request, "read"))
    return StreamingResponse(lines, media_type="text/event-stream", headers=headers)
