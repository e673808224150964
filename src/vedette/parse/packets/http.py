"""HTTP requests in packets, as the events that a web server would have logged: the same rules judge them.

    GET /index.php?id=1'%20OR%20'1'='1 HTTP/1.1
    Host: www.example.org
    User-Agent: sqlmap/1.8

Only what one packet holds of a request's head is read; what the server answered is not known. Source: RFC 9112 section 3.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vedette.model.fields import conform
from vedette.model.packets import PacketBatch
from vedette.model.records import Events
from vedette.parse import web
from vedette.parse.packets.envelope import Room, ends, framed

LONGEST: Final = 8192
"""Bytes of a request's head that are read."""
_TCP: Final = 6
_BEGINNINGS: Final = np.array(
    [int.from_bytes(name, "big") for name in (b"GET ", b"POST", b"HEAD", b"PUT ", b"DELE", b"OPTI", b"PATC", b"PROP", b"TRAC", b"CONN")],
    np.uint32,
)
_HEADERS: Final = {
    b"host": "url.domain", b"user-agent": "user_agent.original", b"referer": "http.request.referrer",
}  # fmt: skip


def requests(batch: PacketBatch, records: npt.NDArray[Any], room: Room) -> Events | None:
    """One event per packet that begins with a request, by its number; None when there is none.

    Args:
        records: of `batch`, of dtype PACKET.
    """
    rows = np.flatnonzero((records["protocol"] == _TCP) & (records["captured"] >= 16))
    rows = rows[np.isin(records["begins"][rows], _BEGINNINGS)]
    found = [read for row in room.cut(rows) if (read := _request(batch, records[row], batch.first + row))]
    if not found:
        return None
    frame = framed(batch, found, "http")
    return Events(web.WEBSERVER, conform(web.outcome(web.request_line(frame, "request"))))


def _request(batch: PacketBatch, record: Any, number: int) -> dict[str, Any] | None:
    begin = int(record["payload_at"])
    head = batch.data[begin : begin + min(int(record["captured"]), LONGEST)].tobytes().partition(b"\r\n\r\n")[0]
    line, *headers = head.split(b"\r\n")
    if b" HTTP/1." not in line[-12:]:
        return None
    event = ends(record, number) | {
        "request": _text(line),
        "event.original": _text(head),
        "url.domain": None,
        "user_agent.original": None,
        "http.request.referrer": None,
    }
    for header in headers:
        name, _, value = header.partition(b":")
        field = _HEADERS.get(name.lower())
        if field:
            event[field] = _text(value.strip())
    return event


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
