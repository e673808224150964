"""Where a series of times changes its pace, so that a burst inside a trickle is written as a burst.

Bayesian blocks with a piecewise constant rate (Scargle and others 2013, doi:10.1088/0004-637X/764/2/167): a cut has to make
the times that much more probable. The exact search is quadratic; here blocks are joined pairwise, those that lose least by it
first, and the best level of each branch of that tree is kept.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

FEWEST: Final = 6
"""Times of a series that is cut at all."""
PRICE: Final = 24.0
"""Log-likelihood that a block must be worth, in nats: what its span and its values cost to write, about ten tokens."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def starts(times: Ints, series: Ints) -> npt.NDArray[np.bool_]:
    """Whether a new block begins with a time; with the first of each series one does.

    Args:
        times: seconds, ascending within a series.
        series: number of the series of each time; those of one are beside each other.
    """
    new = np.diff(series, prepend=-1) != 0
    first = np.flatnonzero(new | (np.diff(times, prepend=0) != 0))
    begin, end, series = times[first], times[first], series[first]
    counts = np.diff(first, append=len(times))
    single = _cost(counts, begin, end)
    cost = single + PRICE
    at, until = np.arange(len(first)), np.arange(1, len(first) + 1)
    # Blocks that are one after all have no cuts inside: where one begins and ends, summed up at last.
    inside = np.zeros(len(first) + 1, np.int32)
    while True:
        joined = _cost(counts[:-1] + counts[1:], begin[:-1], end[1:])
        loss = joined - single[:-1] - single[1:]
        loss[series[:-1] != series[1:]] = np.inf
        chosen = _lowest(loss)
        if not len(chosen):
            break
        apart, one = (cost[:-1] + cost[1:])[chosen], joined[chosen] + PRICE
        whole = chosen[one <= apart]
        inside[at[whole] + 1] += 1
        inside[until[whole + 1]] -= 1
        cost[chosen], single[chosen] = np.minimum(apart, one), joined[chosen]
        counts[chosen] += counts[chosen + 1]
        end[chosen], until[chosen] = end[chosen + 1], until[chosen + 1]
        kept = np.delete(np.arange(len(counts)), chosen + 1)
        counts, begin, end, series = counts.take(kept), begin.take(kept), end.take(kept), series.take(kept)
        at, until, single, cost = at.take(kept), until.take(kept), single.take(kept), cost.take(kept)
    begins = np.zeros(len(times), bool)
    begins[first[np.cumsum(inside[:-1]) == 0]] = True
    return begins


def _cost(counts: Ints, begin: Ints, end: Ints) -> Floats:
    """Minus the log-likelihood of times that come evenly."""
    # Blocks of two series may be apart the wrong way round; what they would cost is not used.
    return np.asarray(counts * np.log(np.maximum(end - begin + 1, 1) / counts), np.float64)


def _lowest(losses: Floats) -> npt.NDArray[np.intp]:
    """Positions of pairs to join, none beside another: those that lose less than the pairs beside them (of equal ones every
    second). Where the times make these few, every second of the lower half, so that there are never more rounds than some times
    the bits of the number of blocks. A pair that loses infinitely much is none."""
    pairs = int(np.isfinite(losses).sum())
    at = np.arange(len(losses))
    padded = np.concatenate(([np.inf], losses, [np.inf]))
    before, after, even = padded[:-2], padded[2:], at % 2 == 0
    lowest = ((losses < before) | ((losses == before) & even)) & ((losses < after) | ((losses == after) & even))
    lowest &= np.isfinite(losses)
    if int(lowest.sum()) * 8 >= pairs:
        return np.flatnonzero(lowest)
    low = losses <= np.partition(losses, (pairs - 1) // 2)[(pairs - 1) // 2]
    high_before = np.maximum.accumulate(np.where(low, -1, at))
    return np.flatnonzero(low & ((at - high_before) % 2 == 1))
