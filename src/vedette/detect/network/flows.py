"""Conversations: which packets belong together, and with what they began."""

from typing import Any

import numpy as np

from vedette.detect.network.findings import ACK, ANSWER, FIN, NULL, ODD, PING, SYN, UDP, XMAS
from vedette.detect.network.tables import Table, find
from vedette.model.compiled import compiled
from vedette.model.packets import IP4


@compiled
def conversation(
    flows: Table, seed: np.uint64, sh: np.uint64, sl: np.uint64, th: np.uint64, tl: np.uint64, source: np.uint64,
    target: np.uint64, protocol: np.uint64, now: int, make: bool,
) -> tuple[int, bool, bool]:  # fmt: skip
    """The conversation of two ends: its place, whether it is new, and whether this is its lower end's packet."""
    lower = sh < th or (sh == th and (sl < tl or (sl == tl and source <= target)))
    if lower:
        ports = source << np.uint64(16) | target
        place, new = find(flows, seed, sh, sl, th, tl, ports << np.uint64(8) | protocol, now, make)
    else:
        ports = target << np.uint64(16) | source
        place, new = find(flows, seed, th, tl, sh, sl, ports << np.uint64(8) | protocol, now, make)
    return place, new, lower


@compiled
def kind_of(record: Any) -> int:
    """With what kind of packet a conversation begins."""
    if record.protocol == 17:
        return UDP
    if record.protocol in (1, 58):
        return PING if record.source_port == (8 if record.protocol == 1 else 128) else ANSWER
    flags = record.flags & 0x3F
    if flags & 0x17 == 2:
        return SYN
    if flags & 4 or flags & 0x12 == 0x12:
        return ANSWER
    if flags & 0x10:
        return ACK if flags & 1 == 0 else ODD
    if flags == 0:
        return NULL
    return FIN if flags == 1 else XMAS if flags & 0x29 == 0x29 else ODD


@compiled
def multicast(record: Any) -> bool:
    """Whether the target is a group or everybody."""
    if record.kind == IP4:
        first = record.target_low >> np.uint64(24)
        return np.uint64(224) <= first < np.uint64(240) or record.target_low & np.uint64(0xFF) == np.uint64(0xFF)
    return record.target_high >> np.uint64(56) == np.uint64(0xFF)
