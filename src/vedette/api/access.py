"""Who asks, and what that one may do. Every route names what it takes:

    @router.get("")
    def list_things(_who: Viewer) -> ...          # Viewer, Analyst, Responder, Admin, or Anybody

A route that names nothing is refused when the app is made, so that nothing is open because somebody forgot.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from starlette.requests import HTTPConnection

from vedette.api.problem import Problem
from vedette.model.account import SCOPES, Role, Scope, Session, Token, Via

AGAIN: Final = "who again"
"""In the state of a request: looks up anew whom its cookie or key belongs to (api.credentials)."""
Needed = Scope | None
"""None: whoever asks."""


@dataclass(frozen=True)
class Who:
    """`scopes`: what the request may do: of a key, at most what its owner may."""

    name: str
    role: Role
    via: Via
    scopes: frozenset[Scope]
    session: Session | None = None
    token: Token | None = None

    def may(self, scope: Scope) -> bool:
        """Whether this is allowed to it."""
        return scope in self.scopes


def current(connection: HTTPConnection) -> Who | None:
    """Whom the request's cookie or key belongs to, as api.credentials found it."""
    who: Who | None = connection.scope.get("state", {}).get("who")
    return who


async def still(connection: HTTPConnection, scope: Scope) -> bool:
    """Whether the session or key of a request that goes on for long is still good for this: what was granted when it began
    may have ended since."""
    who: Who | None = await connection.scope["state"][AGAIN]()
    return who is not None and who.may(scope)


def _needs(scope: Scope) -> Callable[[HTTPConnection], Awaitable[Who]]:
    roles = [role for role, scopes in SCOPES.items() if scope in scopes]

    async def check(connection: HTTPConnection) -> Who:  # async: a plain function would be run in a thread
        who = current(connection)
        if who is None:
            detail = connection.scope.get("state", {}).get("unknown") or "sign in first"
            fix = "sign in, or send an API key: X-API-Key or Authorization: Bearer"
            raise Problem(401, detail, code="unauthorized", fix=fix, headers={"WWW-Authenticate": "Bearer"})
        if not who.may(scope):
            lacks = f"this key lacks the scope {scope}" if who.token else f"a {who.role} may not do this"
            raise Problem(403, lacks, code="forbidden", fix=f"ask an administrator; it takes {' or '.join(roles)}", needs=scope)
        return who

    return check


viewer = _needs("read")
analyst = _needs("work")
responder = _needs("block")
admin = _needs("admin")


async def anybody(connection: HTTPConnection) -> Who | None:
    """For the few routes that are open: signing in, and whether we are alive."""
    return current(connection)


Viewer = Annotated[Who, Depends(viewer)]
Analyst = Annotated[Who, Depends(analyst)]
Responder = Annotated[Who, Depends(responder)]
Admin = Annotated[Who, Depends(admin)]
Anybody = Annotated[Who | None, Depends(anybody)]

_MEANS: Final[dict[Any, Needed]] = {viewer: "read", analyst: "work", responder: "block", admin: "admin", anybody: None}


def needed(dependant: Dependant) -> set[Needed]:
    """What a route names; empty when it names nothing."""
    return {_MEANS[call] for call in _calls(dependant) if call in _MEANS}


def _calls(dependant: Dependant) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each.call
        yield from _calls(each)
