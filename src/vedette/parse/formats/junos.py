r"""Junos SRX flows and screens in the structured and the plain form.

    RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.39 source-address="203.0.113.9" source-port="51000" ...]
    RT_FLOW: RT_FLOW_SESSION_DENY: session denied 203.0.113.9/51000->192.0.2.1/22 0x0 None 6(0) deny untrust trust ...

Source: Juniper System Log Explorer.
"""

import re
from typing import Final

import polars as pl

from vedette.parse import firewall
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE

ORDER: Final = 44
NESTED: Final = True
_NAME: Final = r"(?:RT|FLOW|IDP|APPTRACK|AV|WEBFILTER|AAMW|SECINTEL)_[A-Z0-9_]{3,64}"
SIGN: Final = rf"{BARE}(?:RT_[A-Z]+ (?:\d+ )?- |RT_[A-Z]+: )?{_NAME}(?: \[junos@|: )"
_STRUCTURED: Final = re.compile(rf"(?P<code>{_NAME}) \[junos@[^\s\]]+ (?P<rest>.*)\]")
_PLAIN: Final = re.compile(rf"(?:RT_[A-Z]+: )?(?P<code>{_NAME}): (?P<rest>.*)$")
_STAMP: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) (\S+) ")
_FLOW: Final = re.compile(
    r"([0-9A-Fa-f:.]+)/(\d{1,5})->([0-9A-Fa-f:.]+)/(\d{1,5})(?: \S+)* ?(\d{1,3})\(\d+\)"
    r"|source: ([0-9A-Fa-f.]+):(\d{1,5}), destination: ([0-9A-Fa-f.]+):(\d{1,5})"
)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One event per line."""
    table = Columns()
    for line, raw in frame.select("line", "raw").iter_rows():
        native = {}
        found = _STRUCTURED.search(raw)
        if found:
            native = firewall.pairs(found.group("rest"))
        else:
            found = _PLAIN.search(raw)
            flow = _FLOW.search(raw)
            if flow:
                a = flow.groups()
                names = ("source-address", "source-port", "destination-address", "destination-port", "protocol-id")
                native = {
                    name: value for name, value in zip(names, a[:5] if a[0] else (*a[5:], None), strict=False) if value
                }
        code = found.group("code") if found else ""
        event = firewall.event(native)
        if event["event.type"] == "connection":
            event |= firewall.verdict([code.rpartition("_")[2].replace("CREATE", "start"), native.get("action")])
        if "SCREEN" in code or code.startswith("IDP"):
            event["event.category"] = "intrusion_detection"
            if event["event.type"] == "denied":
                event["event.action"] = (
                    "scan-detected" if "scan" in str(native.get("attack-name", "")).lower() else "connection-blocked"
                )
        event["event.code"] = code
        stamp = _STAMP.search(raw)
        if stamp:
            event["@timestamp"], event["host.name"] = stamp.groups()
        table.add(line, event)
    return Read([(firewall.LOGSOURCE, table.frame(context))], no_rejects())
