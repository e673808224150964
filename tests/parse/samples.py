"""The sample files of the parse components, as record batches."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from vedette import registry
from vedette.model.records import RECORD, Json, Parsed, RecordBatch
from vedette.parse import dispatch
from vedette.parse.context import Context

FOLDER = Path(__file__).parents[1] / "data" / "parse"
KINDS = ("formats", "messages", "documents")
REFERENCE = datetime(2026, 2, 2, tzinfo=UTC)
CONTEXT = Context(reference=REFERENCE)
CASES = sorted(FOLDER.glob("*/*.log"))
NOT_GOLDEN = ("event.original", "event.id", "log.file.path", "log.offset")
"""The same for every component, and tested as laws."""


def records(data: bytes, source: str = "sample") -> RecordBatch:
    """What the collector would hand over for a whole file."""
    rows, at = [], 0
    for number, line in enumerate(data.split(b"\n"), 1):
        if at < len(data):
            rows.append((number, at, line.removesuffix(b"\r").decode("utf-8", "backslashreplace")))
        at += len(line) + 1
    frame = pl.DataFrame(rows, schema=RECORD, orient="row")
    return RecordBatch(source, f"/var/log/{source}", frame, {}, REFERENCE, last=True)


def sample(log: Path) -> RecordBatch:
    """A sample file; a format that has neither SIGN nor HEADER is one that its collector names."""
    component = log.parent.name
    pinned = None
    if component in registry.names("formats"):
        module = registry.load("formats", component)
        pinned = None if hasattr(module, "SIGN") or hasattr(module, "HEADER") else component
    return records(log.read_bytes())._replace(format=pinned)


def cut(batch: RecordBatch, sizes: Iterable[int]) -> list[RecordBatch]:
    """The same records in batches of these sizes, the rest in one more."""
    cuts, at = [], 0
    for size in sizes:
        if at >= batch.frame.height:
            break
        cuts.append(batch._replace(frame=batch.frame.slice(at, size), last=at + size >= batch.frame.height))
        at += size
    if at < batch.frame.height:
        cuts.append(batch._replace(frame=batch.frame.slice(at), last=True))
    return cuts or [batch]


def parse_all(batches: Iterable[RecordBatch], context: Context = CONTEXT) -> tuple[list[Parsed], Json]:
    """One batch after the other, the carry through JSON in between as a restart would take it."""
    carry: Json = {}
    parsed = []
    for batch in batches:
        parsed.append(dispatch.parse(batch, carry, context))
        carry = orjson.loads(orjson.dumps(parsed[-1].carry))
    return parsed, carry


def rows(parsed: Iterable[Parsed]) -> list[dict[str, Any]]:
    """Events and rejections as flat objects without nulls, by line; `logsource` beside an event's fields."""
    found: list[dict[str, Any]] = []
    for part in parsed:
        for source, frame in part.events:
            for row in frame.iter_rows(named=True):
                known = {name: value for name, value in sorted(row.items()) if value is not None}
                found.append({"line": known.pop("line"), "logsource": list(source), **known})
        found += part.rejected.iter_rows(named=True)
    return sorted(found, key=lambda row: (row["line"], row.get("log.offset", row.get("offset"))))


def golden(parsed: Iterable[Parsed]) -> str:
    """`rows` as JSON lines, without what is the same for every component."""
    lines = ({k: v for k, v in row.items() if k not in NOT_GOLDEN and k != "offset"} for row in rows(parsed))
    return "".join(orjson.dumps(line).decode() + "\n" for line in lines)
