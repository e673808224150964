"""Webhooks against a real server on loopback: what is sent, how answers are read, and that the key stays inside."""

import json
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from pydantic import ValidationError

from vedette.respond.notify.webhook import Settings, asked_to_wait, deliver
from vedette.respond.outcome import Dead, Delivered, Retry

SECRET = "s3cr3t-key-1234567890"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))
        what = self.path.strip("/").partition("?")[0]
        if what == "hang":
            self.server.done.wait(20)
            self.close_connection = True
        elif what == "drip":
            self.drip()
        elif what == "close":
            self.close_connection = True
        elif what == "redirect":
            self.answer(302, {"Location": "/ok"})
        elif what == "flood":
            self.answer(200, {}, b"x" * 50_000_000)
        elif what == "echo":
            self.answer(400, {}, self.headers["Authorization"].encode())
        elif what == "busy":
            self.answer(429, {"Retry-After": "120"})
        else:
            self.answer(int(what) if what.isdigit() else 200, {})

    do_GET = do_POST

    def answer(self, status, headers, body=b"{}"):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            for start in range(0, len(body), 100_000):
                self.wfile.write(body[start : start + 100_000])
                self.server.sent += min(100_000, len(body) - start)
        except OSError:
            self.close_connection = True

    def drip(self):
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not self.server.done.wait(0.05):
                self.wfile.write(b"X")
        except OSError:
            pass
        self.close_connection = True

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # broken handshakes are what some tests are about


def serve(context=None):
    server = Server(("127.0.0.1", 0), Handler)
    server.seen, server.done, server.sent = [], threading.Event(), 0
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    return server, thread


def stop(server, thread):
    server.done.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def plain():
    server, thread = serve()
    yield server
    stop(server, thread)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def secure(request, authority):
    name = getattr(request, "param", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    server, thread = serve(context)
    yield server
    stop(server, thread)


def to(server, path="/ok", **more):
    return Settings(url=f"http://127.0.0.1:{server.server_port}{path}", allow_http=True, **more)


def test_what_is_sent(secure, authority, tmp_path, monkeypatch):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("HOOK_KEY", SECRET)
    url = f"https://127.0.0.1:{secure.server_port}/hook?a=1"
    settings = Settings(url=url, key_env="HOOK_KEY", ca_file=tmp_path / "ca.pem")
    at = datetime(2026, 2, 1, tzinfo=UTC)
    assert deliver(settings, {"message": "ü", "@timestamp": at}, "key-1") == Delivered()
    ((path, headers, body),) = secure.seen
    assert path == "/hook?a=1"
    assert headers["Authorization"] == f"Bearer {SECRET}"
    assert headers["Idempotency-Key"] == "key-1"
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"message": "ü", "@timestamp": "2026-02-01T00:00:00Z"}


def test_without_a_key_no_authorization_is_sent(plain):
    assert deliver(to(plain), {}, "k") == Delivered()
    assert "Authorization" not in plain.seen[0][1]


@pytest.mark.parametrize("secure", ["127.0.0.1", "other.example.org"], indirect=True)
def test_an_untrusted_or_foreign_certificate_gets_nothing(secure, authority, tmp_path, request):
    settings = Settings(url=f"https://127.0.0.1:{secure.server_port}/ok")
    if "other" in request.node.name:
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        settings = Settings(url=settings.url, ca_file=tmp_path / "ca.pem")
    outcome = deliver(settings, {}, "k")
    assert isinstance(outcome, Retry)
    assert "certificate" in outcome.reason.lower()
    assert secure.seen == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/200", Delivered), ("/204", Delivered), ("/500", Retry), ("/503", Retry), ("/408", Retry), ("/429", Retry),
     ("/400", Dead), ("/401", Dead), ("/404", Dead), ("/410", Dead), ("/redirect", Dead), ("/close", Retry)],
)  # fmt: skip
def test_answers(plain, path, kind):
    assert isinstance(deliver(to(plain, path), {}, "k"), kind)
    assert len(plain.seen) == 1, "no redirect is followed, nothing is tried twice"


def test_the_receiver_may_ask_for_time(plain):
    assert deliver(to(plain, "/busy"), {}, "k") == Retry("127.0.0.1: answered 429", timedelta(seconds=120))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), ("7", 7), (" 30 ", 30), ("99999999999", 86400), ("Sun, 01 Feb 2026 00:01:00 GMT", 60),
     ("Sat, 31 Jan 2026 00:00:00 GMT", 0), ("Fri, 01 Feb 2036 00:00:00 GMT", 86400),
     ("soon", None), ("-5", None), ("", None), (None, None), ("²", None), ("Sun, 99 Feb 2026 99:99:99 GMT", None)],
)  # fmt: skip
def test_retry_after(value, seconds):
    asked = asked_to_wait(value, datetime(2026, 2, 1, tzinfo=UTC))
    assert asked == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_a_server_that_never_ends_is_left(plain, path):
    began = time.monotonic()
    outcome = deliver(to(plain, path, timeout=timedelta(seconds=0.5)), {}, "k")
    assert outcome == Retry("127.0.0.1: no answer within 0.5 s")
    assert time.monotonic() - began < 5


def test_a_huge_answer_is_not_read(plain):
    assert deliver(to(plain, "/flood"), {}, "k") == Delivered()
    assert plain.sent < 20_000_000


def test_nobody_there():
    server, thread = serve()
    stop(server, thread)
    assert isinstance(deliver(to(server), {}, "k"), Retry)


def test_proxies_of_the_environment_are_not_used(plain, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert deliver(to(plain), {}, "k") == Delivered()


def test_the_key_and_the_url_stay_out_of_every_reason(plain, monkeypatch, tmp_path, caplog):
    caplog.set_level(0)
    monkeypatch.setenv("HOOK_KEY", SECRET)
    for path in ("/echo", "/500", "/redirect", "/close", "/hang"):
        settings = to(plain, f"{path}?token=abc", key_env="HOOK_KEY", timeout=timedelta(seconds=0.3))
        outcome = deliver(settings, {}, "k")
        assert SECRET not in repr(outcome)
        assert "token=abc" not in repr(outcome)
    monkeypatch.setenv("HOOK_KEY", SECRET + "\nX-Evil: 1")
    outcome = deliver(to(plain, key_env="HOOK_KEY"), {}, "k")
    assert isinstance(outcome, Dead)
    assert SECRET not in repr(outcome)
    assert SECRET not in caplog.text


def test_a_key_file_must_be_private(plain, tmp_path):
    path = tmp_path / "key"
    path.write_text(SECRET + "\n")
    path.chmod(0o644)
    assert isinstance(deliver(to(plain, key_file=path), {}, "k"), Dead)
    path.chmod(0o600)
    assert deliver(to(plain, key_file=path), {}, "k") == Delivered()
    assert plain.seen[0][1]["Authorization"] == f"Bearer {SECRET}"
    path.unlink()
    assert isinstance(deliver(to(plain, key_file=path), {}, "k"), Dead)


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "ftp://example.org/", "https://", "example.org", "https://u:p4ss@example.org/", "https://[",
     "https://169.254.169.254/latest", "https://[::ffff:169.254.169.254]/", "https://[fe80::1]/",
     "https://[fd00:ec2::254]/",
     "https://2852039166/", "https://0xa9fea9fe/",
     "https://metadata.google.internal/", "https://METADATA.google.internal./", "", "https://exa\x00mple.org/"],
)  # fmt: skip
def test_urls_that_are_refused(url):
    with pytest.raises(ValidationError) as caught:
        Settings(url=url)
    assert "p4ss" not in str(caught.value.errors(include_input=False, include_url=False))


def test_urls_that_need_a_yes():
    assert Settings(url="http://example.org/", allow_http=True)
    assert Settings(url="https://169.254.1.1/", allow_link_local=True)
