"""What stands behind the `|` of a search.

    summary = measure {"by" field {"," field} | "per" span | ("top" | "bottom") N | "having" (">" | ">=" | "<" | "<=") N
                       | "compare" time "to" time}
            | ("newest" | "oldest") N
    measure = "count" | "distinct" field | "sum" field

The clauses stand in any order, each once.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from vedette.model.query import QueryError, Rows, Schema, Summary
from vedette.search.tokens import Token
from vedette.search.values import moment

BY: Final = 3
"""Fields that are counted by."""
MOST: Final = 10_000
"""Groups or records."""
_SPAN: Final = re.compile(r"([1-9][0-9]{0,3})([mhdw])")
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_CLAUSES: Final = ("by", "per", "top", "bottom", "having", "compare")
_FIRST: Final = ("count", "distinct", "sum", "newest", "oldest")


def divided(found: list[Token]) -> tuple[list[Token], list[Token]]:
    """What stands before the `|`, and from it on."""
    depth = 0
    for at, token in enumerate(found):
        depth += (token.kind == "(") - (token.kind == ")")
        if token.kind == "word" and token.text == "|" and not token.value and depth <= 0:
            return found[:at], found[at:]
    return found, []


def summarised(
    tail: list[Token], end: int, named: Callable[[Token], str], schema: Schema, now: datetime
) -> Summary | Rows:
    """What the tokens from the `|` on mean.

    Args:
        end: length of the text.
        named: the field that a token names.

    Raises:
        QueryError: nothing.
    """
    return _Reader(tail, end, named, schema, now).whole()


class _Reader:
    def __init__(
        self, tail: list[Token], end: int, named: Callable[[Token], str], schema: Schema, now: datetime
    ) -> None:
        self._tokens = tail
        self._end = end + 1
        self._named = named
        self._schema = schema
        self._now = now
        self._at = 1

    def whole(self) -> Summary | Rows:
        word = self._next("what is to be told", f"one of: {', '.join(_FIRST)}")
        what = word.text.lower()
        if what in ("newest", "oldest"):
            rows = Rows(self._number(1), what == "newest")
            if self._more():
                raise QueryError("nothing stands behind this", self._tokens[self._at].start + 1, "leave it out")
            return rows
        if what not in _FIRST:
            raise QueryError(f"{word.text[:40]!r} is no summary", word.start + 1, f"one of: {', '.join(_FIRST)}")
        said: dict[str, Any] = {"measure": what}
        if what != "count":
            said["field"] = self._field(numeric=what == "sum")
        while self._more():
            self._clause(said)
        if "first" in said and "by" not in said:
            raise QueryError("top of what?", self._end, f"write by FIELD: | {what} by source.ip top 10")
        return Summary(**said)

    def _clause(self, said: dict[str, Any]) -> None:
        word = self._next("", "")
        clause = word.text.lower()
        key = {"per": "every", "top": "first", "bottom": "first"}.get(clause, clause)
        if word.kind != "word" or clause not in _CLAUSES:
            raise QueryError(f"{word.text[:40]!r} is no clause", word.start + 1, f"one of: {', '.join(_CLAUSES)}")
        if key in said:
            raise QueryError(f"{clause!r} stands here twice", word.start + 1, "leave one out")
        if clause == "by":
            said[key] = self._fields()
        elif clause == "per":
            said[key] = self._span()
        elif clause == "having":
            operator = self._next("a comparison", "write having > 5")
            if operator.kind not in ("<", "<=", ">", ">="):
                raise QueryError("a comparison is missing", operator.start + 1, "write having > 5")
            said[key] = (operator.kind, self._number(0, 2**62))
        elif clause == "compare":
            said[key] = self._range()
        else:
            said[key], said["least"] = self._number(1), clause == "bottom"

    def _more(self) -> bool:
        return self._at < len(self._tokens)

    def _next(self, missing: str, fix: str) -> Token:
        if not self._more():
            raise QueryError(f"{missing} is missing", self._end, fix)
        self._at += 1
        return self._tokens[self._at - 1]

    def _field(self, *, numeric: bool = False) -> str:
        token = self._next("a field", "such as source.ip")
        field = self._named(token)
        kind = self._schema.fields.get(field)
        if numeric and not (kind and kind.is_numeric()):
            raise QueryError(f"{field} is no number", token.start + 1, "such as source.bytes, network.bytes")
        return field

    def _fields(self) -> tuple[str, ...]:
        """Names with commas between them, and blanks where one likes."""
        fields: list[str] = []
        more = True
        while more:
            token = self._next("a field", "such as source.ip")
            names = token.text.split(",") if token.kind == "word" else [token.text]
            after = self._tokens[self._at].text if self._more() else ""
            more = (token.kind == "word" and names[-1] == "") or after.startswith(",")
            fields += [self._named(token._replace(text=name)) for name in names if name]
            if len(fields) > BY:
                raise QueryError(f"more than {BY} fields to count by", token.start + 1, "leave some out")
        return tuple(dict.fromkeys(fields))

    def _span(self) -> timedelta:
        token = self._next("a span", "such as 5m, 1h, 1d, 1w")
        found = _SPAN.fullmatch(token.text.lower())
        if not found:
            raise QueryError(f"{token.text[:40]!r} is no span", token.start + 1, "such as 5m, 1h, 1d, 1w")
        return int(found[1]) * _UNITS[found[2]]

    def _number(self, least: int, most: int = MOST) -> int:
        token = self._next("a number", "such as 10")
        if not (
            token.text.isascii() and token.text.isdigit() and len(token.text) < 20 and least <= int(token.text) <= most
        ):
            raise QueryError(f"{token.text[:40]!r} is no number here", token.start + 1, f"from {least} to {most:,}")
        return int(token.text)

    def _range(self) -> tuple[datetime, datetime]:
        fix = "such as compare now-2d to now-1d"
        since, _ = moment("compare", self._whole_time(fix), self._now)
        to = self._next("the end of the time", fix)
        if to.text.lower() != "to":
            raise QueryError("the end of the time is missing", to.start + 1, fix)
        token = self._whole_time(fix)
        until, _ = moment("compare", token, self._now)
        if until <= since:
            raise QueryError("this time ends before it begins", token.start + 1, fix)
        return since, until

    def _whole_time(self, fix: str) -> Token:
        """A time has colons, at which words end where a field may stand."""
        first = last = self._next("a time", fix)
        text = first.text
        while self._more() and self._tokens[self._at].start == last.end:
            last = self._next("", "")
            text += last.text
        return first._replace(text=text, end=last.end)
