# ruff: noqa: F811 - fixtures are imported
"""The watcher on real interfaces: several rings share what comes, and what vanishes is watched again when it is back."""

import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import packets as made
from tests.live.blaster import blast, frames_of
from tests.live.wires import REFUSED, inside, ip  # noqa: F401
from vedette.collect.interfaces import Settings, group_of, open_ring
from vedette.collect.ring import Ring
from vedette.runtime import warm, watcher
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.packets import judge
from vedette.runtime.rules import load
from vedette.runtime.watcher import Watcher

pytestmark = [pytest.mark.live, pytest.mark.skipif(bool(REFUSED), reason=REFUSED)]
SCANNED = 40
PATIENCE = 30


def until(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, "it did not become so"
        time.sleep(0.02)
    return found


class Watched:
    """A watcher with what it logs, who opened what, and what each thread judged."""

    def __init__(self, names: list[str], fanout: int, plan: Plan) -> None:
        self.groups: list[tuple[str, int | None]] = []
        self.log: list[tuple[str, str]] = []
        self.shares: Counter[str] = Counter()
        engine = Engine(plan)

        def capture(name: str, group: int | None) -> Ring:
            self.groups.append((name, group))
            opened, geometry = open_ring(name, Settings(ring=4 << 20, fanout=group))
            return Ring(opened, name, geometry)

        def look(batch: Any) -> Any:
            self.shares[batch.source] += len(batch.at)
            return judge(engine, batch)

        self.watcher = Watcher(
            names, capture, look, lambda *_: None, lambda event, facts: self.log.append((event, facts["interface"])), fanout=fanout
        )

    def interface(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.watcher.health()["interfaces"][name]
        return found


@pytest.fixture(scope="module")
def plan() -> Plan:
    warm.judging()
    warm.ring.warm()
    return Plan(load([]))


def scan() -> list[bytes]:
    """Of so many ports of one host by one source: every attempt is a conversation of its own."""
    return [made.ethernet(made.ip("203.0.113.9", "192.0.2.10", 6, made.tcp(40_000 + n, 1 + n))) for n in range(SCANNED)]


@pytest.mark.parametrize("fanout", [1, 3])
def test_rings_share_packets_and_what_is_judged_is_all_of_them(inside: str, plan: Plan, fanout: int) -> None:
    watched = Watched(["v1", "w1"], fanout, plan)
    try:
        until(lambda: watched.log.count(("capture began", "v1")) == watched.log.count(("capture began", "w1")) == fanout)
        blast("v0", frames_of("spoofed", 3000), 3000)
        blast("w0", scan(), SCANNED)
        until(lambda: watched.interface("v1")["packets"] >= 3000 and watched.interface("w1")["packets"] >= SCANNED)
        assert (watched.interface("v1")["packets"], watched.interface("w1")["packets"]) == (3000, SCANNED)  # and not once for each
        assert watched.interface("v1")["drops"] == 0
        of_v1 = {source: number for source, number in watched.shares.items() if source.startswith("v1-")}
        assert len(of_v1) == fanout
        assert min(of_v1.values()) > 3000 / fanout / 2
    finally:
        watched.watcher.close()  # when what was taken is judged
    alerts = watched.watcher.take().alerts
    scans = [alert for alert in alerts if alert.rule_id == "network-port-scan"]
    assert {alert.source_ip for alert in scans} == {"203.0.113.9"}
    # Told at 10 attempts and at 20: as many as no ring of three has seen.
    assert sum(alert.count for alert in scans) == 20
    assert not watched.watcher.health()["shed"]
    assert next(group for name, group in watched.groups if name == "v1") == (None if fanout == 1 else 0)


def test_an_interface_that_vanishes_is_watched_again_by_all_rings_when_it_is_back(
    inside: str, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "_AGAIN", 0.2)
    watched = Watched(["v1", "w1"], 2, plan)
    try:
        until(lambda: watched.log.count(("capture began", "v1")) == 2 and watched.log.count(("capture began", "w1")) == 2)
        blast("v0", frames_of("spoofed", 500), 500)
        until(lambda: watched.interface("v1")["packets"] == 500)
        ip("link", "del", "v0")
        until(lambda: watched.log.count(("capture failed", "v1")) >= 2)
        assert watched.interface("v1")["fault"]
        blast("w0", frames_of("spoofed", 500), 500)  # the other one goes on
        until(lambda: watched.interface("w1")["packets"] == 500)
        ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
        for end in ("v0", "v1"):
            Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
            ip("link", "set", end, "up")
        until(lambda: watched.log.count(("capture began", "v1")) == 4)
        before = watched.interface("v1")["packets"]
        blast("v0", frames_of("spoofed", 1000), 1000)
        until(lambda: watched.interface("v1")["packets"] >= before + 1000)
        assert watched.interface("v1")["packets"] == before + 1000
        assert watched.interface("v1")["fault"] == ""
    finally:
        watched.watcher.close()


def test_who_joins_a_group_takes_nothing_that_another_one_has(inside: str) -> None:
    """Packets come all the while, and rings come and go."""
    frames, sent = frames_of("spoofed", 500), []
    sender = threading.Thread(target=lambda: sent.append(blast("v0", frames, 10**7, seconds=2)))
    first, _ = open_ring("v1", Settings(ring=1 << 20, fanout=0))
    counted = 0
    sender.start()
    while sender.is_alive():
        joined, _ = open_ring("v1", Settings(ring=1 << 20, fanout=group_of(first)))
        counted += _counted(joined)
        joined.close()
    sender.join()
    counted += _counted(first)
    first.close()
    assert 0.5 * sent[0] < counted <= sent[0]


def _counted(opened: Any) -> int:
    """Packets that it was given, with those for which there is no room."""
    number: int = struct.unpack("3I", opened.getsockopt(263, 6, 12))[0]
    return number


def test_two_new_groups_have_two_numbers(inside: str) -> None:
    one, _ = open_ring("v1", Settings(ring=1 << 20, fanout=0))
    other, _ = open_ring("v1", Settings(ring=1 << 20, fanout=0))
    assert group_of(one) != group_of(other)
    one.close()
    other.close()
