"""The fallback with real packets: each back end of iptables that is installed, with ipset and without."""

import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_network

import pytest

from tests.live.namespaces import inside, needs_namespaces, pair, victim
from tests.live.probe import OTHER4, OTHER6, SOON, TCP, UDP, V4, V6, entry, few, nets, now, probe, until
from vedette.model.action import ActionError, Rates
from vedette.respond.block.firewall import open_firewall
from vedette.respond.block.iptables import Iptables
from vedette.respond.block.netlink import Refused
from vedette.respond.block.nftables import Nftables

__all__ = ["pair", "probe"]
pytestmark = [pytest.mark.live, needs_namespaces]
WAYS = {
    "legacy and ipset": ("-legacy", True),
    "nft and ipset": ("-nft", True),
    "legacy alone": ("-legacy", False),
    "nft alone": ("-nft", False),
}


class Inside(Iptables):
    """Its commands run in a namespace."""

    def __init__(self, namespace, **settings):
        self.namespace = namespace
        super().__init__(**settings)

    def _run(self, *command, text=""):
        with inside(self.namespace):
            return super()._run(*command, text=text)


@pytest.fixture(params=WAYS)
def firewall(request, pair):
    variant, ipset = WAYS[request.param]
    needed = [f"iptables{variant}", f"ip6tables{variant}", *(["ipset"] if ipset else [])]
    if missing := [name for name in needed if shutil.which(name) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    try:
        made = Inside(pair.b, variant=variant, ipset=ipset)
        made.restore([], [], Rates(), dry=False, now=now())
    except ActionError as error:
        pytest.skip(f"this kernel cannot: {error.what}")
    yield made
    with suppress(ActionError):
        made.uninstall()


@pytest.mark.parametrize(("source", "network", "innocent"), [
    (V4, "10.99.0.1/32", OTHER4), ("10.99.7.1", "10.99.7.0/24", V4), ("fd99::11", "fd99::/64", OTHER6)
])  # fmt: skip
def test_the_attacker_is_dropped_and_nobody_else(firewall, probe, source, network, innocent):
    firewall.add([entry("drop", network, lasts=None)], now())
    firewall.add([entry("drop", network)], now())
    assert probe.udp(source, source, innocent) == {source: 0, innocent: 1}
    assert not probe.tcp(source, SOON)
    assert not probe.ping(source, SOON)
    assert probe.tcp(innocent)
    assert probe.ping(innocent)
    (held,) = firewall.held()
    assert (held.kind, held.network, held.protocol) == ("drop", ip_network(network), None)
    assert held.packets >= 4
    assert 3590 < held.seconds <= 3600
    assert firewall.totals()["drop"] == (held.packets, held.bytes)
    firewall.add([entry("drop", "198.51.100.0/24"), entry("guard", "198.51.100.1/32", UDP)], now())
    assert firewall.totals()["drop"] == (held.packets, held.bytes), "counts go on when rules are written anew"
    firewall.remove([entry("drop", network)])
    assert probe.udp(source, innocent) == {source: 1, innocent: 1}


def test_it_ends(firewall, probe):
    wanted = [entry("drop", "10.99.0.1/32", lasts=timedelta(seconds=1.5))]
    firewall.add(wanted, now())
    assert probe.udp(V4, OTHER4)[V4] == 0

    def over():
        assert not firewall.reconcile([], wanted, now())
        return probe.udp(V4, OTHER4)[V4] == 1

    until(over)
    assert firewall.held() == []


def test_networks_inside_one_another(firewall, probe):
    firewall.add([entry("drop", "10.99.0.0/24"), entry("drop", "10.99.0.0/25")], now())
    firewall.remove([entry("drop", "10.99.0.0/25")])
    assert probe.udp(V4, "10.99.7.1")[V4] == 0


def test_allow_comes_before_all(firewall, probe):
    firewall.add([entry("drop", "10.99.0.0/16"), entry("drop", "fd99::/64"), entry("limit", "10.99.0.1/32")], now())
    firewall.allow(nets("10.99.0.1/32", "10.99.0.0/31", "fd99::1/128"))
    assert not probe.tcp(OTHER4, SOON)
    assert probe.udp(*[V4] * 50) == {V4: 50}
    assert probe.udp("fd99::11", V6) == {"fd99::11": 0, V6: 1}
    firewall.allow(nets("0.0.0.0/0"))
    assert probe.tcp(OTHER4)
    assert not probe.tcp("fd99::11", SOON)


@pytest.mark.parametrize(("source", "network", "innocent"), [(V4, "10.99.0.1/32", OTHER4), (V6, "fd99::/64", OTHER6)])
def test_limit_lets_few_begin_and_what_goes_on_go_on(firewall, probe, source, network, innocent):
    target = probe.server(socket.SOCK_STREAM, victim(source))
    client = probe.socket(probe.pair.a, socket.SOCK_STREAM, source)
    client.connect(target.getsockname()[:2])
    peer = target.accept()[0]
    peer.settimeout(5)
    firewall.restore([], [entry("limit", network)], Rates(limit=1, limit_burst=3), dry=False, now=now())
    begun = time.monotonic()
    arrived = probe.udp(*[source] * 20, innocent)[source]
    assert arrived in few(3, begun)
    assert probe.udp(*[innocent] * 20) == {innocent: 20}
    with peer:
        for n in range(100):
            client.send(b"%03d" % n)
            assert peer.recv(3) == b"%03d" % n
    assert firewall.totals()["limit"].packets == 20 - arrived
    assert [h.kind for h in firewall.held()] == ["limit"]


def test_guard_is_about_one_protocol(firewall, probe):
    wanted = [entry("guard", "10.99.0.2/32", TCP)]
    firewall.restore([], wanted, Rates(guard=1, guard_burst=3), dry=False, now=now())
    sources = [V4, OTHER4, "10.99.0.12", "10.99.7.1"] * 3
    begun = time.monotonic()
    assert [probe.tcp(source, SOON) for source in sources].count(True) in few(3, begun)
    assert probe.udp(*[V4] * 20) == {V4: 20}
    assert probe.ping(V4)
    (held,) = firewall.held()
    assert held[:3] == wanted[0][:3]
    assert not firewall.reconcile([], wanted, now())
    firewall.remove(wanted)
    assert all(probe.tcp(V4) for _ in range(6))


def test_a_dry_run_drops_nothing_and_counts(firewall, probe):
    entries = [entry("drop", "10.99.0.1/32"), entry("limit", "10.99.0.11/32")]
    firewall.restore([], entries, Rates(1, 1, 1, 1), dry=True, now=now())
    assert probe.udp(*[V4] * 5, *[OTHER4] * 5) == {V4: 5, OTHER4: 5}
    assert firewall.totals()["drop"].packets == 5
    assert firewall.totals()["limit"].packets >= 3


def test_what_others_remove_is_put_back(firewall, probe):
    command = firewall._command[4]
    wanted = [entry("drop", "10.99.0.1/32"), entry("limit", "fd99::/64"), entry("drop", "10.99.7.0/24", lasts=None)]
    allow = nets("10.99.0.11/32", "10.0.0.0/8")[:1]
    firewall.restore(allow, wanted, Rates(), dry=False, now=now())
    assert not firewall.reconcile(allow, wanted, now())
    for fault in (["-F", "VEDETTE"], ["-F", "PREROUTING"], ["-F"]):
        probe.pair.run(probe.pair.b, command, "-t", "raw", *fault)
        assert probe.udp(V4, OTHER4)[V4] == 1
        assert firewall.reconcile(allow, wanted, now()).structure
        assert probe.udp(V4, OTHER4)[V4] == 0
        assert not firewall.reconcile(allow, wanted, now())
    if firewall._ipset:
        probe.pair.run(probe.pair.b, "ipset", "del", "vedette-drop4", "10.99.0.1")
        probe.pair.run(probe.pair.b, "ipset", "add", "vedette-drop4", "10.99.0.12")
        probe.pair.run(probe.pair.b, "ipset", "add", "vedette-allow4", "10.99.7.1")
        gap = firewall.reconcile(allow, wanted, now())
        assert (gap.missing, [h.network for h in gap.extra], gap.allow) == ((wanted[0],), nets("10.99.0.12/32"), True)
        assert not firewall.reconcile(allow, wanted, now())
        assert probe.udp(V4, OTHER4)[V4] == 0


def test_uninstall_leaves_nothing_of_ours_and_all_of_others(firewall, probe):
    command = firewall._command[4]
    rule = ["-t", "raw", "-A", "PREROUTING", "-s", "198.51.100.1/32", "-j", "ACCEPT"]
    probe.pair.run(probe.pair.b, command, *rule)
    firewall.restore([], [entry("drop", "10.99.0.1/32")], Rates(), dry=False, now=now())
    assert firewall.there()
    firewall.uninstall()
    assert not firewall.there()
    firewall.uninstall()
    for version in (4, 6):
        assert "VEDETTE" not in firewall._save(version)
    assert "198.51.100.1" in firewall._save(4)
    if firewall._ipset:
        assert firewall._run("ipset", "save") == ""
    probe.pair.run(probe.pair.b, command, "-t", "raw", "-F")


def test_sets_of_another_version_are_replaced(firewall, probe):
    if not firewall._ipset:
        pytest.skip("without ipset there are no sets")
    firewall.uninstall()
    probe.pair.run(probe.pair.b, "ipset", "create", "vedette-drop4", "hash:ip", "family", "inet")
    firewall.restore([], [entry("drop", "10.99.0.1/32")], Rates(), dry=False, now=now())
    assert probe.udp(V4, OTHER4)[V4] == 0


def test_many_at_once(firewall, probe):
    many = [entry("drop", (0x0B000000 + n, 32)) for n in range(10_000)]
    if firewall._ipset:
        firewall.restore([], [*many, entry("drop", "10.99.0.1/32")], Rates(), dry=False, now=now())
        assert len(firewall.held()) == 10_001
        assert probe.udp(V4, OTHER4)[V4] == 0
    else:
        with pytest.raises(ActionError, match="ipset"):
            firewall.add(many, now())
        assert firewall.held() == []


def test_a_full_set_is_told(firewall):
    if not firewall._ipset:
        pytest.skip("without ipset there are no sets")
    firewall.uninstall()
    small = Inside(firewall.namespace, variant=firewall._command[4].removeprefix("iptables"), ipset=True, size=16)
    small.restore([], [], Rates(), dry=False, now=now())
    with pytest.raises(ActionError, match="full") as error:
        small.add([entry("drop", (0x0B000000 + n, 32)) for n in range(200)], now())
    assert "lift" in error.value.fix
    small.uninstall()


def test_the_kernel_chooses(pair, monkeypatch):
    with inside(pair.b):
        first = open_firewall()
        assert isinstance(first, Nftables)
        first.close()
        if shutil.which("iptables") is None:
            pytest.skip("iptables is not installed")

        def refuse(*_):
            raise Refused([(-1, 93)])

        monkeypatch.setattr("vedette.respond.block.nftables.Nftables.__init__", refuse)
        assert open_firewall().name == "iptables"


def test_without_privileges_it_says_so():
    script = "from vedette.respond.block.firewall import open_firewall\nopen_firewall()"
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all",
         sys.executable, "-c", script],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "not permitted" in done.stderr
    assert "CAP_NET_ADMIN" in done.stderr
