"""Questions in plain language to queries, by a grammar: the same question gives the same query, and no word is dropped
without being told. Pure. docs/ask.md tells what can be asked."""

from vedette.search.ask.plan import SCHEMAS, compiled
from vedette.search.ask.understand import understand

__all__ = ["SCHEMAS", "compiled", "understand"]
