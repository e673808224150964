"""Frames and capture files for tests, made by hand from the protocols' headers."""

import struct
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

SYN, ACK, RST, FIN, PSH, URG = 2, 16, 4, 1, 8, 32
CHOSEN = 3_000_000_000
"""The sequence number with which servers begin; clients begin with 1000."""
_MACS = bytes.fromhex("005e00530001005e00530002")


def ethernet(payload: bytes, kind: int = 0x0800, *tags: tuple[int, int], back: bool = False) -> bytes:
    """A frame; `tags`: (tag's type, VLAN); `back`: from the second card to the first."""
    head = b"".join(struct.pack(">HH", kind_of_tag, vlan) for kind_of_tag, vlan in tags)
    return (_MACS[6:] + _MACS[:6] if back else _MACS) + head + struct.pack(">H", kind) + payload


def ip(source: str, target: str, protocol: int, payload: bytes, *, fragment: int = 0, length: int | None = None) -> bytes:
    """An IPv4 or IPv6 packet, by its addresses."""
    a, b = ip_address(source), ip_address(target)
    if a.version == 6:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + a.packed + b.packed + payload
    total = 20 + len(payload) if length is None else length
    return struct.pack(">BBHHHBBH", 0x45, 0, total, 1, fragment, 64, protocol, 0) + a.packed + b.packed + payload


def tcp(
    source: int, target: int, flags: int = SYN, payload: bytes = b"", sequence: int = 1000, acknowledged: int = CHOSEN + 1,
    window: int = 1024,
) -> bytes:  # fmt: skip
    """A TCP segment."""
    acknowledged = acknowledged if flags & ACK else 0
    return struct.pack(">HHIIBBHHH", source, target, sequence, acknowledged, 0x50, flags, window, 0, 0) + payload


def udp(source: int, target: int, payload: bytes = b"") -> bytes:
    """A UDP datagram."""
    return struct.pack(">HHHH", source, target, 8 + len(payload), 0) + payload


def icmp(kind: int, code: int = 0, payload: bytes = b"") -> bytes:
    """An ICMP or ICMPv6 message."""
    return struct.pack(">BBHI", kind, code, 0, 0) + payload


def arp(operation: int, mac: str, source: str, target: str) -> bytes:
    """A frame with an ARP message."""
    ends = bytes.fromhex(mac) + ip_address(source).packed + bytes(6) + ip_address(target).packed
    return ethernet(struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) + ends, 0x0806)


def question(name: str, kind: int = 16) -> bytes:
    """A DNS query for a type, TXT where it is not told."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def pcap(
    packets: Sequence[tuple[int, bytes]], *, big: bool = False, nano: bool = False, link: int = 1, wire: int | None = None
) -> bytes:
    """A capture file of packets with their times in nanoseconds."""
    order = ">" if big else "<"
    made = [struct.pack(f"{order}IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, 262_144, link)]
    for time, data in packets:
        part = time % 10**9 // (1 if nano else 1000)
        made.append(struct.pack(f"{order}IIII", time // 10**9, part, len(data), wire or len(data)) + data)
    return b"".join(made)


def block(order: str, kind: int, body: bytes) -> bytes:
    """A block of a pcapng file."""
    body += bytes(-len(body) % 4)
    size = struct.pack(f"{order}I", 12 + len(body))
    return struct.pack(f"{order}I", kind) + size + body + size


def section(order: str = "<") -> bytes:
    """The block that begins a section."""
    return block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str = "<", link: int = 1, resolution: int | None = None, begins: int | None = None) -> bytes:
    """The description of an interface."""
    body = struct.pack(f"{order}HHI", link, 0, 0)
    if resolution is not None:
        body += struct.pack(f"{order}HHBxxx", 9, 1, resolution)
    if begins is not None:
        body += struct.pack(f"{order}HHq", 14, 8, begins)
    return block(order, 1, body + bytes(4))


def enhanced(ticks: int, data: bytes, order: str = "<", number: int = 0) -> bytes:
    """A packet with its time in ticks of its interface."""
    head = struct.pack(f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(order, 6, head + data)


def batch(packets: Sequence[tuple[int, bytes]], link: int = 1, first: int = 1) -> Any:
    """Packets as a batch."""
    import numpy as np

    from vedette.model.packets import PacketBatch

    sizes = np.array([len(data) for _, data in packets], np.int32)
    whole = np.frombuffer(b"".join(data for _, data in packets), np.uint8)
    at = np.cumsum(sizes, dtype=np.int64) - sizes
    times = np.array([time for time, _ in packets], np.int64)
    links = np.full(len(packets), link, np.uint16)
    return PacketBatch("made", "made.pcap", whole, at, sizes, sizes, times, links, first, {})
