"""Takes due notices out of the outbox and hands them to their channels, a few at a time, beside the pipeline.

A channel that hangs holds one worker; the pipeline never waits for it. What was handed out and not answered before a
crash comes out of the outbox again when its lease is over: at least once, with the same idempotency key. What a silence is
about is not handed out.
"""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, Final, NamedTuple

from vedette import registry
from vedette.config.tree import ChannelEntry, Tree
from vedette.model.ports import Store
from vedette.model.stored import Delivery
from vedette.respond.backoff import Backoff, next_try
from vedette.respond.outcome import Delivered, Retry
from vedette.runtime import silences

ALERTS: Final = "alerts.jsonl"
"""File in the data directory that alerts go to when no channel is set up."""
LEASE: Final = timedelta(seconds=60)
_WORKERS: Final = 4
_CLAIMED: Final = 16
"""Notices that wait for a worker or are on their way; four deep, so that none outlives its lease in the queue."""


class Channel(NamedTuple):
    """A place that notices go to: the module that delivers and its settings."""

    module: ModuleType
    settings: Any


class Deliveries:
    """Call `turn` often; it never blocks."""

    def __init__(self, store: Store, channels: Mapping[str, Channel], backoff: Backoff) -> None:
        self._store = store
        self._channels = channels
        self._backoff = backoff
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="deliver")
        self._running: dict[Future[Any], Delivery] = {}

    def turn(self, now: datetime) -> None:
        """Book what has ended, and start what is due."""
        for future in [f for f in self._running if f.done()]:
            self._book(self._running[future], future, now)
            del self._running[future]  # Not before it is booked: when the disk is full it is booked later.
        free = _CLAIMED - len(self._running)
        silenced = silences.active(self._store, now) if free else {}
        for delivery in self._store.claim(now, LEASE, free, silenced) if free else ():
            channel = self._channels.get(delivery.channel)
            if channel is None:
                self._store.failed(delivery.key, "no channel of this name is configured any more", None, now)
                continue
            self._running[
                self._pool.submit(channel.module.deliver, channel.settings, delivery.payload, delivery.key)
            ] = delivery

    def _book(self, delivery: Delivery, future: "Future[Any]", now: datetime) -> None:
        fault = future.exception()
        outcome = Retry(f"{type(fault).__name__}: {fault}") if fault else future.result()
        if isinstance(outcome, Delivered):
            self._store.delivered(delivery.key, now)
            return
        due = None
        if isinstance(outcome, Retry):
            attempt = delivery.attempts + 1
            due = next_try(self._backoff, delivery.key, attempt, created=delivery.at, now=now, asked=outcome.after)
        self._store.failed(delivery.key, outcome.reason, due, now)

    @property
    def running(self) -> int:
        """Deliveries that have not ended yet."""
        return len(self._running)

    def close(self, wait: bool = True) -> None:
        """Let the running ones end (or forget them), and start no more."""
        self._pool.shutdown(wait=wait, cancel_futures=True)


def channels_of(tree: Tree) -> list[ChannelEntry]:
    """Where alerts go: as the settings say, or to a file in the data directory."""
    if tree.channels:
        return list(tree.channels)
    settings = registry.load("notify", "file").Settings(path=tree.data_dir / ALERTS)
    return [ChannelEntry(type="file", name="alerts", settings=settings)]
