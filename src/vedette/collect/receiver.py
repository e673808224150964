"""The receiving end of syslog: sockets and connections on a thread of their own, into an inbox.

UDP that finds no room is dropped and counted, as is what the kernel dropped before; TCP and TLS are simply not read
until there is room, so the sender waits.
"""

import contextlib
import ipaddress
import itertools
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from vedette.collect.framing import BadFrame, Framing
from vedette.collect.inbox import Inbox
from vedette.collect.listening import Address, listener

FULL: Final = "no room, syslog over UDP was dropped"
KERNEL: Final = "kernel receive buffer was full, syslog over UDP was dropped"
REFUSED: Final = "too many connections, syslog sender was refused"
CUT: Final = "syslog message longer than max_message was cut"
TURNS: Final = 16
"""Reads from one connection before the others get their turn."""
BURST: Final = 500
"""Datagrams read in one go before the others get their turn."""


class Limits(NamedTuple):
    """`connections` at once, `message` and `buffer` (of the kernel, for UDP) in bytes, `handshake` in seconds."""

    connections: int
    message: int
    buffer: int
    handshake: float


class _Connection:
    """One sender on TCP or TLS."""

    def __init__(self, sock: socket.socket, channel: str, peer: str, most: int) -> None:
        self.sock = sock
        self.channel = channel
        self.peer = peer
        self.framing = Framing(most)
        self.waiting: list[bytes] = []
        self.shaking = isinstance(sock, ssl.SSLSocket)
        self.since = time.monotonic()


class Receiver:
    """Receives from `open` to `close`; `received` counts messages."""

    def __init__(self, name: str, inbox: Inbox, limits: Limits) -> None:
        self._name, self._inbox, self._limits = name, inbox, limits
        self._listeners: dict[str, socket.socket] = {}
        self._tls: ssl.SSLContext | None = None
        self._selector = selectors.DefaultSelector()
        self._streams = selectors.EpollSelector()
        self._connections: set[_Connection] = set()
        self._stuck: set[_Connection] = set()
        self._paused = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._kernel_dropped = 0
        self.received = 0

    def open(self, addresses: Mapping[str, Address], tls: ssl.SSLContext | None) -> None:
        """Bind the ports and start to receive. `addresses` by channel: `udp`, `tcp`, `tls`.

        Raises:
            SourceError: a port is taken or not allowed.
        """
        self._tls = tls
        try:
            for channel, address in addresses.items():
                kind = socket.SOCK_DGRAM if channel == "udp" else socket.SOCK_STREAM
                self._listeners[channel] = listener(address, kind)
        except Exception:
            self.close()
            raise
        for channel, sock in self._listeners.items():
            if channel == "udp":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._limits.buffer)
            self._selector.register(sock, selectors.EVENT_READ, channel)
        self._selector.register(self._streams, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._receive, name=f"syslog {self._name}", daemon=True)
        self._thread.start()

    def address(self, channel: str) -> tuple[str, int]:
        """Where a channel listens: the port that the kernel chose when 0 was asked for."""
        name = self._listeners[channel].getsockname()
        return name[0], name[1]

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._connections)

    @property
    def dead(self) -> bool:
        """Whether the thread ended by itself."""
        return self._thread is not None and not self._thread.is_alive()

    def close(self) -> None:
        """Close ports and connections."""
        self._stop.set()
        if self._thread:
            self._thread.join(5)
            self._thread = None
        for connection in list(self._connections):
            connection.sock.close()
        self._connections.clear()
        for sock in self._listeners.values():
            sock.close()
        self._streams.close()
        self._selector.close()

    # --- in the receiving thread ---

    def _receive(self) -> None:
        while not self._stop.is_set():
            self._pause()
            for key, _ in self._selector.select(0.02 if self._stuck or self._paused else 0.2):
                if key.data == "udp":
                    self._datagrams(self._listeners["udp"])
                elif key.data is not None:
                    self._accept(key.data)
                else:
                    for stream, _ in self._streams.select(0):
                        self._stream(stream.data)
            self._unstick()
            self._timeouts()

    def _pause(self) -> None:
        """Stop reading connections while there is little room, so that their senders wait."""
        if not self._paused and self._inbox.full(0.75):
            self._selector.unregister(self._streams)
            self._paused = True
        elif self._paused and not self._inbox.full(0.5):
            self._selector.register(self._streams, selectors.EVENT_READ, None)
            self._paused = False

    def _datagrams(self, sock: socket.socket) -> None:
        for _ in range(BURST):
            try:
                data, peer = sock.recvfrom(65536)
            except OSError:
                return
            self.received += 1
            if len(data) > self._limits.message:
                data = data[: self._limits.message]
                self._inbox.drop(CUT)
            message = data.rstrip(b"\r\n\x00")
            if message and not self._inbox.put("udp", message, _host(peer)):
                self._inbox.drop(FULL)

    def _accept(self, channel: str) -> None:
        try:
            sock, peer = self._listeners[channel].accept()
        except OSError:
            return
        if len(self._connections) >= self._limits.connections:
            self._inbox.drop(REFUSED)
            sock.close()
            return
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if channel == "tls" and self._tls:
            try:
                sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            except (OSError, ValueError):
                sock.close()
                return
        connection = _Connection(sock, channel, _host(peer), self._limits.message)
        self._connections.add(connection)
        self._streams.register(sock, selectors.EVENT_READ, connection)

    def _stream(self, connection: _Connection) -> None:
        sock = connection.sock
        try:
            if connection.shaking and isinstance(sock, ssl.SSLSocket):
                sock.do_handshake()
                connection.shaking = False
            for turn in itertools.count():
                # TLS may hold bytes that the socket shows no more.
                if turn >= TURNS and not (isinstance(sock, ssl.SSLSocket) and sock.pending()):
                    return
                block = sock.recv(65536)
                if not block:
                    self._end(connection)
                    return
                if not self._messages(connection, connection.framing.feed(block)):
                    return
        except (ssl.SSLWantReadError, BlockingIOError):
            return
        except ssl.SSLWantWriteError:
            return
        except BadFrame as error:
            self._inbox.drop(f"syslog sender {error}, connection closed")
            self._drop(connection)
        except ssl.SSLError:
            self._inbox.drop("TLS handshake failed" if connection.shaking else "TLS connection broke")
            self._drop(connection)
        except OSError:
            self._end(connection)

    def _messages(self, connection: _Connection, messages: list[bytes]) -> bool:
        """Queue messages; False when some must wait, and with them their connection."""
        self._count_cuts(connection)
        for index, message in enumerate(messages):
            if not self._inbox.put(connection.channel, message, connection.peer):
                connection.waiting = messages[index:]
                self._stuck.add(connection)
                with contextlib.suppress(KeyError, ValueError):
                    self._streams.unregister(connection.sock)
                return False
            self.received += 1
        return True

    def _unstick(self) -> None:
        for connection in list(self._stuck):
            waiting, connection.waiting = connection.waiting, []
            self._stuck.discard(connection)
            if self._messages(connection, waiting):
                if connection.sock.fileno() < 0:
                    self._connections.discard(connection)
                else:
                    self._streams.register(connection.sock, selectors.EVENT_READ, connection)
                    self._stream(connection)

    def _end(self, connection: _Connection) -> None:
        """The sender has closed: its last line counts even without an end."""
        rest = connection.framing.finish()
        kept = self._messages(connection, rest)
        self._drop(connection)
        if not kept:
            self._connections.add(connection)

    def _drop(self, connection: _Connection) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._streams.unregister(connection.sock)
        self._connections.discard(connection)
        connection.sock.close()

    def _count_cuts(self, connection: _Connection) -> None:
        if connection.framing.cut:
            self._inbox.drop(CUT, connection.framing.cut)
            connection.framing.cut = 0

    def _timeouts(self) -> None:
        oldest = time.monotonic() - self._limits.handshake
        for connection in [c for c in self._connections if c.shaking and c.since < oldest]:
            self._inbox.drop("TLS handshake took too long")
            self._drop(connection)

    def count_kernel_drops(self) -> None:
        """The `drops` column of /proc/net/udp for our socket (proc(5))."""
        sock = self._listeners.get("udp")
        if sock is None or sock.fileno() < 0:
            return
        inode = str(Path(f"/proc/self/fd/{sock.fileno()}").readlink()).partition("[")[2].rstrip("]")
        table = Path("/proc/net/udp6" if sock.family == socket.AF_INET6 else "/proc/net/udp")
        try:
            rows = table.read_text().splitlines()
        except OSError:
            return
        for row in rows:
            fields = row.split()
            if len(fields) > 12 and fields[9] == inode and (dropped := int(fields[12])) > self._kernel_dropped:
                self._inbox.drop(KERNEL, dropped - self._kernel_dropped)
                self._kernel_dropped = dropped


def _host(peer: tuple[str, int]) -> str:
    """The sender's address; IPv4 as such also where it came to an IPv6 socket."""
    host = peer[0]
    if ":" not in host:
        return host
    address = ipaddress.IPv6Address(host)
    return str(address.ipv4_mapped or address)
