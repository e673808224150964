"""Record batches for tests of the runtime."""

from datetime import UTC, datetime

import polars as pl

from vedette.model.records import RECORD, RecordBatch

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def batch(*lines, source="s", position=None, last=True):
    """Lines as one batch of a source."""
    columns = {"line": range(1, len(lines) + 1), "offset": range(len(lines)), "raw": lines}
    return RecordBatch(source, source, pl.DataFrame(columns, schema=RECORD), position or {}, NOW, last=last)
