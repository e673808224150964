"""DNS queries and answers in packets become events."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import packets as made
from vedette.parse.packets.decode import decode
from vedette.parse.packets.dns import LOGSOURCE, MOST_ANSWERS, Message, lookups, read
from vedette.parse.packets.envelope import Room

BEGIN = datetime(2026, 1, 15, tzinfo=UTC)


def message(*labels: bytes, kind: int = 1, flags: int = 0x0100, questions: int = 1, answers: list[bytes] | None = None) -> bytes:
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    counts = questions.to_bytes(2, "big") + len(answers or ()).to_bytes(2, "big") + bytes(4)
    return b"\x12\x34" + flags.to_bytes(2, "big") + counts + name + kind.to_bytes(2, "big") + b"\0\1" + b"".join(answers or ())


def answer(kind: int, data: bytes, owner: bytes = b"\xc0\x0c") -> bytes:
    return owner + kind.to_bytes(2, "big") + b"\0\1" + bytes(4) + len(data).to_bytes(2, "big") + data


def events(*payloads: bytes, port: int = 53, room: Room | None = None, back: bool = False) -> Any:
    ends, ports = (("192.0.2.53", "192.0.2.7"), (port, 40_000)) if back else (("192.0.2.7", "192.0.2.53"), (40_000, port))
    frames = [made.ethernet(made.ip(*ends, 17, made.udp(*ports, each))) for each in payloads]
    batch = made.batch([(int(BEGIN.timestamp()) * 10**9, frame) for frame in frames], first=11)
    return lookups(batch, decode(batch), room or Room())


def test_a_query_is_an_event() -> None:
    found = events(b"", message(b"X7", b"example", b"org", kind=16), message(b"a", flags=0x8180))
    assert found.logsource == LOGSOURCE
    (row,) = found.frame.rows(named=True)
    wanted = {
        "line": 12, "event.id": "made-12", "@timestamp": BEGIN, "dns.question.name": "x7.example.org", "dns.question.type": "TXT",
        "source.ip": "192.0.2.7", "destination.ip": "192.0.2.53", "destination.port": 53, "network.protocol": "dns",
        "event.original": "x7.example.org TXT", "event.action": "query", "dns.response_code": None,
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted


def test_an_answer_is_an_event_of_who_asked_without_the_name() -> None:
    given_ = message(b"x7", b"example", b"org", kind=16, flags=0x8180, answers=[answer(16, b"\5hello\6 world")])
    (row,) = events(given_, message(b"a"), back=True).frame.rows(named=True)
    wanted = {
        "line": 11, "dns.question.name": None, "dns.question.type": "TXT", "dns.response_code": "NOERROR", "source.ip": "192.0.2.7",
        "source.port": 40_000, "destination.ip": "192.0.2.53", "destination.port": 53, "event.action": "answer",
        "dns.answers.data": "hello world", "event.original": "x7.example.org TXT NOERROR hello world",
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (1, bytes([192, 0, 2, 80]), ("192.0.2.80",)),
        (28, bytes.fromhex("20010db8") + bytes(11) + b"\x80", ("2001:db8::80",)),
        (5, b"\3web\xc0\x0c", ("web.a.test",)),
        (15, b"\0\x0a\4mail\xc0\x0c", ("mail.a.test",)),
        (33, bytes(6) + b"\3sip\xc0\x0c", ("sip.a.test",)),
        (16, b"\3abc\xffde", ("abcde",)),
        (1, b"\1\2\3", ()),
        (5, b"\xc0\x24", ()),  # points at itself
        (15, b"\0\0\0", (".",)),
        (6, b"anything", ()),
    ],
)
def test_data_of_answers(kind: int, data: bytes, text: tuple[str, ...]) -> None:
    found = read(message(b"a", b"test", flags=0x8180, answers=[answer(kind, data)]))
    assert found == Message("a.test", "A", "NOERROR", text)


def test_damaged_answers_are_told_up_to_the_damage_and_only_so_many() -> None:
    one = answer(1, bytes([192, 0, 2, 80]))
    whole = message(b"a", b"test", flags=0x8183, answers=[one, one, one])
    for cut in range(len(whole)):
        found = read(whole[:cut])
        assert found is None or (found.code == "NXDOMAIN" and len(found.data) <= 2)
    assert read(message(b"a", b"test", flags=0x8180, answers=[one] * 99)).data == ("192.0.2.80",) * MOST_ANSWERS


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
                (b"\x12\x34\x01\x00\x00\x01" + bytes(6) + b"\xc0\x0c\0\1\0\1", None),
        (message(b"a", b"test")[:-3], None),
    ],
)
def test_names_and_types(data: bytes, question: tuple[str, str] | None) -> None:
    assert read(data) == (question and Message(*question))


@given(st.sampled_from((0x0100, 0x8180)), st.integers(0, 0xFFFF), st.binary(max_size=400))
def test_no_bytes_are_a_fault(flags: int, answers: int, data: bytes) -> None:
    found = read(b"\x12\x34" + flags.to_bytes(2, "big") + b"\x00\x01" + answers.to_bytes(2, "big") + bytes(4) + data)
    assert found is None or (len(found.name) <= 4 * 256 and len(found.data) <= MOST_ANSWERS)
