"""One table for each template: what is the same in all lines goes into the template, what is a serial becomes a span,
and the rest are columns whose distinct rows are counted."""

import re
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from vedette.ai.compress import bursts
from vedette.ai.compress.indicators import find
from vedette.ai.compress.mine import Mined
from vedette.ai.compress.shapes import TIME, lean

FEW: Final = 32
"""Distinct numbers that may be a category (a status, a type) rather than a measure or a serial."""
PORTS: Final = 2000
"""Distinct ports of a column that are listed; of more the span."""
TRIED: Final = 200
"""Values of a column of identifiers that are looked at for indicators."""

_NUMBER: Final = r"^\"?[+-]?(?:0x[0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?)\"?$"
_ID: Final = lean(r"^[\"'{(]?[\w.\-#:+/=]*\d[\w.\-#:+/=]*[\"')}]?$")
_TIME: Final = rf"^[\"']?(?:{TIME})[\"']?$"
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
    lines = rows.select("template").with_row_index("line").group_by("template", maintain_order=True).agg("line")
    return [_table(rows[part], mined) for part in lines["line"]]


def _table(part: pl.DataFrame, mined: Mined) -> Table:
    parts = mined.templates[part["template"][0]].parts
    size = len(parts) - 1
    names = [str(number) for number in range(size)]
    pieces = part.partition_by("source", maintain_order=True) if part["source"].n_unique() > 1 else [part]
    frame = pl.concat([_columns(piece, mined) for piece in pieces])
    if len(pieces) > 1:
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


def _columns(part: pl.DataFrame, mined: Mined) -> pl.DataFrame:
    """`at`, `first`, `last`, and a column for each value."""
    places = mined.sources[part["source"][0]]
    columns: dict[str, pl.Series] = {"at": part["at"], "first": part["seconds"], "last": part["seconds"]}
    words = mined.words.gather(part["key"]) if min(places, default=0) < 0 else None
    for number, place in enumerate(places):
        columns[str(number)] = (
            part["values"].list.get(place) if words is None or place >= 0 else words.list.get(-1 - place)
        )
    return pl.DataFrame(columns)


def _bursts(frame: pl.DataFrame, by: list[str]) -> pl.Series:
    """For each line, in which block of the times of its row it is: numbers that rise within a row."""
    timed = frame.select("first", *by).with_row_index("_").drop_nulls("first")
    block = np.zeros(len(frame), np.uint32)
    series = timed.group_by(by or pl.lit(0), maintain_order=True).agg("_", "first")
    series = series.filter(pl.col("_").list.len() >= bursts.FEWEST)
    if len(series):
        sizes = series["_"].list.len().to_numpy()
        at, times = series["_"].explode().to_numpy(), series["first"].explode().to_numpy()
        number = np.repeat(np.arange(len(series)), sizes)
        if ((np.diff(times) < 0) & (np.diff(number) == 0)).any():
            order = np.lexsort((times, number))
            at, times = at[order], times[order]
        block[at] = np.cumsum(bursts.starts(times, number))
    return pl.Series("burst", block)


def _numbered(slots: tuple[Slot, ...], kept: list[str]) -> tuple[Slot, ...]:
    return tuple(kept.index(str(at)) if isinstance(slot, int) else slot for at, slot in enumerate(slots))


def _slots(frame: pl.DataFrame, names: list[str], parts: tuple[str, ...]) -> tuple[Slot, ...]:
    slots: list[Slot] = []
    for number, name in enumerate(names):
        values = frame[name].unique().cast(pl.String)
        many = len(values)
        if many == 1:
            slots.append(values[0])
            continue
        before = parts[number][-24:]
        # Masks of rights, states, sessions: no measure either.
        if many <= FEW and (many * 3 <= len(frame) or _CODE.search(before) or values.str.contains(_HEX).all()):
            slots.append(number)
        elif values.str.contains(_NUMBER).all():
            known = slots[number - 1] if number else ""
            if (before == ":" and number and not isinstance(known, Span)) or _PORT.search(before):
                slots.append(Listed(tuple(_sorted(values))) if many <= PORTS else _span(values))
            else:
                slots.append(_span(values))
        elif _serial(values, len(frame), parts[number], parts[number + 1]):
            slots.append(_span(values))
        else:
            slots.append(number)
    return tuple(slots)


def _serial(values: pl.Series, lines: int, before: str, after: str) -> bool:
    """Whether values are times, or identifiers of which hardly one comes twice and none is an indicator."""
    if values.str.contains(_TIME).all():
        return True
    if len(values) * 2 < lines or len(values) <= FEW or not values.str.contains(_ID).all():
        return False
    return not find(before[-24:] + values.head(TRIED) + after[:8])


def _span(values: pl.Series) -> Span:
    many = len(values)
    numbers = values.str.strip_chars('"').cast(pl.Float64, strict=False)
    if not numbers.null_count():
        return Span(values[numbers.arg_min()], values[numbers.arg_max()], many)  # type: ignore[index]
    sizes = values.str.len_chars()
    low, high = values.filter(sizes == sizes.min()).min(), values.filter(sizes == sizes.max()).max()
    return Span(str(low), str(high), many)


def _sorted(values: pl.Series) -> list[str]:
    return sorted(values.to_list(), key=lambda value: (len(value), value))
