"""Unusual flows by what they look like (E3), on a day that this file makes up."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from vedette.parse.context import Context
from vedette.runtime.analyze import analyse_bytes
from vedette.runtime.engine import Plan
from vedette.runtime.rules import load

START = datetime(2026, 2, 1, 8, tzinfo=UTC)
Row = tuple[float, str, str, int, str, int]


def usual(seed: int, rows: int = 3000) -> list[Row]:
    dice = random.Random(seed)
    return [
        (
            dice.uniform(0, 28800), f"192.0.2.{dice.randint(20, 60)}", f"192.0.2.{dice.randint(5, 9)}",
            dice.choice([443, 443, 443, 80, 53]), "tcp", int(dice.lognormvariate(8, 1)),
        )
        for _ in range(rows)
    ]  # fmt: skip


def analysed(rows: list[Row]):
    lines = ["timestamp,source_ip,destination_ip,destination_port,protocol,bytes_transferred"]
    lines += [
        f"{START + timedelta(seconds=at):%Y-%m-%dT%H:%M:%SZ},{','.join(map(str, rest))}" for at, *rest in sorted(rows)
    ]
    return analyse_bytes(
        "\n".join(lines).encode(), "flows.csv", Plan(load([])), Context(reference=START), pack=False
    ).analysis


PLANTED = {
    "port-scan": ("203.0.113.9", [(3600 + p / 2, "203.0.113.9", "192.0.2.5", p * 7, "tcp", 60) for p in range(1, 120)]),
    "brute-force": (
        "203.0.113.20",
        [(7200 + i * 2, "203.0.113.20", "192.0.2.6", 22, "tcp", 2500 + i * 7 % 900) for i in range(150)],
    ),
    "exfiltration": (
        "192.0.2.33",
        [(10000 + i * 400, "192.0.2.33", "198.51.100.44", 443, "tcp", 900_000_000) for i in range(3)],
    ),
    "ddos": ("", [(15000 + i * 0.03, f"198.51.100.{i % 254 + 1}", "192.0.2.7", 80, "udp", 40) for i in range(600)]),
    "malware": (
        "192.0.2.41",
        [(9000 + i * 120, "192.0.2.41", "198.51.100.99", 4444, "tcp", 400 + i) for i in range(60)],
    ),
}


@pytest.mark.parametrize("category", PLANTED)
def test_an_attack_is_called_by_its_name(category) -> None:
    source, rows = PLANTED[category]
    found = [f for f in analysed(usual(5) + rows).findings if f.severity != "low"]
    assert [f.category for f in found] == [category], found
    assert found[0].evidence
    assert not source or source in found[0].description


def test_an_ordinary_day_is_only_unusual_at_most() -> None:
    made = analysed(usual(6))
    assert {f.category for f in made.findings} <= {"other"}
    assert made.level in ("informational", "low")


def test_too_few_flows_are_said_to_be() -> None:
    made = analysed(usual(7, 20))
    assert any("too few" in note for note in made.notes)
