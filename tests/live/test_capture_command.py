# ruff: noqa: F811 - fixtures are imported
"""`vedette capture` on real interfaces, as a process: named while it happens, written to files, ended cleanly."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import packets as made
from tests.live.blaster import blast
from tests.live.test_capture import frames
from tests.live.wires import REFUSED, ask_from, inside, ip, peer  # noqa: F401
from vedette.collect.capture_files import read

pytestmark = [pytest.mark.live, pytest.mark.skipif(bool(REFUSED), reason=REFUSED)]


class Command:
    """`vedette capture` as a process in the namespace, ready to capture when it was made."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vedette", "capture", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        self.said = self.process.stderr.readline()
        if "capturing" not in self.said:
            raise AssertionError(self.said + self.process.communicate(timeout=60)[1])

    def end(self, number: int | None = None) -> tuple[int, str, str]:
        """(status, output, what it said at the end), after a signal when there is one."""
        if number:
            self.process.send_signal(number)
        out, said = self.process.communicate(timeout=60)
        return self.process.returncode, out, said


@contextmanager
def command(*words: str) -> Iterator[Command]:
    started = Command(*words)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.kill()
            started.process.communicate()


def attack(six: bool = False) -> list[bytes]:
    """A scan of ports that are refused, and a request that no user makes."""
    net, kind = ("2001:db8::{}", 0x86DD) if six else ("192.0.2.{}", 0x0800)
    scanner, client, server = (net.format(number) for number in (9, 11, 10))
    found = []
    for port in range(1, 41):
        found.append(made.ethernet(made.ip(scanner, server, 6, made.tcp(40_000, port)), kind))
        found.append(made.ethernet(made.ip(server, scanner, 6, made.tcp(port, 40_000, made.RST | made.ACK)), kind))
    ask = b"GET /item?id=1%27%20UNION%20SELECT%20name,password%20FROM%20users-- HTTP/1.1\r\nHost: x\r\n\r\n"
    return [*found, made.ethernet(made.ip(client, server, 6, made.tcp(40_001, 80, made.ACK | made.PSH, ask)), kind)]


@pytest.mark.parametrize("six", [False, True])
def test_the_command_names_an_attack_while_it_happens(inside: str, six: bool) -> None:
    scanner, client = ("2001:db8::9", "2001:db8::11") if six else ("192.0.2.9", "192.0.2.11")
    with command("-i", "v1", "--format", "jsonl") as running:
        blast("v0", attack(six), len(attack(six)))
        assert running.process.stdout is not None
        line = json.loads(running.process.stdout.readline())
        assert (line["alert.class"], line["source.ip"]) == ("scan", scanner)
        assert line["evidence"][0]["log.file.path"] == "capture:v1"
        while line["alert.class"] == "scan":  # told again when it has grown
            assert line["source.ip"] == scanner
            line = json.loads(running.process.stdout.readline())
        assert (line["alert.class"], line["source.ip"]) == ("web", client)
        status, _, said = running.end(signal.SIGINT)
    assert status == 1
    assert f"v1: {len(attack())} packets, 0 dropped by the kernel" in said


def test_the_command_writes_a_file_that_scan_reads(inside: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    sent = attack() * 3
    with command("-i", "v1", "-o", str(path), "--packets", str(len(sent) - 5)) as running:
        blast("v0", sent, len(sent))
        status, out, said = running.end()
    assert (status, out) == (0, "")
    assert "0 dropped by the kernel" in said
    found: list[bytes] = []
    for batch in read(iter([path.read_bytes()]), source="s", path="p"):
        found += [batch.data[at : at + size].tobytes() for at, size in zip(batch.at, batch.size, strict=True)]
    assert found == sent[:-5]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_with_an_account(inside: str, number: int) -> None:
    with command("-i", "v1", "-i", "w1") as running:
        blast("w0", frames(20), 20)
        time.sleep(0.3)
        status, out, said = running.end(number)
    assert (status, out) == (0, "")
    assert "v1: 0 packets" in said
    assert "w1: 20 packets" in said


def test_the_command_goes_on_with_what_is_left_and_ends_when_nothing_is(inside: str) -> None:
    with command("-i", "v1", "-i", "w1") as running:
        ip("link", "del", "v0")
        assert running.process.stderr is not None
        assert "v1: the interface is gone" in running.process.stderr.readline()
        blast("w0", frames(20), 20)
        time.sleep(0.3)
        assert running.process.poll() is None
        ip("link", "del", "w0")
        status, _, said = running.end()
    assert status == 2
    assert "w1: the interface is gone" in said
    assert "w1: 20 packets" in said


def test_connections_that_are_answered_are_no_attack(peer: str) -> None:
    """Real TCP between two namespaces; this host's own answers are what tells it from a flood."""
    client = (
        "import socket\n"
        "for _ in range(400):\n"
        "    c = socket.create_connection(('192.0.2.10', 8081)); c.sendall(b'x'); c.recv(1); c.close()\n"
    )
    with socket.create_server(("192.0.2.10", 8081), backlog=500) as server, command("-i", "v1") as running:
        asking = ask_from(peer, client)
        for _ in range(400):
            accepted, _ = server.accept()
            with accepted:
                accepted.sendall(accepted.recv(1))
        assert asking.wait(30) == 0
        time.sleep(0.3)
        status, out, said = running.end(signal.SIGINT)
    assert (status, out) == (0, "")
    assert int(said.split("v1: ")[1].split(" ")[0].replace(",", "")) > 3000
