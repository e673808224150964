"""Files of flows to tables: CSV with or without a header, or any log whose events carry addresses and amounts."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

import polars as pl

from vedette.collect.read import Reading
from vedette.detect.anomaly.table import tidy
from vedette.model.findings import Skipped
from vedette.model.records import Json, RecordBatch
from vedette.parse.context import Context
from vedette.parse.dispatch import parse

_DELIMITERS: Final = ",;\t|"
_SNIFFED: Final = 20
_NOT_FEATURES: Final = ("event.id", "event.original", "message", "log.offset", "event.code", "process.pid")


class Rows(NamedTuple):
    """`frame`: `log.file.path`, `line`, then the columns as detect.anomaly.table names them; `bad`: (path, line,
    reason) of rows that were left out; `skipped`: inputs that were not read."""

    frame: pl.DataFrame
    bad: list[tuple[str, int, str]]
    skipped: list[Skipped]


def read(paths: Iterable[str], context: Context, columns: Mapping[str, str]) -> Rows:
    """All rows of all inputs, in order."""
    frames: list[pl.DataFrame] = []
    bad: list[tuple[str, int, str]] = []
    skipped: list[Skipped] = []
    texts: dict[str, list[tuple[int, str]]] = {}
    for item in Reading(paths):
        if isinstance(item, Skipped):
            skipped.append(item)
        elif isinstance(item, RecordBatch):
            texts.setdefault(item.path, []).extend(item.frame.select("line", "raw").iter_rows())
    for path, lines in texts.items():
        delimiter = _delimiter([raw for _, raw in lines[:_SNIFFED]])
        frames.append(_table(path, lines, delimiter, columns, bad) if delimiter else _events(path, context, bad))
    whole = pl.concat([_loose(f) for f in frames], how="diagonal_relaxed") if frames else pl.DataFrame()
    return Rows(whole, bad, skipped)


def _delimiter(lines: Sequence[str]) -> str | None:
    """The character that cuts every one of these lines into the same number of fields, three at least."""
    for delimiter in _DELIMITERS:
        widths = {len(row) for row in csv.reader(lines, delimiter=delimiter) if row}
        if len(widths) == 1 and widths.pop() >= 3:
            return delimiter
    return None


def _table(
    path: str,
    lines: Sequence[tuple[int, str]],
    delimiter: str,
    columns: Mapping[str, str],
    bad: list[tuple[str, int, str]],
) -> pl.DataFrame:
    numbers = [line for line, raw in lines if raw]
    rows = list(zip(numbers, csv.reader((raw for _, raw in lines if raw), delimiter=delimiter), strict=False))
    first = rows[0][1]
    header = not any(_is_number(cell) for cell in first)
    names = _unique(first) if header else [f"column_{i}" for i in range(1, len(first) + 1)]
    good: list[tuple[int, list[str]]] = []
    for line, row in islice(rows, 1 if header else 0, None):
        if len(row) == len(names):
            good.append((line, row))
        else:
            bad.append((path, line, f"{len(row)} fields, {len(names)} expected"))
    data = {name: [row[i] or None for _, row in good] for i, name in enumerate(names)}
    frame = pl.DataFrame(data, schema=dict.fromkeys(names, pl.String()))
    lines_of = pl.Series("line", [line for line, _ in good], pl.Int64())
    return tidy(frame, columns).with_columns(pl.lit(path).alias("log.file.path"), lines_of)


def _unique(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    made = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return made


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _events(path: str, context: Context, bad: list[tuple[str, int, str]]) -> pl.DataFrame:
    frames = []
    carry: Json = {}
    for item in Reading([path]):
        if not isinstance(item, RecordBatch):
            continue
        parsed = parse(item, carry, context._replace(reference=item.reference))
        carry = parsed.carry
        bad += [(path, line, reason) for line, reason in parsed.rejected.select("line", "reason").iter_rows()]
        frames += [
            group.frame.drop(_NOT_FEATURES, strict=False)
            for group in parsed.events
            if "source.ip" in group.frame.columns
        ]
    return pl.concat(frames, how="diagonal").sort("line") if frames else pl.DataFrame()


def _loose(frame: pl.DataFrame) -> pl.DataFrame:
    """Without columns that say nothing."""
    return frame.select(c for c in frame.columns if frame[c].null_count() < frame.height)
