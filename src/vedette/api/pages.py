"""Lists come in pages. A cursor is opaque to the client: where the next page begins, in the order that it was asked for.

    {"items": [...], "next": "WzE3NjU...", "total": 96}

A cursor names a position (a sort key), not a number of rows to skip: nothing comes twice or is missed because
something was added meanwhile, and the last page costs what the first did.
"""

import base64
import binascii
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel

from vedette.api.problem import Problem

Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=1000, description="Items of a page.")]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next` of the page before.")]


class Page(BaseModel, Generic[Item]):
    """`next`: cursor of the next page, null on the last. `total`: null where counting would cost more than it tells."""

    items: list[Item]
    next: str | None = None
    total: int | None = None


def cursor(*position: Any) -> str:
    """Of the last item of a page."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).rstrip(b"=").decode()


def position(text: str | None, *kinds: type) -> list[Any] | None:
    """What `cursor` was given; None for the first page.

    Args:
        kinds: types of its values.

    Raises:
        Problem: the client made it up.
    """
    if text is None:
        return None
    try:
        values = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        values = None
    if isinstance(values, list) and any(isinstance(value, int) and not -(2**63) <= value < 2**63 for value in values):
        values = None  # no database has such a number
    if not isinstance(values, list) or [type(value) for value in values] != list(kinds):
        raise Problem(422, "no cursor of this list", code="cursor", fix="take `next` of the page before, with the same query")
    return values
