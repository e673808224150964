"""What stands inside an envelope: messages to the component of their program, nested formats, known words.

What the message says wins over what its envelope says, but for the machine and the program that wrote it.
"""

from collections.abc import Callable, Sequence
from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.components import Group, components, owner_of
from vedette.parse.patterns import matches
from vedette.parse.rows import among, without

OUTER_WINS: Final = ("host.name", "process.name", "process.pid", "log.syslog.priority", "log.syslog.appname")
"""What the writer of the envelope knows better than the message."""

QUARTER: Final = 900
WIDEST: Final = 14 * 3600
NEAR: Final = 5
"""Seconds: zones differ by whole quarters of an hour and by no more than the widest; near is within one writing."""

_REPEATED: Final = r"^message repeated \d{1,9} times: \[ ?(?s:.*)\]$"


def unwrap(
    name: str,
    source: Logsource,
    rows: pl.DataFrame,
    nested: Callable[[pl.DataFrame], list[Group]],
    *,
    zoned: bool = False,
) -> list[Group]:
    """Rows of an envelope, as groups of those that read their message; the rest under the envelope's own name.

    Args:
        zoned: the envelope's times name their zone.
        rows: `line`, `message` if there is one, `process.name` if it is known, and other fields.
        nested: line formats that may stand in a message: `line`, `raw` to groups.
    """
    groups: list[Group] = []
    # Components see the same columns whatever else is in the batch.
    lacking = [
        pl.lit(None, pl.String()).alias(name) for name in ("message", "process.name") if name not in rows.columns
    ]
    rest = _counted(rows.with_columns(lacking) if lacking else rows)

    def take(component: str, logsource: Logsource, outer: pl.DataFrame, inner: pl.DataFrame) -> None:
        if inner.height:
            groups.append((component, logsource, merge(outer, inner, zoned=zoned)))

    owners: dict[str, Logsource] = {}
    programs: dict[str, list[str]] = {}
    modules = {}
    for program in rest["process.name"].unique(maintain_order=True).to_list():
        pair = owner_of(program)
        if pair is not None:
            programs.setdefault(pair[0], []).append(program)
            modules[pair[0]] = pair[1]
            owners[program] = pair[1].LOGSOURCE
    for owner, names in programs.items():
        owned = _is_any(rest["process.name"], names)
        own = rest if owned.all() else rest.filter(owned)
        take(owner, modules[owner].LOGSOURCE, own, modules[owner].read(own))
    rest = without(rest, *(frame["line"] for _, _, frame in groups))
    if rest.height:
        for component, logsource, inner in nested(rest.select("line", raw=pl.col("message")).drop_nulls()):
            take(component, logsource, rest, inner)
            rest = without(rest, inner["line"])
    asked = components().messages
    left: Sequence[int] = range(len(asked.members))
    while left and rest.height:
        positions, likely, left = asked.signs.ask(left, rest["message"])
        some = rest if likely is None or likely.all() else rest.filter(likely)
        for position in positions:
            component, module = asked.members[position]
            hit = matches(some["message"], module.SIGN)
            if hit.any():
                own = some.filter(hit)
                inner = module.read(own)
                take(component, module.LOGSOURCE, own, inner)
                some, rest = without(some, inner["line"]), without(rest, inner["line"])
    if rest.height:
        groups += _left(name, source, rest, owners)
    return groups


def _is_any(values: pl.Series, texts: Sequence[str]) -> pl.Series:
    """Whether each value is one of some texts, False for null."""
    # One text is compared; looking up many costs several times that.
    found = values == texts[0] if len(texts) == 1 else values.is_in(texts)
    return found.fill_null(False) if found.null_count() else found


def _left(name: str, source: Logsource, rest: pl.DataFrame, owners: dict[str, Logsource]) -> list[Group]:
    """What nobody read keeps its program's logsource: keyword rules search the message as it is."""
    groups: list[Group] = []
    for logsource in dict.fromkeys(owners.values()):
        hit = _is_any(rest["process.name"], [program for program, of in owners.items() if of == logsource])
        if hit.any():
            groups.append((name, logsource, rest.filter(hit)))
            rest = rest.filter(~hit)
    if rest.height:
        groups.append((name, source, rest))
    return groups


def _counted(rows: pl.DataFrame) -> pl.DataFrame:
    """rsyslog's and syslogd's `message repeated N times: [ ... ]` as the message with its count."""
    if not rows["message"].str.starts_with("message repeated ").any():
        return rows
    hit = matches(rows["message"], _REPEATED)
    message = pl.col("message")
    count = message.str.extract(r"^message repeated ([0-9]+) times", 1).cast(pl.Int64, strict=False)
    inner = message.str.extract(r"^message repeated [0-9]+ times: \[ ?((?s:.*))\]$", 1)
    known = [pl.col("event.count")] if "event.count" in rows.columns else []
    return rows.with_columns(
        pl.coalesce(pl.when(hit).then(count), *known).alias("event.count"),
        pl.when(hit).then(inner).otherwise(message).alias("message"),
    )


def merge(outer: pl.DataFrame, inner: pl.DataFrame, *, zoned: bool) -> pl.DataFrame:
    """Rows of `inner` with the envelope's fields added where the message says nothing."""
    if not inner["line"].is_sorted():
        inner = inner.sort("line")
    outer = among(outer, inner["line"])
    fields = {column.name: column for column in outer.get_columns()}
    for column in inner.get_columns():
        other = fields.get(column.name)
        if other is None or column.name == "line":
            fields[column.name] = column
        elif column.name in OUTER_WINS:
            fields[column.name] = _filled(other, column)
        elif column.name == "@timestamp" and zoned:
            fields[column.name] = _filled(_in_zone(column, other), other)
        else:
            fields[column.name] = _filled(column, other)
    return pl.DataFrame(list(fields.values()))


def _in_zone(inner: pl.Series, outer: pl.Series) -> pl.Series:
    """The message's times, but for those that are off the envelope's by a zone: written without one, and read in another."""
    off = (inner - outer).dt.total_seconds()
    quarters = (off / QUARTER).round() * QUARTER
    shifted = (quarters != 0) & (quarters.abs() <= WIDEST) & ((off - quarters).abs() <= NEAR)
    return inner.set(shifted.fill_null(False), None)


def _filled(first: pl.Series, second: pl.Series) -> pl.Series:
    if not first.null_count():
        return first
    return pl.select(pl.coalesce(first, second).alias(first.name)).to_series()
