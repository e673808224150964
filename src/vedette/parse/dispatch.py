"""Every record to the format that understands it: by content, one record at a time, never by the file's name.

Three kinds of component, one file each, found by the registry:

`formats/`   a line of text. `SIGN`: regex (see patterns) on the record that says it is this format's; `ORDER`: the specific
             (small) is asked before the general; `read(frame, context) -> Read`. `WORD`, if any: a text that every
             record of it holds, looked for first. A format with `NESTED = True` may also
             stand inside the message of an envelope. A format with `ENVELOPE = True` hands back events with `message`,
             which the message components and the nested formats then read; with `ZONED = True` its times name their zone.
             A format with `DOCUMENTS = True` hands whole JSON objects on to `documents/`; `ENDS`: how their lines end.
             A format without SIGN reads only sources whose collector names it (evtx).
             A table format has `HEADER` (regex) in place of SIGN, `table(raw, line, above, context) -> Json | None`
             that reads the header (`above`: the table in force so far, for headers of many lines; None: no header after
             all), and `rows(frame, table, context) -> Read` for the records that follow it.
`messages/`  what a program says inside an envelope. `PROGRAMS`: names of programs, lower case, whose messages it owns;
             `SIGN`: regex on messages of other programs, or None; `LOGSOURCE`; `read(frame) -> frame`: from `line`,
             `message` and the envelope's fields to `line` and the fields found, only the rows it understood, each
             at most once.
`documents/` a JSON object. `ORDER`; `claims(keys) -> bool` from its top-level keys alone;
             `read(document, context) -> (Logsource, flat event)`, ValueError to reject. ENVELOPE as above.

Because a record's format depends on the record (and, for tables, on the header above it) and on nothing else, cutting
a source into other batches changes nothing.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Final

import numpy as np
import polars as pl

from vedette import registry
from vedette.model.cells import Cells, joined
from vedette.model.fields import conform
from vedette.model.records import RECORD, REJECTED, Events, Json, Logsource, Parsed, RecordBatch
from vedette.parse import framing, neighbours
from vedette.parse.address import SIDES, spread
from vedette.parse.columns import CELLS, documents
from vedette.parse.components import Asked, Found, Group, Named, components
from vedette.parse.context import Context, Read
from vedette.parse.patterns import matches
from vedette.parse.rows import among, without
from vedette.parse.unwrap import unwrap

DEPTH: Final = 3
"""How many envelopes may stand in each other: syslog in Docker in Kubernetes."""

PLAIN: Final = frozenset({"any_json", "login_json"})
"""Components for objects of no known program: a row of a table that they read is called after the table."""
UNKNOWN: Final = "no known format: no time stamp, no known shape"
REASONS: Final = (
    (r"^\s*$", "empty line"),
    (
        r'^\s*(?:[\[\]{}]+,?|\{?\s*"\w+"\s*:\s*\[|\]\s*\},?)\s*$',
        "bracket of a JSON document; its elements are records of their own",
    ),
    (r"^\s*(?:<\?xml[^>]*\?>|</?Events[^>]*>)\s*$", "bracket of an XML document; its events are records of their own"),
    (
        r"^(?:\s+\S|Traceback \(most recent|Caused by: |\.\.\. \d+ more)",
        "goes on from the line above: a trace or a wrapped message",
    ),
)
"""Why a line is no record, where its look tells; asked in this order."""


def parse(batch: RecordBatch, carry: Json, context: Context) -> Parsed:
    """Every record of the batch to an event or a rejection; open multi-line records wait in the carry."""
    framed = framing.frame(batch.frame, carry.get("framing", {}), last=batch.last)
    records = framed.records
    found, tables = _records(records.select("line", "raw"), carry.get("tables", {}), batch.format, context)
    reasons = [part for part in found.rejected if part.height]
    if found.unknown.height:
        reasons.append(_why(found.unknown))
    rejected = pl.DataFrame(schema=REJECTED)
    if reasons:
        rejected = records.join(pl.concat(reasons), on="line", how="inner", maintain_order="left").select(
            list(REJECTED)
        )
    groups = [
        (name, source, _finish(name, frame, records, batch, context))
        for name, source, frame in found.groups
        if frame.height
    ]
    groups, owed = neighbours.complete(groups, carry.get("neighbours", {}))
    events = _merged([(source, frame) for _, source, frame in groups], found.cells)
    return Parsed(events, rejected, {"framing": framed.carry, "tables": tables, "neighbours": owed}, framed.held)


def _why(unknown: pl.DataFrame) -> pl.DataFrame:
    """Records that nobody knew, with the most exact reason that can be given: `line`, `reason`."""
    reason = pl.lit(UNKNOWN)
    for look, words in reversed(REASONS):
        reason = pl.when(matches(unknown["raw"], look)).then(pl.lit(words)).otherwise(reason)
    return unknown.select("line", reason=reason)


def _finish(
    name: str, frame: pl.DataFrame, records: pl.DataFrame, batch: RecordBatch, context: Context
) -> pl.DataFrame:
    """What every event has, whoever read it: identity, place, original text; addresses in canonical form."""
    for side in SIDES:
        frame = spread(frame, side)
    if not frame["line"].is_sorted():
        frame = frame.sort("line")
    records = among(records, frame["line"])
    frame = frame.drop("event.original", "event.id", "log.file.path", "log.offset", strict=False)
    frame = frame.with_columns(
        (pl.lit(f"{batch.source}-") + records["offset"].cast(pl.String)).alias("event.id"),
        pl.lit(batch.path).alias("log.file.path"),
        records["offset"].alias("log.offset"),
        records["raw"].alias("event.original"),
        *([] if "event.dataset" in frame.columns else [pl.lit(name).alias("event.dataset")]),
    )
    host = pl.lit(context.host) if context.host is not None else _peers(records, batch)
    if host is not None:
        named = pl.col("host.name") if "host.name" in frame.columns else pl.lit(None, pl.String())
        frame = frame.with_columns(named.fill_null(host).alias("host.name"))
    return conform(frame)


def _peers(records: pl.DataFrame, batch: RecordBatch) -> pl.Series | None:
    """Who sent each of the records, where the collector knows."""
    if batch.peers is None:
        return None
    senders = batch.frame.select("offset", peer=batch.peers)
    return records.select("offset").join(senders, on="offset", how="left", maintain_order="left")["peer"]


def _merged(groups: list[tuple[Logsource, pl.DataFrame]], cells: Sequence[Cells]) -> tuple[Events, ...]:
    """One batch per logsource, but for frames that share so few columns that one would be mostly empty cells."""
    by_source: dict[Logsource, list[tuple[pl.DataFrame, list[Cells]]]] = {}
    for source, frame in groups:
        lines = frame["line"].to_numpy()
        # Each line is in one frame only, and all lines of cells are in one frame.
        mine = [each for each in cells if lines[np.searchsorted(lines[:-1], each.lines[0][0])] == each.lines[0][0]]
        by_source.setdefault(source, []).append((frame, mine))
    events = []
    for source, parts in by_source.items():
        columns = {name for frame, mine in parts for name in chain(frame.columns, *(each.fields for each in mine))}
        if len(parts) > 1 and (
            len(columns) * sum(frame.height for frame, _ in parts) <= CELLS or len(columns) <= 256
        ):
            whole = pl.concat([frame for frame, _ in parts], how="diagonal").sort("line")
            parts = [(whole, [each for _, mine in parts for each in mine])]
        events += [Events(source, frame, joined(mine) if mine else None) for frame, mine in parts]
    return tuple(events)


def _records(frame: pl.DataFrame, tables: Json, pinned: str | None, context: Context) -> tuple[Found, Json]:
    """Records to the format that the collector names, else to tables, then to line formats."""
    if pinned:
        return _one((pinned, registry.load("formats", pinned)), frame, context, 0), tables
    rows, rest, tables, inside = _tables(frame, tables, context)
    found = _lines(components().lines, rest, context, 0)
    parts = [rows, found]
    for name, records in inside:
        read = _lines(components().lines, records, context, 0)
        groups = [(name if known in PLAIN else known, source, part) for known, source, part in read.groups]
        parts.append(read._replace(groups=groups))
    return Found(
        [group for part in parts for group in part.groups],
        [bad for part in parts for bad in part.rejected],
        pl.concat([part.unknown for part in parts]),
        [cell for part in parts for cell in part.cells],
    ), tables


def _tables(
    frame: pl.DataFrame, state: Json, context: Context
) -> tuple[Found, pl.DataFrame, Json, list[tuple[str, pl.DataFrame]]]:
    """Rows under a header go to the header's format; what its format hands back goes on to the line formats, and so do
    the records that it found in rows, by the name of the format."""
    groups: list[Group] = []
    inside: list[tuple[str, pl.DataFrame]] = []
    rejected: list[pl.DataFrame] = []
    parts = components()
    if not parts.tables:
        return Found(groups, rejected, frame.clear()), frame, state, inside
    present: set[int] = set()
    left: Sequence[int] = range(len(parts.tables))
    while left and frame.height:
        positions, _, left = parts.headers.ask(left, frame["raw"])
        present.update(positions)
    for position, (name, module) in enumerate(parts.tables):
        active: Json | None = state.get(name)
        starts: list[tuple[int, Json]] = [(-1, active)] if active else []
        header_lines = []
        if position in present:
            for line, raw in frame.filter(matches(frame["raw"], module.HEADER)).select("line", "raw").iter_rows():
                table = module.table(raw, line, starts[-1][1] if starts else None, context)
                if table is not None:
                    starts.append((line, table))
                    header_lines.append(line)
        if not starts:
            continue
        for (first, table), (end, _) in zip(starts, [*starts[1:], (2**62, {})], strict=True):
            part = frame.filter((pl.col("line") > first) & (pl.col("line") < end))
            if part.height:
                read = module.rows(part, table, context)
                groups += [(name, source, rows) for source, rows in read.groups]
                rejected.append(read.rejected)
                if read.records is not None:
                    inside.append((name, read.records))
        head = frame.filter(pl.col("line").is_in(header_lines))
        if head.height:
            groups.append(
                (name, Logsource(), head.select("line", message=pl.col("raw"), **{"event.action": pl.lit("header")}))
            )
        state = {**state, name: starts[-1][1]}
        frame = without(_left(frame, groups, rejected), *(records["line"] for _, records in inside))
    return Found(groups, rejected, frame.clear()), frame, state, inside


def _lines(asked: Asked, frame: pl.DataFrame, context: Context, depth: int) -> Found:
    """Line formats in their order."""
    groups: list[Group] = []
    rejected: list[pl.DataFrame] = []
    cells: list[Cells] = []
    left: Sequence[int] = range(len(asked.members))
    while left and frame.height:
        positions, likely, left = asked.signs.ask(left, frame["raw"])
        if not positions:
            continue
        aside = frame.clear() if likely is None else frame.filter(~likely)
        frame = frame.filter(likely) if aside.height and likely is not None else frame
        for position in positions:
            pair = asked.members[position]
            # Where only one was in question it is known by now.
            known = likely.filter(likely) if likely is not None and len(positions) == 1 else None
            hit = known if known is not None else matches(frame["raw"], pair[1].SIGN)
            if not hit.any():
                continue
            whole = hit.all()
            found = _one(pair, frame if whole else frame.filter(hit), context, depth)
            groups += found.groups
            rejected += found.rejected
            cells += found.cells
            # What a format did not want after all is offered to the next ones.
            others = frame.clear() if whole else frame.filter(~hit)
            frame = others if found.unknown.is_empty() else pl.concat([others, found.unknown]).sort("line")
            if frame.is_empty():
                break
        if aside.height:
            frame = aside if frame.is_empty() else pl.concat([aside, frame]).sort("line")
    return Found(groups, rejected, frame, cells)


def _one(pair: Named, frame: pl.DataFrame, context: Context, depth: int) -> Found:
    """Rows to one format, and what it found inside them to the next."""
    name, module = pair

    def nested(rows: pl.DataFrame) -> list[Group]:
        return _lines(components().nested, rows, context, depth + 1).groups if depth + 1 < DEPTH else []

    groups: list[Group] = []
    if getattr(module, "DOCUMENTS", False):
        ends = getattr(module, "ENDS", None)
        whole = matches(frame["raw"], ends) if ends else None
        cut_off = frame.clear() if whole is None or whole.all() else frame.filter(~whole)
        found, bad = documents(
            frame if cut_off.is_empty() or whole is None else frame.filter(whole), context, whole=depth > 0
        )
        cells = [each.cells for each in found if each.cells is not None]
        owners = dict(components().documents)
        for name, source, rows, _, envelope in found:
            if envelope:
                groups += unwrap(name, source, rows, nested, zoned=getattr(owners[name], "ZONED", False))
            else:
                groups.append((name, source, rows))
        return Found(groups, [bad], cut_off, cells)
    read: Read = module.read(frame, context)
    for source, rows in read.groups:
        if getattr(module, "ENVELOPE", False):
            groups += unwrap(name, source, rows, nested, zoned=getattr(module, "ZONED", False))
        else:
            groups.append((name, source, rows))
    return Found(groups, [read.rejected], _left(frame, groups, [read.rejected]))


def _left(frame: pl.DataFrame, groups: list[Group], rejected: list[pl.DataFrame]) -> pl.DataFrame:
    """Rows that are in no group and not rejected."""
    return without(frame, *(rows["line"] for _, _, rows in groups), *(rows["line"] for rows in rejected))


def empty_records() -> pl.DataFrame:
    """No records, with the right columns."""
    return pl.DataFrame(schema=RECORD)
