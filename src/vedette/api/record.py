"""Every write and every sign-in goes into the audit log: who, what, to what, from where, and what came of it.

What is written down is the name of the operation and the path, never what was sent; a route adds words of its own with
`tell`. The entry is durable before the client is answered.
"""

from collections.abc import Mapping
from typing import Final

from anyio import to_thread
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vedette.api import problem, schema
from vedette.api.access import Who
from vedette.api.credentials import SAFE
from vedette.api.guard import address
from vedette.api.place import Place

_STATE: Final = "audit"


def tell(request: Request, *, who: str | None = None, subject: str | None = None, detail: str | None = None) -> None:
    """What the audit log is to say of this request beyond the path. No secrets."""
    told = request.scope.setdefault("state", {}).setdefault(_STATE, {})
    given = {"who": who, "subject": subject, "detail": detail}
    told.update({key: value for key, value in given.items() if value is not None})


class Record:
    """Writes the entry when the answer begins. Of requests by nobody only those are kept of which a route told something:
    else whoever reaches us could fill the disk."""

    def __init__(self, app: ASGIApp, place: Place) -> None:
        self._app = app
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        began = False

        async def recorded(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                await self._kept(scope, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, recorded)
        except Exception as error:  # of what is further in than this, or of ours
            if not began:
                await self._kept(scope, problem.of(error).status)
            raise

    async def _kept(self, scope: Scope, status: int) -> None:
        state = scope.get("state", {})
        who: Who | None = state.get("who")
        told = state.get(_STATE, {})
        if not told and (who is None or scope["method"] in SAFE):
            return
        await to_thread.run_sync(self._write, scope, status, who, told)

    def _write(self, scope: Scope, status: int, who: Who | None, told: Mapping[str, str]) -> None:
        route = scope.get("route")
        entry = self._place.store.audit.add(
            self._place.now(),
            who=told.get("who", who.name if who else ""),
            via=(f"token {who.token.id}" if who.token else who.via) if who else "",
            origin=address(scope),
            what=schema.operation(route.name) if route else scope["method"],
            subject=told.get("subject", scope["path"]),
            result=status,
            detail=told.get("detail", ""),
        )
        self._place.log("audit", {"number": entry.number, "who": entry.who, "what": entry.what, "result": status, "digest": entry.digest})
