"""A question that the grammar does not understand, put to the model of the settings: within the day's budget, written down."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from vedette.ai import tokens
from vedette.ai.model import client
from vedette.ai.model.redact import redact
from vedette.ai.model.settings import Ai, ModelError
from vedette.ai.model.translator import Query, instructions, text
from vedette.model.question import Translated
from vedette.runtime.opinion import TOLD, Audit
from vedette.runtime.spending import spent
from vedette.search.ask import SCHEMAS

_ANSWER: Final = 500
"""Tokens that a query takes, at most, with the model's thoughts beside it."""


class ByModel:
    """vedette.model.question.Translator."""

    def __init__(self, settings: Ai, directory: Path, audit: Audit) -> None:
        self._settings, self._directory, self._audit = settings, directory, audit

    def query(self, question: str, now: datetime, check: Callable[[Translated], str]) -> Translated:
        """What the model makes of it; why nothing, where it was not heard or answered nothing that is a query."""
        if self._settings.provider is None:
            return Translated(why="No model is set up (ai.provider) that could be asked.")
        try:
            return self._asked(question, now, check)
        except ModelError as error:
            return Translated(why=f"The model was not heard: {error.what}." + (f" ({error.fix})" if error.fix else ""))

    def _asked(self, question: str, now: datetime, check: Callable[[Translated], str]) -> Translated:
        settings, who = self._settings, f"{self._settings.provider} {self._settings.model}"
        key = settings.key()
        told = instructions({about: tuple(schema.fields) for about, schema in SCHEMAS.items()})
        safe, _ = redact(pl.Series([question]))
        sent = text(safe[0], now)
        if key and key in sent:
            raise ModelError("the key itself stands in the question")
        size = tokens.count(told + sent)

        def send() -> client.Said[Query]:
            self._audit("askModel", who, 200, f"a question, {size:,} tokens: {safe[0]}"[:TOLD])
            return client.translate(settings, key, told, sent, lambda query: _wrong(query, check))

        answer = spent(settings, self._directory, size, _ANSWER, send)[0].answer
        if not answer.query:
            return Translated(why=f"The model found no query for it: {answer.why or 'it did not say why'}")
        if wrong := _wrong(answer, check):
            raise ModelError(f"its query is none: {wrong}")
        return Translated(answer.about, answer.query)


def _wrong(query: Query, check: Callable[[Translated], str]) -> str:
    return check(Translated(query.about, query.query)) if query.query else ""
