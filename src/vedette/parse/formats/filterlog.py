r"""pf's packets as pfSense and OPNsense log them: comma separated, the columns depending on IP version and protocol.

    5,,,1000102433,em0,match,block,in,4,0x0,,128,24677,0,none,17,udp,186,203.0.113.9,192.0.2.1,17500,17600,166

Source: "Raw Filter Log Format", pfSense documentation.
"""

from typing import Final

import polars as pl

from vedette.parse import firewall
from vedette.parse.context import Context, Read, no_rejects

ORDER: Final = 141
NESTED: Final = True
SIGN: Final = r"^(?:filterlog(?:\[\d+\])?: )?\d+,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,(?:pass|block|reject|match|nat|rdr),(?:in|out|in/out),[46],"

# Positions of protocol name, length, source, destination and source port.
_V4: Final = {"protocol": 16, "length": 17, "source": 18, "destination": 19, "sport": 20, "dport": 21}
_V6: Final = {"protocol": 12, "length": 14, "source": 15, "destination": 16, "sport": 17, "dport": 18}


def read(frame: pl.DataFrame, _context: Context) -> Read:
    """One packet per line; lines cut off before the addresses are left to other formats."""
    fields = frame["raw"].str.replace(r"^filterlog(?:\[\d+\])?: ", "").str.split(",")
    cells = frame.select("line").with_columns(fields.alias("f"))

    def at(number: int) -> pl.Expr:
        text = pl.col("f").list.get(number, null_on_oob=True)
        return pl.when(text != "").then(text)

    def either(name: str) -> pl.Expr:
        return pl.when(at(8) == "6").then(at(_V6[name])).otherwise(at(_V4[name]))

    transport = either("protocol").str.to_lowercase()
    has_ports = transport.is_in(["tcp", "udp", "sctp"])
    events = cells.select(
        "line",
        either("source").alias("source.address"),
        either("destination").alias("destination.address"),
        pl.when(has_ports).then(either("sport").cast(pl.Int64, strict=False)).alias("source.port"),
        pl.when(has_ports).then(either("dport").cast(pl.Int64, strict=False)).alias("destination.port"),
        either("length").cast(pl.Int64, strict=False).alias("network.bytes"),
        transport.replace(firewall.PROTOCOLS).alias("network.transport"),
        pl.when(at(7) == "in")
        .then(pl.lit("inbound"))
        .when(at(7) == "out")
        .then(pl.lit("outbound"))
        .alias("network.direction"),
        at(4).alias("observer.ingress.interface.name"),
        at(3).alias("rule.id"),
        at(6).alias("rule.name"),
    ).filter(pl.col("source.address").is_not_null())
    if events.is_empty():
        return Read([], no_rejects())
    events = firewall.columns(events, r"^(?:block|reject)$", r"^pass$").drop("rule.name")
    return Read([(firewall.LOGSOURCE, events)], no_rejects())
