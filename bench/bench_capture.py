"""How many packets a second are captured live without a drop, and what does the reader pay for each?

Root only: a veth pair in a network namespace, at one end the sender of tests/live/blaster.py as a process of its own, as
fast as it goes for two seconds, at the other end the ring. `take`: batches taken and given back; `decode`; `judge`: decoded
and judged; `write`: to a capture file. CPU is the reader's own (user and system); the kernel copies packets into the ring on
the sender's time. Where the sender is slower than the reader, packets_per_s is the sender's rate: packets_per_cpu_s says
what the reader could do.
"""

import subprocess
import sys
import time

import pytest
from tests import packets as made
from tests.live.test_capture import ring
from tests.live.wires import REFUSED, inside  # noqa: F401

from vedette.collect.capture_write import CaptureFile
from vedette.collect.ring import warm
from vedette.detect.network import detector
from vedette.detect.network.settings import Settings
from vedette.parse.packets.decode import decode

pytestmark = [pytest.mark.live, pytest.mark.skipif(bool(REFUSED), reason=REFUSED)]
SECONDS = 2


def uses(how, path):
    """What is done with a batch."""
    if how == "take":
        return lambda batch: None
    if how == "decode":
        return decode
    if how == "write":
        return CaptureFile(path, rotate=100 << 20, files=2).write
    state = detector.State(Settings(), 1)
    return lambda batch: detector.step(state, batch, decode(batch))


def capture(kind, use):
    """(packets that came, dropped ones, sent ones, seconds, the reader's CPU seconds)."""
    sender = [sys.executable, "-m", "tests.live.blaster", "v0", str(10**9), str(SECONDS), kind]
    with ring("v1") as there, subprocess.Popen(sender, stdout=subprocess.PIPE, text=True) as sending:
        came, begun, ended, cpu = 0, 0.0, 0.0, 0.0
        while sending.poll() is None or there.wait(0.05):
            if not there.wait(0.05):
                continue
            if not came:
                begun, cpu = time.monotonic(), time.process_time()
            batch = there.take()
            use(batch)
            there.done()
            came += len(batch.at)
            ended = time.monotonic()
        cpu = time.process_time() - cpu
        sent = int(sending.stdout.read().split()[0])
        return came, there.statistics().drops, sent, ended - begun, cpu


@pytest.mark.parametrize("kind", ["mixed", "spoofed"])
@pytest.mark.parametrize("how", ["take", "decode", "judge", "write"])
def test_live(benchmark, inside, tmp_path, kind, how):  # noqa: F811
    use = uses(how, tmp_path / "a.pcap")
    use(made.batch([(0, b"x" * 60)]))  # compiled before
    warm()
    benchmark.group = f"live, {kind}"
    runs = []
    benchmark.pedantic(lambda: runs.append(capture(kind, use)), rounds=3, warmup_rounds=0)
    assert all(came + drops == sent for came, drops, sent, _, _ in runs)
    came, _, _, _, cpu = min(runs, key=lambda run: run[4] / run[0])
    benchmark.extra_info["packets_per_s"] = [round(came / seconds) for came, _, _, seconds, _ in runs]
    benchmark.extra_info["drops"] = [drops for _, drops, _, _, _ in runs]
    benchmark.extra_info["packets_per_cpu_s"] = round(came / cpu)
    benchmark.extra_info["share_of_a_core"] = [round(cpu / seconds, 2) for _, _, _, seconds, cpu in runs]
