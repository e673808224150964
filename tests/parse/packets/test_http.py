"""Requests in packets become web events."""

from datetime import UTC, datetime
from typing import Any

from tests import packets as made
from vedette.parse.packets.decode import decode
from vedette.parse.packets.envelope import Room
from vedette.parse.packets.http import requests
from vedette.parse.web import WEBSERVER

BEGIN = datetime(2026, 1, 15, tzinfo=UTC)
REQUEST = b"GET /a?id=1 HTTP/1.1\r\nHost: www.example.org\r\nuser-agent: curl/8\r\nX: \xff\r\n\r\nbody"


def events(*payloads: bytes, source: str = "198.51.100.7", target: str = "192.0.2.10") -> Any:
    kind = 0x86DD if ":" in source else 0x0800
    frames = [made.ethernet(made.ip(source, target, 6, made.tcp(40_000, 80, made.ACK, each)), kind) for each in payloads]
    batch = made.batch([(int(BEGIN.timestamp()) * 10**9 + 1_500, frame) for frame in frames], first=11)
    return requests(batch, decode(batch), Room())


def test_a_request_is_an_event_of_a_web_server() -> None:
    found = events(b"", REQUEST, b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n")
    assert found.logsource == WEBSERVER
    (row,) = found.frame.rows(named=True)
    wanted = {
        "line": 12, "event.id": "made-12", "log.offset": 12, "@timestamp": BEGIN.replace(microsecond=1),
        "http.request.method": "GET", "url.original": "/a?id=1", "url.path": "/a", "url.query": "id=1",
        "url.domain": "www.example.org", "user_agent.original": "curl/8", "source.ip": "198.51.100.7", "source.port": 40_000,
        "destination.ip": "192.0.2.10", "destination.port": 80, "event.category": "web", "event.outcome": None,
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted
    assert row["event.original"].endswith("X: \\xff")


def test_ipv6_and_requests_without_headers() -> None:
    (row,) = events(b"GET / HTTP/1.0\r\n\r\n", source="2001:db8::7", target="2001:db8::10").frame.rows(named=True)
    assert (row["source.ip"], row["user_agent.original"], row["http.version"]) == ("2001:db8::7", None, "1.0")


def test_what_is_no_request_is_no_event() -> None:
    assert events(b"GET away from here, this is prose", b"\x16\x03\x01" + bytes(40), b"POSTPONED until further notice") is None
