"""How fast do decisions get into the kernel, one by one and 100,000 at once, against the `nft` program where there is one?

In a network namespace of its own, which ends with the process; root only:

    python -m pytest bench/bench_firewall.py -n0
"""

import ctypes
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import count

import pytest

from vedette.model.action import Entry, Rates
from vedette.respond.block.nftables import Nftables

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
NOW = datetime.now(UTC)
MANY = 100_000
CLONE_NEWNET = 0x40000000
WAYS = [
    "vedette",
    pytest.param("nft", marks=pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not there")),
]


def entries(number):
    return [Entry("drop", ip_network((0x0B000000 + n, 32)), until=NOW + timedelta(hours=1)) for n in range(number)]


@pytest.fixture(scope="module")
def namespace():
    """Descriptor of a namespace of our own; sockets and programs can be put into it."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    if libc.unshare(CLONE_NEWNET):
        pytest.skip("this machine does not let us make a network namespace")
    made = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    yield made
    libc.setns(home, CLONE_NEWNET)
    os.close(home)
    os.close(made)


@pytest.fixture
def firewall(namespace):
    made = Nftables()
    made.restore([], [], Rates(), dry=False, now=NOW)
    yield made
    made.uninstall()
    made.close()


def nft(script):
    subprocess.run(["nft", "-f", "-"], input=script, text=True, check=True)


def listed(addresses):
    """What nft gets to read."""
    return "add element inet vedette drop4_32 { " + ", ".join(f"{a} timeout 1h" for a in addresses) + " }\n"


def test_both_ways_make_the_same(firewall):
    firewall.add(entries(10), NOW)
    ours = {held[:3] for held in firewall.held()}
    firewall.remove(entries(10))
    if shutil.which("nft"):
        nft(listed(e.network.network_address for e in entries(10)))
        assert {held[:3] for held in firewall.held()} == ours
    assert len(ours) == 10


@pytest.mark.parametrize("way", WAYS)
def test_speed_of_one_at_a_time(benchmark, firewall, way):
    numbers = count(0x0C000000)

    def add():
        network = ip_network((next(numbers), 32))
        if way == "vedette":
            firewall.add([Entry("drop", network, until=NOW + timedelta(hours=1))], NOW)
        else:
            nft(listed([network.network_address]))

    benchmark.group = "one decision"
    benchmark.pedantic(add, rounds=1000 if way == "vedette" else 100, warmup_rounds=5)
    benchmark.extra_info["adds_per_s"] = round(1 / benchmark.stats["median"])


@pytest.mark.parametrize("way", WAYS)
def test_speed_of_restoring(benchmark, firewall, way):
    many = entries(MANY)
    addresses = [e.network.network_address for e in many]

    def restore():
        if way == "vedette":
            firewall.restore([], many, Rates(), dry=False, now=NOW)
        else:
            nft("flush set inet vedette drop4_32\n" + listed(addresses))

    benchmark.group = "restore 100,000"
    benchmark.pedantic(restore, rounds=3, warmup_rounds=1)
    assert len(firewall.held()) == MANY


@pytest.mark.parametrize("number", [1_000, 10_000, MANY])
def test_speed_of_reconciling(benchmark, firewall, number):
    many = entries(number)
    firewall.restore([], many, Rates(), dry=False, now=NOW)
    benchmark.group = "reconcile, nothing differs"
    kept = [e._replace(until=None) for e in many]  # the clock of the test does not run
    firewall.restore([], kept, Rates(), dry=False, now=NOW)
    assert not benchmark.pedantic(firewall.reconcile, ([], kept, NOW), rounds=3, warmup_rounds=1)
