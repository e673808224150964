"""Watches interfaces: packets from the kernel's rings to alerts and actions, in threads of its own.

Whoever must be stopped is stopped here, within milliseconds; the agent's loop gets the alerts a moment later, to store
them and make incidents of them, and the HTTP requests, to judge them by rules. What the loop cannot take in is counted and
given up: packets come faster than anything can be written down.
"""

import contextlib
import os
import select
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vedette.model.alert import Alert
from vedette.model.errors import VedetteError
from vedette.model.packets import PacketBatch
from vedette.model.records import Events
from vedette.runtime.packets import Judged

if TYPE_CHECKING:
    from vedette.collect.ring import Ring
    from vedette.detect.network.talkers import Talker
    from vedette.runtime.recording import Recording

WAITING: Final = 20_000
"""Alert parts that wait for the loop."""
TALKERS: Final = 20
"""Addresses, and services, that are told of."""
LATE: Final = "requests, look-ups and names in packets that there was no time for"
_TURN: Final = 0.05
_BLOCKS: Final = 16
"""Blocks that one interface may have judged before the next one has its turn."""
_AGAIN: Final = 5.0
_PRIORITY: Final = -10
_SWITCH: Final = 0.001
"""Seconds after which Python gives the thread its turn, if it waits."""


class Found(NamedTuple):
    """What waits for the loop."""

    alerts: list[Alert]
    asked: list[Events]


class _Capture:
    """A ring of an interface, or that there is none just now, and why. Only its thread changes it."""

    def __init__(self, interface: str) -> None:
        self.interface = interface
        self.ring: Ring | Recording | None = None
        self.group = 0
        self.fault = ""
        self.again_at = 0.0
        self.packets = 0
        self.bytes = 0
        self.drops = 0


class Watcher:
    """Begins when it is made, ends with `close`.

    Args:
        interfaces: their names.
        capture: opens a ring of one, alone (None), in a new group (0), or in one that is there.
        look: judges a batch; called in threads of ours, as is `act`.
        act: acts on alerts.
        log: as everywhere.
        fanout: rings of each interface that share its packets; there are as many threads, each with one of every interface.
        talkers: who sends most, and which services are asked most, of what was judged (Engine.talkers).
        stop: ends the watch; for those who wait inside of what they capture.
    """

    def __init__(
        self,
        interfaces: Sequence[str],
        capture: "Callable[[str, int | None], Ring | Recording]",
        look: Callable[[PacketBatch], Judged],
        act: Callable[[Sequence[Alert], datetime], object],
        log: Callable[[str, dict[str, Any]], None],
        *,
        fanout: int = 1,
        talkers: "Callable[[int], tuple[list[Talker], list[Talker]]]" = lambda _most: ([], []),
        stop: threading.Event | None = None,
    ) -> None:
        self._capture = capture
        self._look = look
        self._act = act
        self._log = log
        self._talkers = talkers
        self._shared = fanout > 1
        self._captures = {name: [_Capture(name) for _ in range(fanout)] for name in interfaces}
        self._opening = threading.Lock()
        self._lock = threading.Lock()
        self._found = Found([], [])
        self._detections: Counter[str] = Counter()
        self.shed: Counter[str] = Counter()
        self._stop = stop or threading.Event()
        shares = zip(*self._captures.values(), strict=True)
        self._threads = [threading.Thread(target=self._run, args=(share,), name="watcher", daemon=True) for share in shares]
        sys.setswitchinterval(_SWITCH)
        for thread in self._threads:
            thread.start()

    def take(self) -> Found:
        """What was found since the last call."""
        with self._lock:
            found, self._found = self._found, Found([], [])
        return found

    def health(self) -> dict[str, Any]:
        """Of every interface: packets, bytes, what the kernel dropped, and what is wrong; who sends most, and which services
        are asked most; detections by rule."""
        senders, services = self._talkers(TALKERS)
        return {
            "interfaces": {
                name: {
                    "packets": sum(each.packets for each in rings),
                    "bytes": sum(each.bytes for each in rings),
                    "drops": sum(each.drops for each in rings),
                    "fault": next((each.fault for each in rings if each.fault), ""),
                }
                for name, rings in self._captures.items()
            },
            "senders": [each._asdict() for each in senders],
            "services": [each._asdict() for each in services],
            "detections": dict(self._detections),
            "shed": dict(self.shed),
            "dead": not all(thread.is_alive() for thread in self._threads),
        }

    def close(self) -> None:
        """Capture no more."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, captures: Sequence[_Capture]) -> None:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _PRIORITY)
        try:
            while not self._stop.is_set():
                self._turn(captures)
        finally:
            for each in captures:
                if each.ring is not None:
                    each.ring.close()

    def _turn(self, captures: Sequence[_Capture]) -> None:
        now = time.monotonic()
        for each in captures:
            if each.ring is None and now >= each.again_at:
                self._begin(each, now)
        poll = select.poll()
        open_ones = [each for each in captures if each.ring is not None]
        for each in open_ones:
            poll.register(each.ring, select.POLLIN)  # type: ignore[arg-type]
        poll.poll(_TURN * 1000)
        for each in open_ones:
            try:
                self._drain(each)
            except VedetteError as error:
                self._end(each, error, time.monotonic())

    def _begin(self, each: _Capture, now: float) -> None:
        try:
            with self._opening:
                each.ring = self._capture(each.interface, self._group(each.interface))
                each.group = each.ring.group if self._shared else 0
        except VedetteError as error:
            self._end(each, error, now)
            return
        each.fault = ""
        self._log("capture began", {"interface": each.interface})

    def _group(self, interface: str) -> int | None:
        """That of its rings that are open; the kernel gives the first one a number that nobody else has."""
        if not self._shared:
            return None
        return next((each.group for each in self._captures[interface] if each.group), 0)

    def _end(self, each: _Capture, error: VedetteError, now: float) -> None:
        if each.fault != error.what:
            self._log("capture failed", {"interface": each.interface, "error": error.what, "fix": error.fix})
        each.fault = error.what
        each.group = 0
        each.again_at = now + _AGAIN
        if each.ring is not None:
            each.ring.close()
            each.ring = None

    def _drain(self, each: _Capture) -> None:
        ring = each.ring
        assert ring is not None  # noqa: S101 - only open ones are drained
        for _ in range(_BLOCKS):
            if not ring.wait(0) or (batch := ring.take()) is None:
                return
            try:
                each.packets += len(batch.at)
                each.bytes += int(batch.wire.sum())
                each.drops += sum(number for _, number in batch.dropped)
                self._judge(batch)
            finally:
                del batch
                ring.done()

    def _judge(self, batch: PacketBatch) -> None:
        try:
            judged = self._look(batch)
        except Exception as error:
            # A fault of ours costs the answer for these packets, and not the watch.
            if os.environ.get("VEDETTE_DEBUG"):
                raise
            with self._lock:
                self.shed[f"a fault of ours: {type(error).__name__}: {error}"[:200]] += 1
            return
        alerts, asked = judged.alerts, judged.asked
        if alerts:
            self._act(alerts, datetime.now(UTC))
        with self._lock:
            room = WAITING - len(self._found.alerts)
            self._found.alerts.extend(alerts[:room])
            if len(alerts) > room:
                self.shed["alerts that the agent had no time for"] += len(alerts) - room
            room = len(self._found.asked) < WAITING // 100
            if room:
                self._found.asked.extend(asked)
            if over := judged.over + (0 if room else sum(events.frame.height for events in asked)):
                self.shed[LATE] += over
            self._detections.update(alert.rule_id for alert in alerts)
