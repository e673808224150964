"""Records pushed over real HTTP: answered when durable, refused in words otherwise."""

import gzip
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import orjson
import pytest
from pydantic import ValidationError

from vedette.collect.sources import http_push
from vedette.model.errors import SourceError
from vedette.model.records import Json

KEY = "k-3fb1"
AUTH = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("PUSH_KEY", KEY)
    made: list[http_push.Source] = []

    def make(positions: dict[str, Json] | None = None, **kw: Any) -> http_push.Source:
        source = http_push.Source(
            http_push.Settings(**{"address": "127.0.0.1:0", "key_env": "PUSH_KEY", **kw}), "push"
        )
        source.open(positions or {})
        made.append(source)
        return source

    yield make
    for source in made:
        source.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def url(source: http_push.Source) -> str:
    return "http://{}:{}/".format(*source.address)


CLIENT = httpx.Client()  # making one costs a tenth of a second


def post(source: http_push.Source, body: bytes, **headers: str) -> httpx.Response:
    return CLIENT.post(url(source), content=body, headers={**AUTH, **headers}, timeout=20)


@pytest.mark.parametrize(
    ("body", "records"),
    [
        (b'{"a": 1}', ['{"a": 1}']),
        (b'[{"a": 1}, {"b": [2]}]', ['{"a": 1}', '{"b": [2]}']),
        (b'{"a": 1}\n{"b": 2}\r\n\n', ['{"a": 1}', '{"b": 2}']),
        (b'{\n  "a": 1,\n  "n": 12345678901234567890\n}', ['{"a":1,"n":12345678901234567890}']),
        (b'{"a": 1}\nnot json\n', ['{"a": 1}', "not json"]),
        (b"[]", []),
    ],
)
def test_answered_200_only_when_durable(start: Any, pool: ThreadPoolExecutor, body: bytes, records: list[str]) -> None:
    source = start()
    answer: Future[httpx.Response] = pool.submit(post, source, body)
    if records:
        (batch,) = source.poll(100, 10)
        assert batch.frame["raw"].to_list() == records
        assert not answer.done()
        source.committed({batch.source: batch.position})
    assert answer.result(10).json() == {"accepted": len(records)}


def test_gzip_bodies(start: Any, pool: ThreadPoolExecutor) -> None:
    source = start(max_body=1000)
    answer = pool.submit(post, source, gzip.compress(b'{"a":1}'), **{"Content-Encoding": "gzip"})
    (batch,) = source.poll(100, 10)
    source.committed({batch.source: batch.position})
    assert answer.result(10).status_code == 200
    assert post(source, gzip.compress(b" " * 10**5), **{"Content-Encoding": "gzip"}).status_code == 413
    assert post(source, gzip.compress(b'{"a":1}')[:-9], **{"Content-Encoding": "gzip"}).status_code == 400


@pytest.mark.parametrize(
    ("kw", "status"),
    [
        ({"headers": {}}, 401),
        ({"headers": {"Authorization": "Bearer wrong"}}, 401),
        ({"headers": {"Authorization": f"Basic {KEY}"}}, 401),
        ({"content": b"no json at all"}, 400),
        ({"content": b'{"a":'}, 400),
        ({"content": b"[" * 100_000}, 400),
        ({"content": b'{"a":"' + b"x" * 200_000 + b'"}'}, 413),
        ({"content": b'["' + b"x" * 2000 + b'"]'}, 413),
        ({"headers": {**AUTH, "Content-Encoding": "br"}}, 415),
        ({"path": "elsewhere"}, 404),
        ({"method": "GET"}, 405),
    ],
)
def test_refused_with_a_problem_document(start: Any, kw: dict[str, Any], status: int) -> None:
    source = start(max_body=150_000, max_record=1000)
    answer = httpx.request(
        kw.get("method", "POST"), url(source) + kw.get("path", ""), content=kw.get("content", b"{}"),
        headers=kw.get("headers", AUTH),
    )  # fmt: skip
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert KEY not in answer.text
    assert source.health()["refused"] == {str(status): 1}
    assert source.poll(10, 0) == []


def test_no_room_is_429_and_nothing_is_lost(start: Any, pool: ThreadPoolExecutor) -> None:
    source = start(max_waiting=100)
    body = b'{"a":"' + b"x" * 90 + b'"}'
    first = pool.submit(post, source, body)
    (batch,) = source.poll(10, 10)
    second = post(source, body)
    assert second.status_code == 429
    assert second.headers["retry-after"] == "1"
    source.committed({batch.source: batch.position})
    assert first.result(10).status_code == 200
    third = pool.submit(post, source, body)
    (batch,) = source.poll(10, 10)
    source.committed({batch.source: batch.position})
    assert third.result(10).status_code == 200


def test_not_durable_in_time_is_503(start: Any) -> None:
    assert post(start(commit_within="1s"), b"{}").status_code == 503


def test_many_at_once(start: Any, pool: ThreadPoolExecutor) -> None:
    source = start()
    answers = [pool.submit(post, source, b'[{"n":%d},{"n":%d}]' % (n, n + 100)) for n in range(30)]
    got: list[str] = []
    while len(got) < 60:
        for batch in source.poll(7, 10):
            got += batch.frame["raw"].to_list()
            source.committed({batch.source: batch.position})
    assert {a.result(10).status_code for a in answers} == {200}
    assert len(set(got)) == 60


def test_slow_and_broken_clients_hold_nobody_up(start: Any, pool: ThreadPoolExecutor) -> None:
    source = start(read_within="1s", max_connections=4)
    with (
        socket.create_connection(source.address, timeout=10) as slow,
        socket.create_connection(source.address, timeout=10) as rude,
    ):
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
        rude.sendall(b"\x16\x03\x01\x00nonsense\r\n\r\n")
        answer = pool.submit(post, source, b"{}")
        (batch,) = source.poll(10, 10)
        source.committed({batch.source: batch.position})
        assert answer.result(10).status_code == 200
        assert b" 408 " in slow.recv(1000)
        assert b" 400 " in rude.recv(1000)


def test_keep_alive_and_chunks_and_expect(start: Any) -> None:
    source = start()
    stop = threading.Event()

    def commit() -> None:
        while not stop.is_set():
            for batch in source.poll(10, 0.05):
                source.committed({batch.source: batch.position})

    thread = threading.Thread(target=commit)
    thread.start()
    try:
        with httpx.Client(headers=AUTH) as client:
            for _ in range(3):
                assert client.post(url(source), content=iter([b'{"a"', b":1}"])).status_code == 200
        with socket.create_connection(source.address, timeout=10) as raw:
            raw.sendall(
                b"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 2\r\n"
                b"Expect: 100-continue\r\n\r\n" % KEY.encode()
            )
            assert b" 100 " in raw.recv(1000)
            raw.sendall(b"{}")
            assert b" 200 " in raw.recv(1000)
    finally:
        stop.set()
        thread.join()


def test_numbers_go_on_after_a_restart(start: Any, pool: ThreadPoolExecutor) -> None:
    seen = set()
    positions: dict[str, Json] = {}
    for _ in range(2):
        source = start(positions)
        answer = pool.submit(post, source, b"[1,2]")
        (batch,) = source.poll(10, 10)
        seen |= set(batch.frame["offset"])
        positions[batch.source] = batch.position
        source.committed(positions)
        assert answer.result(10).status_code == 200
        source.close()
    assert len(seen) == 4


def deliver(source: http_push.Source, pool: ThreadPoolExecutor, body: bytes, key: str) -> httpx.Response:
    answer = pool.submit(post, source, body, **{"Idempotency-Key": key})
    (batch,) = source.poll(10, 10)
    source.committed({batch.source: orjson.loads(orjson.dumps(batch.position))})
    return answer.result(10)


def test_a_repeat_is_answered_as_the_first_time_and_stored_once(start: Any, pool: ThreadPoolExecutor) -> None:
    source = start()
    first = deliver(source, pool, b"[1,2]", "7c1e")
    again = post(source, b"[1,2]", **{"Idempotency-Key": "7c1e"})
    assert (again.status_code, again.content) == (first.status_code, first.content) == (200, b'{"accepted":2}')
    assert source.poll(10, 0) == []
    assert deliver(source, pool, b"[1,2]", "7c1f").status_code == 200, "another key is another request"


def test_a_repeat_after_a_restart_is_known_if_and_only_if_the_first_was_durable(
    start: Any, pool: ThreadPoolExecutor
) -> None:
    source = start()
    answer = pool.submit(post, source, b"[1]", **{"Idempotency-Key": "a"})
    (durable,) = source.poll(10, 10)
    source.committed({durable.source: durable.position})
    assert answer.result(10).status_code == 200
    lost = pool.submit(post, source, b"[2]", **{"Idempotency-Key": "b"})
    source.poll(10, 10)
    source.close()
    assert lost.result(10).status_code == 503
    source = start({durable.source: orjson.loads(orjson.dumps(durable.position))})
    assert post(source, b"[1]", **{"Idempotency-Key": "a"}).json() == {"accepted": 1}
    assert source.poll(10, 0) == []
    assert deliver(source, pool, b"[2]", "b").json() == {"accepted": 1}


def test_a_repeat_waits_for_the_first_one(start: Any, pool: ThreadPoolExecutor) -> None:
    source = start(commit_within="1s")
    assert post(source, b"[1]", **{"Idempotency-Key": "a"}).status_code == 503
    again = [pool.submit(post, source, b"[1]", **{"Idempotency-Key": "a"}) for _ in range(3)]
    (batch,) = source.poll(10, 10)
    assert batch.frame["raw"].to_list() == ["1"]
    source.committed({batch.source: batch.position})
    assert {answer.result(10).status_code for answer in again} == {200}
    assert source.poll(10, 0) == []


def test_a_key_is_for_one_body_and_has_bounds(start: Any, pool: ThreadPoolExecutor) -> None:
    source = start()
    deliver(source, pool, b"[1]", "a")
    assert post(source, b"[2]", **{"Idempotency-Key": "a"}).status_code == 422
    for bad in ("", "x" * 256, "a\tb"):
        assert post(source, b"[1]", **{"Idempotency-Key": bad}).status_code == 400
    assert source.poll(10, 0) == []


def test_only_the_last_keys_are_remembered(start: Any, pool: ThreadPoolExecutor) -> None:
    source = start(remember=2)
    for key in "abc":
        deliver(source, pool, b"[1]", key)
    assert post(source, b"[1]", **{"Idempotency-Key": "b"}).status_code == 200
    assert source.poll(10, 0) == []
    answer = pool.submit(post, source, b"[1]", **{"Idempotency-Key": "a"})
    (batch,) = source.poll(10, 10)
    assert len(batch.position["delivered"]) == 2
    source.committed({batch.source: batch.position})
    assert answer.result(10).status_code == 200


def test_settings_that_are_not_safe(tmp_path: Any, start: Any) -> None:
    with pytest.raises(ValidationError, match="allow_plain_http"):
        http_push.Settings(address="0.0.0.0:0", key_env="PUSH_KEY")
    with pytest.raises(ValidationError, match="one of key_env and key_file"):
        http_push.Settings()
    with pytest.raises(ValidationError, match="write key_env: NAME or key_file: PATH, without a `key:`"):
        http_push.Settings(key={"key_env": "PUSH_KEY"})
    with pytest.raises(SourceError, match="environment variable NOT_SET"):
        start(key_env="NOT_SET")
    with pytest.raises(SourceError, match="cannot read the key"):
        start(key_env=None, key_file=tmp_path / "none")
