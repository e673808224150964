"""What the agent may ask of the privileged helper, and what it answers: a closed grammar, one JSON object a datagram.

    {"do": "add", "entries": [{"kind": "drop", "network": "203.0.113.7/32", "seconds": 1200.0}]}
    {"good": true}
    {"good": false, "error": "198.51.100.1/32 is never acted against: default gateway", "fix": "..."}

What is more than a datagram holds is staged in numbered parts; `restore` and `allow` say how many there were, and take them all
at once. A part that is refused, or missing, takes the others with it: what is in force stays as it was.

Whatever is not of this form is answered with an error and changes nothing. A capture is answered with a file descriptor.
"""

from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from vedette.model.action import ActionError, Entry, Kind, Network, Rates

LONGEST: Final = 1 << 17
"""Bytes of a datagram, both ways."""
MANY: Final = 1000
"""Entries of one datagram, or networks."""
STAGED: Final = 300_000
"""Entries that are staged at a time, and networks."""

Text = Annotated[str, Meta(max_length=64)]
Rate = Annotated[int, Meta(ge=1, le=10_000_000)]


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An entry; `seconds` that are left, or None for ever."""

    kind: Kind
    network: Text
    protocol: Annotated[int, Meta(ge=0, le=255)] | None = None
    seconds: Annotated[float, Meta(gt=0, le=1e9)] | None = None

    def entry(self, now: datetime) -> Entry:
        """As the firewall takes it.

        Raises:
            ActionError: no network, or not a canonical one.
        """
        until = None if self.seconds is None else now + timedelta(seconds=self.seconds)
        return Entry(self.kind, network_of(self.network), self.protocol, until)


def item(entry: Entry, now: datetime) -> Item | None:
    """The other way; None for what is over."""
    seconds = None if entry.until is None else (entry.until - now).total_seconds()
    return None if seconds is not None and seconds <= 0 else Item(entry.kind, str(entry.network), entry.protocol, seconds)


def network_of(text: str) -> Network:
    """A network in its canonical spelling.

    Raises:
        ActionError: it is none.
    """
    try:
        return ip_network(text)
    except ValueError as error:
        raise ActionError(str(error), fix="write an address or a network such as 203.0.113.0/24") from None


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", omit_defaults=True):
    """Base of everything that may be asked."""


Items = Annotated[tuple[Item, ...], Meta(max_length=MANY)]
Networks = Annotated[tuple[Text, ...], Meta(max_length=MANY)]
Part = Annotated[int, Meta(ge=0, le=2 * STAGED)]


class Stage(Message, frozen=True, tag="stage"):
    """Entries and allowed networks for the next `restore`, or allowed networks for the next `allow`. Part 0 begins anew."""

    part: Part
    entries: Items = ()
    allow: Networks = ()


class Restore(Message, frozen=True, tag="restore"):
    """Make the firewall exactly what was staged in so many parts, in one transaction. `dry`: count, and drop nothing."""

    parts: Part
    dry: bool
    limit: Rate = Rates().limit
    limit_burst: Rate = Rates().limit_burst
    guard: Rate = Rates().guard
    guard_burst: Rate = Rates().guard_burst


class Allow(Message, frozen=True, tag="allow"):
    """The networks that were staged in so many parts, in place of those allowed before."""

    parts: Part


class Add(Message, frozen=True, tag="add"):
    entries: Items


class Remove(Message, frozen=True, tag="remove"):
    entries: Items


class Held(Message, frozen=True, tag="held"):
    """The entries that stopped the most packets."""

    limit: Annotated[int, Meta(ge=1, le=MANY)] = 100


class State(Message, frozen=True, tag="state"):
    """How the firewall is."""


class Capture(Message, frozen=True, tag="capture"):
    """A ring of an interface; the answer carries its file descriptor, and in `ring` its geometry."""

    interface: Annotated[str, Meta(pattern=r"^[^/\s]{1,15}$")]
    snap: Annotated[int, Meta(ge=0, le=262_144)]
    ring: Annotated[int, Meta(ge=1 << 20, le=1 << 32)]
    promiscuous: bool = False
    fanout: Annotated[int, Meta(ge=0, le=65535)] | None = None


class Uninstall(Message, frozen=True, tag="uninstall"):
    """Take away everything that was put into the kernel."""


Asked = Stage | Restore | Allow | Add | Remove | Held | State | Capture | Uninstall


class Stopped(msgspec.Struct, frozen=True):
    """An entry in the kernel, and what it stopped (or would have)."""

    kind: Kind
    network: str
    protocol: int | None
    packets: int
    bytes: int
    seconds: float | None


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """`firewall`: nftables or iptables; `totals`: packets and bytes stopped, by kind; `gap`: entries that were missing or
    too many at the last look; `mended`: how often that was put right; `size`: entries in force; `ring`: bytes of a block,
    and blocks."""

    good: bool
    error: str = ""
    fix: str = ""
    held: tuple[Stopped, ...] = ()
    firewall: str = ""
    dry: bool = False
    totals: dict[str, tuple[int, int]] = {}
    size: int = 0
    gap: int = 0
    mended: int = 0
    fault: str = ""
    refused: tuple[str, ...] = ()
    ring: tuple[int, int] = (0, 0)


_ASKED: Final = msgspec.json.Decoder(Asked)
_REPLY: Final = msgspec.json.Decoder(Reply)


def asked(data: bytes) -> Asked:
    """What a datagram asks for.

    Raises:
        ActionError: it is not of the grammar.
    """
    try:
        message: Asked = _ASKED.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ActionError(f"not understood: {error}") from None
    return message


def reply(data: bytes) -> Reply:
    """The helper's answer.

    Raises:
        ActionError: it is none.
    """
    try:
        return _REPLY.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ActionError(f"the helper's answer is not understood: {error}") from None
