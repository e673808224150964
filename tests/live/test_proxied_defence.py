"""The agent and its helper against hping3, which forges sources: the kernel answers in the server's place, and all of it ends."""

import shutil
import signal
import subprocess
from contextlib import contextmanager
from ipaddress import ip_network

import pytest

from tests.live.namespaces import inside, needs_namespaces, pair
from tests.live.test_defence import VICTIM, VISITOR, enforced, running, until
from tests.live.test_synproxy import PORT, echo, loose, rules, says
from vedette.respond.block.nftables import Nftables, remove
from vedette.respond.policy import SHIELDED

__all__ = ["pair"]
pytestmark = [pytest.mark.live, needs_namespaces, pytest.mark.skipif(shutil.which("hping3") is None, reason="needs hping3")]
GUARD = ("guard", ip_network(VICTIM))


@contextmanager
def flood(pair):
    """About 5,000 SYN a second to the port, each from another source."""
    command = ["ip", "netns", "exec", pair.a, "hping3", "-q", "-S", "--rand-source", "-p", str(PORT), "-i", "u200", VICTIM]
    hping = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        hping.terminate()
        hping.wait(10)


def proxied(pair):
    return "synproxy" in rules(pair) and str(PORT) in pair.run(pair.b, "nft", "list", "set", "inet", "vedette", "ports4")


def test_a_flood_of_hping3_is_answered_by_the_kernel_until_it_is_over(pair, tmp_path):
    with inside(pair.b):
        possible = Nftables()
    if not possible._proxy.possible:
        possible.close()
        pytest.skip("this kernel has no synproxy")
    possible.close()
    with running(pair, tmp_path, more="guard_rate: 20, guard_burst: 20") as agent, echo(pair, VICTIM):
        assert says(pair, VISITOR, VICTIM)
        with flood(pair):
            action = until(agent.actions, "the action")[0]
            assert (action["ip"], action["action"], action["protocol"], action["enforced"]) == (VICTIM, "guard", 6, True)
            until(lambda: proxied(pair), "the proxy", 60)
            assert loose(pair) == "0"
            assert all(says(pair, VISITOR, VICTIM, seconds=2) for _ in range(5)), "a genuine client gets through"
            assert {each["action"] for each in agent.actions()} == {"guard"}, "no source is acted against"
            held = enforced(pair)
            assert set(held) == {GUARD}
            assert 0 < held[GUARD].seconds <= SHIELDED.total_seconds(), "the kernel ends it, whatever becomes of the agent"
            assert "SYN-RECV" not in pair.run(pair.b, "ss", "-tan"), "nothing of the flood gets as far as the server"
            pair.run(pair.b, "nft", "flush", "ruleset")
            until(lambda: proxied(pair), "the proxy after somebody flushed all rules", 30)
            assert set(enforced(pair)) == {GUARD}
            assert loose(pair) == "0"
            assert all(says(pair, VISITOR, VICTIM, seconds=2) for _ in range(5)), "a genuine client gets through again"
        agent.ask("unblock", {"what": VICTIM, "why": "it is over"})
        assert not enforced(pair)
        agent.stop(signal.SIGKILL)
        assert says(pair, VISITOR, VICTIM, seconds=2)
        assert loose(pair) == "0", "whoever is killed puts nothing back"
        with inside(pair.b):
            remove()
        assert not pair.run(pair.b, "nft", "list", "ruleset").strip()
        assert loose(pair) == "1"
