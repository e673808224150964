"""Where the packets of a block lie that the kernel handed over: the compiled walk over it.

Nothing is read or written outside of the block, whatever stands in it. Source: include/uapi/linux/if_packet.h.
"""

import sys
from typing import Final

from vedette.collect.capture_walk import Bytes, Ints, Longs, Shorts, half, word
from vedette.model.compiled import compiled

HEAD: Final = 48
"""Bytes of a packet's header, tpacket3_hdr, behind which stands its sockaddr_ll."""
ADDRESS: Final = 20
BLOCK_HEAD: Final = 48
"""Bytes of a block's header, tpacket_block_desc, but for what nobody uses."""
ETHERNET, RAW_IP, UNKNOWN = 1, 101, 0xFFFF
"""Link types, as in PacketBatch."""
BIG: Final = sys.byteorder == "big"
_TAGGED, _TAG_TYPE = 1 << 4, 1 << 6


@compiled
def walk(
    ring: Bytes, begin: int, end: int, places: Longs, sizes: Ints, wires: Ints, times: Longs, links: Shorts
) -> tuple[int, int]:
    """Packets of the block from `begin` to `end`.

    A VLAN tag that the kernel took out is put back into its frame, as it was on the wire: the addresses move four bytes to
    the front. Of links that are not Ethernet a packet begins where the kernel found IP, whatever stands before it.

    Args:
        places, sizes, wires, times, links: per packet, as in PacketBatch; room for as many as a block can hold.

    Returns: packets, and how many more there should be, which cannot be as they are told.
    """
    told = word(ring, begin + 12, BIG)
    at = begin + word(ring, begin + 16, BIG)
    count = 0
    while count < told and count < len(places):
        if at < begin + BLOCK_HEAD or at + HEAD > end:
            break
        step, size, wire = word(ring, at, BIG), word(ring, at + 12, BIG), word(ring, at + 16, BIG)
        status = word(ring, at + 20, BIG)
        mac, net = half(ring, at + 24, BIG), half(ring, at + 26, BIG)
        place = at + mac
        if mac < HEAD + ADDRESS or place + size > end:
            break
        hardware = half(ring, at + HEAD + 8, BIG)
        link = UNKNOWN
        if hardware in (1, 772):
            link = ETHERNET
            if status & _TAGGED and size >= 12 and mac >= HEAD + ADDRESS + 4:
                place, size, wire = place - 4, size + 4, wire + 4
                for byte in range(place, place + 12):
                    ring[byte] = ring[byte + 4]
                kind = half(ring, at + 36, BIG) if status & _TAG_TYPE else 0x8100
                tag = half(ring, at + 32, BIG)
                ring[place + 12], ring[place + 13] = kind >> 8, kind & 255
                ring[place + 14], ring[place + 15] = tag >> 8, tag & 255
        elif half(ring, at + HEAD + 2, True) in (0x0800, 0x86DD) and mac <= net <= mac + size:
            link = RAW_IP
            place, size, wire = at + net, size - (net - mac), wire - (net - mac)
        places[count], sizes[count], links[count] = place, size, link
        wires[count] = min(max(wire, size), 0x7FFFFFFF)
        times[count] = word(ring, at + 4, BIG) * 1_000_000_000 + word(ring, at + 8, BIG)
        count += 1
        if step < HEAD + ADDRESS:
            break
        at += step
    return count, told - count
