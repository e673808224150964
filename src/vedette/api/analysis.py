"""The analysis page alone, as a plain ASGI application: `uvicorn vedette.api.analysis:app`, or any host that serves ASGI.

No store, no agent, no accounts, no model: what is sent is judged and forgotten. Limits by the environment: MAX_LOG_SIZE (here
8 MiB when it is not set), ANALYSES_AT_ONCE (2), ANALYSES_PER_MINUTE of one address (10). Put TLS, and whom you let in, in front.
"""

import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import msgspec
from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vedette.api import problem
from vedette.api.guard import HEADERS, address, limited, too_often
from vedette.api.problem import Problem
from vedette.api.rates import Rate, near
from vedette.api.uploads import Busy
from vedette.config.tree import Analysis
from vedette.parse.context import Context
from vedette.report.analysis import page
from vedette.runtime.analyze import SENSITIVITY, analyse_bytes
from vedette.runtime.engine import Plan
from vedette.runtime.rules import load

SMALL: Final = 8 << 20
POLICY: Final = HEADERS["Content-Security-Policy"] + "; style-src 'self' 'unsafe-inline'"
"""The answer is shown in a sandboxed frame, which has this policy too, and brings its style with it."""
SCRIPT: Final = """\
const form = document.querySelector("form"), said = document.querySelector("output");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const file = form.file.files[0], log = file ?? new Blob([form.log.value]);
  said.textContent = "Analyzing …";
  const query = new URLSearchParams({ name: file?.name ?? "pasted", sensitivity: form.sensitivity.value });
  const answer = await fetch("api/v1/analyze?" + query, { method: "POST", body: log, headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.ok) {
    said.textContent = "";
    document.querySelector("iframe").srcdoc = await answer.text();
  } else said.textContent = answer ? ((await answer.json().catch(() => ({}))).detail ?? "This did not work.") : "No answer.";
});
"""
PAGE: Final = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Vedette: analyze a log</title><link rel="stylesheet" href="analysis.css"><script src="analysis.js" defer></script></head>
<body><main><h1>Analyze a log</h1><p>At most {most} MiB. It is read, judged and forgotten: nothing is stored, and no model is asked.</p>
<form><p><label>Paste a log<br><textarea name="log" rows="10" spellcheck="false"></textarea></label></p>
<p><label>Or choose a file<br><input type="file" name="file"></label></p>
<p><label>Sensitivity <select name="sensitivity"><option>low<option selected>medium<option>high</select></label>
<button>Analyze</button></p></form><output role="status"></output>
<iframe title="Analysis" sandbox></iframe></main></body></html>
"""
STYLE: Final = """\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
textarea, iframe { width: 100%; box-sizing: border-box } iframe { height: 80vh; border: 0 }
"""


@cache
def _plan() -> Plan:
    return Plan(load([]))


def create(most: int | None = None, at_once: int = 2, per_minute: int = 10) -> ASGIApp:
    """The application.

    Args:
        most: bytes of a log; $MAX_LOG_SIZE or 8 MiB when it is None.
    """
    size = most if most is not None else Analysis().max_log_size if os.environ.get("MAX_LOG_SIZE") else SMALL
    busy, rate = Busy(at_once), Rate(per_minute)

    async def analyze(request: Request) -> Response:
        if wait := rate.take(near(address(request.scope)), time.monotonic()):
            raise too_often(wait)
        sensitivity = request.query_params.get("sensitivity", "medium")
        if sensitivity not in SENSITIVITY:
            raise Problem(422, "no such sensitivity", code="request", fix=f"one of: {', '.join(SENSITIVITY)}")
        data = await request.body()
        if not data:
            raise Problem(422, "there is no log in the body", code="request", fix="send the bytes of the file as the body")
        name = request.query_params.get("name", "upload")[:200]

        def work() -> Any:
            with busy.one():
                context = Context(reference=datetime.now(UTC))
                return analyse_bytes(data, name, _plan(), context, sensitivity=sensitivity, most=size).analysis

        made = await to_thread.run_sync(work)
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse("".join(page(made)))
        return JSONResponse(msgspec.to_builtins(made))

    async def text(request: Request) -> Response:
        start = PAGE.format(most=max(size >> 20, 1))
        kinds = {"/": ("text/html", start), "/analysis.js": ("text/javascript", SCRIPT), "/analysis.css": ("text/css", STYLE)}
        media, shown = kinds[request.scope["path"].removeprefix(request.scope.get("root_path", "")) or "/"]
        return PlainTextResponse(shown, media_type=media, headers={"Content-Security-Policy": POLICY})

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def refused(_request: Request, error: Exception) -> Response:
        return problem.of(error).response()

    routes = [Route(path, text) for path in ("/", "/analysis.js", "/analysis.css")]
    routes += [Route("/api/v1/analyze", analyze, methods=["POST"]), Route("/healthz", healthz)]
    kinds: list[type[Exception]] = [Problem, HTTPException, Exception]
    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = dict.fromkeys(kinds, refused)
    return _Limited(Starlette(routes=routes, exception_handlers=handlers), size)


class _Limited:
    """No body is larger than it may be, and every answer has the headers that keep a browser safe."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message["headers"]}
                more = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *(pair for pair in more if pair[0] not in known)]
            await send(message)

        try:
            measured = limited(scope, receive, self._most)
        except HTTPException as error:
            await problem.of(error).response()(scope, receive, safely)
            return
        await self._app(scope, measured, safely)


app: Final = create(at_once=int(os.environ.get("ANALYSES_AT_ONCE", "2")), per_minute=int(os.environ.get("ANALYSES_PER_MINUTE", "10")))
