"""Whatever a packet is wrapped in, its record is that of the innermost packet that is whole; every packet has one."""

import os
import random
import struct
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from tests import packets as made
from vedette.model.packets import ARP, BROKEN, FIRST, IP4, IP6, LATER, NO_LINK, OTHER, SHORT
from vedette.parse.packets.decode import decode

INNER = made.ip("198.51.100.7", "192.0.2.10", 6, made.tcp(40000, 443))
INNER6 = made.ip("2001:db8::7", "2001:db8::10", 6, made.tcp(40000, 443))
FRAME = made.ethernet(INNER)


def outer(protocol: int, payload: bytes) -> bytes:
    return made.ethernet(made.ip("203.0.113.1", "203.0.113.2", protocol, payload))


def in_udp(port: int, payload: bytes) -> bytes:
    return outer(17, made.udp(5555, port, payload))


TEREDO = in_udp(3544, b"\0\0\x12\x34\xc0\0\2\1" + INNER6)
BARE: dict[str, tuple[int, bytes]] = {
    "ethernet": (1, FRAME),
    "vlan": (1, made.ethernet(INNER, 0x0800, (0x8100, 7))),
    "qinq": (1, made.ethernet(INNER, 0x0800, (0x88A8, 7), (0x8100, 9))),
    "pppoe": (1, made.ethernet(struct.pack(">BBHHH", 0x11, 0, 1, len(INNER) + 2, 0x21) + INNER, 0x8864)),
    "mpls": (1, made.ethernet(b"\0\1\0\x40\0\2\1\x40" + INNER, 0x8847)),
    "pseudowire": (1, made.ethernet(b"\0\1\1\x40\0\0\0\0" + FRAME, 0x8847)),
    "snap": (1, made.ethernet(b"\xaa\xaa\3\0\0\0\x08\0" + INNER, 60)),
    "raw": (101, INNER),
    "raw 4": (228, INNER),
    "loopback": (0, struct.pack("<I", 2) + INNER),
    "cooked": (113, bytes(14) + b"\x08\0" + INNER),
    "cooked 2": (276, b"\x08\0" + bytes(18) + INNER),
    "ppp": (9, b"\xff\3\0\x21" + INNER),
    "hdlc": (104, b"\x0f\0\x08\0" + INNER),
    "options": (1, made.ethernet(b"\x46" + INNER[1:2] + struct.pack(">H", 44) + INNER[4:20] + bytes(4) + INNER[20:])),
}
TUNNELS: dict[str, bytes] = {
    "ip in ip": outer(4, INNER),
    "gre": outer(47, b"\0\0\x08\0" + INNER),
    "gre with key and sequence": outer(47, b"\x30\0\x08\0" + bytes(8) + INNER),
    "pptp": outer(47, b"\x30\x81\x88\x0b" + bytes(12) + b"\xff\3\0\x21" + INNER),
    "erspan": outer(47, b"\x10\0\x88\xbe" + bytes(12) + FRAME),
    "vxlan": in_udp(4789, b"\x08" + bytes(7) + FRAME),
    "geneve": in_udp(6081, b"\1\0\x65\x58" + bytes(8) + FRAME),
    "gtp": in_udp(2152, b"\x30\xff" + bytes(6) + INNER),
    "gtp with extension": in_udp(2152, b"\x34\xff" + bytes(6) + b"\0\0\0\x85" + b"\1\0\0\0" + INNER),
}


def one(frame: bytes, link: int = 1) -> Any:
    return decode(made.batch([(1, frame)], link))[0]


@pytest.mark.parametrize("name", BARE)
def test_links(name: str) -> None:
    link, frame = BARE[name]
    record = one(frame, link)
    assert (record["kind"], record["protocol"], record["tunnels"]) == (IP4, 6, 0)
    assert (record["source_low"], record["target_low"]) == (0xC6336407, 0xC000020A)
    assert (record["source_port"], record["target_port"], record["flags"]) == (40000, 443, made.SYN)
    assert record["outer_low"] == record["source_low"]
    assert record["vlan"] == (7 if name in ("vlan", "qinq") else 0)


def test_the_window_of_tcp_as_far_as_it_was_captured() -> None:
    frame = made.ethernet(made.ip("198.51.100.7", "192.0.2.10", 6, made.tcp(40000, 443, made.ACK, window=513)))
    windows = [int(one(frame[:size])["window"]) for size in (54, 50, 49, 48)]
    assert windows == [513, 513, 0xFFFF, 0xFFFF]
    assert one(made.ethernet(made.ip("198.51.100.7", "192.0.2.10", 17, made.udp(1, 2))))["window"] == 0


@pytest.mark.parametrize("name", TUNNELS)
def test_tunnels_give_the_inner_packet_and_the_outer_source(name: str) -> None:
    record = one(TUNNELS[name])
    assert (record["kind"], record["tunnels"]) == (IP4, 1)
    assert (record["source_low"], record["source_port"], record["target_port"]) == (0xC6336407, 40000, 443)
    assert record["outer_low"] == 0xCB007101


def test_six_in_four_and_teredo() -> None:
    for frame in (outer(41, INNER6), TEREDO):
        record = one(frame)
        assert (record["kind"], record["tunnels"], record["outer_low"]) == (IP6, 1, 0xCB007101)
        assert (record["source_high"], record["source_low"]) == (0x20010DB8 << 32, 7)


@pytest.mark.parametrize("name", TUNNELS)
def test_a_tunnel_that_holds_rubbish_is_its_outside(name: str) -> None:
    frame = TUNNELS[name]
    at = frame.index(INNER)
    record = one(frame[:at] + b"\xff" * 40)
    assert (record["tunnels"], record["source_low"]) == (0, 0xCB007101)


def test_extension_headers_and_fragments_of_ipv6() -> None:
    segment = made.tcp(40000, 443)
    options = bytes([44, 0]) + bytes(6)
    for offset, fragment in ((1, FIRST), (8 * 200, LATER)):
        packet = options + struct.pack(">BBHI", 6, 0, offset, 7) + segment
        record = one(made.ethernet(made.ip("2001:db8::7", "2001:db8::10", 0, packet), 0x86DD))
        assert (record["kind"], record["protocol"], record["fragment"]) == (IP6, 6, fragment)
        assert record["target_port"] == (443 if fragment == FIRST else 0)


def test_fragments_of_ipv4() -> None:
    first = one(made.ethernet(made.ip("198.51.100.7", "192.0.2.10", 17, made.udp(53, 9, bytes(90)), fragment=0x2000)))
    assert (first["fragment"], first["source_port"]) == (FIRST, 53)
    later = one(made.ethernet(made.ip("198.51.100.7", "192.0.2.10", 17, bytes(90), fragment=100)))
    assert (later["fragment"], later["source_port"], later["protocol"]) == (LATER, 0, 17)


def test_arp() -> None:
    record = one(made.arp(1, "005e00530001", "192.0.2.1", "192.0.2.9"))
    assert (record["kind"], record["source_port"], record["mac"]) == (ARP, 1, 0x005E00530001)
    assert (record["source_low"], record["target_low"]) == (0xC0000201, 0xC0000209)


def test_payload_is_what_the_headers_say_and_what_is_there() -> None:
    packet = made.ip("198.51.100.7", "192.0.2.10", 6, made.tcp(40000, 80, made.ACK, b"GET / HTTP/1.1\r\n"))
    padded = made.ethernet(packet) + bytes(6)
    batch = made.batch([(1, padded)])
    record = decode(batch)[0]
    assert (record["payload"], record["captured"]) == (16, 16)
    assert batch.data[record["payload_at"] :][:16].tobytes() == b"GET / HTTP/1.1\r\n"
    short = one(made.ethernet(packet)[:-10])
    assert (short["payload"], short["captured"]) == (16, 6)


@pytest.mark.parametrize(
    ("frame", "link", "kind"),
    [
        (b"", 1, SHORT), (FRAME[:13], 1, SHORT), (FRAME[:30], 1, SHORT), (made.ethernet(b"\x41" + INNER[1:]), 1, BROKEN),
        (made.ethernet(b"\x55" + INNER[1:]), 1, BROKEN), (made.ethernet(b"?", 0x88CC), 1, OTHER), (FRAME, 147, NO_LINK),
        (made.ethernet(INNER6[:39], 0x86DD), 1, SHORT),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_called_so(frame: bytes, link: int, kind: int) -> None:
    assert one(frame, link)["kind"] == kind


FUZZ = """
import random, sys
import numpy as np
from tests import packets as made
from tests.parse.packets.test_decode import BARE, TEREDO, TUNNELS
from vedette.model.packets import PACKET
from vedette.parse.packets.decode import decode_all

dice = random.Random(int(sys.argv[1]))
frames = [*BARE.values(), *((1, frame) for frame in (*TUNNELS.values(), TEREDO))]
count = 0
for link, frame in frames:
    cut = [(1, frame[:end]) for end in range(len(frame))]
    for _ in range(40):
        torn = bytearray(frame)
        for _ in range(dice.randint(1, 3)):
            torn[dice.randrange(len(torn))] = dice.choice((0, 1, 0x45, 0x60, 0xFF, dice.randrange(256)))
        cut.append((1, bytes(torn[: dice.randint(1, len(torn))])))
    # Each alone at the very end of its data: to read on is to fail.
    for each in cut:
        batch = made.batch([each], link)
        records = np.zeros(1, PACKET).view(np.recarray)
        decode_all(batch.data, batch.at, batch.size, batch.wire, batch.time, batch.link, records)
        assert records.payload_at[0] + records.captured[0] <= len(batch.data) or not records.captured[0]
        count += 1
print(count)
"""


def test_no_byte_beyond_the_packet_is_read() -> None:
    """The same code without a compiler: there an index that is too large raises."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FUZZ, "3"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 2000


def test_any_bytes_of_any_link_have_one_record_each() -> None:
    dice = random.Random(9)
    kinds = set()
    for link in (0, 1, 9, 12, 50, 101, 104, 108, 113, 228, 229, 276, 65535):
        packets = [(1, dice.randbytes(dice.randrange(0, 120))) for _ in range(400)]
        records = decode(made.batch(packets, link))
        assert len(records) == 400
        ends = np.cumsum([len(data) for _, data in packets])
        some = records["captured"] > 0
        assert (records["payload_at"] + records["captured"] <= ends)[some].all()
        kinds |= set(records["kind"].tolist())
    assert kinds >= {NO_LINK, OTHER, SHORT, BROKEN, IP4, IP6}
