"""Writes with an `Idempotency-Key` are done once: the same request sent again within a day gets the same answer.

As the IETF draft of the header says (draft-ietf-httpapi-idempotency-key-header): another request with a key that is taken is
422, one that is still being worked on 409. A fault of ours (5xx) is not kept: then the same key may try again.
"""

from hashlib import sha256
from typing import Final

from anyio import to_thread
from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vedette.api import problem
from vedette.api.access import Who
from vedette.api.credentials import SAFE
from vedette.api.place import Place
from vedette.api.problem import Problem

LARGEST: Final = 1 << 16
"""Of an answer that is kept; a larger one is sent and forgotten."""


_HELD: Final = "held a secret"
_TOLD: Final = Problem(409, "this was done; its answer held a secret, which is told once", code="idempotency", fix="make another")


def secret(request: Request) -> None:
    """The answer to this request must not be kept."""
    request.scope.setdefault("state", {})[_HELD] = True


class Once:
    """Keys belong to whoever sent them with what they may do: nobody sees another's answer by guessing a key."""

    def __init__(self, app: ASGIApp, place: Place) -> None:
        self._app = app
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        who: Who | None = scope.get("state", {}).get("who")
        given = Headers(scope=scope).get("idempotency-key") if scope["type"] == "http" and scope["method"] not in SAFE else None
        if given is None or who is None:
            await self._app(scope, receive, send)
            return
        if not (1 <= len(given) <= 255 and given.isascii() and given.isprintable()):
            raise Problem(422, "Idempotency-Key has 1 to 255 printable ASCII characters", code="idempotency")
        body = await _whole(receive)
        if body is None:
            return
        key = _digest(who.name, who.role, ",".join(sorted(who.scopes)), given)
        # With the key in it, which is stored nowhere: else whoever reads the database could try passwords against the digest.
        about = _digest(given, scope["method"], scope["path"]).encode()
        asked = sha256(b"\0".join([about, scope["query_string"], body])).hexdigest()
        replies = self._place.store.replies
        known = await to_thread.run_sync(replies.claim, key, asked, self._place.now())
        if known is not None:
            if known.request != asked:
                fix = "a new key for each request; the same key only to send the same again"
                raise Problem(422, "another request came with this Idempotency-Key", code="idempotency", fix=fix)
            if not known.status:
                raise Problem(409, "this request is still being worked on", code="idempotency", fix="wait", headers={"Retry-After": "1"})
            answer = Response(known.body, known.status, {"Idempotency-Replayed": "true"}, known.kind or None)
            await answer(scope, receive, send)
            return
        await self._first(key, scope, _again(body, receive), send)

    async def _first(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        replies = self._place.store.replies
        status, kind, parts, size = 500, "", list[bytes](), 0

        async def kept(message: Message) -> None:
            nonlocal status, kind, size
            if message["type"] == "http.response.start":
                status, kind = message["status"], Headers(raw=message["headers"]).get("content-type", "")
            elif message["type"] == "http.response.body":
                part = message.get("body", b"")
                size += len(part)
                if size <= LARGEST:
                    parts.append(part)
            await send(message)

        try:
            await self._app(scope, receive, kept)
        finally:
            if status >= 500 or size > LARGEST:
                await to_thread.run_sync(replies.forget, key)
            elif scope["state"].get(_HELD):
                await to_thread.run_sync(replies.keep, key, _TOLD.status, problem.MEDIA, bytes(_TOLD.response().body))
            else:
                await to_thread.run_sync(replies.keep, key, status, kind, b"".join(parts))


async def _whole(receive: Receive) -> bytes | None:
    """The body; None when the client went away. How large it may be is api.guard's."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
