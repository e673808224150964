"""What is done with a batch of packets, whether it comes from a file or from an interface."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from vedette.model.alert import Alert
from vedette.model.packets import OTHER, PacketBatch
from vedette.model.records import Events, Logsource
from vedette.runtime.engine import Engine
from vedette.runtime.span import ALL, Span

MOST: Final = 500
"""Requests, look-ups and names that are read of a live batch: at a few microseconds each, packets do not wait for them."""
TOGETHER: Final = 0.5
"""Seconds for which they are gathered: rules are much faster over many than over few."""
MANY: Final = 10_000
"""Those that are not gathered any longer."""


class Judged(NamedTuple):
    """What packets came to. Nothing in it needs the batch any more.

    Attributes:
        alerts: what the packets themselves make.
        kinds: how many there are of each kind, by model.packets.KINDS.
        asked: HTTP requests, DNS look-ups and names of TLS servers in them, which rules have yet to judge: Engine.detect.
        over: how many of these were left out, because there were too many at a time.
    """

    alerts: list[Alert]
    kinds: dict[int, int]
    asked: tuple[Events, ...] = ()
    over: int = 0


def judge(engine: Engine, batch: PacketBatch, span: Span = ALL, most: int | None = None) -> Judged:
    """Decodes and judges a batch; only packets within `span` make alerts. `most`: requests, look-ups and names that are read
    of it; None: all."""
    from vedette.parse.packets.decode import decode
    from vedette.parse.packets.dns import lookups
    from vedette.parse.packets.envelope import Room
    from vedette.parse.packets.http import requests
    from vedette.parse.packets.tls import hellos

    records = decode(batch)
    kinds, numbers = np.unique(records["kind"], return_counts=True)
    if span != ALL:
        records["kind"][~_within(records["time"], span)] = OTHER
    alerts = engine.watch(batch, records)
    room = Room(most)
    asked = tuple(found for read in (requests, lookups, hellos) if (found := read(batch, records, room)) is not None)
    return Judged(alerts, dict(zip(kinds.tolist(), numbers.tolist(), strict=True)), asked, room.over)


def _within(time: npt.NDArray[Any], span: Span) -> Any:
    since, until = (None if each is None else int(each.timestamp() * 1e9) for each in span)
    keep = np.ones(len(time), np.bool_)
    if since is not None:
        keep &= time >= since
    if until is not None:
        keep &= time < until
    return keep


class Gathered:
    """Requests, look-ups and names that wait for the rules. `now`: seconds of any clock that does not run backwards."""

    def __init__(self) -> None:
        self._waiting: dict[Logsource, list[pl.DataFrame]] = {}
        self._number = 0
        self._since = 0.0

    def add(self, asked: Iterable[Events], now: float) -> None:
        """Some more."""
        for events in asked:
            if not self._waiting:
                self._since = now
            self._waiting.setdefault(events.logsource, []).append(events.frame)
            self._number += events.frame.height

    def due(self, now: float) -> list[Events]:
        """All of them once they have waited for long enough; then none waits any more."""
        if self._waiting and (now - self._since >= TOGETHER or self._number >= MANY):
            return self.rest()
        return []

    def rest(self) -> list[Events]:
        """All of them, one member for each logsource."""
        waiting, self._waiting, self._number = self._waiting, {}, 0
        return [Events(logsource, pl.concat(frames, how="diagonal")) for logsource, frames in waiting.items()]
