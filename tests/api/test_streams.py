"""Answers that come in pieces end with the session or key that began them, and give back what they held."""

import asyncio
import json
import threading
from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest

from tests.store.made import SSHD, alert, incident
from vedette.api import streams
from vedette.api.routes import trials
from vedette.api.uploads import NDJSON, lines
from vedette.model.records import Events
from vedette.model.stored import Batch, Commit
from vedette.store.store import open_store

EVENTS = 4_000
LOG = b"Feb  1 10:00:00 web1 sshd[9]: Failed password for root from 203.0.113.7 port 40000 ssh2\n" * 50
RULE = """title: Refused logins
id: 1f0d2a3e-94b1-4a52-9a40-0d8c0f6f5d11
logsource: {product: linux, service: sshd}
detection:
  sel: {event.outcome: failure}
  condition: sel
level: low
"""


@pytest.fixture
def filled(service):
    with open_store(service.store.directory) as agent:
        for number in range(8):
            at = service.now - timedelta(minutes=10 - number)
            frame = pl.DataFrame(
                {"line": range(EVENTS // 8), "event.id": [f"e{number}-{n}" for n in range(EVENTS // 8)], "event.outcome": "failure"}
            ).with_columns(pl.lit(at).cast(pl.Datetime("us", "UTC")).alias("@timestamp"))
            before = {"at": number} if number else None
            agent.commit(Commit([Batch("s", "s", before, {"at": number + 1}, {}, (Events(SSHD, frame),))]), service.now)
    return service


def ask(service, method: str, path: str, query: str, secret: str, body: bytes, after_first: Callable[[], object]) -> bytes:
    """The whole way through the app, and what came; `after_first` is called when the first piece did."""
    headers = [(b"host", b"localhost"), (b"x-api-key", secret.encode()), (b"content-type", b"application/json"),
               (b"accept", NDJSON.encode())]  # fmt: skip
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(), "headers": headers,
             "client": ("203.0.113.5", 4000), "server": ("localhost", 80), "scheme": "http", "root_path": "", "http_version": "1.1",
             "asgi": {"version": "3.0", "spec_version": "2.4"}, "state": {}}  # fmt: skip
    came: list[bytes] = []

    async def run() -> None:
        asked = False
        forever = asyncio.Event()

        async def receive():
            nonlocal asked
            if asked:
                await forever.wait()
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            if message["type"] == "http.response.body" and message.get("body"):
                came.append(message["body"])
                if len(came) == 1:
                    after_first()

        await service.app(scope, receive, send)

    try:
        asyncio.run(run())
    finally:
        ask.came = b"".join(came)
    return b"".join(came)


def export(service, secret: str, after_first: Callable[[], object], form: str = "jsonl") -> bytes:
    return ask(service, "GET", "/api/v1/events/export", f"format={form}", secret, b"", after_first)


def tried(service, secret: str, after_first: Callable[[], object]) -> bytes:
    return ask(service, "POST", "/api/v1/trials", "days=7", secret, json.dumps({"text": RULE}).encode(), after_first)


def analysed(service, secret: str, after_first: Callable[[], object]) -> bytes:
    return ask(service, "POST", "/api/v1/analyze", "compression=false", secret, LOG, after_first)


def explained(service, secret: str, after_first: Callable[[], object]) -> bytes:
    made = [alert("203.0.113.7", id="a1")]
    with open_store(service.store.directory) as agent:
        agent.commit(Commit(alerts=made, incidents=[incident("i1", alerts=tuple(made))]), service.now)
    return ask(service, "POST", "/api/v1/incidents/i1/opinion", "", secret, b"", after_first)


@pytest.fixture
def key(filled):
    token, secret = filled.store.accounts.new_token("analyst", "t", ("read", "work"), filled.now, filled.now + timedelta(days=1))
    return token, secret


ENDINGS = {
    "revoked": lambda service, token: service.store.accounts.revoke(token.id, service.now),
    "expired": lambda service, token: service.later(days=2),
    "disabled": lambda service, token: service.store.accounts.change("analyst", service.now, disabled=True),
}


@pytest.mark.parametrize("how", ENDINGS)
@pytest.mark.parametrize("stream", [export, tried, analysed, explained])
def test_a_stream_ends_with_the_key_that_began_it(filled, key, monkeypatch, how, stream) -> None:
    token, secret = key
    monkeypatch.setattr(streams, "AGAIN", 0.0)
    with pytest.raises(streams.Ended, match="the session or key is over"):
        stream(filled, secret, lambda: ENDINGS[how](filled, token))
    whole = 500 if stream is export else 1
    assert b'"analysis":' not in ask.came
    assert ask.came.count(b"\n") == whole, "the first piece, and nothing after it"
    assert trials._RUNNING.acquire(blocking=False), "its place was given back"
    assert trials._RUNNING.acquire(blocking=False)
    trials._RUNNING.release(2)


def test_an_analysis_that_nobody_may_hear_goes_no_further() -> None:
    heard, ended = threading.Event(), threading.Event()
    further = []

    def work(tell, _hear):
        try:
            tell("judge", 0.0)
            assert heard.wait(30)
            tell("ask", 0.0)
            further.append("the model was asked")
        finally:
            ended.set()

    made = lines(work)
    assert b"judge" in next(made)
    made.close()
    heard.set()
    assert ended.wait(30)
    assert not further


@pytest.mark.parametrize("stream", [export, tried, analysed])
def test_a_stream_ends_when_it_took_too_long(filled, key, monkeypatch, stream) -> None:
    monkeypatch.setattr(streams, "TIMES", 0)
    with pytest.raises(streams.Ended, match="too long"):
        stream(filled, key[1], lambda: None)
    assert ask.came == b""


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_stream_that_may_go_on_is_whole(filled, key, monkeypatch, form) -> None:
    monkeypatch.setattr(streams, "AGAIN", 0.0)
    assert export(filled, key[1], lambda: None, form).count(b"\n") == EVENTS + (form == "csv")
    last = json.loads(tried(filled, key[1], lambda: None).splitlines()[-1])
    assert last["tried"]["events"] == EVENTS
