"""The app: routes are files in routes/, and what third parties give as entry points of the group `vedette.routes`.

A route file has `router = APIRouter(prefix="/things", tags=["things"])`; it is served below /api/v1, or below `PREFIX` when
the file says so. `BODIES` is the largest body below a path that takes more than others: {"/api/v1/uploads": 64 << 20}, or
a function of the settings that returns it. Each
function is an operation; its name is the name of the method in generated clients (list_things is listThings), and its
docstring is what the documentation says.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from vedette import __version__, registry
from vedette.api import access, problem, schema
from vedette.api.credentials import Credentials
from vedette.api.guard import Guard
from vedette.api.once import Once
from vedette.api.place import Log, Place
from vedette.api.record import Record
from vedette.api.versions import NotModified
from vedette.config.tree import Tree
from vedette.model.errors import ComponentError
from vedette.runtime.rulebook import Rulebook
from vedette.store.store import LocalStore

V1: Final = "/api/v1"


def create(
    tree: Tree,
    store: LocalStore,
    *,
    config: Path | None = None,
    log: Log | None = None,
    now: Callable[[], datetime] | None = None,
) -> FastAPI:
    """The whole API.

    Args:
        store: opened for reading (`writer=False`): the agent is another process.
        config: the settings file, for those who may change it.
        now: the clock.

    Raises:
        ComponentError: a route names nobody who may ask, or has the name of another.
    """
    app = FastAPI(
        title="Vedette",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: schema.operation(route.name),
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    store.remember_alerts()
    given = {"config": config, "log": log, "now": now}
    place = app.state.place = Place(tree, store, Rulebook(tree), **{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
    bodies: dict[str, int] = {}
    for name in registry.names("routes"):
        module = registry.load("routes", name)
        router = getattr(module, "router", None)
        if not isinstance(router, APIRouter):
            raise ComponentError("has no `router = APIRouter(...)`", where=f"routes {name}")
        app.include_router(router, prefix=getattr(module, "PREFIX", V1))
        larger = getattr(module, "BODIES", {})
        bodies |= larger(tree) if callable(larger) else larger
    problem.install(app)
    _surround(app, place, bodies)
    app.add_exception_handler(NotModified, _not_modified)
    _check(app)
    schema.describe(app, routes(app))
    return app


def _surround(app: FastAPI, place: Place, bodies: Mapping[str, int]) -> None:
    """What every request passes through; the outermost is added last."""
    app.add_middleware(Once, place=place)
    app.add_middleware(Credentials, place=place)
    app.add_middleware(Record, place=place)  # around it: what it refuses of somebody is written down too
    if place.tree.api.cors:
        headers = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-API-Key")
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(place.tree.api.cors),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=headers,
            expose_headers=["ETag", "Retry-After"],
        )
    app.add_middleware(Guard, place=place, bodies=bodies)


def routes(app: FastAPI) -> Iterator[RouteContext]:
    """Every route with its whole path, `methods` and `dependant`."""
    return (each for each in iter_route_contexts(app.routes) if getattr(each, "dependant", None))


def _check(app: FastAPI) -> None:
    seen: dict[str, str] = {}
    for route in routes(app):
        where = f"{route.endpoint.__module__}.{route.name}" if route.endpoint else str(route.path)
        if not access.needed(route.dependant):
            fix = "give it a parameter: who: Viewer, Analyst, Responder, Admin or Anybody"
            raise ComponentError("this route names nobody who may ask", where=where, fix=fix)
        operation = str(getattr(route, "unique_id", None) or route.name)
        if operation in seen:
            raise ComponentError(f"the operation {operation} is there already", where=where, fix=f"rename it; see {seen[operation]}")
        seen[operation] = where


async def _not_modified(_request: Request, error: Any) -> Response:
    return Response(status_code=304, headers={"ETag": error.tag, "Cache-Control": "private, no-cache"})
