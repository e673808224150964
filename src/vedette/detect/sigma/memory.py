"""Events that correlations may still show, by number. While a batch is young its columns are kept as they came; what
is still needed when it is old becomes objects, one for each event however many correlations hold it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from typing import Final

import msgspec
import polars as pl

from vedette.detect.sigma.brief import brief
from vedette.detect.sigma.columns import text
from vedette.model.alert import Evidence
from vedette.model.records import Events

ORIGINAL_KEPT: Final = 2048
"""Characters of a record that its evidence shows; records may have megabytes."""

BY_LIST: Final = 200
"""Events of which Python makes what alerts tell of all of them in the time that polars takes to begin with some, a few times."""

YOUNG: Final = 8
"""Batches whose columns are kept."""

TIDY_FROM: Final = 20_000
"""Events added since those that nobody holds any more were last left out; more where more are held."""

WHO: Final = ("source.ip", "destination.ip", "user.name", "host.name", "Computer")
SHOWN: Final = ("event.id", "log.file.path", "log.offset", "event.original", "message", *WHO)


class Names(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Who took part in an event, as far as it says."""

    source_ip: str | None = None
    destination_ip: str | None = None
    user_name: str | None = None
    host_name: str | None = None


class Told(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What alerts tell of one event."""

    evidence: Evidence
    names: Names


class Shown:
    """What alerts may tell of the events of one batch, by row."""

    def __init__(self, events: Events) -> None:
        self.height = events.height
        # One column at least: it knows how many rows there are.
        there = frozenset(events.names)
        self.frame = events.select([name for name in SHOWN if name in there] or events.names[:1])

    def id(self, row: int) -> str:
        """The id of an event, "" if it has none."""
        return self._ids[row] or "" if self._ids is not None else ""

    @cached_property
    def _ids(self) -> pl.Series | None:
        return text(self.frame["event.id"]) if "event.id" in self.frame.columns else None

    def told(self, rows: list[int]) -> list[Told]:
        """Some of the events."""
        return list(map(Told, self.evidence(rows), self.names(rows)))

    def evidence(self, rows: list[int]) -> list[Evidence]:
        """Some of the events as evidence."""
        if self.height <= BY_LIST:
            return list(map(self._all_evidence.__getitem__, rows))
        return self._evidence(rows)

    @cached_property
    def _all_evidence(self) -> list[Evidence]:
        return self._evidence(list(range(self.height)))

    def _evidence(self, rows: list[int]) -> list[Evidence]:
        frame = self._part(rows, SHOWN)
        originals = _texts(frame, "event.original", ORIGINAL_KEPT)
        if not all(originals):
            originals = [a or b for a, b in zip(originals, _texts(frame, "message", ORIGINAL_KEPT), strict=True)]
        offsets = [0] * len(rows)
        if "log.offset" in frame.columns:
            offsets = frame["log.offset"].cast(pl.Int64, strict=False).fill_null(0).to_list()
        return list(map(Evidence, _texts(frame, "event.id"), _texts(frame, "log.file.path"), offsets, originals))

    def names(self, rows: list[int]) -> list[Names]:
        """Who took part in some of the events."""
        frame = self._part(rows, WHO)
        columns = [_known(frame, name) for name in ("source.ip", "destination.ip", "user.name")]
        hosts = _known(frame, "host.name")
        if not all(hosts):
            hosts = [a or b for a, b in zip(hosts, _known(frame, "Computer"), strict=True)]
        return list(map(Names, *columns, hosts))

    def _part(self, rows: list[int], names: tuple[str, ...]) -> pl.DataFrame:
        frame = self.frame[[name for name in names if name in self.frame.columns] or self.frame.columns[:1]]
        return frame if len(rows) == self.height and rows == list(range(self.height)) else frame[rows]


def _known(frame: pl.DataFrame, name: str) -> list[str | None]:
    return brief(text(frame[name])).to_list() if name in frame.columns else [None] * frame.height


def _texts(frame: pl.DataFrame, name: str, longest: int | None = None) -> list[str]:
    if name not in frame.columns:
        return [""] * frame.height
    texts = text(frame[name])
    if longest is None or frame.height <= BY_LIST:
        return [(value or "")[:longest] for value in texts.to_list()]
    return texts.str.slice(0, longest).fill_null("").to_list()


class Memory(msgspec.Struct):
    """Events by number. Numbers ascend in order of arrival and are given once.

    Attributes:
        next: the number of the next event.
        objects: of old batches.
        young: the other batches, with the number of their first event, ascending.
        since: events added since the memory was last tidied; `held`: those that it had to keep then.
        tidied: the number of the first of them.
    """

    next: int = 0
    objects: dict[int, Told] = {}
    young: list[tuple[int, Shown]] = []
    since: int = 0
    held: int = 0
    tidied: int = 0

    def add(self, shown: Shown) -> int:
        """A batch; returns the number of its first event."""
        first = self.next
        self.young.append((first, shown))
        self.next += shown.height
        self.since += shown.height
        return first

    def id_of(self, number: int) -> str:
        """An event's id, "" if it has none."""
        told = self.objects.get(number)
        if told is not None:
            return told.evidence.event_id
        first, shown = self.young[self._batch(number)]
        return shown.id(number - first)

    def told(self, numbers: Iterable[int]) -> dict[int, Told]:
        """What alerts tell of some events."""
        objects = self.objects
        asked = set(numbers)
        young = asked - objects.keys() if objects else asked
        found = {number: objects[number] for number in asked - young} if objects else {}
        some = sorted(young)
        at = 0
        while at < len(some):
            batch = self._batch(some[at])
            first, shown = self.young[batch]
            end = bisect_left(some, first + shown.height, at)
            found.update(zip(some[at:end], shown.told([number - first for number in some[at:end]]), strict=True))
            at = end
        return found

    def _batch(self, number: int) -> int:
        return bisect_right(self.young, number, key=_first) - 1

    def tidy(self, holders: Callable[[], Collection[int]]) -> None:
        """Lets go of events that nobody holds and of the columns of old batches, once there are many.

        Args:
            holders: numbers of the events that are still needed; costs more than all the rest, so it is asked rarely.
        """
        if self.since > max(TIDY_FROM, self.held):
            # Of the first of them nothing is old yet.
            numbers = holders() if self.tidied else ()
            # Most events are let go of soon: what came since the last time may stay as it is until the next.
            self.objects = self.told(number for number in numbers if number < self.tidied)
            self.young = [batch for batch in self.young if batch[0] >= self.tidied]
            self.since, self.held, self.tidied = 0, len(numbers), self.next
        elif len(self.young) > YOUNG:
            for first, shown in self.young:
                self.objects.update(enumerate(shown.told(list(range(shown.height))), first))
            self.young.clear()
            self.tidied = self.next


def _first(batch: tuple[int, Shown]) -> int:
    return batch[0]
