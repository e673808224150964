"""The dashboard: the files that `make web` builds into web_dist. Every address that is no file is a page of it.

Nobody has to be signed in for these files: they hold nothing but the program, which asks the API.
"""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.convertors import StringConvertor, register_url_convertor

from vedette.api.access import Anybody
from vedette.api.problem import Problem

PREFIX: Final = ""
DIST: Final = Path(__file__).parents[2] / "web_dist"
MISSING: Final = "The dashboard is not built: make web\n\nThe API is there all the same: /api/v1/openapi.json\n"
FOREVER: Final = "public, max-age=31536000, immutable"
"""Of files whose name changes with what is in them."""
POLICY: Final = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "
    "img-src 'self' data:; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""That of the API, and no text can become markup: where the browser knows trusted types, nothing may make any."""


class _Page(StringConvertor):
    """What the API does not use: a wrong address below /api is told as one, not shown as a page."""

    regex = r"(?!api(?:/|$)|assets/).*"


register_url_convertor("page", _Page())
router = APIRouter(include_in_schema=False)


@router.get("/assets/{name}")
def get_asset(_who: Anybody, name: str) -> Response:
    """A script, a style sheet, a font."""
    file = DIST / "assets" / name
    if file.parent != DIST / "assets" or not file.is_file():
        raise Problem(404, "no such file of the dashboard", fix="load the page again: it was built anew")
    return FileResponse(file, headers={"Cache-Control": FOREVER})


@router.get("/{page:page}")
def get_page(_who: Anybody, page: str) -> Response:  # noqa: ARG001  the page is the browser's to show
    """The dashboard, which shows the page."""
    index = DIST / "index.html"
    if not index.is_file():
        return PlainTextResponse(MISSING, 503)
    return FileResponse(index, headers={"Cache-Control": "no-cache", "Content-Security-Policy": POLICY})
