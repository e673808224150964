"""Columns of any table as numbers that mean the same in every batch: everything is measured against the rows that the
model learned from, and nothing against the rows it is given."""

from typing import Any, Final

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[Any]

CATEGORIES_KEPT: Final = 2_000
VALUES_KEPT: Final = 4_096
SPREAD_LEAST: Final = 0.01
FARTHEST: Final = 10.0

# What names a row, a person or a machine rather than a behaviour, and answers that come with a data set.
NOT_LEARNED: Final = frozenset({
    "@timestamp", "line", "event.id", "event.original", "message", "log.file.path", "log.offset", "event.dataset",
    "source.ip", "destination.ip", "source.address", "destination.address", "client.ip", "source.mac",
    "destination.mac", "source.port", "user.name", "host.name", "host.ip", "rule.id", "rule.name",
    "label", "class", "difficulty", "attack", "attack_cat", "attack_type",
})  # fmt: skip
AS_CATEGORY: Final = frozenset({"destination.port", "http.response.status_code", "event.code"})


class Column(msgspec.Struct, frozen=True):
    """One feature. `counts`: how often each category was learned; null for a number.

    `values` ascending and `below`: how many learned values are smaller than each, and in the end their number.
    """

    name: str
    counts: dict[str, int] | None
    middle: float
    spread: float
    low: float
    high: float
    values: list[float]
    below: list[int]
    rows: int


def _numbers(series: pl.Series) -> Array:
    raw = series.cast(pl.Float64, strict=False).to_numpy()
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(raw), raw, np.nan)


def _squeezed(values: Array) -> Array:
    """Logarithm that keeps the sign: bytes and durations span many orders of magnitude."""
    squeezed: Array = np.sign(values) * np.log1p(np.abs(values))
    return squeezed


def _texts(series: pl.Series) -> pl.Series:
    text = series.cast(pl.Int64, strict=False) if series.dtype.is_float() else series
    return text.cast(pl.String).fill_null("")


def _rarity(column: Column, series: pl.Series) -> Array:
    """-log of the share of learned rows with this category; a new one counts as half a row."""
    counts = column.counts or {}
    known = _texts(series).replace_strict(counts, default=0.5, return_dtype=pl.Float64).to_numpy()
    rarity: Array = -np.log(known / column.rows)
    return rarity


def encode(column: Column, series: pl.Series) -> Array:
    """One number for each row; what is missing becomes the middle of what was learned."""
    if column.counts is not None:
        return _rarity(column, series)
    values = _squeezed(_numbers(series))
    return np.where(np.isnan(values), column.middle, values)


def columns_to_learn(frame: pl.DataFrame, ignore: tuple[str, ...]) -> list[str]:
    """Names of the columns that say something about behaviour: numbers, and text with few enough values."""
    names = []
    for name, kind in frame.schema.items():
        if name in NOT_LEARNED or name in ignore or frame[name].null_count() == frame.height:
            continue
        few = kind == pl.String and frame[name].n_unique() <= min(CATEGORIES_KEPT, frame.height // 2)
        if few or kind.is_numeric() or kind == pl.Boolean:
            names.append(name)
    return names


def learn_column(series: pl.Series) -> Column:
    """What is usual in one column."""
    text = series.name in AS_CATEGORY or not (series.dtype.is_numeric() or series.dtype == pl.Boolean)
    counts: dict[str, int] | None = None
    low = high = 0.0
    draft = Column(series.name, None, 0.0, 1.0, 0.0, 0.0, [], [], len(series))
    if text:
        tally = _texts(series).value_counts().sort(["count", series.name], descending=[True, False])
        counts = dict(tally.head(CATEGORIES_KEPT).iter_rows())
        learned = _rarity(msgspec.structs.replace(draft, counts=counts), series)
    else:
        raw = _numbers(series)
        raw = raw[~np.isnan(raw)]
        low, high = (float(x) for x in np.quantile(raw, (0.05, 0.95))) if len(raw) else (0.0, 0.0)
        learned = _squeezed(raw) if len(raw) else np.zeros(1)
    values, tally_of = np.unique(learned, return_counts=True)
    below = np.concatenate([[0], np.cumsum(tally_of)])
    if len(values) > VALUES_KEPT:
        keep = np.unique(np.linspace(0, len(values) - 1, VALUES_KEPT).astype(np.int64))
        values, below = values[keep], np.concatenate([below[keep], below[-1:]])
    spread = float(learned.std())
    return Column(
        name=series.name,
        counts=counts,
        middle=float(np.median(learned)),
        spread=spread if spread > 1e-9 else SPREAD_LEAST,
        low=low,
        high=high,
        values=values.tolist(),
        below=below.tolist(),
        rows=len(series),
    )


def surprise(column: Column, encoded: Array) -> Array:
    """-log of the share of learned rows at least as far out on the nearer side (two-sided, so doubled)."""
    values, below = np.asarray(column.values), np.asarray(column.below)
    total = below[-1]
    above = total - below[np.searchsorted(values, encoded, "left")]
    upto = below[np.searchsorted(values, encoded, "right")]
    share = np.clip(2 * np.minimum(above, upto) / total, 0.5 / total, 1)
    result: Array = -np.log(share)
    return result


def standard(columns: list[Column], encoded: Array) -> Array:
    """Rows of `encoded` in units of each column's spread, so that distances make sense; far is far enough."""
    middles, spreads = np.array([c.middle for c in columns]), np.array([c.spread for c in columns])
    result: Array = np.clip((encoded - middles) / spreads, -FARTHEST, FARTHEST)
    return result
