"""DNS queries in packets become events."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import packets as made
from vedette.parse.packets.decode import decode
from vedette.parse.packets.dns import LOGSOURCE, queries, read
from vedette.parse.packets.envelope import Room

BEGIN = datetime(2026, 1, 15, tzinfo=UTC)


def message(*labels: bytes, kind: int = 1, flags: int = 0x0100, questions: int = 1) -> bytes:
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return b"\x12\x34" + flags.to_bytes(2, "big") + questions.to_bytes(2, "big") + bytes(6) + name + kind.to_bytes(2, "big") + b"\0\1"


def events(*payloads: bytes, port: int = 53, room: Room | None = None) -> Any:
    frames = [made.ethernet(made.ip("192.0.2.7", "192.0.2.53", 17, made.udp(40_000, port, each))) for each in payloads]
    batch = made.batch([(int(BEGIN.timestamp()) * 10**9, frame) for frame in frames], first=11)
    return queries(batch, decode(batch), room or Room())


def test_a_query_is_an_event() -> None:
    found = events(b"", message(b"X7", b"example", b"org", kind=16), message(b"a", flags=0x8180))
    assert found.logsource == LOGSOURCE
    (row,) = found.frame.rows(named=True)
    wanted = {
        "line": 12, "event.id": "made-12", "@timestamp": BEGIN, "dns.question.name": "x7.example.org", "dns.question.type": "TXT",
        "source.ip": "192.0.2.7", "destination.ip": "192.0.2.53", "destination.port": 53, "network.protocol": "dns",
        "event.original": "x7.example.org TXT",
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted


def test_only_the_ports_of_dns() -> None:
    assert events(message(b"a", b"test"), port=5000) is None
    assert events(message(b"a", b"local"), port=5353).frame.height == 1


def test_no_more_are_read_than_there_is_room_for() -> None:
    room = Room(2)
    assert events(*[message(b"a%d" % n, b"test") for n in range(5)], room=room).frame.height == 2
    assert room.over == 3


@pytest.mark.parametrize(
    ("data", "question"),
    [
        (message(b"a", b"test", kind=65), ("a.test", "HTTPS")),
        (message(b"a", b"test", kind=4711), ("a.test", "TYPE4711")),
        (message(b"a.b", b"test"), ("a\\.b.test", "A")),
        (message(b"\xff\x00", b"test"), ("\\xff\x00.test", "A")),
        (message(b"a" * 63, b"b" * 63, b"c" * 63, b"d" * 61), (".".join(("a" * 63, "b" * 63, "c" * 63, "d" * 61)), "A")),
        (message(b"a" * 63, b"b" * 63, b"c" * 63, b"d" * 63, b"e" * 63), None),
        (message(b"a", questions=2), None),
        (message(), None),
        (message(b"a", flags=0x8000), None),
        (b"\x12\x34\x01\x00\x00\x01" + bytes(6) + b"\xc0\x0c\0\1\0\1", None),
        (message(b"a", b"test")[:-3], None),
    ],
)
def test_names_and_types(data: bytes, question: tuple[str, str] | None) -> None:
    assert read(data) == question


@given(st.binary(max_size=400))
def test_no_bytes_are_a_fault(data: bytes) -> None:
    found = read(b"\x12\x34\x01\x00\x00\x01" + bytes(6) + data)
    assert found is None or len(found[0]) <= 4 * 256
