"""What lists say, in a form in which it is found at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, Literal, NamedTuple
from urllib.parse import quote

from vedette.model.alert import Level
from vedette.model.indicator import Indicator

REMEMBERED: Final = 1 << 16
"""Addresses whose networks are remembered."""

_PORTS: Final = {"http": ":80", "https": ":443", "ftp": ":21"}
_PLAIN: Final = "".join(map(chr, range(0x21, 0x7F)))


How = Literal["to", "from", "login"]
"""to: something of ours turns to it, or has it. from: it comes to us. login: it comes, and is let in."""


class Listed(NamedTuple):
    """A list under its name. `level`: of alerts about traffic to what stands in it, files and names, and about who is let in."""

    name: str
    level: Level
    indicators: Sequence[Indicator]


class Hit(NamedTuple):
    """What was found on which list."""

    by: Listed
    indicator: Indicator


class Known:
    """All lists; where several have the same, the first of them counts.

    Args:
        ignore: networks and domains that are never bad, whatever lists say; of a domain all below it, too.
    """

    def __init__(self, lists: Iterable[Listed], ignore: Iterable[str] = ()) -> None:
        self.networks: list[IPv4Network | IPv6Network] = []
        """Those of more than one address; `hosts` has the others."""
        self._by: dict[str, dict[str, Hit]] = {"network": {}, "domain": {}, "url": {}, "hash": {}, "email": {}}
        self._prefixes: dict[tuple[int, int], dict[int, Hit]] = {}
        self._remembered: dict[str, Hit | None] = {}
        self._ignored_networks, self._ignored_names = _ignored(ignore)
        for listed in lists:
            for indicator in listed.indicators:
                self._add(listed, indicator)

    def __bool__(self) -> bool:
        return any(self._by.values()) or bool(self._prefixes)

    def _add(self, listed: Listed, indicator: Indicator) -> None:
        hit = Hit(listed, indicator)
        if indicator.kind != "network":
            if not (indicator.kind == "domain" and self._ignores(indicator.value)):
                self._by[indicator.kind].setdefault(indicator.value, hit)
            return
        address, _, length = indicator.value.partition("/")
        alone = length == ("128" if ":" in address else "32")
        if alone and not self._ignored_networks:
            self.hosts.setdefault(address, hit)
            return
        network = ip_network(indicator.value)
        if any(each.version == network.version and each.overlaps(network) for each in self._ignored_networks):
            return
        if alone:
            self.hosts.setdefault(address, hit)
        else:
            self.networks.append(network)
            prefixes = self._prefixes.setdefault((network.version, network.max_prefixlen - network.prefixlen), {})
            prefixes.setdefault(int(network.network_address) >> network.max_prefixlen - network.prefixlen, hit)

    @property
    def hosts(self) -> dict[str, Hit]:
        """By the text of an address."""
        return self._by["network"]

    def _ignores(self, name: str) -> bool:
        return bool(self._ignored_names) and any(each in self._ignored_names for each in _upward(name))

    def address(self, text: str) -> Hit | None:
        """Of an address in its canonical text: itself, else the smallest network that it lies in."""
        hit = self.hosts.get(text)
        if hit is not None or not self._prefixes:
            return hit
        if text not in self._remembered:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            self._remembered[text] = self._within(text)
        return self._remembered[text]

    def _within(self, text: str) -> Hit | None:
        try:
            address = ip_address(text)
        except ValueError:
            return None
        for (version, shift), prefixes in sorted(self._prefixes.items(), key=lambda item: item[0][1]):
            if version == address.version and (hit := prefixes.get(int(address) >> shift)) is not None:
                return hit
        return None

    def name(self, text: str) -> Hit | None:
        """Of a name, and of what it lies below; a name may also be an address."""
        domains = self._by["domain"]
        for name in _upward(text.lower().rstrip(".")) if domains else ():
            if (hit := domains.get(name)) is not None and not self._ignores(text.lower().rstrip(".")):
                return hit
        return self.address(text.strip("[]"))

    def url(self, text: str) -> Hit | None:
        """Of an address of a page: itself, else the host in it."""
        address = address_of(text)
        return self._by["url"].get(address) or self.name(host_of(address))

    def hash(self, text: str) -> Hit | None:
        """Of a file's digest."""
        return self._by["hash"].get(text.lower())

    def email(self, text: str) -> Hit | None:
        """Of a mail address, and of its domain."""
        text = text.lower()
        return self._by["email"].get(text) or self.name(text.rpartition("@")[2])

    def any(self, meant: Indicator) -> Hit | None:
        """Of something that is spelled like an indicator."""
        kind, value = meant.kind, meant.value
        if kind == "network":
            network = ip_network(value)
            return self.address(str(network.network_address)) if network.prefixlen == network.max_prefixlen else self._covers(network)
        find = {"domain": self.name, "url": self.url, "hash": self.hash, "email": self.email}
        return find[kind](value)

    def _covers(self, network: IPv4Network | IPv6Network) -> Hit | None:
        hit = self._within(str(network.network_address))
        return hit if hit is not None and ip_network(hit.indicator.value).prefixlen <= network.prefixlen else None

    def has(self, *kinds: str) -> bool:
        """Whether there is any of these kinds."""
        return any(self._by[kind] for kind in kinds) or ("network" in kinds and bool(self._prefixes))


def address_of(url: str) -> str:
    """As Indicator.value has it: without scheme, user, fragment and the scheme's own port, the host in lower case."""
    scheme, mark, rest = url.partition("://")
    rest = (rest if mark else url).partition("#")[0]
    end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    host, path = rest[:end].rpartition("@")[2].lower(), rest[end:]
    if mark and (port := _PORTS.get(scheme.lower())):
        host = host.removesuffix(port)
    path = path if path.startswith("/") else f"/{path}"
    return host + (path if path.isascii() and " " not in path else quote(path, safe=_PLAIN, errors="replace"))


def host_of(address: str) -> str:
    """The host, without its port."""
    host = address.partition("/")[0].partition("?")[0]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def current(hit: Hit | None, at: datetime | None) -> bool:
    """Whether it was found, and still holds at that time."""
    return hit is not None and (hit.indicator.until is None or at is None or at < hit.indicator.until)


def rule_id(name: str, how: How) -> str:
    """Of alerts by a list."""
    return f"intel/{name}" if how == "to" else f"intel/{name}/{how}"


def _upward(name: str) -> Iterable[str]:
    while name:
        yield name
        name = name.partition(".")[2]


def _ignored(ignore: Iterable[str]) -> tuple[list[IPv4Network | IPv6Network], frozenset[str]]:
    networks, names = [], set()
    for text in ignore:
        try:
            networks.append(ip_network(text, strict=False))
        except ValueError:
            names.add(text.lower().strip("."))
    return networks, frozenset(names)


NOTHING: Final = Known(())
