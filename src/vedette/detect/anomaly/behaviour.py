"""What a source has been doing up to each of its flows: how many flows, to how many further ports and hosts.

Causal: a row sees itself and earlier rows only, so the same columns come out however the stream was cut.
"""

from datetime import timedelta
from typing import Final, NamedTuple

import polars as pl

from vedette.model.fields import TIME

WINDOW: Final = timedelta(minutes=10)
ROWS_KEPT: Final = 500_000
KEPT: Final = {
    "at": TIME, "source": pl.String(), "port": pl.String(), "peer": pl.String(),
    "new_port": pl.Boolean(), "new_peer": pl.Boolean(),
}  # fmt: skip
COLUMNS: Final = {
    "source.flows": "flows of this source in 10 minutes",
    "source.ports": "ports that this source took up in 10 minutes",
    "source.peers": "hosts that this source took up in 10 minutes",
    "hour": "hour of the day (UTC)",
}


class Watched(NamedTuple):
    """`past`: rows of the last window, columns as in KEPT; goes into the next call. `frame`: with COLUMNS added."""

    past: pl.DataFrame
    frame: pl.DataFrame


def begin() -> pl.DataFrame:
    """The past before the first batch."""
    return pl.DataFrame(schema=KEPT)


def watch(past: pl.DataFrame, frame: pl.DataFrame) -> Watched:
    """Add what is known of each row's source. Time that runs backwards is taken as the latest seen so far.

    Without `@timestamp` and `source.ip` there is nothing to add and the frame comes back as it is.
    """
    if "@timestamp" not in frame.columns or "source.ip" not in frame.columns or frame.is_empty():
        return Watched(past, frame)

    def column(name: str) -> pl.Expr:
        return pl.col(name).cast(pl.String) if name in frame.columns else pl.lit(None, pl.String)

    rows = frame.select(
        at=pl.col("@timestamp").cast(TIME),
        source=pl.col("source.ip").cast(pl.String).fill_null(""),
        port=column("destination.port").fill_null(""),
        peer=column("destination.ip").fill_null(""),
        new_port=pl.lit(None, pl.Boolean),
        new_peer=pl.lit(None, pl.Boolean),
    )
    seen = pl.concat([past, rows]).with_columns(pl.col("at").fill_null(strategy="forward").cum_max())
    seen = seen.with_columns(pl.col("at").fill_null(strategy="backward"))
    for name in ("port", "peer"):
        before = pl.col("at").shift(1).over("source", name)
        fresh = before.is_null() | (pl.col("at") - before >= WINDOW)
        seen = seen.with_columns(pl.coalesce(f"new_{name}", fresh).alias(f"new_{name}"))
    seen = seen.with_row_index("row").with_columns(
        pl.int_range(1, pl.len() + 1).over("source").alias("flows"),
        pl.col("new_port").cum_sum().over("source").alias("ports"),
        pl.col("new_peer").cum_sum().over("source").alias("peers"),
        (pl.col("at") - WINDOW).alias("from"),
    )
    # What had been counted when the window of this row began; rows of one time are never split by it.
    old = seen.select("at", "source", flows_old="flows", ports_old="ports", peers_old="peers")
    seen = seen.join_asof(old, left_on="from", right_on="at", by="source", strategy="backward", check_sortedness=False)
    seen = seen.sort("row").with_columns(
        (pl.col(name) - pl.col(f"{name}_old").fill_null(0)).cast(pl.Float64) for name in ("flows", "ports", "peers")
    )
    mine = seen.tail(frame.height)
    added = frame.with_columns(mine["flows"].alias("source.flows"), mine["at"].dt.hour().cast(pl.String).alias("hour"))
    if "destination.port" in frame.columns:
        added = added.with_columns(mine["ports"].alias("source.ports"))
    if "destination.ip" in frame.columns:
        added = added.with_columns(mine["peers"].alias("source.peers"))
    kept = seen.filter(pl.col("at") > pl.col("at").max() - WINDOW).select(list(KEPT)).tail(ROWS_KEPT)
    return Watched(kept, added)
