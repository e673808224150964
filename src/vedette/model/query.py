"""A search as data: what the query language (vedette.search, docs/reference/query.md) is read into, and what the store
and polars are asked with. Every value was checked against the type of its field before it stands here."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

import msgspec
import polars as pl

from vedette.model.errors import VedetteError

Op = Literal["is", "matches", "within", "exists", "<", "<=", ">", ">="]
Value = str | int | float | datetime
Measure = Literal["count", "distinct", "sum"]


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


class Summary(msgspec.Struct, frozen=True, tag_field="told", tag="summary"):
    """What is told of the records that were found, in place of them.

    Attributes:
        measure: count: how many. distinct: how many different values of `field`. sum: of `field`.
        by: for each combination of values of these; records that lack one of them are only counted.
        every: for each span of this length: minutes, hours, days from midnight, or weeks from Monday.
        first: only so many, the largest; `least`: the smallest.
        having: only those whose measure compares so.
        compare: also the same in this time, since and until, whatever times the search names.
    """

    measure: Measure = "count"
    field: str = ""
    by: tuple[str, ...] = ()
    every: timedelta | None = None
    first: int | None = None
    least: bool = False
    having: tuple[Op, int] | None = None
    compare: tuple[datetime, datetime] | None = None


class Rows(msgspec.Struct, frozen=True, tag_field="told", tag="rows"):
    """Only so many records, the newest or the oldest."""

    limit: int
    newest: bool = True


class Search(msgspec.Struct, frozen=True):
    """A whole search: which records, and what of them."""

    where: Node = EVERYTHING
    then: Summary | Rows | None = None


class Schema(NamedTuple):
    """What can be asked about.

    Attributes:
        fields: type by name. pl.Enum: a few words in ascending order. pl.List: several texts, of which one must do.
        text: fields that words without a field are looked for in.
        open: whether names beyond these are fields native to a source, of type text.
        time: fields that a range of time is asked by: begin and end of what a record is about, often the same.
    """

    fields: Mapping[str, pl.DataType]
    text: tuple[str, ...]
    open: bool = False
    time: tuple[str, str] = ("@timestamp", "@timestamp")


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


def demands(node: Node) -> tuple[tuple[Test, ...], ...]:
    """Groups of tests: what is found passes one of each group. As far as the search tells it by tests that nothing negates."""
    match node:
        case Test():
            return ((node,),)
        case All(parts):
            return tuple(group for part in parts for group in demands(part))
        case Any(parts) if parts and all(isinstance(part, Test) for part in parts):
            return (tuple(part for part in parts if isinstance(part, Test)),)
    return ()


def moved(node: Node, time: tuple[str, str], since: datetime, until: datetime) -> Node:
    """The same search in another time: in place of what it says of `time` (Schema.time), between these two."""
    parts = node.parts if isinstance(node, All) else (node,)
    kept = tuple(part for part in parts if not all(test.field in time for test in tests(part)) or not any(tests(part)))
    begin, end = time
    return All((*kept, Test(end, ">=", since), Test(begin, "<", until)))
