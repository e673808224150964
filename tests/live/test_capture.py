"""Capture on real interfaces: a veth pair into a network namespace; every packet that was sent is counted."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import packets as made
from tests.live.blaster import blast, frames_of
from vedette.collect.capture_files import read
from vedette.collect.interfaces import Settings, interfaces, open_ring
from vedette.collect.ring import KERNEL, Ring
from vedette.model.errors import SourceError


def _refused() -> str:
    """Why there can be no network namespace here; empty when there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"vedette-probe-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        return "this machine makes no network namespaces"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


REFUSED = _refused()
pytestmark = [pytest.mark.live, pytest.mark.skipif(bool(REFUSED), reason=REFUSED)]


_CLONE_NEWNET = 0x40000000


def enter(namespace: Any) -> None:
    """This thread is in that network namespace from now on (os.setns is of Python 3.12)."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@pytest.fixture
def inside() -> Iterator[str]:
    """This thread is in a network namespace of its own, in which v0 and v1 are the ends of one wire, and w0 and w1 of
    another; returns its name."""
    name = f"vedette-{os.getpid()}-{time.monotonic_ns()}"
    ip("netns", "add", name)
    with Path("/proc/thread-self/ns/net").open() as before, Path(f"/var/run/netns/{name}").open() as there:
        try:
            enter(there)
            for wire in "vw":
                ip("link", "add", f"{wire}0", "type", "veth", "peer", "name", f"{wire}1")
                for end in (f"{wire}0", f"{wire}1"):
                    # IPv6 would send neighbour solicitations of its own, which would be counted.
                    Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
                    ip("link", "set", end, "up")
            ip("link", "set", "lo", "up")
            yield name
        finally:
            enter(before)
            ip("netns", "del", name)


def ring(name: str, **settings: Any) -> Ring:
    opened, geometry = open_ring(name, Settings(**settings))
    return Ring(opened, name, geometry)


def drain(ring: Ring, count: int, seconds: float = 5.0) -> list[tuple[int, bytes, int]]:
    """(time, bytes, length on the wire) of packets, until there are so many or the time is over."""
    found: list[tuple[int, bytes, int]] = []
    end = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        if not ring.wait(0.05):
            continue
        batch = ring.take()
        assert batch is not None
        assert batch.first == len(found) + 1
        for row in range(len(batch.at)):
            begin = batch.at[row]
            text = batch.data[begin : begin + batch.size[row]].tobytes()
            found.append((int(batch.time[row]), text, int(batch.wire[row])))
        ring.done()
    return found


def frames(number: int, tag: bytes = b"") -> list[bytes]:
    return [
        made.ethernet(
            made.ip("192.0.2.1", "192.0.2.2", 17, made.udp(7, 9, tag + n.to_bytes(4, "big") + bytes(n % 1200)))
        )
        for n in range(number)
    ]


def test_every_packet_comes_out_as_it_was_sent(inside: str) -> None:
    sent = frames(5000)
    with ring("v1") as there:
        begun = time.time_ns()
        assert blast("v0", sent, len(sent)) == len(sent)
        found = drain(there, len(sent))
        assert [text for _, text, _ in found] == sent
        assert all(begun - 10**9 < at < time.time_ns() + 10**9 for at, _, _ in found)
        seen = there.statistics()
        assert (seen.packets, seen.drops, seen.damaged) == (len(sent), 0, 0)
        assert not there.wait(0.05)
        assert there.take() is None


def test_nothing_is_compiled_anew_for_the_memory_of_a_ring(inside: str) -> None:
    """Else the first packets would wait for half a minute, after everything was compiled for files."""
    from vedette.collect.capture_write import CaptureFile, lay
    from vedette.collect.ring_walk import walk
    from vedette.detect.network.watch import watch
    from vedette.parse.packets.decode import decode_all
    from vedette.runtime import warm
    from vedette.runtime.capture import Live
    from vedette.runtime.engine import Engine, Plan
    from vedette.runtime.rules import load

    live = Live(Engine(Plan(load([]))))
    warm.main()
    compiled = (decode_all, watch, lay, walk)
    kinds = [len(each.signatures) for each in compiled]
    with CaptureFile(Path(os.devnull)) as file, ring("v1") as there:
        blast("v0", frames(20), 20)
        assert there.wait(1)
        batch = there.take()
        assert batch is not None
        live.feed(batch, 0.0)
        file.write(batch)
        there.done()
    assert [len(each.signatures) for each in compiled] == kinds


def test_snap_length(inside: str) -> None:
    sent = frames(1200)
    with ring("v1", snap=60) as there:
        blast("v0", sent, len(sent))
        found = drain(there, len(sent))
    assert [(text, wire) for _, text, wire in found] == [(each[:60], len(each)) for each in sent]


def test_tags_are_as_they_were_on_the_wire(inside: str) -> None:
    inner = made.ip("192.0.2.1", "192.0.2.2", 17, made.udp(7, 9, b"x" * 30))
    sent = [
        made.ethernet(inner, 0x0800, (0x8100, 0x6000 | 7)), made.ethernet(inner, 0x0800, (0x88A8, 9), (0x8100, 8)),
        made.ethernet(inner),
    ]  # fmt: skip
    with ring("v1") as there:
        blast("v0", sent, 30)
        assert [text for _, text, _ in drain(there, 30)] == sent * 10


def test_what_this_host_sends_is_seen_too(inside: str) -> None:
    with ring("v0") as there, socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
        out.bind(("v0", 0))
        for frame in frames(10):
            out.send(frame)
        assert [text for _, text, _ in drain(there, 10)] == frames(10)


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_loopback_gives_every_packet_once_however_large(inside: str, family: int, host: str) -> None:
    with (
        ring("lo") as there, socket.socket(family, socket.SOCK_DGRAM) as peer, socket.socket(family, socket.SOCK_DGRAM) as out
    ):  # fmt: skip
        peer.bind((host, 0))
        port = peer.getsockname()[1]
        bodies = [n.to_bytes(2, "big") * (n * 13) for n in range(1, 2400, 7)]
        for body in bodies:
            out.sendto(body, (host, port))
        found = drain(there, len(bodies))
        assert not there.wait(0.05)
    head = 14 + (20 if family == socket.AF_INET else 40) + 8
    assert [text[head:] for _, text, _ in found] == bodies
    assert max(wire for _, _, wire in found) > 62_000


def test_two_interfaces_at_once(inside: str) -> None:
    from vedette.runtime.capture import captured

    sent = {"v1": frames(3000, b"v"), "w1": frames(3000, b"w")}
    found: dict[str, list[bytes]] = {"v1": [], "w1": []}
    with ring("v1") as v, ring("w1") as w:
        threads = [
            threading.Thread(target=blast, args=(f"{wire[0]}0", each, len(each), 5.0, 20_000))
            for wire, each in sent.items()
        ]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 10

        def stop() -> bool:
            return time.monotonic() > end or sum(map(len, found.values())) == 6000

        for item in captured([v, w], stop):
            assert not isinstance(item, SourceError)
            for row in range(len(item.at) if item else 0):
                begin = item.at[row]
                found[item.path].append(item.data[begin : begin + item.size[row]].tobytes())
        for thread in threads:
            thread.join()
    assert found == sent
    assert v.source != w.source


def test_a_group_shares_the_packets(inside: str) -> None:
    sent = frames_of("spoofed", 2000)
    with ring("v1", fanout=7) as one, ring("v1", fanout=7) as other:
        blast("v0", sent, len(sent))
        time.sleep(0.1)
        parts = drain(one, len(sent), 0.5), drain(other, len(sent), 0.5)
    assert sorted(text for part in parts for _, text, _ in part) == sorted(sent)
    assert all(len(part) > 500 for part in parts)


def test_what_the_kernel_drops_is_counted(inside: str) -> None:
    sent = frames(4000)
    with ring("v1", ring=1 << 20) as there:
        blast("v0", sent, len(sent))
        time.sleep(0.1)
        found = drain(there, len(sent), 0.5)
        blast("v0", sent, 1)
        (last,) = _batches(there, 1)
        seen = there.statistics()
        assert seen.drops > 1000
        assert len(found) + seen.drops == len(sent)
        assert seen.packets == len(sent) + 1
        assert seen.freezes > 0
    assert found == sorted(found)
    assert [text for _, text, _ in found] == sent[: len(found)]
    assert sum(number for reason, number in last.dropped if reason == KERNEL) <= seen.drops


def _batches(there: Ring, count: int) -> list[Any]:
    found = []
    while len(found) < count:
        assert there.wait(2)
        found.append(there.take())
        there.done()
    return found


def test_an_interface_that_is_deleted(inside: str) -> None:
    sent = frames(100)
    with ring("v1") as there:
        blast("v0", sent, len(sent))
        ip("link", "del", "v0")
        assert [text for _, text, _ in drain(there, len(sent))] == sent
        with pytest.raises(SourceError, match="v1: the interface is gone"):
            drain(there, 1)
    ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
    for end in ("v0", "v1"):
        Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
        ip("link", "set", end, "up")
    with ring("v1") as again:
        assert again.source != there.source
        blast("v0", sent, len(sent))
        assert [text for _, text, _ in drain(again, len(sent))] == sent


def test_an_interface_that_is_down_for_a_while(inside: str) -> None:
    sent = frames(100)
    with ring("v1") as there:
        ip("link", "set", "v1", "down")
        assert not there.wait(0.05)
        assert not there.wait(0.05)
        assert {each.name: each.up for each in interfaces()} == {
            "lo": True,
            "v0": True,
            "v1": False,
            "w0": True,
            "w1": True,
        }
        ip("link", "set", "v1", "up")
        blast("v0", sent, len(sent))
        assert [text for _, text, _ in drain(there, len(sent))] == sent


def test_no_such_interface_and_no_right(inside: str) -> None:
    with pytest.raises(SourceError, match=r"no interface of this name; there are: .*v1"):
        open_ring("nope", Settings())
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setuid(65534)
            open_ring("v1", Settings())
        except SourceError as error:
            status = 0 if "CAP_NET_RAW" in error.what and "root" in error.fix else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_a_ring_that_another_process_opened(inside: str) -> None:
    """The privileged one opens, the other maps and reads."""
    here, there = socket.socketpair()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            opened, geometry = open_ring("v1", Settings(ring=4 << 20))
            socket.send_fds(there, [json.dumps(geometry).encode()], [opened.fileno()])
            status = 0
        finally:
            os._exit(status)
    text, (fd,), _, _ = socket.recv_fds(here, 100, 1)
    assert os.waitpid(child, 0)[1] == 0
    from vedette.collect.interfaces import Geometry

    with Ring(socket.socket(fileno=fd), "v1", Geometry(*json.loads(text))) as passed:
        blast("v0", frames(50), 50)
        assert [text for _, text, _ in drain(passed, 50)] == frames(50)
    here.close()
    there.close()


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


def attack() -> list[bytes]:
    """A scan of ports that are refused, and a request that no user makes."""
    found = []
    for port in range(1, 41):
        found.append(made.ethernet(made.ip("203.0.113.9", "192.0.2.10", 6, made.tcp(40_000, port))))
        found.append(
            made.ethernet(made.ip("192.0.2.10", "203.0.113.9", 6, made.tcp(port, 40_000, made.RST | made.ACK)))
        )
    ask = b"GET /item?id=1%27%20UNION%20SELECT%20name,password%20FROM%20users-- HTTP/1.1\r\nHost: x\r\n\r\n"
    segment = made.tcp(40_001, 80, made.ACK | made.PSH, ask)
    return [*found, made.ethernet(made.ip("203.0.113.10", "192.0.2.10", 6, segment))]


def test_the_command_names_an_attack_while_it_happens(inside: str) -> None:
    with command("-i", "v1", "--format", "jsonl") as running:
        blast("v0", attack(), len(attack()))
        assert running.process.stdout is not None
        line = json.loads(running.process.stdout.readline())
        assert (line["alert.class"], line["source.ip"]) == ("scan", "203.0.113.9")
        assert line["evidence"][0]["log.file.path"] == "v1"
        while line["alert.class"] == "scan":  # told again when it has grown
            assert line["source.ip"] == "203.0.113.9"
            line = json.loads(running.process.stdout.readline())
        assert (line["alert.class"], line["source.ip"]) == ("web", "203.0.113.10")
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


def test_a_conversation_that_is_answered_is_no_attack(inside: str) -> None:
    """Real TCP between two namespaces; the server's own answers are what tells it from a flood."""
    other = f"{inside}-peer"
    ip("netns", "add", other)
    try:
        ip("link", "set", "v0", "netns", other)
        ip("addr", "add", "192.0.2.10/24", "dev", "v1")
        for words in (["link", "set", "v0", "up"], ["addr", "add", "192.0.2.77/24", "dev", "v0"]):
            ip("-n", other, *words)
        client = (
            "import socket\n"
            "for _ in range(400):\n"
            "    c = socket.create_connection(('192.0.2.10', 8081)); c.sendall(b'x'); c.recv(1); c.close()\n"
        )
        with socket.create_server(("192.0.2.10", 8081), backlog=500) as server, command("-i", "v1") as running:
            asking = subprocess.Popen(["ip", "netns", "exec", other, sys.executable, "-c", client])
            for _ in range(400):
                peer, _ = server.accept()
                with peer:
                    peer.sendall(peer.recv(1))
            assert asking.wait(30) == 0
            time.sleep(0.3)
            status, out, said = running.end(signal.SIGINT)
        assert (status, out) == (0, "")
        assert int(said.split("v1: ")[1].split(" ")[0].replace(",", "")) > 3000
    finally:
        ip("netns", "del", other)
