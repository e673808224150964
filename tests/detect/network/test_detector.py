"""What packets are an attack, and which are none; every attack here has its innocent look-alike."""

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import packets as made
from tests.packets import ACK, CHOSEN, FIN, PSH, RST, SYN, URG
from vedette.detect.network import detector
from vedette.detect.network.findings import FOUND
from vedette.detect.network.settings import Settings
from vedette.detect.network.watch import MOST
from vedette.model.alert import Alert, fold
from vedette.parse.packets.decode import decode

BEGIN = 1_768_435_200 * 10**9
MS = 10**6
HOUR = 3600 * 10**9
EVIL, GOOD, HOST = "203.0.113.9", "198.51.100.20", "192.0.2.10"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
Packets = list[tuple[int, bytes]]


def alerts(packets: Packets, cuts: list[int] | None = None, **limits: Any) -> list[Alert]:
    """Alerts over packets, in one batch or cut into several."""
    state = detector.State(Settings(max_tracked_ips=1 << 10, **limits), 1)
    found = []
    borders = [0, *(cuts or []), len(packets)]
    for begin, end in pairwise(borders):
        batch = made.batch(packets[begin:end], first=begin + 1)
        found += detector.step(state, batch, decode(batch))
    return fold(found)


def names(packets: Packets, **limits: Any) -> set[tuple[str, str | None, str | None]]:
    return {(a.rule_id.removeprefix("network-"), a.source_ip, a.destination_ip) for a in alerts(packets, **limits)}


def at(*frames: bytes, step: int = 10 * MS, begin: int = BEGIN) -> Packets:
    return [(begin + number * step, frame) for number, frame in enumerate(frames)]


def tcp(
    source: str, target: str, a: int, b: int, flags: int = SYN, payload: bytes = b"", *, back: bool = False, **numbers: int
) -> bytes:
    kind = 0x86DD if ":" in source else 0x0800
    return made.ethernet(made.ip(source, target, 6, made.tcp(a, b, flags, payload, **numbers)), kind, back=back)


def udp(source: str, target: str, a: int, b: int, payload: bytes = b"") -> bytes:
    return made.ethernet(made.ip(source, target, 17, made.udp(a, b, payload)))


def ping(source: str, target: str, kind: int = 8) -> bytes:
    return made.ethernet(made.ip(source, target, 1, made.icmp(kind)))


def refused(source: str, target: str, a: int, b: int) -> Iterator[bytes]:
    yield tcp(source, target, a, b)
    yield tcp(target, source, b, a, RST | ACK)


def opened(source: str, target: str, a: int, b: int) -> Iterator[bytes]:
    yield tcp(source, target, a, b)
    yield tcp(target, source, b, a, SYN | ACK, sequence=CHOSEN, acknowledged=1001, back=True)
    yield tcp(source, target, a, b, ACK, sequence=1001)


def hosts(count: int, net: str = "192.0.2.") -> list[str]:
    return [f"{net}{number}" for number in range(1, count + 1)]


def many(make: Callable[..., Iterator[bytes]], count: int) -> Packets:
    return at(*(frame for port in range(count) for frame in make(EVIL, HOST, 40_000 + port, 1 + port)))


# --- scans ---


def test_a_port_scan_names_source_and_target() -> None:
    assert names(many(refused, 30)) == {("port-scan", EVIL, HOST)}


def test_ports_that_answer_are_no_scan() -> None:
    assert names(many(opened, 30)) == set()


def test_ipv6() -> None:
    packets = at(*(frame for port in range(30) for frame in refused("2001:db8::9", "2001:db8::10", 40_000 + port, 1 + port)))
    assert names(packets) == {("port-scan", "2001:db8::9", "2001:db8::10")}


@pytest.mark.parametrize("flags", [ACK, FIN, 0, FIN | PSH | URG])
def test_scans_with_other_flags(flags: int) -> None:
    packets = at(*(tcp(EVIL, HOST, 40_000, port, flags) for port in range(1, 40)))
    found = names(packets)
    assert ("port-scan", EVIL, HOST) in found
    assert found <= {("port-scan", EVIL, HOST), ("stealth-scan", EVIL, HOST)}


def test_data_of_connections_that_began_before_is_no_scan() -> None:
    packets = at(*(tcp(EVIL, HOST, 40_000, port, ACK | PSH, b"data") for port in range(1, 60)))
    assert names(packets) == set()


def test_a_sweep_over_hosts() -> None:
    assert names(at(*(tcp(EVIL, host, 40_000, 445) for host in hosts(60)))) == {("host-sweep", EVIL, None)}


def test_a_host_of_the_inside_that_looks_for_others_to_infect() -> None:
    def sweep(source: str, net: str, port: int) -> Packets:
        return at(*(tcp(source, host, 40_000, port) for host in hosts(60, net)))

    (worm,) = alerts(sweep("10.1.2.3", "192.0.2.", 23))
    assert (worm.rule_id, worm.alert_class, worm.source_ip) == ("network-worm", "malware", "10.1.2.3")
    for source, net, port in (("10.1.2.3", "10.1.3.", 445), ("10.1.2.3", "192.0.2.", 8333), (EVIL, "192.0.2.", 23)):
        assert names(sweep(source, net, port)) == {("host-sweep", source, None)}


def test_a_client_of_many_hosts_is_none() -> None:
    packets = at(*(frame for host in hosts(60) for frame in opened(GOOD, host, 40_000, 443)))
    assert names(packets) == set()


def test_a_ping_sweep_and_a_monitor_whose_hosts_answer() -> None:
    assert names(at(*(ping(EVIL, host) for host in hosts(30)), step=60 * MS)) == {("host-sweep", EVIL, None)}
    answered = at(*(frame for host in hosts(60) for frame in (ping(GOOD, host), ping(host, GOOD, 0))))
    assert names(answered) == set()


def test_an_arp_sweep_and_a_router_whose_hosts_answer() -> None:
    mac, other = "005e00530009", "005e005300aa"
    assert names(at(*(made.arp(1, mac, HOST, host) for host in hosts(60, "198.51.100.")))) == {("host-sweep", HOST, None)}
    both = ((made.arp(1, mac, HOST, host), made.arp(2, f"{other[:-2]}{n:02x}", host, HOST)) for n, host in enumerate(hosts(60)))
    assert names(at(*(frame for pair in both for frame in pair))) == set()


def test_a_slow_scan_is_found_while_a_flood_of_others_goes_by() -> None:
    """Entries that are on their way to an alert do not give way."""
    slow = [(BEGIN + number * 300 * 10**9, tcp(EVIL, host, 40_000, 22)) for number, host in enumerate(hosts(12))]
    flood = [
        (time + 1 + number, tcp(f"10.{number // 250}.{number % 250}.{index + 1}", HOST, 1, 80))
        for index, (time, _) in enumerate(slow)
        for number in range(4000)
    ]
    found = names(sorted(slow + flood))
    assert ("slow-scan", EVIL, None) in found
    assert {name for name, source, _ in found if source != EVIL} <= {"syn-flood"}


def test_backscatter_is_nobodys_scan() -> None:
    packets = at(*(tcp(f"198.51.100.{n % 250 + 1}", f"192.0.2.{n % 200 + 1}", 80, 1024 + n, SYN | ACK) for n in range(400)), step=50 * MS)
    packets += at(*(tcp(f"198.51.100.{n % 250 + 1}", f"192.0.2.{n % 200 + 1}", 80, 1024 + n, RST) for n in range(400)), step=50 * MS)
    assert names(sorted(packets)) == set()


def test_answers_of_a_name_server_are_no_scan() -> None:
    assert names(at(*(udp("198.51.100.53", HOST, 53, 20_000 + n, bytes(60)) for n in range(60)))) == set()


# --- floods and reflections ---


def test_a_syn_flood_of_one_source_names_it() -> None:
    packets = at(*(tcp(EVIL, HOST, n, 80) for n in range(1, 1000)), step=MS)
    assert names(packets) == {("syn-flood", EVIL, HOST)}


def test_a_syn_flood_of_many_sources_names_none() -> None:
    packets = at(*(tcp(f"10.0.{n // 250}.{n % 250 + 1}", HOST, n, 80) for n in range(1000)), step=MS)
    assert names(packets) == {("syn-flood", None, HOST)}


def test_a_busy_server_is_not_flooded() -> None:
    packets = at(*(frame for n in range(1000) for frame in opened(f"10.0.{n // 250}.{n % 250 + 1}", HOST, n, 80)), step=MS // 3)
    assert names(packets) == set()


def test_a_flood_that_goes_on_is_one_alert() -> None:
    packets = at(*(tcp(EVIL, HOST, n, 80) for n in range(1, 5000)), step=MS)
    (alert,) = alerts(packets)
    assert alert.count > 2000
    assert (alert.last_seen - alert.first_seen).total_seconds() > 3


def test_udp_and_icmp_floods() -> None:
    assert names(at(*(udp(EVIL, HOST, n, 9999) for n in range(1, 3000)), step=MS // 4)) == {("udp-flood", EVIL, HOST)}
    assert names(at(*(ping(EVIL, HOST) for _ in range(1200)), step=MS // 2)) == {("icmp-flood", EVIL, HOST)}


def test_floods_of_fragments_and_of_other_protocols() -> None:
    later = made.ethernet(made.ip(EVIL, HOST, 17, bytes(400), fragment=100))
    assert names(at(*[later] * 6000, step=MS // 8)) == {("packet-flood", EVIL, HOST)}
    assert names(at(*[later] * 3000, step=MS // 4)) == set()
    other = made.ethernet(made.ip(EVIL, HOST, 47, bytes(40)))
    assert names(at(*[other] * 3000, step=MS // 4)) == {("packet-flood", EVIL, HOST)}


def test_a_call_is_no_flood() -> None:
    frames = (udp(*ends, bytes(900)) for _ in range(1500) for ends in ((EVIL, HOST, 5000, 6000), (HOST, EVIL, 6000, 5000)))
    assert names(at(*frames, step=MS // 4)) == set()


def test_reflections_name_the_victim_alone() -> None:
    dns = at(*(udp(f"198.51.100.{n % 90 + 1}", HOST, 53, 4444, bytes(1200)) for n in range(300)), step=MS)
    assert names(dns) == {("udp-reflection", None, HOST)}
    syn = at(*(tcp(f"198.51.100.{n % 90 + 1}", HOST, 443, 1000 + n, SYN | ACK) for n in range(300)), step=MS)
    assert names(syn) == {("tcp-reflection", None, HOST)}


def test_a_flood_in_pulses_is_one_alert() -> None:
    def pulses(gap: int) -> Packets:
        waves: Packets = []
        for wave in range(6):
            frames = (tcp(f"10.{wave}.{n // 250}.{n % 250 + 1}", HOST, n, 80) for n in range(800))
            waves += at(*frames, step=MS // 2, begin=BEGIN + wave * gap)
        return waves

    (alert,) = alerts(pulses(20 * 10**9))
    assert (alert.rule_id, (alert.last_seen - alert.first_seen).total_seconds() > 99) == ("network-syn-flood", True)
    assert len(alerts(pulses(HOUR))) == 6


def spread(net: str, make: Callable[[int, str], Iterator[bytes]], count: int = 40_000) -> Packets:
    """Packets in turn to all hosts of a network, 20,000 a second."""
    return at(*(frame for n in range(count) for frame in make(n, f"{net}{n % 250 + 1}")), step=50_000)


def test_carpet_bombing_names_the_network_and_accuses_nobody() -> None:
    def syn(number: int, host: str) -> Iterator[bytes]:
        yield tcp(f"10.{number % 211}.{number // 211}.7", host, number, 80)

    def datagram(number: int, host: str) -> Iterator[bytes]:
        yield udp(f"10.{number % 211}.{number // 211}.7", host, 9999, number)

    for make in (syn, datagram):
        (alert,) = alerts(spread("192.0.2.", make))
        assert (alert.rule_id, alert.source_ip, alert.destination_ip) == ("network-carpet-bombing", None, None)
        assert alert.message.startswith("hosts of 192.0.2.0/24 got ")


def test_a_network_of_busy_servers_and_a_scanner_of_it_are_no_carpet_bombing() -> None:
    def visit(number: int, host: str) -> Iterator[bytes]:
        yield from opened(f"10.{number % 211}.{number // 211}.7", host, number, 80)

    def look(number: int, host: str) -> Iterator[bytes]:
        yield tcp(EVIL, host, 40_000, 1 + number // 250)

    assert names(spread("192.0.2.", visit, 13_000)) == set()
    assert ("carpet-bombing", None, None) not in names(spread("192.0.2.", look))


def test_answers_to_questions_are_no_reflection() -> None:
    pairs = ((udp(HOST, "198.51.100.53", 9000 + n, 53), udp("198.51.100.53", HOST, 53, 9000 + n, bytes(1200))) for n in range(300))
    assert names(at(*(frame for pair in pairs for frame in pair), step=MS)) == set()


def test_http_flood_and_a_browser() -> None:
    def requests(count: int) -> Iterator[bytes]:
        for number in range(count):
            yield from opened(EVIL, HOST, 20_000 + number, 80)
            yield tcp(EVIL, HOST, 20_000 + number, 80, ACK | PSH, GET, sequence=1001)

    assert names(at(*requests(400), step=2 * MS)) == {("http-flood", EVIL, HOST)}
    assert names(at(*requests(100), step=2 * MS)) == set()


def test_requests_of_a_crowd_behind_a_proxy_are_no_flood() -> None:
    """They are as different as the people are; ten times as many are too many all the same."""
    def requests(count: int) -> Iterator[bytes]:
        for number in range(count):
            get = GET[:-2] + b"Cookie: " + b"c" * (number * 37 % 900) + b"\r\n\r\n"
            yield from opened(GOOD, HOST, 1024 + number, 80)
            yield tcp(GOOD, HOST, 1024 + number, 80, ACK | PSH, get, sequence=1001)

    assert names(at(*requests(600), step=2 * MS)) == set()
    assert names(at(*requests(3200), step=MS // 2)) == {("http-flood", GOOD, HOST)}


def test_dhcp_flood() -> None:
    def asks(count: int) -> Iterator[bytes]:
        return (udp("0.0.0.0", "255.255.255.255", 68, 67, b"\1\1\6\0" + bytes(240)) for _ in range(count))

    assert {name for name, _, _ in names(at(*asks(200)))} == {"dhcp-flood"}
    assert names(at(*asks(50))) == set()


# --- who takes part in what others do ---


def decoys(sources: list[str], ports: int, target: str = HOST) -> Iterator[bytes]:
    """As nmap -D does it: each probe is sent from every address."""
    for port in range(1, ports + 1):
        for source in sources:
            yield tcp(source, target, 50_000, port)
            yield tcp(target, source, port, 50_000, RST | ACK)


def test_a_scan_with_decoys_accuses_nobody() -> None:
    (alert,) = alerts(at(*decoys([GOOD, "198.51.100.30", EVIL, "198.51.100.31"], 60)))
    assert (alert.rule_id, alert.source_ip, alert.destination_ip) == ("network-decoy-scan", None, HOST)
    assert alert.message.startswith("4 addresses ")
    assert {value for _, value in alert.entities} == {HOST}


def test_a_fast_scan_with_decoys_accuses_nobody_either() -> None:
    """It is as dense as a flood."""
    packets = at(*decoys([GOOD, "198.51.100.30", EVIL, "198.51.100.31"], 300), step=MS // 100)
    assert names(packets) == {("decoy-scan", None, HOST)}


def test_a_sweep_with_decoys_accuses_nobody() -> None:
    frames = (tcp(source, host, 40_000, 445) for host in hosts(60) for source in (GOOD, EVIL))
    assert names(at(*frames)) == {("decoy-scan", None, None)}


def test_a_slow_scan_with_decoys_accuses_nobody() -> None:
    packets = at(*decoys([GOOD, EVIL], 12), step=60 * 10**9)
    packets = [(time - time % (240 * 10**9) + number % 4 * MS, frame) for number, (time, frame) in enumerate(packets)]
    assert names(packets) == {("decoy-scan", None, None)}


def test_two_scanners_who_try_different_things_are_named() -> None:
    """Each in its own order."""
    frames = (frame for port in range(60) for frame in (
        *refused(EVIL, HOST, 40_000 + port, 1 + port), *refused("203.0.113.77", HOST, 40_000 + port, 60 - port),
    ))  # fmt: skip
    assert names(at(*frames, step=200 * MS)) == {("port-scan", EVIL, HOST), ("port-scan", "203.0.113.77", HOST)}


def test_a_scanner_among_visitors_is_named() -> None:
    frames = (frame for port in range(70, 130) for frame in (
        *refused(EVIL, HOST, 40_000, port), *opened(f"198.51.100.{port}", HOST, 50_000, 80),
        *opened(f"198.51.100.{port}", HOST, 50_001, 110),
    ))  # fmt: skip
    assert names(at(*frames)) == {("port-scan", EVIL, HOST)}


def test_who_only_looks_whether_ports_are_open() -> None:
    """All of them are, and he takes his connections back with nothing said in them."""
    def looks(half: bool) -> Iterator[bytes]:
        for port in range(1, 40):
            yield from list(opened(EVIL, HOST, 40_000 + port, port))[: 2 if half else 3]
            yield tcp(EVIL, HOST, 40_000 + port, port, RST, sequence=1001)

    assert names(at(*looks(half=True))) == {("port-scan", EVIL, HOST)}
    assert names(at(*looks(half=False))) == {("port-scan", EVIL, HOST)}


# --- beacons ---


def contacts(gaps: list[float], target: str = "203.0.113.80", size: int = 200, port: int = 443) -> Packets:
    """Connections that carry a bit, one after each gap."""
    made_: Packets = []
    time = BEGIN
    for number, gap in enumerate(gaps):
        time += int(gap * 10**9)
        talk = [
            *opened(GOOD, target, 30_000 + number, port), tcp(GOOD, target, 30_000 + number, port, ACK | PSH, bytes(size), sequence=1001),
            tcp(target, GOOD, port, 30_000 + number, ACK | PSH, bytes(90), sequence=CHOSEN + 1, acknowledged=1001 + size, back=True),
        ]  # fmt: skip
        made_ += at(*talk, begin=time)
    return made_


def test_a_beacon_with_its_jitter() -> None:
    dice = np.random.default_rng(5)
    assert names(contacts([60 + float(off) for off in dice.uniform(-5, 5, 14)])) == {("beacon", GOOD, "203.0.113.80")}
    assert names(contacts([7200.0] * 11)) == {("beacon", GOOD, "203.0.113.80")}
    assert names(contacts([2.2] * 40)) == {("beacon", GOOD, "203.0.113.80")}


def test_what_is_no_beacon() -> None:
    dice = np.random.default_rng(5)
    assert names(contacts([float(gap) for gap in dice.exponential(60, 60)])) == set()
    assert names(contacts([60.0] * 8)) == set()
    assert names(contacts([2.2] * 20)) == set()
    assert names(contacts([60.0] * 20, target="10.1.2.3")) == set()
    assert names(contacts([60.0] * 20, port=123)) == set()


def test_whoever_asks_us_by_the_clock_from_afar_is_no_beacon() -> None:
    distant = [(time, frame[:22] + bytes([52]) + frame[23:]) for time, frame in contacts([60.0] * 20)]
    assert names(distant) == set()


def test_regular_contacts_that_carry_ever_different_amounts_are_no_beacon() -> None:
    packets: Packets = []
    for number in range(20):
        for time, frame in contacts([60.0], size=1000 if number % 2 else 50):
            copies = 12 if number % 2 else 1
            packets += [(time + number * 60 * 10**9 + copy, frame) for copy in range(copies)]
    assert names(packets) == set()


def test_a_voice_server_that_is_pinged_is_no_beacon() -> None:
    for step in (0, 1):
        frames = (udp(GOOD, "203.0.113.80", 5555 + step * number, 6666, bytes(40)) for number in range(14))
        assert names(at(*frames, step=30 * 10**9)) == set()


def test_a_connection_that_is_kept_alive_is_no_beacon() -> None:
    alive = (tcp(GOOD, "203.0.113.80", 30_000, 443, ACK, sequence=1001) for _ in range(40))
    assert names(at(*opened(GOOD, "203.0.113.80", 30_000, 443), *alive, step=30 * 10**9)) == set()


# --- connections that are held ---


def test_slow_http_and_a_proxy() -> None:
    def hold(answer: bool, port: int = 80) -> Packets:
        made_ = at(*(frame for number in range(80) for frame in opened(EVIL, HOST, 20_000 + number, port)), step=MS)
        for around in range(3):
            for number in range(80):
                frames = [tcp(EVIL, HOST, 20_000 + number, port, ACK | PSH, b"X-a: b\r\n", sequence=1001 + 8 * around)]
                if answer:
                    frames.append(tcp(HOST, EVIL, port, 20_000 + number, ACK | PSH, b"HTTP/1.1 200 OK\r\n", sequence=CHOSEN + 1, back=True))
                made_ += at(*frames, begin=BEGIN + (around + 1) * 10 * 10**9 + number * MS)
        return made_

    (alert,) = alerts(hold(answer=False))
    assert (alert.rule_id, alert.source_ip, alert.proven) == ("network-slow-http", EVIL, True)
    (alert,) = alerts(hold(answer=False, port=4444))
    assert (alert.rule_id, alert.source_ip) == ("network-connection-exhaustion", EVIL)
    assert names(hold(answer=True)) == set()


def test_connections_that_are_held_until_the_server_gives_them_up() -> None:
    packets = at(*(frame for number in range(80) for frame in opened(EVIL, HOST, 20_000 + number, 80)), step=MS)
    gone = (tcp(HOST, EVIL, 80, 20_000 + number, FIN | ACK, sequence=CHOSEN + 1, acknowledged=1001, back=True) for number in range(80))
    (alert,) = alerts(packets + at(*gone, begin=BEGIN + 30 * 10**9, step=MS))
    assert (alert.rule_id, alert.source_ip, alert.destination_ip, alert.proven) == ("network-slow-http", EVIL, HOST, True)


def test_connections_that_end_are_not_held() -> None:
    def short(count: int) -> Iterator[bytes]:
        for number in range(count):
            yield from opened(GOOD, HOST, 20_000 + number, 80)
            yield tcp(HOST, GOOD, 80, 20_000 + number, FIN | ACK, sequence=CHOSEN + 1, back=True)

    assert names(at(*short(400), step=40 * MS)) == set()


# --- what is unusual ---


def stream(seconds: int, usual: int, burst: range = range(0), rate: int = 0) -> Packets:
    """Packets of an exchange that is answered, so many a second."""
    packets: Packets = []
    for second in range(seconds):
        count = rate if second in burst else usual + second % 3
        gap = 10**9 // (count + 1)
        for number in range(count):
            ends = (GOOD, HOST, 5000, 6000) if number % 2 == 0 else (HOST, GOOD, 6000, 5000)
            packets.append((BEGIN + second * 10**9 + number * gap, udp(*ends, bytes(20))))
    return packets


UNUSUAL: dict[str, Any] = {"anomaly_packets": 50, "anomaly_warm_up": "60s"}


def test_an_unusual_rate_is_told_once_for_source_and_service() -> None:
    found = names(stream(200, 10, range(150, 190), 400), **UNUSUAL)
    assert found == {("packet-rate", GOOD, None), ("packet-rate", HOST, None), ("packet-rate", None, HOST)}


def test_what_is_usual_or_short_or_early_is_none() -> None:
    assert names(stream(200, 200), **UNUSUAL) == set()
    assert names(stream(200, 10, range(150, 155), 400), **UNUSUAL) == set()
    assert names(stream(60, 10, range(20, 50), 400), **UNUSUAL) == set()
    assert names(stream(200, 10, range(150, 190), 45), **UNUSUAL) == set()


def test_a_clock_that_is_set_back_hides_no_unusual_rate() -> None:
    packets = [(time if time < BEGIN + 100 * 10**9 else time - HOUR, data) for time, data in stream(200, 10, range(150, 190), 400)]
    found = names(packets, **UNUSUAL)
    assert found == {("packet-rate", GOOD, None), ("packet-rate", HOST, None), ("packet-rate", None, HOST)}


BACKWARDS: list[Callable[[int, int], int]] = [
    lambda time, row: 2 * BEGIN - time,
    lambda time, row: time - HOUR if row % 40 >= 20 else time,
    lambda time, row: time - 40 * 365 * 24 * HOUR if row >= 20 else time,
    lambda time, row: time + (row * 7919 % 11 - 5) * MS,
    lambda time, row: BEGIN,
    lambda time, row: 0,
]
"""What happens to the time of a packet: backwards, to and fro, a clock that was never set, out of turn, standing still."""


@pytest.mark.parametrize("when", BACKWARDS)
def test_whatever_the_clock_does_a_scan_is_a_scan_and_a_flood_a_flood(when: Callable[[int, int], int]) -> None:
    scan = at(*(tcp(EVIL, HOST, 40000, port) for port in range(1, 61)))
    assert ("port-scan", EVIL, HOST) in names([(when(time, row), data) for row, (time, data) in enumerate(scan)])
    sources = [f"10.1.{number // 250}.{number % 250 + 1}" for number in range(1000)]
    flood = at(*(tcp(source, HOST, 40000, 80) for source in sources), step=MS)
    assert names([(when(time, row), data) for row, (time, data) in enumerate(flood)]) <= {("syn-flood", None, HOST)}


def test_a_connection_over_the_same_ports_after_the_clock_was_set_back_is_a_new_one() -> None:
    first = [frame for port in range(1, 31) for frame in opened(EVIL, HOST, 40000, port)]
    later = [frame for port in range(1, 31) for frame in refused(EVIL, HOST, 40000, port)]
    assert names(at(*first)) == set()
    assert ("port-scan", EVIL, HOST) in names(at(*first) + at(*later, begin=BEGIN - HOUR))


# --- the others ---


def test_flags_that_no_system_sends() -> None:
    packets = at(tcp(EVIL, HOST, 1, 80, 0), tcp(EVIL, HOST, 2, 80, FIN | PSH | URG), tcp(EVIL, HOST, 3, 80, SYN | FIN))
    assert names(packets) == {("stealth-scan", EVIL, HOST)}


def session(port: int, service: int, said: int, asked: int = 300, *, hung_up: bool = False) -> Iterator[bytes]:
    """A connection in which both sides say something and which one of them ends."""
    yield from opened(EVIL, HOST, port, service)
    if asked:
        yield tcp(EVIL, HOST, port, service, ACK | PSH, bytes(asked), sequence=1001)
    yield tcp(HOST, EVIL, service, port, ACK | PSH, bytes(said), sequence=CHOSEN + 1, acknowledged=1001 + asked, back=True)
    if hung_up:
        yield tcp(HOST, EVIL, service, port, FIN | ACK, sequence=CHOSEN + 1 + said, acknowledged=1001 + asked, back=True)
    else:
        yield tcp(EVIL, HOST, port, service, FIN | ACK, sequence=1001 + asked, acknowledged=CHOSEN + 1 + said)


def sessions(service: int, said: Callable[[int], int], asked: int = 300, *, hung_up: bool = False) -> Packets:
    frames = (f for n in range(20) for f in session(40_000 + n, service, said(n), asked, hung_up=hung_up))
    return at(*frames, step=200 * MS)


def test_connections_to_a_login_service_that_are_all_alike() -> None:
    assert names(sessions(22, lambda n: 900 + n % 8)) == {("login-connections", EVIL, HOST)}
    assert names(sessions(22, lambda n: 900 + n % 8, hung_up=True)) == {("login-connections", EVIL, HOST)}
    assert names(sessions(443, lambda n: 900)) == set()


def test_who_is_let_in_does_this_and_that() -> None:
    """A crowd behind one address fetches its mail, a build server its sources."""
    assert names(sessions(993, lambda n: 400 + 97 * n)) == set()
    assert names(sessions(22, lambda n: 60_000)) == set()


def logins(success: int) -> Iterator[bytes]:
    """Programs that log in by SSH and do the same: an answer of so many bytes tells them whether they are in."""
    for port in range(40_000, 40_020):
        yield from opened(EVIL, HOST, port, 22)
        asked, said = 1001, CHOSEN + 1
        for question, answer in ((23, 34), (900, 1000), (48, 16), (60, 524), (44, 44), (80, 76), (96, success), (112, 248)):
            yield tcp(EVIL, HOST, port, 22, ACK | PSH, bytes(question), sequence=asked, acknowledged=said)
            asked += question
            yield tcp(HOST, EVIL, 22, port, ACK | PSH, bytes(answer), sequence=said, acknowledged=asked, back=True)
            said += answer
        yield tcp(EVIL, HOST, port, 22, FIN | ACK, sequence=asked, acknowledged=said)


def test_programs_that_ssh_lets_in_again_and_again_do_not_guess() -> None:
    assert names(at(*logins(76), step=10 * MS)) == {("login-connections", EVIL, HOST)}
    assert names(at(*logins(28), step=10 * MS)) == set()
    assert names(at(*logins(36), step=10 * MS)) == set()


def uploads(service: int, answer: bytes) -> Iterator[bytes]:
    """A camera that logs in anew for each picture, or whoever says the same to a server that answers so."""
    for port in range(40_000, 40_020):
        yield from opened(EVIL, HOST, port, service)
        yield tcp(HOST, EVIL, service, port, ACK | PSH, b"220 ready\r\n", sequence=CHOSEN + 1, acknowledged=1001, back=True)
        yield tcp(EVIL, HOST, port, service, ACK | PSH, b"PASS x\r\n", sequence=1001, acknowledged=CHOSEN + 12)
        yield tcp(HOST, EVIL, service, port, ACK | PSH, answer, sequence=CHOSEN + 12, acknowledged=1009, back=True)
        yield tcp(EVIL, HOST, port, service, FIN | ACK, sequence=1009, acknowledged=CHOSEN + 12 + len(answer))


@pytest.mark.parametrize(("service", "well"), [(21, b"230 Login successful.\r\n"), (587, b"235 2.7.0 Authentication successful\r\n")])
def test_programs_that_other_servers_let_in_do_not_guess(service: int, well: bytes) -> None:
    assert names(at(*uploads(service, well), step=100 * MS)) == set()
    assert names(at(*uploads(service, b"530 Login incorrect.\r\n"), step=100 * MS)) == {("login-connections", EVIL, HOST)}


def test_a_tool_that_tries_as_many_passwords_as_a_connection_may() -> None:
    four = [frame for port in range(4) for frame in session(40_000 + port, 22, 2200)]
    packets = [packet for turn in range(4) for packet in at(*four, begin=BEGIN + turn * 32_000 * MS)]
    assert names(packets) == {("login-connections", EVIL, HOST)}
    assert names([packet for packet in packets if packet[0] < BEGIN + 60_000 * MS]) == set()


def test_who_only_looks_whether_a_login_service_is_there() -> None:
    assert names(sessions(22, lambda n: 40, asked=0)) == set()


def test_a_database_hangs_up_on_whom_it_refuses() -> None:
    """An application that asks it for the same again and again ends its connections itself."""
    assert names(sessions(3306, lambda n: 200)) == set()
    (alert,) = alerts(sessions(3306, lambda n: 200, hung_up=True))
    assert (alert.rule_id, alert.source_ip, alert.destination_ip, alert.proven) == ("network-login-connections", EVIL, HOST, True)
    assert "port 3306 of" in alert.message


def test_data_in_dns_names() -> None:
    def asks(name: str) -> Packets:
        frames = (udp(GOOD, "198.51.100.53", 9000 + n, 53, made.question(name.format(f"{n:060x}"))) for n in range(60))
        return at(*frames, step=100 * MS)

    assert names(asks("{}.t.example.org")) == {("dns-tunnel", GOOD, "198.51.100.53")}
    assert names(asks("always-the-same-name-that-is-as-long-as-the-others-are.t.example.org")) == set()
    assert names(asks("{}.ip6.arpa")) == set()


def queries(name: Callable[[int], str], servers: int = 1, kind: int = 16) -> Packets:
    frames = (udp(GOOD, f"198.51.100.{53 + n % servers}", 9000 + n, 53, made.question(name(n), kind)) for n in range(120))
    return at(*frames, step=300 * MS)


def test_data_in_dns_names_whatever_servers_are_asked() -> None:
    assert {name for name, _, _ in names(queries(lambda n: f"{n:050x}.t.example.org", servers=6))} == {"dns-tunnel"}
    assert {name for name, _, _ in names(queries(lambda n: f"{n:050x}.t.example{n % 6}.org"))} == {"dns-tunnel"}


def test_a_resolver_asks_for_all_kinds_of_names_and_few_of_them_are_long() -> None:
    def name(number: int) -> str:
        return f"{number:050x}.example{number}.org" if number % 3 == 0 else f"www{number}.example.org"

    assert names(queries(name)) == set()


@pytest.mark.parametrize(("kind", "found"), [(10, True), (65_399, True), (1, False), (16, False)])
def test_types_of_dns_that_only_tunnels_ask_for(kind: int, found: bool) -> None:
    assert bool(names(queries(lambda n: f"{n:012x}.t.example.org", kind=kind))) is found


def test_data_in_dns_names_over_tcp() -> None:
    frames, sequence = list(opened(GOOD, "198.51.100.53", 9000, 53)), 1001
    for number in range(60):
        asked = made.question(f"{number:060x}.t.example.org")
        frames.append(tcp(GOOD, "198.51.100.53", 9000, 53, ACK | PSH, len(asked).to_bytes(2) + asked, sequence=sequence))
        sequence += 2 + len(asked)
    assert names(at(*frames, step=300 * MS)) == {("dns-tunnel", GOOD, "198.51.100.53")}


GATEWAY, VICTIM = "192.0.2.1", "192.0.2.50"
CARD, OTHER = "005e00530066", "005e00530001"


def test_arp_spoofing_names_the_card_its_own_address_and_whom_it_deceives() -> None:
    lies = [made.arp(1, CARD, "192.0.2.66", GATEWAY), made.arp(2, CARD, GATEWAY, VICTIM)]
    for frames in (lies, [made.arp(1, CARD, GATEWAY, VICTIM), *reversed(lies)]):
        (alert,) = alerts(at(*frames, step=10**9))
        assert (alert.rule_id, alert.source_ip, alert.destination_ip) == ("network-arp-spoofing", "192.0.2.66", VICTIM)
        assert alert.message.startswith(f"the card 00:5e:00:53:00:66 of 192.0.2.66 told {VICTIM} that it is {GATEWAY}, ")


def test_arp_spoofing_between_two_accuses_neither() -> None:
    lies = [made.arp(2, CARD, GATEWAY, VICTIM), made.arp(2, CARD, VICTIM, GATEWAY)] * 3
    (alert,) = alerts(at(*lies, step=10**9))
    assert (alert.rule_id, alert.source_ip) == ("network-arp-spoofing", None)
    assert "005e00530066" in alert.message.replace(":", "")


def test_arp_spoofing_by_a_card_that_says_nothing_else() -> None:
    """The address belongs to another card; the first claims may be an address that moves."""
    truth = [made.arp(1, "005e00530050", VICTIM, GATEWAY), made.arp(2, OTHER, GATEWAY, VICTIM)]
    assert names(at(*truth, *[made.arp(2, CARD, GATEWAY, VICTIM)] * 2, step=10 * 10**9)) == set()
    assert names(at(*truth, *[made.arp(2, CARD, GATEWAY, VICTIM)] * 3, step=10 * 10**9)) == {("arp-spoofing", None, VICTIM)}


def test_announcements_and_addresses_that_move_are_no_arp_spoofing() -> None:
    announced = [made.arp(kind, CARD, "192.0.2.66", "192.0.2.66") for kind in (1, 2)]
    moved = [made.arp(1, mac, GATEWAY, GATEWAY) for mac in (OTHER, CARD, CARD, CARD)]
    asked = [frame for _ in range(5) for frame in (made.arp(1, "005e00530050", VICTIM, GATEWAY), made.arp(2, CARD, GATEWAY, VICTIM))]
    assert names(at(*announced, *moved, *asked, step=10**9)) == set()


# --- laws ---

ends = st.sampled_from([EVIL, GOOD, HOST, "192.0.2.11"])
packet = st.one_of(
    st.builds(tcp, ends, ends, st.integers(1, 3), st.integers(1, 14), st.sampled_from([SYN, SYN, SYN | ACK, ACK, RST, FIN, 0])),
    st.builds(udp, ends, ends, st.sampled_from([53, 9000]), st.integers(1, 14)),
    st.builds(ping, ends, ends),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 2000), packet), min_size=60, max_size=160), st.data())
def test_batches_do_not_matter(steps: list[tuple[int, bytes]], data: st.DataObject) -> None:
    time = BEGIN
    packets = []
    for step, frame in steps:
        time += step * MS
        packets.append((time, frame))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(packets)), max_size=6)))
    limits: dict[str, Any] = {"port_scan_ports": 3, "port_scan_hosts": 5, "ping_sweep_hosts": 5, "slow_scan_targets": 3}
    whole = alerts(packets, **limits)
    assert alerts(packets, cuts, **limits) == whole
    assert alerts(packets, list(range(len(packets))), **limits) == whole


def test_random_packets_do_reach_alerts() -> None:
    """Or the law above would hold of nothing."""
    packets = many(refused, 12)
    assert len(alerts(packets, port_scan_ports=3)) == 1


def test_more_findings_than_there_is_room_for_are_taken_over_in_turns() -> None:
    packets = at(*(tcp(source, HOST, 40000, port, 0) for port in range(80, 90) for source in hosts(40, "203.0.113.")), step=MS)
    batch = made.batch(packets)
    found = []
    for room in (1000, MOST, MOST + 1):
        state = detector.State(Settings(max_tracked_ips=1 << 10), 1)
        state.found = np.zeros(room, FOUND)
        found.append(detector.step(state, batch, decode(batch)))
    assert len(found[0]) > 2 * MOST
    assert found[0] == found[1] == found[2]


def test_memory_is_the_same_after_a_hundred_thousand_sources() -> None:
    state = detector.State(Settings(max_tracked_ips=1 << 10), 1)
    sizes = [each.nbytes for each in (state.flows, state.actors, state.targets)]
    numbers = np.random.default_rng(3).integers(1, 1 << 32, 100_000)
    frames = [(BEGIN + n, tcp(str(IPv4Address(int(number))), HOST, 1, 80)) for n, number in enumerate(numbers)]
    batch = made.batch(frames)
    found = fold(detector.step(state, batch, decode(batch)))
    assert [(a.rule_id, a.source_ip) for a in found] == [("network-syn-flood", None)]
    assert [each.nbytes for each in (state.flows, state.actors, state.targets)] == sizes
