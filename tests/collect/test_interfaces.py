"""What the kernel leaves in a block comes out packet by packet; what cannot be there does not."""

import errno
import os
import random
import socket
import struct
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from tests import packets as made
from vedette.collect.interfaces import LEAST, Geometry, Settings, ring_of
from vedette.collect.ring import Ring
from vedette.collect.ring_walk import walk
from vedette.model.errors import SourceError
from vedette.parse.packets.decode import decode

BEGIN = 1_768_435_200_123_456_789
BLOCK = 1 << 17
HEAD = 48
MAC = 86
"""Where the kernel puts a frame of Ethernet behind its header, with room for a tag."""


def packet(
    frame: bytes, *, time: int = BEGIN, hardware: int = 1, tag: tuple[int, int] | None = None, link: int = 14, step: int = -1,
    size: int | None = None, mac: int | None = None, wire: int | None = None,
) -> bytes:  # fmt: skip
    """A packet as it stands in a block; `link`: bytes before the network header."""
    place = (100 - link) if mac is None else mac
    kind = int.from_bytes(frame[12:14], "big") if link else (0x86DD if frame[0] >> 4 == 6 else 0x0800)
    status = 1 | ((1 << 4 | 1 << 6) if tag else 0)
    number, tag_type = (tag[1], tag[0]) if tag else (0, 0)
    head = struct.pack(
        "=IIIIIIHHIIHH8x", 0, time // 10**9, time % 10**9, len(frame) if size is None else size,
        len(frame) if wire is None else wire, status, place, 100, 0, number, tag_type, 0,
    )  # fmt: skip
    address = struct.pack("=H", 17) + struct.pack(">H", kind) + struct.pack("=iHBB8x", 2, hardware, 0, 6)
    whole = (head + address).ljust(100 - link, b"\0") + frame
    whole += bytes(-len(whole) % 16)
    return struct.pack("=I", len(whole) if step < 0 else step) + whole[4:]


def block(packets: list[bytes], *, told: int | None = None, first: int = 48) -> bytes:
    """A block of these packets."""
    count = len(packets) if told is None else told
    head = struct.pack("=IIIIIIQIIII", 3, 48, 1, count, first, 0, 1, 0, 0, 0, 0)
    return (head.ljust(48, b"\0") + b"".join(packets)).ljust(BLOCK, b"\0")


def walked(data: bytes, begin: int = 0) -> tuple[Any, list[tuple[int, bytes, int, int]], int]:
    """The memory afterwards, (time, bytes, wire, link) of each packet, and how many are missing."""
    memory = np.frombuffer(bytearray(data), np.uint8)
    room = BLOCK // 80
    places, sizes, wires = np.empty(room, np.int64), np.empty(room, np.int32), np.empty(room, np.int32)
    times, links = np.empty(room, np.int64), np.empty(room, np.uint16)
    count, missing = walk(memory, begin, begin + BLOCK, places, sizes, wires, times, links)
    found = []
    for row in range(count):
        assert begin <= places[row]
        assert sizes[row] >= 0
        assert places[row] + sizes[row] <= begin + BLOCK
        assert wires[row] >= sizes[row]
        text = memory[places[row] : places[row] + sizes[row]].tobytes()
        found.append((int(times[row]), text, int(wires[row]), int(links[row])))
    return memory, found, missing


FRAMES = [
    made.ethernet(made.ip("192.0.2.1", "192.0.2.2", 17, made.udp(7, 9, bytes(number)))) for number in (0, 1, 33, 1400)
] + [made.ethernet(made.ip("2001:db8::1", "2001:db8::2", 17, made.udp(7, 9, bytes(65_000))), 0x86DD)]


def test_packets_of_all_sizes() -> None:
    data = block([packet(frame, time=BEGIN + n) for n, frame in enumerate(FRAMES)])
    for begin in (0, BLOCK):
        _, found, missing = walked(bytes(begin) + data, begin)
        assert found == [(BEGIN + n, frame, len(frame), 1) for n, frame in enumerate(FRAMES)]
        assert missing == 0


def test_what_was_cut_off_keeps_the_length_that_it_had() -> None:
    _, found, _ = walked(block([packet(FRAMES[2][:50], wire=len(FRAMES[2]))]))
    assert found == [(BEGIN, FRAMES[2][:50], len(FRAMES[2]), 1)]


@pytest.mark.parametrize("kind", [0x8100, 0x88A8])
def test_a_tag_that_the_kernel_took_out_is_put_back(kind: int) -> None:
    inner = made.ip("192.0.2.1", "192.0.2.2", 17, made.udp(7, 9, b"x"))
    _, found, missing = walked(block([packet(made.ethernet(inner), tag=(kind, 0x2000 | 42)), packet(FRAMES[0])]))
    tagged = made.ethernet(inner, 0x0800, (kind, 0x2000 | 42))
    assert found == [(BEGIN, tagged, len(tagged), 1), (BEGIN, FRAMES[0], len(FRAMES[0]), 1)]
    assert missing == 0
    assert decode(made.batch([(BEGIN, tagged)]))["vlan"].tolist() == [42]


@pytest.mark.parametrize(
    ("hardware", "before", "link"),
    [(772, 14, 1), (65534, 0, 101), (512, 0, 101), (512, 4, 101), (776, 20, 101), (803, 0, 101)],
)
@pytest.mark.parametrize("ends", [("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")])
def test_other_links_begin_with_ip(hardware: int, before: int, link: int, ends: tuple[str, str]) -> None:
    inner = made.ip(*ends, 17, made.udp(7, 9, b"x"))
    kind = 0x86DD if ":" in ends[0] else 0x0800
    head = made.ethernet(b"", kind)[:14].rjust(before, b"?")[:before]
    body = packet(head + inner, hardware=hardware, link=before)
    protocol = HEAD + 2
    body = body[:protocol] + struct.pack(">H", kind) + body[protocol + 2 :]
    _, [(_, text, wire, of)], _ = walked(block([body]))
    whole = head + inner if link == 1 else inner
    assert (text, wire, of) == (whole, len(whole), link)


@pytest.mark.parametrize("net", [0, 99, 131, 0xFFFF])
def test_ip_that_begins_outside_of_its_packet_is_none(net: int) -> None:
    body = packet(made.ip("192.0.2.1", "192.0.2.2", 17, made.udp(7, 9, b"xx")), hardware=65534, link=0)
    body = body[:26] + struct.pack("=H", net) + body[28:]
    _, found, missing = walked(block([body, packet(FRAMES[0])]))
    assert [link for _, _, _, link in found] == [0xFFFF, 1]
    assert missing == 0


def test_a_tag_for_which_there_is_no_room_is_left_out() -> None:
    memory, found, _ = walked(block([packet(FRAMES[1], tag=(0x8100, 5), mac=71, link=29)]))
    assert found == [(BEGIN, FRAMES[1], len(FRAMES[1]), 1)]
    assert memory[48:].tobytes() == block([packet(FRAMES[1], tag=(0x8100, 5), mac=71, link=29)])[48:]


def test_what_is_no_ip_on_a_link_that_is_not_known_is_called_so() -> None:
    body = packet(bytes(30), hardware=803, link=0)
    body = body[: HEAD + 2] + b"\0\4" + body[HEAD + 4 :]
    _, found, _ = walked(block([body]))
    assert [(text, link) for _, text, _, link in found] == [(bytes(30), 0xFFFF)]


@pytest.mark.parametrize(
    "wrong",
    [
        packet(FRAMES[1], size=0xFFFFFFFF), packet(FRAMES[1], size=BLOCK), packet(FRAMES[1], mac=0),
        packet(FRAMES[1], mac=67), packet(FRAMES[1], mac=0xFFFF, size=0xFFFF),
    ],
)  # fmt: skip
def test_a_packet_that_cannot_be_ends_the_block_and_is_counted(wrong: bytes) -> None:
    _, found, missing = walked(block([packet(FRAMES[0]), wrong, packet(FRAMES[1])]))
    assert [text for _, text, _, _ in found] == [FRAMES[0]]
    assert missing == 2


@pytest.mark.parametrize("step", [0, 1, 67, BLOCK, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_step_to_nowhere_ends_the_block(step: int) -> None:
    _, found, missing = walked(block([packet(FRAMES[0], step=step), packet(FRAMES[1])]))
    assert [text for _, text, _, _ in found] == [FRAMES[0]]
    assert missing == 1


@pytest.mark.parametrize("first", [0, 47, BLOCK - 60, BLOCK, 0xFFFFFFFF])
def test_a_first_packet_outside_of_the_block_is_none(first: int) -> None:
    _, found, missing = walked(block([packet(FRAMES[0])], first=first))
    assert (found, missing) == ([], 1)


def test_more_packets_than_a_block_can_hold() -> None:
    _, found, missing = walked(block([packet(FRAMES[0])] * 3, told=0xFFFFFFFF))
    assert len(found) == 3
    assert missing == 0xFFFFFFFF - 3


def test_whatever_stands_in_a_block_nothing_outside_of_it_is_read_or_written() -> None:
    dice = random.Random(3)
    tag = (0x8100, 5)
    good = block([packet(frame, tag=dice.choice((None, tag))) for frame in FRAMES[:4]] * 3)
    guard = b"\xa5" * 4096
    places = [place for place, byte in enumerate(good) if byte] + list(range(4096))
    counts = set()
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(dice.randint(1, 6)):
            data[dice.choice(places)] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        memory, found, missing = walked(guard + bytes(data) + guard, len(guard))
        assert memory[: len(guard)].tobytes() == guard == memory[-len(guard) :].tobytes()
        assert missing >= 0
        counts.add(len(found))
    assert {0, 12} <= counts
    assert len(counts) > 8


FUZZ = """
import random, sys
import numpy as np
from tests.collect.test_interfaces import FRAMES, block, packet
from vedette.collect.ring import Ring
from vedette.collect.ring_walk import walk

dice = random.Random(int(sys.argv[1]))
packets = [packet(frame, tag=tag) for frame in FRAMES[:3] for tag in (None, (0x8100, 5))]
good = block(packets)[: 48 + sum(map(len, packets))]
places = [place for place, byte in enumerate(good) if byte] + list(range(48))
room = (np.empty(99, np.int64), np.empty(99, np.int32), np.empty(99, np.int32), np.empty(99, np.int64), np.empty(99, np.uint16))
counts = set()
for _ in range(1500):
    # The block is all the memory that there is: to read on is to fail.
    data = bytearray(good[: dice.choice((len(good), dice.randrange(48, len(good))))])
    for _ in range(dice.randint(0, 4)):
        data[dice.choice(places) % len(data)] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    count, missing = walk(np.frombuffer(data, np.uint8), 0, len(data), *room)
    assert (room[0][:count] >= 0).all() and (room[0][:count] + room[1][:count] <= len(data)).all()
    counts.add(count)
print(sorted(counts))
"""


def test_no_byte_beyond_the_block_is_read() -> None:
    """The same code without a compiler: there an index that is too large raises."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FUZZ, "3"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "[0, 1, 2, 3, 4, 5, 6]\n"


class Kernel:
    """A socket for whose ring there is only so much memory."""

    def __init__(self, memory: int, fault: int = errno.ENOMEM) -> None:
        self.memory, self.fault = memory, fault
        self.asked: list[int] = []

    def setsockopt(self, _level: int, _name: int, value: bytes) -> None:
        block, blocks, frame, frames, *_ = struct.unpack("7I", value)
        assert block % 4096 == 0
        assert block // frame * blocks == frames
        self.asked.append(block * blocks)
        if block * blocks > self.memory:
            raise OSError(self.fault, "no")


@pytest.mark.parametrize(
    ("memory", "wanted"),
    [
        (1 << 30, Geometry(1 << 20, 64)),
        (9 << 20, Geometry(1 << 20, 8)),
        (3 << 20, Geometry(1 << 18, 8)),
        (LEAST, Geometry(1 << 17, 8)),
    ],
)
def test_a_ring_is_as_large_as_there_is_memory(memory: int, wanted: Geometry) -> None:
    kernel = Kernel(memory)
    assert ring_of(kernel, "eth0", Settings()) == wanted
    assert kernel.asked[0] == 64 << 20
    assert wanted.block >= 1 << 17  # the largest packet that there is, 64 KiB, fits


def test_without_memory_there_is_no_ring() -> None:
    with pytest.raises(SourceError, match="no memory"):
        ring_of(Kernel(LEAST - 1), "eth0", Settings())
    with pytest.raises(OSError, match="no"):
        ring_of(Kernel(0, errno.EINVAL), "eth0", Settings())


def test_what_opens_a_ring_needs_only_the_standard_library() -> None:
    """It runs with privileges, in a process of its own."""
    code = "import sys, vedette.collect.interfaces; print({'numpy', 'numba', 'polars', 'msgspec', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_socket_without_a_ring() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
        pytest.raises(SourceError, match="eth0: its ring cannot be mapped"),
    ):
        Ring(other, "eth0", Geometry(1 << 20, 1))
