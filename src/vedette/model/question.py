"""A question in plain language, as what is searched for. The grammar says it in a Plan, which vedette.search.ask.plan
writes as a query; a language model says it in a query. Either is checked like one that a person typed, and shown."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

import msgspec

from vedette.model.query import Rows, Summary
from vedette.model.stored import About

Comparison = Literal["is", "like", "matches", "<", "<=", ">", ">="]


class Clause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that must hold.

    Attributes:
        fields: one of them must do; none: the text of the record.
        values: one of them must do; none: there is any value.
        op: like: `*` is any text, `?` one character, a backslash before them makes them themselves. matches: a regex
            without blanks. The others as in a query.
    """

    fields: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    op: Comparison = "is"
    negated: bool = False


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is searched for: all clauses hold, from `since` (inclusive) to `until` (exclusive)."""

    about: About = "events"
    clauses: tuple[Clause, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    then: Summary | Rows | None = None


class Read(NamedTuple):
    """A word of the question, and what it was taken for: time, filler, a field, ...; unknown."""

    text: str
    meaning: str


UNKNOWN = "unknown"


class Understood(NamedTuple):
    """What became of a question.

    Attributes:
        words: every word of it, in order.
        about, query: what is asked, in the query language; None and "" when it was declined.
        notes: how words of several meanings were taken.
        declined: why nothing can be searched for; "" when something can.
        fix: what can be done about that.
        plan: what the grammar wrote as the query.
    """

    words: tuple[Read, ...]
    about: About | None = None
    query: str = ""
    notes: tuple[str, ...] = ()
    declined: str = ""
    fix: str = ""
    plan: Plan | None = None

    @property
    def unknown(self) -> tuple[str, ...]:
        """Words that have no part in the query although they may carry meaning."""
        return tuple(word.text for word in self.words if word.meaning == UNKNOWN)

    @property
    def whole(self) -> bool:
        """Whether the query says all that the question does."""
        return self.about is not None and not self.unknown


class Translated(NamedTuple):
    """A question as somebody else understood it: a query. `why`: why there is none; "" when there is one."""

    about: About = "events"
    query: str = ""
    why: str = ""


class Translator(Protocol):
    """Something else that turns questions into queries, such as a language model. It gets the question and the names of
    fields, never a record."""

    def query(self, question: str, now: datetime, check: Callable[[Translated], str]) -> Translated:
        """`now` is in the zone of the person who asks; `check` says what is wrong with a query, "" when nothing is."""
