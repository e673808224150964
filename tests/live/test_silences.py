"""A running agent with a webhook that somebody listens at: while a silence is active nothing is sent of what it finds, the rest
is; what goes on when it has ended is sent."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.live.test_kill_agent import agent, wait_for
from vedette.model.stored import AlertQuery, SilenceQuery
from vedette.store.store import open_store

pytestmark = pytest.mark.live

RULE = """
title: Failed login
id: 6f3cbe0c-6c0f-4f0e-9f5d-5b1f3b1d7a01
level: high
logsource: {product: linux, service: sshd}
detection:
  failure: {event.outcome: failure}
  condition: failure
"""
CONFIG = """
data_dir: {data}
sources:
  - {{type: files, paths: [{log}]}}
rules: {{builtin: false, paths: [{rules}]}}
anomaly: {{counts: null}}
agent: {{linger: 0s}}
blocking: {{mode: "off"}}
api: {{listen: null}}
channels:
  - {{type: webhook, name: hook, url: "http://127.0.0.1:{port}/", allow_http: true}}
"""
LONG = 30.0
"""Seconds after which waiting has failed."""


class Listener(HTTPServer):
    """What the webhook was sent: (address, event count), in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []
        self.more = threading.Condition()
        super().__init__(("127.0.0.1", 0), Answer)

    def until(self, true: Callable[[list[tuple[str, int]]], bool]) -> list[tuple[str, int]]:
        with self.more:
            assert self.more.wait_for(lambda: true(self.heard), LONG), self.heard
            return list(self.heard)


class Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        assert isinstance(self.server, Listener)
        with self.server.more:
            self.server.heard.append((sent["source.ip"], sent["event.count"]))
            self.server.more.notify_all()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def listener():
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def silence(data, *words: str) -> None:
    command = [sys.executable, "-m", "vedette", "silence", *words, "--data", str(data)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@pytest.mark.timeout(300)
def test_nothing_is_sent_while_silenced_and_what_goes_on_is_sent_after(tmp_path, listener) -> None:
    log, data, said = tmp_path / "auth.log", tmp_path / "data", tmp_path / "agent.log"
    log.touch()
    (tmp_path / "rules.yml").write_text(RULE)
    config = tmp_path / "vedette.yaml"
    config.write_text(CONFIG.format(data=data, log=log, rules=tmp_path / "rules.yml", port=listener.server_port))
    at = datetime.now(UTC).replace(minute=5, second=0) - timedelta(hours=1)  # alerts are by the hour

    def guess(*addresses: str) -> None:
        with log.open("a") as file:
            for address in addresses:
                file.write(f"{at:%Y-%m-%dT%H:%M:%S}+00:00 web1 sshd[1]: Failed password for root from {address} port 40000 ssh2\n")

    child = agent(config, said)
    try:
        wait_for(child, said, "started")
        silence(data, "add", "source.ip:192.0.2.0/24", "--for", "1h", "--why", "drill")
        guess("192.0.2.1", "192.0.2.1", "192.0.2.2", "198.51.100.1")
        listener.until(lambda heard: len(heard) == 1)
        guess("192.0.2.1", "198.51.100.2")
        # What is behind in the queue is sent, so what was silenced before it was looked at, and was not.
        assert listener.until(lambda heard: len(heard) == 2) == [("198.51.100.1", 1), ("198.51.100.2", 1)]
        with open_store(data, writer=False) as store:
            (made,) = store.silences(SilenceQuery())
            assert made.held == 3
            kept = {each.alert.source_ip: (each.alert.count, each.silence) for each in store.triaged(AlertQuery())}
            assert kept == {"192.0.2.1": (3, 1), "192.0.2.2": (1, 1), "198.51.100.1": (1, None), "198.51.100.2": (1, None)}
        silence(data, "end", "1")
        guess("192.0.2.1", "198.51.100.3")
        heard = listener.until(lambda heard: len(heard) == 4)
        assert sorted(heard[2:]) == [("192.0.2.1", 1), ("198.51.100.3", 1)]
        with open_store(data, writer=False) as store:
            assert store.status().outbox["silenced"] == 1, "192.0.2.2 did not go on"
    finally:
        child.terminate()
        child.wait(30)
