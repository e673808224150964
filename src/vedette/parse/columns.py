"""JSON objects to event columns, each object by the document component that claims its keys.

A component that has `SPLIT` (places whose values decide what it does; may be empty) is also able to read many documents
of one shape as one: see native_columns. It is handed the keys of the first level in alphabetical order, so that
documents that differ only in the order of their keys are of one shape.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import orjson
import polars as pl

from vedette.model import cells
from vedette.model.cells import Cells, Fields, Piece, Placed, Rows, filled
from vedette.model.fields import FIELDS, conform
from vedette.model.records import Json, Logsource
from vedette.parse import time
from vedette.parse.address import SIDES
from vedette.parse.components import Named, components
from vedette.parse.context import Context, no_rejects
from vedette.parse.native import RESERVED
from vedette.parse.native_columns import Column, Path, Typed, trees

KEYS: Final = 512
"""Fields kept of one object; those of the schema before the others. `event.original` keeps all."""
CELLS: Final = 1 << 24
"""Most rows times columns of one frame: objects that share no keys must not make a frame of empty cells."""
SLICE: Final = 256
"""Texts that are held at once: as many as a processor has at hand."""
FEW: Final = 4
"""Fewer documents of one shape are read one by one."""

GOES_ON: Final = frozenset(
    {"@timestamp", "host.name", "event.dataset", *RESERVED}
    | {f"{side}.{what}" for side in SIDES for what in ("address", "ip", "domain")}
)
"""Fields that parsing goes on with after a component has read its documents."""

_OPEN: Final = frozenset({list, dict})
_TEXT: Final = frozenset({str})
_DECODE: Final = msgspec.json.Decoder().decode
UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What a component raises on a document that it cannot read."""


def documents(frame: pl.DataFrame, context: Context, *, whole: bool) -> tuple[list["Understood"], pl.DataFrame]:
    """Objects in `raw` to groups, and what is no object or not to be read.

    Args:
        frame: `line`, `raw`.
        whole: all fields are to be columns of the frames.
    """
    tables = Tables()
    bad: list[tuple[int, str]] = []
    raws = (raw for start in range(0, frame.height, SLICE) for raw in frame["raw"][start : start + SLICE].to_list())
    _read(frame["line"].to_list(), raws, context, tables, bad)
    return tables.groups(context, whole=whole), pl.DataFrame(bad, schema=no_rejects().schema, orient="row") if bad else no_rejects()


def decode(raw: str) -> Any:
    """The value of a JSON text, whole numbers of any size as they are.

    Raises:
        orjson.JSONDecodeError: it is none.
    """
    try:
        return _DECODE(raw)
    except RecursionError:
        raise orjson.JSONDecodeError("objects nested too deep", raw[:80], 0) from None
    except ValueError:
        return orjson.loads(raw)  # Says in better words what is wrong.


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
        keys: in alphabetical order; `places` of these in the order that they are written in.
        pair: the component that claims them.
        split: its SPLIT, None where it has none.
        mark: of a document the values that it is parted by.
    """

    keys: tuple[str, ...]
    places: tuple[int, ...]
    pair: Named | None
    split: Sequence[Path] | None
    mark: Callable[[Json], Any]


@lru_cache(maxsize=4096)
def _shape(written: tuple[str, ...]) -> Shape:
    places = sorted(range(len(written)), key=written.__getitem__)
    keys = tuple([written[place] for place in places])
    names = frozenset(keys)
    pair = next((pair for pair in components().documents if pair[1].claims(names)), None)
    split: Sequence[Path] | None = getattr(pair[1], "SPLIT", None) if pair else None
    marks = [path[0] for path in split or () if len(path) == 1 and path[0] in names]
    return Shape(keys, tuple(places), pair, split, itemgetter(*marks) if marks else _same)


def _same(_document: Json) -> None:
    return None


Part = tuple[list[int], list[list[Any]]]
"""Documents that are alike: their lines, and for each key, in the order that they are written in, their values."""
Parts = dict[tuple[Any, tuple[type, ...]], Part]
"""By marks and types of the values."""


def _part(parts: Parts, shape: Shape, document: Json) -> Part:
    """Where a document belongs. Its values are looked at now: later each of them would have to come from memory again."""
    types = tuple(map(type, document.values()))
    try:
        return parts[shape.mark(document), types]
    except KeyError:
        made = parts[shape.mark(document), types] = ([], [[] for _ in types])
        return made
    except TypeError:  # a list or an object is no mark
        return parts.setdefault((None, types), ([], [[] for _ in types]))


def _read(lines: list[int], raws: Iterable[str], context: Context, tables: Tables, bad: list[tuple[int, str]]) -> None:
    """Documents to the component that claims their keys: those of one shape as one, the others one by one.

    A document is taken apart as soon as it is decoded: many that are held at once are memory that has to come back.
    """
    alike: dict[tuple[str, ...], tuple[Shape, Parts]] = {}
    for line, raw in zip(lines, raws, strict=True):
        try:
            document = _DECODE(raw)
        except (ValueError, RecursionError):
            try:
                document = decode(raw)
            except orjson.JSONDecodeError as error:
                bad.append((line, f"broken JSON: {error}"))
                continue
        if document.__class__ is not dict:
            bad.append((line, "JSON, but not an object"))
            continue
        written = tuple(document)
        known = alike.get(written)
        if known is None:
            # Cached are those of which nobody can make memory full.
            shape = _shape(written) if len(written) <= KEYS else _shape.__wrapped__(written)
            known = alike[written] = (shape, {})
        numbers, columns = _part(known[1], known[0], document)
        numbers.append(line)
        deque(map(list.append, columns, document.values()), 0)
    for shape, numbers, found in _with_same_keys(alike):
        if shape.pair is None:
            bad += [(line, "JSON object without a known key") for line in numbers]
        elif shape.split is None or len(numbers) < FEW or len(shape.keys) > KEYS:
            _one_by_one(shape.pair, numbers, found, range(len(numbers)), context, tables, bad)
        else:
            for rows, tree in trees(found, shape.split, FEW):
                chosen = numbers if len(rows) == len(numbers) else [numbers[row] for row in rows]
                if tree is None or not _as_one(shape.pair, chosen, tree, context, tables):
                    _one_by_one(shape.pair, chosen, found, rows, context, tables, bad)


def _with_same_keys(
    alike: dict[tuple[str, ...], tuple[Shape, Parts]],
) -> Iterator[tuple[Shape, list[int], dict[str, Typed]]]:
    """Documents with the same keys in any order, null under the same of them, and the same marks: their lines, and their
    values by key, in alphabetical order."""
    groups: dict[Any, tuple[Shape, list[int], list[tuple[list[Any], set[type]]]]] = {}
    for written, (shape, parts) in alike.items():
        for (mark, types), (numbers, values) in parts.items():
            nulls = tuple([key for key, kind in zip(written, types, strict=True) if kind is _NONE])
            group = groups.get((shape.keys, mark, nulls))
            if group is None:
                columns = [(values[at], {types[at]}) for at in shape.places]
                groups[shape.keys, mark, nulls] = (shape, numbers, columns)
                continue
            group[1].extend(numbers)
            for (mine, there), at in zip(group[2], shape.places, strict=True):
                mine += values[at]
                there.add(types[at])
    alike.clear()
    for shape, numbers, columns in groups.values():
        found: dict[str, Typed] = {key: (mine, frozenset(there)) for key, (mine, there) in zip(shape.keys, columns, strict=True)}
        yield shape, numbers, found


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
    found: Mapping[str, Typed],
    rows: Sequence[int],
    context: Context,
    tables: Tables,
    bad: list[tuple[int, str]],
) -> None:
    name, module = pair
    for line, row in zip(lines, rows, strict=True):
        try:
            source, event = module.read({key: values[row] for key, (values, _) in found.items()}, context)
        except UNREADABLE as error:
            bad.append((line, f"{name}: {error}"))
            continue
        tables.of(pair, source).add(line, event)


class Columns:
    """Flat events gathered into columns, any number at a time."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self._parts: list[Sequence[int]] = []
        self._cells: dict[str, list[Piece]] = {}
        self._single: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}

    def is_full(self) -> bool:
        """Whether another row belongs into another frame."""
        return len(self._cells) > KEYS and len(self._cells) * len(self.lines) > CELLS >> 4

    def add(self, line: int, event: Json) -> None:
        """One more row. Rows with the same keys in the same order are kept as tuples: `zip` makes columns of them."""
        if len(event) > KEYS:
            event = dict(_most_important(event))
        keys = tuple(event)
        rows = self._single.get(keys)
        if rows is None:
            rows = self._single[keys] = []
            for name in keys:
                self._cells.setdefault(name, [])
        rows.append((len(self.lines), *event.values()))
        self.lines.append(line)

    def extend(self, lines: Sequence[int], event: Json) -> None:
        """Rows for these lines: a column's values, and any other value in each of them."""
        self._put(range(len(self.lines), len(self.lines) + len(lines)), event)
        self.lines += lines

    def _put(self, rows: Sequence[int], event: Json) -> None:
        part = len(self._parts)
        self._parts.append(rows)
        for name, value in event.items():
            if value is None:
                continue
            pieces = self._cells.get(name)
            if pieces is None:
                pieces = self._cells[name] = []
            values, kinds = (
                (value.values, value.kinds) if value.__class__ is Column else ((value,), frozenset({value.__class__}))
            )
            if not kinds.isdisjoint(_OPEN):  # they may change later; what is beside them keeps its type
                values = [cells.text(value) if value.__class__ in _OPEN else value for value in values]
                kinds = (kinds - _OPEN) | _TEXT
            pieces.append(Piece(part, values, kinds))

    def frame(self, context: Context) -> pl.DataFrame:
        """The rows so far by line: text for what the schema does not type, stamps read, nested values as JSON."""
        order, fields, rows = self._settled()
        return self._frame(context, order, fields, rows, [name for name in fields if name != "line"])

    def apart(self, context: Context) -> tuple[pl.DataFrame, Cells]:
        """The same, in a frame only what parsing goes on with."""
        order, fields, rows = self._settled()
        lines = np.array(self.lines, np.int64)
        frame = self._frame(context, order, fields, rows, [name for name in fields if name in GOES_ON])
        left = {name: () if name in GOES_ON or name == "line" else pieces for name, pieces in fields.items()}
        return frame, Cells([lines[part] for part in rows], left)

    def _settled(self) -> tuple[Rows, dict[str, list[Piece]], list[Rows]]:
        """The rows ordered by line, pieces by field, and the rows of each part."""
        for keys, single in self._single.items():
            taken, *values = zip(*single, strict=True)
            self._put(taken, {name: Column(each) for name, each in zip(keys, values, strict=True)})
        self._single = {}
        rows = [np.arange(part.start, part.stop) if isinstance(part, range) else np.array(part) for part in self._parts]
        return np.argsort(np.array(self.lines, np.int64), kind="stable"), filled(self._cells), rows

    def _frame(
        self, context: Context, order: Rows, fields: Fields, rows: list[Rows], names: Sequence[str]
    ) -> pl.DataFrame:
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        at = place[np.concatenate([*rows, np.zeros(0, np.int64)])]
        placed = Placed(fields, list(map(len, rows)), at, len(order))
        columns = [pl.Series("line", np.array(self.lines, np.int64)[order])]
        columns += [column for name in names if (column := placed.series(name)).null_count() < len(order)]
        return _finished(pl.DataFrame(columns), context)


def _most_important(event: Json) -> Iterator[tuple[str, Any]]:
    names = sorted(event, key=lambda name: name not in FIELDS)
    return ((name, event[name]) for name in names[:KEYS])


