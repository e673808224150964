"""A span of event time."""

from datetime import datetime
from typing import Final, NamedTuple

import numpy as np

from vedette.model.records import Events


class Span(NamedTuple):
    """Only events of this time count; None is open. Events without a time are outside any closed span."""

    since: datetime | None = None
    until: datetime | None = None

    def cut(self, events: Events) -> Events:
        if self == ALL:
            return events
        if "@timestamp" not in events.names:
            return events.part(np.zeros(0, np.int64))
        at = events.series("@timestamp")
        keep = at.is_not_null()
        if self.since:
            keep &= at >= self.since
        if self.until:
            keep &= at < self.until
        return events.part(np.flatnonzero(keep.to_numpy()))


ALL: Final = Span()
