"""The helper as a service: root in the victim's namespace; its agents are nobody, without any right over the network."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import orjson
import pytest

from tests.live.namespaces import inside, needs_namespaces, pair
from tests.live.probe import probe
from vedette.collect.interfaces import Geometry
from vedette.collect.ring import Ring
from vedette.model.action import ActionError, Entry, Rates
from vedette.respond.block.nftables import Nftables
from vedette.runtime import helper_messages as messages
from vedette.runtime.helper_client import Client

__all__ = ["pair", "probe"]
pytestmark = [pytest.mark.live, needs_namespaces]
NOBODY = 65534
PATIENCE = 40


def until(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not become so"
        time.sleep(0.05)
    return found


class Service:
    """`vedette helper --user nobody`, with what it logs."""

    def __init__(self, pair, folder):
        self.pair, self.path, self.log = pair, folder / "helper.sock", folder / "helper.log"
        self.process = None

    def start(self):
        command = [sys.executable, "-m", "vedette", "helper", "--user", "nobody", "--socket", str(self.path)]
        with inside(self.pair.b), self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log)
        until(lambda: "helper started" in self.events()[-1:])

    def events(self):
        return [orjson.loads(line)["event_type"] for line in self.log.read_bytes().splitlines()]

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def memory(self):
        """In kB."""
        return int(Path(f"/proc/{self.process.pid}/status").read_text().split("VmRSS:")[1].split()[0])


@pytest.fixture
def folder():
    """One that everybody can reach, which pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="vedette-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def service(pair, folder):
    made = Service(pair, folder)
    made.start()
    yield made
    if made.process.poll() is None:
        made.stop()
    with inside(pair.b):
        kernel = Nftables()
    kernel.uninstall()
    kernel.close()


@pytest.fixture
def kernel(pair):
    """What is in the victim's kernel: networks that are dropped; None: there is no table."""
    with inside(pair.b):
        reader = Nftables()

    def dropped():
        return {str(held.network) for held in reader.held()}

    def table():
        return "vedette" in pair.run(pair.b, "nft", "list", "tables")

    reader.dropped, reader.table = dropped, table
    yield reader
    reader.close()


def as_user(work, user=NOBODY, group=NOBODY):
    """What `work` returns in a process of this user; its error's text if it raises one."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.close(reading)
            os.setgroups([])
            os.setresgid(group, group, group)
            os.setresuid(user, user, user)
            try:
                said = work()
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
            os.write(writing, json.dumps(said).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        data = answer.read()
    os.waitpid(child, 0)
    return json.loads(data)


def drop(network, seconds=600):
    return Entry("drop", ip_network(network), None, datetime.now(UTC) + timedelta(seconds=seconds))


def begin(client, *networks, dry=False):
    return client.restore([], map(drop, networks), Rates(), dry=dry, now=datetime.now(UTC))


def test_nobody_blocks_through_it_and_blocks_stay(service, kernel):
    def work():
        client = Client(service.path)
        begin(client, "198.51.100.7/32")
        client.add([drop("203.0.113.0/24")], datetime.now(UTC))
        refused = client.add([drop("10.99.0.2/32")], datetime.now(UTC)).refused
        return [os.geteuid(), client.ask(messages.State()).firewall, *refused]

    assert as_user(work) == [NOBODY, "nftables", "10.99.0.2/32 is never acted against: own address"]
    until(lambda: "agent gone" in service.events())
    assert kernel.dropped() == {"198.51.100.7/32", "203.0.113.0/24"}
    assert service.memory() < 40_000
    assert service.stop() == 0
    assert kernel.dropped() == {"198.51.100.7/32", "203.0.113.0/24"}
    assert not service.path.exists()


def test_nobody_captures_through_it(service, pair):
    with pair.socket(pair.a, socket.SOCK_DGRAM, "10.99.0.11") as sender:

        def watch():
            opened, geometry = Client(service.path).capture(messages.Capture("vb", 256, 1 << 20))
            ring = Ring(opened, "vb", Geometry(*geometry))
            for _ in range(20):
                sender.sendto(b"watch me", ("10.99.0.2", 9))
            seen, end = 0, time.monotonic() + 5
            while seen < 20 and time.monotonic() < end:
                if ring.wait(0.1) and (batch := ring.take()) is not None:
                    seen += int((batch.wire == 14 + 20 + 8 + len(b"watch me")).sum())
                    del batch
                    ring.done()
            ring.close()
            return seen

        def unprivileged():
            with pytest.raises(PermissionError):
                socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            return watch()

        assert watch() == 20  # and what that imports is there for the process below
        assert as_user(unprivileged) == 20


def test_a_dry_run_ends_with_its_agent_and_with_the_helper(service, kernel):
    as_user(lambda: begin(Client(service.path), "198.51.100.7/32", dry=True).good)
    until(lambda: "agent gone" in service.events())
    assert not kernel.table()
    client = Client(service.path)
    begin(client, "198.51.100.7/32", dry=True)
    assert kernel.table()
    assert service.stop() == 0
    assert not kernel.table()
    with pytest.raises(ActionError):
        client.ask(messages.State())


def test_another_user_is_turned_away(service, kernel):
    ask = lambda: begin(Client(service.path), "198.51.100.7/32").good  # noqa: E731
    assert "Permission denied" in as_user(ask, user=1, group=1)  # by the rights of the file
    assert "ActionError" in as_user(ask, user=1) or "Gone" in as_user(ask, user=1)  # by who it is
    until(lambda: "stranger turned away" in service.events())
    assert "agent connected" not in service.events()
    assert not kernel.table()
    assert as_user(ask) is True


def test_a_hundred_thousand_are_allowed_in_parts_and_at_once_or_not_at_all(service, kernel, probe):
    many = [f"100.{64 + (n >> 15)}.{n >> 7 & 0xFF}.{(n & 0x7F) * 2}/32" for n in range(70_000)]
    many += [f"2001:db8:{2 * n:x}::/48" for n in range(30_000)]
    many += ["10.99.0.11/32"]
    client = Client(service.path)
    client.restore(many, [drop("10.99.0.1/32")], Rates(), dry=False, now=datetime.now(UTC))

    def allowed():
        return sum(len(kernel._allowed(version)) for version in (4, 6))

    there = allowed()
    assert there > 2 * 100_000
    assert client.ask(messages.State()).fault == ""
    assert client.add([drop("100.64.0.2/32"), drop("2001:db8:8::/64")], datetime.now(UTC)).refused
    assert client.add([drop("10.99.0.0/24")], datetime.now(UTC)).refused, "an allowed one is inside"
    assert probe.udp(*["10.99.0.1"] * 3, "10.99.0.11") == {"10.99.0.1": 0, "10.99.0.11": 1}
    client.allow([*many, "10.99.0.1/32"])
    assert allowed() == there  # it is beside an own address: one interval, that is longer now
    assert probe.udp("10.99.0.1") == {"10.99.0.1": 1}
    # A part in the middle that is refused: all that was before stays.
    with pytest.raises(ActionError, match="host bits"):
        client.allow([*many[:5000], "10.99.0.1/16", *many[5000:]])
    with pytest.raises(ActionError, match="0 parts are staged"):
        client.ask(messages.Allow(6))
    assert allowed() == there
    client.allow(many[:10])
    assert allowed() < 100
    client.close()


def test_garbage_is_answered_and_changes_nothing(service, kernel):
    made = random.Random(7)
    good = b'{"do":"add","entries":[{"kind":"drop","network":"203.0.113.7/32","seconds":60}]}'

    def work():
        client = Client(service.path)
        begin(client, "198.51.100.7/32")
        raw = client._socket
        answers = 0
        for number in range(600):
            data = bytearray(good)
            for _ in range(made.randrange(1, 9)):
                data[made.randrange(len(data))] = made.randrange(256)
            if number % 3 == 0:
                data = bytearray(made.randbytes(made.randrange(1, 3000)))
            if number % 100 == 1:
                data = (data * messages.LONGEST)[: messages.LONGEST + 5000]
            with Path("/dev/null").open() as extra:  # a file that nobody asked for
                socket.send_fds(raw, [bytes(data)], [extra.fileno()])
            if messages.reply(raw.recv(messages.LONGEST)).error:
                answers += 1
        return answers

    answers = as_user(work)
    assert isinstance(answers, int), answers
    assert answers > 400
    held = kernel.dropped()
    assert "198.51.100.7/32" in held
    assert all(ip_network(each).prefixlen >= 8 for each in held)
    assert service.process.poll() is None
    descriptors = len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))
    assert descriptors < 20


def test_an_agent_that_is_killed_half_way_leaves_nothing_half_done(service, kernel):
    """Killed after any number of steps: what is in force is what was, or all that it asked for."""
    before = Client(service.path)
    begin(before, "198.51.100.7/32")
    before.close()
    for steps in range(1, 5):

        def work(steps=steps):
            client = Client(service.path)
            for message in (
                *(messages.Stage(n, (messages.Item("drop", f"203.0.113.{n}/32", None, 60.0),)) for n in range(steps)),
            ):
                client.ask(message)
            client._socket.send(b'{"do":"state"}')  # asks, and does not stay for the answer
            os.kill(os.getpid(), signal.SIGKILL)

        with contextlib.suppress(json.JSONDecodeError):
            as_user(work)
    until(lambda: service.events().count("agent gone") == 5)
    assert kernel.dropped() == {"198.51.100.7/32"}
    assert as_user(lambda: begin(Client(service.path), "192.0.2.99/32").good)
    assert kernel.dropped() == {"192.0.2.99/32"}, "what the killed ones had staged is not part of it"


CONFIG = """
data_dir: {data}
sources: [{{type: files, paths: [{data}/none.log]}}]
rules: {{builtin: false, paths: [{rules}]}}
anomaly: {{counts: null}}
network: {{interfaces: [vb, later], ring: 1MiB, fanout: 2}}
blocking: {{mode: {mode}, helper: {socket}}}
"""
RULE = """
title: Never
id: 6f3cbe0c-6c0f-4f0e-9f5d-5b1f3b1d7a09
logsource: {product: linux}
detection: {s: {user.name: never}, condition: s}
"""
# Files are the one thing it may beyond nobody: Python, and what was compiled for it, may be in a home closed to others.
UNPRIVILEGED = [
    "setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--no-new-privs",
    "--bounding-set=-all,+dac_override", "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override",
]  # fmt: skip


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv of util-linux")
@pytest.mark.parametrize("mode", ["enforce", "off"])
def test_an_agent_outlives_its_helper(service, kernel, pair, folder, mode):
    subprocess.run([sys.executable, "-m", "vedette.runtime.warm"], check=True)  # compiling takes a minute, once
    data, config, rules = folder / "data", folder / "vedette.yaml", folder / "rules"
    rules.mkdir()
    (rules / "never.yml").write_text(RULE)
    config.write_text(CONFIG.format(data=data, rules=rules, socket=service.path, mode=mode))
    data.mkdir()
    os.chown(data, NOBODY, NOBODY)
    environment = {**os.environ, "HOME": str(data), "VEDETTE_CACHE_DIR": "off", "VEDETTE_BLOCKING__MODE": mode}
    run = [*UNPRIVILEGED, sys.executable, "-m", "vedette", "run", "--config", str(config)]
    with inside(pair.b), (folder / "agent.err").open("wb") as errors:
        agent = subprocess.Popen(run, stderr=errors, env=environment)

    def facts():
        with contextlib.suppress(OSError, ValueError):
            return json.loads((data / "status.json").read_bytes())
        assert agent.poll() is None, (folder / "agent.err").read_text()
        return None

    def well():
        said = facts()
        return said and not said["blocking"]["fault"] and not said["network"]["interfaces"]["vb"]["fault"]

    def block(address):
        words = ["block", address, "--why", "test", "--config", str(config)]
        subprocess.run(
            [*UNPRIVILEGED, sys.executable, "-m", "vedette", *words],
            check=True,
            env=environment,
            stdout=subprocess.DEVNULL,
        )

    try:
        until(lambda: well() and (facts()["blocking"]["firewall"] == "nftables") == (mode == "enforce"), 60)
        if mode == "enforce":
            block("198.51.100.7")
            assert kernel.dropped() == {"198.51.100.7/32"}
        service.stop(signal.SIGKILL)
        if mode == "enforce":
            until(lambda: facts()["blocking"]["fault"])
            assert kernel.dropped() == {"198.51.100.7/32"}, "the kernel goes on without the helper"
        before = facts()["network"]["interfaces"]["vb"]["packets"]
        with pair.socket(pair.a, socket.SOCK_DGRAM, "10.99.0.12") as sender:
            sender.sendto(b"x", ("10.99.0.2", 9))
        until(lambda: facts()["network"]["interfaces"]["vb"]["packets"] > before)  # the ring is the agent's own now
        service.start()
        if mode == "enforce":
            until(well)
            block("203.0.113.9")
            assert kernel.dropped() == {"198.51.100.7/32", "203.0.113.9/32"}
        # An interface that comes later has to be asked for of the helper that is there now.
        assert facts()["network"]["interfaces"]["later"]["fault"]
        pair.run(pair.b, "ip", "link", "add", "later", "type", "veth", "peer", "name", "other")
        until(lambda: not facts()["network"]["interfaces"]["later"]["fault"])
    finally:
        agent.terminate()
        assert agent.wait(PATIENCE) == 0
        subprocess.run(["ip", "-n", pair.b, "link", "del", "later"], check=False, capture_output=True)
    assert kernel.dropped() == ({"198.51.100.7/32", "203.0.113.9/32"} if mode == "enforce" else set())
