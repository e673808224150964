"""Connections that keep the service waiting: uvicorn bounds how many there are and how long a kept-alive one rests, not how
slowly a request comes in, nor how many are of one client (slow-loris).
"""

import asyncio
from collections.abc import Collection
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from vedette.api.rates import near

HEAD: Final = 10.0
"""Seconds in which the head of a request is to have come, from the beginning of the connection or its first byte."""
SILENT: Final = 30.0
"""Seconds without a byte of a body that is not complete."""
EACH: Final = 64
"""Connections of one address; /64 in IPv6. A browser opens six, and one for what is live."""


def bounded(
    proxies: Collection[str] = (), *, head: float = HEAD, silent: float = SILENT, each: int = EACH
) -> type[H11Protocol]:
    """The protocol for uvicorn.Config(http=...).

    Args:
        proxies: addresses that bring the connections of many.
    """
    trusted = frozenset(proxies)

    class Bounded(H11Protocol):
        """One connection."""

        _due: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            address = _address(self)
            if address not in trusted and sum(near(_address(other)) == near(address) for other in self.connections) > each:
                self.transport.abort()
                return
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._unwatch()
            super().connection_lost(exc)

        def _watch(self) -> None:
            state = self.conn.their_state
            if self.transport.get_protocol() is not self:  # it is a WebSocket now
                self._unwatch()
            elif state is h11.IDLE:
                self._due = self._due or self.loop.call_later(head, self._late)
            else:
                self._unwatch()
                if state is h11.SEND_BODY:
                    self._due = self.loop.call_later(silent, self._late)

        def _unwatch(self) -> None:
            if self._due is not None:
                self._due.cancel()
                self._due = None

        def _late(self) -> None:
            self._due = None
            if self.flow.read_paused:  # it is we who do not read
                self._watch()
            else:
                self.transport.abort()

    return Bounded


def _address(connection: Any) -> str:
    client = getattr(connection, "client", None)
    return str(client[0]) if client else ""
