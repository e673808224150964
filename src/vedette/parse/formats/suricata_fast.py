r"""Suricata's fast.log and Snort's alert_fast.

    02/01/2026-10:24:12.860293  [**] [1:2008578:4] ET SCAN Sipvicious Scan [**] [Classification: Attempted Information Leak]
    [Priority: 2] {UDP} 203.0.113.9:5116 -> 192.0.2.1:5060                                             (one line)

Source: Suricata alert-fastlog.c; Snort alert_fast. Snort writes no year: 02/01-10:24:12.860293.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import firewall, time
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 62
NESTED: Final = True
LOGSOURCE: Final = Logsource(category="ids", product="suricata")
_TIME: Final = r"(?P<stamp>\d\d/\d\d(?:/\d{2,4})?-\d\d:\d\d:\d\d(?:\.\d{1,9})?)\s+"
_ADDRESS: Final = r"(?P<{0}.address>(?:\d{{1,3}}\.){{3}}\d{{1,3}}|[0-9A-Fa-f:]+?)(?::(?P<{0}.port>\d{{1,5}}))?"
# An IPv6 address of eight full groups keeps its last group; Suricata always writes a port for TCP and UDP.
_V6: Final = r"(?P<{0}.address>[0-9A-Fa-f]{{0,4}}:[0-9A-Fa-f:.]+):(?P<{0}.port>\d{{1,5}})"
_RULE: Final = (
    r"(?:\[(?P<verdict>Drop|wDrop|Block|drop)\] )?(?:\[\*\*\] )?\[(?P<rule.id>\d+:\d+:\d+)\] (?P<rule.name>.*?)(?: \[\*\*\])?"
    r"(?: \[Classification: (?P<rule.category>[^\]]*)\])?(?: \[Priority: (?P<event.severity>\d+)\])?:? "
    r"\{(?P<network.transport>[^}]{1,32})\} "
)
SIGN: Final = (
    r"^(?:\d\d/\d\d(?:/\d{2,4})?-\d\d:\d\d:\d\d(?:\.\d{1,9})?\s+)?(?:\[(?:Drop|wDrop|Block|drop)\] )?(?:\[\*\*\] )?"
    r"\[\d+:\d+:\d+\] .* \{[^}]{1,32}\} \S+ -> \S+\s*$"
)


def _ends(shape: str) -> str:
    return shape.format("source") + " -> " + shape.format("destination") + r"\s*$"


PATTERNS: Final = (
    Pattern(rf"^(?:{_TIME})?{_RULE}{_ends(_V6)}"),
    Pattern(rf"^(?:{_TIME})?{_RULE}{_ends(_ADDRESS)}"),
)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One alert per line."""
    events = apply(frame, PATTERNS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    # Month first, which the general reading of slashes cannot know: 02/01/2026-10:24:12 to 2026-02-01 10:24:12.
    stamp = (
        pl.col("stamp")
        .str.replace(r"^(\d\d)/(\d\d)/(\d{4})-", "$3-$1-$2 ")
        .str.replace(r"^(\d\d)/(\d\d)/(\d\d)-", "20$3-$1-$2 ")
    )
    stamp = stamp.str.replace(r"^(\d\d)/(\d\d)-", "$1-$2 ")
    dropped = pl.col("verdict").is_not_null()
    name = pl.col("network.transport").str.to_lowercase()
    events = events.with_columns(
        stamp.alias("stamp"),
        name.replace(firewall.PROTOCOLS).alias("network.transport"),
        pl.col("rule.id").str.extract(r":(\d+):"),
        pl.when(dropped).then(pl.lit("denied")).otherwise(pl.lit("info")).alias("event.type"),
        pl.when(dropped).then(pl.lit("connection-blocked")).otherwise(pl.lit("alert")).alias("event.action"),
        pl.lit("intrusion_detection").alias("event.category"),
        pl.lit("suricata").alias("service.name"),
    ).drop("verdict")
    return Read([(LOGSOURCE, time.stamp(events, "stamp", context))], no_rejects())
