"""Capture files of every kind come out packet by packet, whole or not."""

import random
from collections.abc import Iterator

import pytest

from tests import packets as made
from vedette.collect.capture_files import read
from vedette.collect.unpack import Damaged

BEGIN = 1_768_435_200_123_456_789
FRAMES = [
    (BEGIN + number * 1_000_000, made.ethernet(made.ip("192.0.2.1", "192.0.2.2", 17, made.udp(7, 9, bytes(number)))))
    for number in range(5)
]


def packets(data: bytes, size: int = 1 << 20) -> list[tuple[int, bytes, int]]:
    """(time, bytes, link type) of each, read in blocks of some size."""
    blocks: Iterator[bytes] = (data[at : at + size] for at in range(0, len(data), size))
    found = []
    numbers = []
    for batch in read(blocks, source="s", path="p"):
        for row in range(len(batch.at)):
            begin = batch.at[row]
            text = batch.data[begin : begin + batch.size[row]].tobytes()
            found.append((int(batch.time[row]), text, int(batch.link[row])))
        numbers += range(batch.first, batch.first + len(batch.at))
    assert numbers == list(range(1, len(found) + 1))
    return found


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("nano", [False, True])
@pytest.mark.parametrize("size", [1, 7, 100, 1 << 20])
def test_pcap(big: bool, nano: bool, size: int) -> None:
    unit = 1 if nano else 1000
    wanted = [(time // unit * unit, data, 101) for time, data in FRAMES]
    assert packets(made.pcap(FRAMES, big=big, nano=nano, link=101), size) == wanted


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_pcapng_with_sections_interfaces_and_resolutions(order: str, size: int) -> None:
    (_, data), second = FRAMES[0], 10**9
    parts = [
        made.section(order), made.interface(order), made.interface(order, 101, 9, 1000), made.interface(order, 113, 0x80 | 20),
        made.enhanced(5 * 10**6 + 7, data, order), made.enhanced(5 * second + 7, data, order, 1),
        made.enhanced((5 << 20) + (1 << 19), data, order, 2), made.block(order, 0x0BAD, b"of another kind"),
        made.block(order, 3, len(data).to_bytes(4, "big" if order == ">" else "little") + data),
        made.section("<" if order == ">" else ">"), made.interface("<" if order == ">" else ">", 9),
        made.enhanced(1, data, "<" if order == ">" else ">"),
    ]  # fmt: skip
    last = 5 * second + second // 2
    wanted = [
        (5 * second + 7000, data, 1), (1005 * second + 7, data, 101), (last, data, 113), (last, data, 1), (1000, data, 9)
    ]  # fmt: skip
    assert packets(b"".join(parts), size) == wanted


FILES = {
    "pcap": made.pcap(FRAMES),
    "pcapng": made.section() + made.interface() + b"".join(made.enhanced(time // 1000, data) for time, data in FRAMES),
}


@pytest.mark.parametrize("kind", FILES)
def test_cut_off_at_every_byte_gives_what_is_whole_and_says_so(kind: str) -> None:
    data = FILES[kind]
    whole = packets(data)
    seen = set()
    for end in range(4, len(data)):
        found: list[int] = []
        reason = ""
        try:
            for batch in read(iter([data[:end]]), source="s", path="p"):
                found += batch.time.tolist()
        except Damaged as damage:
            reason = str(damage)
        ended = not reason
        assert ended or "ends" in reason
        assert found == [time for time, _, _ in whole[: len(found)]]
        seen.add((len(found), ended))
    assert {count for count, _ in seen} == set(range(len(whole)))
    # A cut between two records cannot be seen.
    assert sum(ended for _, ended in seen) <= len(whole) + 1


@pytest.mark.parametrize("kind", FILES)
def test_damage_never_gives_a_packet_that_lies_elsewhere(kind: str) -> None:
    dice = random.Random(5)
    read_to_the_end = 0
    for _ in range(2000):
        data = bytearray(FILES[kind])
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(4, len(data))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        try:
            for batch in read(iter([bytes(data)]), source="s", path="p"):
                assert (batch.at >= 0).all()
                assert (batch.at + batch.size <= len(batch.data)).all()
                assert (batch.wire >= batch.size).all()
            read_to_the_end += 1
        except Damaged:
            pass
    assert read_to_the_end > 100


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (made.pcap([])[:20], "within its header"),
        (made.pcap(FRAMES) + b"\xff" * 16, "no packet begins"),
        (made.section() + made.enhanced(1, b"x"), "no block begins"),
        (made.section()[:8] + b"????" + made.section()[12:], "no byte order"),
    ],
)
def test_what_is_wrong_is_told(data: bytes, says: str) -> None:
    with pytest.raises(Damaged, match=says):
        packets(data)
