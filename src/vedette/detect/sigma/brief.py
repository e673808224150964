"""Texts of an attacker as state and alerts keep them: a name may have a megabyte, and there may be thousands of them."""

from hashlib import blake2b
from typing import Final

import polars as pl

LONGEST: Final = 512
"""Characters of a text that are kept as they are."""


def mark(text: str) -> int:
    """64 bits that stand for a text, never 0."""
    return int.from_bytes(_digest(text), "little", signed=True) or 1


def brief(texts: pl.Series) -> pl.Series:
    """Of a text that is longer than LONGEST its beginning and a mark of the whole: others with that beginning differ."""
    longest = texts.str.len_bytes().max()
    if longest is None or longest <= LONGEST:  # type: ignore[operator]
        return texts
    made = [
        f"{one[:LONGEST]}…{_digest(one).hex()}" if one is not None and len(one) > LONGEST else one
        for one in texts.to_list()
    ]
    return pl.Series(texts.name, made, dtype=pl.String)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
