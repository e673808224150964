"""How far a row is from the nearest rows that were learned."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MEMORIES: Final = 1_000
NEIGHBOURS: Final = 3
CANDIDATES: Final = 16
CHUNK: Final = 1_024


def nearest(memories: Array, rows: Array) -> Array:
    """log(1 + mean distance) to the nearest memories but the very nearest: a memory must not vouch for itself when a
    model judges the rows it learned from.

    Candidates come from one matrix product; its last bits depend on the batch, so the distances that count are taken
    anew, each row by itself.
    """
    wanted, found = min(NEIGHBOURS + 1, len(memories)), np.zeros(len(rows))
    norms = (memories * memories).sum(axis=1)
    for start in range(0, len(rows), CHUNK):
        part = np.ascontiguousarray(rows[start : start + CHUNK])
        near = np.broadcast_to(np.arange(len(memories)), (len(part), len(memories)))
        if len(memories) > CANDIDATES:
            near = np.argpartition(norms - 2 * (part @ memories.T), CANDIDATES, axis=1)[:, :CANDIDATES]
        away = part[:, None, :] - memories[near]
        distances = np.sort(np.sqrt((away * away).sum(axis=2)), axis=1)[:, :wanted]
        found[start : start + CHUNK] = (distances[:, 1:] if wanted > 1 else distances).mean(axis=1)
    result: Array = np.log1p(found)
    return result
