"""Few events of a kind, answered in plain Python: no column work that would cost more than the answer."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from vedette.detect.sigma.closures import WRITTEN
from vedette.detect.sigma.columns import Batch, Rows
from vedette.detect.sigma.lists import Lists, Picked, listed
from vedette.detect.sigma.plan import Plan, Scope, prepare
from vedette.detect.sigma.search import Search

LOOK_FROM: Final = 100
"""Rows from which those are singled out first that may have a keyword at all."""


def ask(made: Plan, batch: Batch) -> Iterator[tuple[int, int]]:
    """(rule, row) of every match in a batch of a few events."""
    lists = Lists(batch)
    told = [
        [value if value in telling else None for value in lists[key]]
        for key, telling in zip(made.keys, made.telling, strict=True)
    ]
    places: dict[int, list[int]] = defaultdict(list)
    for place, values in enumerate(zip(*told, strict=True) if told else [()] * batch.size):
        for number in made.route(values):
            places[number].append(place)
    for number, some in places.items():
        yield from ask_scope(made.scopes[number], lists if len(some) == lists.size else Picked(lists, some), some)


def ask_scope(scope: Scope, lists: Lists, rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(rule, row) of every match. `rows` are those of the lists, which are all of the scope."""
    searches = scope.searches if scope.searches is not None else prepare(scope, lists.batch)
    candidates: dict[int, set[int]] = defaultdict(set)
    for field, search in searches.items():
        if not field:
            for number, at in keywords(search, lists.batch):
                candidates[number].update(at.tolist())
        elif lists.batch.has(field):
            for witness, places in search.among(lists[WRITTEN + field]).items():
                for number in search.owners[witness]:
                    candidates[number].update(places)
    for number in scope.blind:
        task = scope.tasks[number]
        test = task.test
        for place in range(lists.size):
            if test(lists, place):
                yield task.rule, rows[place]
    if not candidates:
        return
    union = sorted(set().union(*candidates.values()))
    picked = Picked(lists, union)
    position = {place: i for i, place in enumerate(union)}
    for number, found in candidates.items():
        task = scope.tasks[number]
        test = task.test
        for place in found:
            if test(picked, position[place]):
                yield task.rule, rows[place]


def keywords(search: Search, batch: Batch) -> Iterator[tuple[int, Rows]]:
    """(number of a task, rows that have one of its witnesses in a column in which keywords are searched), several times
    for some."""
    made = [name for name in batch.hay() if not batch.events.late(name)]
    late = [name for name in batch.hay() if batch.events.late(name)]
    if late:
        texts, numbers, places = batch.events.said(late)
        for witness, found in search.among(list(map(listed, texts))).items():
            rows = places[np.isin(numbers, found)]
            for number in search.owners[witness]:
                yield number, rows
    first = search.ascii()
    if first is None or batch.size < LOOK_FROM:
        chosen: Rows | None = None
        part = batch
    else:
        chosen = batch.having(made, first)
        part = batch.part(chosen)
    lists = Lists(part)
    for name in made if part.size else ():
        if part.has(name):
            for witness, found in search.among(lists[WRITTEN + name]).items():
                rows = np.array(found, np.int64)
                for number in search.owners[witness]:
                    yield number, rows if chosen is None else chosen[rows]
