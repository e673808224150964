"""Take records that others send: POST of JSON (an object, an array, or one object a line) with a bearer key.

The answer 200 says that the records are durable; until then the request waits. 429 says that there is no room now,
503 that it took too long: send the same again. A request with the header `Idempotency-Key` (1 to 255 printable ASCII
characters, a new one for each request) may be sent again as often as one likes: while it is among the last
`remember` ones it is answered as the first time and stored once. The same key with another body is refused (422).
Without a key, what is sent again after a lost answer comes twice.
"""

import hmac
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import msgspec
import orjson
from pydantic import Field, model_validator

from vedette.collect.delivered import LONGEST, Delivered, Mark, mark
from vedette.collect.http_server import Head, Limits, Refused, Server
from vedette.collect.inbox import Numbering
from vedette.collect.listening import Address, Tls, is_loopback
from vedette.collect.live import Keyed
from vedette.model.records import Json, RecordBatch
from vedette.model.settings import Duration, Size


class Settings(Keyed):
    """Where to listen, and who may send: only with the key, as `Authorization: Bearer ...`."""

    address: Address = "127.0.0.1:8514"
    """Address and port."""
    path: str = Field(default="/", pattern=r"^/[!-~]*$")
    """Path that takes the POST."""
    tls: Tls | None = None
    """Certificate; needed unless only this machine can connect."""
    allow_plain_http: bool = False
    """Listen to other machines without TLS: the key can then be read on the way."""
    max_body: Size = Field(default=8 << 20, ge=1)
    """Largest body of one request, also when unpacked."""
    max_record: Size = Field(default=1 << 20, ge=1)
    """Largest single record."""
    max_waiting: Size = Field(default=64 << 20, ge=1)
    """Bytes of requests received and not yet durable; beyond them the answer is 429."""
    max_connections: int = Field(default=64, ge=1)
    """Connections at once."""
    commit_within: Duration = Field(default=timedelta(seconds=30), gt=timedelta(0))
    """Time to make a request durable; after it the answer is 503."""
    read_within: Duration = Field(default=timedelta(seconds=30), gt=timedelta(0))
    """Time for a client to send a whole request."""
    remember: int = Field(default=1000, ge=0)
    """How many of the last requests that had an `Idempotency-Key` are known again, also after a restart: sent once more,
    they are answered as the first time and stored once."""

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.key_env is None and self.key_file is None:
            raise ValueError("give one of key_env and key_file: nobody may send without a key")
        if not is_loopback(self.address) and self.tls is None and not self.allow_plain_http:
            raise ValueError("other machines can reach this address: give tls, or set allow_plain_http")
        return self


class _Request:
    """Records of one POST on their way to be durable."""

    def __init__(self, texts: list[str], size: int, mark: Mark | None) -> None:
        self.texts = texts
        self.size = size
        self.mark = mark
        self.last_line = 0
        self.durable = threading.Event()


class Source:
    """An HTTP server and the requests that wait in it (collect.live.Source)."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self._settings = settings
        self._source = f"{name}:push"
        self._key = b""
        self._numbers = Numbering({}, 0)
        self._delivered = Delivered({}, settings.remember)
        limits = Limits(settings.max_connections, settings.max_body, settings.read_within.total_seconds())
        self._server = Server(name, limits, self._check, self._take)
        self._changed = threading.Condition()
        self._waiting: list[_Request] = []
        self._handed: list[_Request] = []
        self._by_key: dict[str, _Request] = {}
        self._bytes = self._line = 0
        self._accepted = 0

    def open(self, positions: Mapping[str, Json]) -> None:
        """Read the key, bind the port, start to serve."""
        s = self._settings
        self._key = str(s.key()).encode()  # there is one: the settings say so
        position = positions.get(self._source) or {}
        self._numbers = Numbering(position, time.time())
        self._delivered = Delivered(position, s.remember)
        self._line = int(position.get("line", 0))
        self._server.open(s.address, s.tls.context() if s.tls else None)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: the port that the kernel chose when the settings said 0."""
        return self._server.address

    def poll(self, limit: int, wait: float) -> list[RecordBatch]:
        """Waiting requests, whole ones, so that each becomes durable at once."""
        with self._changed:
            if not self._waiting:
                self._changed.wait(wait)
            texts: list[str] = []
            while self._waiting and (not texts or len(texts) + len(self._waiting[0].texts) <= limit):
                request = self._waiting.pop(0)
                texts += request.texts
                self._line += len(request.texts)
                request.last_line = self._line
                self._handed.append(request)
                if request.mark:
                    self._delivered.add(request.mark, len(request.texts))
            remembered = self._delivered.position()
        if not texts:
            return []
        frame = self._numbers.frame(texts)
        position = self._numbers.position() | remembered
        return [RecordBatch(self._source, f"http:{self.address[1]}", frame, position, datetime.now(UTC))]

    def committed(self, positions: Mapping[str, Json]) -> None:
        """Answer the requests whose records are durable now."""
        line = int((positions.get(self._source) or {}).get("line", 0))
        with self._changed:
            for request in [r for r in self._handed if r.last_line <= line]:
                self._handed.remove(request)
                self._bytes -= request.size
                self._accepted += len(request.texts)
                if request.mark:
                    del self._by_key[request.mark.key]
                request.durable.set()

    def fileno(self) -> int:
        """Nothing wakes: it has to be polled."""
        return -1

    def health(self) -> dict[str, Any]:
        """Counters; refused requests are not lost, their senders know."""
        return {
            "lag_bytes": self._bytes,
            "accepted": self._accepted,
            "refused": dict(self._server.refused),
            "connections": self._server.connections,
            "dropped": {},
            "reconnects": 0,
            "problem": "",
        }

    def close(self) -> None:
        """Stop serving; requests that are not durable are answered 503."""
        self._server.stopping.set()
        with self._changed:
            waiting = [*self._waiting, *self._handed]
            self._waiting, self._handed, self._by_key = [], [], {}
        for request in waiting:
            request.durable.set()
        self._server.close()

    # --- in the threads of the server ---

    def _check(self, head: Head) -> None:
        scheme, _, key = head.headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(key.strip(), self._key):
            raise Refused(401, "the bearer key is missing or wrong")
        if head.target.partition(b"?")[0] != self._settings.path.encode():
            raise Refused(404, f"POST to {self._settings.path}")
        if head.method != b"POST":
            raise Refused(405, "POST only")
        if self._bytes >= self._settings.max_waiting:
            raise Refused(429, "no room now, send it again")

    def _take(self, head: Head, body: bytes) -> bytes:
        texts = records(body, self._settings.max_record)
        if not texts:
            return _answer(0)
        request = _Request(texts, len(body), _mark(head, body))
        with self._changed:
            known = self._known(request.mark)
            if isinstance(known, int):
                return _answer(known)
            if known is None:
                if self._bytes and self._bytes + request.size > self._settings.max_waiting:
                    raise Refused(429, "no room now, send it again")
                self._bytes += request.size
                self._waiting.append(request)
                if request.mark:
                    self._by_key[request.mark.key] = request
                self._changed.notify()
        in_time = (known or request).durable.wait(self._settings.commit_within.total_seconds())
        if not in_time or self._server.stopping.is_set():
            raise Refused(503, "not durable in time, send it again")
        return _answer(len(texts))

    def _known(self, mark: Mark | None) -> _Request | int | None:
        """The request of that key that is still on its way, or how many records one that is delivered had."""
        if mark is None:
            return None
        waiting = self._by_key.get(mark.key)
        found = self._delivered.find(mark)
        body = waiting.mark.body if waiting and waiting.mark else found[0] if found else mark.body
        if body != mark.body:
            raise Refused(422, "this Idempotency-Key came with another body before")
        return waiting or (found[1] if found else None)


def _answer(accepted: int) -> bytes:
    return orjson.dumps({"accepted": accepted})


def _mark(head: Head, body: bytes) -> Mark | None:
    key = head.headers.get(b"idempotency-key")
    if key is None:
        return None
    made = mark(key.strip(), body)
    if made is None:
        raise Refused(400, f"an Idempotency-Key has 1 to {LONGEST} printable ASCII characters")
    return made


def records(body: bytes, most: int) -> list[str]:
    """Records of a body: an object, the elements of an array, or the lines; each as one line of JSON.

    Raises:
        Refused: no JSON, or a record is too long.
    """
    body = body.removeprefix(b"\xef\xbb\xbf").strip()
    if not body:
        return []
    try:
        many = body[:1] == b"["
        parts = msgspec.json.decode(body, type=list[msgspec.Raw]) if many else [_whole(body)]
        texts = [_one_line(bytes(part)) for part in parts]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        lines = [line for line in body.split(b"\n") if line.strip()]
        try:
            orjson.loads(lines[0])
        except orjson.JSONDecodeError:
            raise Refused(400, "the body is neither JSON nor JSON lines") from None
        # A bad line among good ones goes on as it is: the parser rejects and counts it.
        texts = [line.strip().decode("utf-8", "backslashreplace") for line in lines]
    if any(len(text) > most for text in texts):
        raise Refused(413, f"a record has at most {most:,} characters")
    return texts


def _whole(body: bytes) -> msgspec.Raw:
    return msgspec.json.decode(body, type=msgspec.Raw)


def _one_line(part: bytes) -> str:
    return (msgspec.json.format(part, indent=-1) if b"\n" in part or b"\r" in part else part).decode()
