"""What a component makes of documents of a kind, worked out once, and taken as known whenever such documents come again.

A component that reads many documents as one (`native_columns.py`) moves and renames their values, and says what is to be
made of them when somebody asks. What it says follows from the keys, the types, and the marks alone, as long as it looks at no
other value: so it is shown values that cannot be looked at. What comes out is a recipe, by field: a constant, a key, or a function of
keys. Documents of a kind that has none, because the component did look, are read in each batch anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from vedette.model.cells import OPEN, Late, text
from vedette.model.records import Json, Logsource
from vedette.parse.components import Named
from vedette.parse.native_columns import MARKS, UNREADABLE, Column, Results

_NONE: Final = type(None)
_TEXT: Final = frozenset({str})


class Cell(NamedTuple):
    """What a field has in documents of a kind: one value for all of them, or one for each, and their types, as of a Piece."""

    values: Sequence[Any] | Late
    kinds: frozenset[type] | None


class Recipe(NamedTuple):
    """What documents of a kind are read as.

    Attributes:
        pair: the component that reads them.
        fields: what its events have.
        names: each of these, and True.
        said: keys whose texts must not be empty; documents with such are to be read otherwise.
        types: of the values of each key.
        places: of each key among all.
    """

    pair: Named
    source: Logsource
    fields: Mapping[str, Cell]
    names: Mapping[str, bool]
    said: frozenset[str]
    types: Mapping[str, frozenset[type]]
    places: Mapping[str, int]


@dataclass(slots=True, eq=False)
class Kind:
    """Documents that have the same keys, values of the same types, and at some keys the same values, in whatever order they are written.

    Attributes:
        keys: in alphabetical order.
        types: of their values.
        marks: key to value, of those that all have the same.
        seen: how many documents of it came.
        recipe: None where it is not worked out, or there is none.
        tried: whether it was tried to work it out.
    """

    keys: tuple[str, ...]
    types: tuple[type, ...]
    marks: Json
    seen: int = 0
    recipe: Recipe | None = None
    tried: bool = False


class _Looked(TypeError):
    """Somebody asked for a value that is not there yet."""


class Unseen(Late):
    """Values of a key, of documents that are still to come."""

    __slots__ = ("_said", "key", "looked")

    def __init__(self, key: str, said: set[str]) -> None:
        self.key = key
        self.looked = False
        self._said = said

    def __len__(self) -> int:
        return 0

    def all(self) -> Sequence[Any]:
        """None of them can be had."""
        self.looked = True
        raise _Looked(self.key)

    def some(self, rows: Sequence[int]) -> Sequence[Any]:
        """The same of some."""
        return self.all() if len(rows) else ()

    def lacks(self, value: str) -> bool:
        """That none is empty is taken for granted, and made sure of when they come."""
        if value:
            self.all()
        self._said.add(self.key)
        return True


class _Unasked:
    """A context that cannot be asked: what depends on it is no recipe."""

    def __init__(self) -> None:
        self.looked = False

    def __getattr__(self, name: str) -> Any:
        self.looked = True
        raise _Looked(name)


def learn(pair: Named, kind: Kind, marks: Sequence[str], most: int) -> Recipe | None:
    """What a component makes of documents of a kind; None where it looks at their values, cannot read them, or finds more than
    `most` fields.

    Args:
        marks: keys by whose values it parts documents.
    """
    if dict in kind.types or len(marks) != len(kind.marks):
        return None
    said: set[str] = set()
    unseen = {key: Unseen(key, said) for key in kind.keys}
    tree: Json = {}
    for key, kept in zip(kind.keys, kind.types, strict=True):
        if kept is _NONE:
            tree[key] = None
        else:
            tree[key] = (
                kind.marks[key] if key in kind.marks and kept in MARKS else Column(unseen[key], frozenset({kept}))
            )
    context: Any = _Unasked()
    try:
        source, event = pair[1].read(tree, context)
    except UNREADABLE:
        return None
    if context.looked or any(each.looked for each in unseen.values()) or len(event) > most:
        return None
    fields: dict[str, Cell] = {}
    for name, value in event.items():
        if value is None or not name:
            continue
        if value.__class__ is dict and value:
            return None
        cell = _cell(value)
        if cell is None:
            return None
        fields[name] = cell
    types = {key: frozenset({kept}) for key, kept in zip(kind.keys, kind.types, strict=True)}
    places = {key: place for place, key in enumerate(kind.keys)}
    return Recipe(pair, source, fields, dict.fromkeys(fields, True), frozenset(said), types, places)


def _cell(value: Any) -> Cell | None:
    """Of a field; None where it holds values of its own."""
    if value.__class__ in OPEN:
        return Cell((text(value),), _TEXT)
    if value.__class__ is not Column:
        return Cell((value,), frozenset({value.__class__}))
    if not _is_open(value.cells):
        return None
    kinds = value.known
    if kinds is not None and not kinds.isdisjoint(OPEN):
        return Cell(Results(text, (value,), 0), _TEXT) if kinds <= OPEN else None
    return Cell(value.cells, kinds)


def _is_open(values: Any) -> bool:
    """Whether values are made of such that are still to come, and of nothing else."""
    if isinstance(values, Results):
        return all(each.__class__ is not Column or _is_open(each.cells) for each in values.values)
    return isinstance(values, Unseen)
