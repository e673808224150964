"""A question in plain language, put to the store: understood, shown, and run only when every word of it was understood."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from vedette.model.ports import Store
from vedette.model.query import QueryError
from vedette.model.question import Translated, Translator, Understood
from vedette.model.stored import EventQuery
from vedette.runtime.answers import Answer, answer
from vedette.search import search
from vedette.search.ask import SCHEMAS, understand

_NAMES: Final = ("user.name", "host.name")
_COMPARE: Final = "understood by a model: compare the query with what you asked"
_LOOKED_AT: Final = 2000
"""Events whose users and hosts are known by name."""


class Asked(NamedTuple):
    """`answer`: None when nothing was run. `by`: who understood it: grammar or model."""

    understood: Understood
    answer: Answer | None = None
    by: str = "grammar"


def ask(
    store: Store | None,
    question: str,
    now: datetime,
    *,
    run: bool = True,
    anyway: bool = False,
    limit: int = 100,
    translator: Translator | None = None,
) -> Asked:
    """Answer it.

    Args:
        store: None where there is none: the question is only understood.
        now: in the zone of the person who asks.
        run: ask the store, too.
        anyway: also when words were not understood.
        limit: of records, when the question names no number.
        translator: asked when the grammar does not understand it all. What it says is checked and shown like the rest;
            what the grammar declines as an order or as a thing that no field holds is not put to it.

    Raises:
        StoreError: more groups than can be held.
    """
    understood, by = understand(question, now, known(store) if store else _nobody), "grammar"
    native = store.native_fields() if store else ()

    def wrong(said: Translated) -> str:
        try:
            search(said.query, SCHEMAS[said.about], now, native)
        except QueryError as error:
            return f"{error.what}, column {error.column}. {error.fix}"
        return ""

    if translator is not None and not understood.whole and not understood.declined:
        said = translator.query(question, now, wrong)
        if said.why:
            understood = understood._replace(notes=(*understood.notes, said.why))
        else:
            words = tuple(word._replace(meaning="model") for word in understood.words)
            understood, by = Understood(words, said.about, said.query, (_COMPARE,)), "model"
    about = understood.about
    if store is None or about is None or not run or not (understood.whole or anyway):
        return Asked(understood, by=by)
    zone = getattr(now.tzinfo, "key", "UTC")
    meant = search(understood.query, SCHEMAS[about], now, native)
    return Asked(understood, answer(store, about, meant, limit=limit, zone=zone), by)


def _nobody(field: str, value: str) -> bool:  # noqa: ARG001
    return False


def known(store: Store) -> Callable[[str, str], bool]:
    """Whether a user or host of this name was seen lately; looked up once, when it is asked for."""

    @lru_cache(maxsize=1)
    def names() -> dict[str, frozenset[str]]:
        frame = store.events(EventQuery(columns=_NAMES, limit=_LOOKED_AT)).frame
        return {name: frozenset(each.lower() for each in frame[name].drop_nulls().unique() if each) for name in _NAMES}

    return lambda field, value: value.lower() in names().get(field, frozenset())
