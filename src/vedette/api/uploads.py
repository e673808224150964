"""Analyses: a few at once, each within limits, nothing of what is sent kept.

With `Accept: application/x-ndjson` lines tell how one goes on before the last one brings the answer:
{"progress": "read", "share": 0.4} ... {"analysis": {...}} or {"problem": {...}}. What a model says comes while it says it:
{"progress": "ask", "share": 0, "heard": "One sentence."}.
"""

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from vedette.api import problem
from vedette.api.problem import Problem
from vedette.model.analysis import Analysis

AT_ONCE: Final = 2
NDJSON: Final = "application/x-ndjson"
HEARTBEAT: Final = 5.0
"""Seconds without news after which a line is sent all the same, so that proxies keep the connection."""

Tell = Callable[[str, float], None]
Hear = Callable[[str], None]


class Busy:
    """How many work now."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self._room = threading.BoundedSemaphore(most)

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place among those who work.

        Raises:
            Problem: all are taken.
        """
        if not self._room.acquire(blocking=False):
            what, fix = "as many analyses as can be are running", "try again in some seconds"
            raise Problem(503, what, code="busy", fix=fix, headers={"Retry-After": "5"})
        try:
            yield
        finally:
            self._room.release()


class _Over(Exception):
    """Nobody listens any more, or may."""


def lines(work: Callable[[Tell, Hear], Analysis]) -> Generator[bytes, None, None]:
    """The work's progress and answer as JSON lines. Once they are closed it ends where it would next tell how far it is."""
    news: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    over = threading.Event()

    def tell(what: str, share: float) -> None:
        if over.is_set():
            raise _Over
        news.put(_line({"progress": what, "share": round(share, 3)}))

    def hear(text: str) -> None:
        news.put(_line({"progress": "ask", "share": 0.0, "heard": text}))

    def run() -> None:
        try:
            news.put(_line({"analysis": work(tell, hear)}))
        except _Over:
            pass
        except Exception as error:  # told in the answer, which has begun
            news.put(_line({"problem": problem.of(error).document}))
        finally:
            news.put(None)

    threading.Thread(target=run, name="analysis", daemon=True).start()
    try:
        while True:
            try:
                line = news.get(timeout=HEARTBEAT)
            except queue.Empty:
                line = _line({"progress": "waiting", "share": 0.0})
            if line is None:
                return
            yield line
    finally:
        over.set()


def _line(value: Any) -> bytes:
    return msgspec.json.encode(value) + b"\n"
