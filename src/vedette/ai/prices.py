"""What tokens cost, by the price table that genai-prices carries; never fetched."""

from decimal import Decimal
from typing import Final

MODELS: Final = ("gpt-5", "gpt-5-mini", "gpt-4o-mini", "claude-sonnet-4-6", "gemini-2.5-pro", "gemini-2.5-flash")
"""Models that are told of when none is asked for."""


def price(model: str, *, read: int = 0, written: int = 0) -> Decimal | None:
    """US dollars for tokens that a model reads and writes; null for a model whose price is not known."""
    from genai_prices import Usage, calc_price

    try:
        return calc_price(Usage(input_tokens=read, output_tokens=written), model).total_price
    except LookupError:
        return None
