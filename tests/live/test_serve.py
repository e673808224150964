"""vedette serve as a process: where it listens, how it ends, the first sign-in, TLS, the proxy in front."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest
import trustme

from vedette.api.routes import web
from vedette.config.tree import Api, Tree
from vedette.runtime.console import beside, where
from vedette.store.store import open_store

pytestmark = pytest.mark.live


@contextmanager
def served(directory, listen="127.0.0.1:0", **settings):
    """The process and its address, once it has one. Its standard input stays open."""
    environment = {**os.environ, "VEDETTE_API__LISTEN": listen, **{f"VEDETTE_API__{k.upper()}": v for k, v in settings.items()}}
    command = [sys.executable, "-m", "vedette", "serve", "--with-parent", "--data", str(directory)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        try:
            line = process.stdout.readline()
            yield process, line.split()[1] if line else ""
        finally:
            process.kill()


def first_link(process) -> str:
    return process.stdout.readline().split("#link=")[1].split()[0]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, "parent"])
def test_first_start_first_link_and_a_clean_end(tmp_path, end) -> None:
    with served(tmp_path) as (process, url):
        token = first_link(process)
        own = {"Origin": url.rstrip("/")}
        with httpx.Client(base_url=url, headers=own) as client:
            assert client.get("healthz").json() == {"status": "ok"}
            assert client.get("status").status_code == 401
            assert client.post("api/v1/auth/link", json={"token": token}).json()["password"] is False
            assert client.put("api/v1/auth/password", json={"new": "a few words of mine"}).status_code == 204
            assert client.get("status").json()["agent"] is None
            assert "vedette_info" in client.get("metrics").text
            assert "server" not in client.get("healthz").headers
        asked = time.monotonic()
        if end == "parent":
            process.stdin.close()
            process.stdin = None
        else:
            process.send_signal(end)
        _, err = process.communicate(timeout=15)
        assert process.returncode == 0, err
        assert time.monotonic() - asked < 10
        events = [json.loads(line)["event_type"] for line in err.splitlines()]
        assert events[0] == "serving"
        assert events[-1] == "served"
        assert events.count("audit") == 2
    with served(tmp_path) as (process, _):
        process.stdin.close()
        process.stdin = None
        out, _ = process.communicate(timeout=15)
        assert "link" not in out, "no link once somebody has a password"
    assert (tmp_path / "state.db").stat().st_mode & 0o077 == 0


def test_no_link_gets_into_the_journal(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1234")
    with served(tmp_path) as (process, _):
        process.stdin.close()
        process.stdin = None
        out, err = process.communicate(timeout=15)
        assert "link=" not in out + err
        assert "first start" in err
        assert "vedette open" in err


def test_a_taken_port_is_said(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, served(tmp_path, f"127.0.0.1:{taken.getsockname()[1]}") as (process, url):
        _, err = process.communicate(timeout=15)
        assert (process.returncode, url) == (2, "")
        assert "cannot listen" in err
        assert "fix:" in err


def test_other_machines_are_let_in_only_with_tls_and_a_user(tmp_path, hashed_password) -> None:
    with served(tmp_path, "0.0.0.0:0") as (process, _):
        assert "give tls, or set behind_proxy" in process.communicate(timeout=15)[1]
    with served(tmp_path, "0.0.0.0:0", behind_proxy="true") as (process, _):
        assert "no user has a password" in process.communicate(timeout=15)[1]
        assert process.returncode == 2
    with open_store(tmp_path, writer=False) as store:
        store.accounts.change("admin", now(), password=hashed_password)
    with served(tmp_path, "0.0.0.0:0", behind_proxy="true") as (_, url):
        assert httpx.get(url + "healthz").status_code == 200


def test_tls(tmp_path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    pem = tmp_path / "chain.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(pem)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with served(tmp_path / "data", tls=f"{{certificate: {pem}}}") as (process, url):
        assert url.startswith("https://127.0.0.1:")
        with httpx.Client(base_url=url, verify=context, headers={"Origin": url.rstrip("/")}) as client:
            answer = client.post("api/v1/auth/link", json={"token": first_link(process)})
            assert answer.headers["set-cookie"].startswith("__Host-vedette=")
            assert client.get("api/v1/auth/me").json()["name"] == "admin"
            plain = client.post("api/v1/auth/sign-out", headers={"Origin": url.rstrip("/").replace("https", "http")})
            assert plain.status_code == 403
        with pytest.raises(httpx.HTTPError):
            httpx.get(url.replace("https", "http") + "healthz")


@pytest.mark.parametrize(("behind", "origin"), [("true", "203.0.113.50"), ("false", "127.0.0.1")])
def test_a_proxy_is_believed_whom_it_forwards_for_and_nobody_else(tmp_path, behind, origin) -> None:
    with served(tmp_path, behind_proxy=behind) as (process, url):
        headers = {"X-Forwarded-For": "198.51.100.66, 203.0.113.50", "X-Forwarded-Proto": "https"}
        httpx.post(url + "api/v1/auth/link", json={"token": first_link(process)}, headers=headers)
        with open_store(tmp_path, writer=False) as store:
            assert [entry.origin for entry in store.audit.entries()] == [origin]


def test_open_makes_a_link_that_works(tmp_path) -> None:
    command = [sys.executable, "-m", "vedette", "open", "--no-browser", "--data", str(tmp_path)]
    open_store(tmp_path).close()
    nothing = subprocess.run(command, capture_output=True, text=True, check=False)
    assert nothing.returncode == 2
    assert "no console runs" in nothing.stderr
    with served(tmp_path) as (_, url):
        link = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        assert link.startswith(url + "#link=")
        token = link.partition("#link=")[2]
        assert httpx.post(url + "api/v1/auth/link", json={"token": token}).status_code == 200
        assert httpx.post(url + "api/v1/auth/link", json={"token": token}).status_code == 401


def test_beside_the_agent_and_gone_with_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("VEDETTE_API__LISTEN", "127.0.0.1:0")
    open_store(tmp_path).close()
    with beside(Tree(data_dir=tmp_path, api=Api(listen="127.0.0.1:0")), [], quiet):
        end = time.monotonic() + 20
        while not (url := where(tmp_path)) and time.monotonic() < end:
            time.sleep(0.05)
        assert httpx.get(f"{url}healthz").status_code == 200
    assert where(tmp_path) is None
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{url}healthz")
    with beside(Tree(data_dir=tmp_path, api=Api(listen=None)), [], quiet):
        time.sleep(0.2)
        assert where(tmp_path) is None


def quiet(_event, _facts) -> None:
    pass


def test_what_is_new_comes_over_a_websocket_with_the_same_rights(tmp_path) -> None:
    from websockets.exceptions import ConnectionClosed, InvalidStatus
    from websockets.sync.client import connect

    from tests.store.made import alert
    from vedette.model.stored import Commit

    with served(tmp_path) as (process, url):
        with httpx.Client(base_url=url, headers={"Origin": url.rstrip("/")}) as client:
            client.post("api/v1/auth/link", json={"token": first_link(process)})
            cookie = f"vedette={client.cookies['vedette']}"
            key = client.post("api/v1/tokens", json={"name": "x", "scopes": ["read"], "days": 1}).json()["secret"]
            blocker = client.post("api/v1/tokens", json={"name": "y", "scopes": ["block"], "days": 1}).json()["secret"]
        address = url.replace("http", "ws") + "api/v1/live/socket"
        own, foreign = url.rstrip("/"), "http://evil.example"
        for headers, origin, status in (
            ({}, own, 401), ({"Cookie": cookie}, foreign, 403), ({"Cookie": cookie}, None, 403),
            ({"X-API-Key": "vdt_no"}, None, 401), ({"X-API-Key": blocker}, None, 403),
        ):  # fmt: skip
            with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers=headers, origin=origin):
                pass
            assert refused.value.response.status_code == status, (headers, origin)
        for headers, origin in (({"Cookie": cookie}, own), ({"X-API-Key": key}, None)):
            with connect(address, additional_headers=headers, origin=origin) as socket_:
                hello = json.loads(socket_.recv(10))
                assert hello["event"] == "hello"
                with open_store(tmp_path) as agent:
                    agent.commit(Commit(alerts=[alert("203.0.113.7", id=f"new {len(headers)} {origin}")]), now())
                told = json.loads(socket_.recv(10))
                assert (told["event"], [each["id"] for each in told["data"]]) == ("alerts", [f"new {len(headers)} {origin}"])
            with connect(f"{address}?after={hello['id']}", additional_headers=headers, origin=origin) as again:
                assert json.loads(again.recv(10)) == told, "it goes on where it was"
                again.send("x" * 5000)
                with pytest.raises(ConnectionClosed) as closed:
                    list(again)
                assert closed.value.rcvd.code == 1009


def test_a_socket_ends_with_its_session(tmp_path, monkeypatch) -> None:
    from starlette.testclient import TestClient
    from starlette.websockets import WebSocketDisconnect

    from vedette.api import live
    from vedette.api.app import create

    monkeypatch.setattr(live, "AGAIN", 0.0)
    open_store(tmp_path).close()
    with open_store(tmp_path, writer=False) as store:
        store.accounts.add("ana", "viewer", None, now())
        cookie = store.accounts.sign_in("ana", "link", now())
        client = TestClient(create(Tree(data_dir=tmp_path), store), "http://localhost")
        headers = {"Cookie": f"vedette={cookie}", "Origin": "http://localhost"}
        with client.websocket_connect("ws://localhost/api/v1/live/socket", headers=headers) as socket_:
            assert socket_.receive_json()["event"] == "hello"
            store.accounts.sign_out(cookie)
            with pytest.raises(WebSocketDisconnect) as ended:
                socket_.receive_json()
            assert ended.value.code == 4401


def test_one_that_crashes_is_started_again_and_that_is_said(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("VEDETTE_API__LISTEN", "127.0.0.1:0")
    monkeypatch.setattr("vedette.runtime.console.FIRST", 0.1)
    open_store(tmp_path).close()
    said = []
    tree = Tree(data_dir=tmp_path, api=Api(listen="127.0.0.1:0"))

    def another(than: int | None) -> int:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if where(tmp_path) and (pid := json.loads((tmp_path / "console.json").read_bytes())["pid"]) != than:
                return pid
            time.sleep(0.05)
        raise AssertionError("no console")

    with beside(tree, [], lambda event, facts: said.append((event, facts)), ["--link"]):
        first = another(None)
        os.kill(first, signal.SIGKILL)
        second = another(first)
        assert said == [("console ended", {"status": -signal.SIGKILL, "started again in seconds": 0.1})]
        assert httpx.get(f"{where(tmp_path)}healthz").status_code == 200
        os.kill(second, signal.SIGKILL)
        another(second)
        assert [facts["started again in seconds"] for _, facts in said] == [0.1, 0.2]
    assert where(tmp_path) is None
    assert len(said) == 2


def test_a_browser_is_opened_on_the_page_that_was_asked_for(tmp_path) -> None:
    opened = tmp_path / "opened"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}.part && mv {opened}.part {opened}\n')
    script.chmod(0o755)
    environment = {**os.environ, "VEDETTE_API__LISTEN": "127.0.0.1:0", "DISPLAY": ":7", "BROWSER": f"{script} %s"}
    environment.pop("SSH_CONNECTION", None)
    command = [sys.executable, "-m", "vedette", "serve", "--with-parent", "--data", str(tmp_path / "data")]
    with subprocess.Popen(
        [*command, "--link", "incidents/worst", "--browser"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        address = process.stdout.readline().split()[1]
        link = process.stdout.readline().split()[2]
        assert link.startswith(f"{address}incidents/worst#link=")
        if not (web.DIST / "index.html").is_file():
            process.kill()
            pytest.skip("the dashboard is not built: make web")
        end = time.monotonic() + 10
        while not opened.exists() and time.monotonic() < end:
            time.sleep(0.02)
        process.kill()
    assert opened.read_text() == link


def now():
    from datetime import UTC, datetime

    return datetime.now(UTC)


@pytest.fixture
def hashed_password() -> str:
    from vedette.api import passwords

    return passwords.hashed("four words nobody joins")
