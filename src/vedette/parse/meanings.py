r"""What messages mean, in the words of the event vocabulary, and the parts that their patterns share.

Patterns built from these are Rust regular expressions (linear time). `LEAD` passes over what a logger left before the
program's own words (level, thread, class): nothing quoted, no key and value, so that no field of the peer's can hide
in it.
"""

from typing import Any, Final

import polars as pl

from vedette.parse.address import IPV4

_H16: Final = "[0-9A-Fa-f]{1,4}"
IPV6: Final = (
    rf"(?:{_H16}:){{6}}(?:{_H16}:{_H16}|{IPV4})|(?:{_H16}(?::{_H16}){{0,6}})?::(?:"
    rf"(?:{_H16}:){{0,5}}{IPV4}|{_H16}(?::{_H16}){{0,6}})?"
    r"(?:%[0-9A-Za-z]+)?"
)
"""With `::` or all eight groups, so that a time of day or a hardware address is not one."""
IP: Final = rf"(?:(?:0{{0,4}}:)*:?ffff:)?{IPV4}|{IPV6}"
SOURCE: Final = rf"(?P<source.address>{IP})"
"""An address, and nothing else: where the program never writes a name."""
PEER: Final = rf"\[?(?P<source.address>{IP}|[0-9A-Za-z](?:[0-9A-Za-z_.-]*[0-9A-Za-z])?)\]?"
"""An address or a host name."""
PORT: Final = r"(?P<source.port>[0-9]{1,5})"
LEAD: Final = r"^(?:[^'\"<>=]*?[\s\]):|>])?"

Means = dict[str, Any]


def refused(name: str, kind: str, action: str = "login") -> Means:
    """A login that the service refused."""
    return {
        "event.category": "authentication",
        "event.outcome": "failure",
        "event.action": action,
        "service.name": name,
        "service.type": kind,
    }


def granted(name: str, kind: str, action: str = "login") -> Means:
    """A login that the service let in."""
    return refused(name, kind, action) | {"event.outcome": "success"}


def denied(action: str, name: str, kind: str, category: str = "network") -> Means:
    """No login, but something that counts against the peer."""
    return {
        "event.category": category,
        "event.type": "denied",
        "event.outcome": "failure",
        "event.action": action,
        "service.name": name,
        "service.type": kind,
    }


def told(name: str, kind: str, action: str | None = None, category: str = "network") -> Means:
    """Worth reading, held against nobody; a pattern with it keeps the line from the generic words."""
    means = {"event.category": category, "event.type": "info", "service.name": name, "service.type": kind}
    return means | {"event.action": action} if action else means


ADDRESSES: Final = (
    "source.address",
    "client.address",
    "remote_ip",
    "remoteip",
    "remote_addr",
    "remoteaddr",
    "remoteAddr",
    "remoteIp",
    "remote_address",
    "client_ip",
    "clientip",
    "clientIp",
    "clientIP",
    "client_addr",
    "ip",
    "IP",
    "ipaddress",
    "ipAddress",
    "ip_address",
    "src_ip",
    "srcip",
    "src",
    "peer",
    "remote",
    "rhost",
)
USERS: Final = ("user.name", "username", "userName", "user", "User", "uname", "login", "account", "email")
"""Under these names key=value and JSON loggers put the peer and the user beside the message."""


def beside(frame: pl.DataFrame, names: tuple[str, ...]) -> list[pl.Expr]:
    """The fields of these names that an envelope found, in this order; an empty one is none."""
    return [pl.col(name).replace("", None) for name in names if frame.schema.get(name) == pl.String()]


def with_fields(found: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """`found` with the peer from the envelope's fields, and the user where the message names none.

    A field holds the peer alone; what a message says may hold a name that the peer chose.
    """
    for field, names in (("source.address", ADDRESSES), ("user.name", USERS)):
        fields = beside(frame, names)
        if not fields or found.is_empty():
            continue
        extra = frame.select("line", pl.coalesce(fields).alias("\x00field"))
        both = found.join(extra, on="line", how="left", maintain_order="left")
        own = [field] if field in found.columns else []
        order = ["\x00field", *own] if field == "source.address" else [*own, "\x00field"]
        found = both.with_columns(pl.coalesce(order).alias(field)).drop("\x00field")
    return found
