"""A query to a search. The language is told in docs/reference/query.md.

    query = each {"or" each}        each = one {["and"] one}        one = "not" one | "(" query ")" | test
    test  = [field (":" | "<" | "<=" | ">" | ">=")] (value | "(" query of values ")")

and a whole search, by vedette.search.summary: search = [query] ["|" summary].

Time and memory are linear in the query, whose length, depth and number of tests are limited.
"""

import difflib
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final

from vedette.model.query import EVERYTHING, All, Any, Node, Not, QueryError, Schema, Search
from vedette.search.summary import divided, summarised
from vedette.search.tokens import Token, tokens
from vedette.search.values import compared, searched, tested

DEEPEST: Final = 24
"""Parentheses and nots inside each other."""
TESTS: Final = 100
_NAME_LONGEST: Final = 128
_COMPARISONS: Final = ("<", "<=", ">", ">=")


def read(text: str, schema: Schema, now: datetime, native: Collection[str] = ()) -> Node:
    """The search that a query means.

    Args:
        now: what `now` in it means.
        native: names of fields that are known to be there beside those of the schema.

    Raises:
        QueryError: it means nothing; the error tells the column, and what to write where that is clear.
    """
    found, tail = divided(tokens(text))
    if tail:
        what = "a summary stands here, where records are asked for"
        raise QueryError(what, tail[0].start + 1, 'leave it out; to look for the character, write "|"')
    return _where(found, len(text), schema, now, native)


def search(text: str, schema: Schema, now: datetime, native: Collection[str] = ()) -> Search:
    """The whole search that a text means: as `read`, and what stands behind a `|`.

    Raises:
        QueryError: as `read`.
    """
    found, tail = divided(tokens(text))
    end = tail[0].start if tail else len(text)
    where = _where(found, end, schema, now, native)
    if not tail:
        return Search(where)
    return Search(where, summarised(tail, len(text), lambda token: _Reader([], 0, schema, now, native).field(token), schema, now))


def _where(found: list[Token], end: int, schema: Schema, now: datetime, native: Collection[str]) -> Node:
    return _Reader(found, end, schema, now, native).whole() if found else EVERYTHING


class _Reader:
    """Goes through the tokens once."""

    def __init__(self, found: list[Token], length: int, schema: Schema, now: datetime, native: Collection[str]) -> None:
        self._tokens = found
        self._end = length + 1
        self._schema = schema
        self._now = now
        self._native = native
        self._at = 0
        self._tests = 0

    def whole(self) -> Node:
        node = self._or(self._test, 0)
        if (token := self._next()) is not None:
            raise QueryError("a parenthesis is closed that was not opened", token.start + 1, "leave it out")
        return node

    def _next(self, ahead: int = 0) -> Token | None:
        return self._tokens[self._at + ahead] if self._at + ahead < len(self._tokens) else None

    def _keyword(self) -> str:
        token = self._next()
        return (
            token.text.lower() if token and token.kind == "word" and token.text.lower() in ("and", "or", "not") else ""
        )

    def _or(self, leaf: Callable[[Token], Node], depth: int) -> Node:
        parts = [self._and(leaf, depth)]
        while self._keyword() == "or":
            self._at += 1
            parts.append(self._and(leaf, depth))
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _and(self, leaf: Callable[[Token], Node], depth: int) -> Node:
        parts = [self._one(leaf, depth)]
        while (token := self._next()) is not None and token.kind != ")" and self._keyword() != "or":
            self._at += self._keyword() == "and"
            parts.append(self._one(leaf, depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, leaf: Callable[[Token], Node], depth: int) -> Node:
        token = self._next()
        if token is None:
            raise QueryError(
                "something is missing at the end", self._end, "write what to look for, or leave the rest out"
            )
        if depth > DEEPEST:
            raise QueryError(f"more than {DEEPEST} levels inside each other", token.start + 1, "write it flatter")
        if self._keyword() == "not":
            self._at += 1
            return Not(self._one(leaf, depth + 1))
        if self._keyword() or token.kind in (")", ":", *_COMPARISONS):
            fix = (
                f'write "{token.text}" to look for the word' if self._keyword() else "write what to look for before it"
            )
            raise QueryError(f"{token.text!r} stands where something to look for is expected", token.start + 1, fix)
        if token.kind != "(":
            self._tests += 1
            if self._tests > TESTS:
                raise QueryError(f"more than {TESTS} things to look for", token.start + 1, "ask in several queries")
            self._at += 1
            return leaf(token)
        return self._list(token, leaf, depth)

    def _list(self, opening: Token, leaf: Callable[[Token], Node], depth: int) -> Node:
        self._at += 1
        node = self._or(leaf, depth + 1)
        closing = self._next()
        if closing is None:
            raise QueryError("this parenthesis is not closed", opening.start + 1, "write ) where it ends")
        self._at += 1
        return node

    def _test(self, token: Token) -> Node:
        operator = self._next()
        if operator is None or operator.kind not in (":", *_COMPARISONS):
            self._mistaken(token)
            return searched(token, self._schema)
        field = self.field(token)
        kind = self._schema.fields.get(field)
        self._at += 1
        value = self._next()
        if value is None or value.kind == ")":
            fix = f"{field}:* finds all that have one"
            raise QueryError(f"a value is missing behind {operator.text!r}", operator.end + 1, fix)
        if value.kind == "(" and operator.kind == ":":
            return self._list(value, lambda each: tested(field, each, kind, self._now), 1)
        if value.kind == "(":
            raise QueryError(f"a list cannot be compared by {operator.text}", value.start + 1, "compare one value")
        if word := self._keyword():
            raise QueryError(f"{word!r} joins values, it is none", value.start + 1, f'write "{word}" for the word')
        self._at += 1
        if operator.kind == ":":
            return tested(field, value, kind, self._now)
        return compared(field, operator.kind, value, kind, self._now)

    def _mistaken(self, token: Token) -> None:
        """A word that was meant as a comparison."""
        name, found, _ = token.text.partition("=")
        after = self._next()
        name = name.rstrip("!")
        if (
            token.kind == "word"
            and name in self._schema.fields
            and (found or (after and after.text[:2] in ("=", "==", "!=")))
        ):
            raise QueryError(
                f"{name} is not compared by =", token.start + 1, f"write {name}:VALUE, or not {name}:VALUE"
            )

    def field(self, token: Token) -> str:
        """The name of a field. One in quotes is taken as it stands where sources bring fields of their own."""
        name, known = token.text, self._schema.fields
        if token.kind == "regex":
            raise QueryError(
                "a regex cannot name a field", token.start + 1, 'write field:/regex/, or "..." for the text'
            )
        if name in known or name in self._native:
            return name
        if self._schema.open and token.kind == "quoted" and name and len(name) <= _NAME_LONGEST:
            return name
        near = _near(name, [*known, *self._native], exactly=self._schema.open and name.lower() != name)
        if self._schema.open and not near and name and len(name) <= _NAME_LONGEST and _may_be_native(name, known):
            return name
        fix = f"did you mean {' or '.join(near)}?" if near else f'to look for the text, quote it: "{name[:40]}..."'
        raise QueryError(f"there is no field {name[:_NAME_LONGEST]!r}", token.start + 1, fix)


def _near(name: str, names: list[str], exactly: bool) -> list[str]:
    """Fields that this one was perhaps meant to be, the best first; `exactly`: up to case only. Ours have no capitals, so
    a name with some is native: EventID is not event.id."""
    wanted = name[:_NAME_LONGEST].lower()
    same = [each for each in names if each.lower() == wanted]
    if same or exactly:
        return same[:3]
    ends = [each for each in names if each.lower().endswith("." + wanted)]
    close = difflib.get_close_matches(wanted, names, n=2, cutoff=0.8)
    return list(dict.fromkeys([*close, *ends]))[:3]


def _may_be_native(name: str, known: Collection[str]) -> bool:
    """A name below one of ours would be ours; what is no word is no name."""
    root = name.partition(".")[0]
    word = name.replace(".", "").replace("_", "").replace("-", "")
    return word.isalnum() and not name[0].isdigit() and not any(each.startswith(root + ".") for each in known)
