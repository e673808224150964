"""A flood of SYN from forged sources, answered by the real kernel in the server's place."""

import random
import socket
import threading
from contextlib import contextmanager, suppress
from ipaddress import ip_network

import pytest

from tests import packets as made
from tests.live.blaster import blast
from tests.live.namespaces import ATTACKERS, inside, needs_namespaces, pair
from tests.live.probe import TCP, V4, V6, entry, now, until
from vedette.model.action import Rates
from vedette.respond.block import proxy
from vedette.respond.block.nftables import Nftables, remove
from vedette.respond.block.table import TABLE

__all__ = ["pair"]
pytestmark = [pytest.mark.live, needs_namespaces]
RATES = Rates(guard=20, guard_burst=20)
VISITORS = {V4: [a for a in ATTACKERS if ":" not in a], V6: [a for a in ATTACKERS if ":" in a]}
VICTIM = {V4: "10.99.0.2", V6: "fd99::2"}
PORT = 8080


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(proxy, "_WATCHED", 0.0)


@pytest.fixture
def firewall(pair):
    with inside(pair.b):
        firewall = Nftables()
    if not firewall._proxy.possible:
        pytest.skip("this kernel has no synproxy")
    firewall.restore([], [], RATES, dry=False, now=now())
    yield firewall
    with suppress(OSError):
        firewall.uninstall()
    firewall.close()
    assert loose(pair) == "1"


def loose(pair):
    return pair.run(pair.b, "cat", "/proc/sys/net/netfilter/nf_conntrack_tcp_loose").strip()


def rules(pair):
    return pair.run(pair.b, "nft", "list", "table", "inet", TABLE)


def guard(version):
    victim = VICTIM[version]
    return entry("guard", f"{victim}/{128 if ':' in victim else 32}", TCP)


@contextmanager
def echo(pair, address):
    """A server that sends back what it gets, in as many connections as come."""
    with pair.socket(pair.b, socket.SOCK_STREAM, address, PORT) as server:
        server.listen(256)
        server.settimeout(0.05)
        stop = threading.Event()

        def answer(peer):
            with peer, suppress(OSError):
                peer.settimeout(20)
                while data := peer.recv(1 << 16):
                    peer.sendall(data)

        def work():
            while not stop.is_set():
                with suppress(TimeoutError):
                    threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextmanager
def flood(pair, version, rate=40_000):
    """SYN to the port from sources all over the world."""
    dice = random.Random(3)
    card = lambda namespace, device: bytes.fromhex(  # noqa: E731
        pair.run(namespace, "cat", f"/sys/class/net/{device}/address").strip().replace(":", "")
    )
    head = card(pair.b, "vb") + card(pair.a, "va") + (b"\x86\xdd" if version == V6 else b"\x08\0")
    frames = []
    for _ in range(4000):
        source = f"2001:db8:{dice.randrange(1 << 16):x}::{dice.randrange(1 << 16):x}"
        if version == V4:
            source = f"{dice.randrange(20, 120)}.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(1, 255)}"
        segment = summed(source, VICTIM[version], made.tcp(dice.randrange(1024, 65536), PORT))
        packet = made.ip(source, VICTIM[version], 6, segment)
        frames.append(head + (packet if version == V6 else packet[:10] + checksum(packet[:20]) + packet[12:]))
    stop = threading.Event()

    def work():
        with inside(pair.a):
            while not stop.is_set():
                blast("va", frames, rate // 5, rate=rate)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def checksum(data):
    total = sum(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (~total & 0xFFFF).to_bytes(2, "big")


def summed(source, target, segment):
    """A segment with its checksum, without which the kernel does not take it."""
    ends = b"".join(socket.inet_pton(socket.AF_INET6 if ":" in a else socket.AF_INET, a) for a in (source, target))
    whole = ends + (6).to_bytes(4, "big") + len(segment).to_bytes(4, "big") + segment
    return segment[:16] + checksum(whole) + segment[18:]


def says(pair, source, address, size=200_000, seconds=0.8):
    """Whether a visitor gets a connection soon, and all that it sends back."""
    data = random.Random(size).randbytes(size)
    with pair.socket(pair.a, socket.SOCK_STREAM, source) as client:
        client.settimeout(seconds)
        try:
            client.connect((address, PORT))
        except OSError:
            return False
        return exchanged(client, data)


def exchanged(client, data):
    client.settimeout(20)
    got = bytearray()
    sender = threading.Thread(target=lambda: client.sendall(data))
    sender.start()
    with suppress(OSError):
        while len(got) < len(data) and (more := client.recv(1 << 16)):
            got += more
    sender.join()
    return bytes(got) == data


def served(pair, version, times=5):
    return sum(says(pair, source, VICTIM[version]) for source in VISITORS[version] * times)


@pytest.mark.parametrize("version", [V4, V6])
def test_visitors_get_through_whatever_the_rate_of_the_flood(pair, firewall, version):
    address, wanted, guarded = VICTIM[version], 5 * len(VISITORS[version]), [guard(version)]
    with echo(pair, address), pair.socket(pair.a, socket.SOCK_STREAM, VISITORS[version][0]) as kept, flood(pair, version):
        kept.connect((address, PORT))
        firewall.add(guarded, now())
        assert firewall._proxy.stage == "watch"
        assert exchanged(kept, b"and so it is known")
        assert served(pair, version) < wanted / 2, "the limit alone lets few in: the flood has the rate to itself"
        assert not firewall.reconcile([], guarded, now())
        assert (firewall._proxy.stage, loose(pair)) == ("begun", "0")
        before = firewall.totals()["guard"].packets
        until(lambda: str(PORT) in pair.run(pair.b, "nft", "list", "set", "inet", TABLE, "ports6" if version == V6 else "ports4"))
        assert served(pair, version) == wanted
        assert firewall.totals()["guard"].packets - before < 2000, "what the proxy answers is not dropped"
        assert exchanged(kept, random.Random(1).randbytes(100_000)), "what was going on goes on"
        assert not firewall.reconcile([], guarded, now())
    # Nothing of the flood got as far as the server.
    assert "SYN-RECV" not in pair.run(pair.b, "ss", "-tan")


def test_other_ports_and_quiet_victims_are_not_touched(pair, firewall):
    with echo(pair, VICTIM[V4]), pair.socket(pair.b, socket.SOCK_STREAM, VICTIM[V4], 2200) as other:
        other.listen()
        with pair.socket(pair.a, socket.SOCK_STREAM, V4) as session:
            session.connect((VICTIM[V4], 2200))  # and is silent until all is in force
            peer, _ = other.accept()
            firewall.add([guard(V4)], now())
            firewall.reconcile([], [guard(V4)], now())
            assert firewall._proxy.stage == "begun"
            with flood(pair, V4):
                until(lambda: str(PORT) in pair.run(pair.b, "nft", "list", "set", "inet", TABLE, "ports4"))
                session.sendall(b"still here")
                peer.settimeout(5)
                assert peer.recv(20) == b"still here"
            peer.close()
    assert "2200" not in pair.run(pair.b, "nft", "list", "set", "inet", TABLE, "ports4")


def test_it_is_undone_when_it_is_over_and_by_whoever_comes_after(pair, firewall, monkeypatch):
    shape = rules(pair)
    for _ in range(2):
        firewall.add([guard(V4)], now())
        firewall.reconcile([], [guard(V4)], now())
        assert "synproxy mss 1460 wscale" in rules(pair)
        firewall.remove([guard(V4)])
        firewall.reconcile([], [], now())
        assert loose(pair) == "0", "connections that came through the proxy go on"
        with monkeypatch.context() as patch:
            patch.setattr(proxy, "_LINGERS", -1.0)
            firewall.reconcile([], [], now())
        assert (rules(pair), loose(pair)) == (shape, "1")
        assert not firewall.reconcile([], [], now())
    # A flush by somebody else, a restore and a dry run in the midst of it.
    firewall.add([guard(V4)], now())
    firewall.reconcile([], [guard(V4)], now())
    pair.run(pair.b, "nft", "flush", "ruleset")
    assert firewall.reconcile([], [guard(V4)], now()).structure
    assert "synproxy" in rules(pair)
    firewall.restore([], [guard(V4)], RATES, dry=False, now=now())
    assert ("synproxy" in rules(pair), loose(pair)) == (True, "0")
    firewall.restore([], [guard(V4)], RATES, dry=True, now=now())
    firewall.reconcile([], [guard(V4)], now())
    assert ("synproxy" in rules(pair), loose(pair)) == (False, "1")
    # It is killed, and the next one begins; or it is uninstalled.
    for last in ("restore", "uninstall"):
        firewall.restore([], [], RATES, dry=False, now=now())
        firewall.add([guard(V4)], now())
        firewall.reconcile([], [guard(V4)], now())
        assert loose(pair) == "0"
        with inside(pair.b):
            if last == "restore":
                after = Nftables()
                after.restore([], [], RATES, dry=False, now=now())
                after.close()
            else:
                remove()
        assert loose(pair) == "1"
        firewall._proxy.stage = "off"


def test_a_setting_that_was_so_before_is_left_so(pair, firewall):
    pair.run(pair.b, "sh", "-c", "echo 0 > /proc/sys/net/netfilter/nf_conntrack_tcp_loose")
    firewall.add([guard(V4)], now())
    firewall.reconcile([], [guard(V4)], now())
    firewall.uninstall()
    assert loose(pair) == "0"
    pair.run(pair.b, "sh", "-c", "echo 1 > /proc/sys/net/netfilter/nf_conntrack_tcp_loose")


def test_where_the_setting_cannot_be_written_the_limit_is_all(pair, monkeypatch, tmp_path):
    monkeypatch.setattr(proxy, "_LOOSE", tmp_path / "missing")
    with inside(pair.b):
        firewall = Nftables()
    firewall.restore([], [guard(V4)], RATES, dry=False, now=now())
    firewall.reconcile([], [guard(V4)], now())
    assert (firewall._proxy.stage, [held.network for held in firewall.held()]) == ("off", [ip_network("10.99.0.2/32")])
    firewall.uninstall()
    firewall.close()
