"""What ties alerts together: shared entities, each by what it is worth as a link.

An address links by itself, and so does an account on a host. A host does not: every scanner of the internet knocks at
the same web server. What happens inside a host, however (a program, a new service, a call home), belongs to whatever
grave thing reached that host at the same time. Root is on every host and the gateway in front of every user, so
common accounts, addresses given as shared, attacked addresses, and whatever is in alerts day after day link only
together with something else. An alert belongs to an incident when what they share is worth 1 or more.
"""

from datetime import timedelta
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, Final

from pydantic import Field, field_validator

from vedette.incidents.marks import RANK, marks
from vedette.model.alert import Alert
from vedette.model.settings import Duration, Settings

ENTITIES_PER_ALERT: Final = 64
ENTITY_LONGEST: Final = 256
CAME_IN: Final = 2
INSIDE: Final = 3

COMMON_USERS: Final = frozenset({
    "root", "admin", "administrator", "system", "nt authority\\system", "local service", "network service",
    "anonymous logon", "anonymous", "guest", "nobody", "unknown", "user", "test", "-", "",
})  # fmt: skip
# Addresses that any number of machines may share. Documentation networks are not among them, unlike in ipaddress.
_PRIVATE: Final = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "169.254.0.0/16")
)


class Grouping(Settings):
    gap: Duration = Field(timedelta(hours=1), gt=timedelta(0))
    """Alerts that share an entity belong together when no more than this lies between them."""
    longest: Duration = Field(timedelta(hours=24), gt=timedelta(0))
    """After this long a new incident begins, which names the one it continues."""
    shared_networks: tuple[str, ...] = ()
    """Addresses that many people stand behind (NAT gateways, proxies, VPN): they do not link by themselves."""
    fan_out: int = Field(16, ge=2)
    """A private address that is seen with more accounts and hosts than this is taken for a gateway."""
    habitual_days: int = Field(7, ge=2)
    """An entity that was in alerts on this many days within two weeks is common and does not link by itself."""
    open_incidents: int = Field(2_000, ge=1)
    """Incidents that can still take alerts; beyond this the quietest is let go and counted."""
    alerts_per_rule: int = Field(20, ge=1)
    """Alerts of one rule listed in an incident; further ones are counted."""

    @field_validator("shared_networks")
    @classmethod
    def _networks(cls, value: Any) -> Any:
        for text in value:
            ip_network(text, strict=False)
        return value


@lru_cache(4096)
def is_private(address: str) -> bool:
    """Whether the address is one of a private network, behind which anybody may stand."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in _PRIVATE if network.version == parsed.version)


@lru_cache(4096)
def _names_nobody(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return True
    return parsed.is_loopback or parsed.is_unspecified or parsed.is_multicast or str(parsed) == "255.255.255.255"


def is_shared(address: str, settings: Grouping) -> bool:
    """Whether the settings name the address as one that many people stand behind."""
    return bool(settings.shared_networks) and _is_among(address, settings.shared_networks)


def _is_among(address: str, shared: tuple[str, ...]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    networks = (ip_network(text, strict=False) for text in shared)
    return any(parsed in network for network in networks if network.version == parsed.version)


def entities(alert: Alert, settings: Grouping) -> dict[str, float]:
    """What can tie this alert to others, and what sharing it is worth: `ip:a`, `user:name@host`, `host:h` and types of the
    detector's own.

    Hosts and accounts are compared without regard to case; an account is one of its host where the host is known;
    addresses that name no one (loopback, unspecified, broadcast) are left out.
    """
    named = dict.fromkeys(alert.entities)
    if alert.source_ip:
        named["ip", alert.source_ip] = None
    if alert.destination_ip:
        named["ip", alert.destination_ip] = None
    if alert.host_name:
        named["host", alert.host_name] = None
    if alert.user_name:
        named["user", alert.user_name] = None
    host = (alert.host_name or "").lower()
    found: dict[str, float] = {}
    for kind, value in named:
        link = _link(kind, value, host if kind == "user" else "", settings.shared_networks)
        if link is not None and len(found) < ENTITIES_PER_ALERT:
            entity, worth = link
            found[entity] = worth
    victim = _victim(alert)
    if victim in found:
        found[victim] = 0.5
    return found


# The same hosts, accounts and addresses are in most alerts.
@lru_cache(8192)
def _link(kind: str, value: str, host: str, shared: tuple[str, ...]) -> tuple[str, float] | None:
    """An entity as it is compared, and what sharing it is worth; None when it names no one."""
    value = value[:ENTITY_LONGEST].lower()
    if not value or (kind == "ip" and _names_nobody(value)):
        return None
    if kind == "user" and host and not value.endswith("@" + host):
        value = f"{value}@{host}"
    if kind == "user" and value.partition("@")[0] in COMMON_USERS:
        return f"{kind}:{value}", 0.25
    busy = kind == "host" or (kind == "ip" and _is_among(value, shared))
    return f"{kind}:{value}", 0.5 if busy else 1.0


def _victim(alert: Alert) -> str | None:
    """The attacked address, which is no better a link than a host: everybody knocks at it."""
    if alert.source_ip is None or alert.destination_ip is None or marks(alert).inside:
        return None
    outbound = is_private(alert.source_ip) and not is_private(alert.destination_ip)
    return None if outbound else f"ip:{alert.destination_ip.lower()}"


def depth(alert: Alert) -> int:
    """How far the attack is at the alert's host: 0 at the door, 1 grave, CAME_IN somebody grave got in, INSIDE.

    From 1 on it may be the cause of what goes on inside the same host.
    """
    known = marks(alert)
    if alert.host_name is not None and (alert.source_ip is None or known.inside):
        return INSIDE
    if RANK[alert.level] < RANK["high"]:
        return 0
    return CAME_IN if known.entering or known.stage == "initial-access" else 1
