"""Captures on the command line."""

import gzip
import json
from pathlib import Path
from typing import Any

from tests import packets as made

BEGIN = 1_768_435_200 * 10**9


def scan_of(ports: int) -> bytes:
    """One host tries ports of another, which refuses; one frame that is no IP at the end."""
    frames = []
    for port in range(1, ports + 1):
        frames.append(made.ethernet(made.ip("203.0.113.9", "192.0.2.10", 6, made.tcp(40_000, port))))
        frames.append(made.ethernet(made.ip("192.0.2.10", "203.0.113.9", 6, made.tcp(port, 40_000, made.RST | made.ACK))))
    frames.append(made.ethernet(b"?", 0x88CC))
    return made.pcap([(BEGIN + number * 10**7, frame) for number, frame in enumerate(frames)])


def test_a_scan_in_a_capture_is_an_alert_like_any_other(tmp_path: Path, vedette: Any) -> None:
    (tmp_path / "a.pcap.gz").write_bytes(gzip.compress(scan_of(40)))
    done = vedette("scan", str(tmp_path), "--format", "jsonl", "-q")
    assert done.status == 1
    (line,) = done.out.splitlines()
    alert = json.loads(line)
    assert (alert["rule.source"], alert["alert.class"]) == ("network", "scan")
    assert (alert["source.ip"], alert["destination.ip"]) == ("203.0.113.9", "192.0.2.10")
    assert alert["evidence"][0]["event.original"].startswith("203.0.113.9:40000 > 192.0.2.10:")


def test_every_packet_is_accounted_for(tmp_path: Path, vedette: Any) -> None:
    (tmp_path / "a.pcap").write_bytes(scan_of(3)[:-5])
    done = vedette("scan", str(tmp_path / "a.pcap"))
    assert done.status == 2  # named by the user, and not whole
    assert "6 records (ipv4 6)" in done.out
    assert "ends within the packet" in done.out
    (tmp_path / "a.pcap").write_bytes(scan_of(3))
    assert "7 records (ipv4 6, not_ip 1)" in vedette("scan", str(tmp_path / "a.pcap")).out


def test_one_line_for_each_event_is_not_to_be_had_of_packets(tmp_path: Path, vedette: Any) -> None:
    (tmp_path / "a.pcap").write_bytes(scan_of(40))
    done = vedette("scan", str(tmp_path / "a.pcap"), "--by-event")
    assert (done.status, done.out) == (2, "")
    assert "packet capture" in done.err


def test_what_reads_lines_says_that_a_capture_has_none(tmp_path: Path, vedette: Any) -> None:
    (tmp_path / "a.pcap").write_bytes(scan_of(3))
    done = vedette("parse", str(tmp_path / "a.pcap"))
    assert done.status == 2
    assert "packet capture" in done.err
    assert "vedette scan" in done.err


def test_requests_in_packets_are_judged_by_the_rules_for_web_servers(tmp_path: Path, vedette: Any) -> None:
    ask = b"GET /item?id=1%27%20UNION%20SELECT%20name,password%20FROM%20users-- HTTP/1.1\r\nHost: x\r\n\r\n"
    segment = made.tcp(40_000, 80, made.ACK | made.PSH, ask)
    frame = made.ethernet(made.ip("203.0.113.9", "192.0.2.10", 6, segment))
    (tmp_path / "a.pcap").write_bytes(made.pcap([(BEGIN, frame)]))
    done = vedette("scan", str(tmp_path / "a.pcap"), "--format", "jsonl", "-q")
    found = [json.loads(line) for line in done.out.splitlines()]
    assert {alert["alert.class"] for alert in found} == {"web"}
    assert {alert["source.ip"] for alert in found} == {"203.0.113.9"}


def test_a_capture_is_played_in_the_place_of_interfaces(tmp_path: Path, vedette: Any) -> None:
    (tmp_path / "a.pcap").write_bytes(scan_of(40))
    done = vedette("run", "--replay", str(tmp_path / "a.pcap"), "--speed", "1000", "--data", str(tmp_path / "data"))
    assert done.status == 0
    listed = vedette("incidents", "list", "--all", "--data", str(tmp_path / "data"))
    assert "Port scan from 203.0.113.9" in listed.out
    (action,) = json.loads(vedette("blocklist", "--all", "--format", "json", "--data", str(tmp_path / "data")).out)
    # When it would have been, and as what: nothing is told to the kernel.
    assert (action["network"], action["action.type"], action["enforced"]) == ("203.0.113.9/32", "limit", False)
    assert action["at"].startswith("2026-01-15")


def test_what_is_no_capture_is_not_played(tmp_path: Path, vedette: Any) -> None:
    (tmp_path / "a.log").write_text("no packets here\n")
    for path in (tmp_path / "a.log", tmp_path / "none.pcap"):
        assert vedette("run", "--replay", str(path), "--data", str(tmp_path / "data")).status == 2
    for speed in ("0", "-1", "x", "nan", "inf"):
        assert vedette("run", "--replay", str(tmp_path / "a.log"), "--speed", speed).status == 2
