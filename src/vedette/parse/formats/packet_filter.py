r"""Packets that the Linux kernel logs for iptables and nftables, and so ufw, firewalld, Shorewall, UniFi, Proxmox.

    [12345.678] [UFW BLOCK] IN=eth0 OUT= MAC=... SRC=203.0.113.9 DST=192.0.2.1 LEN=40 ... PROTO=TCP SPT=51000 DPT=22 ...

Source: net/netfilter/nf_log_syslog.c. All of it is the kernel's, the words before IN= are the rule's.
"""

from typing import Final

import polars as pl

from vedette.parse import firewall, time
from vedette.parse.context import Context, Read, no_rejects

ORDER: Final = 140
NESTED: Final = True
# The kernel takes at most 127 characters of a rule's prefix (NF_LOG_PREFIXLEN); a time and a host may stand before it.
SIGN: Final = (
    r"^(?:[^=\"]*?[\s\]:])?(?:DESCR=\"[^\"]*\" ?)?IN=\S* (?:OUT=\S* )?(?:PHYS(?:IN|OUT)=\S* )*(?:MAC=\S* )?"
    r"SRC=[0-9A-Fa-f:.]+ DST=[0-9A-Fa-f:.]+ LEN=\d+ "
)
WORD: Final = " DST="

_HEAD: Final = r'^(?P<before>[^="]*?(?:DESCR="[^"]*" ?)?)IN=(?P<ingress>\S*) (?:OUT=(?P<egress>\S*) )?(?P<packet>.*)$'
_PACKET: Final = (
    r"\bSRC=(?P<source>[0-9A-Fa-f:.]+) DST=(?P<destination>[0-9A-Fa-f:.]+) (?:LEN=(?P<length>[0-9]+) )?"
    r".*?PROTO=(?P<protocol>[A-Za-z0-9]+)(?: SPT=(?P<sport>[0-9]+) DPT=(?P<dport>[0-9]+))?"
)
_STAMP: Final = r"(\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})"
# UniFi writes the verdict as one letter between the rule's set and number: [WAN_LOCAL-D-4000], [WAN_IN-default-D].
_DENIED: Final = (
    firewall.DENIED + r"|(?i)(?:^|[_:\W])(?:drop|reject|block|deny)(?:[_:\W]|$)|^\[?[\w-]+-(?-i:[DR])(?:-\d+)?(?:\]|$)"
)
_ALLOWED: Final = firewall.ALLOWED + r"|(?i)(?:^|[_:\W])(?:accept|allow)(?:[_:\W]|$)|^\[?[\w-]+-(?-i:A)(?:-\d+)?(?:\]|$)"
_MAC: Final = r"\bMAC=(?P<destination>(?:[0-9a-f]{2}:){5}[0-9a-f]{2}):(?P<source>(?:[0-9a-f]{2}:){5}[0-9a-f]{2}):"


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One packet per line."""
    head = frame["raw"].str.extract_groups(_HEAD).struct.unnest()
    packet = head["packet"].str.extract_groups(_PACKET).struct.unnest()
    mac = head["packet"].str.extract_groups(_MAC).struct.unnest()
    before = head["before"].str.replace(r"^\s*\[\s*\d+\.\d+\]\s*", "").str.replace(r"^kernel: ", "")
    protocol = packet["protocol"].str.to_lowercase()
    events = frame.select("line").with_columns(
        packet["source"].alias("source.address"),
        packet["destination"].alias("destination.address"),
        packet["sport"].alias("source.port").cast(pl.Int64),
        packet["dport"].alias("destination.port").cast(pl.Int64),
        packet["length"].alias("network.bytes").cast(pl.Int64, strict=False),
        protocol.replace(firewall.PROTOCOLS).alias("network.transport"),
        mac["source"].alias("source.mac"),
        mac["destination"].alias("destination.mac"),
        head["ingress"].replace("", None).alias("observer.ingress.interface.name"),
        head["egress"].replace("", None).alias("observer.egress.interface.name"),
        before.str.replace(_STAMP + " ?", "").str.strip_chars(" :").replace("", None).alias("rule.name"),
        before.str.extract(_STAMP).alias("stamp"),
    )
    events = events.filter(pl.col("source.address").is_not_null())
    if events.is_empty():
        return Read([], no_rejects())
    events = firewall.columns(events, _DENIED, _ALLOWED)
    return Read([(firewall.LOGSOURCE, time.stamp(events, "stamp", context))], no_rejects())
