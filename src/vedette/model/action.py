"""Action: what is done about an attacker in the kernel, with a time to live, a reason and an undo.

    {"action.id": "5b0c...", "action.type": "drop", "network": "203.0.113.7/32", "protocol": null,
     "at": "2026-02-01T10:20:00Z", "until": "2026-02-01T11:20:00Z", "reason": "Port scan, 40 ports in 2 s",
     "score": 105.0, "source": "network", "who": "vedette", "rule.id": ["network-port-scan"], "alert.id": ["..."],
     "repeats": 0, "enforced": true, "lifted": null, "lifted_by": "", "lifted_why": ""}
"""

import hashlib
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, Literal, NamedTuple

import msgspec

from vedette.model.errors import VedetteError

Kind = Literal["drop", "limit", "guard"]
"""drop: everything from a source. limit: of what a source begins (SYN, UDP, ICMP ...) what is beyond a rate; what it has
going on is not touched. guard: of what begins at a victim, from anybody, by one protocol, what is beyond a rate."""
KINDS: Final[tuple[Kind, ...]] = ("drop", "limit", "guard")
Origin = Literal["network", "log", "manual", "intel"]
Network = IPv4Network | IPv6Network

HOST6: Final = 64
"""Prefix of IPv6 that one attacker has at least: RFC 6177, 7934."""


_MAPPED: Final = IPv6Network("::ffff:0:0/96")


class ActionError(VedetteError):
    """A network that cannot be acted on, or a firewall that refuses."""

    code = "action"


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One decision.

    Attributes:
        network: canonical, of a source in IPv6 never longer than /64; for guard the victim's address alone.
        protocol: number of the IP protocol that guard is about, else None.
        until: None: until somebody lifts it.
        score: of the policy when it was decided; None where a person decided.
        repeats: how many earlier ones there were for this network; each doubled the time.
        enforced: False in a dry run: the kernel only counts.
        lifted: when somebody ended it before its time.
    """

    id: str = msgspec.field(name="action.id")
    kind: Kind = msgspec.field(name="action.type")
    network: str
    protocol: int | None = None
    at: datetime
    until: datetime | None
    reason: str
    score: float | None = None
    source: Origin
    who: str
    rules: tuple[str, ...] = msgspec.field(name="rule.id", default=())
    alerts: tuple[str, ...] = msgspec.field(name="alert.id", default=())
    repeats: int = 0
    enforced: bool = True
    lifted: datetime | None = None
    lifted_by: str = ""
    lifted_why: str = ""

    def active(self, now: datetime) -> bool:
        """Whether it is to be in force."""
        return self.lifted is None and (self.until is None or now < self.until)


class Entry(NamedTuple):
    """What the firewall is told of an action. Two with the same kind, network and protocol are one: the later counts."""

    kind: Kind
    network: Network
    protocol: int | None = None
    until: datetime | None = None


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """A network that is never acted against, and why."""

    network: str
    why: str
    at: datetime | None = None
    who: str = ""


class Rates(NamedTuple):
    """Packets a second, and how many at once, that `limit` lets a source begin and `guard` lets begin at a victim."""

    limit: int = 5
    limit_burst: int = 20
    guard: int = 1000
    guard_burst: int = 2000


def action_id(kind: Kind, network: str, protocol: int | None, at: datetime) -> str:
    """Deterministic: 16 hex digits of BLAKE2b."""
    text = f"{kind} {network} {protocol} {at.isoformat()}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def plain(network: Network) -> Network:
    """The same; IPv4 inside IPv6 (::ffff:192.0.2.0/120) is IPv4, as its packets are."""
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - _MAPPED.prefixlen))
    return network


def source_network(address: str) -> Network:
    """The network that an attacker's address stands for: itself, or its /64.

    Raises:
        ValueError: no address.
    """
    ip = ip_address(address)
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip_network((ip, 32 if ip.version == 4 else HOST6), strict=False)
