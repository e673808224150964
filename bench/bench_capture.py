"""How many packets a second are captured live without a drop, and what does the reader pay for each?

Root only: a veth pair in a network namespace, at one end the sender of tests/live/blaster.py as a process of its own, as
fast as it goes for two seconds, at the other end the ring. `take`: batches taken and given back; `decode`; `judge`: decoded
and judged; `write`: to a capture file. CPU is the reader's own (user and system); the kernel copies packets into the ring on
the sender's time. Where the sender is slower than the reader, packets_per_s is the sender's rate: packets_per_cpu_s says
what the reader could do.

`fastnetmon` is FastNetMon 1.2 at the same end of the same wire, where it is installed (Debian: fastnetmon), with its defaults but
for the interface and the networks, and with what it would send home off. How many packets it has dropped it does not say,
so that its packets per CPU second are at most what is told.
"""

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

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


FASTNETMON = """
logging_level = info
disable_usage_report = on
enable_ban = on
process_incoming_traffic = on
process_outgoing_traffic = on
networks_list_path = {at}/networks
white_list_path = {at}/allowed
check_period = 1
enable_connection_tracking = on
ban_time = 1900
ban_for_pps = on
threshold_pps = 20000
mirror_afpacket = on
interfaces = v1
speed_calculation_delay = 1
average_calculation_time = 5
notify_script_path = /bin/true
pid_path = {at}/pid
cli_stats_file_path = {at}/stats
cli_stats_ipv6_file_path = {at}/stats6
enable_api = off
"""


@contextmanager
def fastnetmon(at):
    """It runs and sees the wire; its process."""
    (at / "networks").write_text("192.0.2.0/24\n198.51.100.0/24\n203.0.113.0/24\n")
    (at / "allowed").write_text("")
    (at / "conf").write_text(FASTNETMON.format(at=at))
    command = ["fastnetmon", "--configuration_file", str(at / "conf"), "--log_file", str(at / "log"), "--disable_pid_logic"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            while not (at / "stats").exists():
                assert running.poll() is None, (at / "log").read_text()
                time.sleep(0.1)
            yield running
        finally:
            running.terminate()


def spent(process):
    """CPU seconds, user and system, of a process."""
    words = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not shutil.which("fastnetmon"), reason="fastnetmon is not installed")
@pytest.mark.parametrize("kind", ["mixed", "spoofed"])
def test_fastnetmon(benchmark, inside, tmp_path, kind):  # noqa: F811
    benchmark.group = f"live, {kind}"
    runs = []
    with fastnetmon(tmp_path) as peer:

        def watched():
            before = spent(peer)
            sender = [sys.executable, "-m", "tests.live.blaster", "v0", str(10**9), str(SECONDS), kind]
            sent, seconds, _ = subprocess.run(sender, capture_output=True, text=True, check=True).stdout.split()
            runs.append((int(sent), float(seconds), spent(peer) - before))

        benchmark.pedantic(watched, rounds=3, warmup_rounds=1)
    sent, _, cpu = min(runs, key=lambda run: run[2] / run[0])
    benchmark.extra_info["packets_per_s"] = [round(sent / seconds) for sent, seconds, _ in runs]
    benchmark.extra_info["packets_per_cpu_s"] = round(sent / cpu)
    benchmark.extra_info["share_of_a_core"] = [round(cpu / seconds, 2) for _, seconds, cpu in runs]
