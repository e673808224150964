"""How long things take, as a histogram."""

from typing import Any, Final

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper ends of the buckets of a latency, in seconds; the last one of a histogram has none."""


class Latency:
    """How long something takes: a histogram that any thread may add to."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.sum = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        place = next((i for i, edge in enumerate(BUCKETS) if seconds <= edge), len(BUCKETS))
        self.counts[place] += 1
        self.sum += seconds

    def facts(self) -> dict[str, Any]:
        """`counts` by bucket, the last beyond all of them, and `sum`."""
        return {"counts": list(self.counts), "sum": self.sum}
