"""CSV: which columns hold the values is found by their names, or by what is in them."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Final

from vedette.model.errors import FeedError
from vedette.parse.indicators import fields
from vedette.parse.indicators.fields import normal
from vedette.parse.indicators.gathered import Gathered
from vedette.parse.indicators.text import LINE, lines
from vedette.parse.indicators.value import is_indicator

DELIMITERS: Final = ",;\t|"
SAMPLE: Final = 64
"""Lines that tell how the table is made."""
CELLS: Final = 256
"""Columns looked at."""


class _Numbered:
    """Lines of data, and the comments before them; `number` is that of the last one."""

    def __init__(self, data: bytes) -> None:
        self.number = 0
        self.comments: list[str] = []
        self._lines = lines(data)
        self._begun = False

    def __iter__(self) -> Iterator[tuple[int, str]]:
        for line in self._lines:
            self.number += 1
            if line.startswith(("#", "//")):
                if not self._begun:
                    self.comments = [*self.comments[-20:], line[:LINE]]
            elif line and not line.isspace():
                self._begun = True
                yield self.number, line


def read_table(data: bytes) -> Gathered:
    """Rows of a table.

    Raises:
        FeedError: no column holds indicators.
    """
    gathered = Gathered()
    source = _Numbered(data)
    numbered = iter(source)
    sample = list(islice(numbered, SAMPLE))
    if not sample:
        return gathered
    delimiter, width = delimited([line for _, line in sample])
    head = header(source.comments, [line for _, line in sample], delimiter, width)
    if head is None:
        head = {_by_content([cells for _, cells, _ in _rows(iter(sample), delimiter)]): "value"}
    elif head == _names(sample[0][1], delimiter):
        sample = sample[1:]
    for number, cells, problem in _rows(chain(sample, numbered), delimiter):
        if problem:
            gathered.refuse(number, "", problem)
            continue
        record = {head[at]: cell for at, cell in enumerate(cells[:CELLS]) if at in head}
        fields.take(gathered, number, record)
    return gathered


def delimited(sample: list[str]) -> tuple[str, int]:
    """The delimiter by which most lines fall into the same number of cells, and that number; 1 when none is found."""
    best, delimiter, width = 0, ",", 1
    for each in DELIMITERS:
        counts = Counter(len(cells) for _, cells, _ in _rows(enumerate(sample), each))
        cells, lines_of = max(counts.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
        if cells > 1 and lines_of > best:
            best, delimiter, width = lines_of, each, cells
    return delimiter, width


def header(comments: list[str], sample: list[str], delimiter: str, width: int) -> dict[int, str] | None:
    """Names of the columns by their place, from the first line or a comment before it."""
    for line in [*sample[:1], *reversed(comments)]:
        names = _names(line, delimiter)
        if (line is sample[0] or len(names) == width) and not fields.VALUES.isdisjoint(names.values()):
            return names
    return None


def _names(line: str, delimiter: str) -> dict[int, str]:
    cells = next((cells for _, cells, _ in _rows([(1, line.lstrip("#/ "))], delimiter)), [])
    return {at: normal(cell) for at, cell in enumerate(cells[:CELLS])}


def _by_content(rows: list[list[str]]) -> int:
    """The column in which most cells are indicators."""
    counts = Counter(at for cells in rows for at, cell in enumerate(cells[:CELLS]) if is_indicator(cell))
    at, most = counts.most_common(1)[0] if counts else (0, 0)
    if 2 * most < len(rows):
        raise FeedError(
            "no column of the table holds indicators",
            fix="see what the address or file really holds; name the column `indicator` if the list is yours",
        )
    return at


def _rows(numbered: Iterable[tuple[int, str]], delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """(number of the last line, cells, what is wrong with the row)"""
    number = 0

    def counted() -> Iterator[str]:
        nonlocal number
        for at, line in numbered:
            number = at
            yield line

    rows = csv.reader(counted(), delimiter=delimiter, skipinitialspace=delimiter != "\t")
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, [], f"not a row: {error}"
        else:
            yield number, cells, ""
