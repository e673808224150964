r"""Records of the audit system that tell of one event: the later ones know what the earlier ones said of it.

    type=SYSCALL msg=audit(1769941453.200:4714): ... ppid=900 pid=901 auid=1000 comm="sh" exe="/usr/bin/dash"
    type=EXECVE msg=audit(1769941453.200:4714): argc=3 a0="sh" ...               what ran: now also by whom, in which process
    type=PATH msg=audit(1769941453.200:4714): item=0 name="/etc/shadow" ...      what was touched: now also by what program

Each record stays an event of its own with its own native fields, since rules ask for single records (`type`, `a0`,
`name`): what goes on to the records of the same serial that follow without another between are fields of the schema
that say who did it. A command line does not: every rule about it would speak once for each record.
Source: audit-userspace, ausearch(8) on event serials; Linux kernel/auditsc.c audit_log_exit(), which writes SYSCALL first.
"""

from typing import Final

import polars as pl

from vedette.model.fields import dtype
from vedette.model.records import Json, Logsource

COMPONENT: Final = "auditd"
SHARED: Final = (
    "process.pid", "process.parent.pid", "process.executable", "process.name", "process.working_directory",
    "user.id", "user.name", "event.outcome",
)  # fmt: skip

_KEY: Final = "audit.event"
_LONGEST: Final = 4096
_SCHEMA: Final = {"line": pl.Int64(), _KEY: pl.String(), **{name: dtype(name) for name in SHARED}}

Group = tuple[str, Logsource, pl.DataFrame]


def continued(groups: list[Group], last: Json | None) -> tuple[list[Group], Json | None]:
    """Groups with what goes on from record to record, and the last record of them all for the next call.

    Args:
        groups: component, logsource, frame with `line`, ascending.
        last: what this function returned before; None at first.
    """
    mine = [n for n, (name, _, frame) in enumerate(groups) if name == COMPONENT and "audit.serial" in frame.columns]
    if not mine:
        return groups, last
    told = [_told(groups[n][2]) for n in mine]
    before = pl.DataFrame([{"line": -1, **last}] if last else [], schema=_SCHEMA)
    records = pl.concat([before, *told]).sort("line")
    if records.height == before.height:
        return groups, last
    run = pl.col(_KEY).rle_id()
    known = records.with_columns(pl.col(name).forward_fill().over(run) for name in SHARED)
    if records[_KEY].rle_id()[-1] + 1 < records.height:
        groups = [*groups]
        for n in mine:
            name, source, frame = groups[n]
            groups[n] = (name, source, _filled(frame, known))
    return groups, known.drop("line").row(-1, named=True)


def _told(frame: pl.DataFrame) -> pl.DataFrame:
    """What each record says by itself, and the name of its event: machine, time, serial."""
    host = pl.col("host.name").str.slice(0, _LONGEST).fill_null("") if "host.name" in frame.columns else pl.lit("")
    stamp = pl.col("@timestamp").cast(pl.Int64).cast(pl.String).fill_null("")
    own = [
        pl.lit(None, dtype(name)).alias(name)
        if name not in frame.columns
        else pl.col(name).str.slice(0, _LONGEST)
        if dtype(name) == pl.String
        else pl.col(name)
        for name in SHARED
    ]
    key = pl.concat_str(host, stamp, "audit.serial", separator="\x1f").alias(_KEY)
    return frame.filter(pl.col("audit.serial").is_not_null()).select("line", key, *own)


def _filled(frame: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    more = frame.select("line").join(known, on="line", how="left", maintain_order="left")
    return frame.with_columns(
        (frame[name].fill_null(more[name]) if name in frame.columns else more[name]).alias(name)
        for name in SHARED
        if more[name].null_count() < more.height
    )
