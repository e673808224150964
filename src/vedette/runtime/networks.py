"""Networks as people write them, brought to the one spelling in which they are kept and compared."""

from ipaddress import ip_network
from typing import Final

from vedette.model.action import HOST6, ActionError, Network, plain

WIDEST: Final = {4: 16, 6: 32}
"""Shortest prefix that a person may block: wider, a slip of the finger cuts off a country."""
_SHOWN: Final = 80


def network_of(text: str) -> Network:
    """An address or network; bits behind the prefix are cleared, IPv4 inside IPv6 is IPv4.

    Raises:
        ActionError: it is neither.
    """
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        fix = "write an address or a network: 203.0.113.7, 203.0.113.0/24, 2001:db8::/64"
        raise ActionError(f"{text[:_SHOWN]!r} is no address and no network", fix=fix) from None
    return plain(network)


def source_of(network: Network) -> Network:
    """What stands for an attacker in it: in IPv6 at least a /64, since one host has that many addresses to choose from."""
    return network.supernet(new_prefix=HOST6) if network.version == 6 and network.prefixlen > HOST6 else network


def not_too_wide(network: Network) -> Network:
    """The same.

    Raises:
        ActionError: more than a person may block at once.
    """
    widest = WIDEST[network.version]
    if network.prefixlen < widest:
        what = f"{network} is too wide: it holds {network.num_addresses:,} addresses"
        raise ActionError(what, fix=f"block networks of /{widest} or smaller, one by one")
    return network


def bare(network: str) -> str:
    """As people call it: the address alone where it is one."""
    address, _, prefix = network.partition("/")
    return address if prefix == ("128" if ":" in address else "32") else network
