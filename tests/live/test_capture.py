# ruff: noqa: F811 - fixtures are imported
"""Capture on real interfaces: a veth pair into a network namespace; every packet that was sent is counted."""

import fcntl
import json
import os
import socket
import struct
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests import packets as made
from tests.live.blaster import blast, frames_of
from tests.live.wires import REFUSED, ask_from, inside, ip, peer  # noqa: F401
from vedette.collect.interfaces import Settings, interfaces, open_ring
from vedette.collect.ring import KERNEL, Ring
from vedette.model.errors import SourceError
from vedette.model.packets import CAPTURE
from vedette.parse.packets.decode import decode

pytestmark = [pytest.mark.live, pytest.mark.skipif(bool(REFUSED), reason=REFUSED)]


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
                found[item.path.removeprefix(CAPTURE)].append(item.data[begin : begin + item.size[row]].tobytes())
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


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "192.0.2.10"), (socket.AF_INET6, "2001:db8::10")])
def test_large_segments_of_offload_come_whole(peer: str, family: int, host: str) -> None:
    """Of 8 MB over TCP every byte is in what was captured, in packets far larger than the wire takes."""
    size = 8_000_000
    client = f"import socket; c = socket.create_connection(('{host}', 8081)); c.sendall(bytes({size})); c.close()"
    with ring("v1") as there, socket.create_server((host, 8081), family=family) as server:
        asking = ask_from(peer, client)
        accepted, _ = server.accept()
        with accepted:
            while accepted.recv(1 << 20):
                pass
        assert asking.wait(30) == 0
        pieces: set[tuple[int, int]] = set()
        begin = largest = 0
        while there.wait(0.1):
            batch = there.take()
            assert batch is not None
            records = decode(batch)
            mine = records[records["target_port"] == 8081]
            assert (mine["payload"] == mine["captured"]).all()
            for at, length, flags in mine[["sequence", "payload", "flags"]].tolist():
                begin = at + 1 if flags & made.SYN else begin
                pieces.add((at - begin & 0xFFFFFFFF, length))
            largest = max(largest, int(batch.wire.max()))
            there.done()
        assert there.statistics().drops == 0
    covered = 0
    for at, length in sorted(piece for piece in pieces if piece[1]):
        assert at <= covered  # no gap; what was sent twice counts once
        covered = max(covered, at + length)
    assert covered == size
    assert 15_000 < largest < 1 << 20


def test_a_tunnel_without_ethernet(inside: str) -> None:
    tun = os.open("/dev/net/tun", os.O_RDWR)
    try:
        fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"t0", 0x1001))  # TUNSETIFF: IFF_TUN, IFF_NO_PI
        ip("link", "set", "t0", "up")
        sent = [
            made.ip("192.0.2.1", "192.0.2.2", 17, made.udp(7, 9, b"x")),
            made.ip("2001:db8::1", "2001:db8::2", 17, made.udp(7, 9)),
        ]
        with ring("t0") as there:
            for each in sent:
                os.write(tun, each)
            assert there.wait(1)
            batch = there.take()
            assert batch is not None
            found = [batch.data[at : at + size].tobytes() for at, size in zip(batch.at, batch.size, strict=True)]
            assert [each for each in found if each in sent] == sent  # the kernel may send of its own, for IPv6
            assert set(batch.link.tolist()) == {101}
            there.done()
    finally:
        os.close(tun)
