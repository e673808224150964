"""One table for each template: what is the same in all lines goes into the template, what is a serial becomes a span,
and the rest are columns whose distinct rows are counted."""

import re
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from vedette.ai.compress import bursts
from vedette.ai.compress.indicators import find
from vedette.ai.compress.mine import Mined, Template
from vedette.ai.compress.shapes import TIMES

FEW: Final = 32
"""Distinct numbers that may be a category (a status, a type) rather than a measure or a serial."""
PORTS: Final = 2000
"""Distinct ports of a column that are listed; of more the span."""
TRIED: Final = 200
"""Values of a column of identifiers that are looked at for indicators."""

_NUMBER: Final = r"^\"?[+-]?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?)\"?$"
_ID: Final = r"^[\"'{(]?[\w.\-#:+/=]*\d[\w.\-#:+/=]*[\"')}]?$"
_TIME: Final = rf"^[\"']?(?:{TIMES})[\"']?$"
_PORT: Final = re.compile(r"(?i)(?:port\w*|[sd]pt)[\"']?\W{0,3}$")
_HEX: Final = r"^\"?0x"
_CODE: Final = re.compile(r"(?i)(?:event_?id|status|code|type|level|class|severity|priority)[\"']?\W{0,3}$")
"""Before a number that says what a line is about: no measure, however few lines there are."""


class Span(NamedTuple):
    """Values that are summarised: the lowest and the highest, and how many distinct ones."""

    low: str
    high: str
    distinct: int


class Listed(NamedTuple):
    """Values that are all kept, but no longer by line."""

    values: tuple[str, ...]


Slot = str | Span | Listed | int
"""A value that is always the same, a summary, or the number of a column."""


class Table(NamedTuple):
    """Attributes:
    lines: how many.
    at: position of the first line among all.
    first, last: seconds, null where no time is known.
    parts: literals around the slots, one more than slots.
    rows: columns `0`, `1`, ... (String) for the slots that are numbers, those with few values first; `burst`, which tells
        times apart that came at another pace; `lines`, `first`, `last`; distinct.
    positions: of all lines (UInt32).
    """

    lines: int
    at: int
    first: int | None
    last: int | None
    parts: tuple[str, ...]
    slots: tuple[Slot, ...]
    rows: pl.DataFrame
    positions: pl.Series


def tables(rows: pl.DataFrame, mined: Mined) -> list[Table]:
    """All tables, in the order of their first line.

    Args:
        rows: those of `mined` or some of them, with `at` (position among all lines) and `seconds`.
    """
    parts = rows.partition_by("template", maintain_order=True)
    return [_table(mined.templates[part["template"][0]], part, mined.sources) for part in parts]


def _table(template: Template, part: pl.DataFrame, sources: list[tuple[int, ...]]) -> Table:
    parts, size = template.parts, len(template.parts) - 1
    names = [str(number) for number in range(size)]
    frame = pl.concat([_columns(piece, sources) for piece in part.partition_by("source", maintain_order=True)])
    frame = frame.sort("at")
    if len(part) == 1:
        slots: tuple[Slot, ...] = tuple(frame.row(0)[-size:] if size else ())
    else:
        slots = _slots(frame, names, parts)
    kept = [name for name, slot in zip(names, slots, strict=True) if isinstance(slot, int)]
    kept.sort(key=lambda name: frame[name].n_unique())
    frame = frame.with_columns(burst=_bursts(frame, kept[:-1]))
    counted = frame.group_by([*kept, "burst"], maintain_order=True)
    distinct = counted.agg(pl.len().alias("lines"), pl.col("first").min(), pl.col("last").max())
    distinct = distinct.rename({name: str(at) for at, name in enumerate(kept)})
    at = part["at"]
    first, last = part["seconds"].min(), part["seconds"].max()
    return Table(len(part), at[0], first, last, parts, _numbered(slots, kept), distinct, at)  # type: ignore[arg-type]


def _columns(part: pl.DataFrame, sources: list[tuple[int, ...]]) -> pl.DataFrame:
    """`at`, `first`, `last`, and a column for each value."""
    values, words = pl.col("values").list, pl.col("words").list
    places = sources[part["source"][0]]
    columns = (values.get(place) if place >= 0 else words.get(-1 - place) for place in places)
    named = (column.alias(str(number)) for number, column in enumerate(columns))
    return part.select("at", *named, first="seconds", last="seconds").select(
        "at", "first", "last", *map(str, range(len(places)))
    )


def _bursts(frame: pl.DataFrame, by: list[str]) -> pl.Series:
    """For each line, in which block of the times of its row it is: numbers that rise within a row."""
    timed = frame.select("first", *by).with_row_index("_").drop_nulls("first")
    series = timed.select("_", "first", series=pl.first("_").over(by) if by else pl.lit(0))
    many = series.filter(pl.len().over("series") >= bursts.FEWEST).sort("series", "first")
    block = np.zeros(len(frame), np.uint32)
    if len(many):

        begins = bursts.starts(many["first"].to_numpy(), many["series"].cast(pl.Int64).to_numpy())
        block[many["_"].to_numpy()] = np.cumsum(begins)
    return pl.Series("burst", block)


def _numbered(slots: tuple[Slot, ...], kept: list[str]) -> tuple[Slot, ...]:
    return tuple(kept.index(str(at)) if isinstance(slot, int) else slot for at, slot in enumerate(slots))


def _slots(frame: pl.DataFrame, names: list[str], parts: tuple[str, ...]) -> tuple[Slot, ...]:
    if not names:
        return ()
    columns = pl.col(names)
    distinct = frame.select(columns.n_unique()).row(0)
    numeric = frame.select(columns.str.contains(_NUMBER).all()).row(0)
    # Masks of rights, states, sessions: no measure either.
    hexadecimal = frame.select(columns.str.contains(_HEX).all()).row(0)
    slots: list[Slot] = []
    for number, name in enumerate(names):
        column = frame[name]
        many = distinct[number]
        if many == 1:
            slots.append(column[0])
            continue
        before = parts[number][-24:]
        if many <= FEW and (many * 3 <= len(column) or _CODE.search(before) or hexadecimal[number]):
            slots.append(number)
        elif numeric[number]:
            known = slots[number - 1] if number else ""
            if (before == ":" and number and not isinstance(known, Span)) or _PORT.search(before):
                slots.append(Listed(tuple(_sorted(column.unique()))) if many <= PORTS else _span(column, many))
            else:
                slots.append(_span(column, many))
        elif _serial(column, many, parts[number], parts[number + 1]):
            slots.append(_span(column, many))
        else:
            slots.append(number)
    return tuple(slots)


def _serial(column: pl.Series, many: int, before: str, after: str) -> bool:
    """Whether values are times, or identifiers of which hardly one comes twice and none is an indicator."""
    if column.str.contains(_TIME).all():
        return True
    if many * 2 < len(column) or many <= FEW or not column.str.contains(_ID).all():
        return False
    seen = column.unique().head(TRIED)
    found = find(before[-24:] + seen + after[:8])
    return not found


def _span(column: pl.Series, many: int) -> Span:
    values = column.unique()
    numbers = values.str.strip_chars('"').cast(pl.Float64, strict=False)
    if not numbers.null_count():
        return Span(values[numbers.arg_min()], values[numbers.arg_max()], many)  # type: ignore[index]
    sizes = values.str.len_chars()
    low, high = values.filter(sizes == sizes.min()).min(), values.filter(sizes == sizes.max()).max()
    return Span(str(low), str(high), many)


def _sorted(values: pl.Series) -> list[str]:
    return sorted(values.to_list(), key=lambda value: (len(value), value))
