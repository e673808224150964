"""Every error is a problem document (RFC 9457, application/problem+json), and says what to change.

    {"type": "about:blank", "title": "Conflict", "status": 409, "detail": "this is the last administrator",
     "code": "account", "fix": "make another user admin first"}

`code` has few distinct values, for programs; `fix` is for people; `errors` lists each fault of a request that is not valid.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from vedette.model.errors import ConfigError, VedetteError
from vedette.model.query import QueryError
from vedette.model.text import safe

MEDIA: Final = "application/problem+json"
STATUS: Final = {
    "account": 409,
    "no-account": 404,
    "action": 409,
    "incident": 409,
    "config": 422,
    "exception": 422,
    "query": 422,
    "rule": 422,
    "triage": 422,
    "silence": 422,
    "silence-conflict": 409,
    "source": 422,
    "component": 422,
    "store": 503,
    "delivery": 502,
}
"""Of our own errors, by `VedetteError.code`; 400 of the rest."""


class Problem(Exception):
    """What a route raises: `raise Problem(404, "no such incident", fix="GET /api/v1/incidents lists them")`."""

    def __init__(
        self, status: int, detail: str, *, code: str = "", fix: str = "", headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        self.document: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "code": code or HTTPStatus(status).phrase.lower().replace(" ", "-"),
            **({"fix": fix} if fix else {}),
            **more,
        }

    def response(self) -> JSONResponse:
        """As it is sent."""
        return JSONResponse(self.document, self.status, {"Cache-Control": "no-store", **self.headers}, MEDIA)


def of(error: Exception) -> Problem:
    """The problem that an error is; a fault of our own is told as such, without its trace."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        errors = [_fault(each) for each in error.errors()]
        shown = "; ".join(f"{e['where']}: {e['what']}" for e in errors[:3])
        return Problem(422, shown, code="request", fix="/api/v1/openapi.json says what is wanted", errors=errors)
    if isinstance(error, HTTPException):
        detail = error.detail if error.detail != HTTPStatus(error.status_code).phrase else _PLAIN.get(error.status_code, error.detail)
        return Problem(error.status_code, str(detail), fix=_FIX.get(error.status_code, ""), headers=error.headers)
    if isinstance(error, VedetteError):
        more: dict[str, Any] = {"errors": error.faults} if isinstance(error, ConfigError) else {}
        more |= {"where": error.where} if error.where else {}
        more |= {"column": error.column} if isinstance(error, QueryError) else {}
        return Problem(STATUS.get(error.code, 400), error.what, code=error.code, fix=error.fix, **more)
    return Problem(500, "a fault of our own", code="internal", fix="the log of vedette serve has it; please report it")


def install(app: FastAPI) -> None:
    """Answer every error of the app like this. What nobody foresaw is caught further out, by api.guard."""

    async def handle(_request: Request, error: Exception) -> Response:
        return of(error).response()

    for kind in (Problem, RequestValidationError, HTTPException, VedetteError):
        app.add_exception_handler(kind, handle)


_PLAIN: Final = {404: "nothing is here", 405: "this cannot be done here", 413: "larger than is taken here"}
_FIX: Final = {
    404: "/api/v1/openapi.json lists what there is",
    405: "the header Allow lists what can be done",
    413: "send less at once",
}


def _fault(error: Any) -> dict[str, str]:
    """Where and what; not what was sent, which may hold a password."""
    where = ".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0] if error["loc"] else "body")
    message = str(error["msg"]).removeprefix("Value error, ")
    return {"in": str(error["loc"][0]) if error["loc"] else "body", "where": safe(where)[:200], "what": safe(message)[:500]}
