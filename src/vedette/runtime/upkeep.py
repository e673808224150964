"""The store's upkeep beside the pipeline: merging and forgetting take minutes after a busy hour, and nobody waits for it."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from vedette.config.tree import Keep
from vedette.model.ports import Store


class Upkeep:
    """Call `turn` now and then; it never blocks."""

    def __init__(self, store: Store, keep: Keep) -> None:
        self._store, self._keep = store, keep
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="upkeep")
        self._running: Future[None] | None = None
        self._ending = threading.Event()

    def turn(self, now: datetime) -> None:
        """Begin another round if the last one is over.

        Raises:
            VedetteError: what ended the last round; the next one has begun.
        """
        last = self._running
        if last is not None and not last.done():
            return
        self._running = self._pool.submit(self._round, now)
        if last is not None:
            last.result()

    def close(self) -> None:
        """End after the merge that is under way, which takes about a second."""
        self._ending.set()
        self._pool.shutdown()

    def _round(self, now: datetime) -> None:
        self._store.compact(now, lambda: not self._ending.is_set())
        if not self._ending.is_set():
            self._store.retain(now, self._keep.age, self._keep.size)
