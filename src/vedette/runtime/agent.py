"""The running agent: one loop that reads, detects and stores, and can be killed at any moment.

Order of a turn: poll the sources, parse and detect each batch, then one commit with the new positions, the events, the
alerts, the incidents, the notices and now and then the detectors' state. Nothing is acknowledged to a source before
that commit is on the disk. When the disk is full the loop stops reading, keeps what it has, and tries again.
"""

import select
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import msgspec

from vedette.model.alert import LEVELS, Alert, Level, fold
from vedette.model.errors import StoreError, VedetteError
from vedette.model.incident import Incident
from vedette.model.ports import Store
from vedette.model.records import Json, RecordBatch
from vedette.model.stored import Commit, Notice
from vedette.parse.context import Context
from vedette.runtime.delivery import Deliveries
from vedette.runtime.engine import Engine
from vedette.runtime.pacing import Pacing
from vedette.runtime.packets import Gathered
from vedette.runtime.pending import Pending, Taken
from vedette.runtime.requests import answer
from vedette.runtime.responder import Responder

if TYPE_CHECKING:
    from vedette.runtime.watcher import Watcher

IDLE: Final = 0.02
"""Seconds between two looks at quiet sources: a fifth of the time that a line may take to an answer."""
BRIEF: Final = 0.002
"""The same while notices are on their way: most are delivered within a millisecond."""
_OTHERS: Final = 0.5
"""Seconds between two looks into the store for due notices and for requests of other processes."""
_WATCHED: Final = 20_000
"""Alert parts of packets that may wait for a commit."""
_LOOK: Final = 5.0
"""Seconds between two looks at what sources have to complain of."""
_RETRY: Final = 1.0
_RESTART: Final = 5.0


class Source(Protocol):
    """A live source; see collect/sources."""

    name: str

    def open(self, positions: Mapping[str, Json]) -> None: ...
    def poll(self, limit: int, wait: float) -> list[RecordBatch]: ...
    def committed(self, positions: Mapping[str, Json]) -> None: ...
    def fileno(self) -> int: ...
    def health(self) -> dict[str, Any]: ...
    def close(self) -> None: ...


class Feed(NamedTuple):
    """A source and how its records are to be understood."""

    source: Source
    context: Context


class Addressee(NamedTuple):
    """A channel's name and the least level that it wants."""

    name: str
    min_level: Level


class Pace(NamedTuple):
    """Limits of the loop: records per commit, and seconds."""

    records: int
    linger: float
    snapshot: float
    maintenance: float


class Hooks(NamedTuple):
    """What the loop tells and asks: each is called in the loop's thread and must be quick.

    Attributes:
        log: (event, facts): what happened to the agent itself.
        formed: incidents that were made or changed, after their commit.
        room: why nothing new may be read now (too little disk space), or "".
        maintain: compaction, retention; called every `Pace.maintenance` seconds.
        reload: a new engine when rules or settings changed, else None.
        turn: called once a turn, for status files and metrics.
    """

    log: Callable[[str, dict[str, Any]], None]
    formed: Callable[[Sequence[Incident]], None]
    room: Callable[[], str]
    maintain: Callable[[Engine, datetime], None]
    reload: Callable[["Engine"], "Engine | None"]
    turn: Callable[["Agent"], None]


class _Running:
    """A feed with what the loop knows about it."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.opened = False
        self.fault = self.problem = ""
        self.retry_at = 0.0
        self.records = 0
        self.failures = 0
        self.last: datetime | None = None

    def health(self) -> dict[str, Any]:
        """`last`: when a record last came; `failures`: how often it had to be opened again."""
        known = {"fault": self.fault, "records": self.records, "failures": self.failures, "last": self.last}
        return {**known, **(self.feed.source.health() if self.opened else {})}


class Agent:
    """One agent on one store. `run` returns when `stop` is set and everything is committed."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        feeds: Sequence[Feed],
        addressees: Sequence[Addressee],
        deliveries: Deliveries,
        responder: Responder,
        pace: Pace,
        hooks: Hooks,
        watcher: "Watcher | None" = None,
        closing: Sequence[Callable[[], None]] = (),
        besides: Mapping[str, Callable[[], Any]] = MappingProxyType({}),
    ) -> None:
        """
        Args:
            closing: what ends with it.
            besides: what others add to what it says of itself, by name.
        """
        self._store = store
        self.engine = engine
        self._running = [_Running(feed) for feed in feeds]
        self._addressees = addressees
        self._deliveries = deliveries
        self._responder = responder
        self._watcher = watcher
        self._closing = closing
        self._besides = besides
        self._pace = pace
        self._hooks = hooks
        self._pending = Pending()
        self._gathered = Gathered()
        known = store.positions()
        self._positions: dict[str, Json] = {source: p.position for source, p in known.items()}
        self._carries: dict[str, Json] = {source: p.carry for source, p in known.items()}
        self._snapshot_at = 0.0
        self._due_at = self._look_at = 0.0
        self._maintain_at = time.monotonic() + pace.maintenance
        self._blocked = ""
        self._failing: dict[str, str] = {}
        self._pacing = Pacing(pace.records)
        self._retry_at = 0.0
        self.records = 0
        self.alerts = 0

    def run(self, stop: threading.Event) -> None:
        """Turn until told to stop; then commit what was read and close the sources."""
        try:
            while not stop.is_set():
                busy = self.turn()
                if not busy:
                    self._rest(stop)
            self.finish()
        finally:
            for each in self._running:
                if each.opened:
                    each.feed.source.close()
            if self._watcher is not None:
                self._watcher.close()
            self._deliveries.close()
            self._responder.close()
            for close in self._closing:
                close()

    def _rest(self, stop: threading.Event) -> None:
        """Until a source has something, or for a moment."""
        moment = BRIEF if self._deliveries.running else IDLE
        if self._blocked or self._pending.records >= self._pacing.most:
            stop.wait(moment)
            return
        waking = [r.feed.source.fileno() for r in self._running if r.opened]
        select.select([number for number in waking if number >= 0], [], [], moment)

    def turn(self) -> bool:
        """One turn; True when there was something to do."""
        now = time.monotonic()
        read = self._read(now)
        if self._watcher is not None:
            self._watched(self._watcher)
        if self._due(now):
            self._commit(now)
        if now >= self._due_at or self._deliveries.running:
            self._due_at = now + _OTHERS
            self._guard("delivery", lambda: self._deliveries.turn(datetime.now(UTC)))
            self._guard("request", self._answer)
        if now >= self._look_at:
            self._look_at = now + _LOOK
            self._look()
        if now >= self._maintain_at:
            self._maintain_at = now + self._pace.maintenance
            self._guard("maintenance", lambda: self._hooks.maintain(self.engine, datetime.now(UTC)))
        self._responder.turn(datetime.now(UTC))
        engine = self._hooks.reload(self.engine)
        if engine is not None:
            self.engine = engine
        self._hooks.turn(self)
        return read

    def finish(self) -> None:
        """Commit what is pending with a last snapshot, so that the next start need not replay."""
        if self._watcher is not None:
            self._watched(self._watcher, last=True)
        if self._pending or self._responder.unstored:
            self._commit(time.monotonic(), snapshot=True)

    def health(self) -> dict[str, Any]:
        """State of the loop and of every source, for `vedette status`."""
        return {
            "blocked": self._blocked,
            "pending": self._pending.records,
            "records": self.records,
            "alerts": self.alerts,
            "delivering": self._deliveries.running,
            "shed": self.engine.shed(),
            "blocking": self._responder.health(),
            "network": self._watcher.health() if self._watcher else {},
            "sources": {r.feed.source.name: r.health() for r in self._running},
            **{name: told() for name, told in self._besides.items()},
        }

    # --- reading ---

    def _read(self, now: float) -> bool:
        if self._pending.records >= self._pacing.most or (self._blocked and now < self._retry_at):
            return False
        reason = self._hooks.room()
        if reason:
            self._block(reason, now)
            return False
        got = False
        for running in self._running:
            for batch in self._poll(running, now):
                got = True
                running.records += batch.frame.height
                running.last = datetime.now(UTC)
                self._take(batch, running.feed.context, now)
        return got

    def _poll(self, running: _Running, now: float) -> list[RecordBatch]:
        """Batches of one source; one that fails is closed, reported, and opened again a little later."""
        if now < running.retry_at:
            return []
        try:
            if not running.opened:
                running.feed.source.open(self._positions)
                running.opened = True
                running.fault = ""
            return running.feed.source.poll(self._pacing.most - self._pending.records, 0)
        except VedetteError as error:
            running.fault = str(error)
            running.failures += 1
            running.retry_at = now + _RESTART
            self._hooks.log(
                "source failed", {"source": running.feed.source.name, "error": error.what, "fix": error.fix}
            )
            if running.opened:
                running.feed.source.close()
                running.opened = False
            return []

    def _look(self) -> None:
        """Tells once what a source says is wrong, and once that it is well again."""
        for running in self._running:
            problem = running.feed.source.health().get("problem", "") if running.opened else running.problem
            if problem != running.problem:
                running.problem = problem
                facts = {"source": running.feed.source.name, **({"problem": problem} if problem else {})}
                self._hooks.log("source in trouble" if problem else "source well again", facts)

    def _take(self, batch: RecordBatch, context: Context, now: float) -> None:
        with self._pacing.working():
            seen = self.engine.feed(batch, self._carries.get(batch.source, {}), context)
            self._carries[batch.source] = seen.parsed.carry
            # Whoever must be stopped is stopped before anything is written down.
            self._responder.take(seen.alerts, datetime.now(UTC))
            self._pending.add(Taken(batch, seen), now)

    def _watched(self, watcher: "Watcher", *, last: bool = False) -> None:
        """What packets told: the watcher has acted on its alerts already, but not on what rules say of the requests."""
        if len(self._pending.watched) >= _WATCHED:
            return
        found = watcher.take()
        now = time.monotonic()
        self._gathered.add(found.asked, now)
        asked = self._gathered.rest() if last else self._gathered.due(now)
        if asked:
            _, alerts = self.engine.detect(asked)
            self._responder.take(alerts, datetime.now(UTC))
            found.alerts.extend(alerts)
        self._pending.watched += found.alerts

    # --- storing ---

    def _due(self, now: float) -> bool:
        if not (self._pending or self._responder.unstored) or (self._blocked and now < self._retry_at):
            return False
        if self._pending.watched or self._responder.unstored:
            return True
        if self._pending.records >= self._pacing.most or now - self._pending.since >= self._pace.linger:
            return True
        return any(taken.seen.alerts for taken in self._pending.taken)

    def _commit(self, now: float, *, snapshot: bool = False) -> None:
        with self._pacing.working():
            alerts = self._pending.alerts
            at = datetime.now(UTC)
            # A score is worth what it was when the events happened: a recording of last year is not old news in itself.
            grouped = self.engine.group(alerts, max((alert.last_seen for alert in alerts), default=at))
            snapshot = snapshot or now >= self._snapshot_at
            changes = self._responder.changes()
            commit = Commit(
                batches=self._pending.batches(self._positions),
                alerts=alerts,
                incidents=grouped.changed,
                notices=self._notices(alerts),
                snapshots=self.engine.dump(grouped) if snapshot else {},
                counters=self._pending.counters(self.engine.plan.rules.rules),
                actions=changes.actions,
                allowed=changes.allowed,
                disallowed=changes.disallowed,
            )
            stored = self._stored(commit, at, now)
        if not stored:
            return
        if snapshot:
            self._snapshot_at = now + self._pace.snapshot
        self.engine.accept(grouped)
        self._responder.stored(changes)
        self._due_at = now
        positions = self._pending.positions()
        self._positions.update(positions)
        self._forget([source for source, position in positions.items() if not position])
        self._pacing.committed(self._pending.records)
        self.records += self._pending.records
        self.alerts += len({alert.id for alert in alerts})
        self._pending.clear()
        for running in self._running:
            if running.opened:
                running.feed.source.committed(positions)
        if grouped.changed:
            self._hooks.formed(grouped.changed)

    def _stored(self, commit: Commit, at: datetime, now: float) -> bool:
        """False when the store refused, which is told; what was read is kept for the next try."""
        try:
            self._store.commit(commit, at)
        except StoreError as error:
            self._block(error.what, now)
            self._hooks.log(
                "commit failed", {"error": error.what, "fix": error.fix, "records kept": self._pending.records}
            )
            return False
        if self._blocked:
            self._hooks.log("storing again", {})
            self._blocked = ""
        return True

    def _forget(self, over: list[str]) -> None:
        """Sources that said with an empty position that they are over and will not come back."""
        if over:
            self._guard("forgetting", lambda: self._store.forget(over))
        for source in over:
            self._positions.pop(source, None)
            self._carries.pop(source, None)

    def _notices(self, alerts: Sequence[Alert]) -> list[Notice]:
        """One notice per alert and channel that wants it; the store leaves out those it has had before."""
        return [
            Notice(f"{to.name}:{alert.id}", to.name, msgspec.to_builtins(alert))
            for alert in fold(alerts)
            for to in self._addressees
            if LEVELS.index(alert.level) >= LEVELS.index(to.min_level)
        ]

    def _answer(self) -> None:
        changed = False

        def formed(incidents: Sequence[Incident]) -> None:
            nonlocal changed
            changed = True
            self._hooks.formed(incidents)

        answer(self._store, self.engine, self._responder, formed, self._hooks.log, datetime.now(UTC), self._settled)
        if changed:  # what people said is not to be forgotten by a start that goes on from an older snapshot
            self._commit(time.monotonic(), snapshot=True)

    def _settled(self) -> bool:
        """Store what is pending; False when it cannot be stored now."""
        if self._pending or self._responder.unstored:
            self._commit(time.monotonic())
        return not (self._pending or self._responder.unstored)

    def _block(self, reason: str, now: float) -> None:
        if reason != self._blocked:
            self._hooks.log("not reading", {"reason": reason})
        self._blocked = reason
        self._retry_at = now + _RETRY

    def _guard(self, what: str, work: Callable[[], None]) -> None:
        try:
            work()
        except VedetteError as error:
            if self._failing.get(what) != error.what:
                self._hooks.log(f"{what} failed", {"error": error.what, "fix": error.fix})
            self._failing[what] = error.what
        else:
            self._failing.pop(what, None)
