"""Names of servers that TLS clients ask for, in packets: which host was reached, whatever its address.

    192.0.2.10:40112 > 203.0.113.9:443 www.example.org

Only what one packet holds of a ClientHello is read. Where the name is encrypted (ECH), the public one is told. Source: RFC
8446 section 4.1.2, RFC 6066 section 3.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from vedette.model.fields import conform
from vedette.model.packets import PacketBatch
from vedette.model.records import Events, Logsource
from vedette.parse.packets.envelope import Room, ends, framed

LOGSOURCE: Final = Logsource(category="network_connection")
_TCP: Final = 6
_HANDSHAKE: Final = 0x1603
_HELLO: Final = 1
_NAME: Final = 0
_LONGEST: Final = 16_384


def hellos(batch: PacketBatch, records: npt.NDArray[Any], room: Room) -> Events | None:
    """One event per packet that begins with a ClientHello that names a server, by its number; None when there is none.

    Args:
        records: of `batch`, of dtype PACKET.
    """
    rows = np.flatnonzero((records["protocol"] == _TCP) & (records["captured"] > 50) & (records["begins"] >> 16 == _HANDSHAKE))
    found = []
    for row in room.cut(rows[batch.data[records["payload_at"][rows] + 5] == _HELLO]):
        record = records[row]
        begin = int(record["payload_at"])
        name = server_name(batch.data[begin : begin + min(int(record["captured"]), _LONGEST)].tobytes())
        if name:
            event = ends(record, batch.first + row)
            found.append(event | {"tls.client.server_name": name, "destination.domain": name, "event.original": f"TLS to {name}"})
    if not found:
        return None
    said = {"network.protocol": "tls", "network.transport": "tcp", "event.category": "network", "event.action": "connection"}
    frame = framed(batch, found, "tls").with_columns(pl.lit(value).alias(key) for key, value in said.items())
    return Events(LOGSOURCE, conform(frame))


def server_name(data: bytes) -> str | None:
    """Of a record with a ClientHello, as far as it is there; None where it names no server."""
    at = 5 + 4 + 2 + 32  # record, handshake, version, random
    for width in (1, 2, 1):  # session, cipher suites, compression methods
        if at + width > len(data):
            return None
        at += width + int.from_bytes(data[at : at + width], "big")
    end = at + 2 + int.from_bytes(data[at : at + 2], "big")
    at += 2
    while at + 4 <= min(end, len(data)):
        kind, size = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        if kind == _NAME:
            # A list of names, of which there is never more than the one of type 0.
            if size < 5 or data[at + 6 : at + 7] != b"\0":
                return None
            length = int.from_bytes(data[at + 7 : at + 9], "big")
            name = data[at + 9 : at + 9 + length]
            if not 0 < length <= min(255, size - 5) or len(name) < length:
                return None
            return name.decode("ascii", "backslashreplace").lower()
        at += 4 + size
    return None
