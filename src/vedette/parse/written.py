"""Documents with the same keys, of which only the values stay that somebody asks for.

Most of what stands in a document nobody ever asks for. To decode a value costs little; to keep it until the batch is
done with costs as much again, because it is memory that has to come, and to come back. So of documents with the same
keys those values are kept that somebody asked for in an earlier batch; of the first ones all. Who asks for another value
has the documents decoded once more, and from then on it is kept.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Final

import msgspec
import numpy as np
import orjson
import polars as pl

from vedette.model.cells import Late, Origin, Rows
from vedette.model.records import Json

SLICE: Final = 256
"""Texts that are held at once: as many as a processor has at hand."""
MANY: Final = 8
"""Part of the documents from which on a value that is asked for will be kept: a few are asked for as evidence."""

DECODE: Final = msgspec.json.Decoder().decode


def decode(raw: str) -> Any:
    """The value of a JSON text, whole numbers of any size as they are.

    Raises:
        orjson.JSONDecodeError: it is none.
    """
    try:
        return DECODE(raw)
    except RecursionError:
        raise orjson.JSONDecodeError("objects nested too deep", raw[:80], 0) from None
    except ValueError:
        return orjson.loads(raw)  # Says in better words what is wrong.


def texts(raws: pl.Series) -> Iterator[str]:
    """One after the other, of which few are held at once."""
    return chain.from_iterable(raws[start : start + SLICE].to_list() for start in range(0, len(raws), SLICE))


class Keys:
    """All keys of some documents, and those that somebody asked for; None before anybody did."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.all = keys
        self.asked: frozenset[str] | None = None

    def note(self, key: str) -> None:
        """Somebody asked for the values of a key."""
        if self.asked is None or key not in self.asked:
            self.asked = (self.asked or frozenset()) | {key}


class Documents:
    """Documents with the same keys.

    Attributes:
        rows: which rows they are.
        origin: what makes values of several of these at once.
    """

    origin: Origin | None = None

    def __init__(self, raws: pl.Series, rows: "list[int] | np.ndarray[Any, np.dtype[np.int64]]") -> None:
        """`raws`: texts of all rows."""
        self._raws = raws
        self.rows = rows
        self._single: dict[int, Json] = {}

    def all(self, key: str) -> list[Any]:
        """The values of a key, of all of them."""
        raise NotImplementedError

    def some(self, key: str, rows: Sequence[int]) -> list[Any]:
        """The values of a key, of some of them."""
        raise NotImplementedError

    def whole(self, rows: Sequence[int]) -> Iterator[Json]:
        """Some of them, each with all of its keys."""
        raise NotImplementedError

    def one(self, row: int) -> Json:
        """One of them."""
        found = self._single.get(row)
        if found is None:
            found = self._single[row] = decode(self._raws[int(self.rows[row])])
        return found


class Decoded(Documents):
    """Those that were decoded.

    Attributes:
        take: what is to be kept of a document.
        values: what was kept of each.
    """

    def __init__(self, raws: pl.Series, keys: Keys, *, whole: bool) -> None:
        """`whole`: all values are to be kept."""
        self.rows: list[int] = []
        super().__init__(raws, self.rows)
        self._keys = keys
        kept = keys.all if whole or keys.asked is None else tuple(filter(keys.asked.__contains__, keys.all))
        self._places = {key: place for place, key in enumerate(kept)}
        self.take: Callable[[Json], tuple[Any, ...]] = itemgetter(*kept) if len(kept) > 1 else self._take
        self.values: list[tuple[Any, ...]] = []
        self._made: dict[str, list[Any]] = {}

    def _take(self, document: Json) -> tuple[Any, ...]:
        return tuple(map(document.__getitem__, self._places))

    def all(self, key: str) -> list[Any]:
        """The values of a key, of all of them."""
        self._keys.note(key)
        return self._all(key)

    def some(self, key: str, rows: Sequence[int]) -> list[Any]:
        """The values of a key, of some of them."""
        if len(rows) * MANY >= len(self.rows):
            self._keys.note(key)
        elif key not in self._made and key not in self._places:
            return [self.one(row)[key] for row in rows]
        return list(map(self._all(key).__getitem__, rows))

    def whole(self, rows: Sequence[int]) -> Iterator[Json]:
        """Some of them, each with all of its keys."""
        keys = self._keys.all
        if len(self._places) == len(keys):
            return (dict(zip(keys, self.values[row], strict=True)) for row in rows)
        return ({key: document[key] for key in keys} for document in map(self.one, rows))

    def _all(self, key: str) -> list[Any]:
        if key not in self._made and key in self._places:
            self._made[key] = list(map(itemgetter(self._places[key]), self.values))
        elif key not in self._made:
            others: dict[str, list[Any]] = {name: [] for name in self._keys.all if name not in self._places}
            for document in map(decode, texts(self._raws[self.rows])):
                for name, values in others.items():
                    values.append(document[name])
            self._made |= others
        return self._made[key]


class Values(Late):
    """The values of one key, of all documents or of some."""

    __slots__ = ("_documents", "_key", "_rows")

    def __init__(self, documents: Documents, key: str, rows: Sequence[int] | None = None) -> None:
        self._documents = documents
        self._key = key
        self._rows = rows

    def __len__(self) -> int:
        return len(self._documents.rows if self._rows is None else self._rows)

    def all(self) -> Sequence[Any]:
        """All of them."""
        values = self._documents.all(self._key)
        return values if self._rows is None else list(map(values.__getitem__, self._rows))

    def some(self, rows: Sequence[int]) -> Sequence[Any]:
        """Those of some rows."""
        return self._documents.some(self._key, self._among(rows))

    def part(self, rows: Sequence[int]) -> "Values":
        """Those of some rows, later."""
        return Values(self._documents, self._key, self._among(rows))

    def _among(self, rows: Sequence[int]) -> Sequence[int]:
        return rows if self._rows is None else list(map(self._rows.__getitem__, rows))

    @property
    def origin(self) -> Origin | None:
        """As for any that are late."""
        return self._documents.origin

    def among(self, rows: Rows | None) -> tuple[Documents, str, Rows | None]:
        """The documents, the key, and which of the documents some rows are (None: all)."""
        if self._rows is not None:
            mine = np.array(self._rows, np.int64)
            rows = mine if rows is None else mine[rows]
        return self._documents, self._key, rows
