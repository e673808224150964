"""Packets as they were captured: what flows from capture files and interfaces to the decoder."""

from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vedette.model.records import Json

NO_LINK, OTHER, SHORT, BROKEN, ARP, IP4, IP6 = range(7)
"""Kinds: a link type that we do not know; no IP; cut off before its addresses; wrong in itself; the others."""
KINDS: Final = (
    ("", "a link type that is not known"), ("not_ip", ""), ("", "cut off before its addresses"), ("", "broken header"),
    ("arp", ""), ("ipv4", ""), ("ipv6", ""),
)  # fmt: skip
"""Of each kind what such packets are called, or why they cannot be understood."""
CAPTURE: Final = "capture:"
"""Before the name of an interface: the path of what is captured there."""
WHOLE, FIRST, LATER = range(3)
"""Fragments: none, the first one, which has the ports, and the others."""

PACKET: Final = np.dtype(
    [
        ("time", "i8"), ("source_high", "u8"), ("source_low", "u8"), ("target_high", "u8"), ("target_low", "u8"),
        ("outer_high", "u8"), ("outer_low", "u8"), ("mac", "u8"), ("payload_at", "i8"), ("wire", "u4"), ("payload", "u4"),
        ("captured", "u4"), ("begins", "u4"), ("sequence", "u4"), ("acknowledged", "u4"), ("source_port", "u2"), ("target_port", "u2"),
        ("vlan", "u2"), ("window", "u2"), ("kind", "u1"), ("protocol", "u1"), ("flags", "u1"), ("fragment", "u1"), ("ttl", "u1"),
        ("tunnels", "u1"),
    ],
    align=True,
)  # fmt: skip
"""`time`: ns since 1970. Addresses: 128 bits in two halves; of IPv4 the low 32. `mac`: hardware address of the sender
(of ARP the one that it claims). `payload_at`: where the payload begins in the batch's data; `payload`: its bytes by the
IP header, `captured` those that there are, `begins` the first four of them (of TCP). Ports:
of ICMP type and code, of ARP the operation. `vlan`: the outermost tag. `window`: of TCP, what its sender has room for, as it
is written (0xFFFF where that was not captured). `tunnels`: how many packets stand around this one."""


class PacketBatch(NamedTuple):
    """Packets of one source, in its order. All arrays but `data` have one entry per packet.

    Attributes:
        source: identity of the content, stable over renames; part of every id that is made from it.
        path: what the user calls it.
        data: bytes (uint8) in which the packets lie.
        at: where each begins in `data` (int64).
        size: bytes of it that were captured (int32), all of them in `data`.
        wire: bytes that it had (int32).
        time: nanoseconds since 1970, UTC (int64); in any order.
        link: its link type (uint16), by https://www.tcpdump.org/linktypes.html.
        first: number of the first packet in its source, from 1.
        position: where to go on after this batch; opaque to all but the collector, JSON-able.
        dropped: (reason, count) of what the collector had to leave out before this batch.
        last: the source has ended.
    """

    source: str
    path: str
    data: npt.NDArray[np.uint8]
    at: npt.NDArray[np.int64]
    size: npt.NDArray[np.int32]
    wire: npt.NDArray[np.int32]
    time: npt.NDArray[np.int64]
    link: npt.NDArray[np.uint16]
    first: int
    position: Json
    dropped: tuple[tuple[str, int], ...] = ()
    last: bool = False

    def part(self, begin: int, end: int) -> "PacketBatch":
        """Packets from row `begin` to before row `end`. What was dropped goes with the first part, the position with the
        last one: those before have none to go on from."""
        whole = end >= len(self.at)
        return PacketBatch(
            self.source, self.path, self.data, self.at[begin:end], self.size[begin:end], self.wire[begin:end],
            self.time[begin:end], self.link[begin:end], self.first + begin, self.position if whole else {},
            () if begin else self.dropped, last=self.last and whole,
        )  # fmt: skip


def address(high: Any, low: Any, *, six: bool) -> str:
    """The canonical text of an address, from its halves."""
    return str(IPv6Address(int(high) << 64 | int(low))) if six else str(IPv4Address(int(low) & 0xFFFFFFFF))
