"""How many packets a second are decoded, and decoded and judged, on one core, against a plain `struct`
loop, and dpkt where that is installed.

Data: made from a fixed seed, a million packets each, in batches as large as those of a file. `mixed`: 200 conversations at a
time, TCP and UDP, of 2,000 hosts with 50. `spoofed`: SYN, every one from another source. The loop reads source, target,
protocol and ports of IPv4, and nothing else; it gives the same ones. The detector begins with empty tables, which an agent
makes once: that is not timed. Time is the CPU's. Their memory does not depend on what is seen: `tables` in extra_info.
"""

import importlib
import random
import struct
import time

import numpy as np
import pytest

from vedette.collect.capture_files import PACKETS
from vedette.detect.network import detector
from vedette.detect.network.settings import Settings
from vedette.model.packets import PacketBatch
from vedette.parse.packets.decode import decode

COUNT = 1_000_000
BEGIN = 1_768_435_200 * 10**9


def _tcp(source, target, ports, flags, body=b"", number=2):
    head = struct.pack(">II", source, target)
    return 6, head, struct.pack(">HHIIBBHHH", *ports, number, 2, 0x50, flags, 1024, 0, 0) + body


def _conversation(dice):
    """Twelve packets of a TCP connection, or of a UDP exchange."""
    there = (0xC6336400 + dice.randrange(2000), 0xC0000200 + dice.randrange(50))
    back = there[::-1]
    ports = (dice.randrange(1024, 65536), dice.choice((80, 443, 993, 8443)))
    body = bytes(dice.choice((40, 400, 1200)))
    if dice.random() < 0.3:
        for ends, pair in ((there, ports), (back, ports[::-1])) * 6:
            yield 17, struct.pack(">II", *ends), struct.pack(">HHHH", *pair, 8 + len(body), 0) + body
        return
    yield _tcp(*there, ports, 2, number=1)
    yield _tcp(*back, ports[::-1], 18, number=1)
    yield _tcp(*there, ports, 16)
    for number in range(9):
        yield _tcp(*there, ports, 24, body) if number % 3 == 0 else _tcp(*back, ports[::-1], 24, body)


def _frames(kind):
    dice = random.Random(4)
    if kind == "spoofed":
        for _ in range(COUNT):
            yield _tcp(dice.getrandbits(32), 0xC000020A, (dice.randrange(1024, 65536), 80), 2)
        return
    going = [_conversation(dice) for _ in range(200)]
    for _ in range(COUNT):
        place = dice.randrange(len(going))
        packet = next(going[place], None)
        if packet is None:
            going[place] = _conversation(dice)
            packet = next(going[place])
        yield packet


@pytest.fixture(scope="module", params=["mixed", "spoofed"])
def batch(request):
    parts = []
    for protocol, ends, rest in _frames(request.param):
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(rest), 1, 0, 64, protocol, 0) + ends
        parts.append(bytes(12) + b"\x08\0" + ip + rest)
    size = np.array([len(part) for part in parts], np.int32)
    data = np.frombuffer(b"".join(parts), np.uint8)
    at = np.cumsum(size, dtype=np.int64) - size
    time = BEGIN + np.arange(COUNT, dtype=np.int64) * 20_000
    link = np.ones(COUNT, np.uint16)
    return request.param, PacketBatch("bench", "bench", data, at, size, size, time, link, 1, {})


def by_hand(batch):
    data = batch.data.tobytes()
    unpack = struct.Struct(">9xB2xII").unpack_from
    ports = struct.Struct(">HH").unpack_from
    found = []
    for at in batch.at.tolist():
        protocol, source, target = unpack(data, at + 14)
        found.append((source, target, protocol, *ports(data, at + 34)))
    return found


def by_dpkt(batch):
    """The same with dpkt, where it is installed: pip install dpkt."""
    dpkt = importlib.import_module("dpkt")
    data, found = batch.data.tobytes(), []
    for at, size in zip(batch.at.tolist(), batch.size.tolist(), strict=True):
        ip = dpkt.ethernet.Ethernet(data[at : at + size]).data
        source, target = int.from_bytes(ip.src, "big"), int.from_bytes(ip.dst, "big")
        found.append((source, target, ip.p, ip.data.sport, ip.data.dport))
    return found


def decoded(batch):
    return [decode(batch.part(at, at + PACKETS)) for at in range(0, COUNT, PACKETS)]


def judged(batch, state):
    alerts = []
    for at in range(0, COUNT, PACKETS):
        part = batch.part(at, at + PACKETS)
        alerts += detector.step(state, part, decode(part))
    return alerts


def empty():
    return detector.State(Settings(), 1)


def test_same_answer(batch):
    _, packets = batch
    records = decode(packets)
    names = ["source_low", "target_low", "protocol", "source_port", "target_port"]
    assert list(zip(*(records[name].tolist() for name in names), strict=True)) == by_hand(packets)


def test_the_flood_is_found_and_nothing_else(batch):
    kind, packets = batch
    alerts = judged(packets, empty())
    assert {alert.rule_id for alert in alerts} == ({"network-syn-flood"} if kind == "spoofed" else set())


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("how", [decoded, judged, by_hand, by_dpkt], ids=["decode", "decode_and_detect", "by_hand", "dpkt"])
def test_speed(benchmark, batch, how):
    kind, packets = batch
    benchmark.group = kind
    if how is by_dpkt:
        pytest.importorskip("dpkt")
    benchmark.pedantic(how, setup=lambda: ((packets, empty()) if how is judged else (packets,), {}), rounds=5, warmup_rounds=1)
    benchmark.extra_info["packets_per_s"] = round(COUNT / benchmark.stats["min"])
    if how is judged:
        state = empty()
        tables = (state.flows, state.actors, state.patient, state.targets, state.rhythms, state.rates)
        benchmark.extra_info["tables"] = f"{sum(each.nbytes for each in tables) >> 20} MiB"
