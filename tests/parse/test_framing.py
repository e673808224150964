"""Lines to records: joined, cut, bounded, and the same however the lines arrive."""

import struct
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parse.samples import records
from vedette.parse import framing


def framed(data: bytes, sizes: list[int] | None = None) -> list[tuple[int, int, str]]:
    """Records of all lines, in batches of the sizes."""
    lines = records(data).frame
    cuts = [lines] if sizes is None else [lines.slice(i, 1) for i in range(lines.height)]
    carry: dict[str, Any] = {}
    rows, held = [], 0
    for index, part in enumerate(cuts):
        done = framing.frame(part, carry, last=index == len(cuts) - 1)
        carry, held = orjson.loads(orjson.dumps(done.carry)), held + done.held
        rows += done.records.rows()
    assert held == 0
    assert len({line for line, _, _ in rows}) == len(rows)
    assert [line for line, _, _ in rows] == sorted(line for line, _, _ in rows)
    assert len({offset for _, offset, _ in rows}) == len(rows)
    return rows


LOG = b"Feb  1 10:24:12 web1 cron[1]: x"
XML = b'<Event xmlns="urn:x">\n  <System/>\n</Event>'
BINARY = b"__CURSOR=a\nMESSAGE\n" + struct.pack("<Q", 10) + b"a\n\n__CURSOR"[:10] + b"\n_PID=1\n\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a\nb\n", [(1, 0, "a"), (2, 2, "b")]),
        (b'{"a":1}\n{"b":2}\n', [(1, 0, '{"a":1}'), (2, 8, '{"b":2}')]),
        (b'{\n "a": "}",\n "b": [\n  1\n ]\n}\nx\n', [(1, 0, '{\n "a": "}",\n "b": [\n  1\n ]\n}'), (7, 30, "x")]),
        (b'[{"a":1}, {"b":2}]\nx\n', [(1, 1, '{"a":1}'), (2, 10, '{"b":2}'), (3, 19, "x")]),
        (b'{"Records":[{"a":1},{"b":2}]}\nx\n', [(1, 12, '{"a":1}'), (2, 20, '{"b":2}'), (3, 30, "x")]),
        (b'[\n  {"a":1},\n  {\n  "b":2\n  }\n]\n',
         [(1, 0, "["), (2, 2, '{"a":1}'), (3, 13, '  {\n  "b":2\n  }'), (6, 29, "]")]),
        (b'{\n"Records": [\n{"a":1},\n{"b":2}\n]\n}\n',
         [(1, 0, "{"), (2, 2, '"Records": ['), (3, 15, '{"a":1}'), (4, 24, '{"b":2}'), (5, 32, "]"), (6, 34, "}")]),
        (XML + b"\n" + XML + b"\n", [(1, 0, XML.decode()), (4, len(XML) + 1, XML.decode())]),
        (b"<Events><Event>1</Event><Event>2</Event></Events>\n", [(1, 8, "<Event>1</Event>"), (2, 24, "<Event>2</Event>")]),
        (b"__CURSOR=a\nM=1\n\n__CURSOR=b\nM=2\n", [(1, 0, "__CURSOR=a\nM=1\n"), (4, 16, "__CURSOR=b\nM=2")]),
    ],
)  # fmt: skip
def test_records_of_lines(data: bytes, expected: list[tuple[int, int, str]]) -> None:
    assert framed(data) == expected
    assert framed(data, []) == expected


def test_a_binary_field_may_hold_what_ends_a_block() -> None:
    (record, after) = framed(BINARY + b"x\n")
    assert record[2].startswith("__CURSOR=a\nMESSAGE\n\n\0\0\0\0\0\0\0a\n\n__CURSO\n_PID=1")
    assert after[2] == "x"


@pytest.mark.parametrize("opening", [b"{", b'{"a": ', b"<Event xmlns='x'>", b'[{"a":'])
def test_an_opened_record_does_not_swallow_the_log(opening: bytes) -> None:
    """A line that only looks like a beginning costs nothing that follows it, but for XML text up to the next event."""
    rows = framed(opening + b"\n" + LOG + b"\n" + LOG + b"\n")
    assert [raw for _, _, raw in rows] == [opening.decode().rstrip("\r"), LOG.decode(), LOG.decode()]


def test_what_stays_open_is_bounded() -> None:
    carry: dict[str, Any] = {}
    line = pl.DataFrame({"line": [1], "offset": [0], "raw": ['"' + "x" * 900_000 + '",']})
    out, held, largest = 0, 0, 0
    for number in range(1, 40):
        part = line.with_columns(line=pl.lit(number, pl.Int64), offset=pl.lit(number * 1_000_000, pl.Int64))
        if number == 1:
            part = part.with_columns(raw=pl.lit("{"))
        done = framing.frame(part, carry, last=False)
        carry, out, held = done.carry, out + done.records.height, held + done.held
        largest = max(largest, sum(len(raw) for _, _, raw in carry.get("lines", [])))
    assert largest <= framing.LIMIT
    assert out + held == 39


pieces = st.sampled_from([
    b"{", b"}", b"},", b"[", b"]", b'{"a":1}', b'{"a":1},', b'"b": [', b'"c": 2', b"<Event >", b"</Event>", b"<Event>1</Event>", b"",
    b"__CURSOR=x", b"M=1", b"MESSAGE", b"\x02\0\0\0\0\0\0\0ab", b'[{"a":1},{"b":2}]', b'{"Records":[{"a":1},{"b":2}]}', LOG,
    b'{"a":"\xff"}', b'[{"a":"\xff\xff"},{"a":2}]',
])  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(pieces, min_size=1, max_size=14))
def test_line_by_line_is_the_same_as_all_at_once_and_no_text_is_lost(lines: list[bytes]) -> None:
    data = b"\n".join(lines) + b"\n"
    rows = framed(data)
    assert framed(data, []) == rows
    text = "".join(raw for _, _, raw in rows)
    for line in lines:
        if line not in (b"},", b'{"a":1},') and not line.startswith((b"[{", b'{"R', b"<Event>")):
            assert line.decode(errors="backslashreplace") in text


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["1,2,3"], ["1,2,3"]),
        (['1,"two', "lines", 'of ""it""",3', "4,5,6"], ['1,"two\nlines\nof ""it""",3', "4,5,6"]),
        # A quote in a log that is no cell's hides no row.
        (['1,x"y,3', "4,5,6", '7,z"z,9'], ['1,x"y,3', "4,5,6", '7,z"z,9']),
        (['1,"open,3', "4,5,6"], ['1,"open,3', "4,5,6"]),
        (['1,"open,3', *["4,5,6"] * (framing.ROW + 5), '7,"x"",9'], ['1,"open,3', *["4,5,6"] * (framing.ROW + 5), '7,"x"",9']),
    ],
)  # fmt: skip
def test_rows_of_a_table_with_quoted_lines(rows: list[str], expected: list[str]) -> None:
    data = "\n".join(["time,message,host", *rows, ""]).encode()
    assert [raw for _, _, raw in framed(data)] == ["time,message,host", *expected]
    assert framed(data, []) == framed(data)
    without = "\n".join(["no header of a table", *rows, ""]).encode()
    assert [raw for _, _, raw in framed(without)] == ["no header of a table", *rows]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("ab,\"\n\t;", max_size=12), max_size=30))
def test_rows_of_a_table_are_the_same_however_they_come(cells: list[str]) -> None:
    data = ("a,b,c\n" + "\n".join(cells) + "\n").encode()
    assert framed(data, []) == framed(data)
