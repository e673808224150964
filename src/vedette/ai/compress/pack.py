"""Lines in, pack out: tables, verified against the lines, within a budget, and never larger than the lines."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import polars as pl

from vedette.ai import tokens
from vedette.ai.compress import read, write
from vedette.ai.compress.budget import fit
from vedette.ai.compress.indicators import Indicators, find
from vedette.ai.compress.read import Decoded
from vedette.ai.compress.safe import bare, light, neutral, original, pair, paired, reduced
from vedette.ai.compress.shapes import WHEN
from vedette.ai.compress.survey import survey
from vedette.ai.compress.table import Table, tables

ALSO: Final = "also: "
"""Begins the line of indicators that no table shows whole."""
CERTAIN: Final = 10_000
"""Lines whose words are counted at a time."""
_APART: Final = re.compile(r"[\s,:;=\"'\[\](){}<>‹›*…|]+")

_CELL: Final = re.compile(r"[\n\t\"'{}<>‹›]|\*\d+\s")


@dataclass(frozen=True)
class Pack:
    """Lines as a model reads them.

    Attributes:
        text: the pack.
        lines: how many lines went in.
        templates: tables in the text.
        found: indicators of the lines, by kind.
        missing: those that are not in the text; only a budget leaves some out.
        left_out: lines that the budget left out.
        tabular: False where the lines themselves, made safe, are no longer than their tables would be.
        exact: False where even these were longer than the input, so that markup and hidden characters were dropped.
        angles: two brackets that stand for < and > where tables are not and ‹ › were longer than the input, else "".
        positions: for each table, by the number of its first line (`#12` in the text): where its lines are in the
            input, counted from 0. A line that is not tabular is its own table.
    """

    text: str
    lines: int
    templates: int
    found: Indicators
    missing: Indicators
    left_out: int
    tabular: bool
    exact: bool
    positions: dict[int, pl.Series]
    _input: pl.Series = field(repr=False)
    angles: str = ""

    @cached_property
    def tokens_before(self) -> int:
        """Tokens of the lines as they came (o200k_base); takes a second for each 5 MB."""
        return self.tokens("o200k_base")[0]

    @cached_property
    def tokens_after(self) -> int:
        """Tokens of the text (o200k_base)."""
        return tokens.count(self.text)

    def tokens(self, name: tokens.Name) -> tuple[int, int]:
        """Tokens before and after, in an encoding."""
        return tokens.count_lines(self._input, name), tokens.count(self.text, name)

    @property
    def indicators(self) -> tuple[int, int]:
        """How many were kept, and found."""
        found = sum(map(len, self.found.values()))
        return found - sum(map(len, self.missing.values())), found


def compress(records: pl.Series | Sequence[str], *, budget: int | None = None, first: Collection[int] = ()) -> Pack:
    """Pack texts of events.

    Args:
        records: one text for each event, in the order of time.
        budget: tokens (o200k_base) that the text may have. Written first, and left out last: the lines of `first`,
            then those that came once, then tables from the smallest to the largest.
        first: positions of the records that matter most, such as those that a rule matched.
    """
    lines = records if isinstance(records, pl.Series) else pl.Series(list(records), dtype=pl.String)
    if not len(lines):
        return Pack("", 0, 0, {}, {}, 0, False, True, {}, lines)
    plain = neutral(lines)
    found, blocks, start = _read(plain, first)
    templates = len(blocks)
    head = f"{len(lines)} lines, {templates} templates" + (f"; @n: n seconds after {start}" if start else "")
    text = "\n".join([head, *write.text(blocks)]).replace(WHEN, write.TIME)
    missing = _missing(found, text)
    if missing:
        text += f"\n{ALSO}{_listed(missing)}"
    positions = {block.table.at + 1: block.table.positions for block in blocks}
    if _smaller(text, lines):
        if budget is None or tokens.count(text) <= budget:
            return Pack(text, len(lines), templates, found, {}, 0, True, True, positions, lines)
        text, left_out = fit(head, blocks, missing, budget)
        return Pack(text, len(lines), templates, found, _missing(found, text), left_out, True, True, positions, lines)
    limit = tokens.count_lines(lines)
    texts, exact, angles = plain.to_list(), True, ""
    if tokens.count("\n".join(texts)) > limit:
        texts = [light(text) for text in texts]
    if tokens.count("\n".join(texts)) > limit and (angles := pair(lines)):
        texts = paired(lines, angles).to_list()
    for shorter in (reduced, bare):
        if tokens.count("\n".join(texts)) > limit:
            texts, exact, angles = [shorter(line) for line in lines.to_list()], False, ""
    order = [*sorted(first), *(at for at in range(len(texts)) if at not in set(first))]
    kept = _within(texts, order, limit if budget is None else min(limit, budget))
    text = "\n".join(texts[at] for at in sorted(kept))
    single = {at + 1: pl.Series([at], dtype=pl.UInt32) for at in kept}
    left_out = len(texts) - len(kept)
    missing = _missing(found, text)
    return Pack(text, len(lines), len(kept), found, missing, left_out, False, exact, single, lines, angles)


def decode(pack: Pack) -> Counter[str]:
    """How often each line is in the pack, without its time, and with the lowest number of each span."""
    counts: Counter[str] = Counter()
    for line in decoded(pack):
        counts[line.text] += line.copies
    return counts


def decoded(pack: Pack) -> Iterable[Decoded]:
    """What the text says, line for line; lines of a pack that is not tabular have their time in their text."""
    if pack.tabular:
        return read.tables(pack.text)
    texts = pack.text.split("\n") if pack.positions else []
    pairs = zip(texts, sorted(pack.positions), strict=True)
    return [Decoded(original(text, pack.angles), None, 1, None, None, at) for text, at in pairs]


def _read(plain: pl.Series, first: Collection[int]) -> tuple[Indicators, list[write.Block], str | None]:
    """Indicators, tables ready to be written in their order, and the time from which seconds are counted."""
    known = survey(plain)
    base, start = known.base or (0, None)
    rows = known.mined.rows.with_columns(seconds=known.seconds).with_row_index("at")
    matched = pl.Series(sorted(first), dtype=pl.UInt32)
    made: list[Table] = []
    for part in (rows[matched], rows.filter(~pl.col("at").is_in(matched.implode())) if len(matched) else rows):
        made += sorted(tables(part, known.mined), key=lambda table: (table.lines, table.at))
    return known.found, [write.block(table, base) for table in made], start


def _missing(found: Indicators, text: str) -> Indicators:
    """Indicators that do not stand whole in a text; where that is not plain to see, one counts as missing."""
    absent = found
    for apart in (str.split, _APART.split, _CELL.split):
        there = set(apart(text))
        absent = {kind: left for kind, values in absent.items() if (left := values - there)}
        if not absent:
            return {}
    written = find(pl.Series(text.split("\n"), dtype=pl.String))
    return {kind: left for kind, values in absent.items() if (left := values - written.get(kind, set()))}


def _smaller(text: str, lines: pl.Series) -> bool:
    """Whether a text has no more tokens than the lines. Counted only where that is not certain: up to three digits are one
    token, and else one has a byte at least; none of a line of ASCII has letters of two words, or more than three digits."""
    written = text.encode()
    digits = len(written) - len(written.translate(None, b"0123456789"))
    most = len(written) - digits + int(pl.Series([text]).str.count_matches("[0-9]{1,3}").sum())
    least = 0
    for part in lines.to_frame().iter_slices(CERTAIN):
        some = part.to_series()
        ascii_only = some.filter(some.str.len_bytes() == some.str.len_chars())
        least += int(ascii_only.str.count_matches("[A-Za-z][A-Za-z']*|[0-9]{1,3}").sum())
        if least >= most:
            return True
    return tokens.at_least(lines, tokens.count(text))


def _listed(indicators: Indicators) -> str:
    return "; ".join(f"{kind} {' '.join(sorted(values))}" for kind, values in indicators.items())


def _within(texts: list[str], order: list[int], limit: int) -> set[int]:
    """Positions of the texts that fit, the first of `order` first."""
    kept = set(order)
    if tokens.count("\n".join(texts)) <= limit:
        return kept
    used = 0
    for taken, at in enumerate(order):
        used += tokens.count(texts[at] + "\n")
        if used > limit:
            kept = set(order[:taken])
            break
    # Tokens may join over a line's end in another way than alone; never by more than a few.
    while kept and tokens.count("\n".join(texts[at] for at in sorted(kept))) > limit:
        kept.discard(next(at for at in reversed(order) if at in kept))
    return kept
