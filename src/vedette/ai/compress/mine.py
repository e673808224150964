"""Lines to templates, by columns: mask the values, group equal keys, and merge keys that say the same.

Only the unique keys are looked at one by one, so that the price of being clever does not grow with the lines.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from vedette.ai.compress.shapes import HOLE, LAYOUTS

ALIKE: Final = 0.6
"""Share of words that keys of one template have in common."""
MERGED: Final = 20_000
"""Keys that are merged, the most frequent first; the others are templates of their own."""
VALUE: Final = pl.Categorical
"""A value is kept once, and by line its number: most come again and again."""
TRIED: Final = 100
"""Templates of one outline that a key is compared with."""

_PIECES: Final = re.compile(r"[\x01\x02]|[^\W_][\w.\-@$]*|\s+|.", re.DOTALL)


class Template(NamedTuple):
    """`parts` are literals; between each two of them is a value: there is one more part than values."""

    parts: tuple[str, ...]
    layout: str


class Masked(NamedTuple):
    """Lines parted into keys and values, in their order.

    Attributes:
        values: of each line what was masked (list of String).
        key: of each line its number among `keys` (UInt32).
        keys: the layout and the text of each key, with HOLE for each value.
    """

    values: pl.Series
    key: npt.NDArray[np.uint32]
    keys: list[tuple[str, str]]


class Mined(NamedTuple):
    """What `mine` found.

    Attributes:
        rows: one per line, in order: `template` (UInt32), `values` (list of String: what was masked), `key` (UInt32), and
            `source` (UInt32), which says where its template's values are.
        words: by `key`: what differs between the keys of its template.
        templates: by number.
        sources: by number: for each value of a template its place in `values`, or if negative -1 - its place in `words`.
    """

    rows: pl.DataFrame
    words: pl.Series
    templates: list[Template]
    sources: list[tuple[int, ...]]


def mask(bodies: pl.Series, layout: pl.Series) -> Masked:
    """Keys and values of neutral lines with WHEN in place of their time, and the name of the layout of each."""
    frame = pl.DataFrame({"body": bodies, "layout": layout}).with_row_index("at")
    parts = frame.partition_by("layout", maintain_order=True) if layout.n_unique() > 1 else [frame]
    values: list[pl.DataFrame] = []
    key = np.zeros(len(bodies), np.uint32)
    keys: list[tuple[str, str]] = []
    for part in parts:
        name = part["layout"][0]
        texts, cut = _masked(part["body"], name)
        values.append(pl.DataFrame({"at": part["at"], "values": cut}))
        groups = pl.DataFrame({"at": part["at"], "text": texts}).group_by("text", maintain_order=True).agg("at")
        numbers = np.arange(len(keys), len(keys) + len(groups))
        key[groups["at"].explode().to_numpy()] = np.repeat(numbers, groups["at"].list.len().to_numpy())
        keys += [(name, text) for text in groups["text"].to_list()]
    return Masked(values[0]["values"] if len(values) == 1 else pl.concat(values).sort("at")["values"], key, keys)


def _masked(bodies: pl.Series, name: str) -> tuple[pl.Series, pl.Series]:
    layout = LAYOUTS[name]
    value = pl.element().str.replace(layout.before, "") if layout.before else pl.element()
    values = bodies.str.extract_all(layout.values).list.eval(value.cast(VALUE))
    return bodies.str.replace_all(layout.values, ("${1}" if layout.before else "") + HOLE), values


def mine(parts: Sequence[Masked]) -> Mined:
    """Templates of lines that were masked part by part."""
    numbers: dict[tuple[str, str], int] = {}
    key = np.concatenate(
        [
            np.array([numbers.setdefault(each, len(numbers)) for each in part.keys], np.uint32)[part.key]
            for part in parts
        ]
    )
    template, words, source, templates, sources = _merge(list(numbers), np.bincount(key))
    rows = pl.select(
        template=pl.Series(template, dtype=pl.UInt32).gather(key),
        values=pl.concat([part.values for part in parts], rechunk=True),
        key=pl.Series(key),
        source=pl.Series(source, dtype=pl.UInt32).gather(key),
    )
    return Mined(rows, words, templates, sources)


def _merge(
    keys: list[tuple[str, str]], counts: npt.NDArray[np.int64]
) -> tuple[list[int], pl.Series, list[int], list[Template], list[tuple[int, ...]]]:
    """`template`, `words` and `source` of each key, all templates, and all sources.

    Args:
        keys: layout and text.
        counts: how many lines have each.
    """
    order = np.argsort(-counts, kind="stable").tolist()
    pieces = [_PIECES.findall(text) for _, text in keys]
    members: list[list[int]] = []
    shapes: list[list[str]] = []
    outlines: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, at in enumerate(order):
        own = pieces[at]
        known = outlines[keys[at][0], *("w" if _word(piece) else piece for piece in own)] if place < MERGED else []
        for number in known[:TRIED]:
            if _alike(shapes[number], own):
                shapes[number] = [a if a == b else HOLE for a, b in zip(shapes[number], own, strict=True)]
                members[number].append(at)
                break
        else:
            known.append(len(shapes))
            shapes.append(own)
            members.append([at])
    template, words, source = [0] * len(keys), [[""]] * len(keys), [0] * len(keys)
    sources: dict[tuple[int, ...], int] = {}
    templates = []
    for number, (shape, group) in enumerate(zip(shapes, members, strict=True)):
        for at in group:
            template[at] = number
            words[at], places = _source(pieces[at], shape)
            source[at] = sources.setdefault(places, len(sources))
        templates.append(Template(tuple("".join(shape).split(HOLE)), keys[group[0]][0]))
    return template, pl.Series(words, dtype=pl.List(VALUE)), source, templates, list(sources)


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
