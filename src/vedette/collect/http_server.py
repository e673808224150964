"""A small HTTP/1.1 server for POSTed bodies, one thread per connection; errors are problem documents (RFC 9457)."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import h11
import orjson

from vedette.collect.listening import Address, listener
from vedette.collect.unpack import Damaged, TooMuch, gunzip, limited

CHUNK: Final = 1 << 16
TICK: Final = 0.2
"""Seconds after which a waiting thread looks whether it is to end."""
TITLES: Final = {
    400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
    413: "Content Too Large", 415: "Unsupported Media Type", 422: "Unprocessable Content", 429: "Too Many Requests",
    503: "Service Unavailable",
}  # fmt: skip


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Head(NamedTuple):
    """A request without its body; header names in lower case."""

    method: bytes
    target: bytes
    headers: Mapping[bytes, bytes]


class Limits(NamedTuple):
    """`connections` at once, `body` in bytes also when unpacked, `read_within` seconds for a whole request."""

    connections: int
    body: int
    read_within: float


class Server:
    """Serves from `open` to `close`.

    Attributes:
        stopping: set when it is to end; whoever waits on behalf of a request looks at it.
        refused: requests by the status that they were refused with.
    """

    def __init__(
        self, name: str, limits: Limits, check: Callable[[Head], None], take: Callable[[Head, bytes], bytes]
    ) -> None:
        """`check` sees a request before its body is read, `take` answers it with JSON; both may raise Refused."""
        self._name, self._limits = name, limits
        self._check, self._take = check, take
        self._server: socket.socket | None = None
        self._threads: set[threading.Thread] = set()
        self._counting = threading.Lock()
        self.stopping = threading.Event()
        self.refused: dict[str, int] = {}

    def open(self, address: Address, context: ssl.SSLContext | None) -> None:
        """Bind the port, start to serve.

        Raises:
            SourceError: the port is taken or not allowed.
        """
        self._server = listener(address, socket.SOCK_STREAM)
        self._server.settimeout(TICK)
        self._spawn(self._serve, self._server, context)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: the port that the kernel chose when 0 was asked for."""
        assert self._server is not None  # noqa: S101 - open() comes first
        name = self._server.getsockname()
        return name[0], name[1]

    @property
    def connections(self) -> int:
        """How many there are."""
        return max(0, len(self._threads) - 1)

    def close(self) -> None:
        """Stop serving."""
        self.stopping.set()
        for thread in list(self._threads):
            thread.join(5)
        if self._server:
            self._server.close()

    def _spawn(self, what: Any, *args: Any) -> None:
        def run() -> None:
            try:
                what(*args)
            finally:
                self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, name=f"http {self._name}", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _serve(self, server: socket.socket, context: ssl.SSLContext | None) -> None:
        while not self.stopping.is_set():
            try:
                sock, _ = server.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            if len(self._threads) > self._limits.connections:
                self._note(503)
                sock.close()
                continue
            self._spawn(self._connection, sock, context)

    def _connection(self, sock: socket.socket, context: ssl.SSLContext | None) -> None:
        with sock:
            sock.settimeout(self._limits.read_within)
            try:
                if context is not None:
                    sock = context.wrap_socket(sock, server_side=True)
                with sock:
                    talk = h11.Connection(h11.SERVER, max_incomplete_event_size=32 << 10)
                    while not self.stopping.is_set() and self._exchange(sock, talk):
                        talk.start_next_cycle()
            except (OSError, h11.LocalProtocolError):
                return  # the client is gone or speaks something else; there is nobody to answer

    def _exchange(self, sock: socket.socket, talk: h11.Connection) -> bool:
        """One request and its answer; True when the connection may be used again."""
        deadline = time.monotonic() + self._limits.read_within
        try:
            event = self._next(sock, talk, deadline)
            if not isinstance(event, h11.Request):
                return False
            head = Head(event.method, event.target, dict(event.headers))
            self._check(head)
            length = head.headers.get(b"content-length", b"0")
            if length.isdigit() and int(length) > self._limits.body:
                raise Refused(413, f"at most {self._limits.body:,} bytes")
            answer = self._take(head, self._body(sock, talk, head, deadline))
        except h11.RemoteProtocolError as error:
            return self._problem(
                sock, talk, Refused(error.error_status_hint or 400, "this is not HTTP as it should be")
            )
        except Refused as refused:
            return self._problem(sock, talk, refused)
        self._answer(sock, talk, 200, b"application/json", answer)
        return talk.our_state is h11.DONE and talk.their_state is h11.DONE

    def _next(self, sock: socket.socket, talk: h11.Connection, deadline: float) -> Any:
        while (event := talk.next_event()) is h11.NEED_DATA:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Refused(408, "the request took too long")
            if talk.they_are_waiting_for_100_continue:
                sock.sendall(talk.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            sock.settimeout(min(left, TICK))
            try:
                talk.receive_data(sock.recv(CHUNK))
            except TimeoutError:
                if self.stopping.is_set():
                    raise OSError("closing") from None
        return event

    def _body(self, sock: socket.socket, talk: h11.Connection, head: Head, deadline: float) -> bytes:
        packing = head.headers.get(b"content-encoding", b"identity").lower()
        if packing not in {b"identity", b"gzip"}:
            raise Refused(415, "content-encoding gzip or none")
        most = self._limits.body
        parts: list[bytes] = []
        size = 0
        while isinstance(event := self._next(sock, talk, deadline), h11.Data):
            size += len(event.data)
            if size > most:
                raise Refused(413, f"at most {most:,} bytes")
            parts.append(bytes(event.data))
        body = b"".join(parts)
        if packing != b"gzip":
            return body
        try:
            return b"".join(limited(gunzip(iter([body])), lambda: len(body), ratio=1, most=most, floor=most))
        except TooMuch:
            raise Refused(413, f"at most {most:,} bytes when unpacked") from None
        except Damaged as error:
            raise Refused(400, f"gzip body: {error}") from None

    def _problem(self, sock: socket.socket, talk: h11.Connection, refused: Refused) -> bool:
        """Answer with a problem document and close: the rest of the request is not read."""
        self._note(refused.status)
        title = TITLES.get(refused.status, "Error")
        body = orjson.dumps({"type": "about:blank", "title": title, "status": refused.status, "detail": refused.detail})
        if talk.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._answer(sock, talk, refused.status, b"application/problem+json", body, close=True)
        return False

    def _answer(
        self, sock: socket.socket, talk: h11.Connection, status: int, kind: bytes, body: bytes, *, close: bool = False
    ) -> None:
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        if status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        if status in (429, 503):
            headers.append((b"retry-after", b"1"))
        if close:
            headers.append((b"connection", b"close"))
        sock.settimeout(self._limits.read_within)
        for event in (
            h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage(),
        ):  # fmt: skip
            sock.sendall(talk.send(event) or b"")

    def _note(self, status: int) -> None:
        with self._counting:
            self.refused[str(status)] = self.refused.get(str(status), 0) + 1
