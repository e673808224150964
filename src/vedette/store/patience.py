"""How long one question to the store may take. The API sets it for those who ask from outside: a hundred patterns over all that
is kept take hours, and who asks may long have gone. The agent and the command line wait as long as it takes.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from typing import Any, Final

import sqlalchemy as sa

from vedette.model.errors import VedetteError

SECONDS: Final = ContextVar[float | None]("SECONDS", default=None)
"""Of one question in this context, and in threads that run for it; None: without end."""
_STEPS: Final = 1000
"""Steps of the database's machine between two looks at the clock."""


class TooLongError(VedetteError):
    """A question took longer than it may."""

    code = "query"

    def __init__(self) -> None:
        super().__init__("this took too long, and was ended", fix="ask for less time, or for fewer things at once")


def end() -> float:
    """When a question that begins now is to have been answered, by time.monotonic."""
    seconds = SECONDS.get()
    return inf if seconds is None else time.monotonic() + seconds


def check(until: float) -> None:
    """Raise TooLongError when it is later than that."""
    if time.monotonic() > until:
        raise TooLongError


@contextmanager
def bounded(connection: sa.Connection, most: float = inf) -> Iterator[None]:
    """What the database does meanwhile is interrupted when it takes too long.

    Args:
        most: seconds, where there is an end at all.
    """
    until = min(end(), time.monotonic() + most) if SECONDS.get() else inf
    if until == inf:
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
    try:
        yield
    except (sa.exc.OperationalError, sqlite3.OperationalError) as error:  # rows may be fetched past SQLAlchemy
        if "interrupted" in str(error):
            raise TooLongError from None
        raise
    finally:
        driver.set_progress_handler(None, 0)
