"""The promise of the reliability page: kill the running agent at 200 random moments while it follows a growing,
rotating log, and nothing is lost and nothing doubled."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from vedette.model.stored import AlertQuery, EventQuery
from vedette.store.store import open_store

pytestmark = pytest.mark.live

KILLS = 200
RULES = """
title: Failed login
id: 6f3cbe0c-6c0f-4f0e-9f5d-5b1f3b1d7a01
name: failed
level: low
logsource: {product: linux, service: sshd}
detection:
  failure: {event.outcome: failure}
  condition: failure
---
title: Five failed logins
id: 6f3cbe0c-6c0f-4f0e-9f5d-5b1f3b1d7a02
level: high
correlation:
  type: event_count
  rules: [failed]
  group-by: [source.ip]
  timespan: 1h
  condition: {gte: 5}
"""
CONFIG = """
data_dir: {data}
sources:
  - type: files
    paths: [{logs}]
rules: {{builtin: false, paths: [{rules}]}}
anomaly: {{counts: null}}
agent: {{linger: 0s, batch_records: 200, snapshot: 1s}}
"""
BEGIN = datetime(2026, 1, 15, tzinfo=UTC)


class Writer:
    """Appends numbered lines and rotates, in steps of its own choosing; every sixth line completes a burst of six."""

    def __init__(self, folder, seed):
        self.random = random.Random(seed)
        self.folder = folder
        self.path = folder / "auth.log"
        self.count = 0
        self.rotations = 0

    def step(self):
        with self.path.open("a") as file:
            for _ in range(self.random.randrange(1, 6)):
                at = BEGIN + timedelta(milliseconds=100 * self.count)
                ip = f"198.51.{self.count // 6 // 250 % 250}.{self.count // 6 % 250 + 1}"
                file.write(
                    f"{at:%Y-%m-%dT%H:%M:%S.%f}+00:00 web1 sshd[1]: Failed password for u{self.count:06d} "
                    f"from {ip} port 40000 ssh2\n"
                )
                self.count += 1
        if self.random.random() < 0.03:
            self.rotate()

    def rotate(self):
        for number in range(self.rotations, 0, -1):
            (self.folder / f"auth.log.{number}").rename(self.folder / f"auth.log.{number + 1}")
        self.rotations += 1
        self.path.rename(self.folder / "auth.log.1")
        self.path.touch()


def agent(config, log):
    """The agent as a process of its own; what it says about itself goes to `log`."""
    command = [sys.executable, "-m", "vedette", "run", "--config", str(config)]
    with log.open("wb") as file:
        return subprocess.Popen(command, stderr=file, stdout=subprocess.DEVNULL)


def wait_for(child, log, event):
    """Until the agent has said it."""
    while b'"event_type":"' + event.encode() + b'"' not in log.read_bytes():
        assert child.poll() is None, log.read_text()
        time.sleep(0.01)


@pytest.mark.timeout(1500)
def test_200_kills_lose_and_double_nothing(tmp_path):
    logs, data, log = tmp_path / "logs", tmp_path / "data", tmp_path / "agent.log"
    logs.mkdir()
    (tmp_path / "rules.yml").write_text(RULES)
    config = tmp_path / "vedette.yaml"
    config.write_text(CONFIG.format(data=data, logs=logs, rules=tmp_path / "rules.yml"))
    writer = Writer(logs, seed=4)
    writer.step()
    in_start = 0
    for number in range(KILLS):
        child = agent(config, log)
        if number % 5 == 0:  # one in five while it is still starting
            in_start += 1
            time.sleep(writer.random.random() * 0.8)
        else:
            wait_for(child, log, "started")
            until = time.monotonic() + writer.random.random() * 0.25
            while time.monotonic() < until:
                writer.step()
                time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        child.wait()
    child = agent(config, log)
    wait_for(child, log, "started")
    settle(child, log, data, writer.count)
    check(data, writer.count)
    assert in_start == KILLS // 5
    assert writer.rotations > 10, "the log hardly rotated"
    assert writer.count > 1000


def settle(child, log, data, count):
    """Wait until everything is stored and delivered, then stop it as a user would."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        store = open_store(data, writer=False)
        status = store.status()
        store.close()
        if status.events >= count and not status.outbox.get("pending"):
            break
        time.sleep(0.2)
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 0, log.read_text()


def check(data, count):
    store = open_store(data, writer=False)
    found = store.events(EventQuery(columns=("user.name", "event.id"), limit=None)).frame
    users = Counter(found["user.name"].to_list())
    wanted = {f"u{number:06d}" for number in range(count)}
    assert wanted - set(users) == set(), "lost events"
    assert [user for user, times in users.items() if times > 1] == [], "doubled events"
    assert set(users) - wanted == set()
    assert found["event.id"].n_unique() == count
    alerts = store.alerts(AlertQuery(level="high", limit=10**6))
    store.close()
    by_address = Counter(alert.source_ip for alert in alerts)
    full = [number for number in range(0, count, 6) if number + 4 < count]
    addresses = {f"198.51.{number // 6 // 250 % 250}.{number // 6 % 250 + 1}" for number in full}
    assert set(by_address) == addresses, "lost alerts"
    assert [address for address, times in by_address.items() if times > 1] == [], "doubled alerts"
    counts = {alert.source_ip: alert.count for alert in alerts}
    assert all(counts[f"198.51.{n // 6 // 250 % 250}.{n // 6 % 250 + 1}"] == min(6, count - n) for n in full)
    written = [orjson.loads(line)["notice.key"] for line in (data / "alerts.jsonl").read_bytes().splitlines()]
    assert len(written) == len(set(written)), "an alert was written twice"
    assert {alert.id for alert in alerts} <= {key.partition(":")[2] for key in written}
