"""The networks that are never acted against: whether one overlaps any of them is asked for every packet's alert, and there may
be a hundred thousand.
"""

from bisect import bisect_left
from collections.abc import Iterable
from ipaddress import ip_network
from typing import Final

from vedette.model.action import Network

_BITS: Final = {4: 32, 6: 128}


class Allowlist:
    """Looked up by overlap: one step for each length of prefix in use, and one search, however many there are.

    Args:
        networks: and why each is allowed; of the same network the first counts.
    """

    def __init__(self, networks: Iterable[tuple[Network, str]] = ()) -> None:
        self._why: dict[tuple[int, int], dict[int, str]] = {}
        """By IP version and length of prefix: the prefix as a number -> why."""
        for network, why in networks:
            first, prefix = int(network.network_address), network.prefixlen
            shift = _BITS[network.version] - prefix
            self._why.setdefault((network.version, prefix), {}).setdefault(first >> shift, why)
        self._prefixes = {version: sorted(p for v, p in self._why if v == version) for version in _BITS}
        self._firsts = {
            version: sorted(each << bits - prefix for prefix in self._prefixes[version] for each in self._why[version, prefix])
            for version, bits in _BITS.items()
        }

    @classmethod
    def of(cls, networks: Iterable[tuple[str, str]]) -> "Allowlist":
        """From texts.

        Raises:
            ValueError: one is no network.
        """
        return cls((ip_network(network), why) for network, why in networks)

    def why(self, network: Network) -> str:
        """Why nothing may be done against this network: for the widest of those that overlap it; "": none does."""
        version, bits = network.version, _BITS[network.version]
        first = int(network.network_address)
        last = first | (1 << bits - network.prefixlen) - 1
        firsts = self._firsts[version]
        at = bisect_left(firsts, first)
        inside = firsts[at] if at < len(firsts) and firsts[at] <= last else None
        for prefix in self._prefixes[version]:
            shift = bits - prefix
            within = self._why[version, prefix]
            if prefix <= network.prefixlen and (found := within.get(first >> shift)) is not None:
                return found
            if inside is not None and prefix > network.prefixlen and (found := within.get(inside >> shift)) is not None:
                return found
        return ""
