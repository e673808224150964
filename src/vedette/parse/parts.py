"""Documents that are read by recipes, as parts of cells: what a field has in them is put together when somebody asks for it."""

from collections.abc import Container, Iterator, Mapping, Sequence
from copy import copy
from typing import Any, Final

from vedette.model.cells import Late, LateFields, Piece
from vedette.parse.native_columns import Column, Results
from vedette.parse.plain import Plain
from vedette.parse.recipes import Recipe, Unseen
from vedette.parse.written import Values

_TEXT: Final = frozenset({str})


class Part:
    """Documents of one kind that are read by its recipe, as a part of cells with this number."""

    def __init__(self, number: int, recipe: Recipe, documents: Plain) -> None:
        self.number = number
        self.recipe = recipe
        self.documents = documents
        self._late: dict[int, Late] = {}
        self._pieces: dict[str, Piece] = {}

    def piece(self, name: str) -> Piece:
        """What a field of the recipe has in it."""
        piece = self._pieces.get(name)
        if piece is None:
            values, kinds = self.recipe.fields[name]
            piece = self._pieces[name] = Piece(
                self.number, self._bound(values) if isinstance(values, Late) else values, kinds
            )
        return piece

    def key(self, name: str) -> str | None:
        """The key whose texts a field has as they are written; None where it has something else."""
        cell = self.recipe.fields.get(name)
        return cell.values.key if cell is not None and isinstance(cell.values, Unseen) and cell.kinds == _TEXT else None

    def _bound(self, late: Late) -> Late:
        """Values of these documents for those that were still to come: the same ones for the same."""
        found = self._late.get(id(late))
        if found is None:
            if isinstance(late, Results):
                found = late.of([self._column(each) for each in late.values], len(self.documents.at))
            else:
                assert isinstance(late, Unseen)  # noqa: S101 - as `_is_open` has it
                found = Values(self.documents, late.key)
            self._late[id(late)] = found
        return found

    def _column(self, value: Any) -> Any:
        if value.__class__ is not Column:
            return value
        late: Any = value.cells
        return Column(self._bound(late), value.known, gaps=value.gaps)


class Pieces(LateFields):
    """Pieces by field: some that are there, and those of parts, which are made when they are asked for."""

    def __init__(
        self,
        names: Mapping[str, None],
        there: Mapping[str, Sequence[Piece]],
        parts: Sequence[Part],
        apart: Container[str] = (),
    ) -> None:
        """`names`: of all fields, in their order; `apart`: those of which only the name is told."""
        self._names = names
        self._there = there
        self._by_name: dict[str, list[Part]] = {}
        for part in parts:
            for name in part.recipe.fields:
                self._by_name.setdefault(name, []).append(part)
        self._apart = apart
        self._inside: Sequence[int] | None = None
        self._made: dict[str, Sequence[Piece]] = {}

    def without(self, apart: Container[str], known: Container[str]) -> "Pieces":
        """The same, of some fields none: of those only the names that are `known`."""
        made = copy(self)
        made._names = dict.fromkeys(name for name in self._names if name not in apart or name in known)
        made._apart = apart
        made._made = {}
        return made

    def among(self, inside: Sequence[int]) -> "Pieces":
        """As for any that are late."""
        made = copy(self)
        made._inside = inside
        made._made = {}
        return made

    def left(self, name: str) -> bool:
        """As for any that are late."""
        return name in self._names and name not in self._apart

    def has(self, name: str, inside: Sequence[int]) -> bool:
        """As for any that are late."""
        if not self.left(name):
            return False
        return any(inside[part.number] for part in self._by_name.get(name, ())) or any(
            inside[piece.part] for piece in self._there.get(name, ())
        )

    def __getitem__(self, name: str) -> Sequence[Piece]:
        found = self._made.get(name)
        if found is None:
            if name not in self._names:
                raise KeyError(name)
            found = self._made[name] = self._pieces(name) if name not in self._apart else ()
        return found

    def _pieces(self, name: str) -> list[Piece]:
        parts, inside = self._by_name.get(name, ()), self._inside
        mine = parts if inside is None else [part for part in parts if inside[part.number]]
        return [*self._there.get(name, ()), *[part.piece(name) for part in mine]]

    def told(self, name: str) -> tuple[list[Piece], list[Part], list[str]]:
        """What a field has: pieces, and parts in which it is a text of each document as it is written, with these texts of all of
        them, one part after the other."""
        pieces, parts, lots = list(self._there.get(name, ())), [], []
        for part in self._by_name.get(name, ()):
            if (key := part.key(name)) is not None:
                parts.append(part)
                lots.append((part.documents.at, part.recipe.places[key]))
            else:
                pieces.append(part.piece(name))
        return pieces, parts, parts[0].documents.spans.texts(lots) if parts else []

    def get(self, name: str, default: Any = None) -> Any:
        """The same as of any mapping, without an exception for each name that is not there."""
        return self[name] if name in self._names else default

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
