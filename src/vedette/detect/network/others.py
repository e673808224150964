"""What has no ports that we follow: other protocols, fragments, and what IPv6 neighbours say to each other.

Tunnels (ESP, GRE) and associations (SCTP) carry as much as they like, as long as something comes back. Sources: RFC 9260
(SCTP: an INIT, and nothing else, has the verification tag 0), 4861 (neighbour discovery).
"""

from typing import Any, Final

import numpy as np

from vedette.detect.network.attempts import resolved, scans
from vedette.detect.network.findings import (
    ASK,
    ICMP_FLOOD,
    INIT,
    IP_FLOOD,
    ODD,
    PROTOCOL,
    SECOND,
    UDP_REFLECTION,
    ZERO,
    Bits,
)
from vedette.detect.network.floods import flood, gather, kept
from vedette.detect.network.tables import Table, hashed, mixed
from vedette.model.compiled import compiled
from vedette.model.packets import FIRST, LATER

_SCTP: Final = 132
_TUNNELS: Final = (47, 50, 51)
ANSWERED: Final = 0.05
"""More than this share of a flood is not answered."""


@compiled
def other(
    data: Bits, record: Any, row: int, marks: Any, known: bool, actors: Table, targets: Table, limit: Any, found: Any, count: int
) -> int:
    """A packet of another protocol, or a fragment without ports; the number of findings after it."""
    chunk = opens = 0
    if record.protocol == _SCTP and record.fragment != LATER and record.captured >= 13:
        at = record.payload_at
        opens = data[at + 4] == 0 and data[at + 5] == 0 and data[at + 6] == 0 and data[at + 7] == 0
        chunk = data[at + 12]
    if chunk != 2 and chunk != 6:
        # An answer, and not one to an INIT, which whoever is flooded with them gives (INIT ACK, ABORT).
        at = kept(record.source_high, record.source_low, marks.source, IP_FLOOD, targets)
        if at >= 0:
            targets.entries[at].answers += 1
    at = gather(record, marks, IP_FLOOD, SECOND, targets, False, False)
    # Large datagrams (NFS, DNSSEC) come in fragments, many a second.
    least = limit.other * 5 if known else limit.other
    count = flood(record, row, IP_FLOOD, at, targets, least, ANSWERED, found, count)
    if record.protocol == 17:
        # Of a reflection most is in fragments: they count for what their source began.
        at = kept(record.target_high, record.target_low, marks.target, UDP_REFLECTION, targets)
        if at >= 0:
            targets.entries[at].count += 1
            targets.entries[at].bytes += record.wire
    if record.protocol == 6 and record.fragment == FIRST and record.target_port:
        # No system cuts a header of TCP, but for whoever wants to pass a filter (RFC 1858).
        for host in (True, False):
            count, _ = scans(
                record, row, ODD, marks.source, marks.target, marks.asked, actors, targets, limit, found, count, host, True
            )
    if known or record.fragment == LATER or record.protocol in _TUNNELS:
        return count
    kind, attempt, answer = PROTOCOL, marks.target, marks.source
    number = np.uint64(record.protocol)
    if record.protocol == _SCTP:
        if not opens and chunk != 2:
            return count
        kind, attempt, answer, number = INIT, marks.asked, marks.asker, ZERO
    if opens or kind == PROTOCOL:
        count, _ = scans(
            record, row, kind, marks.source, marks.target, mixed(attempt ^ number), actors, targets, limit, found, count, True, True
        )
    if not opens:
        resolved(
            record.target_high, record.target_low, record.source_high, record.source_low, record.source_port, kind,
            marks.target, marks.source, mixed(answer ^ number), actors,
        )  # fmt: skip
    return count


@compiled
def neighbours_of_six(
    data: Bits, record: Any, row: int, marks: Any, actors: Table, targets: Table, seed: np.uint64, limit: Any, found: Any, count: int
) -> int:
    """Neighbour discovery, what routers announce, and who listens to groups: floods, and sweeps as by ARP."""
    at = gather(record, marks, ICMP_FLOOD, SECOND, targets, False, False)
    count = flood(record, row, ICMP_FLOOD, at, targets, limit.icmp, 1.0, found, count)
    asks, tells = record.source_port == 135, record.source_port == 136
    if not (asks or tells) or record.captured < 16 or (record.source_high == ZERO and record.source_low == ZERO):
        return count
    high = low = ZERO
    for place in range(8):
        high = high << np.uint64(8) | np.uint64(data[record.payload_at + place])
        low = low << np.uint64(8) | np.uint64(data[record.payload_at + 8 + place])
    neighbour = hashed(seed, high, low)
    if asks:
        count, _ = scans(record, row, ASK, marks.source, neighbour, neighbour, actors, targets, limit, found, count, False, True)
    else:
        resolved(record.target_high, record.target_low, high, low, 0, ASK, marks.target, neighbour, neighbour, actors)
    return count
