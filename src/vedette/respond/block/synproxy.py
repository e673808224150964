"""Floods of SYN from forged sources, answered by the kernel in the server's place (synproxy). Pure.

    chain proxied, which a SYN comes through before chain guard:
        to this host, to a port in ports4: notrack, accept
        to this host, beyond the rate of its guard: its port into ports4 for a minute; drop
    chain input (hook input)
        from lo, allowed: accept
        to a port in ports4, of no connection that is known: synproxy

Only a sender that gets the answer can acknowledge the number in it; then the kernel begins the connection with the server
and goes on to translate its numbers. Whoever forges its address has reached nothing, and whoever does not gets through
whatever the rate of the flood. Ports of which less than the guard's rate is wanted are not touched, and neither is what
passes through this host: what the server behind would answer is not known here.

It takes connection tracking, which has to know what goes on already before it can tell what does not belong to anything:
first it only looks on (`watch`), some seconds later the proxy begins (`begin`). From then on connections that are picked up
in their middle must not count as known, or the answer to the cookie would: net.netfilter.nf_conntrack_tcp_loose is 0, and a
counter of the name LOOSE in the table says that this is our doing, also to whoever comes after us.

Sources: nft(8), SYNPROXY STATEMENT; net/netfilter/nft_synproxy.c, nf_synproxy_core.c, nf_conntrack_proto_tcp.c.
"""

from collections.abc import Iterator
from typing import Final

from vedette.respond.block import expressions as ex
from vedette.respond.block import table
from vedette.respond.block.netlink import CREATE, Message, nest, text, u32

INPUT: Final = "input"
LOOSE: Final = "loose"
_HOOK_INPUT: Final = 1
_PRIORITY: Final = -10
"""Before the filters of others, which may drop what is of no connection."""
_PORTS: Final = 65_535
_KEPT: Final = 60_000
"""Milliseconds for which a port is looked after, before the flood has to show again that it goes on."""
_EVAL, _TIMEOUT, _SERVICE = 0x20, 0x10, 13
_SEGMENT: Final = {4: 1460, 6: 1440}
_UNKNOWN: Final = ex.INVALID | ex.UNTRACKED


def _ports(version: int) -> str:
    return f"ports{version}"


def _key(version: int) -> tuple[bytes, ...]:
    """Load address and port that a packet is for."""
    tcp = (ex.meta(ex.NFPROTO), ex.compare(table.NFPROTO[version]), ex.meta(ex.L4PROTO), ex.compare(table.TCP))
    port = ex.payload(ex.TRANSPORT, 2, 2, ex.REG32_01 if version == 4 else ex.REG + 1)
    return (*tcp, ex.payload(ex.NETWORK, *table.DESTINATION[version]), port)


def watch(scale: int) -> Iterator[Message]:
    """Connection tracking begins, and the proxy is ready. `scale`: the window scale that this host's own TCP offers."""
    for version, bits in table.BITS.items():
        key_type = table.KEY_TYPE[version] << 6 | _SERVICE
        yield table.new_set(
            _ports(version), _EVAL | _TIMEOUT, key_type, bits // 8 + 4, nest(9, u32(1, _PORTS)),
        )  # fmt: skip
    hook = nest(4, u32(1, _HOOK_INPUT), u32(2, _PRIORITY))
    names = text(1, table.TABLE) + text(3, INPUT)
    yield Message(table.NEWCHAIN, names + hook + u32(5, ex.ACCEPT) + text(7, "filter"), CREATE)
    for rule in table.first():
        yield table.rule(INPUT, *rule)
    for version in table.BITS:
        proxy = ex.synproxy(_SEGMENT[version], scale)
        yield table.rule(
            INPUT, *_key(version), ex.lookup(_ports(version)), ex.connection_state(), *ex.any_of(_UNKNOWN), proxy
        )


def begin() -> Iterator[Message]:
    """After `watch`: ports beyond the rate of a guard are proxied from now on."""
    for version in table.BITS:
        yield table.rule(
            table.PROXIED, *_key(version), ex.lookup(_ports(version)), ex.local(), ex.notrack(), ex.verdict(ex.ACCEPT)
        )
    for version, bits in table.BITS.items():
        guard = table.Place("guard", version, bits)
        yield table.rule(
            table.PROXIED, ex.local(), *table.load(guard), ex.lookup(guard.name), *_key(version), ex.update(_ports(version), _KEPT),
            ex.count("guard"), ex.verdict(ex.DROP),
        )  # fmt: skip


def end() -> Iterator[Message]:
    """After `watch` or `begin`: as if they had not been. Connections that came through the proxy end with it."""
    yield Message(table.DELRULE, text(1, table.TABLE) + text(2, table.PROXIED))
    yield Message(table.DELRULE, text(1, table.TABLE) + text(2, INPUT))
    yield Message(table.DELCHAIN, text(1, table.TABLE) + text(3, INPUT))
    for version in table.BITS:
        yield Message(table.DELSET, text(1, table.TABLE) + text(2, _ports(version)))


def loose() -> Message:
    """What says that the setting is our doing."""
    return table.counter(LOOSE)


def no_longer_loose() -> Message:
    """That goes."""
    return Message(table.DELOBJECT, text(1, table.TABLE) + text(2, LOOSE) + u32(3, 1))
