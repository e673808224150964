"""Capture files: pcap and pcapng of every byte order, resolution and link type, as batches of packets.

Sources: draft-ietf-opsawg-pcap (pcap), draft-ietf-opsawg-pcapng (pcapng).
"""

import struct
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from vedette.collect.kinds import CAPTURE
from vedette.collect.unpack import Blocks, Damaged
from vedette.model.packets import PacketBatch

PACKETS: Final = 1 << 17
"""Packets of one batch, at the most."""
CHUNK: Final = 16 << 20
"""Bytes that are looked at together, about."""
INTERFACES: Final = 4096
"""Interfaces of one section, at the most."""
_SECTION: Final = CAPTURE[-1]
LARGEST: Final = 1 << 20
"""Bytes of the largest packet; libpcap itself allows 262,144."""
MORE, DAMAGED, SPECIAL = 0, 1, 2
"""Why a walk ended: the record goes on behind the data, it is none, or it is a block that is to be read here."""
_NANO: Final = 1
_MICRO: Final = 1000
_CLASSIC: Final = {
    # Magic number: nanoseconds of a tick, bytes of a record's header. The last is A. Kuznetzov's variant.
    0xA1B2C3D4: (_MICRO, 16),
    0xA1B23C4D: (_NANO, 16),
    0xA1B2CD34: (_MICRO, 24),
}


class Unfinished(Damaged):
    """The file ends where a packet goes on: it was cut off, or is written just now."""

    fix = "look again when nobody writes it any more, or get the whole of it"


def read(blocks: Blocks, *, source: str, path: str) -> Iterator[PacketBatch]:
    """Batches of packets, the last one marked as such, which may be empty.

    Raises:
        Damaged: the file goes on as no capture does; what was whole before came out.
        Unfinished: it ends within a record; the same.
    """
    head = _more(b"", blocks, 24)
    batches = _pcapng(head, blocks) if head[:4] == _SECTION else _pcap(head, blocks)
    first = 1
    held: PacketBatch | None = None
    try:
        for data, at, size, wire, time, link in batches:
            if held:
                yield held
            position = {"packet": first + len(at) - 1}
            held = PacketBatch(source, path, data, at, size, wire, time, link, first, position)
            first += len(at)
    except Damaged as damage:
        if held:
            yield held._replace(last=True)
        raise type(damage)(f"{damage}; packets read before that: {first - 1:,}") from None
    if held:
        yield held._replace(last=True)


def _more(data: bytes, blocks: Blocks, size: int) -> bytes:
    """`data` with at least `size` bytes behind it, as far as there are so many."""
    parts, room = [data], len(data) + size
    have = len(data)
    while have < room and (block := next(blocks, b"")):
        parts.append(block)
        have += len(block)
    return b"".join(parts)


_Arrays = tuple[Any, Any, Any, Any, Any, Any]


def _pcap(data: bytes, blocks: Blocks) -> Iterator[_Arrays]:
    from vedette.collect.capture_walk import classic

    if len(data) < 24:
        raise Unfinished(f"the file ends after {len(data)} bytes, within its header")
    big = int.from_bytes(data[:4], "big") in _CLASSIC
    magic, link = struct.unpack_from(">I16xI" if big else "<I16xI", data)
    unit, head = _CLASSIC[magic]
    place, data = 24, data[24:]
    ended = False
    while not ended:
        longer = _more(data, blocks, CHUNK)
        ended = len(longer) == len(data)
        data = longer
        array = np.frombuffer(data, np.uint8)
        at, why = 0, MORE
        while why == MORE:
            places, sizes, wires, times, _ = _room(len(data))
            count, end, why = classic(array, at, big, unit, head, places, sizes, wires, times)
            if count:
                links = np.full(count, link & 0xFFFF, np.uint16)  # the upper bits tell of checksums
                yield array, places[:count], sizes[:count], wires[:count], times[:count], links
            if why == DAMAGED:
                raise Damaged(f"no packet begins at byte {place + end:,}, where one should")
            at = end
            if count < len(places):
                break
        place, data = place + at, data[at:]
    if data:
        raise Unfinished(f"the file ends within the packet that begins at byte {place:,}")


def _room(size: int) -> Any:
    count = min(PACKETS, size // 16 + 1)
    return (
        np.empty(count, np.int64), np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.int64),
        np.empty(count, np.uint16),
    )  # fmt: skip


class _About:
    """What a section of a pcapng file has said of itself so far."""

    def __init__(self, *, big: bool) -> None:
        self.big = big
        self.links: list[int] = []
        self.snaps: list[int] = []
        self.resolutions: list[int] = []
        self.begins: list[int] = []

    def interface(self, body: bytes) -> None:
        """An interface description block, from its link type on."""
        order = ">" if self.big else "<"
        link, snap = struct.unpack_from(f"{order}HxxI", body)
        resolution, begin, at = 6, 0, 8
        while at + 4 <= len(body):
            code, size = struct.unpack_from(f"{order}HH", body, at)
            value = body[at + 4 : at + 4 + size]
            if code == 0:
                break
            if code == 9 and size == 1:
                resolution = value[0]
            elif code == 14 and size == 8 and len(value) == 8:
                (begin,) = struct.unpack(f"{order}q", value)
            at += 4 + size + -size % 4
        self.links.append(link)
        self.snaps.append(snap)
        self.resolutions.append(resolution)
        self.begins.append(begin if abs(begin) < 1 << 32 else 0)

    def arrays(self) -> Any:
        """Per interface link type, snap length, resolution and beginning."""
        return tuple(np.array(each, np.int64) for each in (self.links, self.snaps, self.resolutions, self.begins))


def _pcapng(data: bytes, blocks: Blocks) -> Iterator[_Arrays]:
    from vedette.collect import capture_walk

    section = _About(big=False)
    place = before = 0
    ended = False
    while not ended:
        longer = _more(data, blocks, CHUNK)
        ended = len(longer) == len(data)
        data = longer
        array = np.frombuffer(data, np.uint8)
        at = 0
        while True:
            places, sizes, wires, times, links = _room(len(data))
            kinds, snaps, resolutions, begins = section.arrays()
            count, at, why = capture_walk.blocks(
                array, at, section.big, kinds, snaps, resolutions, begins, before, places, sizes, wires, times, links
            )
            if count:
                before = int(times[count - 1])
                yield array, places[:count], sizes[:count], wires[:count], times[:count], links[:count]
            if why == DAMAGED:
                raise Damaged(f"no block begins at byte {place + at:,}, where one should")
            if why == MORE:
                if count < len(places):
                    break
                continue
            size = _special(data, at, section, place)
            if size < 0:
                section = _About(big=data[at + 8] == 0x1A)
            if not size:
                break
            at += abs(size)
        place, data = place + at, data[at:]
    if data:
        raise Unfinished(f"the file ends within the block that begins at byte {place:,}")


def _special(data: bytes, at: int, section: _About, place: int) -> int:
    """Bytes of the interface block at `at`, which is told to the section, or, negative, of the block of a new section;
    0 when it is not whole.

    Raises:
        Damaged: it is neither.
    """
    if at + 28 > len(data) and data[at : at + 4] == _SECTION:
        return 0
    if data[at : at + 4] == _SECTION:
        mark = data[at + 8 : at + 12]
        if mark not in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"):
            raise Damaged(f"the section at byte {place + at:,} has no byte order")
        big = mark[0] == 0x1A
        (size,) = struct.unpack_from(">I" if big else "<I", data, at + 4)
        if size < 28 or size % 4 or size > LARGEST:
            raise Damaged(f"the section at byte {place + at:,} has an impossible length")
        return -size if at + size <= len(data) else 0
    (size,) = struct.unpack_from(">I" if section.big else "<I", data, at + 4)
    if size < 20 or size % 4 or size > LARGEST or len(section.links) >= INTERFACES:
        raise Damaged(f"the interface at byte {place + at:,} cannot be one")
    if at + size > len(data):
        return 0
    section.interface(data[at + 8 : at + size - 4])
    return int(size)
