"""The packets of an interface as batches, out of the ring that the kernel fills; nothing is copied."""

import errno
import mmap
import os
import secrets
import select
import socket
import struct
from contextlib import suppress
from typing import Any, Final, NamedTuple

import numpy as np

from vedette.collect.interfaces import Geometry, group_of
from vedette.collect.ring_walk import walk
from vedette.model.errors import SourceError
from vedette.model.packets import CAPTURE, PacketBatch

_SOL_PACKET: Final = 263
_STATISTICS: Final = 6
_STATUS: Final = 8
"""Where the status of a block stands in it."""
_USER: Final = 1
_SMALLEST: Final = 80
"""Bytes that a packet takes in a block, at the least: its header, its sockaddr_ll, aligned."""
_LAST_BLOCK: Final = 0.05
"""Seconds after which the kernel has handed over what it had when the interface went."""

KERNEL: Final = "packets that the kernel dropped: the ring was full"
DAMAGED: Final = "packets that the ring tells of but does not hold"


class Statistics(NamedTuple):
    """Since the ring was opened.

    Attributes:
        packets: that the kernel saw, the `drops` among them.
        drops: for which the ring had no room.
        freezes: how often it was full.
        damaged: of which the ring tells, but which it does not hold.
    """

    packets: int = 0
    drops: int = 0
    freezes: int = 0
    damaged: int = 0


class Ring:
    """Take a batch, use it, call `done`: its arrays are the ring's own memory, which the kernel then fills anew. Call `warm`
    before the ring is opened.

    Packets are numbered on as long as the ring is open. A ring opened later has another `source`: what it numbers is
    never taken for the same packets.
    """

    def __init__(self, opened: socket.socket, name: str, geometry: Geometry) -> None:
        """`opened`: what interfaces.open_ring made, here or in another process; it is closed with the ring.

        Raises:
            SourceError: it has no ring of this geometry.
        """
        self.name = name
        self.source = f"{name}-{secrets.token_hex(8)}"
        self._socket = opened
        self._geometry = geometry
        try:
            self._map = mmap.mmap(opened.fileno(), geometry.size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        except OSError as error:
            raise SourceError(f"its ring cannot be mapped: {error.strerror}", where=name, fix="open it anew") from None
        self._ring: Any = np.frombuffer(self._map, np.uint8)
        self._status: Any = np.frombuffer(self._map, np.uint32)[_STATUS // 4 :: geometry.block // 4]
        # Consumers only read, as they do in files: the same compiled code serves both.
        self._data: Any = self._ring.view()
        self._data.setflags(write=False)
        self._room: Any = _room(geometry.block)
        self._poll = select.poll()
        self._poll.register(opened, select.POLLIN)
        self._block = 0
        self._taken = self._gone = False
        self._total = Statistics()
        self._told = 0
        self._next = 1

    @property
    def group(self) -> int:
        """See interfaces.group_of."""
        return group_of(self._socket)

    def fileno(self) -> int:
        """For poll: readable when a batch is ready, in error when the interface went up or down."""
        return self._socket.fileno()

    def wait(self, seconds: float) -> bool:
        """True as soon as a batch is ready, False when none was for that long.

        Raises:
            SourceError: the interface is gone for good, and all that was captured is taken. One that is only down
                delivers nothing until it is up again.
        """
        if self._ready():
            return True
        if not self._gone:
            self._gone = any(what & ~select.POLLIN for _, what in self._poll.poll(seconds * 1000)) and not self._there()
        if self._gone and not self._ready():
            self._poll.poll(_LAST_BLOCK * 1000)
            if not self._ready():
                raise SourceError("the interface is gone", where=self.name, fix="capture it anew when it is back")
        return self._ready()

    def _there(self) -> bool:
        """Asks what the error of the socket was, which is thereby taken."""
        fault = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if fault not in (0, errno.ENETDOWN):
            raise SourceError(os.strerror(fault), where=self.name, fix="capture it anew")
        return bool(self._socket.getsockname()[0])

    def _ready(self) -> bool:
        return bool(self._status[self._block] & _USER)

    def take(self) -> PacketBatch | None:
        """The next batch, None when none is ready; it may have no packet. It is good until `done`, which must come before
        the next one is taken."""
        if self._taken:
            raise RuntimeError("the batch before is not done")
        if not self._ready():
            return None
        begin = self._block * self._geometry.block
        count, damaged = walk(self._ring, begin, begin + self._geometry.block, *self._room)
        places, sizes, wires, times, links = (each[:count] for each in self._room)
        self._taken = True
        now = self.statistics()
        dropped = [(reason, n) for reason, n in ((KERNEL, now.drops - self._told), (DAMAGED, damaged)) if n]
        self._told = now.drops
        self._total = now._replace(damaged=now.damaged + damaged)
        first, self._next = self._next, self._next + count
        return PacketBatch(
            self.source, f"{CAPTURE}{self.name}", self._data, places, sizes, wires, times, links, first, {"packet": self._next - 1},
            tuple(dropped),
        )  # fmt: skip

    def done(self) -> None:
        """The batch is used: its block goes back to the kernel."""
        if not self._taken:
            raise RuntimeError("no batch is taken")
        self._taken = False
        self._status[self._block] = 0
        self._block = (self._block + 1) % self._geometry.blocks

    def statistics(self) -> Statistics:
        """What happened so far."""
        packed = self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 12)  # counts from the last call on
        packets, drops, freezes = struct.unpack("3I", packed)
        old = self._total
        self._total = Statistics(old.packets + packets, old.drops + drops, old.freezes + freezes, old.damaged)
        return self._total

    def close(self) -> None:
        """Capture no more. Memory of a batch that somebody still holds goes with the last who does."""
        self._data = self._ring = self._status = None
        with suppress(BufferError):
            self._map.close()
        self._socket.close()

    def __enter__(self) -> "Ring":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _room(size: int) -> Any:
    """Arrays for the packets of a block: places, sizes, wires, times, links."""
    count = size // _SMALLEST
    return (
        np.empty(count, np.int64), np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.int64),
        np.empty(count, np.uint16),
    )  # fmt: skip


def warm() -> None:
    """Has the walk compiled, before packets wait for it."""
    walk(np.zeros(64, np.uint8), 0, 64, *_room(0))
