r"""MikroTik RouterOS firewall rules with log=yes.

    drop-in input: in:ether1 out:(unknown 0), connection-state:new src-mac 02:..., proto TCP (SYN), 203.0.113.9:51000->192.0.2.1:22, len 40

Source: RouterOS firewall filter, "log" action. Before the chain stands the rule's own prefix.
"""

from typing import Final

import polars as pl

from vedette.parse import firewall, time
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import STAMP
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 142
NESTED: Final = True
_CHAIN: Final = r"(?P<chain>[\w-]+): in:(?P<observer.ingress.interface.name>[^,]*?) out:(?P<observer.egress.interface.name>[^,]*?), "
SIGN: Final = (
    r"^(?:(?:<\d+>)?(?:"
    + STAMP
    + r") \S+ firewall,\w+ |firewall,\w+ )?(?:[^:]{0,64} )?[\w-]+: in:[^,]* out:[^,]*, .*proto [A-Za-z0-9-]+"
)
_ADDRESS: Final = r"\[?(?P<source.address>[0-9A-Fa-f.:]+?)\]?(?::(?P<source.port>\d{1,5}))?"
_TARGET: Final = r"\[?(?P<destination.address>[0-9A-Fa-f.:]+?)\]?(?::(?P<destination.port>\d{1,5}))?"

PATTERNS: Final = (
    Pattern(
        rf"^(?:(?:<\d+>)?(?P<stamp>{STAMP}) (?P<host.name>\S+) firewall,\w+ |firewall,\w+ "
        rf")?(?:(?P<rule.name>[^:]*) )?{_CHAIN}(?:.*?src-mac (?P<source.mac>[0-9a-fA-F:]{{17}}),? )?"
        rf".*?proto (?P<network.transport>[A-Za-z0-9-]+)(?: \([^)]*\))?, {_ADDRESS}->{_TARGET},(?: .*?)? ?len (?P<network.bytes>\d+)"
    ),
)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One packet per line."""
    events = apply(frame, PATTERNS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    name = pl.col("network.transport").str.to_lowercase()
    events = events.with_columns(
        name.replace(firewall.PROTOCOLS).alias("network.transport"),
        # Interfaces that are none: (unknown 0).
        pl.when(~pl.col("observer.egress.interface.name").str.starts_with("(")).then("observer.egress.interface.name"),
    ).drop("chain")
    events = firewall.columns(events, firewall.DENIED + r"|^(?i:drop|block|deny|reject)", firewall.ALLOWED)
    return Read([(firewall.LOGSOURCE, time.stamp(events, "stamp", context))], no_rejects())
