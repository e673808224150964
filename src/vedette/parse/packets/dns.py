"""DNS queries in packets, as the events that a name server would have logged: the rules for DNS judge them.

    192.0.2.10 > 192.0.2.53: x7.example.org TXT

Queries over UDP with one question, as all of today have; answers are not told, or every look-up would count twice. Over TCP,
TLS and HTTPS nothing is seen. Source: RFC 1035 section 4.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from vedette.model.fields import conform
from vedette.model.packets import LATER, PacketBatch
from vedette.model.records import Events, Logsource
from vedette.parse.packets.envelope import Room, ends, framed

LOGSOURCE: Final = Logsource(category="dns", service="dns")
LONGEST: Final = 255
"""Bytes of a name."""
_UDP: Final = 17
_PORTS: Final = np.array([53, 5353, 5355], np.uint16)
_HEAD: Final = 12
_TYPES: Final = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 10: "NULL", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 35: "NAPTR",
    43: "DS", 46: "RRSIG", 48: "DNSKEY", 52: "TLSA", 64: "SVCB", 65: "HTTPS", 251: "IXFR", 252: "AXFR", 255: "ANY",
}  # fmt: skip


def queries(batch: PacketBatch, records: npt.NDArray[Any], room: Room) -> Events | None:
    """One event per packet that asks, by its number; None when there is none.

    Args:
        records: of `batch`, of dtype PACKET.
    """
    asks = (records["protocol"] == _UDP) & (records["captured"] > _HEAD + 5) & (records["fragment"] != LATER)
    rows = np.flatnonzero(asks & np.isin(records["target_port"], _PORTS))
    found = []
    for row in room.cut(rows):
        record = records[row]
        begin = int(record["payload_at"])
        question = read(batch.data[begin : begin + int(record["captured"])].tobytes())
        if question:
            name, kind = question
            event = ends(record, batch.first + row)
            found.append(event | {"dns.question.name": name, "dns.question.type": kind, "event.original": f"{name} {kind}"})
    if not found:
        return None
    said = {"network.protocol": "dns", "network.transport": "udp", "event.category": "network", "event.action": "query"}
    frame = framed(batch, found, "dns").with_columns(pl.lit(value).alias(name) for name, value in said.items())
    return Events(LOGSOURCE, conform(frame))


def read(message: bytes) -> tuple[str, str] | None:
    """Name and type of the one question of a query; None for what is none. Bytes that are no plain text are shown as \\xNN,
    and dots within a label as \\., so that no two names look alike."""
    if len(message) < _HEAD or message[2] & 0x80 or message[4:6] != b"\x00\x01":
        return None
    labels, at = [], _HEAD
    while True:
        if at >= len(message):
            return None
        size = message[at]
        if size == 0:
            break
        if size > 63 or at + 1 + size > len(message) or at + size - _HEAD > LONGEST:
            return None
        labels.append(_label(message[at + 1 : at + 1 + size]))
        at += 1 + size
    if at + 5 > len(message) or not labels:
        return None
    number = int.from_bytes(message[at + 1 : at + 3], "big")
    return ".".join(labels), _TYPES.get(number, f"TYPE{number}")


def _label(data: bytes) -> str:
    text = data.decode("ascii", "backslashreplace")
    return text.replace(".", "\\.").lower()
