"""DNS queries and answers in packets, as the events that a name server would have logged: the rules for DNS judge them.

    192.0.2.10 > 192.0.2.53: x7.example.org TXT
    192.0.2.53 > 192.0.2.10: x7.example.org TXT NOERROR "hello"

Messages over UDP with one question, as all of today have. In both events the source is who asks, whoever sent the packet.
An answer's event has no dns.question.name, or every look-up would count twice. Over TCP, TLS and HTTPS nothing is seen.
Sources: RFC 1035 sections 3.3 and 4, RFC 3596, RFC 2782.
"""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, Final, NamedTuple

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
MOST_ANSWERS: Final = 16
"""Records of an answer that are read."""
_UDP: Final = 17
_PORTS: Final = np.array([53, 5353, 5355], np.uint16)
_HEAD: Final = 12
_TYPES: Final = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 10: "NULL", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 35: "NAPTR",
    43: "DS", 46: "RRSIG", 48: "DNSKEY", 52: "TLSA", 64: "SVCB", 65: "HTTPS", 251: "IXFR", 252: "AXFR", 255: "ANY",
}  # fmt: skip


_CODES: Final = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE")
_NAMES: Final = frozenset((2, 5, 12))


class Message(NamedTuple):
    """`code`: of an answer, its response code; None of a query. `data`: what it answers, as text, in its order."""

    name: str
    kind: str
    code: str | None = None
    data: tuple[str, ...] = ()


def lookups(batch: PacketBatch, records: npt.NDArray[Any], room: Room) -> Events | None:
    """One event per packet that asks or answers, by its number; None when there is none.

    Args:
        records: of `batch`, of dtype PACKET.
    """
    speaks = np.isin(records["target_port"], _PORTS) | np.isin(records["source_port"], _PORTS)
    whole = (records["protocol"] == _UDP) & (records["captured"] > _HEAD + 5) & (records["fragment"] != LATER)
    found = []
    for row in room.cut(np.flatnonzero(whole & speaks)):
        record = records[row]
        begin = int(record["payload_at"])
        message = read(batch.data[begin : begin + int(record["captured"])].tobytes())
        if message and int(record["target_port" if message.code is None else "source_port"]) in _PORTS:
            found.append(ends(record, batch.first + row, answer=message.code is not None) | _event(message))
    if not found:
        return None
    said = {"network.protocol": "dns", "network.transport": "udp", "event.category": "network"}
    frame = framed(batch, found, "dns").with_columns(pl.lit(value).alias(name) for name, value in said.items())
    return Events(LOGSOURCE, conform(frame))


def _event(message: Message) -> dict[str, str | None]:
    data = ", ".join(message.data)
    answer = message.code is not None
    return {
        "event.action": "answer" if answer else "query",
        "dns.question.name": None if answer else message.name,
        "dns.question.type": message.kind,
        "dns.response_code": message.code,
        "dns.answers.data": data or None,
        "event.original": " ".join(filter(None, (message.name, message.kind, message.code, data))),
    }


def read(message: bytes) -> Message | None:
    """A query or an answer with one question; None for what is neither. Bytes that are no plain text are shown as \\xNN, and
    dots within a label as \\., so that no two names look alike. Of a damaged answer what stands before the damage is told."""
    if len(message) < _HEAD or message[4:6] != b"\x00\x01":
        return None
    question = _name(message, _HEAD)
    if question is None or not question[0] or question[1] + 4 > len(message):
        return None
    name, at = question
    number = _short(message, at)
    kind = _TYPES.get(number, f"TYPE{number}")
    if not message[2] & 0x80:
        return Message(name, kind)
    code = message[3] & 0xF
    return Message(name, kind, _CODES[code] if code < len(_CODES) else f"RCODE{code}", tuple(_answers(message, at + 4)))


def _answers(message: bytes, at: int) -> Iterator[str]:
    for _ in range(min(_short(message, 6), MOST_ANSWERS)):
        owner = _name(message, at)
        if owner is None or owner[1] + 10 > len(message):
            return
        at = owner[1] + 10
        kind, size = _short(message, at - 10), _short(message, at - 2)
        data = message[at : at + size]
        if len(data) < size:
            return
        text = _data(message, kind, at, data)
        if text is not None:
            yield text
        at += size


def _data(message: bytes, kind: int, at: int, data: bytes) -> str | None:
    """A record's data as text; None for kinds that are not shown, and for what is damaged."""
    if (kind, len(data)) in ((1, 4), (28, 16)):
        return str(ip_address(data))
    before = {15: 2, 33: 6}.get(kind, 0)
    if kind in _NAMES or before:
        named = _name(message, at + before) if len(data) > before else None
        return named and (named[0] or ".")
    if kind == 16:
        texts, place = [], 0
        while place < len(data):
            texts.append(data[place + 1 : place + 1 + data[place]])
            place += 1 + data[place]
        return b"".join(texts).decode("utf-8", "backslashreplace")
    return None


def _name(message: bytes, at: int) -> tuple[str, int] | None:
    """The name that begins there, and where what follows it begins; None if it is damaged or too long. Every pointer leads
    further to the front than the one before it, so that it comes to an end (RFC 1035 section 4.1.4)."""
    labels: list[str] = []
    after, front, length = 0, at, 0
    while at < len(message):
        size = message[at]
        if size == 0:
            return ".".join(labels), after or at + 1
        if size >= 0xC0:
            if at + 2 > len(message):
                return None
            after = after or at + 2
            at = _short(message, at) & 0x3FFF
            if at >= front:
                return None
            front = at
            continue
        length += 1 + size
        if size > 63 or at + 1 + size > len(message) or length > LONGEST - 1:
            return None
        labels.append(_label(message[at + 1 : at + 1 + size]))
        at += 1 + size
    return None


def _short(message: bytes, at: int) -> int:
    return int.from_bytes(message[at : at + 2], "big")


def _label(data: bytes) -> str:
    text = data.decode("ascii", "backslashreplace")
    return text.replace(".", "\\.").lower()
