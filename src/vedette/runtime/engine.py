"""The pipeline of one process: record batch in, events, matches, alerts and incidents out.

The engine holds all detector state; nothing else does. `dump` and `load` carry it over a restart.
"""

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import polars as pl

from vedette.detect import intel, sigma
from vedette.detect.anomaly import counts as counting
from vedette.detect.network.settings import Settings as Network
from vedette.detect.sigma import Ruleset
from vedette.incidents import group as incidents
from vedette.incidents.grouping import Grouping
from vedette.incidents.score import Risk
from vedette.model.alert import LEVELS, Alert, Level
from vedette.model.errors import VedetteError
from vedette.model.incident import Incident
from vedette.model.packets import PacketBatch
from vedette.model.records import REJECTED, Events, Json, Parsed, RecordBatch
from vedette.parse.context import Context
from vedette.parse.dispatch import parse

if TYPE_CHECKING:
    import numpy.typing as npt

    from vedette.detect.intel import wire
    from vedette.detect.network import detector
    from vedette.detect.network.modules import Modules
    from vedette.detect.network.talkers import Talker

T = TypeVar("T")

SEED: Final = 0x9E3779B97F4A7C15
"""Of the tables that packets are counted in: the same for every look at files, so that it always has the same answer."""

NO_MATCHES: Final = pl.DataFrame(schema={"rule": pl.UInt32(), "row": pl.UInt32()})


class Plan(NamedTuple):
    """What the engine is to do; all of it values."""

    rules: Ruleset
    grouping: Grouping = Grouping()
    risk: Risk = Risk()
    counts: counting.Settings | None = None
    min_level: Level = "informational"
    network: Network = Network()


class Seen(NamedTuple):
    """What one record batch came to. `matches`: per member of `parsed.events`, columns `rule` and `row`."""

    parsed: Parsed
    matches: tuple[pl.DataFrame, ...]
    alerts: list[Alert]


class Engine:
    """Feed it batches in the order of their sources; it never looks at a clock."""

    def __init__(
        self,
        plan: Plan,
        snapshots: Mapping[str, bytes] | None = None,
        *,
        seed: int = SEED,
        listed: Callable[[], intel.Known] = lambda: intel.NOTHING,
    ) -> None:
        """
        Args:
            seed: of the tables that packets are counted in, 64 bits. Where packets are live it must be secret: who knows it can
                send packets that push the traces of others out of the tables.
            listed: what lists of indicators say now.
        """
        saved = snapshots or {}
        self._seed = seed
        self.listed = listed
        self._wire: wire.Wire | None = None
        self.plan = plan
        self.faults: dict[str, int] = {}
        """Faults of ours that were caught, by what they said."""
        self._rank = LEVELS.index(plan.min_level)
        self._sigma = self._restored(saved, "sigma", partial(sigma.load, plan.rules), partial(sigma.begin, plan.rules))
        self._counts = self._restored(saved, "counts", counting.load, counting.begin)
        self._incidents = self._restored(saved, "incidents", incidents.load, incidents.State)
        self._packets: detector.State | None = None
        self._watching = threading.Lock()
        self._modules: Modules | None = None

    def _restored(self, saved: Mapping[str, bytes], name: str, load: Callable[[bytes], T], begin: Callable[[], T]) -> T:
        """A detector's state from its snapshot; a new one where there is none, or one of another version."""
        if name not in saved:
            return begin()
        try:
            return load(saved[name])
        except (ValueError, VedetteError) as error:
            self._fault(f"the snapshot of {name}, which begins anew", error)
            return begin()

    def parse(self, batch: RecordBatch, carry: Json, context: Context) -> Parsed:
        """Records to events; see parse.dispatch. A fault of ours costs the batch's records, listed as rejected, not
        the agent."""
        try:
            return parse(batch, carry, context._replace(reference=batch.reference))
        except Exception as error:
            reason = self._fault("parse", error)
            return Parsed((), batch.frame.with_columns(reason=pl.lit(reason)).select(list(REJECTED)), carry)

    def detect(self, groups: Sequence[Events]) -> tuple[tuple[pl.DataFrame, ...], list[Alert]]:
        """Matches per group and the alert parts, in the order of the records. A fault of ours costs a detector's
        answer for these events, counted in `faults`, not the agent."""
        matches: tuple[pl.DataFrame, ...] = tuple(NO_MATCHES for _ in groups)
        alerts: list[Alert] = []
        try:
            matches = tuple(sigma.match(self.plan.rules, events) for events in groups)
            step = sigma.step(self.plan.rules, self._sigma, list(zip(groups, matches, strict=True)))
            self._sigma = step.state
            alerts = list(step.alerts)
        except Exception as error:
            self._fault("sigma", error)
        try:
            if (settings := self.plan.counts) is not None:
                for events in groups:
                    counted = counting.step(settings, self._counts, events)
                    self._counts = counted.state
                    alerts += counted.alerts
        except Exception as error:
            self._fault("counts", error)
        try:
            known = self.listed()
            for events in groups:
                alerts += intel.look(known, events)
        except Exception as error:
            self._fault("intel", error)
        return matches, [a for a in alerts if LEVELS.index(a.level) >= self._rank]

    def _fault(self, stage: str, error: Exception) -> str:
        # The one place that catches everything; VEDETTE_DEBUG asks for the trace instead.
        if os.environ.get("VEDETTE_DEBUG"):
            raise error
        first = (str(error).splitlines() or [""])[0][:200]
        reason = f"a fault of ours in {stage}: {type(error).__name__}: {first}"
        self.faults[reason] = self.faults.get(reason, 0) + 1
        return reason

    def watch(self, batch: PacketBatch, records: "npt.NDArray[Any]") -> list[Alert]:
        """Alert parts that packets make; `records`: what parse.packets made of them. As for `detect`; any
        thread may call it."""
        with self._watching:  # threads decode side by side; what is remembered of sources and targets is one
            return self._watch(batch, records)

    def _watch(self, batch: PacketBatch, records: "npt.NDArray[Any]") -> list[Alert]:
        from vedette.detect.intel import wire
        from vedette.detect.network import detector
        from vedette.detect.network.modules import Modules

        try:
            if self._packets is None:
                self._packets = detector.State(self.plan.network, self._seed)
            alerts = detector.step(self._packets, batch, records)
        except Exception as error:
            self._fault("network", error)
            alerts = []
        try:
            known = self.listed()
            if known.has("network"):
                if self._wire is None or self._wire.known is not known:
                    self._wire = wire.Wire(known)
                alerts += wire.watch(self._wire, batch, records)
        except Exception as error:
            self._fault("intel", error)
        if self._modules is None:
            self._modules = Modules()
            for name, broken in self._modules.broken.items():
                self._fault(f"the network module {name}", broken)
        for name, answer in self._modules.step(batch, records):
            if isinstance(answer, Exception):
                self._fault(f"the network module {name}", answer)
            else:
                alerts += answer
        return [a for a in alerts if LEVELS.index(a.level) >= self._rank]

    def talkers(self, most: int) -> "tuple[list[Talker], list[Talker]]":
        """Who sends most, and which services are asked most, of what `watch` saw. Any thread may call it."""
        from vedette.detect.network.talkers import talkers

        with self._watching:
            return talkers(self._packets.rates, most) if self._packets is not None else ([], [])

    def feed(self, batch: RecordBatch, carry: Json, context: Context) -> Seen:
        """Parse and detect."""
        parsed = self.parse(batch, carry, context)
        return Seen(parsed, *self.detect(parsed.events))

    def group(
        self, alerts: Iterable[Alert], now: datetime, least: Level = "informational", *, aging: bool = True
    ) -> incidents.Grouped:
        """The incidents of level `least` and above that these alert parts make or change; nothing is kept before
        `accept`. See incidents.group.

        Informational alerts are facts for correlations and search, not reasons for an incident.
        """
        telling = sorted((a for a in alerts if a.level != "informational"), key=lambda a: (a.timestamp, a.id))
        plan = self.plan
        return incidents.group(plan.grouping, plan.risk, self._incidents, telling, now, least, aging=aging)

    def accept(self, grouped: incidents.Grouped) -> None:
        """What `group` returned is stored now."""
        self._incidents = grouped.state

    def regroup(self, change: Callable[[Grouping, Risk, incidents.State], incidents.Grouped]) -> incidents.Grouped:
        """What a person says of incidents (incidents.regroup), done to what is known of them; nothing is kept before
        `accept`."""
        return change(self.plan.grouping, self.plan.risk, self._incidents)

    def told(self, incident: Incident) -> None:
        """A person changed an incident."""
        self._incidents = incidents.update(self._incidents, incident)

    def dump(self, grouped: incidents.Grouped | None = None) -> dict[str, bytes]:
        """State of every detector by its name, as it is or as it will be once `grouped` is accepted."""
        return {
            "sigma": sigma.dump(self._sigma),
            "counts": counting.dump(self._counts),
            "incidents": incidents.dump(grouped.state if grouped else self._incidents),
        }

    def shed(self) -> dict[str, int]:
        """State that had to be given up to stay bounded, by what it was."""
        given_up = {
            "correlation groups": self._sigma.evicted,
            "counted entities": self._counts.evicted,
            "open incidents": self._incidents.evicted,
        }
        return {what: number for what, number in (given_up | self.faults).items() if number}
