"""Lines to templates, by columns: mask the values, group equal keys, and merge keys that say the same.

Only the unique keys are looked at one by one, so that the price of being clever does not grow with the lines.
"""

import re
from collections import defaultdict
from typing import Final, NamedTuple

import polars as pl

from vedette.ai.compress.shapes import HOLE, LAYOUTS, TIMES, WHEN, layouts

ALIKE: Final = 0.6
"""Share of words that keys of one template have in common."""
MERGED: Final = 20_000
"""Keys that are merged, the most frequent first; the others are templates of their own."""
TRIED: Final = 100
"""Templates of one outline that a key is compared with."""

_PIECES: Final = re.compile(r"[\x01\x02]|[^\W_][\w.\-@$]*|\s+|.", re.DOTALL)


class Template(NamedTuple):
    """`parts` are literals; between each two of them is a value: there is one more part than values."""

    parts: tuple[str, ...]
    layout: str


class Mined(NamedTuple):
    """What `mine` found.

    Attributes:
        rows: one per line, in order: `template` (UInt32), `when` (the line's time as written, or null), `values` (list
            of String, one for each value of its template).
        templates: by number.
    """

    rows: pl.DataFrame
    templates: list[Template]


def mine(lines: pl.Series) -> Mined:
    """Templates of neutral lines."""
    frame = pl.DataFrame({"line": lines, "layout": layouts(lines)}).with_row_index("at")
    frame = frame.with_columns(when=pl.col("line").str.extract(f"({TIMES})", 1))
    frame = frame.with_columns(body=pl.col("line").str.replace(TIMES, WHEN))
    masked = [_mask(part, part["layout"][0]) for part in frame.partition_by("layout", maintain_order=True)]
    found = pl.concat(masked)
    keys = found.group_by("layout", "key", maintain_order=True).agg(pl.len().alias("count"))
    numbers, sources, templates = _merge(keys)
    keys = keys.with_columns(
        pl.Series("template", numbers, dtype=pl.UInt32),
        pl.Series("take", [take for take, _ in sources], dtype=pl.List(pl.UInt32)),
        pl.Series("words", [words for _, words in sources], dtype=pl.List(pl.String)),
    )
    rows = found.join(keys, on=["layout", "key"], how="left", maintain_order="left")
    plain = rows["words"].list.len().sum() == 0
    if not plain:
        rows = rows.with_columns(values=pl.concat_list("values", "words").list.gather(pl.col("take")))
    return Mined(rows.sort("at").select("template", "when", "values"), templates)


def _mask(part: pl.DataFrame, name: str) -> pl.DataFrame:
    layout = LAYOUTS[name]
    values = pl.col("body").str.extract_all(layout.values)
    if layout.before:
        values = values.list.eval(pl.element().str.replace(layout.before, ""))
        key = pl.col("body").str.replace_all(layout.values, "${1}" + HOLE)
    else:
        key = pl.col("body").str.replace_all(layout.values, HOLE)
    return part.select("at", "layout", "when", key=key, values=values)


def _merge(keys: pl.DataFrame) -> tuple[list[int], list[tuple[list[int], list[str]]], list[Template]]:
    """For each key its template, and where the template's values come from: positions in the key's own values followed
    by the words that are constant in this key."""
    texts, names = keys["key"].to_list(), keys["layout"].to_list()
    order = keys["count"].arg_sort(descending=True)[:MERGED].to_list()
    pieces = {at: _PIECES.findall(texts[at]) for at in order}
    members: list[list[int]] = []
    shapes: list[list[str]] = []
    outlines: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at in order:
        own = pieces[at]
        known = outlines[names[at], *("w" if _word(piece) else piece for piece in own)]
        places = [place for place, piece in enumerate(own) if _word(piece)]
        for number in known[:TRIED]:
            shape = shapes[number]
            if sum(shape[place] == own[place] for place in places) >= ALIKE * len(places):
                shapes[number] = [a if a == b else HOLE for a, b in zip(shape, own, strict=True)]
                members[number].append(at)
                break
        else:
            known.append(len(shapes))
            shapes.append(own)
            members.append([at])
    for at in range(len(texts)):
        if at not in pieces:
            pieces[at] = _PIECES.findall(texts[at])
            shapes.append(pieces[at])
            members.append([at])
    numbers = [0] * len(texts)
    sources: list[tuple[list[int], list[str]]] = [([], [])] * len(texts)
    templates = []
    for number, (shape, group) in enumerate(zip(shapes, members, strict=True)):
        holes = [place for place, piece in enumerate(shape) if piece == HOLE]
        for at in group:
            numbers[at] = number
            sources[at] = _sources(pieces[at], holes)
        templates.append(Template(tuple("".join(shape).split(HOLE)), names[group[0]]))
    return numbers, sources, templates


def _word(piece: str) -> bool:
    return piece == HOLE or piece[0].isalnum()


def _sources(own: list[str], holes: list[int]) -> tuple[list[int], list[str]]:
    own_holes = [place for place, piece in enumerate(own) if piece == HOLE]
    index = {place: number for number, place in enumerate(own_holes)}
    take: list[int] = []
    words: list[str] = []
    for place in holes:
        if place in index:
            take.append(index[place])
        else:
            take.append(len(own_holes) + len(words))
            words.append(own[place])
    return take, words
