"""A look through files: everything that is named is read once, in order, and accounted for."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import msgspec
import polars as pl

from vedette.collect.read import Reading
from vedette.model.alert import LEVELS, Alert, Level, join
from vedette.model.findings import Findings, Input, Skipped, Summary
from vedette.model.incident import Incident
from vedette.model.packets import KINDS, PacketBatch
from vedette.model.records import Events, Json, RecordBatch
from vedette.parse.context import Context
from vedette.runtime.engine import Engine, Seen
from vedette.runtime.packets import judge
from vedette.runtime.span import ALL, Span

Tell = Callable[[int, int, int], None]
"""Progress: bytes done, bytes in all (0 when unknown), records so far."""


TELLING: Final[Level] = "medium"
"""Incidents below this level are the noise that every host hears."""


class Scan:
    """One look through files with one engine. Iterate `batches` to the end, then `findings`."""

    def __init__(
        self, reading: Reading, engine: Engine, context: Context, span: Span = ALL, tell: Tell | None = None
    ) -> None:
        self._reading = reading
        self._engine = engine
        self._context = context
        self._span = span
        self._tell = tell
        self._alerts: dict[str, Alert] = {}
        self._carries: dict[str, Json] = {}
        self._inputs: dict[str, Input] = {}
        self._started = time.monotonic()
        self.summary = Summary(rules=len(engine.plan.rules.rules), rules_refused=len(engine.plan.rules.refused))

    def batches(self) -> Iterator[tuple[RecordBatch, Seen]]:
        """Every batch with what it came to; accounts for it on the way. Let go of one before asking for the next."""
        records = 0
        for item in self._reading:
            if isinstance(item, Skipped):
                self.summary.skipped.append(item)
                continue
            if isinstance(item, PacketBatch):
                self._packets(item)
                records += len(item.at)
                if self._tell:
                    self._tell(self._reading.done, self._reading.total, records)
                continue
            parsed = self._engine.parse(item, self._carries.pop(item.source, {}), self._context)
            events = tuple(kept for each in parsed.events if (kept := self._span.cut(each)).height)
            seen = Seen(parsed._replace(events=events), *self._engine.detect(events))
            if not item.last:
                self._carries[item.source] = parsed.carry
            self._count(item, parsed.rejected, events)
            self._keep(seen.alerts)
            records += item.frame.height
            if self._tell:
                self._tell(self._reading.done, self._reading.total, records)
            yield item, seen
            del item, parsed, events, seen  # two batches at once take twice the memory

    def findings(self, *, incidents: bool = True) -> Findings:
        """What it came to, without incidents where nobody asks for them; call it when `batches` is exhausted."""
        alerts = sorted(self._alerts.values(), key=lambda a: (a.first_seen, a.id))
        worst = self._incidents(alerts) if incidents else []
        self.summary.inputs = [
            msgspec.structs.replace(each, formats=_by_number(each.formats), rejected=_by_number(each.rejected))
            for each in self._inputs.values()
        ]
        self.summary.shed = self._engine.shed()
        self.summary.size = self._reading.done
        self.summary.seconds = time.monotonic() - self._started
        return Findings(alerts, worst, self.summary)

    def _incidents(self, alerts: list[Alert]) -> list[Incident]:
        """Those that people should be shown, the worst first."""
        now = max((a.last_seen for a in alerts), default=self._context.reference)
        grouped = self._engine.group(alerts, now, TELLING, aging=False)
        self._engine.accept(grouped)
        return sorted((i for i in grouped.changed if telling(i)), key=badness)

    def _keep(self, parts: list[Alert]) -> None:
        for part in parts:
            self._alerts[part.id] = join(self._alerts[part.id], part) if part.id in self._alerts else part

    def _packets(self, batch: PacketBatch) -> None:
        """Packets go the same way: read, judged, accounted for."""
        judged = judge(self._engine, batch, self._span)
        self._keep(judged.alerts)
        self._keep(self._engine.detect(tuple(self._span.cut(asked) for asked in judged.asked))[1])
        each = self._inputs.setdefault(batch.path, Input(path=batch.path))
        each.records += len(batch.at)
        for kind, number in judged.kinds.items():
            name, reason = KINDS[kind]
            counts = each.rejected if reason else each.formats
            counts[reason or name] = counts.get(reason or name, 0) + number

    def _count(self, batch: RecordBatch, rejected: pl.DataFrame, events: tuple[Events, ...]) -> None:
        each = self._inputs.setdefault(batch.path, Input(path=batch.path))
        each.records += batch.frame.height
        for reason, number in batch.dropped:
            each.dropped[reason] = each.dropped.get(reason, 0) + number
        for reason, number in rejected["reason"].value_counts().iter_rows():
            each.rejected[reason] = each.rejected.get(reason, 0) + number
        for group in events:
            for name, number in group.series("event.dataset").value_counts().iter_rows():
                each.formats[name] = each.formats.get(name, 0) + number


def _by_number(counts: dict[str, int]) -> dict[str, int]:
    """The greatest first; the same in every run."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def telling(incident: Incident) -> bool:
    """Whether people should be shown it unasked: it is whole, and more than the noise that every host hears."""
    return incident.merged_into is None and LEVELS.index(incident.level) >= LEVELS.index(TELLING)


def badness(incident: Incident) -> tuple[float, datetime, str]:
    """Sorts the worst first."""
    return -incident.score, incident.first_seen, incident.id
