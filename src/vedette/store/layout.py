"""How a table of events is laid out in a segment: columns that others already tell are not written out. Pure.

Most of what a parser makes of a line repeats the line: the id is source and offset, the message is the tail of the
original, a dozen columns hold one value. Dropping those halves the bytes and the time to write (bench/bench_store.py).
Every shortcut is taken only after a check that it gives back exactly what was there, and is listed in the file's own
metadata, so that a segment can be read without the database.

Source of the metadata: Parquet `key_value_metadata` (parquet.thrift, FileMetaData).
"""

from typing import Final, Literal

import msgspec
import polars as pl

from vedette.model.fields import FIELDS, conform
from vedette.model.records import Events, Logsource

OWN: Final = "vedette:"
"""Start of the names of columns that the store adds; an event column of such a name is left out (the record
itself stays in event.original)."""

LOGSOURCE: Final = OWN + "logsource"
BETWEEN: Final = "\x1f"
"""Between category, product and service in LOGSOURCE."""

METADATA: Final = "vedette.layout"

COLUMNS: Final = 2_000
"""Columns of one segment: those of the schema, and the most common others. Who writes records with ever new keys must not
make a segment of a million columns; what has no column is in event.original, where a search for its text finds it."""

ID: Final = "event.id"
OFFSET: Final = "log.offset"
ORIGINAL: Final = "event.original"
TIME: Final = "@timestamp"

TWINS: Final = {
    "source.address": "source.ip",
    "destination.address": "destination.ip",
    "process.name": "log.syslog.appname",
    "service.name": "log.syslog.appname",
    "event.dataset": "service.name",
}
"""Columns that often equal another one; they are left out where they do in every row."""

Where = Literal["head", "tail", "inside"]

PIECES: Final[tuple[tuple[str, str, Where], ...]] = (
    ("url.path", "url.original", "head"),
    ("url.query", "url.original", "tail"),
    ("message", ORIGINAL, "tail"),
    ("url.original", ORIGINAL, "inside"),
)
"""Columns that are often a piece of another one: length, and inside also the start, take their place. A column
that others are pieces of comes after them."""

TYPES: Final[dict[type, pl.DataType]] = {str: pl.String(), bool: pl.Boolean(), int: pl.Int64()}
"""Types that a constant can have."""


class Layout(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to do to a segment's columns to get the events back.

    Attributes:
        columns: all columns of the table, in order.
        constant: column -> the one value of all rows.
        pieces: column -> the column it is a piece of, and where; OWN + column is its length in bytes, and
            OWN + column + ".start" where it begins inside. In rows without a length it is no piece.
        partly: pieces that are written out for the rows where they are none.
        twin: column -> the column it equals.
        joined: True when event.id is OWN + event.id followed by log.offset.
    """

    columns: tuple[str, ...]
    constant: dict[str, str | bool | int] = {}
    pieces: dict[str, tuple[str, Where]] = {}
    partly: tuple[str, ...] = ()
    twin: dict[str, str] = {}
    joined: bool = False


def gather(parts: list[Events]) -> pl.DataFrame:
    """All events in one table, in order; `line` gives way to LOGSOURCE. No rows for no parts."""
    frames = []
    for part in parts:
        kept = [name for name in part.frame.columns if name != "line" and not name.startswith(OWN)]
        frame = conform(part.frame.select(kept))
        text = BETWEEN.join((value or "").replace(BETWEEN, " ") for value in part.logsource)
        frames.append(frame.with_columns(pl.lit(text).alias(LOGSOURCE)))
    return pl.concat(_narrow(frames), how="diagonal") if frames else pl.DataFrame()


def _narrow(frames: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """At most COLUMNS in all of them, the schema's and the store's own before the others."""
    if len({name for frame in frames for name in frame.columns}) <= COLUMNS:
        return frames
    rows: dict[str, int] = {}
    for frame in frames:
        for name, nulls in zip(frame.columns, frame.null_count().row(0), strict=True):
            rows[name] = rows.get(name, 0) + frame.height - nulls
    ranked = sorted(rows, key=lambda name: (name not in FIELDS and name != LOGSOURCE, -rows[name], name))
    kept = set(ranked[:COLUMNS])
    return [frame.select([name for name in frame.columns if name in kept]) for frame in frames]


def shorten(frame: pl.DataFrame) -> tuple[pl.DataFrame, Layout]:
    """The columns to write, and how to get the others back. `expand` undoes it exactly, up to columns of nulls."""
    frame = frame.select(name for name in frame.columns if frame[name].null_count() < frame.height)
    columns = tuple(frame.columns)
    constant = {name: value for name in columns if (value := _constant(frame[name])) is not None}
    if len(constant) == len(columns):
        constant.pop(columns[0], None)  # something has to say how many rows there are
    frame = frame.drop(constant)
    twin = {a: b for a, b in TWINS.items() if a in frame.columns and b in frame.columns and _equal(frame[a], frame[b])}
    frame = frame.drop(twin)
    pieces: dict[str, tuple[str, Where]] = {}
    made: list[pl.Series] = []
    for name, whole, where in PIECES:
        if name in frame.columns and whole in frame.columns and (found := _piece(frame, name, whole, where)):
            pieces[name] = (whole, where)
            made += found
    start = _id_start(frame)
    if start is not None:
        value = _constant(start)
        constant |= {} if value is None else {start.name: value}
        made += [start] if value is None else []
    partly = tuple(series.name for series in made if series.name in pieces)
    dropped = [name for name in pieces if name not in partly] + ([] if start is None else [ID])
    return frame.drop(dropped).with_columns(made), Layout(columns, constant, pieces, partly, twin, start is not None)


def expand(segment: pl.LazyFrame, layout: Layout) -> pl.LazyFrame:
    """The table that `shorten` was given, lazily: what a query does not ask for is neither read nor built."""
    segment = segment.with_columns(
        pl.lit(value, dtype=TYPES[type(value)]).alias(name) for name, value in layout.constant.items()
    )
    if layout.joined:
        segment = segment.with_columns(pl.concat_str(OWN + ID, pl.col(OFFSET).cast(pl.String)).alias(ID))
    for name, (whole, where) in reversed(layout.pieces.items()):
        segment = segment.with_columns(_cut(name, whole, where, name in layout.partly))
    return segment.with_columns(pl.col(b).alias(a) for a, b in layout.twin.items()).select(layout.columns)


def logsource(text: str) -> Logsource:
    """The other way of `gather`."""
    return Logsource(*(value or None for value in text.split(BETWEEN)))


def matching(wanted: Logsource) -> pl.Expr | None:
    """Rows of LOGSOURCE that a logsource covers; None when it covers all."""
    values = pl.col(LOGSOURCE).str.split(BETWEEN)
    tests = [values.list.get(i) == value for i, value in enumerate(wanted) if value is not None]
    return pl.all_horizontal(tests) if tests else None


def _constant(values: pl.Series) -> str | bool | int | None:
    if values.dtype not in TYPES.values() or values.null_count():
        return None
    first = values[0]
    # Most columns differ within a few rows: a look at the ends spares them the full comparison.
    if values[-1] != first or values[len(values) // 2] != first or not (values == first).all():
        return None
    return first  # type: ignore[no-any-return]


def _equal(left: pl.Series, right: pl.Series) -> bool:
    return left.dtype == right.dtype and left.equals(right)


def _piece(frame: pl.DataFrame, name: str, whole: str, where: Where) -> list[pl.Series] | None:
    """Length and start of a piece, and the rest of the column where it is none; None when it seldom is one."""
    piece, text, begin = pl.col(name), pl.col(whole), OWN + name + ".start"
    pair = frame.select(name, whole)
    if where == "inside":
        pair = pair.with_columns(text.str.find(piece, literal=True).cast(pl.Int32).alias(begin))
        pair = pair.with_columns(right=pl.col(begin).is_not_null())
    else:
        pair = pair.with_columns(right=text.str.starts_with(piece) if where == "head" else text.str.ends_with(piece))
    found = pair.select(
        pl.when("right").then(piece.str.len_bytes().cast(pl.Int32)).alias(OWN + name),
        *([begin] if where == "inside" else []),
        pl.when(~pl.col("right").fill_null(False)).then(piece).alias(name),
    )
    *measures, rest = found.get_columns()
    filled = frame.height - frame[name].null_count()
    if (frame.height - rest.null_count()) * 2 > filled:
        return None
    return measures if rest.null_count() == frame.height else [*measures, rest]


def _cut(name: str, whole: str, where: Where, partly: bool) -> pl.Expr:
    length, data = pl.col(OWN + name).cast(pl.Int64), pl.col(whole).cast(pl.Binary)
    begin = {
        "head": pl.lit(0, dtype=pl.Int64),
        "tail": data.bin.size().cast(pl.Int64) - length,
        "inside": pl.col(OWN + name + ".start").cast(pl.Int64),
    }[where]
    rest = pl.col(name) if partly else pl.lit(None, dtype=pl.String)
    return pl.when(length.is_not_null()).then(data.bin.slice(begin, length).cast(pl.String)).otherwise(rest).alias(name)


def _id_start(frame: pl.DataFrame) -> pl.Series | None:
    """event.id without log.offset at its end; None when it does not end so everywhere."""
    if ID not in frame.columns or OFFSET not in frame.columns:
        return None
    offset = pl.col(OFFSET).cast(pl.String)
    found = frame.select(pl.col(ID).str.strip_suffix(offset).alias(OWN + ID), right=pl.col(ID).str.ends_with(offset))
    return found[OWN + ID] if found["right"].all(ignore_nulls=False) else None
