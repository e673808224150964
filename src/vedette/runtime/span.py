"""A span of event time."""

from datetime import datetime
from typing import Final, NamedTuple

import polars as pl

from vedette.model.records import Events


class Span(NamedTuple):
    """Only events of this time count; None is open. Events without a time are outside any closed span."""

    since: datetime | None = None
    until: datetime | None = None

    def cut(self, events: Events) -> Events:
        if self == ALL:
            return events
        if "@timestamp" not in events.frame.columns:
            return events._replace(frame=events.frame.clear())
        at = pl.col("@timestamp")
        keep = pl.lit(True)
        if self.since:
            keep &= at >= self.since
        if self.until:
            keep &= at < self.until
        return events._replace(frame=events.frame.filter(keep))


ALL: Final = Span()
