"""Answers that go on for long: they end when the session or key that began them does, and not later than they may."""

import time
from collections.abc import AsyncIterator, Generator
from contextlib import suppress
from typing import Final

from anyio import CancelScope, to_thread
from starlette.requests import HTTPConnection

from vedette.api.access import still
from vedette.api.place import Place
from vedette.model.account import Scope

AGAIN: Final = 5.0
"""Seconds between two looks at who asks."""
TIMES: Final = 20
"""How often `api.patience` an answer may take that comes in pieces, the client's slowness included."""


class Ended(Exception):
    """An answer that had begun was ended. No problem of the API's: it cannot be answered any more."""


async def allowed(
    lines: Generator[bytes, None, None], connection: HTTPConnection, here: Place, scope: Scope
) -> AsyncIterator[bytes]:
    """The lines, made in a thread, for as long as they may go on. `lines` is closed in the end, whatever happens.

    Raises:
        Ended: it is over. The answer has begun, so that the connection breaks off: half a file must not look whole.
    """
    began = asked = time.monotonic()
    most = TIMES * here.tree.api.patience.total_seconds()
    try:
        while (line := await to_thread.run_sync(next, lines, None)) is not None:
            now = time.monotonic()
            if now - began > most:
                raise Ended("it took too long")
            if now - asked >= AGAIN:
                if not await still(connection, scope):
                    raise Ended("the session or key is over")
                asked = time.monotonic()
            yield line
    finally:
        # Not cancelled with the request: what the lines hold (a place among those that run) is given back here.
        with CancelScope(shield=True), suppress(ValueError):
            await to_thread.run_sync(lines.close)
