"""What segments answered. They never change, so an answer is as good as asking again, as long as the question is the same."""

import threading
from collections import OrderedDict
from typing import Final

import polars as pl

MOST: Final = 64 * 2**20
"""Bytes of all answers together."""
LARGEST: Final = MOST // 64
"""Bytes of one answer: a larger one would push out many."""
_ROW: Final = 512
"""Bytes that an answer takes besides its values."""


class Remembered:
    """Answers by segment and question; of too many, those go that were not asked for longest. For several threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._answers: OrderedDict[tuple[str, bytes], tuple[pl.DataFrame, int]] = OrderedDict()
        self._lock = threading.Lock()
        self.size = 0
        """Bytes."""

    def get(self, segment: str, question: bytes) -> pl.DataFrame | None:
        """What it answered, if that is still known."""
        with self._lock:
            found = self._answers.get((segment, question))
            if found is not None:
                self._answers.move_to_end((segment, question))
            return None if found is None else found[0]

    def put(self, segment: str, question: bytes, answer: pl.DataFrame) -> None:
        """Remember it, unless it is large."""
        size = int(answer.estimated_size()) + len(question) + _ROW
        if size > LARGEST:
            return
        with self._lock:
            before = self._answers.pop((segment, question), None)
            self._answers[segment, question] = (answer, size)
            self.size += size - (before[1] if before else 0)
            while self.size > self._most:
                self.size -= self._answers.popitem(last=False)[1][1]
