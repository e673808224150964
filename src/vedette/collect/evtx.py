"""Windows event log files, by the `evtx` crate: one JSON text per record.

Source of the format: libevtx "Windows XML Event Log (EVTX) format"; chunks are 64 KiB and follow a 4 KiB header.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any, Final

import polars as pl

from vedette.model.records import RECORD, RecordBatch

HEADER: Final = 4096
CHUNK: Final = 65536
HOPELESS: Final = 100_000
"""Errors in a row after which a file is given up."""


def missing(header: bytes, size: int) -> int:
    """Chunks that were cut off, by the count in the file header and by the size of the file."""
    whole, rest = divmod(max(0, size - HEADER), CHUNK)
    announced = int.from_bytes(header[42:44], "little")
    # Windows writes the count when it closes the file: one that was copied while open may have more chunks.
    return max(announced - whole, 1 if rest else 0)


def read(file: IO[bytes], *, source: str, path: str, reference: datetime, batch: int) -> Iterator[RecordBatch]:
    """Batches of records; `offset` is the record id. Chunks that cannot be read are counted in `dropped`.

    Args:
        file: seekable.

    Raises:
        RuntimeError, OSError: not even the file header can be read.
    """
    import evtx

    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    cut_off = missing(file.read(HEADER), size)
    file.seek(0)
    records = iter(evtx.PyEvtxParser(file).records_json())
    ids: list[int] = []
    texts: list[str] = []
    dropped: dict[str, int] = {}
    line = in_a_row = 0

    def flush(last: bool) -> RecordBatch:
        nonlocal line, dropped
        frame = pl.DataFrame(
            {
                "line": pl.int_range(line + 1, line + 1 + len(ids), dtype=pl.Int64, eager=True),
                "offset": ids,
                "raw": texts,
            },
            schema=RECORD,
        )
        line += len(ids)
        done = RecordBatch(source, path, frame, {"line": line}, reference, "evtx", tuple(sorted(dropped.items())), last)
        ids.clear()
        texts.clear()
        dropped = {}
        return done

    while True:
        try:
            record: dict[str, Any] | None = next(records, None)
        except (RuntimeError, OSError, ValueError) as error:
            reason = "EVTX chunk cannot be read" if "chunk" in str(error) else "EVTX record cannot be read"
            dropped[reason] = dropped.get(reason, 0) + 1
            in_a_row += 1
            if in_a_row > HOPELESS:
                break
            continue
        if record is None:
            break
        in_a_row = 0
        ids.append(record["event_record_id"])
        texts.append(record["data"])
        if len(ids) >= batch:
            yield flush(last=False)
    if cut_off:
        dropped["EVTX chunk cut off at the end of the file"] = cut_off
    yield flush(last=True)
