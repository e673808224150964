"""Matches as rows that a responder reads in order: what happened when, on which machine, and what the rule saw there."""

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from vedette.detect.sigma.rule import Rule, Ruleset
from vedette.detect.sigma.taxonomy import columns, places, selects
from vedette.model.fields import TIME
from vedette.model.records import Events

ROWS: Final = {
    "@timestamp": TIME,
    "rule.level": pl.String(),
    "rule.name": pl.String(),
    "host.name": pl.String(),
    "winlog.channel": pl.String(),
    "event.code": pl.String(),
    "winlog.record_id": pl.Int64(),
    "user.name": pl.String(),
    "source.ip": pl.String(),
    "details": pl.String(),
    "rule.tags": pl.String(),
    "rule.id": pl.String(),
    "log.file.path": pl.String(),
    "log.offset": pl.Int64(),
    "event.id": pl.String(),
}
"""Columns of a timeline, in their order. `details`: the fields that the rule asks about, as the event has them, else
the event's message. `rule.tags`: parted by blanks."""

_SAME: Final = {
    "host.name": ("host.name", "Computer"),
    "winlog.channel": ("winlog.channel", "Channel"),
    "event.code": ("event.code", "winlog.event_id", "EventID"),
    "winlog.record_id": ("winlog.record_id", "EventRecordID"),
    "user.name": ("user.name", "TargetUserName", "SubjectUserName", "User"),
    "source.ip": ("source.ip",),
    "message": ("message", "event.original"),
    "@timestamp": ("@timestamp",),
    "log.file.path": ("log.file.path",),
    "log.offset": ("log.offset",),
    "event.id": ("event.id",),
}
"""Where a column's value is found, best first."""

LONGEST: Final = 400
"""Characters of one field's value that are told."""


def timeline(ruleset: Ruleset, events: Events, matches: pl.DataFrame) -> pl.DataFrame:
    """One row (see ROWS) per match, by rule and event.

    Args:
        matches: columns `rule` and `row`, as `match` returns them for these events.
    """
    parts = []
    for number, rows in matches.sort("rule", "row").group_by("rule", maintain_order=True):
        rule = ruleset.rules[int(str(number[0]))]
        parts.append(_rows(rule, events, events.part(rows["row"].to_numpy()).frame))
    return pl.concat(parts) if parts else pl.DataFrame(schema=ROWS)


def _rows(rule: Rule, events: Events, frame: pl.DataFrame) -> pl.DataFrame:
    found = {name: _first(frame, choices) for name, choices in _SAME.items()}
    known: dict[str, pl.Expr | pl.Series] = {
        "rule.level": pl.lit(rule.level), "rule.name": pl.lit(rule.name), "rule.id": pl.lit(rule.id),
        "rule.tags": pl.lit(" ".join(rule.tags)), "details": pl.Series(list(_details(rule, events, frame))),
    }  # fmt: skip
    made = frame.select(pl.int_range(pl.len()).alias("row"), *(e.alias(name) for name, e in found.items()))
    made = made.with_columns(**known)
    told = pl.when(pl.col("details") == "").then(pl.col("message").str.slice(0, LONGEST)).otherwise(pl.col("details"))
    return made.with_columns(told.alias("details")).select(pl.col(name).cast(kind) for name, kind in ROWS.items())


def _first(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.Expr:
    there = [pl.col(name).cast(pl.String) if len(names) > 1 else pl.col(name) for name in names if name in frame]
    return pl.coalesce(there) if there else pl.lit(None)


def _details(rule: Rule, events: Events, frame: pl.DataFrame) -> Iterator[str]:
    """`Image: C:\\Windows\\cmd.exe; CommandLine: cmd /c ...` of each row."""
    fields = {}
    for field in dict.fromkeys(rule.fields):
        names = [
            name
            for place in places(rule.logsource)
            if selects(place, events.logsource)
            for name in columns(place, field)
            if name in frame
        ]
        if names:
            fields[field] = frame.select(_first(frame, tuple(dict.fromkeys(names))).cast(pl.String)).to_series()
    values: list[Any] = [
        values.str.slice(0, LONGEST).str.replace_all(r"\s+", " ").to_list() for values in fields.values()
    ]
    for row in zip(*values, strict=True) if values else ((),) * frame.height:
        yield "; ".join(f"{field}: {value}" for field, value in zip(fields, row, strict=True) if value is not None)
