"""JSON objects to event columns, each object by the document component that claims its keys.

A component that has `SPLIT` (places whose values decide what it does; may be empty) is also able to read many documents
of one shape as one: see native_columns. It is handed the keys of the first level in alphabetical order, so that
documents that differ only in the order of their keys are of one shape.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
import polars as pl

from vedette.model import cells
from vedette.model.cells import OPEN, Cells, Piece, Placed, Rows, filled, made
from vedette.model.fields import FIELDS, conform
from vedette.model.records import Json, Logsource
from vedette.parse import time
from vedette.parse.address import SIDES
from vedette.parse.components import Named, components
from vedette.parse.context import Context, no_rejects
from vedette.parse.native import RESERVED
from vedette.parse.native_columns import UNREADABLE, Column, Path, Typed, column, trees
from vedette.parse.parts import Part, Pieces
from vedette.parse.plain import Plain, Spans, walked
from vedette.parse.recipes import Kind, Recipe, learn
from vedette.parse.written import DECODE, Decoded, Documents, Keys, Values, decode, texts

KEYS: Final = 512
"""Fields kept of one object; those of the schema before the others. `event.original` keeps all."""
CELLS: Final = 1 << 24
"""Most rows times columns of one frame: objects that share no keys must not make a frame of empty cells."""
FEW: Final = 4
"""Fewer documents of one shape are read one by one."""

SPARSE: Final = 8
"""Cells for each value, in tables of rows that have other keys each."""

GOES_ON: Final = frozenset(
    {"@timestamp", "host.name", "event.dataset", *RESERVED}
    | {f"{side}.{what}" for side in SIDES for what in ("address", "ip", "domain")}
)
"""Fields that parsing goes on with after a component has read its documents."""

_TEXT: Final = frozenset({str})


def documents(frame: pl.DataFrame, context: Context, *, whole: bool) -> tuple[list["Understood"], pl.DataFrame]:
    """Objects in `raw` to groups, and what is no object or not to be read.

    Args:
        frame: `line`, `raw`.
        whole: all fields are to be columns of the frames.
    """
    tables = Tables()
    bad: list[tuple[int, str]] = []
    _read(frame["line"].to_list(), frame["raw"], context, tables, bad)
    return tables.groups(context, whole=whole), pl.DataFrame(bad, schema=no_rejects().schema, orient="row") if bad else no_rejects()


class Understood(NamedTuple):
    """Events of one component and logsource. `frame`: all fields, or what parsing goes on with; `cells`: the others."""

    name: str
    source: Logsource
    frame: pl.DataFrame
    cells: Cells | None
    envelope: bool


class Tables:
    """Columns per component, logsource, and whether the component is an envelope."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, Logsource, bool], list[Columns]] = {}

    def of(self, pair: Named, source: Logsource) -> "Columns":
        """Where the component's next rows belong."""
        parts = self._open.setdefault((pair[0], source, getattr(pair[1], "ENVELOPE", False)), [])
        if not parts or parts[-1].is_full():
            parts.append(Columns())
        return parts[-1]

    def groups(self, context: Context, *, whole: bool) -> list[Understood]:
        """All of them; envelopes with all fields in the frame."""
        made = []
        for (name, source, envelope), parts in self._open.items():
            for part in parts:
                frame, left = (part.frame(context), None) if whole or envelope else part.apart(context)
                made.append(Understood(name, source, frame, left, envelope))
        return made


def _finished(whole: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Stamps read, and every column in its type."""
    if "@timestamp" in whole.columns:
        whole = whole.with_columns(time.parse(whole["@timestamp"], context))
    return conform(whole)


class Shape(NamedTuple):
    """What follows from the keys of a document, in the order that they are written in.

    Attributes:
        keys: in alphabetical order, and what was asked for of them.
        places: of these in the order that they are written in.
        pair: the component that claims them.
        split: its SPLIT, None where it has none.
        marks: keys by whose values it is parted.
        mark: of a document these values.
    """

    keys: Keys
    places: tuple[int, ...]
    pair: Named | None
    split: Sequence[Path] | None
    marks: tuple[str, ...]
    mark: Callable[[Json], Any]


@lru_cache(maxsize=4096)
def _shape(written: tuple[str, ...]) -> Shape:
    places = sorted(range(len(written)), key=written.__getitem__)
    # Cached are those of which nobody can make memory full.
    keys = (_keys if len(written) <= KEYS else Keys)(tuple([written[place] for place in places]))
    names = frozenset(written)
    pair = next((pair for pair in components().documents if pair[1].claims(names)), None)
    split: Sequence[Path] | None = getattr(pair[1], "SPLIT", None) if pair else None
    marks = tuple([path[0] for path in split or () if len(path) == 1 and path[0] in names])
    return Shape(keys, tuple(places), pair, split, marks, itemgetter(*marks) if marks else _same)


_keys: Final = lru_cache(maxsize=4096)(Keys)


def _same(_document: Json) -> None:
    return None


def _known(written: tuple[str, ...]) -> Shape:
    return (_shape if len(written) <= KEYS else _shape.__wrapped__)(written)


class Group(NamedTuple):
    """Documents with the same keys in any order, null under the same of them, and the same marks. `kinds`: types of their
    values by key."""

    shape: Shape
    documents: Documents
    kinds: dict[str, set[type]]


def _read(lines: list[int], raws: pl.Series, context: Context, tables: Tables, bad: list[tuple[int, str]]) -> None:
    """Documents to the component that claims their keys: those of one shape as one, the others one by one."""
    groups: list[Group] = []
    numbered = np.array(lines, np.int64)
    found = walked(raws, _wanted)
    if found is None:
        groups += _decoded(range(len(raws)), raws, lines, bad)
    else:
        groups += _unmade(found.spans, _by_recipes(found.spans, found.kinds, numbered, tables))
        if found.others:
            groups += _decoded(found.others, raws, lines, bad)
    for shape, some, kinds in groups:
        numbers = numbered[some.rows].tolist()
        if shape.pair is None:
            bad += [(line, "JSON object without a known key") for line in numbers]
        elif shape.split is None or len(numbers) < FEW or len(kinds) > KEYS:
            _one_by_one(shape.pair, numbers, some.whole(range(len(numbers))), context, tables, bad)
        else:
            columns: dict[str, Typed] = {key: (Values(some, key), frozenset(there)) for key, there in kinds.items()}
            for rows, tree in trees(columns, shape.split, FEW):
                chosen = numbers if len(rows) == len(numbers) else [numbers[row] for row in rows]
                if tree is None or not _as_one(shape.pair, chosen, tree, context, tables):
                    _one_by_one(shape.pair, chosen, some.whole(rows), context, tables, bad)


def _by_recipes(
    spans: Spans, kinds: Iterable[tuple[Kind, Rows]], lines: Rows, tables: Tables
) -> Iterator[tuple[Kind, Rows]]:
    """Hands back documents of kinds that have no recipe, or not yet: it is worked out once there were FEW of them."""
    known: list[tuple[Recipe, Rows, Kind]] = []
    for kind, rows in kinds:
        if not kind.tried:
            kind.seen += len(rows)
            if kind.seen >= FEW:
                kind.tried, shape = True, _known(kind.keys)
                kind.recipe = learn(shape.pair, kind, shape.marks, KEYS) if shape.pair else None
        if kind.recipe is None:
            yield kind, rows
        else:
            known.append((kind.recipe, rows, kind))
    as_said = not spans.empty([(rows, recipe.places[key]) for recipe, rows, _ in known for key in recipe.said]).any()
    for recipe, rows, kind in known:
        if as_said:
            mine = rows
        else:
            unsaid = np.zeros(len(rows), np.bool_)
            for key in recipe.said:
                unsaid |= spans.empty([(rows, recipe.places[key])])
            mine = rows[~unsaid]
            if len(mine) < len(rows):
                yield kind, rows[unsaid]
        if len(mine):
            tables.of(recipe.pair, recipe.source).read(lines[mine], recipe, Plain(spans, recipe.places, recipe.types, mine))


def _decoded(rows: Sequence[int], raws: pl.Series, lines: list[int], bad: list[tuple[int, str]]) -> Iterable[Group]:
    """Documents in groups.

    A document is taken apart as soon as it is decoded: many that are held at once are memory that has to come back. So are
    its values looked at now.
    """
    shapes: dict[tuple[str, ...], tuple[Shape, dict[Any, Decoded]]] = {}
    groups: dict[Any, Group] = {}
    for row, raw in zip(rows, texts(raws if len(rows) == len(raws) else raws[rows]), strict=True):
        try:
            document = DECODE(raw)
        except (ValueError, RecursionError):
            try:
                document = decode(raw)
            except orjson.JSONDecodeError as error:
                bad.append((lines[row], f"broken JSON: {error}"))
                continue
        if document.__class__ is not dict:
            bad.append((lines[row], "JSON, but not an object"))
            continue
        written = tuple(document)
        types = tuple(map(type, document.values()))
        known = shapes.get(written)
        if known is None:
            known = shapes[written] = (_known(written), {})
        shape, alike = known
        mark = shape.mark(document)
        try:
            some = alike[mark, types]
        except KeyError:
            some = alike[mark, types] = _group(groups, shape, mark, written, types, raws)
        except TypeError:  # a list or an object is no mark
            some = _group(groups, shape, None, written, types, raws)
        some.rows.append(row)
        some.values.append(some.take(document))
    return groups.values()


def _wanted(written: tuple[str, ...], types: tuple[type, ...]) -> tuple[Sequence[int], Sequence[str]] | None:
    """Of documents that are read as one the places of the keys in their order, and those by whose values they are parted."""
    shape = _known(written)
    if shape.split is None:
        return None
    # A list or an object is no mark.
    parted = OPEN.isdisjoint([types[written.index(key)] for key in shape.marks])
    return shape.places, shape.marks if parted else ()


def _unmade(spans: Spans, kinds: Iterable[tuple[Kind, Rows]]) -> Iterable[Group]:
    """Documents whose values are not made in groups."""
    alike: dict[Any, list[tuple[Kind, Rows]]] = {}
    for kind, rows in kinds:
        mark = _known(kind.keys).mark(kind.marks) if kind.marks else None
        nulls = tuple([key for key, there in zip(kind.keys, kind.types, strict=True) if there is _NONE])
        alike.setdefault((kind.keys, mark, nulls), []).append((kind, rows))
    for (keys, *_), some in alike.items():
        types = {key: set(there) for key, *there in zip(keys, *(kind.types for kind, _ in some), strict=True)}
        rows = np.sort(np.concatenate([rows for _, rows in some]))
        places = {key: place for place, key in enumerate(keys)}
        yield Group(_known(keys), Plain(spans, places, types, rows), types)


def _group(
    groups: dict[Any, Group], shape: Shape, mark: Any, written: tuple[str, ...], types: tuple[type, ...], raws: pl.Series
) -> Decoded:
    """Where documents of a shape with this mark and types belong."""
    key = (shape.keys.all, mark, tuple([key for key, kind in zip(written, types, strict=True) if kind is _NONE]))
    group = groups.get(key)
    if group is None:
        documents = Decoded(raws, shape.keys, whole=shape.split is None)
        group = groups[key] = Group(shape, documents, {key: set() for key in shape.keys.all})
    for there, at in zip(group.kinds.values(), shape.places, strict=True):
        there.add(types[at])
    return group.documents  # type: ignore[return-value]


_NONE: Final = type(None)


def _as_one(pair: Named, lines: list[int], tree: Json, context: Context, tables: Tables) -> bool:
    """Whether the component could read the documents of a tree as one."""
    try:
        source, event = pair[1].read(tree, context)
    except UNREADABLE:
        return False
    if len(event) > KEYS or any(value.__class__ is dict and value for value in event.values()):
        return False
    tables.of(pair, source).extend(lines, event)
    return True


def _one_by_one(
    pair: Named,
    lines: list[int],
    documents: Iterable[Json],
    context: Context,
    tables: Tables,
    bad: list[tuple[int, str]],
) -> None:
    name, module = pair
    for line, document in zip(lines, documents, strict=True):
        try:
            source, event = module.read(document, context)
        except UNREADABLE as error:
            bad.append((line, f"{name}: {error}"))
            continue
        tables.of(pair, source).add(line, event)


class Columns:
    """Flat events gathered into columns, any number at a time."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self._parts: list[Sequence[int]] = []
        self._names: dict[str, bool] = {}  # whether a recipe has it
        self._cells: dict[str, list[Piece]] = {}
        self._read: list[Part] = []
        self._single: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}

    def is_full(self) -> bool:
        """Whether another row belongs into another frame."""
        return len(self._names) > KEYS and len(self._names) * len(self.lines) > CELLS >> 4

    def add(self, line: int, event: Json) -> None:
        """One more row. Rows with the same keys in the same order are kept as tuples: `zip` makes columns of them."""
        if len(event) > KEYS:
            event = dict(_most_important(event))
        keys = tuple(event)
        rows = self._single.get(keys)
        if rows is None:
            rows = self._single[keys] = []
            for name in keys:
                self._names.setdefault(name, False)
        rows.append((len(self.lines), *event.values()))
        self.lines.append(line)

    def extend(self, lines: Sequence[int], event: Json) -> None:
        """Rows for these lines: a column's values, and any other value in each of them."""
        self._put(range(len(self.lines), len(self.lines) + len(lines)), event)
        self.lines += lines

    def read(self, lines: Rows, recipe: Recipe, documents: Plain) -> None:
        """Rows for these lines: what a recipe says of their documents."""
        self._read.append(Part(len(self._parts), recipe, documents))
        self._parts.append(range(len(self.lines), len(self.lines) + len(lines)))
        self._names.update(recipe.names)
        self.lines += lines.tolist()

    def _put(self, rows: Sequence[int], event: Json) -> None:
        part = len(self._parts)
        self._parts.append(rows)
        for name, value in event.items():
            if value is None or not name:  # polars names a column without a name after its place
                continue
            pieces = self._cells.get(name)
            if pieces is None:
                pieces = self._cells[name] = []
                self._names.setdefault(name, False)
            values, kinds = (
                (value.cells, value.known) if value.__class__ is Column else ((value,), frozenset({value.__class__}))
            )
            if kinds is not None and not kinds.isdisjoint(OPEN):  # they may change later; what is beside them keeps its type
                values = [cells.text(value) if value.__class__ in OPEN else value for value in made(values)]
                kinds = (kinds - OPEN) | _TEXT
            pieces.append(Piece(part, values, kinds))

    def frame(self, context: Context) -> pl.DataFrame:
        """The rows so far by line: text for what the schema does not type, stamps read, nested values as JSON."""
        order, fields, rows = self._settled()
        return self._frame(context, order, fields, rows, [name for name in fields if name != "line"])

    def apart(self, context: Context) -> tuple[pl.DataFrame, Cells]:
        """The same, in a frame only what parsing goes on with."""
        order, fields, rows = self._settled()
        lines = np.array(self.lines, np.int64)
        frame = self._frame(context, order, fields, rows, [name for name in fields if name in GOES_ON and name != "line"])
        return frame, Cells([lines[part] for part in rows], fields.without(GOES_ON, frame.columns))

    def _settled(self) -> tuple[Rows, Pieces, list[Rows]]:
        """The rows ordered by line, pieces by field, and the rows of each part."""
        rare: list[tuple[int, Json]] = []
        for keys, single in self._single.items():
            if len(single) < FEW:
                rare += [(row, dict(zip(keys, values, strict=True))) for row, *values in single]
                continue
            taken, *columns = zip(*single, strict=True)
            self._put(taken, {name: Column(each) for name, each in zip(keys, columns, strict=True)})
        for some in _dense(rare):
            names = dict.fromkeys(chain.from_iterable(event for _, event in some))
            self._put([row for row, _ in some], {name: column([event.get(name) for _, event in some]) for name in names})
        self._single = {}
        rows = [np.arange(part.start, part.stop) if isinstance(part, range) else np.array(part) for part in self._parts]
        there = filled(self._cells)
        names = dict.fromkeys(name for name, known in self._names.items() if known or there.get(name))
        return np.argsort(np.array(self.lines, np.int64), kind="stable"), Pieces(names, there, self._read), rows

    def _frame(
        self, context: Context, order: Rows, fields: Pieces, rows: list[Rows], names: Sequence[str]
    ) -> pl.DataFrame:
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        # Texts that stand in documents of many kinds are had at once: they are one more part.
        laid: dict[str, Sequence[Piece]] = {}
        for name in names:
            if name not in GOES_ON:  # all of these would be held at once
                laid[name] = fields[name]
                continue
            pieces, parts, texts = fields.told(name)
            if parts:
                pieces.append(Piece(len(rows), texts, _TEXT))
                rows = [*rows, np.concatenate([rows[part.number] for part in parts])]
            laid[name] = pieces
        at = place[np.concatenate([*rows, np.zeros(0, np.int64)])]
        placed = Placed(laid, list(map(len, rows)), at, len(order))
        columns = [pl.Series("line", np.array(self.lines, np.int64)[order])]
        columns += [column for name in names if (column := placed.series(name)).null_count() < len(order)]
        return _finished(pl.DataFrame(columns), context)


def _dense(rows: list[tuple[int, Json]]) -> Iterator[list[tuple[int, Json]]]:
    """Rows that have other keys each, as many together as leave one cell in SPARSE filled: a part for each would cost more
    than its values."""
    some: list[tuple[int, Json]] = []
    names: set[str] = set()
    values = 0
    for row, event in rows:
        names.update(event)
        values += len(event)
        if some and len(names) * (len(some) + 1) > values * SPARSE:
            yield some
            some, names, values = [], set(event), len(event)
        some.append((row, event))
    if some:
        yield some


def _most_important(event: Json) -> Iterator[tuple[str, Any]]:
    names = sorted(event, key=lambda name: name not in FIELDS)
    return ((name, event[name]) for name in names[:KEYS])


