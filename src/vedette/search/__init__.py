"""The query language: text to a search (`read`; with a summary behind it `search`), a search to a polars expression
(`expression`), what may come next (`complete`). Pure."""

from vedette.search.completion import Choice, Completion, complete
from vedette.search.events import expression
from vedette.search.parse import read, search
from vedette.search.schemas import ALERTS, EVENTS, INCIDENTS

__all__ = ["ALERTS", "EVENTS", "INCIDENTS", "Choice", "Completion", "complete", "expression", "read", "search"]
