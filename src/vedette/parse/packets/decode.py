"""Captured bytes to one fixed record per packet, whatever they are wrapped in, compiled.

    Ethernet, 802.1Q and 802.1ad tags, VN-Tag, LLC/SNAP, MPLS, PPPoE, PPP, Linux cooked, loopback, raw IP
    ARP · IPv4 · IPv6 with extension headers · fragments · TCP · UDP · ICMP · ICMPv6
    IP in IP, GRE (also PPTP and ERSPAN), VXLAN, Geneve, GTP-U, Teredo

In a tunnel, addresses and ports are those of the innermost packet that is whole; `outer` is the first source address,
the one that can be blocked here. Where the inside makes no sense the record is of the outside. Every packet has a record:
`kind` says what could be read of it, and no length is believed before it was compared with what was captured.

Sources: IEEE 802.1Q; RFC 791, 8200, 9293, 768, 792, 4443, 826, 2784, 2637, 7348, 8926, 4380, 3032, 2516, 1661; 3GPP TS
29.281; LINKTYPE values of tcpdump.org.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vedette.model.compiled import compiled, inlined, prefetch, wipe
from vedette.model.packets import ARP, BROKEN, FIRST, IP4, IP6, LATER, OTHER, PACKET, SHORT, WHOLE, PacketBatch
from vedette.parse.packets.order import eight, four, two

TUNNELS: Final = 4
STEPS: Final = 24
"""Headers of one packet that are looked at."""

AHEAD: Final = 16
"""Packets are asked for this many before their turn: memory is slower than the loop."""

Packets = npt.NDArray[Any]

_ETHERNET, _TYPE, _FOUR, _SIX, _PPP, _NIBBLE = range(6)
_TCP: Final = 6
"""What carries no packets."""


@compiled
def begin(link: int) -> tuple[int, int]:
    """The header with which a packet of a link type begins, and how many bytes stand before it; -1 if we do not know
    it. A header of _TYPE begins with its two bytes of type."""
    if link == 1:
        return _ETHERNET, 0
    if link in (12, 14, 101):
        return _NIBBLE, 0
    if link == 228:
        return _FOUR, 0
    if link == 229:
        return _SIX, 0
    if link in (0, 108):
        return _NIBBLE, 4
    if link == 113:
        return _TYPE, 14
    if link == 276:
        return _TYPE, 0
    if link in (104, 50):
        return _TYPE if link == 104 else _PPP, 2
    return (_PPP, 0) if link == 9 else (-1, 0)


@compiled
def decode_all(
    data: npt.NDArray[np.uint8], at: npt.NDArray[np.int64], size: npt.NDArray[np.int32], wire: npt.NDArray[np.int32],
    time: npt.NDArray[np.int64], link: npt.NDArray[np.uint16], out: Packets,
) -> None:  # fmt: skip
    """Records of all packets."""
    for number in range(len(at)):
        if number + AHEAD < len(at):
            prefetch(data, at[number + AHEAD])
            prefetch(data, at[number + AHEAD] + 57)
        wipe(out, number)
        record = out[number]
        record.time, record.wire = time[number], wire[number]
        place, end = at[number], at[number] + size[number]
        layer, before = begin(link[number])
        if layer < 0:
            continue
        record.kind = OTHER
        if link[number] == 276:
            # Linux cooked v2: the type comes first, 18 bytes follow it.
            if size[number] < 20:
                record.kind = SHORT
                continue
            kind, layer, place = two(data, place), _TYPE, place + 20
        else:
            place += before
            kind = 0
            if layer == _TYPE:
                if place + 2 > end:
                    record.kind = SHORT
                    continue
                kind, place = two(data, place), place + 2
        tunnels = 0
        for _ in range(STEPS):
            if layer == _ETHERNET:
                if place + 14 > end:
                    fail(record, SHORT)
                    break
                if tunnels == 0:
                    record.mac = eight(data, place + 6) >> np.uint64(16)
                kind, place, layer = two(data, place + 12), place + 14, _TYPE
            if layer == _TYPE:
                if kind in (0x8100, 0x88A8, 0x9100, 0x9200):
                    if place + 4 > end:
                        fail(record, SHORT)
                        break
                    if record.vlan == 0:
                        record.vlan = two(data, place) & 0xFFF
                    kind, place = two(data, place + 2), place + 4
                elif kind == 0x8926:
                    if place + 6 > end:
                        fail(record, SHORT)
                        break
                    kind, place = two(data, place + 4), place + 6
                elif kind in (0x8847, 0x8848):
                    if place + 4 > end:
                        fail(record, SHORT)
                        break
                    bottom = data[place + 2] & 1
                    place += 4
                    if bottom:
                        layer = _NIBBLE
                elif kind == 0x8864:
                    if place + 8 > end:
                        fail(record, SHORT)
                        break
                    layer, place = _PPP, place + 6
                elif kind == 0x6558:
                    layer = _ETHERNET
                elif kind == 0x0800:
                    layer = _FOUR
                elif kind == 0x86DD:
                    layer = _SIX
                elif kind == 0x0806:
                    arp(data, place, end, record)
                    break
                elif kind <= 1500 and place + 8 <= end and data[place] == 0xAA and data[place + 1] == 0xAA:
                    kind, place = two(data, place + 6), place + 8
                else:
                    break
                continue
            if layer == _PPP:
                if place + 4 <= end and data[place] == 0xFF and data[place + 1] == 3:
                    place += 2
                if place + 2 > end:
                    fail(record, SHORT)
                    break
                kind = data[place] if data[place] & 1 else two(data, place)
                place += 1 if data[place] & 1 else 2
                if kind not in (0x21, 0x57, 0x281):
                    break
                kind = 0x0800 if kind == 0x21 else 0x86DD if kind == 0x57 else 0x8847
                layer = _TYPE
                continue
            if layer == _NIBBLE:
                if place >= end:
                    fail(record, SHORT)
                    break
                version = data[place] >> 4
                if version == 0 and place + 4 <= end and tunnels == 0 and kind in (0x8847, 0x8848):
                    layer, place = _ETHERNET, place + 4  # a pseudowire's control word
                    continue
                if version not in (4, 6):
                    break
                layer = _FOUR if version == 4 else _SIX
            # An IP header; the record is written once it is whole.
            protocol, place, stop, whole = address(data, place, end, layer, tunnels, record)
            if not whole:
                break
            if record.fragment == LATER:
                break
            inside = transport(data, place, end, stop, protocol, record)
            if protocol == _TCP or tunnels == TUNNELS or record.fragment:
                break
            layer, kind, place = within(data, place, end, protocol, inside, record)
            if layer < 0:
                break
            tunnels += 1


@compiled
def fail(record: Any, kind: int) -> None:
    """What was read before stays; a packet of which nothing was read is of this kind."""
    if record.kind == OTHER:
        record.kind = kind


@compiled
def arp(data: npt.NDArray[np.uint8], at: int, end: int, record: Any) -> None:
    """An ARP message over Ethernet for IPv4."""
    if record.kind not in (OTHER, SHORT, BROKEN):
        return
    if at + 28 > end:
        record.kind = SHORT
        return
    if two(data, at) != 1 or two(data, at + 2) != 0x0800 or data[at + 4] != 6 or data[at + 5] != 4:
        return
    record.kind = ARP
    record.source_port = two(data, at + 6)
    record.mac = eight(data, at + 8) >> np.uint64(16)
    record.source_low = four(data, at + 14)
    record.outer_low = record.source_low
    record.target_low = four(data, at + 24)


@inlined
def address(
    data: npt.NDArray[np.uint8], at: int, end: int, layer: int, tunnels: int, record: Any
) -> tuple[int, int, int, bool]:
    """An IP header, with its extensions: protocol, where what it carries begins and should end, and whether the header
    is whole; if not, the record is as it was."""
    if layer == _FOUR:
        if at + 20 > end:
            fail(record, SHORT)
            return 0, 0, 0, False
        size, length = (data[at] & 15) * 4, two(data, at + 2)
        if data[at] >> 4 != 4 or size < 20 or (length and length < size):
            fail(record, BROKEN)
            return 0, 0, 0, False
        if at + size > end:
            fail(record, SHORT)
            return 0, 0, 0, False
        fragment = two(data, at + 6) & 0x3FFF
        record.source_high, record.target_high = 0, 0
        record.source_low, record.target_low = four(data, at + 12), four(data, at + 16)
        record.kind, record.ttl, record.protocol = IP4, data[at + 8], data[at + 9]
        record.fragment = WHOLE if fragment == 0 else LATER if fragment & 0x1FFF else FIRST
        # Zero is what segmentation offload leaves.
        stop = at + length if length else end
        protocol, at = np.int64(data[at + 9]), at + size
    else:
        if at + 40 > end:
            fail(record, SHORT)
            return 0, 0, 0, False
        if data[at] >> 4 != 6:
            fail(record, BROKEN)
            return 0, 0, 0, False
        length = two(data, at + 4)
        record.source_high, record.source_low = eight(data, at + 8), eight(data, at + 16)
        record.target_high, record.target_low = eight(data, at + 24), eight(data, at + 32)
        record.kind, record.ttl, record.fragment = IP6, data[at + 7], WHOLE
        protocol = np.int64(data[at + 6])
        at += 40
        stop = at + length if length else end
        for _ in range(16):
            if protocol not in (0, 43, 44, 51, 60, 135, 139, 140) or at + 8 > end:
                break
            if protocol == 44:
                offset = two(data, at + 2) & 0xFFF9
                if offset:
                    record.fragment = LATER if offset & 0xFFF8 else FIRST
                size = 8
            elif protocol == 51:
                size = (data[at + 1] + 2) * 4
            else:
                size = (data[at + 1] + 1) * 8
            protocol = np.int64(data[at])
            at += size
            if record.fragment == LATER:
                break
        record.protocol = protocol
    if tunnels == 0:
        record.outer_high, record.outer_low = record.source_high, record.source_low
    record.tunnels = tunnels
    record.source_port, record.target_port, record.flags, record.payload, record.captured = 0, 0, 0, 0, 0
    record.sequence, record.acknowledged, record.begins, record.window = 0, 0, 0, 0
    record.payload_at = at
    if stop > at:
        record.payload = stop - at
        record.captured = max(0, min(stop, end) - at)
    return protocol, at, stop, True


@inlined
def transport(data: npt.NDArray[np.uint8], at: int, end: int, stop: int, protocol: int, record: Any) -> int:
    """Ports and flags; bytes of the header, 0 if it is not whole."""
    size = 0
    if protocol == 6 and at + 14 <= end:
        record.source_port, record.target_port = two(data, at), two(data, at + 2)
        record.sequence, record.acknowledged = four(data, at + 4), four(data, at + 8)
        record.flags = data[at + 13]
        record.window = two(data, at + 14) if at + 16 <= end else 0xFFFF
        size = max(20, (data[at + 12] >> 4) * 4)
    elif protocol == 6 and record.fragment == FIRST and at + 4 <= end:
        record.source_port, record.target_port = two(data, at), two(data, at + 2)
    elif protocol == 17 and at + 8 <= end:
        record.source_port, record.target_port = two(data, at), two(data, at + 2)
        size = 8
    elif (protocol == 1 or protocol == 58) and at + 4 <= end:
        record.source_port, record.target_port = np.uint16(data[at]), np.uint16(data[at + 1])
        size = 8
    elif protocol == 132 and at + 4 <= end:
        record.source_port, record.target_port = two(data, at), two(data, at + 2)
    if size:
        record.payload_at = at + size
        record.payload = max(0, stop - at - size)
        record.captured = max(0, min(stop, end) - at - size)
        if protocol == 6 and record.captured >= 4:
            record.begins = four(data, at + size)
    return size


@compiled
def within(
    data: npt.NDArray[np.uint8], at: int, end: int, protocol: int, size: int, record: Any
) -> tuple[int, int, int]:
    """The header that a packet carries in a tunnel, its type where it has one, and where it begins; -1: it is none."""
    if protocol == 4:
        return _FOUR, 0, at
    if protocol == 41:
        return _SIX, 0, at
    if protocol == 137:
        return _TYPE, 0x8847, at
    if protocol == 47:
        return generic(data, at, end)
    if protocol != 17 or not size:
        return -1, 0, 0
    at += size
    target, source = record.target_port, record.source_port
    if target in (4789, 8472) and at + 8 <= end and data[at] == 8:
        return _ETHERNET, 0, at + 8
    if target == 6081 and at + 8 <= end and data[at] >> 6 == 0:
        return _TYPE, two(data, at + 2), at + 8 + (data[at] & 63) * 4
    if target == 4754:
        return generic(data, at, end)
    if 2152 in (target, source) and at + 8 <= end and data[at] >> 4 == 3 and data[at + 1] == 255:
        inner = at + 8
        if data[at] & 7:
            more = data[at + 11] if data[at] & 4 and at + 12 <= end else np.uint8(0)
            inner += 4
            while more and inner + 4 <= end and data[inner]:
                size = data[inner] * 4
                if inner + size > end:
                    return -1, 0, 0
                more, inner = data[inner + size - 1], inner + size
        return _NIBBLE, 0, inner
    if 3544 in (target, source):
        if at + 4 <= end and two(data, at) == 1:
            at += 13 + data[at + 2] + data[at + 3]
        if at + 8 <= end and two(data, at) == 0:
            at += 8
        if at < end and data[at] >> 4 == 6:
            return _SIX, 0, at
    return -1, 0, 0


@compiled
def generic(data: npt.NDArray[np.uint8], at: int, end: int) -> tuple[int, int, int]:
    """What a GRE header carries; as `within`."""
    if at + 4 > end:
        return -1, 0, 0
    flags, kind = two(data, at), two(data, at + 2)
    optional = (flags >> 15 & 1) + (flags >> 13 & 1) + (flags >> 12 & 1)
    if flags & 7 == 1:
        if kind != 0x880B:
            return -1, 0, 0
        return _PPP, 0, at + 8 + 4 * (flags >> 12 & 1) + 4 * (flags >> 7 & 1)
    if flags & 0x4007:
        return -1, 0, 0
    at += 4 + 4 * optional
    if kind == 0x88BE:
        return _ETHERNET, 0, at + 8 if flags & 0x1000 else at
    if kind == 0x22EB:
        return _ETHERNET, 0, at + (20 if at + 12 <= end and data[at + 11] & 1 else 12)
    return _TYPE, kind, at


def decode(batch: PacketBatch) -> Packets:
    """A record of dtype PACKET for each packet, in their order."""
    out = np.empty(len(batch.at), PACKET)
    decode_all(batch.data, batch.at, batch.size, batch.wire, batch.time, batch.link, out)
    return out
