"""What the compiled pass counts by, and how it tells what it found."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vedette.detect.network.tables import MOMENT, MOMENTS
from vedette.model.compiled import compiled
from vedette.model.packets import IP6

ANSWER, SYN, FIN, NULL, XMAS, ACK, ODD, UDP, PING, ASK, INIT, PROTOCOL = range(12)
"""With what a conversation begins; ANSWER: with one to a question that we did not see; ODD: flags that no stack sends
together; ASK: an ARP request, or an IPv6 neighbour solicitation; INIT: of SCTP; PROTOCOL: any other one."""
ANSWERED, REFUSED, ESTABLISHED, LOWER, ASKED, DOUBTED, SILENT, WATCHED = 1, 2, 4, 8, 16, 32, 64, 128
"""State of a conversation; ESTABLISHED: whoever began it acknowledged the number that the other side chose; LOWER: its
lower end began it; ASKED: its target was counted among the tried ones; DOUBTED: the other side's number may be forged;
SILENT: the other side has said nothing yet in a connection that is established; WATCHED: its bytes are counted, since it
may be one of a beacon's."""
(
    VERTICAL, HORIZONTAL, SLOW, SYN_FLOOD, UDP_FLOOD, ICMP_FLOOD, ACK_FLOOD, IP_FLOOD, HTTP_FLOOD, UDP_REFLECTION,
    TCP_REFLECTION, GUESSING, TUNNEL, STEALTH, DHCP_FLOOD, ARP_SPOOFING, DECOYS, BEACON, SLOW_HTTP, EXHAUSTION,
    PACKET_RATE, BYTE_RATE, CARPET, NAMES_FLOOD,
) = range(24)  # fmt: skip
"""What was found."""

FOUND: Final = np.dtype(
    [
        ("source_high", "u8"), ("source_low", "u8"), ("target_high", "u8"), ("target_low", "u8"), ("first", "i8"),
        ("last", "i8"), ("begun", "i8"), ("row", "i8"), ("usual", "i8"), ("about", "u8"),
        ("count", "u4"), ("total", "u4"), ("port", "u2"), ("what", "u1"), ("kind", "u1"),
        ("named", "?"), ("aimed", "?"), ("six", "?"), ("proven", "?"),
    ],
    align=True,
)  # fmt: skip
"""A finding: `count` more events of what is the same finding as earlier ones with the same `begun`, `total` in all;
`usual`: of rates the mean, of beacons the gap in ns, of decoys how many sources, of ARP the card; `about`: of ARP the address that
it claims; `row`: the packet that completed it;
`named`, `aimed`: whether the source and the target are told; `proven`: the source cannot have been forged."""

LIMIT: Final = np.dtype(
    [
        ("scan_ports", "i8"), ("scan_hosts", "i8"), ("scan_pings", "i8"), ("scan_slow", "i8"), ("scan_window", "i8"),
        ("slow_window", "i8"), ("syn", "i8"), ("syn_answered", "f8"), ("udp_one_way", "i8"), ("icmp", "i8"),
        ("other", "i8"), ("http", "i8"), ("http_window", "i8"), ("reflected", "i8"), ("reflection_window", "i8"),
        ("guesses", "i8"), ("guess_window", "i8"), ("names", "i8"), ("name_window", "i8"), ("stealth", "i8"), ("dhcp", "i8"),
        ("contacts", "i8"), ("regular", "f8"), ("silent", "i8"), ("rate_packets", "i8"), ("rate_bytes", "i8"),
        ("rate_score", "f8"), ("rate_warm_up", "i8"),
    ]
)  # fmt: skip
"""Settings as numbers; windows in nanoseconds."""

REFLECTS, LOGIN, WEB, PERIODIC, HANGS_UP, COLLECTS = 1, 2, 4, 8, 16, 32
"""What is known of a service, by its port: its answers are abused for floods; people guess passwords there; it speaks
HTTP; clients turn to it by the clock; it ends the connection of whoever it refuses, and of nobody else; it takes in what others send, and
answers nobody (UDP)."""

PATIENT: Final = 200
"""What is counted over hours; one more: for pings."""
SECOND: Final = 1_000_000_000
Bits = npt.NDArray[np.uint8]
ZERO: Final = np.uint64(0)


@compiled
def tell(
    record: Any, row: int, what: int, kind: int, total: int, entry: Any, named: bool, aimed: bool, found: Any, count: int
) -> int:
    """A finding about the source and target of a record; the number of findings after it."""
    if count == len(found):
        return count
    out = found[count]
    out.source_high, out.source_low = record.source_high, record.source_low
    out.target_high, out.target_low = record.target_high, record.target_low
    out.first, out.last, out.begun, out.row = entry.first, record.time, entry.begun, row
    out.count, out.total = total - entry.told, total
    out.port, out.what, out.kind = record.target_port, what, kind
    out.usual, out.about = 0, ZERO
    out.named, out.aimed, out.six, out.proven = named, aimed, record.kind == IP6, False
    entry.told = total
    entry.alarmed = max(1, (record.time >> MOMENT) & MOMENTS)
    return count + 1
