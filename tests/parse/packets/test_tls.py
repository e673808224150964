"""Names that TLS clients ask for."""

import ssl
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import packets as made
from vedette.parse.packets.decode import decode
from vedette.parse.packets.envelope import Room
from vedette.parse.packets.tls import LOGSOURCE, hellos, server_name

BEGIN = datetime(2026, 1, 15, tzinfo=UTC)


def hello(name: str | None) -> bytes:
    """What a real client sends first."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = False
    client = context.wrap_bio(into, out, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return out.read()


def events(*payloads: bytes, room: Room | None = None) -> Any:
    frames = [made.ethernet(made.ip("192.0.2.7", "203.0.113.9", 6, made.tcp(40_000, 443, made.ACK, each))) for each in payloads]
    batch = made.batch([(int(BEGIN.timestamp()) * 10**9, frame) for frame in frames], first=11)
    return hellos(batch, decode(batch), room or Room())


def test_the_name_that_a_client_asks_for_is_an_event() -> None:
    found = events(b"", hello("WWW.Example.org"), b"\x16\x03\x03" + bytes(80), b"GET / HTTP/1.1\r\n" + bytes(60))
    assert found.logsource == LOGSOURCE
    (row,) = found.frame.rows(named=True)
    wanted = {
        "line": 12, "tls.client.server_name": "www.example.org", "destination.domain": "www.example.org", "source.ip": "192.0.2.7",
        "destination.ip": "203.0.113.9", "destination.port": 443, "network.protocol": "tls", "@timestamp": BEGIN,
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted


def test_a_client_that_names_nobody_is_no_event() -> None:
    assert events(hello(None)) is None


def test_no_more_are_read_than_there_is_room_for() -> None:
    room = Room(1)
    assert events(*[hello(f"a{n}.test") for n in range(3)], room=room).frame.height == 1
    assert room.over == 2


def test_cut_anywhere_it_is_the_name_or_nothing() -> None:
    whole = hello("www.example.org")
    found = {server_name(whole[:size]) for size in range(len(whole) + 1)}
    assert found == {None, "www.example.org"}


@given(st.data())
def test_no_bytes_are_a_fault(data: st.DataObject) -> None:
    changed = bytearray(hello("www.example.org"))
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    found = server_name(bytes(changed))
    assert found is None or 0 < len(found) <= 4 * 255
