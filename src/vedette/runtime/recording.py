"""A capture file in the place of an interface: its packets come at their pace, or faster."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from vedette.collect.read import Options, Reading
from vedette.model.errors import SourceError
from vedette.model.findings import Skipped
from vedette.model.packets import PacketBatch
from vedette.runtime.replay import paced


class Recording:
    """What collect.ring.Ring is for an interface. Packets keep the times at which they were recorded.

    Args:
        stop: ends it while it waits for the next packet.
        over: is set when the last packet was given.
    """

    group = 0

    def __init__(self, path: Path, speed: float, stop: threading.Event, over: threading.Event) -> None:
        self._over = over
        self._path = path
        self._never = os.eventfd(0)
        self._batches = paced(self._read(), speed, time.monotonic, stop.wait)
        self._next: PacketBatch | None = None
        self._skipped: Skipped | None = None

    def _read(self) -> Iterator[PacketBatch]:
        packets = 0
        for item in Reading([self._path], Options(packets=True)):
            if isinstance(item, PacketBatch):
                packets += len(item.at)
                yield item
            elif isinstance(item, Skipped):
                self._skipped = item
        if not packets and not self._skipped:
            self._skipped = Skipped(str(self._path), "no packet capture")

    def fileno(self) -> int:
        """For poll: nothing to wait for, it is `wait` that takes its time."""
        return self._never

    def wait(self, seconds: float) -> bool:
        """True when the next packets are due, for which it waits however long that takes; False when it is over.

        Raises:
            SourceError: there are no packets in the file, or it is damaged.
        """
        del seconds
        if self._next is None and not self._over.is_set():
            self._next = next(self._batches, None)
            if self._next is None:
                self._over.set()
                if self._skipped:
                    raise SourceError(self._skipped.reason, where=self._skipped.path, fix=self._skipped.fix or "vedette scan tells more")
        return self._next is not None

    def take(self) -> PacketBatch | None:
        """The packets that are due."""
        return self._next

    def done(self) -> None:
        """They were used."""
        self._next = None

    def close(self) -> None:
        """Play no more."""
        self._over.set()
        if self._never >= 0:
            os.close(self._never)
            self._never = -1
