"""Real packets against the kernel's own firewall, in network namespaces."""

import errno
import itertools
import random
import shutil
import socket
import threading
import time
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_network

import pytest

from tests.live.namespaces import inside, needs_namespaces, pair, victim
from tests.live.probe import HOUR, OTHER4, OTHER6, SOON, TCP, UDP, V4, V6, entry, few, nets, now, probe, until
from vedette.model.action import ActionError, Entry, Rates
from vedette.respond.block import elements, table
from vedette.respond.block.netlink import CREATE, Message, Netlink, Refused, nest, text, u32
from vedette.respond.block.nftables import Nftables, _bounds

__all__ = ["pair", "probe"]
pytestmark = [pytest.mark.live, needs_namespaces]


@pytest.fixture
def firewall(pair):
    """In the victim's namespace, restored with nothing."""
    with inside(pair.b):
        made = Nftables()
    made.restore([], [], Rates(), dry=False, now=now())
    yield made
    with suppress(ActionError):
        made.uninstall()
    made.close()


@pytest.fixture
def other(pair):
    """Somebody else's socket in the victim's namespace."""
    with inside(pair.b):
        made = Netlink()
    yield made
    made.close()


@pytest.mark.parametrize(("source", "network", "innocent"), [
    (V4, "10.99.0.1/32", OTHER4),
    ("10.99.7.1", "10.99.7.0/24", V4),
    ("10.99.7.1", "10.99.4.0/22", V4),
    (V6, "fd99::/64", OTHER6),
    ("fd99::11", "fd99::/64", OTHER6),
    ("fd99:7::1", "fd99:7::/32", V6),
])  # fmt: skip
def test_the_attacker_is_dropped_and_nobody_else(firewall, probe, source, network, innocent):
    assert probe.udp(source, innocent) == {source: 1, innocent: 1}
    assert probe.tcp(source)
    assert probe.ping(source)
    firewall.add([entry("drop", network)], now())
    assert probe.udp(source, source, innocent) == {source: 0, innocent: 1}
    assert not probe.tcp(source, SOON)
    assert not probe.ping(source, SOON)
    assert probe.tcp(innocent)
    assert probe.ping(innocent)
    (held,) = firewall.held()
    assert (held.kind, held.network, held.protocol) == ("drop", ip_network(network), None)
    assert held.packets >= 4
    assert held.bytes > held.packets * 20
    assert 3590 < held.seconds <= 3600
    total = firewall.totals()["drop"]
    assert total == (held.packets, held.bytes)
    firewall.remove([entry("drop", network)])
    assert probe.udp(source, innocent) == {source: 1, innocent: 1}
    assert probe.tcp(source)


def test_it_ends_by_itself(firewall, probe):
    firewall.add([entry("drop", "10.99.0.1/32", lasts=timedelta(seconds=1.5))], now())
    assert probe.udp(V4, OTHER4)[V4] == 0
    until(lambda: probe.udp(V4, OTHER4)[V4] == 1)
    assert firewall.held() == []
    firewall.remove([entry("drop", "10.99.0.1/32")])


def test_what_is_over_does_not_begin(firewall, probe):
    firewall.add([entry("drop", "10.99.0.1/32", lasts=timedelta(0))], now())
    assert firewall.held() == []
    assert probe.udp(V4, OTHER4)[V4] == 1


def test_the_later_time_counts_and_there_is_no_gap(firewall, probe):
    firewall.add([entry("drop", "10.99.0.1/32", lasts=timedelta(seconds=1))], now())
    firewall.add([entry("drop", "10.99.0.1/32")], now())
    assert firewall.held()[0].seconds > 3590
    firewall.add([entry("drop", "10.99.0.1/32", lasts=None)], now())
    assert firewall.held()[0].seconds is None
    firewall.add([entry("drop", "10.99.0.1/32"), entry("drop", "10.99.0.1/32", lasts=2 * HOUR)], now())
    assert 7190 < firewall.held()[0].seconds <= 7200
    firewall.add([entry("drop", "10.99.0.1/32", lasts=timedelta(days=2_000_000))], now())
    assert firewall.held()[0].seconds > 584 * 365 * 86400 - 1e7


def test_networks_inside_one_another_end_each_in_its_time(firewall, probe):
    firewall.add([entry("drop", "10.99.0.0/24"), entry("drop", "10.99.0.0/25", lasts=timedelta(seconds=1))], now())
    until(lambda: len(firewall.held()) == 1)
    assert probe.udp(V4, "10.99.7.1")[V4] == 0
    firewall.add([entry("drop", "10.99.0.0/25")], now())
    firewall.remove([entry("drop", "10.99.0.0/24")])
    assert probe.udp(V4, "10.99.7.1")[V4] == 0


def test_allow_comes_before_all(firewall, probe):
    firewall.add([entry("drop", "10.99.0.0/16"), entry("drop", "fd99::/64"), entry("limit", "10.99.0.1/32")], now())
    assert not probe.tcp(V4, SOON)
    firewall.allow(nets("0.0.0.0/5", "10.99.0.1/32", "10.99.0.0/31", "240.0.0.0/4", "fd99::1/128", "ff00::/8"))
    assert probe.tcp(V4)
    assert not probe.tcp(OTHER4, SOON)
    assert probe.udp(*["fd99::11"] * 3, V6) == {"fd99::11": 0, V6: 1}
    assert probe.udp(*[V4] * 50) == {V4: 50}
    firewall.allow(nets("10.99.0.11/32"))
    assert not probe.tcp(V4, SOON)
    assert probe.tcp(OTHER4)


def test_of_a_changed_allow_list_only_what_differs_is_sent(firewall, other):
    made = random.Random(5)
    pool = nets("0.0.0.0/0", "10.99.0.1/32", "10.99.0.2/32", "10.99.0.0/24", "240.0.0.0/4", "10.0.0.0/8", "11.0.0.0/8", "fd99::/64")
    pool += nets("::/0", "fd99::1/128", "fd99::2/128", "ff00::/8", "2001:db8::/32")
    before = []
    for _ in range(60):
        allow = made.sample(pool, made.randrange(len(pool)))
        other.commit(list(table.allow_changed(before, allow)))  # refused where a step did not fit what is there
        assert all(firewall._allowed(version) == _bounds(allow, version) for version in table.BITS)
        before = allow
    # What somebody else put there is found by whoever compares.
    firewall.allow(nets("10.99.0.1/32"))
    assert firewall.reconcile(nets("10.99.0.1/32"), [], now()).allow
    assert (firewall._allowed(4), firewall._allowed(6)) == (_bounds(nets("10.99.0.1/32"), 4), set())


def test_neighbours_are_found_though_everything_is_dropped(pair, firewall, probe):
    firewall.add([entry("drop", "fd99::/16")], now())
    pair.run(pair.a, "ip", "-6", "neigh", "flush", "dev", "va")
    pair.run(pair.b, "ip", "-6", "neigh", "flush", "dev", "vb")
    assert not probe.ping(V6, SOON)
    until(lambda: "lladdr" in pair.run(pair.a, "ip", "-6", "neigh", "show", "fd99::2"))


@pytest.mark.parametrize(("source", "network", "innocent"), [
    (V4, "10.99.0.1/32", OTHER4), ("10.99.7.1", "10.99.7.0/24", V4), (V6, "fd99::/64", OTHER6), ("fd99:7::1", "fd99:7::/48", V6)
])  # fmt: skip
def test_limit_lets_few_begin_and_what_goes_on_go_on(firewall, probe, source, network, innocent):
    target = probe.server(socket.SOCK_STREAM, victim(source))
    client = probe.socket(probe.pair.a, socket.SOCK_STREAM, source)
    client.connect(target.getsockname()[:2])
    peer = target.accept()[0]
    peer.settimeout(5)
    firewall.restore([], [entry("limit", network)], Rates(limit=1, limit_burst=3), dry=False, now=now())
    begun = time.monotonic()
    assert probe.udp(*[source] * 20, innocent)[source] in few(3, begun)
    assert [probe.tcp(source, SOON) for _ in range(8)].count(True) in few(0, begun)
    assert probe.udp(*[innocent] * 20) == {innocent: 20}
    with peer:
        for n in range(200):
            client.send(b"%03d" % n)
            assert peer.recv(3) == b"%03d" % n
    (held,) = firewall.held()
    assert held.kind == "limit"
    assert held.packets >= 17 - (time.monotonic() - begun)
    assert firewall.totals()["limit"].packets == held.packets
    until(lambda: probe.tcp(source, SOON))


@pytest.mark.parametrize("address", [V4, V6])
def test_guard_is_about_one_protocol(firewall, probe, address):
    others = {V4: [OTHER4, "10.99.0.12", "10.99.7.1"], V6: [OTHER6, "fd99:7::1", "fd99::11"]}[address]
    target = victim(address)
    long = f"{target}/{128 if ':' in target else 32}"
    firewall.restore([], [entry("guard", long, UDP)], Rates(guard=1, guard_burst=3), dry=False, now=now())
    server, begun = probe.server(socket.SOCK_DGRAM, target), time.monotonic()
    for source in others * 10:
        with probe.pair.socket(probe.pair.a, socket.SOCK_DGRAM, source) as sender:
            sender.sendto(b"x", server.getsockname()[:2])
    (held,) = firewall.held()
    assert (held.kind, held.network, held.protocol) == ("guard", ip_network(long), UDP)
    assert firewall.totals()["guard"].packets == held.packets
    passed = 30 - held.packets
    assert passed in few(3, begun)
    assert [server.recv(1) for _ in range(passed)] == [b"x"] * passed
    assert probe.tcp(address)
    assert probe.ping(address)
    firewall.restore([], [entry("guard", long, TCP)], Rates(guard=1, guard_burst=3), dry=False, now=now())
    begun = time.monotonic()
    assert [probe.tcp(source, SOON) for source in others * 4].count(True) in few(3, begun)
    assert probe.udp(*[address] * 20) == {address: 20}
    assert probe.ping(address)


@pytest.mark.parametrize("address", [V4, V6])
def test_every_fragment_counts_for_a_guard(firewall, probe, address):
    target = victim(address)
    wanted = [entry("guard", f"{target}/{128 if ':' in target else 32}", UDP)]
    firewall.restore([], wanted, Rates(guard=1, guard_burst=1), dry=False, now=now())
    server, begun = probe.server(socket.SOCK_DGRAM, target), time.monotonic()
    with probe.pair.socket(probe.pair.a, socket.SOCK_DGRAM, address) as sender:
        sender.sendto(bytes(4000), server.getsockname()[:2])
    until(lambda: firewall.held()[0].packets > 0)  # neighbours have to find one another first
    assert 3 - firewall.held()[0].packets in few(1, begun)


def test_a_dry_run_drops_nothing_and_counts(firewall, probe):
    entries = [entry("drop", "10.99.0.1/32"), entry("limit", "10.99.0.11/32"), entry("guard", "10.99.0.2/32", UDP)]
    firewall.restore([], entries, Rates(1, 1, 1, 1), dry=True, now=now())
    firewall.add([entry("drop", "10.99.7.0/24")], now())
    begun = time.monotonic()
    assert probe.udp(*[V4] * 5, *[OTHER4] * 5, "10.99.7.1") == {V4: 5, OTHER4: 5, "10.99.7.1": 1}
    totals = firewall.totals()
    assert totals["drop"].packets == 6
    assert 5 - totals["limit"].packets in few(1, begun)
    assert 11 - totals["guard"].packets in few(1, begun)


def test_no_packet_slips_through_while_it_is_made_anew(firewall, probe):
    entries = [entry("drop", "10.99.0.1/32"), *(entry("drop", f"198.51.100.{n}/32") for n in range(200))]
    firewall.restore([], entries, Rates(), dry=False, now=now())
    server, over, sent = probe.server(socket.SOCK_DGRAM, victim(V4)), threading.Event(), itertools.count()
    sender = probe.socket(probe.pair.a, socket.SOCK_DGRAM, V4)

    def attack():
        while not over.is_set():
            sender.sendto(b"x", server.getsockname()[:2])
            next(sent)

    attacker = threading.Thread(target=attack)
    attacker.start()
    try:
        for _ in range(50):
            firewall.restore([], entries, Rates(), dry=False, now=now())
            firewall.add(entries, now())
            firewall.allow(nets("10.99.0.11/32"))
    finally:
        over.set()
        attacker.join()
    assert next(sent) > 1000
    server.setblocking(False)
    with pytest.raises(BlockingIOError):
        server.recv(10)


def flush(name, kind=table.NEWRULE + 1 + 1):  # NFT_MSG_DELRULE without a handle: all of the chain
    return Message(kind, text(1, table.TABLE) + text(2, name))


def test_what_others_remove_is_told_and_put_back(firewall, other, probe):
    wanted = [entry("drop", "10.99.0.1/32"), entry("drop", "10.99.7.0/24"), entry("limit", "fd99::/64")]
    allow = nets("10.99.0.11/32")
    firewall.restore(allow, wanted, Rates(), dry=False, now=now())
    firewall.add([entry("drop", "10.98.0.0/15")], now())
    firewall.remove([entry("drop", "10.98.0.0/15")])
    assert not firewall.changed(), "our own changes do not count"
    assert not firewall.reconcile(allow, wanted, now())
    for fault in ([table.remove_table()], [flush("drop")], [flush(table.PREROUTING)]):
        other.commit(fault)
        assert probe.udp(V4, OTHER4)[V4] == 1
        assert firewall.changed()
        assert not firewall.changed()
        gap = firewall.reconcile(allow, wanted, now())
        assert gap.structure
        assert probe.udp(V4, OTHER4)[V4] == 0
        assert not firewall.changed()
        assert not firewall.reconcile(allow, wanted, now())


def test_entries_that_others_change_are_found(firewall, other, probe):
    kept, gone, short = entry("drop", "10.99.7.0/24"), entry("drop", "10.99.0.1/32"), entry("drop", "10.99.0.12/32")
    firewall.restore(nets("10.0.0.0/32"), [kept, gone, short], Rates(), dry=False, now=now())
    with inside(probe.pair.b):
        stranger = Nftables()
    stranger._places, stranger._shape = firewall._places, firewall._shape
    stranger.remove([gone])
    stranger.add([entry("drop", "10.99.0.11/32"), entry("drop", "10.99.0.12/32", lasts=timedelta(seconds=90))], now())
    stranger.allow(nets("10.99.0.1/32"))
    stranger.close()
    assert firewall.changed()
    gap = firewall.reconcile(nets("10.0.0.0/32"), [kept, gone, short], now())
    assert (gap.structure, gap.missing, gap.wrong_time, gap.allow) == ("", (gone,), (short,), True)
    assert [held.network for held in gap.extra] == nets("10.99.0.11/32")
    assert not firewall.reconcile(nets("10.0.0.0/32"), [kept, gone, short], now())
    assert probe.udp(V4, OTHER4) == {V4: 0, OTHER4: 1}


def test_elements_that_no_entry_can_mean_are_taken_out(firewall, other, probe):
    wanted = [entry("drop", "10.99.7.0/24")]
    firewall.add(wanted, now())
    inside_the_network = elements.element(b"\x0a\x63\x07\x05", None)
    other.commit(list(table.elements(table.NEWELEMENT, "drop4_24", [inside_the_network])))
    assert [held.network for held in firewall.reconcile([], wanted, now()).extra] == nets("10.99.7.0/24")
    assert not firewall.reconcile([], wanted, now())
    everything = nest(1, u32(3, 2))  # NFT_SET_ELEM_CATCHALL
    other.commit(list(table.elements(table.NEWELEMENT, "drop4_32", [everything])))
    assert not probe.ping(V4, SOON)
    assert firewall.held()[0][:3] == wanted[0][:3]
    assert firewall.reconcile([], wanted, now()).structure == "drop4_32 matches everything"
    assert probe.ping(V4)
    assert not firewall.reconcile([], wanted, now())


def test_nothing_is_added_before_it_is_restored(firewall):
    firewall.uninstall()
    for early in (lambda: firewall.add([], now()), lambda: firewall.reconcile([], [], now())):
        with pytest.raises(ActionError, match="nothing was restored"):
            early()


def test_other_tables_are_left_alone_and_uninstall_leaves_nothing(firewall, other):
    name = text(1, "stranger")
    other.commit([Message(table.NEWTABLE, name, CREATE), Message(table.NEWCHAIN, name + text(3, "drop"), CREATE)])
    assert not firewall.changed(), "tables of others are not ours"
    firewall.restore([], [entry("drop", "10.99.0.1/32")], Rates(), dry=False, now=now())
    firewall.uninstall()
    firewall.uninstall()
    assert firewall.held() == []
    (left,) = other.dump(table.GETTABLE)
    assert b"stranger\0" in left
    assert len(other.dump(table.GETCHAIN)) == 1
    other.commit([Message(table.DELTABLE, name)])
    assert other.dump(table.GETTABLE) == []


def test_another_version_of_the_table_is_replaced(firewall, other, probe):
    firewall.uninstall()
    name = text(1, table.TABLE)
    old = [Message(table.NEWTABLE, name, CREATE), Message(table.NEWCHAIN, name + text(3, "blocked"), CREATE)]
    other.commit([*old, *(table._set("drop4_32", 0x10, 8, 16),)])
    firewall.restore([], [entry("drop", "10.99.0.1/32")], Rates(), dry=False, now=now())
    assert probe.udp(V4, OTHER4)[V4] == 0
    assert len(other.dump(table.GETCHAIN)) == 4


def test_without_the_table_it_says_what_to_do(firewall, other):
    other.commit([table.remove_table()])
    with pytest.raises(Refused, match="not there") as refused:
        firewall.add([entry("drop", "10.99.0.1/32")], now())
    assert refused.value.errno == errno.ENOENT
    assert "reconcile" in refused.value.fix
    assert firewall.held() == []
    firewall.remove([entry("drop", "10.99.0.1/32")])


def test_a_full_set_is_told_and_nothing_of_the_transaction_done(pair, firewall):
    with inside(pair.b):
        small = Nftables(size=10)
    small.restore([], [entry("drop", f"10.0.0.{n}/32") for n in range(9)], Rates(), dry=False, now=now())
    with pytest.raises(Refused, match="full") as refused:
        small.add([entry("drop", f"10.0.1.{n}/32") for n in range(2)], now())
    assert refused.value.errno == errno.ENFILE
    assert len(small.held()) == 9
    small.add([entry("drop", "10.0.1.1/32")], now())
    small.add([entry("drop", "10.0.1.1/32", lasts=2 * HOUR)], now())  # also where there is no room for a second one
    small.remove([entry("drop", "10.0.1.1/32"), entry("drop", "10.0.1.2/32")])
    assert len(small.held()) == 9
    small.close()


def test_a_hundred_thousand_in_one_transaction(firewall, probe):
    entries = [entry("drop", (0x0B000000 + n, 32)) for n in range(99_999)] + [entry("drop", "10.99.0.1/32")]
    begun = time.perf_counter()
    firewall.restore([], entries, Rates(), dry=False, now=now())
    print(f"100,000 restored in {time.perf_counter() - begun:.2f} s")
    assert not firewall.changed(), "even as many changes of our own do not fill the queue"
    assert len(firewall.held()) == 100_000
    assert probe.udp(V4, OTHER4)[V4] == 0
    assert not firewall.reconcile([], entries, now())


def test_ten_thousand_random_decisions(firewall, probe):
    dice = random.Random(4)
    allow = nets("10.99.0.1/32", "fd99::1/128", "10.0.0.0/30")
    firewall.restore(allow, [], Rates(), dry=False, now=now())
    wanted = {}
    for _ in range(100):
        added, removed = [], []
        for _ in range(100):
            kind = dice.choice(("drop", "drop", "limit", "guard"))
            if dice.random() < 0.5:
                size = 32 if kind == "guard" else dice.choice((32, 32, 24, 16, 31))
                network = ip_network((0x0A630000 + dice.getrandbits(dice.choice((2, 4, 12))), size), strict=False)
            else:
                size = 128 if kind == "guard" else dice.choice((64, 64, 56, 48))
                start = int(ip_network("fd99::/16").network_address)
                network = ip_network((start + (dice.getrandbits(dice.choice((1, 6, 20))) << 64), size), strict=False)
            made = Entry(kind, network, dice.choice((1, 6, 17, 58)) if kind == "guard" else None, now() + HOUR)
            if made[:3] in wanted and dice.random() < 0.5:
                removed.append(made)
                wanted.pop(made[:3])
            else:
                added.append(made)
                wanted[made[:3]] = made
        added = [e for e in added if e[:3] in wanted]
        removed = [e for e in removed if e[:3] not in wanted]
        firewall.remove(removed)
        firewall.add(added, now())
    assert len(wanted) > 1000
    assert {held[:3] for held in firewall.held()} == set(wanted)
    assert not firewall.reconcile(allow, wanted.values(), now())
    dropping = nets(*(str(network) for kind, network, _ in wanted if kind == "drop"))
    assert any(ip_network(OTHER4).subnet_of(n) for n in dropping if n.version == 4), "or this shows nothing"
    assert any(ip_network(V6).subnet_of(n) for n in dropping if n.version == 6)
    assert probe.udp(*[OTHER4] * 3, *[V4] * 50) == {OTHER4: 0, V4: 50}
    assert probe.udp("fd99::11", *[V6] * 50) == {"fd99::11": 0, V6: 50}
    assert probe.tcp(V4)
    assert probe.tcp(V6)


@pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not installed")
def test_nft_can_read_it(pair, firewall):
    firewall.add([entry("drop", "10.99.4.0/22"), entry("guard", "fd99::2/128", UDP)], now())
    listed = pair.run(pair.b, "nft", "list", "table", "inet", "vedette")
    assert 'ip saddr & 255.255.252.0 == @drop4_22 counter name "drop" drop' in listed
    assert 'ip6 daddr . meta l4proto @guard6 counter name "guard" drop' in listed
    assert "fd99::2 . udp limit rate over 1000/second burst 2000 packets counter" in listed
    assert "elements = { 10.99.4.0 counter" in listed
