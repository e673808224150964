"""One pass over the lines, part by part: what an analyst would search for, keys with their values, and times."""

from operator import itemgetter
from typing import Final, NamedTuple

import polars as pl

from vedette.ai.compress import indicators, moments
from vedette.ai.compress.indicators import Indicators
from vedette.ai.compress.mine import Mined, mask, mine
from vedette.ai.compress.shapes import WHEN, layouts, timeless

PART: Final = 65_536
"""Lines that are looked at together: what that takes is not needed for all at once."""


class Survey(NamedTuple):
    """What lines hold.

    Attributes:
        found: indicators.
        mined: templates and values.
        seconds: of each line since 1970, null where no time is known.
        base: the lowest of them, and how it was written; null where there is none.
    """

    found: Indicators
    mined: Mined
    seconds: pl.Series
    base: tuple[int, str] | None


def survey(lines: pl.Series) -> Survey:
    """What neutral lines hold; at least one."""
    sighted, masked, seconds, earliest = [], [], [], []
    for part in pl.DataFrame({"line": lines, "layout": layouts(lines)}).iter_slices(PART):
        cut = timeless(part["line"])
        sighted.append(indicators.sight(_searched(part["line"], cut["body"])))
        masked.append(mask(cut["body"], part["layout"]))
        seconds.append(moments.seconds(cut["when"]))
        if (at := seconds[-1].arg_min()) is not None:
            earliest.append((seconds[-1][at], cut["when"][at]))
    found = indicators.read(sighted)
    sighted.clear()
    return Survey(found, mine(masked), pl.concat(seconds, rechunk=True), min(earliest, key=itemgetter(0), default=None))


def _searched(lines: pl.Series, bodies: pl.Series) -> pl.Series:
    """What is searched for indicators: lines without their time, where it touches nothing that could be one with it."""
    alone = bodies.str.starts_with(f"{WHEN} ") | bodies.str.contains(f"[{WHEN}]", literal=True)
    return bodies if alone.all() else bodies.zip_with(alone, lines)
