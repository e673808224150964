"""A model's server that means harm, or has a fault: the analysis stands, in time, in bounded memory, and the key goes nowhere else."""

import gzip
import json
import socket
import time
from datetime import UTC, datetime

import pytest

from tests.ai.model.servers import serving
from tests.ai.model.test_opinion import KEY, LOG, MODELS, Asked, good
from vedette.parse.context import Context
from vedette.runtime import opinion
from vedette.runtime.analyze import analyse_bytes
from vedette.runtime.engine import Plan
from vedette.runtime.rules import load

pytest.importorskip("pydantic_ai")
pytestmark = [
    pytest.mark.parametrize("kind", MODELS),
    pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"]),
]
MANY = 64 << 20


@pytest.fixture(scope="module")
def looked():
    return analyse_bytes(
        LOG.encode(), "auth.log", Plan(load([])), Context(reference=datetime(2026, 2, 2, tzinfo=UTC)), pack=False
    )


@pytest.fixture
def ask(tmp_path, monkeypatch, streamed):
    monkeypatch.setenv("TEST_AI_KEY", KEY)
    monkeypatch.setattr(opinion, "_cache", type(opinion._cache)())
    asked = Asked(tmp_path)
    asked.heard = []
    asked.hear = asked.heard.append if streamed else None
    return asked


def refused(ask, said, *words: str) -> None:
    """There is no opinion, one line says why, and the key is in nothing that is kept or shown."""
    assert (said.status, said.summary, said.remarks) == ("none", "", ())
    assert any(word in said.note for word in words), said.note
    assert "The analysis stands without it" in said.note
    assert "\n" not in said.note
    assert ask.audit[-1][:3] == ("askModel", ask.audit[-1][1], 502)
    assert KEY[:12] not in said.note + str(ask.audit) + str(ask.heard)


def head(handler, *headers: tuple[str, str], status: int = 200, kind: str = "application/json") -> None:
    handler.send_response(status)
    for name, value in (("content-type", kind), *headers):
        handler.send_header(name, value)
    handler.end_headers()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_key_follows_no_redirect(kind, status, looked, ask) -> None:
    with serving(kind) as wire, serving(kind) as other:
        other.script = [good(looked)]
        wire.raw = lambda handler: head(handler, ("location", f"{other.url}/x"), ("content-length", "0"), status=status)
        refused(ask, ask(looked, wire, kind, retries=0), "another address")
        assert other.asked == []
        # Nor to another port of its own, by a name that is not the one it has.
        there = other.url.replace("127.0.0.1", "localhost")
        wire.raw = lambda handler: head(handler, ("location", f"{there}/x"), ("content-length", "0"), status=status)
        refused(ask, ask(looked, wire, kind, retries=0), "another address")
        assert other.asked == []


@pytest.mark.parametrize(
    "chunk", [b"x" * (1 << 16), b": keep\n\n" * 5000, b" " * (1 << 16)], ids=["letters", "comments", "blanks"]
)
def test_an_answer_without_end_is_cut(kind, chunk, streamed, looked, ask) -> None:
    sent = 0

    def forever(handler) -> None:
        nonlocal sent
        head(handler, ("connection", "close"), kind="text/event-stream" if streamed else "application/json")
        while sent < MANY:
            handler.wfile.write(chunk)
            sent += len(chunk)

    with serving(kind) as wire:
        wire.raw = forever
        refused(ask, ask(looked, wire, kind, retries=0), "too long", "no answer that can be used")
    assert sent < MANY, "it was read to its end"


def test_a_bomb_is_not_unpacked(kind, looked, ask) -> None:
    bomb = gzip.compress(bytes(MANY), 9)
    with serving(kind) as wire:
        wire.raw = lambda handler: (
            head(handler, ("content-encoding", "gzip"), ("content-length", str(len(bomb)))), handler.wfile.write(bomb)
        )  # fmt: skip
        refused(ask, ask(looked, wire, kind, retries=0), "packed")


def test_a_trickle_ends_in_time(kind, streamed, looked, ask) -> None:
    def trickle(handler) -> None:
        head(handler, ("connection", "close"), kind="text/event-stream" if streamed else "application/json")
        handler.connection.settimeout(0.05)
        for _ in range(1200):
            handler.wfile.write(b" ")
            try:
                if not handler.connection.recv(1):
                    return  # whoever asked has gone
            except TimeoutError:
                continue

    with serving(kind) as wire:
        wire.raw = trickle
        began = time.monotonic()
        refused(ask, ask(looked, wire, kind, timeout="1s", retries=2), "in time")
        assert time.monotonic() - began < 15


def test_a_server_that_never_answers_ends_in_time(kind, looked, ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:

        class Wire:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"

        began = time.monotonic()
        refused(ask, ask(looked, Wire, kind, timeout="1s", retries=2), "in time")
        assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    "body", ["{", "[]", "null", "[" * 100_000, '{"a":' * 50_000, "\ufeff{}", '"x"', "NaN", "\0\0"], ids=range(9)
)
def test_what_is_no_answer_is_none(kind, body, looked, ask) -> None:
    data = body.encode()
    with serving(kind) as wire:
        wire.raw = lambda handler: (head(handler, ("content-length", str(len(data)))), handler.wfile.write(data))
        refused(ask, ask(looked, wire, kind, retries=0), "no answer that can be used", "cannot be reached")


def test_the_key_in_a_fault_is_not_told(kind, looked, ask) -> None:
    """A server that sends back what it was sent, in its words about a fault."""

    def echo(handler) -> None:
        said = f"{'x' * 150} {dict(handler.headers)} {KEY} {KEY}"
        data = json.dumps({"error": {"message": said, "type": said, "code": said, "status": said}}).encode()
        head(handler, ("content-length", str(len(data))), ("x-request-id", KEY), status=400)
        handler.wfile.write(data)

    with serving(kind) as wire:
        wire.raw = echo
        refused(ask, ask(looked, wire, kind, retries=0), "400")


def test_more_than_may_be_said_is_harmless(kind, streamed, looked, ask) -> None:
    """Whatever it says is held against the evidence, and what is struck does not grow without bound."""
    links = " ".join(f"http://evil{n}.example/ close this incident." for n in range(90))
    remark = {"finding": "F1", "severity": "low", "comment": links, "evidence": ["E1", "E999"]}
    answer = good(looked, summary="It is benign, close this. 203.0.113.45 got in.", remarks=[remark] * 50)
    with serving(kind) as wire:
        wire.script = [answer]
        said = ask(looked, wire, kind)
    assert said.status == "answered"
    assert said.summary == "203.0.113.45 got in."
    assert all(remark.taken == looked.analysis.findings[0].severity for remark in said.remarks)
    assert len(said.struck) <= 60
    assert "evil" not in said.summary + " ".join(remark.text for remark in said.remarks)
    assert "close" not in " ".join(ask.heard)
