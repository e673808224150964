"""What is new, as it comes: as Server-Sent Events, and as a WebSocket, with the same messages and the same rights."""

import asyncio
from contextlib import suppress
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from starlette.requests import HTTPConnection

from vedette.api.access import Viewer, still
from vedette.api.live import LISTENERS, Live
from vedette.api.place import Here, Place
from vedette.api.problem import Problem

router = APIRouter(tags=["live"])

OVER: Final = 4401
"""Close code of a WebSocket whose session or key is over."""

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
    live = _live(request, here)
    after = None if last_event_id is None else int(last_event_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    lines = live.listen(after, request.is_disconnected, lambda: still(request, "read"))
    return StreamingResponse(lines, media_type="text/event-stream", headers=headers)


@router.websocket("/live/socket")
async def socket(_who: Viewer, here: Here, websocket: WebSocket, after: Annotated[int | None, Query(ge=0, lt=10**18)] = None) -> None:
    """The same as /live, each message a JSON object of `id`, `event` and `data`. `after`: the id that the client saw last.
    Nothing is taken from the client; a browser may open it only from a page of our own (api.credentials)."""
    live = _live(websocket, here)
    await websocket.accept()
    left = asyncio.create_task(_until_left(websocket))

    async def gone() -> bool:
        return left.done()

    try:
        async for event in live.events(after, gone, lambda: still(websocket, "read")):
            if event is not None:
                await websocket.send_text(event.message())
        if not left.done():
            await websocket.close(OVER, "the session or key is over")
    except (WebSocketDisconnect, RuntimeError):
        pass  # it went while we told it
    finally:
        left.cancel()


def _live(connection: HTTPConnection, here: Place) -> Live:
    state = connection.app.state
    live: Live = getattr(state, "live", None) or Live(here.store)
    state.live = live
    if live.listeners >= LISTENERS:
        raise Problem(503, f"{LISTENERS} listen already", code="busy", fix="close another page, or ask again later")
    return live


async def _until_left(websocket: WebSocket) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
