"""Feeds from a real HTTP server, a file and a TAXII server: what is new, what is not, and what goes wrong."""

import gzip
import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import ValidationError

from tests.collect.test_http_pull import KEY, Answer, serve
from vedette.collect import fetching
from vedette.collect.api import Failed
from vedette.collect.feeds import Settings
from vedette.collect.fetching import Fetching
from vedette.model.errors import SourceError

__all__ = ["serve"]  # the fixture
LIST = b"203.0.113.7\n"
COLLECTION = "/api1/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/"


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Fetching]]:
    monkeypatch.setenv("FEED_KEY", KEY)
    made: list[Fetching] = []

    def make(stop: threading.Event | None = None, **kw: Any) -> Fetching:
        made.append(Fetching(Settings(**{"name": "f", **kw}), stop or threading.Event()))
        return made[-1]

    yield make
    for each in made:
        each.close()


@contextmanager
def raw(answer: bytes, *, hold: bool) -> Iterator[str]:
    """A server that sends these bytes to one client; and then closes, or goes silent until the test is over."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
                if hold:
                    over.wait(30)

        thread = threading.Thread(target=run)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/list"
        over.set()
        thread.join()


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"ETag": '"v1"'}, {"If-None-Match": '"v1"'}),
        (
            {"Last-Modified": "Sun, 01 Feb 2026 10:00:00 GMT"},
            {"If-Modified-Since": "Sun, 01 Feb 2026 10:00:00 GMT"},
        ),
    ],
)
def test_a_list_that_has_not_changed_is_not_sent_again(
    serve: Any, feed: Any, given: dict[str, str], asked: dict[str, str]
) -> None:
    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        return (304, {}, b"") if all(headers.get(k) == v for k, v in asked.items()) else (200, given, LIST)

    each = feed(url=serve(answer).url)
    first = each.fetch({})
    assert first.data == LIST
    known = json.loads(json.dumps(first.known))
    assert each.fetch(known) is None
    assert each.fetch({}).data == LIST


def test_a_server_without_conditions_gives_the_same_list_once(serve: Any, feed: Any) -> None:
    bodies = [LIST, LIST, b"198.51.100.9\n"]
    each = feed(url=serve(lambda *_: (200, {}, bodies.pop(0))).url)
    first = each.fetch({})
    assert each.fetch(first.known) is None
    assert each.fetch(first.known).data == b"198.51.100.9\n"


def test_what_is_known_of_another_address_does_not_count(serve: Any, feed: Any) -> None:
    api = serve(
        lambda path, query, headers: (304, {}, b"") if headers.get("If-None-Match") else (200, {"ETag": "1"}, LIST)
    )
    known = feed(url=api.url + "/a").fetch({}).known
    assert feed(url=api.url + "/b").fetch(known).data == LIST


@pytest.mark.parametrize(("header", "prefix"), [("Authorization", "Bearer "), ("X-OTX-API-KEY", "")])
def test_the_key_goes_into_its_header(serve: Any, feed: Any, header: str, prefix: str) -> None:
    api = serve(lambda path, query, headers: (200, {}, LIST) if headers.get(header) == prefix + KEY else (401, {}, b""))
    assert feed(url=api.url, key_env="FEED_KEY", key_header=header, key_prefix=prefix).fetch({}).data == LIST
    with pytest.raises(Failed, match="the key was refused"):
        feed(url=api.url).fetch({})


@pytest.mark.parametrize(
    ("answer", "says", "wait"),
    [
        ((401, {}, b""), "the key was refused", None),
        ((429, {"Retry-After": "120"}, b""), "HTTP 429", 120.0),
        ((500, {}, b""), "HTTP 500", None),
        ((304, {}, b""), "HTTP 304", None),
        ((302, {"Location": "https://other.example.net/"}, b""), "redirects elsewhere", None),
        ((200, {}, b"x" * 5000), "max_body", None),
        ((200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 5000)), "max_body", None),
        ((200, {"Content-Encoding": "gzip"}, b"not gzip"), "DecodingError", None),
        ((200, {"Content-Encoding": "zstd"}, b"x"), "content encoding", None),
        ((200, {"Content-Encoding": "gzip, gzip"}, b"x"), "content encoding", None),
    ],
)
def test_what_goes_wrong_is_said_without_the_key(
    serve: Any, feed: Any, answer: Answer, says: str, wait: float | None
) -> None:
    api = serve(lambda *_: answer)
    with pytest.raises(Failed, match=says) as failed:
        feed(url=api.url + "/list?token=hidden", key_env="FEED_KEY", max_body=4096).fetch({})
    assert failed.value.wait == wait
    assert KEY not in str(failed.value)
    assert "hidden" not in str(failed.value)
    assert len(api.asked) == 1


def test_a_packed_list_is_unpacked(serve: Any, feed: Any) -> None:
    api = serve(lambda *_: (200, {"Content-Encoding": "gzip"}, gzip.compress(LIST)))
    assert feed(url=api.url).fetch({}).data == LIST


@pytest.mark.parametrize(
    ("answer", "hold", "says"),
    [
        (b"", True, "ReadTimeout"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n203.0.113.7\n", True, "ReadTimeout"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n203.0.113.7\n", False, "RemoteProtocolError"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n203.0.113.7\n\r\n", False, "RemoteProtocolError"),
        (b"\x00\xff\r\n\r\n", False, "RemoteProtocolError"),
    ],
)
def test_an_answer_that_is_slow_or_cut_off_is_none(feed: Any, answer: bytes, hold: bool, says: str) -> None:
    with raw(answer, hold=hold) as url, pytest.raises(Failed, match=says):
        feed(url=url, timeout="1s").fetch({})


def test_an_answer_that_never_ends_is_given_up(feed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "WHOLE", 0.0)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    with raw(head + LIST, hold=True) as url, pytest.raises(Failed, match="took more than"):
        feed(url=url).fetch({})


def test_stop_ends_a_fetch(serve: Any, feed: Any) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Failed, match="stopped"):
        feed(stop, url=serve(lambda *_: (200, {}, LIST)).url).fetch({})


def secure(tmp_path: Path) -> ssl.SSLContext:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return context


def test_a_redirect_is_followed_without_a_key_and_to_https_only(serve: Any, feed: Any, tmp_path: Path) -> None:
    seen: list[Any] = []
    hops = {"/1": "/2", "/2": "/3", "/3": "/list", "/0": "/1"}

    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        seen.append(headers.get("Authorization"))
        return (302, {"Location": hops[path]}, b"") if path in hops else (200, {}, LIST)

    target = serve(answer, secure(tmp_path))
    start = serve(lambda path, query, headers: (301, {"Location": target.url + "/2"}, b""))
    ca: dict[str, Any] = {"ca_file": tmp_path / "ca.pem"}
    assert feed(url=start.url, **ca).fetch({}).data == LIST
    assert feed(url=target.url + "/1", **ca).fetch({}).data == LIST
    with pytest.raises(Failed, match="more than 3 redirects"):
        feed(url=target.url + "/0", **ca).fetch({})
    seen.clear()
    with pytest.raises(Failed, match="redirects elsewhere"):
        feed(url=start.url, key_env="FEED_KEY", **ca).fetch({})
    assert seen == []
    plain = serve(lambda *_: (200, {}, LIST))
    with pytest.raises(Failed, match="redirects elsewhere"):
        feed(url=serve(lambda *_: (302, {"Location": plain.url}, b"")).url).fetch({})
    assert plain.asked == []


# --- files ---


def test_a_file_is_read_when_it_has_changed(feed: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(LIST)
    each = feed(path=path)
    first = each.fetch({})
    assert first.data == LIST
    assert each.fetch(json.loads(json.dumps(first.known))) is None
    new = tmp_path / "new"  # of the same size and time
    new.write_bytes(LIST.replace(b"7", b"8"))
    os.utime(new, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    new.rename(path)
    assert each.fetch(first.known).data == b"203.0.113.8\n"


def test_a_file_that_cannot_be_had_is_said(feed: Any, tmp_path: Path) -> None:
    with pytest.raises(Failed, match="none: No such file"):
        feed(path=tmp_path / "none").fetch({})
    with pytest.raises(Failed, match="Is a directory"):
        feed(path=tmp_path).fetch({})
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(Failed, match="not a file"):
        feed(path=tmp_path / "fifo").fetch({})
    (tmp_path / "big").write_bytes(b"x" * 4097)
    with pytest.raises(Failed, match="max_body"):
        feed(path=tmp_path / "big", max_body=4096).fetch({})


# --- TAXII ---


def envelope(objects: list[int], **more: Any) -> bytes:
    return json.dumps({"objects": [{"type": "indicator", "id": f"indicator--{n}"} for n in objects], **more}).encode()


@pytest.mark.parametrize("url", [COLLECTION, COLLECTION.rstrip("/"), COLLECTION + "objects/", COLLECTION + "objects"])
def test_the_pages_of_a_collection_are_one_bundle(serve: Any, feed: Any, url: str) -> None:
    pages = {None: ([1, 2], "a b&c"), "a b&c": ([3], "z"), "z": ([4], None)}

    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        if path != COLLECTION + "objects/" or query.get("match[type]") != "indicator":
            return 404, {}, b""
        if headers["Accept"] != "application/taxii+json;version=2.1" or headers["Authorization"] != f"Basic {KEY}":
            return 406, {}, b""
        objects, following = pages[query.get("next")]
        return 200, {}, envelope(objects, **({"more": True, "next": following} if following else {"more": False}))

    each = feed(url=serve(answer).url + url, format="taxii", key_env="FEED_KEY", key_prefix="Basic ")
    got = each.fetch({})
    bundle = json.loads(got.data)
    assert bundle["type"] == "bundle"
    assert [o["id"] for o in bundle["objects"]] == [f"indicator--{n}" for n in (1, 2, 3, 4)]
    assert each.fetch(got.known) is None


def test_a_server_that_says_only_when_its_last_object_was_added(serve: Any, feed: Any) -> None:
    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        if "added_after" not in query:
            return 200, {"X-TAXII-Date-Added-Last": "2026-02-01T00:00:00.000001Z"}, envelope([1], more=True)
        assert query["added_after"] == "2026-02-01T00:00:00.000001Z"
        return 200, {}, envelope([2])

    got = feed(url=serve(answer).url + COLLECTION, format="taxii").fetch({})
    assert [o["id"] for o in json.loads(got.data)["objects"]] == ["indicator--1", "indicator--2"]


def test_a_collection_without_objects_is_an_empty_bundle(serve: Any, feed: Any) -> None:
    got = feed(url=serve(lambda *_: (200, {}, b"{}")).url + COLLECTION, format="taxii").fetch({})
    assert json.loads(got.data) == {"type": "bundle", "objects": []}


@pytest.mark.parametrize(
    ("page", "says", "asked"),
    [
        (lambda n: envelope([n], more=True, next=str(n)), "more than 20 pages", 20),
        (lambda n: envelope([n], more=True, next="same"), "not where", 2),
        (lambda n: envelope([n], more=True), "not where", 1),
        (lambda n: envelope(list(range(100)), more=True, next=str(n)), "max_body", 4),
        (lambda n: b'{"objects": 7}', "not a TAXII 2.1 envelope", 1),
        (lambda n: b"<html>", "not a TAXII 2.1 envelope", 1),
        (lambda n: b"[" * 4000, "not a TAXII 2.1 envelope", 1),
    ],
)
def test_a_server_that_pages_for_ever_or_wrongly(
    serve: Any, feed: Any, monkeypatch: pytest.MonkeyPatch, page: Callable[[int], bytes], says: str, asked: int
) -> None:
    monkeypatch.setattr(fetching, "PAGES", 20)
    api = serve(lambda *_: (200, {}, page(len(api.asked))))
    with pytest.raises(Failed, match=says):
        feed(url=api.url + COLLECTION, format="taxii", max_body=16 << 10).fetch({})
    assert len(api.asked) == asked


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "one of url and path"),
        ({"url": "https://a.example/", "path": "/a"}, "one of url and path"),
        ({"url": "http://a.example/"}, "not https"),
        ({"url": "https://u:p@a.example/"}, "no user and password"),
        ({"path": "/a", "format": "taxii"}, "needs a url"),
        ({"path": "/a", "key_env": "X"}, "a file needs none"),
        ({"path": "/a", "name": "a b"}, "name"),
        ({"path": "/a", "interval": "59s"}, "interval"),
        ({"path": "/a", "weight": 101}, "weight"),
        ({"path": "/a", "level": "bad"}, "level"),
    ],
)
def test_settings_that_cannot_be(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Settings(**{"name": "f", **given})


def test_a_key_that_is_not_there_is_said_at_once(feed: Any) -> None:
    with pytest.raises(SourceError, match="NOT_SET"):
        feed(url="https://a.example/", key_env="NOT_SET")
