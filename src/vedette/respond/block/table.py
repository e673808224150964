"""What the table `inet vedette` looks like: its chains, sets and rules as messages. Pure.

    chain prerouting (hook prerouting, before connection tracking; policy accept)
        from lo, from the allow list, from link-local addresses, ICMPv6 neighbour discovery: accept
        jump drop
        TCP with SYN and without ACK: jump limit, jump guard
        any other TCP: accept
        all the rest: jump limit, jump guard
    chain drop, limit, guard: one rule for each place that is in use

A *place* is a hash set for one kind, one IP version and one length of prefix, and the rule that looks the packet's
address, cut to that length, up in it: `ip saddr & 255.255.255.0 @drop4_24 counter name "drop" drop`. Why no interval
sets, which nft uses for networks: there, networks must not overlap, but here 10.0.0.0/8 for an hour and 10.1.0.0/16 for
a day have to, each with its own time, count and rate; and adding to a hash set takes the same time however much is in
it. The price is a rule for each length in use, of which there are few: sources are /32 and /64, and what else is in
use comes and goes with its entries (a rule stays until the next restore). The allow list is an interval set: it has no
times, so it can be merged until nothing overlaps, and it may be of any length.

Elements of `drop` count packets. Those of `limit` and `guard` have a rate of their own, then count what was beyond.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from typing import Final, NamedTuple

from vedette.model.action import HOST6, KINDS, Entry, Kind, Network, Rates
from vedette.respond.block import expressions as ex
from vedette.respond.block.elements import interval
from vedette.respond.block.firewall import check_entry
from vedette.respond.block.netlink import APPEND, CREATE, Message, chunks, nest, text, u32, u64

TABLE: Final = "vedette"
SIZE: Final = 131_072
"""Elements that a set takes at most; the kernel reserves 2 MiB for a set of this size."""
PREROUTING: Final = "prerouting"
PRIORITY: Final = -310
NEWTABLE, GETTABLE, DELTABLE, NEWCHAIN, GETCHAIN, NEWRULE, GETRULE = 0, 1, 2, 3, 4, 6, 7
NEWSET, GETSET, NEWELEMENT, GETELEMENT, DELELEMENT, NEWOBJECT, GETOBJECT = 9, 10, 12, 13, 14, 18, 19
_HOOK_PREROUTING: Final = 0
_LOOPBACK: Final = (1).to_bytes(4, sys.byteorder)
"""Index of `lo`, the same in every network namespace."""
_NFPROTO: Final = {4: b"\x02", 6: b"\x0a"}
_TCP, _ICMP6 = b"\x06", b"\x3a"
_SYN, _SYN_ACK = b"\x02", b"\x12"
_INTERVAL, _TIMEOUT, _EXPRESSIONS = 0x4, 0x10, 0x100
BITS: Final = {4: 32, 6: 128}
"""Of the addresses of each IP version."""
_SOURCE: Final = {4: (12, 4), 6: (8, 16)}
_DESTINATION: Final = {4: (16, 4), 6: (24, 16)}
_KEY_TYPE: Final = {4: 7, 6: 8}
_PROTOCOL_TYPE: Final = 12


class Place(NamedTuple):
    """Where entries of one kind, IP version and length of prefix are."""

    kind: Kind
    version: int
    prefix: int

    @property
    def name(self) -> str:
        """Of the set: drop4_32, limit6_64, guard4."""
        return f"guard{self.version}" if self.kind == "guard" else f"{self.kind}{self.version}_{self.prefix}"

    @property
    def key_size(self) -> int:
        """Bytes of the key of an element: the address; for guard the protocol too, in four bytes."""
        return BITS[self.version] // 8 + (4 if self.kind == "guard" else 0)

    @property
    def mask(self) -> bytes:
        """Of the prefix."""
        bits = BITS[self.version]
        return ((1 << bits) - (1 << (bits - self.prefix))).to_bytes(bits // 8, "big")


_HOST: Final = {4: 32, 6: HOST6}
USUAL: Final = frozenset(
    Place(kind, version, (BITS if kind == "guard" else _HOST)[version]) for kind in KINDS for version in BITS
)
"""There from the beginning."""
PLACES: Final = {
    place.name: place
    for kind in KINDS
    for version, bits in BITS.items()
    for place in (Place(kind, version, prefix) for prefix in range(bits if kind == "guard" else 0, bits + 1))
}
"""Every place that can be, by the name of its set."""


def place(entry: Entry) -> Place:
    """Where an entry belongs.

    Raises:
        ActionError: see check_entry.
    """
    check_entry(entry)
    return Place(entry.kind, entry.network.version, entry.network.prefixlen)


def key(entry: Entry) -> bytes:
    """Of the entry's element."""
    address = entry.network.network_address.packed
    return address + bytes([entry.protocol or 0, 0, 0, 0]) if entry.kind == "guard" else address


def of_key(where: Place, data: bytes) -> tuple[Network, int | None]:
    """The network and protocol that an element stands for."""
    size = BITS[where.version] // 8
    network = (IPv4Network if where.version == 4 else IPv6Network)((data[:size], where.prefix), strict=False)
    return network, data[size] if where.kind == "guard" else None


# --- elements ---


def elements(kind: int, name: str, items: Iterable[bytes]) -> Iterator[Message]:
    """Messages (NEWELEMENT, DELELEMENT) with as many elements as fit each."""
    for chunk in chunks(items):
        yield Message(kind, text(1, TABLE) + text(2, name) + nest(3, chunk), CREATE if kind == NEWELEMENT else 0)


def allow_name(version: int) -> str:
    """Of the interval set of the allow list."""
    return f"allow{version}"


def allow_intervals(allow: Iterable[Network], version: int) -> list[tuple[bytes, bytes | None]]:
    """(first address, the one after the last; None at the end of the space) of all that is allowed, merged."""
    bits = BITS[version]
    spans = sorted((int(n.network_address), 1 << bits - n.prefixlen) for n in allow if n.version == version)
    merged = list[tuple[int, int]]()
    for first, addresses in spans:
        after = first + addresses
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(after, merged[-1][1])
        else:
            merged.append((first, after))
    size, end = bits // 8, 1 << bits
    return [(a.to_bytes(size, "big"), b.to_bytes(size, "big") if b < end else None) for a, b in merged]


def allow_elements(allow: Sequence[Network]) -> Iterator[Message]:
    """Fill both allow sets."""
    for version in BITS:
        made = [interval(*each) for each in allow_intervals(allow, version)]
        yield from elements(NEWELEMENT, allow_name(version), made)


def allow_replaced(allow: Sequence[Network]) -> Iterator[Message]:
    """Both sets emptied and filled."""
    for version in BITS:
        yield Message(DELELEMENT, text(1, TABLE) + text(2, allow_name(version)))
    yield from allow_elements(allow)


def allow_changed(before: Sequence[Network], allow: Sequence[Network]) -> Iterator[Message]:
    """What differs taken out and put in: one more among a hundred thousand takes no second."""
    for version in BITS:
        old, new = set(allow_intervals(before, version)), set(allow_intervals(allow, version))
        yield from elements(DELELEMENT, allow_name(version), (interval(*each) for each in sorted(old - new, key=_first)))
        yield from elements(NEWELEMENT, allow_name(version), (interval(*each) for each in sorted(new - old, key=_first)))


def _first(span: tuple[bytes, bytes | None]) -> bytes:
    return span[0]


# --- sets and rules ---


def _set(name: str, flags: int, key_type: int, key_size: int, *parts: bytes) -> Message:
    names = text(1, TABLE) + text(2, name)
    numbers = u32(3, flags) + u32(4, key_type) + u32(5, key_size) + u32(10, 1)
    return Message(NEWSET, names + numbers + b"".join(parts), CREATE)


def _rule(chain: str, *expressions: bytes) -> Message:
    return Message(NEWRULE, text(1, TABLE) + text(2, chain) + nest(4, *expressions), CREATE | APPEND)


def open_place(where: Place, rates: Rates, *, dry: bool, size: int = SIZE) -> list[Message]:
    """The set and the rule of a place; in a dry run the rule counts only."""
    key_type, flags = _KEY_TYPE[where.version], _TIMEOUT
    offset, length = (_DESTINATION if where.kind == "guard" else _SOURCE)[where.version]
    load = [ex.meta(ex.NFPROTO), ex.compare(_NFPROTO[where.version]), ex.payload(ex.NETWORK, offset, length)]
    if where.kind == "guard":
        key_type = key_type << 6 | _PROTOCOL_TYPE
        load.append(ex.meta(ex.L4PROTO, ex.REG32_01 if where.version == 4 else ex.REG + 1))
    elif where.prefix < BITS[where.version]:
        load.append(ex.masked(where.mask))
    if where.kind == "drop":
        expressions = nest(17, *ex.counter())
    else:
        flags |= _EXPRESSIONS
        rate = (rates.limit, rates.limit_burst) if where.kind == "limit" else (rates.guard, rates.guard_burst)
        expressions = nest(18, nest(1, *ex.over(*rate)), nest(1, *ex.counter()))
    end = [] if dry else [ex.verdict(ex.DROP)]
    return [
        _set(where.name, flags, key_type, where.key_size, nest(9, u32(1, size)), expressions),
        _rule(where.kind, *load, ex.lookup(where.name), ex.count(where.kind), *end),
    ]


def remove_table() -> Message:
    """With all that is in it."""
    return Message(DELTABLE, text(1, TABLE))


def new_table(
    allow: Sequence[Network], places: Iterable[Place], rates: Rates, *, dry: bool, size: int = SIZE
) -> list[Message]:
    """The table made anew, whatever is there, with the allow list and without entries."""
    table = Message(NEWTABLE, text(1, TABLE), CREATE)
    made = [table, remove_table(), table]  # removing what is not there is an error, so first it is made
    for kind in KINDS:
        made.append(
            Message(NEWOBJECT, text(1, TABLE) + text(2, kind) + u32(3, 1) + nest(4, u64(1, 0), u64(2, 0)), CREATE)
        )
        made.append(Message(NEWCHAIN, text(1, TABLE) + text(3, kind), CREATE))
    made += (_set(allow_name(version), _INTERVAL, _KEY_TYPE[version], BITS[version] // 8) for version in BITS)
    made += allow_elements(allow)
    hook = nest(4, u32(1, _HOOK_PREROUTING), u32(2, PRIORITY))
    made.append(
        Message(NEWCHAIN, text(1, TABLE) + text(3, PREROUTING) + hook + u32(5, ex.ACCEPT) + text(7, "filter"), CREATE)
    )
    made += [_rule(PREROUTING, *rule) for rule in _prerouting()]
    for where in sorted(places):
        made += open_place(where, rates, dry=dry, size=size)
    return made


@cache
def _prerouting() -> tuple[tuple[bytes, ...], ...]:
    accept = ex.verdict(ex.ACCEPT)
    tcp = (ex.meta(ex.L4PROTO), ex.compare(_TCP))
    ipv6 = (ex.meta(ex.NFPROTO), ex.compare(_NFPROTO[6]))
    source6 = ex.payload(ex.NETWORK, *_SOURCE[6])
    limited = tuple(ex.verdict(ex.JUMP, chain) for chain in ("limit", "guard"))
    begins = (*tcp, ex.payload(ex.TRANSPORT, 13, 1), ex.masked(_SYN_ACK), ex.compare(_SYN))
    link_local = IPv6Network("fe80::/10")
    # Solicitations and advertisements of routers and neighbours. Only the link itself can send hop limit 255.
    neighbour = (ex.payload(ex.NETWORK, 7, 1), ex.compare(b"\xff"), ex.meta(ex.L4PROTO), ex.compare(_ICMP6))
    return (
        (ex.meta(ex.IIF), ex.compare(_LOOPBACK), accept),
        *(
            (
                ex.meta(ex.NFPROTO),
                ex.compare(_NFPROTO[version]),
                ex.payload(ex.NETWORK, *_SOURCE[version]),
                ex.lookup(allow_name(version)),
                accept,
            )
            for version in BITS
        ),
        (*ipv6, source6, ex.masked(link_local.netmask.packed), ex.compare(link_local.network_address.packed), accept),
        *(
            (*ipv6, *neighbour, ex.payload(ex.TRANSPORT, 0, 1), ex.compare(bytes([icmp])), accept)
            for icmp in range(133, 137)
        ),
        (ex.verdict(ex.JUMP, "drop"),),
        *((*begins, jump) for jump in limited),
        (*tcp, accept),
        *((jump,) for jump in limited),
    )
