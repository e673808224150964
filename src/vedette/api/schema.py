"""The OpenAPI document, complete for clients that are generated from it: who may ask, and which problems may come."""

from collections.abc import Iterable
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext

from vedette.api import access
from vedette.api.problem import MEDIA

PROBLEM: Final = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `code`: of few values, for programs. `fix`: what to do, for people. `errors`: each fault.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "fix": {"type": "string"},
        "errors": {"type": "array", "items": {}},
    },
}
SCHEMES: Final = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "vedette", "description": "__Host-vedette with https"},
}


def operation(name: str) -> str:
    """What generated clients call a route: listThings for list_things."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def describe(app: FastAPI, routes: Iterable[RouteContext]) -> None:
    """Have the app make its document, once, when it is asked for."""
    known = {str(getattr(route, "unique_id", "")): access.needed(route.dependant) for route in routes}

    def made() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        parts = document.setdefault("components", {})
        parts["securitySchemes"] = SCHEMES
        parts.setdefault("schemas", {})["Problem"] = PROBLEM
        parts["schemas"].pop("HTTPValidationError", None)
        parts["schemas"].pop("ValidationError", None)
        for path in document["paths"].values():
            for method, each in path.items():
                _complete(each, method, known.get(each["operationId"], set()))
        app.openapi_schema = document
        return document

    app.openapi = made  # type: ignore[method-assign]


def _complete(told: dict[str, Any], method: str, needed: set[access.Needed]) -> None:
    scopes = sorted(scope for scope in needed if scope)
    responses = told["responses"]
    responses.pop("422", None)
    expected = ["400", "422", "429", *(["401", "403"] if scopes else []), *([] if method == "get" else ["409", "413"])]
    expected += ["404"] if any(each["in"] == "path" for each in told.get("parameters", [])) else []
    for status in sorted(expected):
        responses.setdefault(status, _problem())
    responses.setdefault("default", _problem())
    if scopes:
        told["security"] = [{name: []} for name in SCHEMES]
        told["x-scope"] = scopes[0]
    if method in ("post", "put", "patch", "delete") and scopes:
        header = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 255}}
        told.setdefault("parameters", []).append(header)


def _problem() -> dict[str, Any]:
    return {"description": "A problem.", "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
