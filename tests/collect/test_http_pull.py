"""Fetching from a real HTTP server: paging, going on after a kill, back-off, and what the key is kept from."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme
from pydantic import ValidationError

from vedette.collect.sources import http_pull
from vedette.model.errors import SourceError
from vedette.model.records import Json

KEY = "key-7c2d"
Answer = tuple[int, dict[str, str], bytes]


class Api:
    """A server whose answers a function of path, query and headers gives."""

    def __init__(self, answer: Callable[[str, dict[str, str], Any], Answer], tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {k: v[0] for k, v in parse_qs(parts.query).items()}
                api.asked.append((parts.path, query))
                status, headers, body = answer(parts.path, query, self.headers)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://{'localhost' if tls else '127.0.0.1'}:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def serve() -> Iterator[Any]:
    made: list[Api] = []

    def make(answer: Callable[..., Answer], tls: ssl.SSLContext | None = None) -> Api:
        made.append(Api(answer, tls))
        return made[-1]

    yield make
    for api in made:
        api.close()


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("PULL_KEY", KEY)
    made: list[http_pull.Source] = []

    def make(positions: dict[str, Json] | None = None, **kw: Any) -> http_pull.Source:
        source = http_pull.Source(http_pull.Settings(**{"interval": "1s", **kw}), "api")
        made.append(source)
        source.open(positions or {})
        return source

    yield make
    for source in made:
        source.close()


def ok(value: Any, **headers: str) -> Answer:
    return 200, headers, json.dumps(value).encode()


def numbers(source: http_pull.Source, count: int, positions: dict[str, Json] | None = None) -> list[int]:
    got: list[int] = []
    deadline = time.monotonic() + 15
    while len(got) < count and time.monotonic() < deadline:
        for batch in source.poll(1000, 0.5):
            assert batch.frame["line"].to_list() == batch.frame["offset"].to_list()
            got += [json.loads(raw)["n"] for raw in batch.frame["raw"]]
            if positions is not None:
                positions[batch.source] = batch.position
    return got


def paged(style: str, total: int = 7, size: int = 3) -> Callable[..., Answer]:
    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        at = int(query.get("page", query.get("cursor", "0")))
        at = at * size if style == "page" else at
        items = [{"n": n} for n in range(total)][at : at + size]
        more = at + size < total
        if style == "next":
            return ok({"data": {"events": items}, "next": f"/v1?page={at + size}" if more else None})
        if style == "link":
            return ok(items, **({"Link": f'</v1?page={at + size}>; rel="next"'} if more else {}))
        if style == "cursor":
            return ok({"events": items, "meta": {"next": str(at + len(items))}})
        return ok(items)

    return answer


PAGING: dict[str, dict[str, Any]] = {
    "next": {"items": "data.events"},
    "link": {},
    "page": {"first_page": 0},
    "cursor": {"items": "events", "cursor_field": "meta.next"},
}


@pytest.mark.parametrize("style", PAGING)
def test_every_page_once(serve: Any, start: Any, style: str) -> None:
    api = serve(paged(style))
    source = start(url=api.url + "/v1", paging=style, **PAGING[style])
    assert numbers(source, 7) == list(range(7))


@pytest.mark.parametrize("style", PAGING)
@pytest.mark.parametrize("killed_after", [1, 2])
def test_killed_between_pages_and_started_again(serve: Any, start: Any, style: str, killed_after: int) -> None:
    api = serve(paged(style))
    settings = {"url": api.url + "/v1", "paging": style, **PAGING[style]}
    positions: dict[str, Json] = {}
    first = start(**settings)
    got = []
    for _ in range(killed_after):
        got += numbers(first, 1, positions)
    first.close()
    got += numbers(start(positions, **settings), 7 - len(got))
    assert got == list(range(7))


def test_since_asks_for_newer_ones_and_its_boundary_is_not_doubled(serve: Any, start: Any) -> None:
    events = [{"n": n, "at": f"2026-02-01T00:00:{n:02}Z"} for n in range(4)]

    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        return ok([e for e in events if str(e["at"]) >= query.get("since", "")])

    api = serve(answer)
    source = start(url=api.url, since_param="since", since_field="at")
    assert numbers(source, 4) == [0, 1, 2, 3]
    events.append({"n": 4, "at": "2026-02-01T00:00:03Z"})
    assert numbers(source, 1) == [4]
    assert api.asked[-1][1] == {"since": "2026-02-01T00:00:03Z"}
    assert source.health()["given_again"] >= 1


@pytest.mark.parametrize(("header", "prefix"), [("Authorization", "Bearer "), ("X-API-Key", "")])
def test_the_key_goes_into_its_header(serve: Any, start: Any, header: str, prefix: str) -> None:
    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        return ok([{"n": 1}]) if headers.get(header) == prefix + KEY else (401, {}, b"")

    source = start(url=serve(answer).url, key_env="PULL_KEY", key_header=header, key_prefix=prefix)
    assert numbers(source, 1) == [1]


def problem(source: http_pull.Source) -> str:
    deadline = time.monotonic() + 10
    while not source.health()["problem"] and time.monotonic() < deadline:
        assert source.poll(10, 0.05) == []
    return str(source.health()["problem"])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((403, {}, b"go away"), "the key was refused"),
        ((302, {"Location": "https://other.example.net/"}, b""), "redirects elsewhere"),
        ((200, {}, b"<html>not json"), "not JSON"),
        ((200, {}, b'{"an": "object"}'), "not JSON with a list"),
        ((200, {}, b"[" + b" " * 5000 + b"]"), "max_body"),
        ((500, {}, b""), "HTTP 500"),
    ],
)
def test_what_goes_wrong_is_said_without_the_key(serve: Any, start: Any, answer: Answer, says: str) -> None:
    api = serve(lambda *_: answer)
    source = start(url=api.url + "/v1?token=hidden", key_env="PULL_KEY", max_body=4096)
    said = problem(source)
    assert says in said
    assert KEY not in said
    assert "hidden" not in said


def test_the_key_is_not_sent_to_another_server(serve: Any, start: Any) -> None:
    seen = []
    other = serve(lambda path, query, headers: (seen.append(headers.get("Authorization")), ok([]))[1])
    api = serve(lambda *_: ok({"data": [{"n": 1}], "next": other.url + "/page2"}))
    source = start(url=api.url, key_env="PULL_KEY", items="data", paging="next")
    assert "another server" in problem(source)
    assert seen == []


def test_failures_are_retried_and_retry_after_is_heeded(serve: Any, start: Any) -> None:
    answers = [(503, {"Retry-After": "0"}, b""), (429, {"Retry-After": "0"}, b""), (200, {}, b"not json")]
    api = serve(lambda *_: answers.pop(0) if answers else ok([{"n": 1}]))
    source = start(url=api.url)
    assert numbers(source, 1) == [1]
    assert source.health()["reconnects"] == 3
    assert source.health()["problem"] == ""


def test_https_with_a_private_authority(serve: Any, start: Any, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    api = serve(lambda *_: ok([{"n": 1}]), context)
    assert numbers(start(url=api.url, ca_file=tmp_path / "ca.pem"), 1) == [1]
    assert "CERTIFICATE_VERIFY_FAILED" in problem(start(url=api.url))


def test_settings_that_are_not_safe(start: Any, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="not https"):
        http_pull.Settings(url="http://api.example.com/v1")
    with pytest.raises(ValidationError, match="key_header"):
        http_pull.Settings(url="https://user:secret@api.example.com/v1")
    with pytest.raises(SourceError, match="NOT_SET"):
        start(url="https://api.example.com", key_env="NOT_SET")
    with pytest.raises(SourceError, match="CA file"):
        start(url="https://api.example.com", ca_file=tmp_path / "none.pem")
