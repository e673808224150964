"""Interfaces looked at live: whose turn it is, and judging what comes."""

import select
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from vedette.collect.ring import Ring
from vedette.model.alert import Alert
from vedette.model.errors import SourceError
from vedette.model.packets import PacketBatch
from vedette.runtime.engine import Engine
from vedette.runtime.packets import MOST, Gathered, judge

TICK: Final = 0.1
"""Seconds between two looks at whether to stop."""


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
        self._gathered = Gathered()
        self.over = 0
        """Requests, look-ups and names that there was no time for."""

    def feed(self, batch: PacketBatch, now: float) -> list[Alert]:
        """Alert parts of these packets, and of requests before them whose time has come. Afterwards the batch is not
        needed any more."""
        judged = judge(self._engine, batch, most=MOST)
        self.over += judged.over
        self._gathered.add(judged.asked, now)
        return judged.alerts + self.due(now)

    def due(self, now: float) -> list[Alert]:
        """Alert parts of requests that were gathered for long enough."""
        return self._engine.detect(self._gathered.due(now))[1]

    def rest(self) -> list[Alert]:
        """Those of all requests that are gathered."""
        return self._engine.detect(self._gathered.rest())[1]
