"""Packets from and to listed addresses."""

import random

from tests import packets as made
from tests.packets import ACK, SYN
from vedette.detect.intel import Known, Listed
from vedette.detect.intel.wire import PAIRS, Wire, watch
from vedette.model.indicator import Indicator
from vedette.parse.packets.decode import decode

BEGIN = 1_770_000_000_000_000_000
OURS, BAD, OTHER = "192.0.2.10", "203.0.113.9", "198.51.100.5"
SIX, BAD6 = "2001:db8::10", "2001:db8:bad::9"
LIST = Listed("bad", "high", [Indicator("network", "203.0.113.9/32", "bot"), Indicator("network", "2001:db8:bad::/48")])


def seen(*frames: bytes, lists=(LIST,)) -> list[tuple]:
    batch = made.batch([(BEGIN + n * 1_000_000, frame) for n, frame in enumerate(frames)])
    return [(a.rule_id, a.level, a.source_ip, a.destination_ip, a.count) for a in watch(Wire(Known(lists)), batch, decode(batch))]


def frame(source: str, target: str, protocol: int, payload: bytes) -> bytes:
    return made.ethernet(made.ip(source, target, protocol, payload), 0x86DD if ":" in source else 0x0800)


def tcp(source: str, target: str, a: int, b: int, flags: int = SYN) -> bytes:
    return frame(source, target, 6, made.tcp(a, b, flags))


def udp(source: str, target: str, a: int, b: int) -> bytes:
    return frame(source, target, 17, made.udp(a, b, b"x"))


def test_who_comes_and_what_is_turned_to_are_told_apart_and_answers_are_neither() -> None:
    came = [tcp(BAD, OURS, 40000 + n, 22) for n in range(3)]
    answers = [tcp(OURS, BAD, 22, 40000 + n, SYN | ACK) for n in range(3)]
    assert seen(*came, *answers) == [("intel/bad/from", "informational", BAD, OURS, 3)]
    assert seen(tcp(OURS, BAD, 50000, 443), tcp(BAD, OURS, 443, 50000, SYN | ACK), tcp(OURS, BAD, 50000, 443, ACK)) == [
        ("intel/bad", "high", OURS, BAD, 1)
    ]
    assert seen(udp(OURS, BAD, 50000, 53), udp(BAD, OURS, 53, 50000)) == [("intel/bad", "high", OURS, BAD, 1)]
    ping = frame(BAD, OURS, 1, made.icmp(8)), frame(OURS, BAD, 1, made.icmp(0))
    assert seen(*ping) == [("intel/bad/from", "informational", BAD, OURS, 1)]
    assert seen(frame(OURS, BAD, 47, b"\0" * 20)) == [("intel/bad", "high", OURS, BAD, 1)]


def test_networks_of_both_versions_and_nobody_else() -> None:
    assert seen(tcp(SIX, BAD6, 50000, 443)) == [("intel/bad", "high", SIX, BAD6, 1)]
    assert seen(tcp(SIX, "2001:db8:bae::9", 50000, 443), tcp(OURS, OTHER, 1, 2), tcp(OURS, "203.0.113.8", 1, 2)) == []
    assert seen(tcp(OURS, BAD, 1, 2), lists=()) == []
    wide = Listed("wide", "low", [Indicator("network", "198.0.0.0/8"), Indicator("network", "2001:db8:b00::/40")])
    assert [each[0] for each in seen(tcp(OURS, OTHER, 5, 2), tcp(SIX, BAD6, 5, 2), lists=(wide,))] == ["intel/wide", "intel/wide"]


def test_every_packet_is_judged_as_if_asked_alone() -> None:
    rng = random.Random(1)
    networks = [f"{rng.randrange(1, 223)}.{rng.randrange(256)}.{rng.randrange(256)}.0/24" for _ in range(300)]
    lists = Listed("l", "high", [Indicator("network", each) for each in networks])
    targets = [f"{rng.choice(networks).rpartition('.')[0]}.{rng.randrange(256)}" if rng.random() < 0.3 else
               f"{rng.randrange(1, 223)}.{rng.randrange(256)}.{rng.randrange(256)}.1" for _ in range(800)]  # fmt: skip
    known = Known([lists])
    true = sorted({each for each in targets if known.address(each)})
    assert len(true) > 100
    assert sorted(each[3] for each in seen(*[tcp(OURS, each, 50000, 80) for each in targets], lists=(lists,))) == true


def test_a_flood_of_forged_sources_is_told_in_part() -> None:
    lists = Listed("l", "high", [Indicator("network", "203.0.0.0/16")])
    frames = [tcp(f"203.0.{n // 250}.{n % 250}", OURS, 4000, 80) for n in range(PAIRS + 500)]
    assert len(seen(*frames, lists=(lists,))) == PAIRS


def test_damaged_packets_are_nobodys() -> None:
    rng = random.Random(2)
    whole = [tcp(OURS, BAD, 50000, 443), tcp(SIX, BAD6, 50000, 443), udp(BAD, OURS, 50000, 53)]
    for _ in range(300):
        data = bytearray(rng.choice(whole))
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        seen(bytes(data[: rng.randrange(1, len(data) + 1)]))
