"""Where the packets of a capture file lie: the compiled walk over its records.

Every length that the file names is compared with what there is before anything is read by it.
"""


import numpy as np
import numpy.typing as npt

from vedette.collect.capture_files import DAMAGED, LARGEST, MORE, SPECIAL
from vedette.model.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Shorts = npt.NDArray[np.uint16]



@compiled
def word(data: Bytes, at: int, big: bool) -> int:
    """32 bits, unsigned."""
    a, b = np.int64(data[at]), np.int64(data[at + 1])
    c, d = np.int64(data[at + 2]), np.int64(data[at + 3])
    return (a << 24) | (b << 16) | (c << 8) | d if big else (d << 24) | (c << 16) | (b << 8) | a


@compiled
def half(data: Bytes, at: int, big: bool) -> int:
    """16 bits, unsigned."""
    a, b = np.int64(data[at]), np.int64(data[at + 1])
    return (a << 8) | b if big else (b << 8) | a


@compiled
def classic(
    data: Bytes, at: int, big: bool, unit: int, head: int, places: Longs, sizes: Ints, wires: Ints, times: Longs
) -> tuple[int, int, int]:
    """Records of a pcap file.

    Args:
        at: where the first one begins.
        unit: nanoseconds of the stamps' second part.
        head: bytes of a record's header: 16, or 24 in Kuznetzov's variant.
        places, sizes, wires, times: per packet, as in PacketBatch; as much room as is wanted.

    Returns: packets, where the walk ended, and why.
    """
    count = 0
    while count < len(places):
        if at + head > len(data):
            return count, at, MORE
        size, wire = word(data, at + 8, big), word(data, at + 12, big)
        fraction = word(data, at + 4, big)
        if size > LARGEST or fraction * unit >= 4_000_000_000:
            return count, at, DAMAGED
        if at + head + size > len(data):
            return count, at, MORE
        places[count], sizes[count] = at + head, size
        wires[count] = min(max(wire, size), 0x7FFFFFFF)
        times[count] = word(data, at, big) * 1_000_000_000 + fraction * unit
        at += head + size
        count += 1
    return count, at, MORE


@compiled
def nanoseconds(high: int, low: int, resolution: int, begin: int) -> int:
    """A pcapng stamp since 1970. `resolution`: the option if_tsresol; `begin`: if_tsoffset, seconds."""
    ticks = np.uint64((high << 32) | low)
    power = resolution & 127
    if resolution & 128:
        if power > 63:
            return begin * 1_000_000_000
        shift = np.uint64(power)
        seconds = np.int64(ticks >> shift)
        part = ticks & ((np.uint64(1) << shift) - np.uint64(1))
        spare = np.uint64(max(0, power - 32))
        fraction = np.int64(((part >> spare) * np.uint64(1_000_000_000)) >> (shift - spare))
    else:
        scale = np.uint64(1)
        for _ in range(min(power, 19)):
            scale *= np.uint64(10)
        seconds = np.int64(ticks // scale)
        part = ticks % scale
        for _ in range(power, 9):
            part *= np.uint64(10)
        for _ in range(9, min(power, 19)):
            part //= np.uint64(10)
        fraction = np.int64(part)
    if not 0 <= seconds < 9_000_000_000:
        seconds, fraction = 0, 0
    return (begin + seconds) * 1_000_000_000 + fraction


@compiled
def blocks(
    data: Bytes, at: int, big: bool, links: Longs, snaps: Longs, resolutions: Longs, begins: Longs, before: int,
    places: Longs, sizes: Ints, wires: Ints, times: Longs, kinds: Shorts,
) -> tuple[int, int, int]:  # fmt: skip
    """Blocks of one section of a pcapng file.

    Args:
        links, snaps, resolutions, begins: per interface its link type, snap length (0: none), if_tsresol and
            if_tsoffset.
        before: time of the packet before the first one, for simple packets, which have none.
        kinds: per packet its link type.

    Returns: packets, where the walk ended, and why; SPECIAL at the block of a section or an interface.
    """
    count = 0
    while count < len(places):
        if at + 12 > len(data):
            return count, at, MORE
        block, size = word(data, at, big), word(data, at + 4, big)
        if block == 0x0A0D0D0A or block == 1:
            return count, at, SPECIAL
        if size < 12 or size & 3 or size > LARGEST + (1 << 20):
            return count, at, DAMAGED
        if at + size > len(data):
            return count, at, MORE
        if word(data, at + size - 4, big) != size:
            return count, at, DAMAGED
        packet = block == 6 or block == 2
        if packet or block == 3:
            head = 28 if packet else 12
            if size < head + 4 or len(links) == 0:
                return count, at, DAMAGED
            interface = 0
            if packet:
                interface = word(data, at + 8, big) if block == 6 else half(data, at + 8, big)
                captured, wire = word(data, at + 20, big), word(data, at + 24, big)
            else:
                wire = word(data, at + 8, big)
                captured = min(wire, size - 16)
                if len(snaps) and snaps[0]:
                    captured = min(captured, snaps[0])
            if interface >= len(links) or captured > size - head - 4 or captured > LARGEST:
                return count, at, DAMAGED
            if packet:
                high, low = word(data, at + 12, big), word(data, at + 16, big)
                before = nanoseconds(high, low, resolutions[interface], begins[interface])
            places[count], sizes[count] = at + head, captured
            wires[count] = min(max(wire, captured), 0x7FFFFFFF)
            times[count], kinds[count] = before, links[interface]
            count += 1
        at += size
    return count, at, MORE
