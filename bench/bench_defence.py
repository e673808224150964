"""How long after the packet, or the log line, that completes the evidence is its source stopped in the kernel?

Root only: the agent in one of two network namespaces, attacked from the other. `scan`: forty sources scan, one after the
other, each as fast as it goes. `flood`: ten sources flood with SYN, whose senders could be forged, so that they are limited.
`guess`: a hundred addresses guess passwords, in the log of sshd; the lines bear the time at which they were written. The
agent says itself how long each took, from the time that the kernel gave the packet to the answer of the helper.
"""

import statistics
import time

import pytest
from tests.live.namespaces import needs_namespaces, pair
from tests.live.test_defence import running, send, syn, until

__all__ = ["pair"]
pytestmark = [pytest.mark.live, needs_namespaces]


def scan(agent, number):
    # A second and ports of its own: what is more than a scan is a flood, what tries the same is a decoy.
    time.sleep(1.1)
    ports = range(1 + 60 * number, 60 + 60 * number)
    send(agent.pair, [syn(f"10.99.{1 + number // 200}.{1 + number % 200}", port) for port in ports])


def flood(agent, number):
    time.sleep(2.5)  # what comes in the next second is the same flood
    send(agent.pair, [syn(f"10.99.3.{1 + number}", 80, n) for n in range(900)])


def guess(agent, number):
    agent.guess(f"198.51.100.{1 + number}")


@pytest.mark.parametrize(("attack", "kind", "times"), [(scan, "limit", 40), (flood, "limit", 10), (guess, "drop", 100)])
def test_time_to_answer(benchmark, pair, tmp_path, attack, kind, times):
    benchmark.group = "from evidence to the kernel"
    with running(pair, tmp_path, more="max_per_minute: 100000") as agent:

        def attacks():
            for number in range(times):
                before = len(agent.actions())
                attack(agent, number)
                until(lambda before=before: [a for a in agent.actions()[before:] if a["action"] == kind], "the action")

        benchmark.pedantic(attacks, rounds=1, warmup_rounds=0)
        took = sorted(1000 * action["seconds"] for action in agent.actions() if action["action"] == kind)
    benchmark.extra_info["median_ms"] = round(statistics.median(took), 1)
    benchmark.extra_info["p99_ms"] = round(took[int(len(took) * 0.99) - 1], 1)
    benchmark.extra_info["worst_ms"] = round(took[-1], 1)
