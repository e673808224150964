"""Records that arrive by themselves, between the thread that receives them and the one that polls."""

import threading
import time
from collections import deque
from typing import Final

import polars as pl

from vedette.model.records import RECORD, Json

EPOCH_BEGAN: Final = 1_577_836_800
"""1 January 2020: milliseconds since then fit 41 bits until 2089."""
OVERHEAD: Final = 200
"""Bytes that a waiting record costs beside its text."""

Arrived = tuple[list[str], list[str]]
"""Texts in order of arrival, and for each who sent it."""


class Numbering:
    """Numbers for records that have no position of their own, never given twice.

    A number is (epoch << 22) + count. The epoch is the millisecond of the start, or one more than that of the start
    before if the clock says less; so even records that were received but never made durable share it with nobody. More
    than 2**22 records run into the numbers of later milliseconds, which have passed by then.
    """

    def __init__(self, position: Json, now: float) -> None:
        self._epoch = max(int(position.get("epoch", 0)) + 1, int((now - EPOCH_BEGAN) * 1000))
        self._count = 0
        self._line = int(position.get("line", 0))

    def frame(self, texts: list[str]) -> pl.DataFrame:
        """`texts` as records, numbered on from the last call."""
        first, line = (self._epoch << 22) + self._count, self._line + 1
        self._count += len(texts)
        self._line += len(texts)
        return pl.DataFrame(
            {
                "line": pl.int_range(line, line + len(texts), dtype=pl.Int64, eager=True),
                "offset": pl.int_range(first, first + len(texts), dtype=pl.Int64, eager=True),
                "raw": pl.Series(texts, dtype=pl.String),
            },
            schema=RECORD,
        )

    def position(self) -> Json:
        """What goes into the next Numbering."""
        return {"epoch": self._epoch, "line": self._line}


class Inbox:
    """Waiting records, bounded by their number and their bytes. Thread safe."""

    def __init__(self, most_records: int, most_bytes: int) -> None:
        self._most_records, self._most_bytes = most_records, most_bytes
        self._waiting: deque[tuple[str, bytes, str]] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._dropped: dict[str, int] = {}
        self.lost: dict[str, int] = {}

    def put(self, channel: str, record: bytes, peer: str) -> bool:
        """Add a record and who sent it; False when there is no room."""
        with self._changed:
            if len(self._waiting) >= self._most_records or self._bytes + len(record) + OVERHEAD > self._most_bytes:
                return False
            self._waiting.append((channel, record, peer))
            self._bytes += len(record) + OVERHEAD
            self._changed.notify()
            return True

    def drop(self, reason: str, number: int = 1) -> None:
        """Count what could not be taken; the next batch tells of it, and `lost` keeps the sums."""
        with self._changed:
            self._dropped[reason] = self._dropped.get(reason, 0) + number
            self.lost[reason] = self.lost.get(reason, 0) + number

    def full(self, share: float = 0.75) -> bool:
        """True when that share of the room is taken."""
        return len(self._waiting) >= self._most_records * share or self._bytes >= self._most_bytes * share

    def take(self, limit: int, wait: float) -> tuple[dict[str, Arrived], tuple[tuple[str, int], ...]]:
        """(what came by channel, what was dropped since the last call); waits for the first of them."""
        deadline = time.monotonic() + wait
        with self._changed:
            while not self._waiting and not self._dropped:
                if (left := deadline - time.monotonic()) <= 0 or not self._changed.wait(left):
                    break
            taken = [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
            self._bytes -= sum(len(record) + OVERHEAD for _, record, _ in taken)
            dropped, self._dropped = tuple(sorted(self._dropped.items())), {}
        found: dict[str, Arrived] = {}
        for channel, record, peer in taken:
            texts, peers = found.setdefault(channel, ([], []))
            texts.append(record.decode("utf-8", "backslashreplace"))
            peers.append(peer)
        return found, dropped

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def bytes(self) -> int:
        """Bytes waiting."""
        return self._bytes
