"""What the event of any packet has: its number, its time, its two ends."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from vedette.model.packets import IP6, PacketBatch, address


class Room:
    """How many packets of a batch are read one by one, in Python, which a flood must not use up.

    Args:
        most: so many in all; None for a file, of which nothing is left out.

    Attributes:
        over: those that were left out.
    """

    def __init__(self, most: int | None = None) -> None:
        self._left = most
        self.over = 0

    def cut(self, rows: npt.NDArray[np.int64]) -> list[int]:
        """The first rows, as many as there is room for."""
        some = rows if self._left is None else rows[: self._left]
        if self._left is not None:
            self._left -= len(some)
            self.over += len(rows) - len(some)
        kept: list[int] = some.tolist()
        return kept


def ends(record: Any, number: int, *, answer: bool = False) -> dict[str, Any]:
    """The beginning of a row. `number`: of the packet in its source; `answer`: the source is who gets it."""
    six = record["kind"] == IP6
    source, target = ("target", "source") if answer else ("source", "target")
    return {
        "line": number,
        "time": int(record["time"]),
        "source.ip": address(record[f"{source}_high"], record[f"{source}_low"], six=six),
        "source.port": int(record[f"{source}_port"]),
        "destination.ip": address(record[f"{target}_high"], record[f"{target}_low"], six=six),
        "destination.port": int(record[f"{target}_port"]),
    }


def framed(batch: PacketBatch, rows: Sequence[dict[str, Any]], dataset: str) -> pl.DataFrame:
    """Rows that begin with `ends` and have the same keys, as a frame of events."""
    return (
        pl.DataFrame(rows, infer_schema_length=None)
        .with_columns(
            (pl.lit(f"{batch.source}-") + pl.col("line").cast(pl.String)).alias("event.id"),
            pl.col("line").alias("log.offset"),
            pl.lit(batch.path).alias("log.file.path"),
            pl.lit(dataset).alias("event.dataset"),
            pl.from_epoch(pl.col("time") // 1000, "us").dt.replace_time_zone("UTC").alias("@timestamp"),
        )
        .drop("time")
    )
