"""What may come next in a query that somebody is typing."""

from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

import polars as pl

from vedette.model.query import QueryError, Schema
from vedette.search.tokens import Token, tokens
from vedette.search.values import network

SHOWN: Final = 20
_JOINS: Final = ("and", "or", "not")
_OPERATORS: Final = (":", "<", "<=", ">", ">=")

Values = Callable[[str, str], Sequence[str]]
"""Values of a field that begin so, the most frequent first."""


class Choice(NamedTuple):
    """Text to put in. `kind`: field, value or keyword."""

    text: str
    kind: str


class Completion(NamedTuple):
    """What to put in place of the characters from `start` to `end`."""

    start: int
    end: int
    choices: tuple[Choice, ...]


def complete(text: str, cursor: int, schema: Schema, values: Values, native: Collection[str] = ()) -> Completion:
    """What fits at the cursor, after as much of the query as stands before it."""
    cursor = max(0, min(cursor, len(text)))
    try:
        found = tokens(text[:cursor], unfinished=True)
    except QueryError:
        return Completion(cursor, cursor, ())
    typed = found[-1] if found and found[-1].end == cursor and found[-1].kind in ("word", "quoted") else None
    before = found[:-1] if typed else found
    start = typed.start if typed else cursor
    begun = typed.text if typed else ""
    field = _field(before)
    if field is not None:
        kind = schema.fields.get(field)
        some = kind.categories.to_list() if isinstance(kind, pl.Enum) else values(field, begun)
        fitting = (word for word in some if word.lower().startswith(begun.lower()))
        return Completion(start, cursor, tuple(Choice(written(word), "value") for word in fitting)[:SHOWN])
    low = begun.lower()
    names = [*schema.fields, *(name for name in native if name not in schema.fields)]
    first = [name for name in names if name.lower().startswith(low)]
    inside = [name for name in names if low in name.lower() and name not in first]
    joins = [word for word in _JOINS if before and low and word.startswith(low)]
    choices = [Choice(name + ":", "field") for name in first] + [Choice(word + " ", "keyword") for word in joins]
    choices += [Choice(name + ":", "field") for name in inside]
    return Completion(start, cursor, tuple(choices[:SHOWN]))


def written(value: str) -> str:
    """A value as a query means exactly it."""
    plain = value and not any(c.isspace() or c in '*?\\"()' for c in value) and value.lower() not in _JOINS
    if plain and not value.startswith("/") and network(value) is None:
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _field(before: Sequence[Token]) -> str | None:
    """The field whose value stands behind these tokens: behind its operator, or in its list."""
    open_lists = 0
    for at in range(len(before) - 1, -1, -1):
        token = before[at]
        if token.kind == ")":
            open_lists += 1
        elif token.kind == "(" and open_lists:
            open_lists -= 1
        elif token.kind == "(" and not token.value:
            return None
        elif token.kind in _OPERATORS and not open_lists and (at == len(before) - 1 or before[at + 1].kind == "("):
            return before[at - 1].text if at else None
        elif not token.value and not open_lists:
            return None
    return None
