"""ScaleDown's client against a server on this machine: every shape of answer, every failure."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from vedette.ai.scaledown import ATTEMPTS, PATH, ScaleDown
from vedette.model.errors import VedetteError

PACK = "the login of root from 192.0.2.7 failed again and again and again and again"
SHORT = "root 192.0.2.7 failed often"
KEEP = ["192.0.2.7", "root"]


@pytest.fixture
def server():
    """A server that answers what `server.answers` says, in order, the last one again and again."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            at.requests.append((self.path, dict(self.headers), json.loads(body)))
            status, answer, *rest = at.answers.pop(0) if len(at.answers) > 1 else at.answers[0]
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in (rest[0] if rest else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            try:
                for start in range(0, len(data), max(1, len(data) // 8)):
                    time.sleep(at.pause)
                    self.wfile.write(data[start : start + max(1, len(data) // 8)])
            except OSError:
                pass

        def log_message(self, *_):
            pass

    at = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    at.requests, at.answers, at.pause = [], [], 0
    at.url = f"http://127.0.0.1:{at.server_port}"
    thread = threading.Thread(target=at.serve_forever)
    thread.start()
    yield at
    at.shutdown()
    thread.join()
    at.server_close()


def ask(server, **options):
    return ScaleDown("secret", server.url, sleep=lambda _: None, **options).compress(PACK, KEEP)


@pytest.mark.parametrize(
    "answer",
    [
        {"compressed_prompt": SHORT, "original_prompt_tokens": 20, "compressed_prompt_tokens": 9, "successful": True},
        {"results": {"compressed_prompt": SHORT, "original_prompt_tokens": 20}, "total_original_tokens": 20},
        {"compressed_context": SHORT, "usage": {"prompt_tokens": 9, "prompt_tokens_uncompressed": 20}},
    ],
    ids=["documented", "client", "legacy"],
)
def test_every_shape_is_read(server, answer):
    server.answers = [(200, answer)]
    assert ask(server) == (SHORT, "")
    ((path, headers, body),) = server.requests
    assert path == PATH
    assert headers["x-api-key"] == "secret"
    assert body["context"] == PACK
    assert body["scaledown"]["preserve_words"] == KEEP


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        ((200, {"compressed_prompt": SHORT.replace("192.0.2.7", ""), "successful": True}), "lost 1 of 2"),
        ((200, {"compressed_prompt": "root from 192.0.2.71", "successful": True}), "lost 1 of 2"),
        ((200, {"compressed_prompt": PACK, "successful": True}), "not smaller"),
        ((200, {"compressed_prompt": SHORT, "successful": False}), "not succeed"),
        ((200, {"compressed_prompt": "  "}), "no text"),
        ((200, {"compressed_prompt": 7}), "no text"),
        ((200, []), "no known shape"),
        ((200, b"<html>busy</html>"), "no JSON"),
        ((200, b"[" * 100_000), "no JSON"),
        ((200, b"x" * (2 << 20)), "too long"),
        ((400, {"detail": "malformed"}), "400"),
        ((401, {"detail": "key"}), "401"),
        ((307, {}, {"Location": "http://192.0.2.1/"}), "307"),
    ],
)
def test_an_answer_that_is_no_use_leaves_the_pack(server, answer, note):
    server.answers = [answer]
    text, told = ask(server)
    assert text == PACK
    assert note in told
    assert len(server.requests) == 1, "asked again in vain"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_it_is_asked_again_when_that_may_help(server, status):
    server.answers = [(status, {}), (200, {"compressed_prompt": SHORT})]
    assert ask(server) == (SHORT, "")
    server.answers = [(status, {})]
    server.requests.clear()
    assert ask(server).text == PACK
    assert len(server.requests) == ATTEMPTS


def test_a_slow_server_is_given_up(server):
    server.answers, server.pause = [(200, {"compressed_prompt": SHORT})], 0.2
    text, note = ask(server, timeout=0.3)
    assert text == PACK
    assert "cannot be reached" in note


def test_nobody_there():
    client = ScaleDown("secret", "http://127.0.0.1:9", sleep=lambda _: None)
    assert client.compress(PACK, KEEP).text == PACK


@pytest.mark.parametrize(
    ("key", "url"), [("", "https://a.example"), ("k", "http://a.example"), ("k\n", "https://a.example")]
)
def test_no_key_and_no_cipher_are_refused(key, url):
    with pytest.raises(VedetteError):
        ScaleDown(key, url)
