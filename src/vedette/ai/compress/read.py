"""A pack's text back to lines: what write.py wrote, and nothing else."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from vedette.ai.compress.safe import original

_HEAD: Final = re.compile(r"#(\d+)(?: (\d+)x)?(?: @(?:\?|(-?\d+)(?:~(-?\d+))?))?(?: |$)")
_SLOT: Final = re.compile(r"<(?!x[0-9a-f]{2,6}(?:\*\d+)?>)((?:[^<>]|<x[0-9a-f]{2,6}(?:\*\d+)?>)*)>")
_COUNTED: Final = re.compile(r"(.*?)(?:\*(\d+))?", re.DOTALL)
_SPAN: Final = re.compile(r"@(-?\d+)(?:~(-?\d+))?")
_PIECE: Final = re.compile(r"<(&\d+)>")
_TIME: Final = "<t>"
_COLUMN: Final = re.compile(r"([A-Z])(\d*)")


class Decoded(NamedTuple):
    """Lines that were the same but for their time and the numbers that were summarised.

    Attributes:
        text: the line without its time; a summarised number is the lowest of its span.
        place: where in `text` the time was, or null.
        copies: how many.
        first, last: seconds after the pack's base, or null; of one line among others that share a time, about where it
            stood among them.
        at: number of the table's first line, from 1.
    """

    text: str
    place: int | None
    copies: int
    first: int | None
    last: int | None
    at: int


def tables(text: str) -> Iterator[Decoded]:
    """Lines of the tables of a text. Anything before the first `#` is the head."""
    names: dict[str, str] = {}
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith("&"):
            name, _, value = line.partition("=")
            names[name] = _value(value, names)
            continue
        found = _HEAD.match(line)
        if not found:
            continue
        rows = []
        while at < len(lines) and lines[at][:1] in (" ", "\t"):
            rows.append(lines[at])
            at += 1
        yield from _table(found, line[found.end() :], rows, names)


def _table(head: re.Match[str], template: str, rows: list[str], names: dict[str, str]) -> Iterator[Decoded]:
    number, count = int(head[1]), int(head[2] or 1)
    timed = "@" in head[0]
    first = int(head[3]) if head[3] else None
    last = int(head[4]) if head[4] else first
    parts: list[str] = []
    slots: list[str | int | None] = []
    end = 0
    for found in _SLOT.finditer(template):
        parts.append(template[end : found.start()])
        slots.append(_slot(found[1], names))
        end = found.end()
    parts.append(template[end:])
    if timed and None not in slots:
        parts[:1], slots[:0] = ["", f" {parts[0]}"], [None]
    width = sum(isinstance(slot, int) for slot in slots)
    for cells, many, start, stop in (
        _spread(_rows(rows, max(width, 1), names), first, last) if rows else [({}, count, first, last)]
    ):
        pieces = [cells[slot] if isinstance(slot, int) else _TIME if slot is None else slot for slot in slots]
        before, time, after = (parts[0] + "".join(map("".join, zip(pieces, parts[1:], strict=True)))).partition(_TIME)
        text = original(before)
        place = len(text) if time else None
        text += original(after)
        yield Decoded(text, place, many, start, stop, number)


def _slot(inside: str, names: dict[str, str]) -> str | int | None:
    if inside == "t":
        return None
    if inside in names:
        return names[inside]
    column = _COLUMN.fullmatch(inside)
    if column:
        return ord(column[1]) - 65 + 26 * int(column[2] or 0)
    return inside.partition("…")[0] if "…" in inside else inside.partition(" ")[0]


class _Cells(NamedTuple):
    """Columns of lines that are the same, and the span that was written for them and those beside them."""

    columns: dict[int, str]
    lines: int
    span: tuple[int, int] | None


def _rows(rows: list[str], width: int, names: dict[str, str]) -> Iterator[list[_Cells]]:
    """What shares a span."""
    above: list[str] = []
    for row in rows:
        order, cells = row[1:].split(row[0]), []
        for at in range(width - 1):
            cell = order[at]
            cell = cell[:-1] if at == width - 2 else cell
            cells.append(above[at] if cell == '"' else _value(cell, names))
        above = cells
        span = None
        together: list[_Cells] = []
        for written in order[width - 1 :]:
            when = _SPAN.fullmatch(written)
            if when:
                yield together
                span, together = (int(when[1]), int(when[2] or when[1])), []
                continue
            counted = _COUNTED.fullmatch(written)
            assert counted is not None  # noqa: S101  an expression that matches anything
            columns = dict(enumerate([*cells, _value(counted[1], names)]))
            together.append(_Cells(columns, int(counted[2] or 1), span))
        yield together


def _spread(
    shared: Iterator[list[_Cells]], first: int | None, last: int | None
) -> Iterator[tuple[dict[int, str], int, int | None, int | None]]:
    """Single lines placed evenly between the times of those with which they share them: in a row, or in the table."""
    untimed: list[_Cells] = []
    for together in shared:
        if together and together[0].span:
            yield from _placed(together, *together[0].span)
        else:
            untimed += together
    yield from _placed(untimed, first, last)


def _placed(
    together: list[_Cells], first: int | None, last: int | None
) -> Iterator[tuple[dict[int, str], int, int | None, int | None]]:
    gaps = sum(one.lines for one in together) - 1
    before = 0
    for columns, lines, _ in together:
        if first is None or last is None or lines > 1 or not gaps:
            yield columns, lines, first, last
        else:
            at = first + (last - first) * before // gaps
            yield columns, 1, at, at
        before += lines


def _value(cell: str, names: dict[str, str]) -> str:
    if cell in names:
        return names[cell]
    return "" if cell == "<>" else _PIECE.sub(lambda found: names[found[1]], cell)
