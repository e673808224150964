"""Interfaces looked at live: whose turn it is, and judging what comes."""

import select
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from vedette.collect.ring import Ring
from vedette.model.alert import Alert
from vedette.model.errors import SourceError
from vedette.model.packets import PacketBatch
from vedette.model.records import Events
from vedette.runtime.engine import Engine
from vedette.runtime.packets import judge

TICK: Final = 0.1
"""Seconds between two looks at whether to stop."""
TOGETHER: Final = 0.5
"""Seconds for which HTTP requests are gathered: rules are much faster over many than over few."""
MANY: Final = 10_000
"""Requests that are not gathered any longer."""


def captured(rings: Sequence[Ring], stop: Callable[[], bool]) -> Iterator[PacketBatch | SourceError | None]:
    """Every batch, which is good until the next item is asked for; the error of an interface that is gone, once; and None
    when a tick has passed without either. It ends with `stop`, which is asked before each, or when no interface is left."""
    left = list(rings)
    while left and not stop():
        quiet = True
        for ring in list(left):
            if stop():
                return
            try:
                ready = ring.wait(0)
            except SourceError as error:
                left.remove(ring)
                yield error
                continue
            if ready and (batch := ring.take()) is not None:
                quiet = False
                yield batch
                ring.done()
        if quiet:
            _idle(left)
            yield None


def _idle(rings: Sequence[Ring]) -> None:
    waiting = select.poll()
    for ring in rings:
        waiting.register(ring, select.POLLIN)
    waiting.poll(TICK * 1000)


class Live:
    """Judges batches as they come. `now`: seconds of any clock that does not run backwards."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asked: list[Events] = []
        self._since = 0.0

    def feed(self, batch: PacketBatch, now: float) -> list[Alert]:
        """Alert parts of these packets, and of requests before them whose time has come. Afterwards the batch is not
        needed any more."""
        judged = judge(self._engine, batch)
        if judged.asked is not None:
            self._since = self._since if self._asked else now
            self._asked.append(judged.asked)
        return judged.alerts + self.due(now)

    def due(self, now: float) -> list[Alert]:
        """Alert parts of requests that were gathered for long enough."""
        if self._asked and (now - self._since >= TOGETHER or sum(e.frame.height for e in self._asked) >= MANY):
            return self.rest()
        return []

    def rest(self) -> list[Alert]:
        """Those of all requests that are gathered."""
        asked, self._asked = self._asked, []
        return self._engine.detect(asked)[1] if asked else []
