"""Syslog on real sockets: both framings, TLS with and without client certificates, bounds."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from vedette.collect import receiver
from vedette.collect.framing import BadFrame, Framing
from vedette.collect.sources import syslog
from vedette.model.errors import SourceError
from vedette.model.records import Json

MESSAGE = b"<34>1 2026-02-01T10:24:12Z web1 su - ID47 - failed for root"


@pytest.fixture
def start() -> Iterator[Any]:
    made: list[syslog.Source] = []

    def make(positions: dict[str, Json] | None = None, **kw: Any) -> syslog.Source:
        source = syslog.Source(syslog.Settings(**kw), "sys")
        source.open(positions or {})
        made.append(source)
        return source

    yield make
    for source in made:
        source.close()


def collect(source: syslog.Source, number: int, seconds: float = 10) -> list[str]:
    """Poll until that many messages are there; each poll blocks until something comes."""
    got: list[str] = []
    deadline = time.monotonic() + seconds
    while len(got) < number and time.monotonic() < deadline:
        for batch in source.poll(1000, 1):
            got += batch.frame["raw"].to_list()
    return got


def test_udp(start: Any) -> None:
    source = start(udp="127.0.0.1:0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for message in (MESSAGE, b"<13>bad \xff byte\n", b"", b"<13>nul\x00in it\x00"):
            out.sendto(message, source.address("udp"))
    assert collect(source, 3) == [MESSAGE.decode(), "<13>bad \\xff byte", "<13>nul\x00in it"]


def test_tcp_framings_may_change_from_frame_to_frame(start: Any) -> None:
    source = start(tcp="127.0.0.1:0")
    with socket.create_connection(source.address("tcp")) as out:
        out.sendall(b"%d %s" % (len(MESSAGE), MESSAGE) + b"<13>line one\r\n" + b"8 <13>a\nb\n" + b"<13>no end")
    assert collect(source, 4) == [MESSAGE.decode(), "<13>line one", "<13>a\nb", "<13>no end"]


def test_every_message_comes_with_the_address_that_sent_it(start: Any) -> None:
    source = start(udp="127.0.0.1:0", tcp="[::]:0")
    for host in ("127.0.0.2", "127.0.0.3"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.bind((host, 0))
            out.sendto(b"<13>udp from %s" % host.encode(), source.address("udp"))
        with socket.create_connection(
            ("127.0.0.1", source.address("tcp")[1]), timeout=10, source_address=(host, 0)
        ) as out:
            out.sendall(b"<13>tcp from %s\n" % host.encode())
    got: list[tuple[str, str]] = []
    deadline = time.monotonic() + 10
    while len(got) < 4 and time.monotonic() < deadline:
        for batch in source.poll(1000, 1):
            assert batch.peers is not None
            got += zip(batch.frame["raw"], batch.peers, strict=True)
    assert sorted(got) == [(f"<13>{way} from 127.0.0.{n}", f"127.0.0.{n}") for way in ("tcp", "udp") for n in (2, 3)]


frame = st.one_of(
    st.binary(min_size=1, max_size=30).map(lambda b: (b"%d " % len(b) + b, b)),
    st.text("<13>ab 9", min_size=1, max_size=30).map(lambda t: (b"<" + t.encode() + b"\n", b"<" + t.encode())),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(frame, max_size=10), st.integers(1, 25))
def test_however_the_stream_is_cut_the_messages_are_the_same(frames: list[tuple[bytes, bytes]], size: int) -> None:
    stream = b"".join(sent for sent, _ in frames)
    framing = Framing(1000)
    got = [m for i in range(0, len(stream), size) for m in framing.feed(stream[i : i + size])] + framing.finish()
    assert got == [meant.rstrip(b"\r\n\x00") for _, meant in frames]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=50), max_size=20))
def test_garbage_is_bounded(blocks: list[bytes]) -> None:
    framing = Framing(20)
    for block in blocks:
        try:
            assert all(len(m) <= 20 for m in framing.feed(block))
        except BadFrame:
            return
        assert len(framing._data) + len(framing._kept) <= 70
    framing.finish()


@pytest.mark.parametrize("stream", [b"<1>" + b"x" * 5000 + b"\n<1>next\n", b"5003 <1>" + b"x" * 5000 + b"<1>next\n"])
@pytest.mark.parametrize("size", [7, 1000, 100_000])
def test_long_messages_are_cut_and_counted(stream: bytes, size: int) -> None:
    framing = Framing(480)
    got = [m for i in range(0, len(stream), size) for m in framing.feed(stream[i : i + size])]
    assert got == [b"<1>" + b"x" * 477, b"<1>next"]
    assert framing.cut == 1


def test_an_absurd_length_closes_the_connection_and_is_counted(start: Any) -> None:
    source = start(tcp="127.0.0.1:0")
    with socket.create_connection(source.address("tcp"), timeout=10) as out:
        out.sendall(b"<1>good\n999999999 x")
        assert collect(source, 1) == ["<1>good"]
        out.sendall(b"more")
        assert out.recv(1) == b""
    source.poll(10, 1)
    assert any("999,999,999" in reason for reason in source.health()["dropped"])


def test_no_number_is_given_twice_over_restarts(start: Any) -> None:
    positions: dict[str, Json] = {}
    seen: set[tuple[str, int]] = set()
    lines = []
    for turn in range(3):
        source = start(positions, udp="127.0.0.1:0")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for _ in range(2):
                out.sendto(MESSAGE, source.address("udp"))
                for batch in source.poll(10, 10):
                    for line, offset, _ in batch.frame.rows():
                        assert (batch.source, offset) not in seen
                        seen.add((batch.source, offset))
                        lines.append(line)
                    if turn != 1:  # the second run is killed before anything of it is durable
                        positions[batch.source] = batch.position
        source.close()
    assert len(seen) == 6


def test_udp_without_room_is_dropped_and_counted_exactly(start: Any) -> None:
    source = start(udp="127.0.0.1:0", max_waiting=10)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for _ in range(50):
            out.sendto(MESSAGE, source.address("udp"))
    deadline = time.monotonic() + 10
    while source.health()["received"] < 50 and time.monotonic() < deadline:
        source.poll(0, 0.05)
    got = len(collect(source, 10))
    assert got == 10
    assert source.health()["dropped"] == {receiver.FULL: 40}


def test_tcp_without_room_waits_and_loses_nothing(start: Any) -> None:
    source = start(tcp="127.0.0.1:0", max_waiting=50)
    with socket.create_connection(source.address("tcp")) as out:
        out.sendall(b"".join(b"<1>%d\n" % n for n in range(5000)))
    assert collect(source, 5000) == [f"<1>{n}" for n in range(5000)]
    assert source.health()["dropped"] == {}


def test_too_many_connections_are_refused_and_counted(start: Any) -> None:
    source = start(tcp="127.0.0.1:0", max_connections=1)
    with socket.create_connection(source.address("tcp")) as first:
        first.sendall(b"<1>first\n")
        assert collect(source, 1) == ["<1>first"]
        with socket.create_connection(source.address("tcp"), timeout=10) as second:
            assert second.recv(1) == b""
        first.sendall(b"<1>still\n")
        assert "<1>still" in collect(source, 1) + collect(source, 1, 0.1)
    assert source.health()["dropped"][receiver.REFUSED] == 1


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_files(tmp_path: Path, authority: trustme.CA) -> dict[str, Any]:
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return {"certificate": tmp_path / "server.pem"}


def client(authority: trustme.CA, *, own: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    if own:
        authority.issue_cert("sender.example.org").configure_cert(context)
    return context


def test_tls(start: Any, authority: trustme.CA, tls_files: dict[str, Any]) -> None:
    source = start(tls_address="127.0.0.1:0", tls=tls_files)
    context = client(authority, own=False)
    with (
        socket.create_connection(source.address("tls")) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as out,
    ):
        out.sendall(b"".join(b"%d %s" % (len(MESSAGE), MESSAGE) for _ in range(3000)))
        assert collect(source, 3000) == [MESSAGE.decode()] * 3000


@pytest.mark.parametrize("own", [True, False])
def test_tls_with_client_certificates(
    start: Any, authority: trustme.CA, tls_files: dict[str, Any], tmp_path: Path, own: bool
) -> None:
    source = start(tls_address="127.0.0.1:0", tls={**tls_files, "client_ca": tmp_path / "ca.pem"})
    context = client(authority, own=own)
    refused = False
    try:
        with (
            socket.create_connection(source.address("tls"), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as out,
        ):
            out.sendall(b"<1>hello\n")
            out.settimeout(10)
            if not own:
                refused = out.recv(1) == b""
            else:
                assert collect(source, 1) == ["<1>hello"]
    except OSError:
        refused = True
    assert refused is not own
    if not own:
        source.poll(1, 5)
        assert "TLS handshake failed" in source.health()["dropped"]


def test_plain_text_on_the_tls_port_is_counted(start: Any, tls_files: dict[str, Any]) -> None:
    source = start(tls_address="127.0.0.1:0", tls=tls_files)
    with socket.create_connection(source.address("tls"), timeout=10) as out:
        out.sendall(b"<1>hello there, this is no handshake\n")
        with contextlib.suppress(OSError):  # a closed connection shows as an end or as a reset
            assert out.recv(1) in (b"", b"\x15")
    assert source.poll(1, 10)
    assert source.health()["dropped"] == {"TLS handshake failed": 1}


def test_a_taken_port_is_one_clear_error(start: Any) -> None:
    source = start(tcp="127.0.0.1:0")
    with pytest.raises(SourceError) as error:
        start(tcp=f"127.0.0.1:{source.address('tcp')[1]}")
    assert "in use" in str(error.value)
    assert "fix:" in str(error.value)


@pytest.mark.parametrize("wrong", [{}, {"udp": "514"}, {"udp": "localhost:514"}, {"tls_address": "127.0.0.1:6514"}])
def test_wrong_settings(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        syslog.Settings(**wrong)
