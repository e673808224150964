"""JSON objects to event columns, each object by the document component that claims its keys.

A component that has `SPLIT` (places whose values decide what it does; may be empty) is also able to read many documents
of one shape as one: see native_columns. It is handed the keys of the first level in alphabetical order, so that
documents that differ only in the order of their keys are of one shape.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import orjson
import polars as pl

from vedette.model.fields import FIELDS, conform
from vedette.model.records import Json, Logsource
from vedette.parse import time
from vedette.parse.components import Group, Named, components
from vedette.parse.context import Context, no_rejects
from vedette.parse.native_columns import Column, trees

KEYS: Final = 512
"""Fields kept of one object; those of the schema before the others. `event.original` keeps all."""
CELLS: Final = 1 << 24
"""Most rows times columns of one frame: objects that share no keys must not make a frame of empty cells."""
ROWS: Final = 1 << 15
TEXT: Final = 64 << 20
"""Documents, and bytes of them, that are held decoded at once: the more, the more there are of each shape."""
SMALL: Final = 128
"""Up to so many rows a list is quicker than numpy."""
FEW: Final = 4
"""Fewer documents of one shape are read one by one."""

_TEXT: Final = frozenset({str, type(None)})
_WHOLE: Final = frozenset({int, type(None)})
_DECODE: Final = msgspec.json.Decoder().decode
UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What a component raises on a document that it cannot read."""


@lru_cache(maxsize=4096)
def _claimed(keys: tuple[str, ...]) -> Named | None:
    names = frozenset(keys)
    return next((pair for pair in components().documents if pair[1].claims(names)), None)


def documents(frame: pl.DataFrame, context: Context) -> tuple[list[tuple[Group, bool]], pl.DataFrame]:
    """Objects in `raw` to groups, each with whether it is an envelope, and what is no object or not to be read.

    Args:
        frame: `line`, `raw`.
    """
    tables = Tables()
    bad: list[tuple[int, str]] = []
    for part in _parts(frame):
        _read(part["line"].to_list(), part["raw"].to_list(), context, tables, bad)
        tables.settle()
    return tables.groups(context), pl.DataFrame(bad, schema=no_rejects().schema, orient="row") if bad else no_rejects()


def _parts(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """As many documents in one as are held decoded at once."""
    ends = frame["raw"].str.len_bytes().cast(pl.Int64()).cum_sum().to_numpy()
    start = 0
    while start < frame.height:
        done = int(ends[start - 1]) if start else 0
        end = max(start + 1, min(start + ROWS, int(np.searchsorted(ends, done + TEXT, "right"))))
        yield frame[start:end]
        start = end


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


class Tables:
    """Columns per component, logsource, and whether the component is an envelope."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, Logsource, bool], list[Columns]] = {}
        self._done: dict[tuple[str, Logsource, bool], list[pl.DataFrame]] = {}

    def of(self, pair: Named, source: Logsource) -> "Columns":
        """Where the component's next rows belong."""
        parts = self._open.setdefault((pair[0], source, getattr(pair[1], "ENVELOPE", False)), [])
        if not parts or parts[-1].is_full():
            parts.append(Columns())
        return parts[-1]

    def settle(self) -> None:
        """The rows so far become frames: text in columns takes a fraction of the room that objects take."""
        for key, parts in self._open.items():
            self._done.setdefault(key, []).extend(part.texts() for part in parts)
        self._open = {}

    def groups(self, context: Context) -> list[tuple[Group, bool]]:
        """All of them as frames."""
        return [
            ((name, source, _finished(whole, context)), envelope)
            for (name, source, envelope), frames in self._done.items()
            for whole in _joined(frames)
        ]


def _joined(frames: list[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """One after the other in one frame, as long as that is not mostly empty cells."""
    part: list[pl.DataFrame] = []
    names: set[str] = set()
    height = 0
    for frame in frames:
        names.update(frame.columns)
        height += frame.height
        if part and len(names) > KEYS and len(names) * height > CELLS >> 4:
            yield pl.concat(part, how="diagonal")
            part, names, height = [], set(frame.columns), frame.height
        part.append(frame)
    yield part[0] if len(part) == 1 else pl.concat(part, how="diagonal", rechunk=True)


def _finished(whole: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Stamps read, and every column in its type."""
    if "@timestamp" in whole.columns:
        whole = whole.with_columns(time.parse(whole["@timestamp"], context))
    return conform(whole)


def _read(lines: list[int], raws: list[str], context: Context, tables: Tables, bad: list[tuple[int, str]]) -> None:
    """Documents to the component that claims their keys: those of one shape as one, the others one by one."""
    alike: dict[tuple[str, ...], tuple[list[int], list[Json]]] = {}
    for line, raw in zip(lines, raws, strict=True):
        try:
            document = decode(raw)
        except orjson.JSONDecodeError as error:
            bad.append((line, f"broken JSON: {error}"))
            continue
        if document.__class__ is not dict:
            bad.append((line, "JSON, but not an object"))
            continue
        keys = tuple(document)
        members = alike.get(keys)
        if members is None:
            members = alike[keys] = ([], [])
        members[0].append(line)
        members[1].append(document)
    for keys, numbers, found in _with_same_keys(alike):
        pair = _claimed(keys) if len(keys) <= KEYS else _claimed.__wrapped__(keys)
        if pair is None:
            bad += [(line, "JSON object without a known key") for line in numbers]
            continue
        split = getattr(pair[1], "SPLIT", None)
        if split is None:
            _one_by_one(pair, numbers, found, context, tables, bad)
            continue
        few = len(found) < FEW or len(keys) > KEYS
        for rows, tree in [(range(len(found)), None)] if few else trees(found, keys, split, FEW):
            chosen = [numbers[row] for row in rows]
            if tree is None or not _as_one(pair, chosen, tree, context, tables):
                ordered = [{key: found[row][key] for key in keys} for row in rows]
                _one_by_one(pair, chosen, ordered, context, tables, bad)


def _with_same_keys(
    alike: dict[tuple[str, ...], tuple[list[int], list[Json]]],
) -> Iterator[tuple[tuple[str, ...], list[int], list[Json]]]:
    """Groups of documents, by their keys in the order they are written, joined by their keys in alphabetical order."""
    groups: dict[tuple[str, ...], tuple[list[int], list[Json]]] = {}
    for written, members in alike.items():
        keys = tuple(sorted(written))
        group = groups.get(keys)
        if group is None:
            groups[keys] = members
        else:
            group[0].extend(members[0])
            group[1].extend(members[1])
    return ((keys, *members) for keys, members in groups.items())


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
    pair: Named, lines: list[int], found: list[Json], context: Context, tables: Tables, bad: list[tuple[int, str]]
) -> None:
    name, module = pair
    for line, document in zip(lines, found, strict=True):
        try:
            source, event = module.read(document, context)
        except UNREADABLE as error:
            bad.append((line, f"{name}: {error}"))
            continue
        tables.of(pair, source).add(line, event)


class Cells(NamedTuple):
    """What one column gets from one addition: its rows, which are `part`'s, and one value for each or for all.

    `kinds`: types of the values; null may be among them without being named.
    """

    part: int
    values: Sequence[Any]
    kinds: frozenset[type]


class Columns:
    """Flat events gathered into columns, any number at a time."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self._parts: list[Sequence[int]] = []
        self._cells: dict[str, list[Cells]] = {}
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
            cells = self._cells.get(name)
            if cells is None:
                cells = self._cells[name] = []
            if value.__class__ is Column:
                cells.append(Cells(part, value.values, value.kinds))
            else:
                cells.append(Cells(part, (value,), frozenset({value.__class__})))

    def frame(self, context: Context) -> pl.DataFrame:
        """The rows so far by line: text for what the schema does not type, stamps read, nested values as JSON."""
        return _finished(self.texts(), context)

    def texts(self) -> pl.DataFrame:
        """The same with stamps as text."""
        for keys, single in self._single.items():
            taken, *cells = zip(*single, strict=True)
            self._put(taken, {name: Column(values) for name, values in zip(keys, cells, strict=True)})
        self._single = {}
        lines = np.array(self.lines, np.int64)
        order = np.argsort(lines, kind="stable")
        place = np.empty(len(lines), np.uint32)
        place[order] = np.arange(len(lines), dtype=np.uint32)
        rows = [place[part.start : part.stop] if isinstance(part, range) else place[[*part]] for part in self._parts]
        places = Places(rows, len(lines))
        made: dict[tuple[Any, ...], pl.Series] = {}
        columns: list[pl.Series] = [pl.Series("line", lines[order])]
        for name, parts in self._cells.items():
            if name == "line":
                continue
            # Often one column fills several fields.
            key = (_is_whole(name), *(id(part.values) for part in parts))
            series = made.get(key)
            if series is None:
                series = made[key] = places.column(parts, whole=_is_whole(name))
            if series.null_count() < len(series):
                columns.append(series.alias(name))
        return pl.DataFrame(columns)


class Places:
    """Where the values of parts go in a column of `height` rows."""

    def __init__(self, rows: list[npt.NDArray[np.uint32]], height: int) -> None:
        self._rows = np.concatenate(rows) if rows else np.zeros(0, np.uint32)
        self._sizes = np.fromiter(map(len, rows), np.int64, len(rows))
        self._begins = np.cumsum(self._sizes) - self._sizes
        self._height = height
        self._known: dict[tuple[tuple[int, int], ...], pl.Series | None] = {}

    def column(self, cells: list[Cells], *, whole: bool) -> pl.Series:
        """One column from the cells; null where there are none."""
        kinds = frozenset().union(*(each.kinds for each in cells))
        if self._height <= SMALL:
            return _series(self._spread(cells), kinds, whole=whole)
        key = tuple((each.part, len(each.values)) for each in cells)
        if key not in self._known:
            self._known[key] = self._places(key)
        places = self._known[key]
        if places is None:
            return _series(list(cells[0].values), kinds, whole=whole)
        # Null stands before the values.
        values = list(chain([None], *(each.values for each in cells)))
        return _series(values, kinds, whole=whole)[places]

    def _spread(self, cells: list[Cells]) -> list[Any]:
        column: list[Any] = [None] * self._height
        for part, values, _ in cells:
            begin = self._begins[part]
            rows = self._rows[begin : begin + self._sizes[part]].tolist()
            for row, value in zip(rows, values if len(values) > 1 else repeat(values[0]), strict=False):
                column[row] = value
        return column

    def _places(self, key: tuple[tuple[int, int], ...]) -> pl.Series | None:
        """Per row the number of its value, 0 being none; None when the values are all rows in their order."""
        parts, counts = np.array(key, np.int64).T
        sizes = self._sizes[parts]
        if len(parts) == 1 and counts[0] == self._height:
            rows = self._rows[self._begins[parts[0]] :][: self._height]
            if (rows[1:] > rows[:-1]).all():
                return None
        # For the rows of all parts, one after the other: the part's place here, and the row's in the part.
        part = np.repeat(np.arange(len(parts)), sizes)
        within = np.arange(len(part)) - (np.cumsum(sizes) - sizes)[part]
        numbers = (np.cumsum(counts) - counts + 1)[part] + within * (counts > 1)[part]
        at = np.zeros(self._height, np.uint32)
        at[self._rows[self._begins[parts][part] + within]] = numbers
        return pl.Series(at)


def _is_whole(name: str) -> bool:
    return name in FIELDS and FIELDS[name].type == pl.Int64()


def _series(values: list[Any], kinds: frozenset[type], *, whole: bool) -> pl.Series:
    # Types, not instances of them: polars then needs half as long to begin.
    if kinds <= _TEXT and not whole:
        return pl.Series(values, dtype=pl.String)
    if kinds <= _WHOLE:
        try:
            numbers = pl.Series(values, dtype=pl.Int64)
        except (OverflowError, TypeError):
            pass
        else:
            return numbers if whole else numbers.cast(pl.String())
    if whole:
        return pl.Series([_integer(value) for value in values], dtype=pl.Int64)
    texts = [value if value is None or value.__class__ is str else _text(value) for value in values]
    return pl.Series(texts, dtype=pl.String)


def _most_important(event: Json) -> Iterator[tuple[str, Any]]:
    names = sorted(event, key=lambda name: name not in FIELDS)
    return ((name, event[name]) for name in names[:KEYS])


def _integer(value: Any) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if -(2**63) <= number < 2**63 else None


def _text(value: Any) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, dict | list):
        try:
            return orjson.dumps(value).decode()
        except orjson.JSONEncodeError:  # many levels, or whole numbers of more than 64 bits
            return msgspec.json.encode(value).decode()
    return str(value)
