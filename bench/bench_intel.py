"""How fast are events and packets looked through for listed indicators, and how long does it take to know a list?

100,000 events and a million packets, of which one in a thousand names something listed; lists of 100,000 and a million indicators
(addresses, networks, names, hashes). Reference: a plain loop over the same events with the same dictionaries, which finds the same.
`cpu_us` is the CPU time for one event, packet or indicator, best of all rounds.
"""

import random
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from vedette.detect.intel import Known, Listed, look
from vedette.detect.intel.wire import Wire, watch
from vedette.model.indicator import Indicator
from vedette.model.packets import IP4, PACKET, PacketBatch
from vedette.model.records import Events, Logsource

EVENTS = 100_000
PACKETS = 131_072
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def address(rng: random.Random) -> str:
    return f"{rng.randrange(1, 223)}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def indicators(number: int) -> list[Indicator]:
    rng = random.Random(1)
    kinds = [
        lambda: Indicator("network", f"{address(rng)}/32"),
        lambda: Indicator("network", f"{address(rng).rpartition('.')[0]}.0/24"),
        lambda: Indicator("domain", f"x{rng.randrange(10**9)}.example"),
        lambda: Indicator("hash", f"{rng.randrange(16**32):032x}"),
    ]
    return [kinds[0 if rng.random() < 0.5 else rng.randrange(1, 4)]() for _ in range(number)]


@pytest.fixture(scope="module", params=[100_000, 1_000_000])
def listed(request):
    return Listed("bench", "high", indicators(request.param))


@pytest.fixture(scope="module")
def known(listed):
    return Known([listed])


@pytest.fixture(scope="module")
def events(listed):
    rng = random.Random(2)
    hosts = [each.value.removesuffix("/32") for each in listed.indicators if each.value.endswith("/32")]
    names = [each.value for each in listed.indicators if each.kind == "domain"]
    usual = [address(rng) for _ in range(5000)]
    return Events(Logsource(), pl.DataFrame({
        "line": range(EVENTS),
        "@timestamp": [NOW + timedelta(seconds=n) for n in range(EVENTS)],
        "event.id": [f"e{n}" for n in range(EVENTS)],
        "event.original": "a line",
        "source.ip": [rng.choice(hosts) if rng.random() < 0.001 else rng.choice(usual) for _ in range(EVENTS)],
        "destination.ip": [rng.choice(usual) for _ in range(EVENTS)],
        "dns.question.name": [
            rng.choice(names) if rng.random() < 0.001 else f"www{rng.randrange(20_000)}.example.org" for _ in range(EVENTS)
        ],
    }, schema_overrides={"@timestamp": pl.Datetime("us", "UTC")}))  # fmt: skip


def by_loop(known: Known, events: Events) -> int:
    frame = events.frame
    found = 0
    for source, target, name in zip(frame["source.ip"], frame["destination.ip"], frame["dns.question.name"], strict=True):
        found += known.address(source) is not None
        found += known.address(target) is not None
        found += known.name(name) is not None
    return found


def measured(benchmark, work, count):
    spent = []

    def once():
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)

    benchmark.pedantic(once, rounds=5, warmup_rounds=1)
    benchmark.extra_info["cpu_us"] = round(min(spent) / count * 1e6, 3)


@pytest.mark.parametrize("how", ["vedette", "loop"])
def test_events(benchmark, known, events, how):
    benchmark.group = "events"
    assert sum(alert.count for alert in look(known, events)) == by_loop(known, events) > 100
    measured(benchmark, (lambda: look(known, events)) if how == "vedette" else (lambda: by_loop(known, events)), EVENTS)


def test_packets(benchmark, known):
    benchmark.group = "packets"
    rng = np.random.default_rng(3)
    records = np.zeros(PACKETS, PACKET)
    records["kind"], records["protocol"], records["flags"] = IP4, 6, np.where(rng.random(PACKETS) < 0.05, 2, 16)
    for side in ("source", "target"):
        records[f"{side}_low"] = rng.integers(1 << 24, 223 << 24, 20_000, np.uint64)[rng.integers(0, 20_000, PACKETS)]
    nothing = np.zeros(0, np.int64)
    batch = PacketBatch("b", "b", np.zeros(0, np.uint8), nothing, nothing, nothing, nothing, nothing, 1, {})
    wire = Wire(known)
    measured(benchmark, lambda: watch(wire, batch, records), PACKETS)


def test_knowing(benchmark, listed):
    benchmark.group = "knowing"
    measured(benchmark, lambda: Known([listed]), len(listed.indicators))
