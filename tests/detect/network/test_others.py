"""What has no ports that we follow, and who looks for others patiently or all at once."""

import struct
from ipaddress import ip_address

import pytest

from tests import packets as made
from tests.detect.network.test_detector import (
    EVIL,
    GOOD,
    HOST,
    MS,
    Packets,
    at,
    hosts,
    names,
    opened,
    ping,
    refused,
    tcp,
    udp,
)
from tests.packets import ACK, CHOSEN, FIN, PSH, RST

SECOND = 10**9


def other(source: str, target: str, protocol: int, payload: bytes = bytes(40), fragment: int = 0) -> bytes:
    return made.ethernet(made.ip(source, target, protocol, payload, fragment=fragment))


def sctp(source: str, target: str, ports: tuple[int, int], chunk: int, tag: int = 9) -> bytes:
    return other(source, target, 132, struct.pack(">HHIIBBH", *ports, tag, 0, chunk, 0, 20) + bytes(16))


def six(source: str, target: str, kind: int, body: bytes = b"") -> bytes:
    message = struct.pack(">BBHI", kind, 0, 0, 0) + body
    return made.ethernet(made.ip(source, target, 58, message), 0x86DD)


# --- floods ---


@pytest.mark.parametrize("protocol", [47, 50])
def test_a_tunnel_in_which_something_comes_back_is_no_flood(protocol: int) -> None:
    here, there = other(GOOD, HOST, protocol), other(HOST, GOOD, protocol)
    assert names(at(*[here, here, here, there] * 1000, step=MS // 4)) == set()
    assert names(at(*[here] * 3000, step=MS // 4)) == {("packet-flood", GOOD, HOST)}


def test_an_association_of_sctp_and_a_flood_of_beginnings_that_are_all_answered() -> None:
    talk = (sctp(*ends, 0) for _ in range(2000) for ends in ((GOOD, HOST, (5000, 5001)), (HOST, GOOD, (5001, 5000))))
    assert names(at(*talk, step=MS // 4)) == set()
    flood = (
        frame for n in range(2000)
        for frame in (sctp(EVIL, HOST, (n + 1, 5001), 1, tag=0), sctp(HOST, EVIL, (5001, n + 1), 6))
    )  # fmt: skip
    assert names(at(*flood, step=MS // 4)) == {("packet-flood", EVIL, HOST)}


def test_floods_of_what_neighbours_say() -> None:
    for kind in (134, 136):
        frames = (six(f"fe80::{n + 1:x}", "ff02::1", kind, bytes(24)) for n in range(1200))
        assert names(at(*frames, step=MS)) == {("icmp-flood", None, "ff02::1")}


def test_fragments_that_cut_the_header_of_tcp() -> None:
    cut = other(EVIL, HOST, 6, bytes(8), fragment=0x2000)
    assert names(at(*[cut] * 6000, step=MS // 8)) == {("packet-flood", EVIL, HOST)}


@pytest.mark.parametrize("flags", [ACK, ACK | PSH, ACK | FIN, RST])
def test_floods_of_packets_that_belong_to_no_connection(flags: int) -> None:
    frames = (tcp(f"10.0.{n // 250}.{n % 250 + 1}", HOST, 1000 + n, 80, flags, b"x" * (flags & PSH)) for n in range(2000))
    assert names(at(*frames, step=MS // 2)) == {("ack-flood", None, HOST)}


def test_connections_that_were_there_before_us_are_no_flood() -> None:
    """A capture begins on a busy server."""
    frames = (
        frame for n in range(2000) for frame in (
            tcp(f"10.0.{n // 250}.{n % 250 + 1}", HOST, 1000, 80, ACK, sequence=5),
            tcp(HOST, f"10.0.{n // 250}.{n % 250 + 1}", 80, 1000, ACK | PSH, b"data"),
        )
    )  # fmt: skip
    assert names(at(*frames, step=MS // 4)) == set()


def test_a_flood_of_large_datagrams_to_all_ports_is_no_scan() -> None:
    assert ("udp-flood", EVIL, HOST) in names(at(*(udp(EVIL, HOST, 999, n, bytes(900)) for n in range(1, 3000)), step=MS // 4))


def test_what_a_collector_takes_in_is_no_flood() -> None:
    def flows(gap: int) -> Packets:
        return at(*(udp(f"10.0.7.{n % 40 + 1}", HOST, 40_000, 4739, bytes(900)) for n in range(12_000)), step=gap)

    assert names(flows(MS // 3)) == set()
    assert names(flows(MS // 20)) == {("udp-flood", None, HOST)}


# --- scans ---


def test_a_scan_of_sctp_and_a_client_of_it() -> None:
    assert names(at(*(sctp(EVIL, HOST, (4000, n), 1, tag=0) for n in range(1, 30)))) == {("port-scan", EVIL, HOST)}
    answered = (
        frame for n in range(1, 30)
        for frame in (sctp(GOOD, HOST, (4000, n), 1, tag=0), sctp(HOST, GOOD, (n, 4000), 2))
    )  # fmt: skip
    assert names(at(*answered)) == set()


def test_a_scan_of_protocols() -> None:
    assert names(at(*(other(EVIL, HOST, n) for n in range(60, 100)))) == {("port-scan", EVIL, HOST)}


def test_a_sweep_over_neighbours_of_six_and_a_router_whose_neighbours_answer() -> None:
    def asks(number: int) -> bytes:
        return six("2001:db8::9", f"ff02::1:ff00:{number:x}", 135, ip_address(f"2001:db8::{number:x}").packed)

    def tells(number: int) -> bytes:
        return six(f"2001:db8::{number:x}", "2001:db8::9", 136, ip_address(f"2001:db8::{number:x}").packed)

    assert names(at(*(asks(n) for n in range(16, 80)))) == {("host-sweep", "2001:db8::9", None)}
    assert names(at(*(frame for n in range(16, 80) for frame in (asks(n), tells(n))))) == set()


def test_a_patient_sweep_by_ping() -> None:
    assert names(at(*(ping(EVIL, host) for host in hosts(60)), step=60 * SECOND)) == {("slow-scan", EVIL, None)}
    assert names(at(*(ping(GOOD, host) for _ in range(5) for host in hosts(12)), step=60 * SECOND)) == set()


def looks(source: str, host: str, port: int, number: int) -> list[bytes]:
    """A connection that is taken back with nothing said."""
    return [*opened(source, host, 20_000 + number, port), tcp(source, host, 20_000 + number, port, RST | ACK, sequence=1001)]


def test_a_patient_scan_that_finds_a_third_of_all_ports_open() -> None:
    frames: Packets = []
    for number in range(30):
        talk = looks(EVIL, HOST, 1 + number, number) if number % 3 == 0 else list(refused(EVIL, HOST, 20_000 + number, 1 + number))
        frames += at(*talk, begin=1_768_435_200 * SECOND + number * 300 * SECOND)
    assert names(frames) == {("slow-scan", EVIL, None)}


def test_a_load_balancer_looks_at_the_same_again_and_again() -> None:
    frames: Packets = []
    for number in range(400):
        check = looks("10.0.0.9", f"10.0.2.{number % 4}", 8000 + number % 3, number)
        frames += at(*check, begin=1_768_435_200 * SECOND + number * 700 * MS)
    assert names(frames) == set()


def test_a_monitor_of_which_a_tenth_of_the_hosts_is_down() -> None:
    frames = (
        frame for n, host in enumerate(hosts(60) * 3)
        for frame in ([ping(GOOD, host)] if n % 10 == 0 else [ping(GOOD, host), ping(host, GOOD, 0)])
    )  # fmt: skip
    assert names(at(*frames, step=450 * MS)) == set()


def test_whoever_asks_many_at_once_waits_for_their_answers() -> None:
    """A round trip is 150 ms, a host is asked every 10 ms."""
    begin = 1_768_435_200 * SECOND
    asked = [(begin + n * 10 * MS, ping(GOOD, host)) for n, host in enumerate(hosts(120))]
    told = [(begin + n * 10 * MS + 150 * MS, ping(host, GOOD, 0)) for n, host in enumerate(hosts(120))]
    assert names(sorted(asked + told)) == set()
    begun = [(begin + n * 10 * MS, tcp(GOOD, host, 30_000, 443)) for n, host in enumerate(hosts(120))]
    done = [
        (begin + n * 10 * MS + 150 * MS, tcp(host, GOOD, 443, 30_000, 0x12, sequence=CHOSEN, acknowledged=1001, back=True))
        for n, host in enumerate(hosts(120))
    ]
    assert names(sorted(begun + done)) == set()
    assert names(begun) == {("host-sweep", GOOD, None)}


def test_a_traceroute_is_no_scan() -> None:
    assert names(at(*(udp(GOOD, HOST, 40_000, 33_434 + n) for n in range(90)), step=50 * MS)) == set()
    assert names(at(*(udp(EVIL, HOST, 40_000, 30_000 + n) for n in range(90)), step=50 * MS)) == {("port-scan", EVIL, HOST)}


def test_a_scan_behind_a_flood_of_others_is_found_whatever_port_it_comes_from() -> None:
    """Some attempts of unknown sources are remembered, not some sources."""
    begin = 1_768_435_200 * SECOND
    flood = [(begin + n * MS, tcp(f"10.0.{n // 250}.{n % 250 + 1}", HOST, n + 1, 80)) for n in range(6000)]
    for port in (40_000, 40_001, 40_002):
        scan = [(begin + 1200 * MS + 6 * n * MS + 5, tcp(EVIL, HOST, port, n + 1)) for n in range(100)]
        assert ("port-scan", EVIL, HOST) in names(sorted(flood + scan))
