"""What was read and detected but is not yet stored."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from vedette.detect.sigma import Rule
from vedette.model.alert import Alert
from vedette.model.records import REJECTED, Json, RecordBatch
from vedette.model.stored import Batch
from vedette.runtime.engine import Seen

MATCHED: Final = "matched: "
"""Before a rule's id: the counter of the events that it matched."""


class Taken(NamedTuple):
    """A record batch with what it came to."""

    batch: RecordBatch
    seen: Seen


class Pending:
    """Batches that go into the next commit, in the order in which they were read; the commit has one entry a source."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.watched: list[Alert] = []
        """Alert parts that packets made: what they rest on is not stored."""
        self.records = 0
        self.since = 0.0

    def __bool__(self) -> bool:
        return bool(self.taken or self.watched)

    def add(self, taken: Taken, now: float) -> None:
        """Keep it. `now`: monotonic seconds."""
        if not self.taken:
            self.since = now
        self.taken.append(taken)
        self.records += taken.batch.frame.height

    @property
    def alerts(self) -> list[Alert]:
        """Alert parts of all batches, and of packets."""
        return [*(alert for taken in self.taken for alert in taken.seen.alerts), *self.watched]

    def batches(self, before: dict[str, Json]) -> list[Batch]:
        """What the store is to keep. `before`: the committed position of every known source."""
        by_source: dict[str, list[Taken]] = {}
        for taken in self.taken:
            by_source.setdefault(taken.batch.source, []).append(taken)
        return [_merged(parts, before.get(source)) for source, parts in by_source.items()]

    def counters(self, rules: Sequence[Rule]) -> dict[str, int]:
        """Running totals: records, what was dropped or rejected by reason, and matches by rule."""
        totals: dict[str, int] = {"records": self.records}
        for batch, seen in self.taken:
            for reason, number in batch.dropped:
                totals[f"dropped: {reason}"] = totals.get(f"dropped: {reason}", 0) + number
            if seen.parsed.rejected.height:
                totals["rejected"] = totals.get("rejected", 0) + seen.parsed.rejected.height
            for matches in seen.matches:
                for number, count in matches["rule"].value_counts().iter_rows():
                    name = MATCHED + rules[number].id
                    totals[name] = totals.get(name, 0) + count
        return totals

    def positions(self) -> dict[str, Json]:
        """Position of each source after its last batch."""
        return {taken.batch.source: taken.batch.position for taken in self.taken}

    def clear(self) -> None:
        """They are stored now."""
        self.taken = []
        self.watched = []
        self.records = 0


def _merged(parts: list[Taken], before: Json | None) -> Batch:
    last = parts[-1]
    rejected = [taken.seen.parsed.rejected for taken in parts if taken.seen.parsed.rejected.height]
    return Batch(
        source=last.batch.source,
        path=last.batch.path,
        before=before,
        after=last.batch.position,
        carry=last.seen.parsed.carry,
        events=tuple(events for taken in parts for events in taken.seen.parsed.events),
        rejected=pl.concat(rejected).select(list(REJECTED)) if rejected else None,
    )
