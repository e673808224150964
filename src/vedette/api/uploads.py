"""Analyses of what is sent: a few at once, each within limits, nothing of it kept.

`POST` the bytes of a log as they are; with `Accept: application/x-ndjson` lines tell how it goes on before the last one brings
the answer: {"progress": "read", "share": 0.4} ... {"analysis": {...}} or {"problem": {...}}. What a model says comes while it says
it: {"progress": "ask", "share": 0, "heard": "One sentence."}.
"""

import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from anyio import to_thread

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


async def lines(work: Callable[[Tell, Hear], Analysis]) -> AsyncIterator[bytes]:
    """The work's progress and answer as JSON lines. It goes on to its end when nobody listens any more: it is bounded."""
    news: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def tell(what: str, share: float) -> None:
        news.put(_line({"progress": what, "share": round(share, 3)}))

    def hear(text: str) -> None:
        news.put(_line({"progress": "ask", "share": 0.0, "heard": text}))

    def run() -> None:
        try:
            news.put(_line({"analysis": work(tell, hear)}))
        except Exception as error:  # told in the answer, which has begun
            news.put(_line({"problem": problem.of(error).document}))
        finally:
            news.put(None)

    threading.Thread(target=run, name="analysis", daemon=True).start()
    while True:
        try:
            line = await to_thread.run_sync(lambda: news.get(timeout=HEARTBEAT), abandon_on_cancel=True)
        except queue.Empty:
            line = _line({"progress": "waiting", "share": 0.0})
        if line is None:
            return
        yield line


def _line(value: Any) -> bytes:
    return msgspec.json.encode(value) + b"\n"
