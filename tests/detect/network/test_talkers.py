"""Who sends most, and what is asked most."""

from tests import packets as made
from tests.detect.network.test_detector import BEGIN, EVIL, GOOD, HOST, MS, opened, tcp, udp
from tests.packets import ACK
from vedette.detect.network import detector
from vedette.detect.network.settings import Settings
from vedette.detect.network.talkers import LATELY, Talker, talkers
from vedette.parse.packets.decode import decode

SECOND = 1000 * MS


def told(packets, most=10):
    state = detector.State(Settings(max_tracked_ips=1 << 10), 1)
    batch = made.batch(packets)
    detector.step(state, batch, decode(batch))
    return talkers(state.rates, most)


def steady(frame: bytes, each: int, seconds: int, begin: int = BEGIN):
    return [(begin + second * SECOND + n * (SECOND // each), frame) for second in range(seconds) for n in range(each)]


def test_nothing_seen_is_nobody() -> None:
    assert told([]) == ([], [])


def test_the_largest_first_with_what_they_send_now_and_usually() -> None:
    small, large = udp(GOOD, HOST, 5000, 4000, b"x" * 100), udp(EVIL, HOST, 5001, 4001, b"x" * 900)
    senders, services = told(sorted(steady(small, 20, 12) + steady(large, 10, 12)))
    assert senders == [
        Talker(EVIL, None, None, 10, 10 * len(large), 10.0, 10.0 * len(large)),
        Talker(GOOD, None, None, 20, 20 * len(small), 20.0, 20.0 * len(small)),
    ]
    assert [(each.address, each.port, each.transport, each.packets) for each in services] == [
        (HOST, 4001, "udp", 10), (HOST, 4000, "udp", 20),
    ]  # fmt: skip


def test_only_so_many() -> None:
    packets = sorted(frame for n in range(30) for frame in steady(udp(f"198.51.100.{n}", HOST, 5000, 4000 + n), 2, 3))
    senders, services = told(packets, 7)
    assert (len(senders), len(services)) == (7, 7)


def test_who_fell_silent_is_silent_now_and_goes_in_time() -> None:
    other = steady(udp(GOOD, HOST, 5000, 4000), 5, LATELY + 20)
    begun = steady(udp(EVIL, HOST, 5001, 4001, b"x" * 900), 5, 10)
    until = [each for each in other if each[0] < BEGIN + 60 * SECOND]
    (loud, quiet), _ = told(sorted(begun + until))
    assert (loud.address, loud.packets, loud.bytes) == (EVIL, 0, 0)
    assert 3 < loud.usual_packets < 5
    assert (quiet.address, quiet.packets) == (GOOD, 5)
    assert [each.address for each in told(sorted(begun + other))[0]] == [GOOD]


def test_a_surge_is_told_as_it_is() -> None:
    packets = steady(udp(GOOD, HOST, 5000, 4000), 5, 700) + steady(udp(GOOD, HOST, 5000, 4000), 4000, 3, BEGIN + 700 * SECOND)
    ((one,), _) = told(packets)
    assert one.packets == 4000
    assert one.usual_packets < 1000


def test_ipv6() -> None:
    packets = [*opened("2001:db8::9", "2001:db8::10", 40_000, 443)]
    packets += [tcp("2001:db8::9", "2001:db8::10", 40_000, 443, ACK, b"x" * 50, sequence=1001) for _ in range(20)]
    senders, services = told([(BEGIN + number * 100 * MS, frame) for number, frame in enumerate(packets)])
    assert [each.address for each in senders] == ["2001:db8::9", "2001:db8::10"]
    assert [each[:3] for each in services] == [("2001:db8::10", 443, "tcp")]
