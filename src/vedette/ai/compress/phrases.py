"""Pieces that long values share, so that each is written once: messages inside JSON, call traces, tokens in addresses.

A value is a row of words; neighbours that would be cheaper as one are joined, round by round (Larsson and Moffat 2000,
doi:10.1109/5.892708, with a price in place of a plain count).
"""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

LONG: Final = 80
"""Characters from which a value is looked into."""
MOST: Final = 1_000_000
"""Characters of values that are looked into, the first of them; the others are written as they are."""
ROUNDS: Final = 12
REFERENCE: Final = 12
"""What a reference costs, in characters of a log that take as many tokens."""

_WORD: Final = re.compile(r"[^\s|,;\[\](){}]*[\s|,;\[\](){}]+|.+", re.DOTALL)


def shared(values: Iterable[str]) -> dict[str, list[str]]:
    """Values that have pieces worth a name: what they are made of, each piece at least twice among all or on its own."""
    rows: dict[str, list[str]] = {}
    size = 0
    for value in values:
        if len(value) < LONG or value in rows:
            continue
        size += len(value)
        if size > MOST:
            break
        rows[value] = _WORD.findall(value)
    if len(rows) < 2:
        return {}
    uses = Counter(piece for row in rows.values() for piece in row)
    for _ in range(ROUNDS):
        joined = _worth_joining(rows.values(), uses)
        if not joined:
            break
        rows = {value: _join(row, joined) for value, row in rows.items()}
        uses = Counter(piece for row in rows.values() for piece in row)
    named = {piece for piece, count in uses.items() if count > 1 and _cost(len(piece), count) < count * len(piece)}
    return {value: _plain(row, named) for value, row in rows.items() if not named.isdisjoint(row)}


def _cost(size: int, uses: int) -> int:
    return min(size * uses, size + uses * REFERENCE)


def _worth_joining(rows: Iterable[list[str]], uses: Counter[str]) -> set[tuple[str, str]]:
    """Pairs of neighbours, those that save most first, no piece in two of them."""
    pairs: Counter[tuple[str, str]] = Counter()
    for row in rows:
        pairs.update(pairwise(row))
    saved = []
    for (left, right), count in pairs.items():
        if count < 2 or left == right:
            continue
        before = _cost(len(left), uses[left]) + _cost(len(right), uses[right])
        rest = _cost(len(left), uses[left] - count) + _cost(len(right), uses[right] - count)
        gain = before - rest - _cost(len(left) + len(right), count)
        # Words that always stand together are one, though none is worth a name.
        if gain > 0 or (gain == 0 and count == uses[left] == uses[right]):
            saved.append((gain, count, left, right))
    chosen, taken = set(), set()
    for _, _, left, right in sorted(saved, reverse=True):
        if left not in taken and right not in taken:
            chosen.add((left, right))
            taken |= {left, right}
    return chosen


def _join(row: list[str], joined: set[tuple[str, str]]) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(row):
        if at + 1 < len(row) and (row[at], row[at + 1]) in joined:
            out.append(row[at] + row[at + 1])
            at += 2
        else:
            out.append(row[at])
            at += 1
    return out


def _plain(row: list[str], named: set[str]) -> list[str]:
    """Pieces without a name put together."""
    out: list[str] = []
    for piece in row:
        if piece in named or not out or out[-1] in named:
            out.append(piece)
        else:
            out[-1] += piece
    return out
