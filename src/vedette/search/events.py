"""A search to a polars expression over events: Store.events takes it as EventQuery.where."""

from functools import reduce
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from operator import and_, or_

import polars as pl

from vedette.detect.sigma.patterns import rust
from vedette.model.fields import dtype
from vedette.model.query import All, Any, Node, Not, Test


def expression(node: Node) -> pl.Expr | None:
    """True for the rows that the search means, False for the others, never null; None when it means all.

    A field that a frame lacks is a fault of polars: Store.events adds it."""
    return None if isinstance(node, All) and not node.parts else _of(node)


def _of(node: Node) -> pl.Expr:
    match node:
        case All(parts):
            return reduce(and_, map(_of, parts)) if parts else pl.lit(True)
        case Any(parts):
            return reduce(or_, map(_of, parts)) if parts else pl.lit(False)
        case Not(part):
            return ~_of(part)
        case Test():
            return _test(node).fill_null(False)


def _test(test: Test) -> pl.Expr:
    column, kind = pl.col(test.field), dtype(test.field)
    if test.op == "exists":
        return column.is_not_null()
    if test.op == "matches":
        return column.str.contains(rust(str(test.value)))
    if test.op == "within":
        return _within(column, ip_network(str(test.value)))
    if kind == pl.String() and isinstance(test.value, int | float):
        column = column.cast(pl.Float64(), strict=False)
        value = pl.lit(test.value, pl.Float64())
    else:
        value = pl.lit(test.value, kind)
    match test.op:
        case "<":
            return column < value
        case "<=":
            return column <= value
        case ">":
            return column > value
        case ">=":
            return column >= value
    return column == value


def _within(column: pl.Expr, network: IPv4Network | IPv6Network) -> pl.Expr:
    """Addresses are text: those of IPv4 are compared by a pattern, those of IPv6 have too many spellings for one."""
    if network.version == 4:
        return column.str.contains(pattern(network))

    def inside(values: pl.Series) -> pl.Series:
        distinct = values.unique().drop_nulls()
        return values.is_in(
            distinct.filter(pl.Series([_in(text, network) for text in distinct], dtype=pl.Boolean())).implode()
        )

    return column.map_batches(inside, return_dtype=pl.Boolean(), is_elementwise=True)


def _in(text: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(text) in network
    except ValueError:
        return False


def pattern(network: IPv4Network) -> str:
    """Regex of the addresses in a network."""
    whole, rest = divmod(network.prefixlen, 8)
    octets = list(network.network_address.packed)
    parts = [str(octet) for octet in octets[:whole]]
    if rest:
        parts.append(f"(?:{'|'.join(str(octets[whole] + n) for n in range(1 << (8 - rest)))})")
    parts += ["[0-9]{1,3}"] * (4 - len(parts))
    return rf"\A{'[.]'.join(parts)}\z"
