"""Which sources cannot have been forged: only who acknowledged what the server chose for him, whatever else is sent."""

from collections.abc import Iterator

import pytest

from tests.detect.network.test_detector import EVIL, GET, GOOD, HOST, MS, Packets, alerts, at, opened, tcp
from tests.packets import ACK, CHOSEN, FIN, PSH, RST, SYN

Frames = Iterator[bytes]

def proofs(packets: Packets) -> dict[str, bool]:
    return {alert.rule_id.removeprefix("network-"): alert.proven for alert in alerts(packets)}


def get(port: int, sequence: int = 1001, acknowledged: int = CHOSEN + 1) -> bytes:
    return tcp(EVIL, HOST, port, 80, ACK | PSH, GET, sequence=sequence, acknowledged=acknowledged)


def refusal(port: int, acknowledged: int = CHOSEN + 1) -> Frames:
    """What is said until a login has failed, by whoever acknowledges a number."""
    yield tcp(EVIL, HOST, port, 22, ACK | PSH, bytes(200), sequence=1001, acknowledged=acknowledged)
    yield tcp(HOST, EVIL, 22, port, ACK | PSH, bytes(300), sequence=CHOSEN + 1, acknowledged=1201, back=True)
    yield tcp(EVIL, HOST, port, 22, ACK | FIN, sequence=1201, acknowledged=(acknowledged + 300) % 2**32)


def guesses(acknowledged: int, *, answer: bool = True, back: bool = True) -> Frames:
    """Twenty connections to SSH that are completed with a number, and in which the same is said."""
    for port in range(40_000, 40_020):
        yield tcp(EVIL, HOST, port, 22)
        if answer:
            yield tcp(HOST, EVIL, 22, port, SYN | ACK, sequence=CHOSEN, acknowledged=1001, back=back)
        yield tcp(EVIL, HOST, port, 22, ACK, sequence=1001, acknowledged=acknowledged)
        yield from refusal(port, acknowledged)


def test_connections_to_a_login_service_prove_their_source() -> None:
    assert proofs(at(*guesses(CHOSEN + 1))) == {"login-connections": True}


@pytest.mark.parametrize("number", [0, 1, CHOSEN, CHOSEN + 2, 0xFFFFFFFF])
def test_who_acknowledges_another_number_has_not_seen_the_answer(number: int) -> None:
    """And has made no connection."""
    assert "login-connections" not in proofs(at(*guesses(number)))


@pytest.mark.parametrize("number", [0, 1, CHOSEN + 1])
def test_no_answer_no_connection(number: int) -> None:
    assert "login-connections" not in proofs(at(*guesses(number, answer=False)))


def test_an_answer_from_the_card_that_asked_proves_nothing() -> None:
    """Who forges both sides can make a whole handshake between two others."""
    assert proofs(at(*guesses(CHOSEN + 1, back=False))) == {"login-connections": False}


def test_two_answers_of_which_one_is_forged_prove_nothing() -> None:
    def frames() -> Frames:
        for port in range(40_000, 40_020):
            yield tcp(EVIL, HOST, port, 22)
            yield tcp(HOST, EVIL, 22, port, SYN | ACK, sequence=777_777, acknowledged=1001, back=True)
            yield tcp(HOST, EVIL, 22, port, SYN | ACK, sequence=CHOSEN, acknowledged=1001, back=True)
            yield tcp(EVIL, HOST, port, 22, ACK, sequence=1001, acknowledged=CHOSEN + 1)
            yield from refusal(port)

    assert proofs(at(*frames())) == {"login-connections": False}


def test_an_answer_that_came_twice_is_one() -> None:
    def frames() -> Frames:
        for port in range(40_000, 40_020):
            syn, answer, ack = opened(EVIL, HOST, port, 22)
            yield from (syn, syn, answer, answer, ack, ack)
            yield from refusal(port)

    assert proofs(at(*frames())) == {"login-connections": True}


def test_requests_in_connections_prove_their_source() -> None:
    frames = (frame for port in range(20_000, 20_400) for frame in (*opened(EVIL, HOST, port, 80), get(port)))
    assert proofs(at(*frames, step=2 * MS)) == {"http-flood": True}


def test_many_requests_in_one_connection_do_too() -> None:
    frames = (get(20_000, sequence=1001 + number * len(GET)) for number in range(400))
    assert proofs(at(*opened(EVIL, HOST, 20_000, 80), *frames, step=2 * MS)) == {"http-flood": True}


def test_requests_without_a_connection_do_not() -> None:
    assert proofs(at(*(get(20_000 + number) for number in range(400)), step=2 * MS)) == {"http-flood": False}
    frames = (frame for port in range(20_000, 20_400) for frame in (tcp(EVIL, HOST, port, 80), get(port)))
    assert proofs(at(*frames, step=2 * MS))["http-flood"] is False


@pytest.mark.parametrize(("sequence", "acknowledged"), [(5_000_000, CHOSEN + 1), (1001, 5_000_000), (0, 0)])
def test_requests_forged_into_somebody_elses_connection_do_not(sequence: int, acknowledged: int) -> None:
    forged = (get(20_000, sequence, acknowledged) for _ in range(400))
    assert proofs(at(*opened(EVIL, HOST, 20_000, 80), get(20_000), *forged, step=2 * MS)) == {"http-flood": False}


def test_few_of_ones_own_do_not_prove_the_many_that_are_forged() -> None:
    own = (frame for port in range(20_000, 20_100) for frame in (*opened(EVIL, HOST, port, 80), get(port)))
    forged = (get(30_000 + number) for number in range(900))
    assert proofs(at(*own, *forged, step=2 * MS)) == {"http-flood": False}


def test_who_used_the_same_ports_before_proves_nothing_for_now() -> None:
    """A connection that is long over, and then a forger who takes its ports."""
    before = at(*(frame for port in range(40_000, 40_009) for frame in opened(EVIL, HOST, port, 22)))
    forged = (frame for port in range(40_000, 40_020) for frame in (
        tcp(EVIL, HOST, port, 22, sequence=9), tcp(EVIL, HOST, port, 22, ACK, sequence=10, acknowledged=CHOSEN + 1),
    ))  # fmt: skip
    assert "login-connections" not in proofs(before + at(*forged, begin=before[-1][0] + 120 * 10**9))


def test_who_used_the_same_ports_just_before_proves_nothing_either() -> None:
    """Who forges both sides can end a connection between two others and begin another, with numbers of his own."""

    def again(port: int) -> Frames:
        yield from opened(EVIL, HOST, port, 80)
        yield tcp(HOST, EVIL, 80, port, ACK | PSH, bytes(100), sequence=CHOSEN + 1, acknowledged=1001, back=True)
        yield tcp(EVIL, HOST, port, 80, sequence=50_000_000)
        yield tcp(HOST, EVIL, 80, port, SYN | ACK, sequence=9_000_000, acknowledged=50_000_001, back=True)
        yield tcp(EVIL, HOST, port, 80, ACK, sequence=50_000_001, acknowledged=9_000_001)
        yield get(port, 50_000_001, 9_000_001)

    assert proofs(at(*(frame for port in range(20_000, 20_400) for frame in again(port)), step=2 * MS)) == {
        "http-flood": False
    }


def test_scans_and_floods_never_prove_anybody() -> None:
    scan = (frame for port in range(1, 60) for frame in (tcp(EVIL, HOST, 40_000, port), tcp(HOST, EVIL, port, 40_000, RST | ACK)))
    assert proofs(at(*scan)) == {"port-scan": False}
    assert proofs(at(*(tcp(EVIL, HOST, port, 80) for port in range(1, 1000)), step=MS)) == {"syn-flood": False}
    half = (frame for port in range(1, 1000) for frame in tuple(opened(GOOD, HOST, port, 80))[:2])
    assert not any(proofs(at(*half, step=MS)).values())
