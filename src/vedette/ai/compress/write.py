"""Tables as text.

    2000 lines, 27 templates; @n: n seconds after Feb  1 10:24:12          the head
    &1=Mozilla/5.0 (X11; ...)                                              long values that come more than once, and long
                                                                           pieces of values, which stand there as <&1>
    #812 @3600 sshd[‹...                                                   a line that came once: number, time, text
    #12 865x @0~3590 sshd[<17…9041>]: Failed password for <A> from <B>     a table: its first line, lines, times, template
     root: @12~95 192.0.2.7*40 198.51.100.4                                its rows: other columns, then values of the last
     admin: @0~9 192.0.2.7*30 @3000~3590 192.0.2.7*7                       a row whose lines came at two paces

Cells are parted by spaces, in tables whose values have spaces by tabs. `"` is the cell above, `<>` an empty one, `*n` a
count; a table without columns whose lines came at two paces has rows of empty cells. `<17…9041>` is a span of numbers that
were not kept, `<22 80 443>` a set that was. `<A>`, `<B>` are columns. A time stands where `<t>` is, or before the line.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final, NamedTuple

import polars as pl

from vedette.ai.compress import phrases
from vedette.ai.compress.shapes import WHEN
from vedette.ai.compress.table import Slot, Span, Table

LONG: Final = 14
"""Characters from which a value that is written again gets a short name."""
WORDY: Final = 60
"""Characters of a row from which its time is hardly an expense."""
TIME: Final = "<t>"
"""Written for WHEN, in the whole text at last."""
_COUNTED: Final = re.compile(r"\*\d+$")
_NAME: Final = re.compile(r"&\d+")
_WHEN: Final = re.compile(r"@(-?\d+)(?:~(-?\d+))?$")


class Burst(NamedTuple):
    """Values of the last column with their counts, as they came between two times."""

    when: str
    values: tuple[tuple[str, int], ...]


class Row(NamedTuple):
    """One row of a table's text: the cells before the last column, and what came with them."""

    cells: tuple[str, ...]
    bursts: tuple[Burst, ...]
    lines: int


class Block(NamedTuple):
    """A table ready to be written."""

    table: Table
    when: str
    rows: tuple[Row, ...]


def block(table: Table, base: int) -> Block:
    """Rows in order of time within equal cells."""
    when = _when(table.first, table.last, base)
    names = [str(at) for at in range(table.rows.width - 4)]
    if not names and len(table.rows) == 1:
        return Block(table, when, ())
    nested = [*names[:-1], "burst", *names[-1:]]
    earliest = [pl.col("_").min().over(nested[: depth + 1]).alias(f"_{depth}") for depth in range(len(nested))]
    rows = table.rows.with_row_index("_").with_columns(earliest).sort([f"_{depth}" for depth in range(len(nested))])
    value = pl.col(names[-1]) if names else pl.lit("")
    made = [
        _row(cells, list(part), base)
        for cells, part in groupby(
            rows.select(*names[:-1], "burst", value.alias("value"), "lines", "first", "last").iter_rows(),
            key=lambda row: row[:-5],
        )
    ]
    return Block(table, when, tuple(made))


def _row(cells: tuple[str, ...], part: list[tuple[Any, ...]], base: int) -> Row:
    *_, numbers, values, counts, firsts, lasts = zip(*part, strict=True)
    lines = sum(counts)
    # One or two short lines are placed well enough by those around them.
    told = lines > 2 or sum(map(len, cells)) + len(values[0]) >= WORDY
    made, begin = [], 0
    for _, same in groupby(numbers):
        end = begin + len(list(same))
        known = [at for at in firsts[begin:end] if at is not None], [at for at in lasts[begin:end] if at is not None]
        span = _when(min(known[0]), max(known[1]), base) if told and known[0] else ""
        made.append(Burst(span, tuple(zip(values[begin:end], counts[begin:end], strict=True))))
        begin = end
    return Row(cells, tuple(made), lines)


class Names(NamedTuple):
    """Short names of what would be written more than once.

    Attributes:
        cells: what is written for a value, where that is not the value.
        definitions: name -> what it stands for, which may use names that come before it.
    """

    cells: dict[str, str]
    definitions: dict[str, str]

    def of(self, written: str) -> list[str]:
        """The names that a text needs, in the order of their definitions."""
        needed: set[str] = set()
        left = [written]
        while left:
            new = {name for name in _NAME.findall(left.pop()) if name in self.definitions} - needed
            needed |= new
            left += [self.definitions[name] for name in new]
        return [name for name in self.definitions if name in needed] if needed else []


def text(blocks: list[Block]) -> Iterator[str]:
    """All lines of the text but the head."""
    names = aliases(blocks)
    for name, value in names.definitions.items():
        yield f"{name}={value}"
    for each in blocks:
        for line, _ in lines(each, names):
            yield line


def aliases(blocks: list[Block]) -> Names:
    """Names of long values that would be written more than once, and of long pieces that values share."""
    texts: list[str] = []
    for each in blocks:
        above: tuple[str, ...] = ()
        for row in each.rows:
            texts += [cell for at, cell in enumerate(row.cells) if not (above and above[at] == cell)]
            texts += [value for burst in row.bursts for value, _ in burst.values]
            above = row.cells
        texts += [slot for slot in each.table.slots if isinstance(slot, str)]
    uses = Counter(text for text in texts if len(text) >= LONG)
    again = [value for value, count in uses.most_common() if count > 1]
    made = phrases.shared(uses)
    parts = Counter(part for pieces in made.values() for part in pieces)
    small = {part: f"&{at}" for at, (part, count) in enumerate(parts.most_common(), 1) if count > 1}
    cells = {value: "".join(f"<{small[part]}>" if part in small else part for part in made[value]) for value in made}
    definitions = {name: part for part, name in small.items()}
    for number, value in enumerate(again, len(small) + 1):
        definitions[f"&{number}"] = cells.get(value, value)
        cells[value] = f"&{number}"
    return Names(cells, definitions)


def lines(each: Block, names: Names) -> Iterator[tuple[str, int]]:
    """A block's lines, and how many lines of the log each is good for."""
    yield _head(each, names), 0 if each.rows else each.table.lines
    texts = [*(cell for row in each.rows for cell in row.cells), *(v for row in each.rows for b in row.bursts for v, _ in b.values)]
    part = "\t" if " " in "".join(texts) else " "
    above: tuple[str, ...] = ()
    for row in each.rows:
        cells = ['"' if above and above[at] == cell else _cell(cell, names) for at, cell in enumerate(row.cells)]
        if cells:
            cells[-1] += ":"
        for burst in row.bursts:
            cells += [burst.when] if burst.when else []
            cells += [_counted(value, count, names) for value, count in burst.values]
        yield part + part.join(cells), row.lines
        above = row.cells


def _head(each: Block, names: Names) -> str:
    table = each.table
    pieces = [table.parts[0]]
    for slot, part in zip(table.slots, table.parts[1:], strict=True):
        pieces += [_slot(slot, names), part]
    line = "".join(pieces)
    before = [f"#{table.at + 1}"]
    if table.lines > 1:
        before.append(f"{table.lines}x")
    if WHEN in line:
        before.append(each.when or "@?")
    return " ".join([*before, line.removeprefix(f"{WHEN} ")])


def _slot(slot: Slot, names: Names) -> str:
    if isinstance(slot, str):
        written = names.cells.get(slot, slot)
        return f"<{written}>" if written in names.definitions else written
    if isinstance(slot, int):
        return f"<{chr(65 + slot % 26)}{slot // 26 or ''}>"
    if isinstance(slot, Span):
        return f"<{slot.low}…{slot.high}>"
    return f"<{' '.join(slot.values)}>"


def _cell(value: str, names: Names) -> str:
    if value in names.cells:
        return names.cells[value]
    if not value:
        return "<>"
    if value == '"' or (value[0] in "@&" and (_NAME.fullmatch(value) or _WHEN.match(value))):
        return f"<x{ord(value[0]):02x}>{value[1:]}"
    return value


def _counted(value: str, count: int, names: Names) -> str:
    cell = _cell(value, names)
    # A value that ends like a count is told from one by a count of its own.
    return f"{cell}*{count}" if count > 1 or ("*" in cell and _COUNTED.search(cell)) else cell


def _when(first: int | None, last: int | None, base: int) -> str:
    if first is None or last is None:
        return ""
    return f"@{first - base}" if first == last else f"@{first - base}~{last - base}"
