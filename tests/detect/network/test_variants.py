"""Attacks as the usual tools vary them, and what innocent networks do that looks like them."""

import struct
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tests import packets as made
from tests.detect.network.test_detector import (
    BEGIN,
    EVIL,
    GOOD,
    HOST,
    MS,
    Packets,
    alerts,
    at,
    contacts,
    names,
    opened,
    ping,
    session,
    tcp,
    udp,
)
from tests.detect.network.test_others import SECOND, other
from tests.packets import ACK, CHOSEN, FIN, PSH, RST, SYN, URG

# --- floods ---


@pytest.mark.parametrize("flags", [0, FIN, FIN | ACK, URG, PSH, FIN | PSH | URG, SYN | FIN, SYN | ACK, RST, RST | ACK])
@pytest.mark.parametrize("ports", [1, 2000])
def test_floods_of_all_flags_whether_the_ports_change_or_not(flags: int, ports: int) -> None:
    frames = (tcp(EVIL, HOST, 1024 + n % ports, 80, flags) for n in range(2500))
    assert ("ack-flood", EVIL, HOST) in names(at(*frames, step=MS // 2))
    few = (tcp(EVIL, HOST, 1024 + n % ports, 80, flags) for n in range(400))
    assert ("ack-flood", EVIL, HOST) not in names(at(*few, step=3 * MS))


@pytest.mark.parametrize("flags", [0, FIN | PSH | URG])
def test_floods_of_flags_that_no_system_sends_by_forged_sources(flags: int) -> None:
    frames = (tcp(f"10.{n % 211}.{n % 199}.7", HOST, 1024 + n, 80, flags) for n in range(2500))
    assert ("ack-flood", None, HOST) in names(at(*frames, step=MS // 2))


def test_the_victim_whose_address_is_forged_is_not_accused() -> None:
    """LAND and Smurf."""
    assert names(at(*(tcp(HOST, HOST, n + 1, 80) for n in range(1000)), step=MS)) == {("syn-flood", None, HOST)}
    asked = at(*(ping(HOST, "192.0.2.255") for _ in range(1500)), step=MS // 2)
    assert names(asked) == {("icmp-flood", None, "192.0.2.255")}


def test_a_crowd_that_waits_for_a_server_which_is_down_is_no_flood() -> None:
    """Each asks once more after one, three and seven seconds. As many in one go are a flood, whoever they are."""
    def waits(span: int, often: tuple[int, ...]) -> Packets:
        return sorted(
            (BEGIN + number * span * SECOND // 900 + after * SECOND, tcp(f"10.{number % 211}.{number // 211}.7", HOST, 1024 + number, 80))
            for number in range(900)
            for after in often
        )

    assert names(waits(9, (0, 1, 3, 7))) == set()
    assert names(waits(2, (0,))) == {("syn-flood", None, HOST)}
    same = at(*(tcp(f"10.1.1.{n % 250}", HOST, 1024, 80) for n in range(2000)), step=MS)
    assert names(same) == {("syn-flood", None, HOST)}


def rtp(number: int) -> bytes:
    return struct.pack(">BBHII", 0x80, 96, number & 0xFFFF, number * 3000 & 0xFFFFFFFF, 7) + bytes(1000)


def television(number: int) -> bytes:
    return (b"\x47" + number.to_bytes(4) + bytes(183)) * 7


@pytest.mark.parametrize("body", [rtp, television])
@pytest.mark.parametrize("cameras", [1, 20])
def test_video_that_nobody_answers_is_no_flood_until_it_is_too_much(body: Callable[[int], bytes], cameras: int) -> None:
    def video(count: int, step: int) -> Packets:
        frames = (udp(f"10.0.0.{n % cameras + 10}", HOST, 20_000, 30_000 + n % cameras, body(n // cameras)) for n in range(count))
        return at(*frames, step=step)

    assert names(video(6000, MS // 2)) == set()
    assert {name for name, _, _ in names(video(15_000, MS // 20))} == {"udp-flood"}


@pytest.mark.parametrize("body", [bytes(1000), b"X" * 1000, b"\x80" + bytes(1000), b"\x47" * 1000])
def test_what_only_begins_like_video_is_a_flood(body: bytes) -> None:
    assert names(at(*(udp(EVIL, HOST, 20_000, 30_000, body) for _ in range(3000)), step=MS // 2)) <= {("udp-flood", EVIL, HOST)}
    dice = np.random.default_rng(3)
    frames = (udp(EVIL, HOST, 20_000, 30_000, b"\x80" + dice.bytes(200)) for _ in range(3000))
    assert names(at(*frames, step=MS // 2)) == {("udp-flood", EVIL, HOST)}


def dhcp(number: int, kind: int) -> bytes:
    card = bytes.fromhex("005e0053") + number.to_bytes(2)
    return b"\1\1\6\0" + bytes(24) + card + bytes(202) + b"\x63\x82\x53\x63\x35\x01" + bytes([kind])


def solicit(number: int, late: int) -> bytes:
    """Some tell first for how long they have been asking."""
    return b"\1\0\0\7" + struct.pack(">HHH", 8, 2, late) + struct.pack(">HHHHI", 1, 8, 3, 1, number) + bytes(40)


def six(number: int, payload: bytes) -> bytes:
    return made.ethernet(made.ip(f"fe80::{number + 1:x}", "ff02::1:2", 17, made.udp(546, 547, payload)), 0x86DD)


def leases(clients: int, tries: int) -> tuple[Packets, Packets]:
    """All within four seconds; each client asks so many times, and then takes what it is offered."""
    four, both = [], []
    for number in range(clients):
        for turn in range(tries + 1):
            time = BEGIN + number * 997 % 1000 * MS + turn * SECOND
            four.append((time, udp("0.0.0.0", "255.255.255.255", 68, 67, dhcp(number, 1 if turn < tries else 3))))
            both.append((time, six(number, solicit(number, turn))))
    return sorted(four), sorted(both)


def test_a_network_that_has_its_power_back_is_no_dhcp_flood() -> None:
    for packets in leases(80, 3):
        assert names(packets) == set()
    for packets in leases(160, 0):
        assert {name for name, _, _ in names(packets)} == {"dhcp-flood"}


def test_a_flood_of_a_few_dhcp_clients() -> None:
    frames = (udp("0.0.0.0", "255.255.255.255", 68, 67, dhcp(n % 5, 8)) for n in range(200))
    assert {name for name, _, _ in names(at(*frames, step=20 * MS))} == {"dhcp-flood"}


def lookups(name: Callable[[int], str], count: int = 1500, kind: int = 1) -> Packets:
    frames = []
    for number in range(count):
        client = f"10.{number % 7}.3.9"
        frames += [
            udp(client, HOST, 20_000 + number, 53, made.question(name(number), kind)), udp(HOST, client, 53, 20_000 + number, bytes(80)),
        ]  # fmt: skip
    return at(*frames, step=4 * MS)


def test_random_subdomains_flood_a_name_server() -> None:
    dice = np.random.default_rng(4)
    assert names(lookups(lambda n: f"{dice.integers(1 << 40):x}.example.org")) == {("dns-flood", None, HOST)}


def test_a_busy_name_server_is_not_flooded() -> None:
    assert names(lookups(lambda n: f"www{n % 60}.example.org")) == set()
    assert names(lookups(lambda n: f"www.example{n}.org")) == set()
    assert names(lookups(lambda n: f"{n:x}.example.org", 300)) == set()


# --- scans ---


@pytest.mark.parametrize("size", [8, 16])
def test_a_scan_in_fragments_that_cut_the_header(size: int) -> None:
    def frames(hosts: int) -> Iterator[bytes]:
        for number in range(1, 61):
            whole, host = made.tcp(40_000, 22 if hosts > 1 else number), f"192.0.2.{10 + number % hosts}"
            yield other(EVIL, host, 6, whole[:size], 0x2000)
            yield other(EVIL, host, 6, whole[size:], size // 8)

    assert ("port-scan", EVIL, HOST) in names(at(*frames(1), step=5 * MS))
    assert ("host-sweep", EVIL, None) in names(at(*frames(60), step=5 * MS))


def sip(method: bytes, source: str, target: str) -> bytes:
    return udp(source, target, 5060, 5060, method + b" sip:100@x SIP/2.0\r\n\r\n")


def test_a_sweep_for_telephones_and_an_exchange_that_answers_them() -> None:
    looks = (sip(b"OPTIONS", EVIL, f"192.0.2.{n}") for n in range(1, 100))
    assert names(at(*looks)) == {("host-sweep", EVIL, None)}
    answers = (udp(GOOD, f"192.0.2.{n}", 5060, 5060, b"SIP/2.0 200 OK\r\n\r\n") for n in range(1, 100))
    assert names(at(*answers)) == set()


@pytest.mark.parametrize("port", [139, 445])
def test_guessing_at_file_shares_and_who_uses_them(port: int) -> None:
    def talks(said: Callable[[int], int]) -> Packets:
        return at(*(frame for n in range(20) for frame in session(40_000 + n, port, said(n))), step=200 * MS)

    assert names(talks(lambda n: 700)) == {("login-connections", EVIL, HOST)}
    assert names(talks(lambda n: 700 + 311 * n)) == set()


# --- connections that are held ---


def held(record: int, *, answer: bool, port: int = 443, count: int = 80, every: int = 5) -> Packets:
    """Connections of one source in which the server says hello, and which then go on with a bit every few seconds."""
    packets: Packets = []
    for number in range(count):
        ends, back = (EVIL, HOST, 20_000 + number, port), (HOST, EVIL, port, 20_000 + number)
        begin = BEGIN + number * 20 * MS
        hello = tcp(*back, ACK | PSH, bytes(900), sequence=CHOSEN + 1, acknowledged=1301, back=True)
        packets += at(*opened(*ends), tcp(*ends, ACK | PSH, bytes(300), sequence=1001), hello, begin=begin, step=MS)
        for turn in range(6):
            bit = tcp(*ends, ACK | PSH, bytes(record), sequence=1301 + turn * record, acknowledged=CHOSEN + 901)
            pong = tcp(*back, ACK | PSH, bytes(30), sequence=CHOSEN + 901 + 30 * turn, acknowledged=1301, back=True)
            packets += at(*([bit, pong] if answer else [bit]), begin=begin + (turn + 1) * every * SECOND)
    return sorted(packets)


@pytest.mark.parametrize("every", [4, 10, 15])
def test_slow_http_inside_of_tls(every: int) -> None:
    (alert,) = alerts(held(60, answer=False, every=every))
    assert (alert.rule_id, alert.source_ip, alert.destination_ip, alert.proven) == ("network-slow-http", EVIL, HOST, True)


def test_sockets_that_are_pinged_and_uploads_are_no_slow_http() -> None:
    """A crowd behind one address, each with a page that keeps a connection open."""
    assert names(held(60, answer=True)) == set()
    assert names(held(1200, answer=False)) == set()
    assert names(held(60, answer=False, port=9999)) == set()
    assert names(held(60, answer=False, count=30)) == set()


def read_slowly(count: int = 60, *, probe: int = 0, more: bool = False, port: int = 80) -> Packets:
    """Connections of one source that ask for something and have no room for it; or then for a little `more`."""
    packets: Packets = []
    for number in range(count):
        ends, back = (EVIL, HOST, 20_000 + number, port), (HOST, EVIL, port, 20_000 + number)
        begin, said = BEGIN + number * 50 * MS, CHOSEN + 1
        asked = tcp(*ends, ACK | PSH, b"GET / HTTP/1.1\r\n\r\n", sequence=1001)
        packets += at(*opened(*ends), asked, begin=begin, step=MS)
        for turn in range(7):
            size = 1000 if turn == 0 or (more and turn % 2) else probe
            told = tcp(*back, ACK | PSH, bytes(size), sequence=said, acknowledged=1019, back=True)
            said += size if size > 1 else 0
            full = tcp(*ends, ACK, sequence=1019, acknowledged=said, window=0)
            packets += at(told, full, begin=begin + 10 * MS + turn * 2 * SECOND)
    return sorted(packets)


@pytest.mark.parametrize("probe", [0, 1])
def test_slow_reading(probe: int) -> None:
    (alert,) = alerts(read_slowly(probe=probe))
    assert (alert.rule_id, alert.source_ip, alert.destination_ip, alert.proven) == ("network-slow-http", EVIL, HOST, True)


def test_readers_that_pause_are_no_slow_http() -> None:
    assert names(read_slowly(more=True)) == set()
    assert names(read_slowly(30)) == set()
    assert names(read_slowly(port=9999)) == set()


def test_connections_that_are_kept_alive_are_no_slow_http() -> None:
    """With a byte that was sent before, or with none; and what is sent again because nobody acknowledges it."""
    for record, first in ((1, 1300), (0, 1300), (60, 1301)):
        packets = [
            (time, frame) for time, frame in held(60, answer=False, every=30) if time < BEGIN + 29 * SECOND
        ]  # fmt: skip
        for turn in range(1, 6):
            again = (tcp(EVIL, HOST, 20_000 + n, 443, ACK, bytes(record), sequence=first, acknowledged=CHOSEN + 901) for n in range(80))
            packets += at(*again, begin=BEGIN + turn * 12 * SECOND, step=MS)
        assert names(sorted(packets)) == set()


def test_who_ends_a_connection_before_our_time_and_begins_one_is_no_flood() -> None:
    """Over the same ports, of which only the end of the connection before was seen."""
    ends = (GOOD, HOST, 20_000, 80)
    packets = at(tcp(*ends, FIN | ACK, sequence=5), *opened(*ends), begin=BEGIN, step=SECOND)
    frames = []
    for number in range(4000):
        frames.append(tcp(*ends, ACK | PSH, bytes(500), sequence=1001 + 500 * number))
        if number % 10 == 0:
            frames.append(tcp(HOST, GOOD, 80, 20_000, ACK, sequence=CHOSEN + 1, acknowledged=1501 + 500 * number, back=True))
    assert names(packets + at(*frames, begin=BEGIN + 9 * SECOND, step=MS // 2)) == set()


@pytest.mark.parametrize("sent", [0, 20])
def test_browsers_connect_ahead_and_take_back_what_they_did_not_need(sent: int) -> None:
    packets = at(*(frame for n in range(80) for frame in opened(GOOD, HOST, 20_000 + n, 443)), step=20 * MS)
    if sent:
        hellos = (tcp(GOOD, HOST, 20_000 + n, 443, ACK | PSH, bytes(sent), sequence=1001) for n in range(80))
        packets += at(*hellos, begin=BEGIN + 6 * SECOND)
    gone = (tcp(GOOD, HOST, 20_000 + n, 443, FIN | ACK, sequence=1001 + sent) for n in range(80))
    packets += at(*gone, begin=BEGIN + 18 * SECOND)
    assert names(packets) == ({("slow-http", GOOD, HOST)} if sent else set())


# --- beacons and tunnels ---


@pytest.mark.parametrize("jitter", [20, 40])
def test_a_beacon_with_much_jitter_takes_longer(jitter: int) -> None:
    dice = np.random.default_rng(6)
    gaps = [100 + float(off) for off in dice.uniform(-jitter, jitter, 40)]
    assert names(contacts(gaps)) == {("beacon", GOOD, "203.0.113.80")}
    assert names(contacts(gaps[:20])) == set()


def test_people_are_no_beacon_however_long_they_go_on() -> None:
    dice = np.random.default_rng(6)
    assert names(contacts([float(gap) for gap in dice.exponential(40, 300)])) == set()
    assert names(contacts([float(gap) for gap in dice.lognormal(3.5, 0.8, 300)])) == set()
    assert names(contacts([float(gap) for gap in dice.gamma(2, 30, 300)])) == set()


@pytest.mark.parametrize(("kind", "found"), [(5, True), (15, True), (16, True), (1, False), (28, False)])
def test_short_names_in_questions_whose_answers_carry_much(kind: int, found: bool) -> None:
    dice = np.random.default_rng(7)
    frames = (udp(GOOD, "198.51.100.53", 9000 + n, 53, made.question(f"{dice.bytes(9).hex()}.example.org", kind)) for n in range(120))
    assert bool(names(at(*frames, step=300 * MS))) is found


def test_a_mail_server_asks_for_many_short_texts() -> None:
    """Policies and keys of ever new domains, and lists of bad addresses."""
    def asks(name: Callable[[int], str]) -> Packets:
        return at(*(udp(GOOD, "198.51.100.53", 9000 + n, 53, made.question(name(n))) for n in range(200)), step=200 * MS)

    assert names(asks(lambda n: f"_dmarc.customer{n}.org")) == set()
    assert names(asks(lambda n: f"selector{n % 9}._domainkey.example.org")) == set()
    assert names(asks(lambda n: f"{n}.{n % 7}.113.203.list.example.org")) == set()


def over(number: int, *, back: bool = True) -> Iterator[bytes]:
    """A connection that both ends close, over ports that come again every fifty."""
    port, first, chosen = 20_000 + number % 50, 1000 + 30_000 * number, CHOSEN + 50_000 * number
    yield tcp(GOOD, HOST, port, 5432, sequence=first)
    if back:
        yield tcp(HOST, GOOD, 5432, port, SYN | ACK, sequence=chosen, acknowledged=first + 1, back=True)
        yield tcp(GOOD, HOST, port, 5432, ACK, sequence=first + 1, acknowledged=chosen + 1)
        yield tcp(HOST, GOOD, 5432, port, FIN | ACK, sequence=chosen + 1, acknowledged=first + 1, back=True)
        yield tcp(GOOD, HOST, port, 5432, FIN | ACK, sequence=first + 1, acknowledged=chosen + 2)


def test_ports_that_a_busy_client_takes_again_are_new_connections() -> None:
    assert names(at(*(frame for number in range(3000) for frame in over(number)), step=MS // 4)) == set()
    # Nor do connections that there were excuse a flood over their ports.
    once = [frame for number in range(50) for frame in over(number)]
    flood = [frame for number in range(50, 1000) for frame in over(number, back=False)]
    assert names(at(*once, *flood, step=MS // 4)) == {("syn-flood", GOOD, HOST)}
