"""What is new, as it comes: one look at the store for all who listen.

An event's id is the number of the commit that it is told up to, so a client that was away goes on where it was.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any, Final

import msgspec
from anyio import to_thread

from vedette.model.stored import AlertQuery, IncidentQuery, News
from vedette.store.store import LocalStore

EVERY: Final = 0.5
"""Seconds between two looks."""
HEARTBEAT: Final = 15.0
AGAIN: Final = 5.0
"""Seconds between two looks at who listens."""
LISTENERS: Final = 200
TOLD: Final = 500
"""Things of each kind in one event; the next one follows at once."""
BEHIND: Final = 100_000
"""Commits that a client may have missed to be told of them; else it is to load anew."""


class Event(msgspec.Struct, frozen=True):
    """One message. `name`: alerts, incidents, actions, reset (load anew), or hello (where it begins)."""

    id: int
    name: str
    data: Any

    def encoded(self) -> bytes:
        """As text/event-stream."""
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.id, self.name.encode(), msgspec.json.encode(self.data))

    def message(self) -> str:
        """As a message of a WebSocket."""
        return msgspec.json.encode({"id": self.id, "event": self.name, "data": self.data}).decode()


class Live:
    """Looks while somebody listens; remembers the last answer, so that listeners at the same place share it."""

    def __init__(self, store: LocalStore, every: float = EVERY) -> None:
        self.listeners = 0
        self._store = store
        self._every = every
        self._last: tuple[int, list[Event]] = (-1, [])
        self._lock = asyncio.Lock()

    async def listen(self, after: int | None, gone: Callable[[], Any], may: Callable[[], Any]) -> AsyncIterator[bytes]:
        """As `events`, encoded, with heartbeats."""
        async for event in self.events(after, gone, may):
            yield b": still here\n\n" if event is None else event.encoded()

    async def events(self, after: int | None, gone: Callable[[], Any], may: Callable[[], Any]) -> AsyncIterator[Event | None]:
        """Events until `gone()` is true or `may()` is not; None now and then while there are none.

        Args:
            after: the id of the last event that the client has; None: it begins now.
            may: whether the client still may listen, asked every AGAIN seconds: a session or key may end meanwhile.
        """
        self.listeners += 1
        try:
            sequence = await self._sequence()
            if after is not None and not sequence - BEHIND <= after <= sequence:
                yield Event(sequence, "reset", {})
                after = sequence
            if after is None:
                yield Event(sequence, "hello", {})
                after = sequence
            silent, asked = 0.0, time.monotonic()
            while not await gone():
                if time.monotonic() - asked >= AGAIN:
                    if not await may():
                        return
                    asked = time.monotonic()
                events = await self._since(after)
                for event in events:
                    yield event
                    after = event.id
                silent = 0.0 if events else silent + self._every
                if silent >= HEARTBEAT:
                    yield None
                    silent = 0.0
                await asyncio.sleep(self._every)
        finally:
            self.listeners -= 1

    async def _sequence(self) -> int:
        return (await to_thread.run_sync(self._store.news, 2**62)).sequence

    async def _since(self, after: int) -> list[Event]:
        async with self._lock:
            begin, events = self._last
            if begin == after and events:
                return events
            events = await to_thread.run_sync(_events, self._store, after)
            self._last = (after, events)
            return events


def _events(store: LocalStore, after: int) -> list[Event]:
    news: News = store.news(after, TOLD)
    told: list[Event] = []
    # The id moves on with the last event of a commit only: half of one is told again rather than lost.
    if news.incidents:
        found = store.assigned(IncidentQuery(ids=news.incidents, limit=None))
        told.append(Event(after, "incidents", [_incident(incident, who) for incident, who in found]))
    if news.alerts:
        alerts = store.triaged(AlertQuery(ids=news.alerts, limit=None))
        told.append(Event(after, "alerts", msgspec.to_builtins([_alert(each) for each in alerts])))
    if news.actions:
        actions = [action for action in map(store.action, news.actions) if action is not None]
        told.append(Event(after, "actions", msgspec.to_builtins(actions)))
    return [*told[:-1], msgspec.structs.replace(told[-1], id=news.sequence)] if told else []


def _alert(found: Any) -> dict[str, Any]:
    alert = found.alert
    return {
        "id": alert.id, "rule.id": alert.rule_id, "rule.name": alert.rule_name, "level": alert.level, "state": found.state,
        "assignee": found.assignee, "incident": found.incident, "source.ip": alert.source_ip, "message": alert.message,
        "count": alert.count, "last_seen": alert.last_seen,
    }  # fmt: skip


def _incident(incident: Any, assignee: str | None) -> dict[str, Any]:
    return {
        "id": incident.id, "title": incident.title, "level": incident.level, "score": incident.score, "state": incident.state,
        "assignee": assignee, "last_seen": _text(incident.last_seen), "merged_into": incident.merged_into,
    }  # fmt: skip


def _text(time: datetime) -> str:
    return time.isoformat()
