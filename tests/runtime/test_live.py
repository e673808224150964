"""Packets judged as they come: the same alerts as from a file, though their memory is used again at once."""

import pytest

from tests import packets as made
from vedette.model.alert import Alert, fold
from vedette.model.packets import PacketBatch
from vedette.runtime.capture import Live
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.packets import MANY, MOST, TOGETHER
from vedette.runtime.rules import load

BEGIN = 1_768_435_200 * 10**9
RULES = load([])


def attack() -> list[tuple[int, bytes]]:
    """A scan and, between, requests that no user makes."""
    frames = []
    for port in range(1, 41):
        frames.append(made.ethernet(made.ip("203.0.113.9", "192.0.2.10", 6, made.tcp(40_000, port))))
        frames.append(
            made.ethernet(made.ip("192.0.2.10", "203.0.113.9", 6, made.tcp(port, 40_000, made.RST | made.ACK)))
        )
        if port % 8 == 0:
            ask = b"GET /item?id=1%27%20UNION%20SELECT%20name,password%20FROM%20users-- HTTP/1.1\r\nHost: x\r\n\r\n"
            segment = made.tcp(50_000 + port, 80, made.ACK | made.PSH, ask)
            frames.append(made.ethernet(made.ip("203.0.113.10", "192.0.2.10", 6, segment)))
    return [(BEGIN + n * 10**7, frame) for n, frame in enumerate(frames)]


def fed(together: int, seconds: float, *, seed: int = 1) -> list[Alert]:
    """Alerts of the attack in batches, each of which is overwritten once it was fed."""
    live = Live(Engine(Plan(RULES), seed=seed))
    found: list[Alert] = []
    packets = attack()
    for number, at in enumerate(range(0, len(packets), together)):
        batch: PacketBatch = made.batch(packets[at : at + together], first=at + 1)
        memory = batch.data.copy()
        readable = memory.view()
        readable.setflags(write=False)
        found += live.feed(batch._replace(data=readable), number * seconds)
        memory[:] = 0xFF
        for each in (batch.at, batch.size, batch.wire, batch.time, batch.link):
            each[:] = 0
    return fold(found + live.rest())


def told(alerts: list[Alert]) -> list[tuple[str, int, list[str]]]:
    return sorted((a.id, a.count, [e.original for e in a.evidence]) for a in alerts)


@pytest.mark.parametrize("together", [1, 7, 30])
@pytest.mark.parametrize("seconds", [0.0, 0.2, 5.0])
def test_batches_and_their_times_do_not_matter(together: int, seconds: float) -> None:
    whole = fed(1000, 0.0)
    assert {alert.alert_class for alert in whole} >= {"scan", "web"}
    assert told(fed(together, seconds)) == told(whole)


def test_a_seed_changes_where_things_are_kept_and_not_what_is_found() -> None:
    """How many different things were seen is an estimate by their hashes: the counts may differ a little."""
    assert [alert[0] for alert in told(fed(7, 0.0, seed=2**64 - 1))] == [alert[0] for alert in told(fed(7, 0.0))]


def test_requests_are_gathered_but_not_for_long() -> None:
    packets = [packet for packet in attack() if b"GET " in packet[1]]
    live = Live(Engine(Plan(RULES)))
    assert live.feed(made.batch(packets[:1]), 10.0) == []
    assert live.due(10.0 + TOGETHER / 2) == []
    assert live.feed(made.batch(packets[1:2], first=2), 10.0 + TOGETHER * 0.9) == []
    assert {alert.source_ip for alert in live.due(10.0 + TOGETHER)} == {"203.0.113.10"}
    assert live.due(99.0) == []
    many = made.batch([packets[0]] * MOST, first=3)
    found = [live.feed(many, 100.0) for _ in range(MANY // MOST)]
    by_rules = [any(alert.rule_source == "sigma" for alert in alerts) for alerts in found]
    assert by_rules == [False] * (len(found) - 1) + [True]
    assert live.rest() == []


def test_of_too_many_at_once_some_are_read_and_the_others_counted() -> None:
    packets = [packet for packet in attack() if b"GET " in packet[1]]
    live = Live(Engine(Plan(RULES)))
    live.feed(made.batch([packets[0]] * (MOST + 7)), 100.0)
    assert live.over == 7
