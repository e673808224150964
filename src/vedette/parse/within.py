"""The words inside a line format's message, read by patterns, added to what the head of the line said."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from vedette.model.fields import conform, dtype
from vedette.parse.patterns import Pattern, apply

_INNER: Final = "\x00inner"


def within(
    events: pl.DataFrame, patterns: Sequence[Pattern], default: Mapping[str, Any], column: str = "message"
) -> pl.DataFrame:
    """`events` with the fields of the first pattern that fits `column`; `default` where none fits.

    What the message says wins over what the head said. Rows and their order are kept.
    """
    if events.is_empty():
        return events
    found = apply(events.filter(pl.col(column).is_not_null()), patterns, column)
    both = events.join(found.with_columns(pl.lit(True).alias(_INNER)), on="line", how="left", maintain_order="left")
    twice = [name for name in events.columns if name + "_right" in both.columns]
    both = both.with_columns(pl.coalesce(pl.col(name + "_right"), pl.col(name)).alias(name) for name in twice)
    both = both.drop(name + "_right" for name in twice)
    other = pl.col(_INNER).is_null()
    filled = []
    for name, value in default.items():
        known = pl.col(name) if name in both.columns else pl.lit(None, dtype(name))
        filled.append(pl.when(other).then(pl.coalesce(known, pl.lit(value, dtype(name)))).otherwise(known).alias(name))
    return conform(both.with_columns(filled).drop(_INNER))
