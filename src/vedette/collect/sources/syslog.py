"""Syslog over UDP (RFC 5426), TCP (RFC 6587, both framings) and TLS (RFC 5425).

A thread receives, `poll` hands out. UDP that finds no room is dropped and counted, as is what the kernel dropped
before; TCP and TLS are simply not read until there is room, so the sender waits. Syslog has no acknowledgement: what
was received and is not yet durable is lost when the agent is killed.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import polars as pl
from pydantic import Field, model_validator

from vedette.collect.inbox import Inbox, Numbering
from vedette.collect.listening import Address, Tls
from vedette.collect.receiver import Limits, Receiver
from vedette.model import settings
from vedette.model.records import RECORD, Json, RecordBatch
from vedette.model.settings import Duration, Size


class Settings(settings.Settings):
    """Where to listen."""

    udp: Address | None = None
    """Address and port for UDP: `0.0.0.0:514`."""
    tcp: Address | None = None
    """Address and port for TCP, unencrypted: `127.0.0.1:601`."""
    tls_address: Address | None = None
    """Address and port for TLS: `0.0.0.0:6514`."""
    tls: Tls | None = None
    """Certificate of the TLS listener."""
    max_connections: int = Field(default=512, ge=1)
    """TCP and TLS connections at once; more are refused and counted."""
    max_message: Size = Field(default=64 << 10, ge=480)
    """Longest message; a longer one is cut and counted (RFC 5424 asks for at least 480 bytes, UDP carries 64 KiB)."""
    max_waiting: int = Field(default=100_000, ge=1)
    """Messages received and not yet processed."""
    max_waiting_bytes: Size = Field(default=64 << 20, ge=65536)
    """The same in bytes."""
    receive_buffer: Size = Field(default=8 << 20, ge=4096)
    """Kernel buffer for UDP; the kernel may allow less (net.core.rmem_max)."""
    handshake: Duration = Field(default=timedelta(seconds=10), gt=timedelta(0))
    """Time for a TLS handshake."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not (self.udp or self.tcp or self.tls_address):
            raise ValueError("give at least one of udp, tcp and tls_address")
        if (self.tls_address is None) != (self.tls is None):
            raise ValueError("tls_address and tls go together")
        return self


class Source:
    """One set of listeners (collect.live.Source)."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self._settings = settings
        self._inbox = Inbox(settings.max_waiting, settings.max_waiting_bytes)
        limits = Limits(
            settings.max_connections, settings.max_message, settings.receive_buffer, settings.handshake.total_seconds()
        )
        self._receiver = Receiver(name, self._inbox, limits)
        self._numbers: dict[str, Numbering] = {}

    def open(self, positions: Mapping[str, Json]) -> None:
        """Bind the ports and start receiving."""
        s = self._settings
        wanted = {"udp": s.udp, "tcp": s.tcp, "tls": s.tls_address}
        addresses = {channel: address for channel, address in wanted.items() if address}
        self._receiver.open(addresses, s.tls.context() if s.tls else None)
        for channel in addresses:
            self._numbers[channel] = Numbering(positions.get(f"{self.name}:{channel}") or {}, time.time())

    def address(self, channel: str) -> tuple[str, int]:
        """Where `udp`, `tcp` or `tls` listens: the port that the kernel chose when the settings said 0."""
        return self._receiver.address(channel)

    def poll(self, limit: int, wait: float) -> list[RecordBatch]:
        """Messages by transport, in order of arrival."""
        found, dropped = self._inbox.take(limit, wait)
        now = datetime.now(UTC)
        batches = []
        if dropped and not found:
            found = {next(iter(self._numbers)): ([], [])}
        for channel, (texts, peers) in found.items():
            numbers = self._numbers[channel]
            batches.append(
                RecordBatch(
                    source=f"{self.name}:{channel}",
                    path=f"syslog:{channel}:{self.address(channel)[1]}",
                    frame=numbers.frame(texts) if texts else pl.DataFrame(schema=RECORD),
                    position=numbers.position(),
                    reference=now,
                    dropped=dropped,
                    peers=pl.Series(peers, dtype=pl.String),
                )
            )
            dropped = ()
        return batches

    def committed(self, positions: Mapping[str, Json]) -> None:
        """Syslog knows no acknowledgement."""

    def fileno(self) -> int:
        """Nothing wakes: it has to be polled."""
        return -1

    def health(self) -> dict[str, Any]:
        """Counters."""
        self._receiver.count_kernel_drops()
        return {
            "lag_bytes": self._inbox.bytes,
            "waiting": len(self._inbox),
            "received": self._receiver.received,
            "connections": self._receiver.connections,
            "dropped": dict(self._inbox.lost),
            "reconnects": 0,
            "problem": "the receiving thread has ended" if self._receiver.dead else "",
        }

    def close(self) -> None:
        """Close ports and connections."""
        self._receiver.close()
