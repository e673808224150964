"""The expressions that rules of nf_tables are made of; registers as nft numbers them.

Source: linux/netfilter/nf_tables.h; `nft --debug=netlink` shows the same in its own words.
"""

import sys
from typing import Final

from vedette.respond.block.netlink import attribute, nest, text, u32, u64

NETWORK, TRANSPORT = 1, 2
"""Bases of `payload`."""
EQ, NEQ = 0, 1
IIF, NFPROTO, L4PROTO = 4, 15, 16
"""Keys of `meta`."""
INVALID, UNTRACKED = 1, 64
"""States of connections."""
DROP, ACCEPT, JUMP = 0, 1, -3
REG: Final = 1
"""Sixteen bytes; REG + 1 are the next sixteen."""
REG32_01: Final = 9
"""Bytes 4 to 7 of REG."""
_OVER: Final = 1
_COUNTER_OBJECT: Final = 1
_CONNECTION_STATE: Final = 0
_ADDRESS_TYPE, _OF_DESTINATION, _LOCAL = 3, 2, 2
_UPDATE: Final = 1
_OFFERS: Final = 0x1 | 0x2 | 0x4 | 0x8
"""Segment size, window scale, selective acknowledgement, timestamp."""


def _expression(name: str, *attributes: bytes) -> bytes:
    return nest(1, text(1, name), nest(2, *attributes))


def _value(kind: int, data: bytes) -> bytes:
    return nest(kind, attribute(1, data))


def meta(key: int, register: int = REG) -> bytes:
    """Load something about the packet."""
    return _expression("meta", u32(1, register), u32(2, key))


def payload(base: int, offset: int, length: int, register: int = REG) -> bytes:
    """Load bytes of the packet; where they are not there (a later fragment has no ports) the rule does not match."""
    return _expression("payload", u32(1, register), u32(2, base), u32(3, offset), u32(4, length))


def masked(mask: bytes) -> bytes:
    """REG &= mask."""
    zero = bytes(len(mask))
    return _expression("bitwise", u32(1, REG), u32(2, REG), u32(3, len(mask)), _value(4, mask), _value(5, zero))


def compare(data: bytes, how: int = EQ) -> bytes:
    """Go on with the rule only where REG is (or is not) `data`."""
    return _expression("cmp", u32(1, REG), u32(2, how), _value(3, data))


def lookup(name: str) -> bytes:
    """Go on only where REG is in the set; what the element has of expressions is worked off then."""
    return _expression("lookup", text(1, name), u32(2, REG))


def verdict(code: int, chain: str = "") -> bytes:
    """What becomes of the packet."""
    parts = [u32(1, code), *([text(2, chain)] if chain else [])]
    return _expression("immediate", u32(1, 0), nest(2, nest(2, *parts)))


def count(name: str) -> bytes:
    """Count in the table's counter of that name."""
    return _expression("objref", u32(1, _COUNTER_OBJECT), text(2, name))


def local() -> bytes:
    """Go on only with what is for an address of this host."""
    load = _expression("fib", u32(1, REG), u32(2, _ADDRESS_TYPE), u32(3, _OF_DESTINATION))
    return load + compare(_LOCAL.to_bytes(4, sys.byteorder))


def connection_state() -> bytes:
    """Load which state the connection of the packet has, as a bit."""
    return _expression("ct", u32(1, REG), u32(2, _CONNECTION_STATE))


def any_of(bits: int) -> tuple[bytes, bytes]:
    """Go on only where REG has one of these bits, in the order of the machine."""
    return masked(bits.to_bytes(4, sys.byteorder)), compare(bytes(4), NEQ)


def notrack() -> bytes:
    """Connection tracking does not look at the packet."""
    return _expression("notrack")


def update(name: str, milliseconds: int) -> bytes:
    """REG into a set, for so long from now on; where the set is full the rule ends here."""
    return _expression("dynset", text(1, name), u32(3, _UPDATE), u32(4, REG), u64(6, milliseconds))


def synproxy(segment: int, scale: int) -> bytes:
    """Answer a SYN in the server's place; with the answer to that, begin the connection with the server."""
    offers = attribute(1, segment.to_bytes(2, "big")) + attribute(2, bytes([scale])) + u32(3, _OFFERS)
    return _expression("synproxy", offers)


def counter() -> tuple[bytes, ...]:
    """Of an element of a set: what goes into NFTA_SET_EXPR or a list of expressions."""
    return text(1, "counter"), nest(2, u64(1, 0), u64(2, 0))


def over(rate: int, burst: int) -> tuple[bytes, ...]:
    """Of an element of a set: goes on only for packets beyond `rate` a second, with `burst` at once."""
    return text(1, "limit"), nest(2, u64(1, rate), u64(2, 1), u32(3, burst), u32(4, 0), u32(5, _OVER))
