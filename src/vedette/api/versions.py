"""ETags: a client is told 304 when nothing changed, and a write is refused (412) when somebody else changed it before.

    def get_thing(request: Request, response: Response, ...) -> Thing:
        fresh(request, response, version(thing))
    def put_thing(request: Request, ...):
        must_match(request, version(before))
"""

from hashlib import sha256
from typing import Any

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from vedette.api.problem import Problem


def version(*values: Any) -> str:
    """A strong ETag of what is shown."""
    return f'"{sha256(to_json(values)).hexdigest()[:32]}"'


def fresh(request: Request, response: Response, tag: str) -> None:
    """Name the version; ends the request with 304 when the client has it."""
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    if tag in _tags(request.headers.get("if-none-match", "")):
        raise NotModified(tag)


def must_match(request: Request, tag: str, *, required: bool = False) -> None:
    """Refuse a write that is about another version than there is.

    Args:
        required: also refuse one that names none.

    Raises:
        Problem: 412, or 428.
    """
    given = request.headers.get("if-match")
    fix = "read it again, apply your change to that, and send its ETag as If-Match"
    if given is None:
        if required:
            raise Problem(428, "say which version you changed", code="version", fix=fix)
        return
    if given.strip() != "*" and tag not in _tags(given):
        raise Problem(412, "somebody else changed it meanwhile", code="version", fix=fix, headers={"ETag": tag})


class NotModified(Exception):
    """The client has this version."""

    def __init__(self, tag: str) -> None:
        self.tag = tag


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
