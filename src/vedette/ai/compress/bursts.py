"""Where a series of times changes its pace, so that a burst inside a trickle is written as a burst.

Bayesian blocks with a piecewise constant rate (Scargle and others 2013, doi:10.1088/0004-637X/764/2/167): a cut has to make
the times that much more probable. The exact search is quadratic; here blocks are joined pairwise, those that lose least by it
first, and the best level of each branch of that tree is kept.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

FEWEST: Final = 6
"""Times that are cut at all."""
PRICE: Final = 24.0
"""Log-likelihood that a block must be worth, in nats: what its span and its values cost to write, about ten tokens."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def starts(times: Ints) -> list[int]:
    """Positions where a new block begins, the first is 0.

    Args:
        times: seconds, ascending.
    """
    if len(times) < FEWEST or times[0] == times[-1]:
        return [0]
    first = np.flatnonzero(np.diff(times, prepend=times[0] - 1))
    begin, end = times[first], times[first]
    counts = np.diff(first, append=len(times))
    cost = _cost(counts, begin, end) + PRICE
    cuts: list[list[int]] = [[at] for at in first.tolist()]
    while len(cuts) > 1:
        together = counts[:-1] + counts[1:], begin[:-1], end[1:]
        joined = _cost(*together)
        chosen = _lowest(joined - _cost(counts[:-1], begin[:-1], end[:-1]) - _cost(counts[1:], begin[1:], end[1:]))
        apart = cost[:-1] + cost[1:]
        for at in chosen.tolist():
            cuts[at] = cuts[at] + cuts[at + 1] if apart[at] < joined[at] + PRICE else cuts[at][:1]
        cost[chosen] = np.minimum(apart, joined + PRICE)[chosen]
        counts[chosen], end[chosen] = together[0][chosen], end[chosen + 1]
        kept = np.ones(len(cuts), bool)
        kept[chosen + 1] = False
        counts, begin, end, cost = counts[kept], begin[kept], end[kept], cost[kept]
        cuts = [one for one, keep in zip(cuts, kept.tolist(), strict=True) if keep]
    return cuts[0]


def _cost(counts: Ints, begin: Ints, end: Ints) -> Floats:
    """Minus the log-likelihood of times that come evenly."""
    return np.asarray(counts * np.log((end - begin + 1) / counts), np.float64)


def _lowest(losses: Floats) -> npt.NDArray[np.intp]:
    """Positions of pairs to join, none beside another: those that lose less than the pairs beside them (of equal ones every
    second). Where the times make these few, every second of the lower half, so that there are never more rounds than some times
    the bits of the number of blocks."""
    at = np.arange(len(losses))
    padded = np.pad(losses, 1, constant_values=np.inf)
    before, after, even = padded[:-2], padded[2:], at % 2 == 0
    lowest = np.flatnonzero(
        ((losses < before) | ((losses == before) & even)) & ((losses < after) | ((losses == after) & even))
    )
    if len(lowest) * 8 >= len(losses):
        return lowest
    low = losses <= np.partition(losses, (len(losses) - 1) // 2)[(len(losses) - 1) // 2]
    high_before = np.maximum.accumulate(np.where(low, -1, at))
    return np.flatnonzero(low & ((at - high_before) % 2 == 1))
