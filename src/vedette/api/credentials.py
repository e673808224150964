"""Whom a request comes from: an API key (`X-API-Key`, or `Authorization: Bearer`), or the session of a browser (cookie).

A browser sends a cookie with whatever request another site makes it send. A write that comes with one, and a WebSocket, are
therefore taken only from pages of our own: the Origin must be the Host that was called (OWASP CSRF, "verifying origin").
"""

import time
from collections import Counter
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Final

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vedette.api.access import AGAIN, Who
from vedette.api.guard import limited, secure, too_often
from vedette.api.place import Place
from vedette.api.problem import Problem
from vedette.api.rates import Rate
from vedette.model.account import SCOPES

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
STRANGERS: Final = 16 << 10
"""Bytes that are read from who is nobody: a body is in memory before the route says who may ask."""
AT_ONCE: Final = 20
"""Requests of one user that are worked on: half of the threads that answer, so that others are answered too."""
_LOOKING: Final = 8
"""Threads that look up who asks, apart from those that answer and may wait for the agent."""


def cookie_name(place: Place) -> str:
    """With https the prefix makes the browser refuse the cookie from anything but this very host (RFC 6265bis)."""
    return "__Host-vedette" if secure(place) else "vedette"


class Credentials:
    """Puts `who`, or `unknown` (why there is nobody), into the state of the request. Whether that is enough is the route's
    to say (api.access)."""

    def __init__(self, app: ASGIApp, place: Place) -> None:
        self._app = app
        self._place = place
        self._cookie = cookie_name(place)
        self._rate = Rate(place.tree.api.rate)
        self._threads = CapacityLimiter(_LOOKING)
        self._at_work = Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            state = scope.setdefault("state", {})
            key, cookie = _key(headers), _cookie(headers, self._cookie)
            if key is not None or cookie is not None:
                who = await to_thread.run_sync(self._who, key, cookie, limiter=self._threads)
                # To go on listening is no use of a session: it ends unused all the same.
                state[AGAIN] = partial(to_thread.run_sync, partial(self._who, key, cookie, touch=False), limiter=self._threads)
                if who is None:
                    state["unknown"] = "this session is over" if key is None else "this key is not known, was revoked or has expired"
                else:
                    wait = self._rate.take(who.token.id if who.token else who.name, time.monotonic())
                    if wait:
                        raise too_often(wait)
                    if self._at_work[who.name] >= AT_ONCE:
                        raise Problem(429, f"{AT_ONCE} requests of yours are at work", code="rate", fix="wait for one of them to end")
                    state["who"] = who
            writes = scope["type"] == "websocket" or scope["method"] not in SAFE
            if writes and key is None:
                _own(scope, headers, required=cookie is not None)
            if "who" not in state:
                receive = limited(scope, receive, STRANGERS)
            else:
                await self._counted(state["who"].name, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _counted(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        """At work until the answer begins: an answer that goes on, such as /live, holds no thread."""
        counted = True
        self._at_work[name] += 1

        def done() -> None:
            nonlocal counted
            if counted:
                counted = False
                self._at_work[name] -= 1
                if not self._at_work[name]:
                    del self._at_work[name]

        async def sent(message: Message) -> None:
            done()
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            done()

    def _who(self, key: str | None, cookie: str | None, *, touch: bool = True) -> Who | None:
        now, accounts, api = self._place.now(), self._place.store.accounts, self._place.tree.api
        if key is not None:
            found = accounts.token(key, now, touch=touch)
            if found is None:
                return None
            user, token = found
            # A key never may more than its owner may now.
            return Who(user.name, user.role, "token", SCOPES[user.role] & frozenset(token.scopes), token=token)
        signed = accounts.session(cookie or "", now, api.idle, api.session, touch=touch)
        if signed is None:
            return None
        user, session = signed
        return Who(user.name, user.role, "session", SCOPES[user.role], session=session)


def _key(headers: Headers) -> str | None:
    if "x-api-key" in headers:
        return headers["x-api-key"].strip()
    kind, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else None


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return None if found is None else found.value


def _own(scope: Scope, headers: Headers, *, required: bool) -> None:
    """Refuse what a page of another site sent.

    Args:
        required: without an Origin too; else only with a foreign one, which is how somebody would be signed in unawares.
    """
    origin = headers.get("origin")
    if origin is None:
        own = not required or headers.get("sec-fetch-site") == "same-origin"
    else:
        scheme, _, host = origin.partition("://")
        plain = scope.get("scheme") in ("http", "ws")
        own = host.lower() == headers.get("host", "").lower() and (scheme == "https" or (plain and scheme == "http"))
    if not own:
        fix = "use the console at the address that you signed in at, or an API key"
        raise Problem(403, "a page of another site sent this", code="origin", fix=fix)
