"""Few events of a kind, answered in plain Python: no column work that would cost more than the answer."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from vedette.detect.sigma.closures import WRITTEN
from vedette.detect.sigma.columns import Batch
from vedette.detect.sigma.lists import Lists, Picked
from vedette.detect.sigma.plan import Plan, Scope, prepare


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
        for name in (field,) if field else lists.batch.hay():
            if lists.batch.has(name):
                for witness, places in search.among(lists[WRITTEN + name]).items():
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
