"""What is known of a segment without reading it: how many of its events are in which minute, and which values may be in it.

Made when a segment is written, kept beside the manifest, gone with it. A segment without (written by an earlier version, or
with too many minutes) is read. Values are in a Bloom filter: what it denies is not there, what it does not deny may be.
Source: B. H. Bloom, Space/time trade-offs in hash coding with allowable errors, CACM 13 (1970); two hashes make all of
them: A. Kirsch, M. Mitzenmacher, Less hashing, same performance, ESA 2006.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
import sqlalchemy as sa

from vedette.model.fields import TIME as STAMP
from vedette.model.query import Test
from vedette.store import layout, tables
from vedette.store.tables import moment

VALUED: Final = ("source.ip", "destination.ip", "user.name", "host.name", "process.name")
"""Fields of which values are kept: what pages are about, and most searches name."""
MINUTE: Final = timedelta(minutes=1)
_MICROS: Final = 60_000_000
_MINUTES: Final = 4096
"""Minutes of a segment at most: times that are all over the calendar are not worth keeping."""
_BITS: Final = 10
_HASHES: Final = 4
"""With ten bits for a value, one value in eighty that is not there is taken to be."""
_LONGEST: Final = 64
"""Bytes of a value that are looked at."""
_PLAIN: Final = re.compile(
    r"\(\?is\)\\A((?:[^\\.+*?()|\[\]{}^$\x00\x80-\U0010ffff]|\\[^A-Za-z0-9\x80-\U0010ffff])+)\\z"
)
"""A pattern that is one value of ASCII in any case: what a word without wildcards is read into."""

Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]
Known = Mapping[str, bytes]
"""By field."""


def known(frame: pl.DataFrame) -> Known:
    """Of the events of one segment, by field: VALUED and layout.TIME, as `tables.segment_statistics` keeps them."""
    found = {name: _filter(frame[name]) if name in frame.columns else b"" for name in VALUED}
    if layout.TIME in frame.columns and frame[layout.TIME].dtype == STAMP:
        minutes = frame[layout.TIME].drop_nulls().to_physical() // _MICROS
        counted = minutes.value_counts(name="n").sort(minutes.name)
        if counted.height <= _MINUTES:
            pairs = np.stack([counted[minutes.name].to_numpy(), counted["n"].cast(pl.Int64).to_numpy()])
            found[layout.TIME] = pairs.astype("<i8").tobytes()
    return found


def insert(connection: sa.Connection, segment: str, stated: Known) -> None:
    """Keep them beside the segment."""
    rows = [{"segment": segment, "field": field, "data": data} for field, data in stated.items()]
    if rows:
        connection.execute(sa.insert(tables.segment_statistics), rows)


def remove(connection: sa.Connection, names: Sequence[str]) -> None:
    """Forget those of these segments."""
    t = tables.segment_statistics
    connection.execute(sa.delete(t).where(t.c.segment.in_(names)))


def of(connection: sa.Connection, field: str) -> dict[str, bytes]:
    """What is known of a field, by segment."""
    t = tables.segment_statistics
    rows = connection.execute(sa.select(t.c.segment, t.c.data).where(t.c.field == field))
    return {row.segment: row.data for row in rows}


def counts(data: Iterable[bytes], every: timedelta) -> dict[datetime, int]:
    """Events by the time at which each span begins, as a look at each event would give.

    Args:
        data: of layout.TIME, of several segments.
        every: whole minutes.
    """
    total: Counter[int] = Counter()
    width = every // MINUTE
    parts = [np.frombuffer(each, "<i8").reshape(2, -1) for each in data]
    if parts:
        minutes, numbers = np.concatenate(parts, axis=1)
        begins, places = np.unique(minutes // width, return_inverse=True)
        sums = np.zeros(len(begins), np.int64)
        np.add.at(sums, places, numbers)
        total.update(dict(zip(begins.tolist(), sums.tolist(), strict=True)))
    return {moment(begin * width * _MICROS): number for begin, number in total.items()}


def excluded(connection: sa.Connection, demands: Sequence[Sequence[Test]]) -> set[str]:
    """Segments in which no event can be that passes one test at least of each of these groups."""
    asked = [group for group in demands if all(test.field in VALUED and sought(test) is not None for test in group)]
    if not asked:
        return set()
    t = tables.segment_statistics
    fields = {test.field for group in asked for test in group}
    statistics: dict[str, dict[str, bytes]] = {}
    for segment, field, data in connection.execute(
        sa.select(t.c.segment, t.c.field, t.c.data).where(t.c.field.in_(fields))
    ):
        statistics.setdefault(segment, {})[field] = data
    hashed = {test: _hashes(pl.Series([sought(test)])) for group in asked for test in group}

    def possible(values: Mapping[str, bytes], group: Sequence[Test]) -> bool:
        return any(test.field not in values or _may_hold(values[test.field], hashed[test]) for test in group)

    return {segment for segment, values in statistics.items() if not all(possible(values, group) for group in asked)}


def sought(test: Test) -> str | None:
    """The value that a field must have to pass, in any case of letters; None when it may have several."""
    if test.op == "is" and isinstance(test.value, str):
        return test.value
    if test.op == "matches" and (plain := _PLAIN.fullmatch(str(test.value))):
        return re.sub(r"\\(.)", r"\1", plain[1], flags=re.DOTALL)
    return None


def _filter(values: pl.Series) -> bytes:
    hashed = _hashes(values.drop_nulls().cast(pl.String))
    if not len(hashed):
        return b""
    bits = np.zeros(8 * -(-len(hashed) * _BITS // 8), np.uint8)
    for place in _places(hashed, len(bits)):
        bits[place] = 1
    return np.packbits(bits, bitorder="little").tobytes()


def _may_hold(data: bytes, hashed: Hashes) -> bool:
    if not data:
        return False
    return all(data[int(place) >> 3] >> (int(place) & 7) & 1 for (place,) in _places(hashed, 8 * len(data)))


def _places(
    hashed: Hashes, bits: int
) -> Iterable[Hashes]:
    low, high = hashed & np.uint64(0xFFFFFFFF), hashed >> np.uint64(32) | np.uint64(1)
    return ((low + np.uint64(n) * high) % np.uint64(bits) for n in range(_HASHES))


def _hashes(values: pl.Series) -> Hashes:
    """One for each distinct value, the same in every process and version. In any case of letters: a pattern that ignores
    case takes these two for s and k as well."""
    folded = values.unique().str.replace_many(["ſ", "\N{KELVIN SIGN}"], ["s", "k"]).str.to_lowercase().unique()
    if folded.is_empty():
        return np.zeros(0, np.uint64)
    raw = np.array([value[:_LONGEST] for value in folded.cast(pl.Binary).to_list()])
    octets = raw.view(np.uint8).reshape(len(raw), raw.itemsize)
    mixed = np.full(len(raw), 0xCBF29CE484222325, np.uint64)  # FNV-1a, 64 bits
    for here in octets.T:
        mixed = np.where(here > 0, (mixed ^ here) * np.uint64(0x100000001B3), mixed)
    mixed ^= mixed >> np.uint64(33)  # the end of MurmurHash3, so that all bits depend on all
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    return mixed ^ mixed >> np.uint64(33)
