"""Alerts by column, in memory, for a process that is asked about them again and again: a million are filtered and counted in
the time in which the database counts fifty thousand.

Nothing of it is kept on disk, and who writes knows nothing of it. Before a question the rows are read that were changed since
(the sequence of their commit tells), in the transaction of the question, so that what is counted is what the database holds.
Where that would be many - at first, or when everything was acknowledged at once - they are read in the background, and the
database counts meanwhile.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any as Whatever
from typing import Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from vedette.model.errors import StoreError
from vedette.model.query import All, Any, Node, Not, Test
from vedette.store import counters, tables
from vedette.store.alerts import FORGOTTEN
from vedette.store.database import Database, row_number
from vedette.store.where import Kept, compared, holds

SIZE: Final = 1 << 16
"""Rows of a block. A block is never changed once it can be seen: a change makes another one."""
AT_ONCE: Final = 10_000
"""Changed rows that a question waits for, 30 ms; more are read in the background."""
_PART: Final = 2_000
"""Rows that are fetched together: of many more the processor's caches hold nothing when they are looked at again."""
_VERDICTS: Final = 64

_t = tables.alerts
_TEXTS: Final = (
    "state", "assignee", "rule_id", "rule_name", "rule_source", "alert_class", "techniques", "source_ip", "destination_ip",
    "user_name", "host_name",
)  # fmt: skip
"""Kept as numbers of their distinct values."""
_NUMBERS: Final = ("level", "count", "at", "first_seen", "last_seen", "stored_at")
_NAMES: Final = (*_TEXTS, *_NUMBERS)

Mask = NDArray[np.bool_]
Block = Mapping[str, NDArray[Whatever]]
"""Arrays of SIZE by column, and `alive`: whether there is such a row."""


class Values(dict[str | None, int]):
    """Distinct values of a column, each with its number; None is 0. They only become more."""

    def __init__(self) -> None:
        super().__init__({None: 0})
        self.all: list[str | None] = [None]

    def __missing__(self, value: str) -> int:
        self.all.append(value)
        number = self[value] = len(self)
        return number


@dataclass(frozen=True)
class Marks:
    """Some of the rows: a mask for each block."""

    masks: Mapping[int, Mask]

    def __len__(self) -> int:
        return sum(int(np.count_nonzero(mask)) for mask in self.masks.values())

    def numbers(self) -> list[int]:
        """Numbers of the rows."""
        return [number for block, mask in self.masks.items() for number in (np.flatnonzero(mask) + block * SIZE).tolist()]


class View:
    """The alerts as of one sequence, or a later one. For several threads."""

    def __init__(self, blocks: Mapping[int, Block], values: Mapping[str, Values], verdicts: "_Verdicts") -> None:
        self._blocks = blocks
        self._values = values
        self._verdicts = verdicts

    def all(self) -> Marks:
        """Every row."""
        return Marks({number: block["alive"] for number, block in self._blocks.items()})

    def narrowed(self, marks: Marks, column: str, keep: Callable[[NDArray[Whatever]], Mask]) -> Marks:
        """Those of them whose number in this column is kept."""
        return Marks({number: mask & keep(self._blocks[number][column]) for number, mask in marks.masks.items()})

    def equal(self, marks: Marks, column: str, value: str) -> Marks:
        """Those of them that have this text."""
        code = self._values[column].get(value, -1)
        return self.narrowed(marks, column, lambda codes: codes == code)

    def found(self, marks: Marks, where: Node, columns: Mapping[str, Kept]) -> tuple[Marks, bool]:
        """Those of them that the search means, and True; where it asks for what stands in no column here, and for more that
        must hold, those that the rest means, and False."""
        parts = where.parts if isinstance(where, All) else (where,)
        known = tuple(part for part in parts if _known(part, columns))
        masks = {number: mask & self._mask(All(known), self._blocks[number], columns) for number, mask in marks.masks.items()}
        return Marks(masks) if known else marks, len(known) == len(parts)

    def of(self, numbers: Iterable[int]) -> Marks:
        """The rows of these numbers."""
        all_ = np.fromiter(numbers, np.int64)
        masks = {}
        for block, rows in _split(all_):
            if block in self._blocks:
                mask = masks[block] = np.zeros(SIZE, np.bool_)
                mask[all_[rows] % SIZE] = True
                mask &= self._blocks[block]["alive"]
        return Marks(masks)

    def counted(self, marks: Marks, column: str, limit: int | None = None) -> list[tuple[Whatever, int]]:
        """Values of a column, or ranks, with how many have each: the most frequent first, then by value, none before all."""
        values: Sequence[Whatever] = self._values[column].all if column in self._values else range(256)
        counts = np.zeros(len(values), np.int64)
        for number, mask in marks.masks.items():
            some = np.bincount(self._blocks[number][column][mask])
            counts[: len(some)] += some
        present = np.flatnonzero(counts)
        if limit is not None and len(present) > limit:
            least = np.partition(counts[present], -limit)[-limit]
            present = present[counts[present] >= least]
        pairs = ((values[code], int(counts[code])) for code in present.tolist())
        return nsmallest(limit or len(present), pairs, key=_order)

    def first(self, marks: Marks, column: str, down: bool, limit: int) -> Marks:
        """The rows with the `limit` smallest (largest, if `down`) numbers in a column, and all that have the same as the last."""
        if not 0 < limit < len(marks):
            return marks
        values = np.concatenate([self._blocks[number][column][mask] for number, mask in marks.masks.items()])
        last = np.partition(values, -limit)[-limit] if down else np.partition(values, limit - 1)[limit - 1]
        return self.narrowed(marks, column, (lambda some: some >= last) if down else (lambda some: some <= last))

    def _mask(self, node: Node, block: Block, columns: Mapping[str, Kept]) -> Mask:
        match node:
            case All(parts):
                mask = np.ones(SIZE, np.bool_)
                for part in parts:
                    mask &= self._mask(part, block, columns)
                return mask
            case Any(parts):
                mask = np.zeros(SIZE, np.bool_)
                for part in parts:
                    mask |= self._mask(part, block, columns)
                return mask
            case Not(part):
                return ~self._mask(part, block, columns)
            case Test():
                name = columns[node.field].column.name
                if name in _NUMBERS:
                    return block["alive"] if node.op == "exists" else compared(node, columns[node.field].ranks, block[name])
                return self._verdicts.of(node, self._values[name])[block[name]]


class Columns:
    """Of one store. Safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._values = {name: Values() for name in _TEXTS}
        self._verdicts = _Verdicts()
        self._blocks: dict[int, Block] = {}
        self._sequence = -1
        self._forgotten = 0
        self._loading: threading.Thread | None = None
        self._closed = threading.Event()

    def view(self, connection: sa.Connection) -> View | None:
        """As this transaction sees it; None while much is read in the background."""
        with self._lock:
            if self._loading and self._loading.is_alive():
                return None
            if not self._refresh(connection, AT_ONCE):
                self._loading = threading.Thread(target=self._load, name="alerts", daemon=True)
                self._loading.start()
                return None
            return View(dict(self._blocks), self._values, self._verdicts)

    def settle(self) -> None:
        """Wait until what is read in the background is there."""
        if self._loading:
            self._loading.join()

    def close(self) -> None:
        """End what goes on in the background."""
        self._closed.set()
        self.settle()

    def _load(self) -> None:
        # Questions meanwhile only look whether this thread lives. What fails here fails again for who asks next, and is told.
        with suppress(StoreError, sqlite3.Error), self._database.read() as connection:
            self._refresh(connection, None)

    def _refresh(self, connection: sa.Connection, most: int | None) -> bool:
        """Catch up with what this transaction sees; False when that are more rows than `most`, or rows are not what they
        should be: then nothing is known any more."""
        sequence = connection.execute(sa.select(tables.commits.c.sequence)).scalar() or 0
        forgotten = counters.found(connection, FORGOTTEN)
        if sequence > self._sequence:
            select = sa.select(row_number(_t), *(_t.c[name] for name in _NAMES))
            if self._blocks or most is not None:
                select = select.where(_t.c.sequence > self._sequence)
            # The driver's own rows: a million take a second less.
            cursor: Whatever = connection.execute(select if most is None else select.limit(most + 1)).cursor
            if most is None:
                ours: set[int] = set()
                while some := cursor.fetchmany(_PART):
                    if self._closed.is_set():
                        return False
                    self._put(some, ours)
            elif len(some := cursor.fetchall()) > most:
                return False
            else:
                self._put(some, set())
            self._sequence = sequence
        if forgotten != self._forgotten:
            self._forget(connection.execute(sa.select(sa.func.min(_t.c.stored_at))).scalar())
            there = connection.execute(sa.select(sa.func.count()).select_from(_t)).scalar_one()
            if there != sum(int(np.count_nonzero(block["alive"])) for block in self._blocks.values()):
                self._blocks, self._sequence = {}, -1
                return False
            self._forgotten = forgotten
        return True

    def _put(self, rows: Sequence[Whatever], ours: set[int]) -> None:
        """Take rows in. `ours`: blocks that nobody sees yet, to which those are added that are made here."""
        if not rows:
            return
        numbers, *columns = zip(*rows, strict=True)
        at = np.fromiter(numbers, np.int64, len(rows))
        given = {name: self._array(name, column) for name, column in zip(_NAMES, columns, strict=True)}
        for number, chosen in _split(at):
            block = self._blocks.get(number)
            if block is None or number not in ours:
                block = self._blocks[number] = {name: array.copy() for name, array in block.items()} if block else _empty()
                ours.add(number)
            places = at[chosen] % SIZE
            for name, array in given.items():
                block[name][places] = array[chosen]
            block["alive"][places] = True

    def _array(self, name: str, column: Sequence[Whatever]) -> NDArray[Whatever]:
        if name in _NUMBERS:
            return np.fromiter(column, _type(name), len(column))
        return np.fromiter(map(self._values[name].__getitem__, column), np.uint32, len(column))

    def _forget(self, least: int | None) -> None:
        """Retention took what was stored before the oldest that is there."""
        for number, block in list(self._blocks.items()):
            alive = block["alive"] & (block["stored_at"] >= least) if least is not None else np.zeros(SIZE, np.bool_)
            if alive.any():
                self._blocks[number] = {**block, "alive": alive}
            else:
                del self._blocks[number]


class _Verdicts:
    """What tests say of distinct values. They are asked of each value once, as long as the test is among the latest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Test, Mask] = OrderedDict()

    def of(self, test: Test, values: Values) -> Mask:
        """By number of the value."""
        with self._lock:
            known = self._kept.pop(test, np.zeros(0, np.bool_))
        if len(known) < len(values.all):
            more = values.all[len(known) :]
            known = np.concatenate([known, np.fromiter((holds(test, value) for value in more), np.bool_, len(more))])
        with self._lock:
            self._kept[test] = known
            while len(self._kept) > _VERDICTS:
                self._kept.popitem(last=False)
        return known


def _known(node: Node, columns: Mapping[str, Kept]) -> bool:
    """Whether all that it asks for stands in columns here."""
    match node:
        case All(parts) | Any(parts):
            return all(_known(part, columns) for part in parts)
        case Not(part):
            return _known(part, columns)
        case Test(field, op):
            name = columns[field].column.name if field in columns else None  # who asks the database is told which there are
            return name in _TEXTS or (name in _NUMBERS and op not in ("matches", "within"))


def _order(counted: tuple[Whatever, int]) -> tuple[Whatever, ...]:
    """The most frequent first, then none, then by value."""
    value, count = counted
    return (-count, False) if value is None else (-count, True, value)


def _split(numbers: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Blocks with the places in `numbers` that belong to them."""
    blocks = numbers // SIZE
    for block in np.unique(blocks).tolist():
        yield block, np.flatnonzero(blocks == block)


def _type(name: str) -> type[np.generic]:
    return np.uint8 if name == "level" else np.int64


def _empty() -> dict[str, NDArray[Whatever]]:
    numbers = {name: np.zeros(SIZE, _type(name)) for name in _NUMBERS}
    return {**numbers, **{name: np.zeros(SIZE, np.uint32) for name in _TEXTS}, "alive": np.zeros(SIZE, np.bool_)}
