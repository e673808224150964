"""Documents of one shape, read as one document whose values are columns.

Documents that have the same keys at every level, and null under the same of them, become one tree: an object with
those keys, where every value stands for all documents' values at that place. A document component that says so
(`SPLIT`) is handed such a tree in place of a document. What it does to structure (moving, renaming, flattening) costs
nothing per document then; what it does to values it does through `each`. A step that needs one plain value fails with
TypeError, and its documents are read one by one: slower, with the same answer.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, Final, NoReturn

from vedette.model.cells import OPEN, Late, made
from vedette.model.records import Json
from vedette.parse.written import Values

DEPTH: Final = 10
"""Levels of objects that become part of the shape; what lies deeper is a value."""
UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What a component raises on a document that it cannot read."""
_MISSING: Final = object()


class Column:
    """One value per document. With `gaps`, None stands where a document has no such key.

    Neither text nor number nor truth value: code that takes it for one fails. Values that are late (`cells`) are made when
    somebody asks for them, or for their types.
    """

    __slots__ = ("_kinds", "cells", "gaps")

    def __init__(self, cells: Sequence[Any] | Late, kinds: frozenset[type] | None = None, *, gaps: bool = False) -> None:
        self.cells = cells
        self.gaps = gaps
        self._kinds = kinds

    @property
    def values(self) -> Sequence[Any]:
        """The values."""
        return made(self.cells)

    @property
    def kinds(self) -> frozenset[type]:
        """Types of the values, without the gaps."""
        if self._kinds is None:
            self._kinds = frozenset(map(type, self.values)) - {type(None)}
        return self._kinds

    @property
    def known(self) -> frozenset[type] | None:
        """The same; None where the values would have to be made to tell."""
        return None if self._kinds is None and isinstance(self.cells, Late) else self.kinds

    def lacks(self, value: str) -> bool:
        """Whether none of the values is this text."""
        return self.cells.lacks(value) if isinstance(self.cells, Late) else value not in self.cells

    def _none(self, *_: object) -> NoReturn:
        raise TypeError("a column is no single value")

    __bool__ = __eq__ = __hash__ = __str__ = __repr__ = __format__ = __len__ = __iter__ = _none


def each(function: Callable[..., Any], *values: Any) -> Any:
    """`function(*values)`; of columns the column of its results. None is a gap, in what it gets and what it returns."""
    if not any(value.__class__ is Column for value in values):
        return function(*values)
    return column(_results(function, values))


def later(function: Callable[..., Any], *values: Any) -> Any:
    """The same, made when somebody asks for it, where the columns have no lists and objects.

    Only for a function that takes every text, number, truth value and gap, and returns one of these: nobody is there to
    hear it fail. And only where the event is the same if all results are gaps.
    """
    columns = [value for value in values if value.__class__ is Column]
    if not columns or any(not kinds.isdisjoint(OPEN) for each in columns if (kinds := each.known) is not None):
        return each(function, *values)
    return Column(Results(function, values, len(columns[0].cells)), gaps=True)


class Results(Late):
    """What a function makes of columns. `values`: of these, and of what is the same for all."""

    __slots__ = ("_function", "_made", "_size", "values")

    def __init__(self, function: Callable[..., Any], values: Sequence[Any], size: int) -> None:
        self._function = function
        self.values = values
        self._size = size
        self._made: list[Any] | None = None

    def of(self, values: Sequence[Any], size: int) -> "Results":
        """What the same function makes of others."""
        return Results(self._function, values, size)

    def __len__(self) -> int:
        return self._size

    def all(self) -> Sequence[Any]:
        """All of them."""
        if self._made is None:
            self._made = _results(self._function, self.values)
        return self._made

    def some(self, rows: Sequence[int]) -> Sequence[Any]:
        """Those of some rows."""
        return _results(self._function, self.values, rows) if self._made is None else made(self._made, rows)


def _results(function: Callable[..., Any], values: Sequence[Any], rows: Sequence[int] | None = None) -> list[Any]:
    columns: list[Any] = [made(value.cells, rows) if value.__class__ is Column else repeat(value) for value in values]
    if len(values) == 1 and rows is None and values[0].kinds in _ONE_KIND:
        distinct = set(columns[0])
        if len(distinct) * 4 < len(columns[0]):
            return list(map({value: function(value) for value in distinct}.__getitem__, columns[0]))
    return list(map(function, *columns))


_ONLY_TEXT: Final = frozenset({str})
_ONE_KIND: Final = (_ONLY_TEXT, frozenset({int}))


def column(values: Sequence[Any]) -> Column | None:
    """The column of these values, None when there is nothing in it."""
    made = Column(values, gaps=True)
    return made if made.kinds else None


def single(value: Any) -> type:
    """The class of a value, Column for a column of texts and numbers.

    Raises:
        TypeError: a column of lists or objects.
    """
    if value.__class__ is Column and not value.kinds.isdisjoint(OPEN):
        raise TypeError("a column of lists")
    return type(value)


def either(first: Any, second: Any) -> Any:
    """`first`, and `second` in its gaps."""
    if first is None:
        return second
    if second is None or (first.__class__ is Column and not first.gaps):
        return first
    if first.__class__ is Column and not isinstance(first.cells, Late) and None not in first.values:
        return first
    return later(_either, first, second)


def _either(one: Any, other: Any) -> Any:
    return other if one is None else one


def any_of(*values: Any) -> Any:
    """The first that is neither absent nor empty, as `or` does it."""
    known = [value for value in values if value is not None]
    head = known[0] if known else None
    if head.__class__ is Column and head.kinds == _ONLY_TEXT and not head.gaps and head.lacks(""):
        return head
    return each(_or, *known) if known else None


def _or(*values: Any) -> Any:
    return next((value for value in values if value), None)


def kind(value: Any) -> type:
    """The type of a value, of a column the one type of its values.

    Raises:
        TypeError: they have several.
    """
    if value.__class__ is not Column:
        return type(value)
    kinds = value.kinds
    if len(kinds) != 1 or value.gaps:
        raise TypeError("a column of several types")
    return next(iter(kinds))


Path = tuple[str, ...]
Typed = tuple[Sequence[Any] | Values, frozenset[type]]
"""Values of documents at one place, and their types, with that of null."""


def trees(
    documents: Mapping[str, Typed], split: Sequence[Path], few: int
) -> Iterator[tuple[Sequence[int], Json | None]]:
    """Positions of documents of one shape, with their tree; with None for those that are too few.

    Args:
        documents: the values of the documents by key of the first level, in the order that trees have them in.
        split: places where documents of one tree have the same value, which stands there as it is.
        few: fewer documents make no tree.
    """
    marks = [marked for path in split if (marked := _values_at(documents, path))]
    whole = range(len(next(iter(documents.values()))[0])) if documents else range(0)
    for rows in _grouped(whole, marks):
        if len(rows) < few:
            yield rows, None
            continue
        chosen = _chosen(documents, rows) if len(rows) < len(whole) else documents
        shapes: list[list[Any]] = []
        tree = _tree(chosen, DEPTH, shapes)
        if not shapes:
            yield rows, _fixed(tree, split)
            continue
        for part in _grouped(rows, shapes):
            if len(part) < few:
                yield part, None
            else:
                yield part, _fixed(_tree(_chosen(documents, part), DEPTH, None), split)


def typed(values: Sequence[Any]) -> tuple[Sequence[Any], frozenset[type]]:
    """Values with their types."""
    return values, frozenset(map(type, values))


def _chosen(documents: Mapping[str, Typed], rows: Sequence[int]) -> dict[str, Typed]:
    """The values of some documents."""
    some: dict[str, Typed] = {}
    for key, (values, types) in documents.items():
        if isinstance(values, Values) and types.isdisjoint(_SHAPED):  # of the others types decide
            some[key] = values.part(rows), types
        else:
            chosen = made(values, rows)
            some[key] = (chosen, types) if len(types) == 1 else typed(chosen)
    return some


def _grouped(rows: Sequence[int], marks: Sequence[Sequence[Any]]) -> list[Sequence[int]]:
    """Rows parted by equal marks."""
    if not marks:
        return [rows]
    groups: dict[Any, list[int]] = {}
    for row, mark in zip(rows, marks[0] if len(marks) == 1 else zip(*marks, strict=True), strict=True):
        group = groups.get(mark)
        if group is None:
            groups[mark] = [row]
        else:
            group.append(row)
    return list(groups.values())


def _tree(documents: Mapping[str, Typed], depth: int, marks: list[list[Any]] | None) -> Json:
    """The tree of documents with the same keys, given by key; `marks` gets their shapes per place where these differ after
    all (None: they do not)."""
    tree: Json = {}
    inner: dict[str, Sequence[Json]] = {}
    for key, (values, kinds) in documents.items():
        if kinds.isdisjoint(_SHAPED) or (not depth and type(None) not in kinds):
            tree[key] = Column(values, kinds)
            continue
        if kinds == _NULL:
            tree[key] = None
            continue
        objects = made(values)
        shapes = [_shape(value, depth) for value in objects] if marks is not None else []
        if marks is not None and len(set(shapes)) > 1:
            marks.append(shapes)
        elif dict not in kinds:
            tree[key] = None
        else:
            tree[key], inner[key] = {}, objects
    for key, objects in inner.items() if not marks else ():
        keys = tuple(objects[0])
        cells = list(chain.from_iterable(map(dict.values, objects)))
        tree[key] = _tree({name: typed(cells[at :: len(keys)]) for at, name in enumerate(keys)}, depth - 1, None)
    return tree


_NULL: Final = frozenset({type(None)})
_SHAPED: Final = frozenset({dict, type(None)})


def _shape(value: Any, depth: int) -> Any:
    """The keys of an object, and of all that is in it; of anything else whether it is null."""
    if value.__class__ is not dict or not depth:
        return value is None
    if _SHAPED.isdisjoint(map(type, value.values())):
        return tuple(value)
    return tuple(value), tuple([_shape(inner, depth - 1) for inner in value.values()])


def _values_at(documents: Mapping[str, Typed], path: Path) -> Sequence[Any] | None:
    """Marks by the values at a place, None where it is the same for all or holds values that are no marks."""
    first, *inner = path
    if first not in documents:
        return None
    values, kinds = documents[first]
    found = made(values)
    for key in inner:
        found, kinds = typed([value.get(key) if value.__class__ is dict else None for value in found])
    if not kinds <= MARKS:
        return None
    if len(kinds) > 1:
        return [(value.__class__, value) for value in found]
    return found if len(set(found)) > 1 else None


MARKS: Final = frozenset({str, int, bool, type(None)})
"""Types of values by which documents may be parted."""


def _fixed(tree: Json, split: Sequence[Path]) -> Json:
    """The tree with a plain value in each of the places that have one for all documents."""
    for path in split:
        _fix(tree, path)
    return tree


def _fix(tree: Json, path: Path) -> None:
    """The one value of a column that `split` made uniform, in place of the column."""
    *objects, last = path
    for key in objects:
        tree = tree.get(key, None)  # type: ignore[assignment]
        if tree.__class__ is not dict:
            return
    found = tree.get(last, _MISSING)
    if found.__class__ is Column and found.kinds <= MARKS and len(found.kinds) == 1:
        values = found.values
        if values.count(values[0]) == len(values):
            tree[last] = values[0]
