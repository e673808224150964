"""Columns of a batch as Python lists: what functions of one event are asked with."""

from collections.abc import Iterable, Iterator
from typing import Any

from vedette.detect.sigma.arrays import Text, told
from vedette.detect.sigma.closures import HAY, HAY_WRITTEN, WRITTEN
from vedette.detect.sigma.columns import JOIN, Batch, text
from vedette.detect.sigma.search import lowered
from vedette.model.records import Events

Values = list[Any]


class Lists(dict[str, Values]):
    """Columns of a batch as lists, by the keys that closures ask for, made when they first do."""

    def __init__(self, batch: Batch) -> None:
        super().__init__()
        self.batch = batch
        self.size = batch.size

    def __missing__(self, key: str) -> Values:
        if key == HAY_WRITTEN:
            made = self.hay()
        elif key == HAY:
            made = _lowered(self[HAY_WRITTEN])
        elif key.startswith(WRITTEN):
            made = self.written(key[1:])
        else:
            made = _lowered(self[WRITTEN + key])
        self[key] = made
        return made

    def hay(self) -> Values:
        """The texts in which keywords are searched."""
        names = self.batch.hay()
        late = [name for name in names if self.batch.events.late(name)]
        columns = [self[WRITTEN + name] for name in names if not self.batch.events.late(name)]
        made = [list(flat(column[i] for column in columns)) for i in range(self.size)]
        if late:
            texts, numbers, rows = self.batch.events.said(late)
            for row, number in zip(rows.tolist(), numbers.tolist(), strict=True):
                made[row] += flat([listed(texts[number])])
        return list(map(tuple, made))

    def written(self, key: str) -> Values:
        """The values as text."""
        if self.batch.late(key):
            column = self.batch.column(key)
            if column.codes is not None:
                return list(map(column.values.texts.__getitem__, column.codes.tolist()))
        made: Values | None = None
        for name in key.split(JOIN):
            if not self.batch.has(name):
                continue
            values = _texts(self.batch.events, name)
            made = values if made is None else [b if a is None else a for a, b in zip(made, values, strict=True)]
            if None not in made:
                break
        return made if made is not None else [None] * self.size


class Picked(Lists):
    """Some places of lists."""

    def __init__(self, lists: Lists, places: list[int]) -> None:
        super().__init__(lists.batch)
        self.lists = lists
        self.places = places
        self.size = len(places)

    def written(self, key: str) -> Values:
        """The values as text."""
        return list(map(self.lists[WRITTEN + key].__getitem__, self.places))

    def hay(self) -> Values:
        """The texts in which keywords are searched."""
        return list(map(self.lists[HAY_WRITTEN].__getitem__, self.places))


def _texts(events: Events, name: str) -> Values:
    values: Values | None = events.texts(name)
    if values is None:
        series = events.series(name)
        if series.dtype.is_integer():
            return [None if value is None else str(value) for value in series.to_list()]
        values = text(series).to_list()
    return list(map(listed, values))


def listed(text: str | None) -> Text | None:
    """A text with its members, where it is a list."""
    return told(text) if text and text[0] == "[" else text


def flat(values: Iterable[Text | None]) -> Iterator[str]:
    """Every text, those of lists one by one."""
    for value in values:
        if value.__class__ is tuple:
            yield from value
        elif value is not None:
            yield value  # type: ignore[misc]  # a tuple was above


def _lowered(written: Values) -> Values:
    if None not in written and tuple not in set(map(type, written)):
        return lowered(written)
    low = iter(lowered(list(flat(written))))
    return [
        None if value is None else tuple(next(low) for _ in value) if value.__class__ is tuple else next(low)
        for value in written
    ]
