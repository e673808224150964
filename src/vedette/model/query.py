"""A search as data: what the query language (vedette.search, docs/reference/query.md) is read into, and what the store
and polars are asked with. Every value was checked against the type of its field before it stands here."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, Literal, NamedTuple

import msgspec
import polars as pl

from vedette.model.errors import VedetteError

Op = Literal["is", "matches", "within", "exists", "<", "<=", ">", ">="]
Value = str | int | float | datetime


class QueryError(VedetteError):
    """A query that cannot be understood. `column`: of the mistake, from 1."""

    code = "query"

    def __init__(self, what: str, column: int, fix: str = "") -> None:
        super().__init__(what, where=f"column {column}", fix=fix)
        self.column = column


class Test(msgspec.Struct, frozen=True):
    """One field compared with one value; false where the field is absent.

    Attributes:
        op: is: equal, case counts. matches: a regex for the linear engines finds something in it. within: an address in
            a network, in CIDR notation. exists: there is a value. The others: numbers, times, and levels by their rank.
    """

    __test__ = False  # not one of pytest's

    field: str
    op: Op
    value: Value = ""


class Not(msgspec.Struct, frozen=True):
    """What the part is not true of."""

    part: "Node"


class All(msgspec.Struct, frozen=True):
    """Every part is true; without parts everything is."""

    parts: tuple["Node", ...]


class Any(msgspec.Struct, frozen=True):
    """One part is true at least."""

    parts: tuple["Node", ...]


Node = Test | Not | All | Any
EVERYTHING: Final = All(())


class Schema(NamedTuple):
    """What can be asked about.

    Attributes:
        fields: type by name. pl.Enum: a few words in ascending order. pl.List: several texts, of which one must do.
        text: fields that words without a field are looked for in.
        open: whether names beyond these are fields native to a source, of type text.
    """

    fields: Mapping[str, pl.DataType]
    text: tuple[str, ...]
    open: bool = False


def tests(node: Node) -> Iterator[Test]:
    """Every test in it."""
    if isinstance(node, Test):
        yield node
    elif isinstance(node, Not):
        yield from tests(node.part)
    else:
        for part in node.parts:
            yield from tests(part)


def bounds(node: Node, field: str) -> tuple[datetime | None, datetime | None]:
    """The half-open range outside of which nothing is found, as far as tests of `field` that must all hold tell it."""
    since: datetime | None = None
    until: datetime | None = None
    for part in node.parts if isinstance(node, All) else (node,):
        low, high = None, None
        if isinstance(part, All):
            low, high = bounds(part, field)
        elif isinstance(part, Test) and part.field == field and isinstance(part.value, datetime):
            low = part.value if part.op in (">", ">=") else None
            high = part.value if part.op == "<" else None
        since = max(filter(None, (since, low)), default=None)
        until = min(filter(None, (until, high)), default=None)
    return since, until
