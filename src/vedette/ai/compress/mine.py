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
        rows: one per line, in order: `when` (the line's time as written, or null), `template` (UInt32), `values` (list
            of String: what was masked), `words` (list of String: what differs between the keys of its template), and
            `source` (UInt32), which says where its template's values are.
        templates: by number.
        sources: by number: for each value of a template its place in `values`, or if negative -1 - its place in `words`.
    """

    rows: pl.DataFrame
    templates: list[Template]
    sources: list[tuple[int, ...]]


def mine(lines: pl.Series) -> Mined:
    """Templates of neutral lines."""
    frame = pl.DataFrame({"line": lines, "layout": layouts(lines)}).with_row_index("at")
    frame = frame.with_columns(body=pl.col("line").str.replace(TIMES, WHEN))
    # Asking for a group takes the engine three times as long as replacing.
    begin, length = pl.col("body").str.find(WHEN, literal=True), pl.col("line").str.len_bytes() + 1 - pl.col("body").str.len_bytes()
    frame = frame.with_columns(when=pl.col("line").cast(pl.Binary).bin.slice(begin, length).cast(pl.String))
    found = pl.concat([_mask(part, part["layout"][0]) for part in frame.partition_by("layout", maintain_order=True)])
    keys = found.group_by("layout", "key", maintain_order=True).agg(pl.len().alias("lines"))
    merged, templates, sources = _merge(keys)
    rows = found.join(
        pl.concat([keys, merged], how="horizontal"), on=["layout", "key"], how="left", maintain_order="left"
    )
    return Mined(rows.sort("at").select("when", "template", "values", "words", "source"), templates, sources)


def _mask(part: pl.DataFrame, name: str) -> pl.DataFrame:
    layout = LAYOUTS[name]
    values = pl.col("body").str.extract_all(layout.values)
    if layout.before:
        values = values.list.eval(pl.element().str.replace(layout.before, ""))
        key = pl.col("body").str.replace_all(layout.values, "${1}" + HOLE)
    else:
        key = pl.col("body").str.replace_all(layout.values, HOLE)
    return part.select("at", "layout", "when", key=key, values=values)


def _merge(keys: pl.DataFrame) -> tuple[pl.DataFrame, list[Template], list[tuple[int, ...]]]:
    """`template`, `words` and `source` of each key, all templates, and all sources."""
    texts, names = keys["key"].to_list(), keys["layout"].to_list()
    order = keys["lines"].arg_sort(descending=True)
    pieces = [_PIECES.findall(text) for text in texts]
    members: list[list[int]] = []
    shapes: list[list[str]] = []
    outlines: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, at in enumerate(order):
        own = pieces[at]
        known = outlines[names[at], *("w" if _word(piece) else piece for piece in own)] if place < MERGED else []
        for number in known[:TRIED]:
            if _alike(shapes[number], own):
                shapes[number] = [a if a == b else HOLE for a, b in zip(shapes[number], own, strict=True)]
                members[number].append(at)
                break
        else:
            known.append(len(shapes))
            shapes.append(own)
            members.append([at])
    template, words, source = [0] * len(texts), [[""]] * len(texts), [0] * len(texts)
    sources: dict[tuple[int, ...], int] = {}
    templates = []
    for number, (shape, group) in enumerate(zip(shapes, members, strict=True)):
        for at in group:
            template[at] = number
            words[at], places = _source(pieces[at], shape)
            source[at] = sources.setdefault(places, len(sources))
        templates.append(Template(tuple("".join(shape).split(HOLE)), names[group[0]]))
    schema = {"template": pl.UInt32(), "words": pl.List(pl.String), "source": pl.UInt32()}
    merged = pl.DataFrame({"template": template, "words": words, "source": source}, schema=schema)
    return merged, templates, list(sources)


def _alike(shape: list[str], own: list[str]) -> bool:
    same = [a == b for a, b in zip(shape, own, strict=True) if _word(b)]
    return sum(same) >= ALIKE * len(same)


def _word(piece: str) -> bool:
    return piece == HOLE or piece[0].isalnum()


def _source(own: list[str], shape: list[str]) -> tuple[list[str], tuple[int, ...]]:
    """The words of a key where its template has a value, and where the template's values are."""
    words: list[str] = []
    places = []
    values = 0
    for piece, common in zip(own, shape, strict=True):
        if common == HOLE and piece != HOLE:
            words.append(piece)
            places.append(-len(words))
        elif common == HOLE:
            places.append(values)
        values += piece == HOLE
    return words, tuple(places)
