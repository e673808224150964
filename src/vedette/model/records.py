"""What flows between collect, parse and detect: batches of records, events and rejections."""

from datetime import datetime
from typing import Any, Final, NamedTuple

import polars as pl

RECORD: Final = {"line": pl.Int64(), "offset": pl.Int64(), "raw": pl.String()}
"""Columns of a record batch: `line` counts records of the source from 1, `offset` is the byte position of the
record in the (decompressed) source, or the record number where there are no bytes; `raw` is the text without its
line end, invalid UTF-8 written as \\xNN."""

REJECTED: Final = {**RECORD, "reason": pl.String()}

Json = dict[str, Any]
"""A JSON object: strings, numbers, booleans, null, lists and objects only."""


class RecordBatch(NamedTuple):
    """Records of one source, in the order of the source.

    Attributes:
        source: identity of the content, stable over restarts and renames; part of every event id.
        path: what the user calls it: the file's path, `-`, `journald`, `syslog:udp:514`.
        frame: columns as in RECORD.
        position: where to go on after this batch; opaque to all but the collector, JSON-able.
        reference: the time that year-less stamps are near to: the file's change time, or now for live sources.
        format: name of a line format when the collector knows it for certain (evtx), else None.
        dropped: (reason, count) of what the collector had to leave out before this batch: torn tail, bad chunk.
        peers: for each record the address of the machine that sent it, when it came over the network: `host.name` of
            events that name none.
        last: True when the source has ended (never for one that is followed): open multi-line records are closed.
    """

    source: str
    path: str
    frame: pl.DataFrame
    position: Json
    reference: datetime
    format: str | None = None
    dropped: tuple[tuple[str, int], ...] = ()
    last: bool = False
    peers: pl.Series | None = None


class Logsource(NamedTuple):
    """Sigma logsource of a batch of events; None means that nothing more exact is known."""

    category: str | None = None
    product: str | None = None
    service: str | None = None


class Events(NamedTuple):
    """Events of one logsource, ascending by `line`.

    `frame` has `line` (Int64, the record it came from, unique over all batches of one Parsed) and event columns,
    each of the type that model.fields gives its name. Columns that no row of this batch carries may be absent:
    absent and null mean the same.
    """

    logsource: Logsource
    frame: pl.DataFrame


class Parsed(NamedTuple):
    """What parse made of one record batch: every record is in exactly one of `events`, `rejected`, or `held`.

    `held` counts records kept back in `carry` because their multi-line record is still open, minus those that an
    earlier batch held back and this one released; it is 0 in total after the last batch.
    `carry` is handed back with the next batch of the same source; JSON-able.
    """

    events: tuple[Events, ...]
    rejected: pl.DataFrame
    carry: Json
    held: int = 0
