"""Tables as text.

    2000 lines, 27 templates; @n: n seconds after Feb  1 10:24:12          the head
    &1=Mozilla/5.0 (X11; ...)                                              long values that come more than once
    #812 @3600 sshd[‹...                                                   a line that came once: number, time, text
    #12 865x @0~3590 sshd[<17…9041>]: Failed password for <A> from <B>     a table: its first line, lines, times, template
     root: @12~95 192.0.2.7*40 198.51.100.4                                its rows: other columns, then values of the last

Cells are parted by spaces, in tables whose values have spaces by tabs. `"` is the cell above, `<>` an empty one, `*n` a
count. `<17…9041>` is a span of numbers that were not kept, `<22 80 443>` a set that was. `<A>`, `<B>` are columns. A time
stands where `<t>` is, or before the line.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

import polars as pl

from vedette.ai.compress.shapes import WHEN
from vedette.ai.compress.table import Slot, Span, Table

LONG: Final = 14
"""Characters from which a value that is written again gets a short name."""
TIME: Final = "<t>"
"""Written for WHEN, in the whole text at last."""
_COUNTED: Final = re.compile(r"\*\d+$")
_NAME: Final = re.compile(r"&\d+")
_WHEN: Final = re.compile(r"@(-?\d+)(?:~(-?\d+))?$")


class Row(NamedTuple):
    """One row of a table's text: the cells before the last column, and the last column's values with their counts."""

    cells: tuple[str, ...]
    values: tuple[tuple[str, int], ...]
    lines: int
    when: str


class Block(NamedTuple):
    """A table ready to be written; `order`: its columns in the order in which they are written."""

    table: Table
    when: str
    order: tuple[int, ...]
    rows: tuple[Row, ...]


def block(table: Table, base: int) -> Block:
    """Columns with few values first, rows in order of time within equal cells."""
    width = table.rows.width - 3
    when = _when(table.first, table.last, base)
    if not width:
        return Block(table, when, (), ())
    names = [str(at) for at in range(width)]
    order = sorted(range(width), key=lambda at: table.rows[names[at]].n_unique())
    names = [names[at] for at in order]
    earliest = [pl.col("_").min().over(names[: depth + 1]).alias(f"_{depth}") for depth in range(width)]
    rows = table.rows.with_row_index("_").with_columns(earliest).sort([f"_{depth}" for depth in range(width)])
    made: list[Row] = []
    for cells, part in _grouped(rows.select(*names, "lines", "first", "last")):
        firsts, lasts = (
            [row[-2] for row in part if row[-2] is not None],
            [row[-1] for row in part if row[-1] is not None],
        )
        lines = sum(row[-3] for row in part)
        # Few lines are placed well enough by those around them.
        span = _when(min(firsts), max(lasts), base) if firsts and lines > 2 else ""
        made.append(Row(cells, tuple((row[-4], row[-3]) for row in part), lines, span))
    return Block(table, when, tuple(order), tuple(made))


def _grouped(rows: pl.DataFrame) -> Iterator[tuple[tuple[str, ...], list[tuple[str, int, int | None, int | None]]]]:
    cells: tuple[str, ...] = ()
    part: list[tuple[str, int, int | None, int | None]] = []
    for row in rows.iter_rows():
        if part and row[:-4] != cells:
            yield cells, part
            part = []
        cells = row[:-4]
        part.append(row[-4:])
    yield cells, part


def text(blocks: list[Block]) -> Iterator[str]:
    """All lines of the text but the head."""
    names = aliases(blocks)
    for value, name in names.items():
        yield f"{name}={value}"
    for each in blocks:
        for line, _ in lines(each, names):
            yield line


def aliases(blocks: list[Block]) -> dict[str, str]:
    """Short names of long values that would be written more than once."""
    uses: Counter[str] = Counter()
    for each in blocks:
        above: tuple[str, ...] = ()
        for row in each.rows:
            uses.update(cell for at, cell in enumerate(row.cells) if not (above and above[at] == cell))
            uses.update(value for value, _ in row.values)
            above = row.cells
        uses.update(slot for slot in each.table.slots if isinstance(slot, str))
    again = (value for value, count in uses.most_common() if count > 1 and len(value) >= LONG)
    return {value: f"&{number}" for number, value in enumerate(again, 1)}


def named(line: str, names: dict[str, str]) -> dict[str, str]:
    """The short names that a written line uses, by their values."""
    used = set(_NAME.findall(line))
    return {value: name for value, name in names.items() if name in used} if used else {}


def lines(each: Block, names: dict[str, str]) -> Iterator[tuple[str, int]]:
    """A block's lines, and how many lines of the log each is good for."""
    yield _head(each, names), 0 if each.rows else each.table.lines
    spaced = any(" " in text for row in each.rows for text in (*row.cells, *(value for value, _ in row.values)))
    part = "\t" if spaced else " "
    above: tuple[str, ...] = ()
    for row in each.rows:
        cells = ['"' if above and above[at] == cell else _cell(cell, names) for at, cell in enumerate(row.cells)]
        if cells:
            cells[-1] += ":"
        values = [_counted(value, count, names) for value, count in row.values]
        yield part + part.join([*cells, *([row.when] if row.when else []), *values]), row.lines
        above = row.cells


def _head(each: Block, names: dict[str, str]) -> str:
    table = each.table
    pieces = [table.parts[0]]
    for slot, part in zip(table.slots, table.parts[1:], strict=True):
        pieces += [_slot(slot, each.order, names), part]
    line = "".join(pieces)
    before = [f"#{table.at + 1}"]
    if table.lines > 1:
        before.append(f"{table.lines}x")
    if WHEN in line:
        before.append(each.when or "@?")
    return " ".join([*before, line.removeprefix(f"{WHEN} ")])


def _slot(slot: Slot, order: tuple[int, ...], names: dict[str, str]) -> str:
    if isinstance(slot, str):
        return f"<{names[slot]}>" if slot in names else slot
    if isinstance(slot, int):
        number = order.index(slot)
        return f"<{chr(65 + number % 26)}{number // 26 or ''}>"
    if isinstance(slot, Span):
        return f"<{slot.low}…{slot.high}>"
    return f"<{' '.join(slot.values)}>"


def _cell(value: str, names: dict[str, str]) -> str:
    if value in names:
        return names[value]
    if not value:
        return "<>"
    if value == '"' or (value[0] in "@&" and (_NAME.fullmatch(value) or _WHEN.match(value))):
        return f"<x{ord(value[0]):02x}>{value[1:]}"
    return value


def _counted(value: str, count: int, names: dict[str, str]) -> str:
    cell = _cell(value, names)
    # A value that ends like a count is told from one by a count of its own.
    return f"{cell}*{count}" if count > 1 or _COUNTED.search(cell) else cell


def _when(first: int | None, last: int | None, base: int) -> str:
    if first is None or last is None:
        return ""
    return f"@{first - base}" if first == last else f"@{first - base}~{last - base}"
