"""How much to take in at once: so much that a turn of the loop stays short, whatever the records make the detectors do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TURN: Final = 0.5
"""Seconds that one commit may take from its first record: an attack by the thousand costs fifty times as much a record as
everyday does, and who waits for an answer waits for the turn."""
FIRST: Final = 5_000
LEAST: Final = 200
"""Records of the first commit, and of the smallest."""


class Pacing:
    """`most`: records for one commit, at most `cap`."""

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.most = min(FIRST, cap)
        self._spent = 0.0

    @contextmanager
    def working(self) -> Iterator[None]:
        """What is done within is part of the next commit."""
        began = time.monotonic()
        yield
        self._spent += time.monotonic() - began

    def committed(self, records: int) -> None:
        """So many were committed."""
        self.most = paced(self.most, records, self._spent, self.cap)
        self._spent = 0.0


def paced(most: int, records: int, spent: float, cap: int) -> int:
    """What `most` becomes after so many records took so many seconds."""
    if spent > TURN:
        return min(cap, max(LEAST, min(most, int(records * TURN / spent))))
    return min(cap, 2 * most if spent < TURN / 4 else most)
