"""Cutting bytes into lines, against the plainest reading of the rules."""

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.collect.lines import SMALL, UTF8, UTF16BE, UTF16LE, Cut, by_returns, cut, encoding_of
from vedette.model.records import RECORD

CAP = 1 << 20


def by_hand(data: bytes, cap: int = CAP) -> list[tuple[int, int, str]]:
    rows, at = [], 0
    for number, line in enumerate(data.split(b"\n"), 1):
        if at < len(data):
            kept = line[:cap] if len(line) > cap else line.removesuffix(b"\r")
            rows.append((number, at, kept.decode(errors="backslashreplace")))
        at += len(line) + 1
    return rows


def in_blocks(data: bytes, size: int, cap: int = CAP, limit: int | None = None, encoding: str = UTF8) -> list[Cut]:
    cuts: list[Cut] = []
    rest, at, line, skipping = b"", 0, 0, False
    blocks = [data[i : i + size] for i in range(0, len(data), size)]
    for index, block in enumerate(blocks):
        rest += block
        while True:
            done = cut(
                rest, offset=at, line=line, cap=cap, limit=limit, encoding=encoding, skipping=skipping,
                end=index == len(blocks) - 1,
            )  # fmt: skip
            cuts.append(done)
            rest, at, line, skipping = rest[done.used :], at + done.used, done.line, done.skipping
            if not done.used or not rest:
                break
    return cuts


def rows(cuts: list[Cut]) -> list[tuple[int, int, str]]:
    return [row for c in cuts for row in c.frame.rows()]


piece = st.sampled_from(
    [b"a", b"b c", b"\n", b"\n", b"\r\n", b"\r", b"\x00", b"\xff", b"\xc3\xa9", b"\xe2\x82", b"x\x9c"]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(piece, max_size=60).map(b"".join), st.integers(1, 40), st.sampled_from([None, 1, 3]))
def test_however_the_bytes_come_the_lines_are_the_same(data: bytes, size: int, limit: int | None) -> None:
    assert rows(in_blocks(data, size, limit=limit)) == by_hand(data)


@pytest.mark.parametrize("last", [b"", b"z", b"\xff", b"z\r", b"y" * 200])
@pytest.mark.parametrize("middle", [b"", b"\n\n", b"\xff\n", b"x" * 200 + b"\n", b"z\r\n"])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_large_block_at_the_end_is_all_used(middle: bytes, last: bytes, end: bytes) -> None:
    some = b"a line\n" * SMALL
    data = some + middle + some + last + end
    done = cut(data, offset=0, cap=100, end=True)
    assert (done.used, done.skipping) == (len(data), False)
    assert done.frame.rows() == by_hand(data, 100)


@given(st.lists(piece, max_size=60).map(b"".join), st.integers(1, 40))
def test_lone_carriage_returns_become_line_feeds_however_the_bytes_come(data: bytes, size: int) -> None:
    blocks = (data[i : i + size] for i in range(0, len(data), size))
    assert b"".join(by_returns(blocks)) == re.sub(rb"\r(?!\n)", b"\n", data)


@pytest.mark.parametrize("head", [b"plain", b"x\x01", b"x\x9c", b"x^", b"\x1f\x8b", b"(\xb5/\xfd", b"\xff"])
def test_large_blocks_that_begin_like_compressed_data_are_still_text(head: bytes) -> None:
    data = head + b"".join(b"some line number %d of many\n" % i for i in range(5000))
    assert rows([cut(data, offset=0, cap=CAP)]) == by_hand(data)


@pytest.mark.parametrize("size", [10, 100, 1000, 5000])
def test_a_long_line_is_cut_counted_and_reading_goes_on(size: int) -> None:
    data = b"first\n" + b"y" * 2000 + b"\nlast\n"
    cuts = in_blocks(data, size, cap=100)
    assert rows(cuts) == [(1, 0, "first"), (2, 6, "y" * 100), (3, 2007, "last")]
    assert sum(c.long for c in cuts) == 1


def test_a_line_that_never_ends_is_not_waited_for() -> None:
    done = cut(b"z" * 101, offset=0, cap=100)
    assert (done.used, done.skipping, done.long, done.frame["raw"].to_list()) == (101, True, 1, ["z" * 100])


def test_the_cap_does_not_split_a_character() -> None:
    done = cut("ab€€€\n".encode(), offset=0, cap=4)
    assert done.frame["raw"].to_list() == ["ab"]


@pytest.mark.parametrize(
    ("encoding", "mark"), [(UTF16LE, b"\xff\xfe"), (UTF16BE, b"\xfe\xff"), (UTF8, b"\xef\xbb\xbf")]
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_encodings_with_a_mark(encoding: str, mark: bytes, size: int) -> None:
    text = "first\r\n\u0a0a\u0d0a second 😀\n\nlast"  # U+0A0A holds the byte of a line feed twice
    assert encoding_of(mark + text.encode(encoding)) == (encoding, len(mark))
    cuts = in_blocks(text.encode(encoding), size, encoding=encoding)
    assert [raw for _, _, raw in rows(cuts)] == ["first", "\u0a0a\u0d0a second 😀", "", "last"]
    assert rows(cuts)[1][1] == len("first\r\n".encode(encoding))


def test_the_frame_is_a_record_frame() -> None:
    for data in (b"", b"a\n", b"a\nb\r\n", b"\xff\n"):
        assert cut(data, offset=5, line=7, cap=CAP).frame.schema == pl.Schema(RECORD)
