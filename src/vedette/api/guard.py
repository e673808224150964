"""Outermost: what holds for every request, whoever asks, and every answer, errors included."""

import time
import traceback
from collections.abc import Mapping
from ipaddress import ip_address
from math import ceil
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vedette.api import problem
from vedette.api.place import Place
from vedette.api.problem import Problem
from vedette.api.rates import Rate, near
from vedette.api.streams import Ended
from vedette.store.patience import SECONDS

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'; img-src 'self' data:",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""Of every answer that does not set them itself."""
TLS_HEADERS: Final = {"Strict-Transport-Security": "max-age=31536000"}


class Guard:
    """The Host header is ours (DNS rebinding), the address is not asking too often, the body is not too large; the answer
    has the headers that keep a browser safe, and never a stack trace."""

    def __init__(self, app: ASGIApp, place: Place, bodies: Mapping[str, int]) -> None:
        api = place.tree.api
        self._app = app
        self._place = place
        self._bodies = sorted(bodies.items(), key=lambda each: -len(each[0]))
        self._names = {"localhost", *(name.lower() for name in api.hosts)}
        self._rate = Rate(api.address_rate)
        self._headers = HEADERS | (TLS_HEADERS if secure(place) else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        SECONDS.set(self._place.tree.api.patience.total_seconds())
        started = False

        async def safely(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._look(scope)
            await self._app(scope, self._measured(scope, receive), safely)
        except Ended as error:
            self._place.log("ended", {"path": scope["path"], "why": str(error)})
            raise  # the server breaks the connection off
        except Exception as error:
            told = problem.of(error)
            if told.status == 500:
                self._place.log("fault", {"path": scope["path"], "error": repr(error), "trace": traceback.format_exc()})
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": told.document["detail"][:100]})
            elif started:
                raise
            else:
                await told.response()(scope, receive, safely)

    def _look(self, scope: Scope) -> None:
        host = Headers(scope=scope).get("host", "")
        if not self._ours(host):
            fix = "call it by its address or localhost, or put the name into api.hosts"
            raise Problem(421, f"this service is not called {host[:100]!r}", code="host", fix=fix)
        if wait := self._rate.take(near(address(scope)), time.monotonic()):
            raise too_often(wait)

    def _ours(self, host: str) -> bool:
        """An address cannot be rebound, a name can."""
        name = host.rpartition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
        try:
            ip_address(name)
        except ValueError:
            return name.lower() in self._names
        return True

    def _measured(self, scope: Scope, receive: Receive) -> Receive:
        path = scope["path"]
        most = next((size for prefix, size in self._bodies if path.startswith(prefix)), self._place.tree.api.max_body)
        return limited(scope, receive, most)


def limited(scope: Scope, receive: Receive, most: int) -> Receive:
    """Take no more than so many bytes, whatever length was announced.

    Raises:
        HTTPException: 413, now or when it is read.
    """
    length = Headers(scope=scope).get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > most):
        raise _too_large(most)
    size = 0

    async def measured() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise _too_large(most)
        return message

    return measured


def secure(place: Place) -> bool:
    """Whether browsers reach us by https."""
    return bool(place.tree.api.tls or place.tree.api.behind_proxy)


def address(scope: Scope) -> str:
    """Of the client; "" when the server does not say."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def too_often(wait: float) -> Problem:
    """429 with the seconds to wait."""
    seconds = ceil(wait)
    headers = {"Retry-After": str(seconds)}
    return Problem(429, f"too many requests; there is room in {seconds} s", code="rate", fix="ask less often", headers=headers)


def _too_large(most: int) -> HTTPException:
    # The framework's own exception: it passes others that come up while a body is read as 400.
    return HTTPException(413, f"larger than {most:,} bytes, the most that is taken here from you")
