"""A search (model.query) to a condition on columns of the state database.

Patterns are found by RE2, as everywhere else; the database's own would backtrack, or read case differently.
"""

import operator
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any as Whatever
from typing import Final, NamedTuple

import re2
import sqlalchemy as sa

from vedette.model.query import All, Any, Node, Not, QueryError, Test
from vedette.store.tables import micros

BETWEEN: Final = "\x1f"
"""Between techniques; queries count on it (vedette.search.values)."""
_MATCHES: Final = "vedette_matches"
_WITHIN: Final = "vedette_within"
_PLAIN: Final = re.compile(
    r"\(\?is\)(\\A)?((?:[^\\.+*?()|\[\]{}^$\x00\x80-\U0010ffff]|\\[^A-Za-z0-9\x80-\U0010ffff])+)(\\z)?"
)
"""A pattern that is text without wildcards, of ASCII."""


_COMPARE: Final[Mapping[str, Callable[[Whatever, Whatever], Whatever]]] = {
    "is": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class Kept(NamedTuple):
    """Where a field stands. `ranks`: words that are kept as their place in this order. `listed`: several values, with
    BETWEEN between them."""

    column: sa.Column[Whatever]
    ranks: Sequence[str] = ()
    listed: bool = False


def condition(node: Node, columns: Mapping[str, Kept]) -> sa.ColumnElement[bool]:
    """What is true of the rows that the search means.

    Raises:
        QueryError: it names a field that stands in no column.
    """
    match node:
        case All(parts):
            return sa.and_(sa.true(), *(condition(part, columns) for part in parts))
        case Any(parts):
            return sa.or_(sa.false(), *(condition(part, columns) for part in parts))
        case Not(part):
            # Absent compares as false; where nothing is negated, the null of SQL does for that.
            return sa.not_(sa.func.coalesce(condition(part, columns), sa.false()))
        case Test():
            return _test(node, columns)


def _test(test: Test, columns: Mapping[str, Kept]) -> sa.ColumnElement[bool]:
    if test.field not in columns:
        raise QueryError(f"{test.field} cannot be searched here", 1, f"one of: {', '.join(columns)}")
    column, ranks, _ = columns[test.field]
    if test.op == "exists":
        return column.is_not(None)
    if test.op == "within":
        begin = _begin(str(test.value))
        begins = [column.like(begin + "%")] if begin else []  # ten times as fast as to ask us
        return sa.and_(*begins, _called(_WITHIN, test, column))
    if test.op == "matches":
        return _matching(test, column)
    return compared(test, ranks, column)  # type: ignore[no-any-return]


def compared(test: Test, ranks: Sequence[str], column: Whatever) -> Whatever:
    """A column, or an array of what stands in it, compared with the value of a test."""
    value: Whatever = ranks.index(str(test.value)) if ranks else test.value
    return _COMPARE[test.op](column, micros(value) if isinstance(value, datetime) else value)


def holds(test: Test, value: str | None) -> bool:
    """What `condition` says of one text; None: there is none."""
    if value is None or test.op == "exists":
        return value is not None
    if test.op == "within":
        return value.startswith(_begin(str(test.value))) and bool(_within(str(test.value), value))
    if test.op == "matches":
        return bool(_matches(str(test.value), value))
    return bool(_COMPARE[test.op](value, str(test.value)))


def _called(name: str, test: Test, column: sa.Column[Whatever]) -> sa.ColumnElement[bool]:
    return getattr(sa.func, name)(test.value, column) == 1  # type: ignore[no-any-return]


def _matching(test: Test, column: sa.Column[Whatever]) -> sa.ColumnElement[bool]:
    """By the database itself, ten times as fast, where that is the same: ASCII in text of ASCII, in any case."""
    called = _called(_MATCHES, test, column)
    plain = _PLAIN.fullmatch(str(test.value))
    if plain is None:
        return called
    begin, text, end = plain.groups()
    text = re.sub(r"\\(.)", r"\1", text)
    like = ("" if begin else "%") + re.sub(r"([%_!])", r"!\1", text) + ("" if end else "%")
    ascii_only = sa.func.length(column) == sa.func.length(sa.cast(column, sa.LargeBinary))
    return sa.case((ascii_only, column.like(like, escape="!")), else_=called)


def functions(connection: sqlite3.Connection) -> None:
    """Give a connection what conditions call."""
    connection.create_function(_MATCHES, 2, _matches, deterministic=True)
    connection.create_function(_WITHIN, 2, _within, deterministic=True)


def _matches(pattern: str, value: object) -> int:
    return value is not None and _compiled(pattern).search(str(value)) is not None


@lru_cache(maxsize=65_536)  # of a hundred thousand alerts most are of addresses that were asked about before
def _within(network: str, value: object) -> int:
    try:
        return value is not None and ip_address(str(value)) in _network(network)
    except ValueError:
        return 0


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Whatever:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


@lru_cache(maxsize=256)
def _begin(network: str) -> str:
    """How every address in a network begins; "" where that says nothing."""
    whole = _network(network)
    octets = str(whole.network_address).split(".")[: whole.prefixlen // 8] if whole.version == 4 else []
    return ".".join(octets) + "." if 0 < len(octets) < 4 else ""


@lru_cache(maxsize=256)
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)
