"""What a parser is told besides the records, and the shapes that formats hand back."""

from datetime import datetime
from typing import NamedTuple

import polars as pl

from vedette.model.records import Logsource


class Context(NamedTuple):
    """Facts about a source that its records do not carry.

    Attributes:
        reference: year-less stamps get the last year in which they are not after this time; see parse.time.
        zone: IANA name of the zone of stamps that name none.
        year: takes the place of the guess when the user knows it.
        columns: column of a CSV source -> ECS field, as the user mapped them.
        host: `host.name` of events that name no machine.
    """

    reference: datetime
    zone: str = "UTC"
    year: int | None = None
    columns: tuple[tuple[str, str], ...] = ()
    host: str | None = None


class Read(NamedTuple):
    """What a line format made of the records that it recognised.

    `groups`: per logsource a frame with `line` and event columns. Every line handed in is in exactly one group or
    in `rejected` (columns `line`, `reason`); of a table's, maybe in `records` (`line`, `raw`): what its rows say as
    records of their own, which the line formats read.
    """

    groups: list[tuple[Logsource, pl.DataFrame]]
    rejected: pl.DataFrame
    records: pl.DataFrame | None = None


def no_rejects() -> pl.DataFrame:
    """An empty table of rejections."""
    return pl.DataFrame(schema={"line": pl.Int64(), "reason": pl.String()})
