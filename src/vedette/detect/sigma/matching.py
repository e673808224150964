"""Which rules match which events of a batch: candidates by witness, then the whole condition on the candidates.

Two engines answer the second question, with the same answer: columns where a rule has many candidates, functions of
one event where it has few.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from vedette.detect.sigma.arrays import Text, derived
from vedette.detect.sigma.closures import WRITTEN, closure
from vedette.detect.sigma.columns import BY_LIST, Batch, Column, Rows, Values, distinct
from vedette.detect.sigma.few import ask, keywords
from vedette.detect.sigma.lists import Lists
from vedette.detect.sigma.meaning import Bools, refers
from vedette.detect.sigma.plan import SAMPLE, Plan, Scope, Task, blind, plan, prepare
from vedette.detect.sigma.rule import REFERENCE, AllOf, AnyOf, Atom, Node, Not, Ruleset
from vedette.detect.sigma.search import PAUSE, Search
from vedette.detect.sigma.witness import PRICES
from vedette.model.records import Events

MATCHES: Final = {"rule": pl.UInt32(), "row": pl.UInt32()}

FEW: Final = 300
"""Candidates up to which a rule is asked one event at a time."""

FLAGS: Final = 1 << 14
"""Different numbers up to which a table is quicker than sorting."""

LONG: Final = 256
"""Bytes of values from which a first look at them pays."""

LOOK_FROM: Final = 50
"""Rows, the same."""

LOOK_SAMPLE: Final = 50
"""Values by which is chosen what long ones are looked at for first."""

TINY: Final = 100
"""Rows of a batch up to which nothing at all is done by columns."""

TINY_LATE: Final = 1000
"""The same where columns would have to be made."""


def match(ruleset: Ruleset, events: Events, few: int = FEW) -> pl.DataFrame:
    """Every rule that reads single events against every event.

    Args:
        few: candidates up to which a rule is asked of one event at a time; it changes the speed, never the answer.

    Returns:
        Columns `rule` (UInt32, index into ruleset.rules) and `row` (UInt32, row of events.frame), sorted by row, rule.
    """
    if not events.height:
        return pl.DataFrame(schema=MATCHES)
    made = plan(ruleset, events.logsource)
    whole = Batch(derived(events, made.names))
    if few and events.height <= (TINY if events.made else TINY_LATE):
        pairs = sorted({(row, rule) for rule, row in ask(made, whole)})
        return pl.DataFrame({"rule": [rule for _, rule in pairs], "row": [row for row, _ in pairs]}, schema=MATCHES)
    rules: list[Rows] = []
    rows: list[Rows] = []
    one_by_one: list[tuple[Task, Rows]] = []
    for scope, chosen in _routed(made, whole):
        batch = whole if chosen is None else whole.part(chosen)
        for task, found, sure in _candidates(scope, batch, few):
            there = found if chosen is None else chosen[found]
            if not sure:
                one_by_one.append((task, there))
                continue
            rows.append(there)
            rules.append(np.full(len(there), task.rule, np.int64))
    # Apart, since in what keywords are searched is much.
    for words in (True, False):
        for task, there in _ask([each for each in one_by_one if each[0].words == words], whole):
            rows.append(there)
            rules.append(np.full(len(there), task.rule, np.int64))
    if not rows:
        return pl.DataFrame(schema=MATCHES)
    # One number for each pair, so that they are sorted and made unique at once.
    pairs_sorted = distinct(np.concatenate(rows) * len(ruleset.rules) + np.concatenate(rules))
    row, rule = np.divmod(pairs_sorted, len(ruleset.rules))
    return pl.DataFrame({"rule": rule, "row": row}, schema=MATCHES)


def _routed(made: Plan, whole: Batch) -> Iterator[tuple[Scope, Rows | None]]:
    """The scopes that have rows in the batch, and their rows (None: all)."""
    if not made.keys:
        yield from ((scope, None) for scope in made.scopes)
        return
    kinds = np.zeros(whole.size, np.int64)
    told: list[list[str | None]] = []
    for key, telling in zip(made.keys, made.telling, strict=True):
        if not whole.has(key):
            told.append([None])
            continue
        # The values of the column that tell scopes apart, numbered; 0 are all others.
        column = whole.column(key)
        names: list[str | None] = [None, *sorted(telling)]
        number: dict[Text | None, int] = {name: i for i, name in enumerate(names)}
        codes = np.array([number.get(text, 0) for text in column.values.texts_low], np.int64)
        kinds = kinds * len(names) + (codes if column.codes is None else codes[column.codes])
        told.append(names)
    different, codes = _distinct(kinds)
    rows_by = Column(Values(pl.Series(different)), codes)
    kinds_of: dict[int, list[int]] = defaultdict(list)
    for i, kind in enumerate(different.tolist()):
        values = []
        for names in reversed(told):
            kind, at = divmod(kind, len(names))
            values.append(names[at])
        for number_of_scope in made.route(tuple(reversed(values))):
            kinds_of[number_of_scope].append(i)
    for scope_number, chosen in kinds_of.items():
        if len(chosen) == len(different):
            yield made.scopes[scope_number], None
        else:
            yield made.scopes[scope_number], np.sort(rows_by.rows_of(chosen))


def _distinct(kinds: Rows) -> tuple[Rows, Rows]:
    """The different numbers, and for each which of them it is."""
    if kinds.max() >= FLAGS:
        return np.unique(kinds, return_inverse=True)
    there = np.zeros(FLAGS, np.bool_)
    there[kinds] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[kinds]


def _flagged(parts: list[Rows], size: int) -> Rows:
    """The rows in any of the parts, ascending."""
    if len(parts) == 1 and len(parts[0]) < 2:
        return parts[0]
    there = np.zeros(size, np.bool_)
    for part in parts:
        there[part] = True
    return np.flatnonzero(there)


def _candidates(scope: Scope, batch: Batch, few: int) -> Iterator[tuple[Task, Rows, bool]]:
    """Tasks with the rows that have one of their witnesses, and whether it is sure that these match: they are few otherwise."""
    searches = scope.searches
    if searches is None or scope.sampled < SAMPLE < batch.size:  # the first events were too few to choose by
        searches = prepare(scope, batch)
    candidates: dict[int, list[Rows]] = defaultdict(list)
    for field, search in searches.items():
        if not field:
            for number, rows in keywords(search, batch):
                candidates[number].append(rows)
        elif batch.has(field):
            chosen = _looked(field, search, batch)
            part = batch if chosen is None else batch.part(chosen)
            for number, rows in _search(part.column(field), search) if part.size else ():
                candidates[number].append(rows if chosen is None else chosen[rows])
    for number, parts in candidates.items():
        task = scope.tasks[number]
        rows = _flagged(parts, batch.size)
        if task.proven or len(rows) <= few:
            yield task, rows, task.proven
        else:
            yield task, rows[mask(task.node, batch, rows)], True
    for task, node in blind(scope, batch):
        if batch.size <= few:
            yield task, np.arange(batch.size), False
        else:
            yield task, np.flatnonzero(mask(node, batch, None)), True


def _looked(field: str, search: Search, batch: Batch) -> Rows | None:
    """Rows that may have a witness, where it pays to see that first: values are long, and few may have one. None: all."""
    if search.tired:
        search.tired -= 1
        return None
    length = batch.length(field) if batch.size >= LOOK_FROM else None
    if length is None:
        return None
    rows: Rows | None = None
    if length >= LONG:
        looked_for = search.looked_for
        if looked_for is None:
            sample = np.arange(0, batch.size, max(1, batch.size // LOOK_SAMPLE))
            looked_for = search.look_for(Lists(batch.part(sample))[WRITTEN + field])
        rows = batch.may(field, looked_for) if looked_for else None
    if rows is None or 2 * len(rows) > batch.size:
        search.tired = PAUSE
    return rows


def _search(column: Column, search: Search) -> Iterator[tuple[int, Rows]]:
    """(number of a task, rows that have one of its witnesses), several times for some."""
    values = column.values
    if column.codes is not None:
        present = column.present
        texts = values.texts
        found = search.among([texts[number] for number in present])
        hits = {witness: [present[place] for place in places] for witness, places in found.items()}
    elif column.size <= BY_LIST:
        hits = search.among(values.texts)
    else:
        hits = search.scan_column(values.low)
        places = list(values.lists)
        for witness, some in search.scan(list(values.lists.values())).items() if places else ():
            hits.setdefault(witness, []).extend(places[i] for i in some)
    for witness, places in hits.items():
        rows = column.rows_of(places)
        for number in search.owners[witness]:
            yield number, rows


def _ask(asked: list[tuple[Task, Rows]], batch: Batch) -> Iterator[tuple[Task, Rows]]:
    """One event at a time."""
    if not asked:
        return
    rows = _flagged([rows for _, rows in asked], batch.size)
    lists = Lists(batch.part(rows))
    for task, candidates in asked:
        test = task.test
        at = np.searchsorted(rows, candidates).tolist()
        yield task, candidates[[test(lists, i) for i in at]]


def mask(node: Node, batch: Batch, rows: Rows | None) -> Bools:
    """Where the condition holds, for the rows (all when None)."""
    size = batch.size if rows is None else len(rows)
    if isinstance(node, Atom):
        if not node.field:
            found = np.zeros(size, np.bool_)
            for key in batch.hay():
                found |= batch.column(key).holds(node, rows)
            return found
        if node.op in REFERENCE:
            return _refers(node, batch, rows)
        return batch.column(node.field).holds(node, rows)
    if isinstance(node, Not):
        return ~mask(node.node, batch, rows)
    every = isinstance(node, AllOf)
    # What is still open: rows where no part has decided yet.
    decided = np.zeros(size, np.bool_)
    open_: Rows | None = None
    for child in _cheapest(node, batch):
        at = rows if open_ is None else (open_ if rows is None else rows[open_])
        holds = mask(child, batch, at) if isinstance(child, (Atom, Not, AllOf, AnyOf)) else child.holds(batch, at)
        stop = ~holds if every else holds
        if open_ is None:
            decided = stop.copy()
        else:
            decided[open_[stop]] = True
        open_ = np.flatnonzero(~decided)
        if not len(open_):
            break
    return ~decided if every else decided


def _refers(atom: Atom, batch: Batch, rows: Rows | None) -> Bools:
    here, there = batch.column(atom.field), batch.column(atom.value)
    if here.values.lists or there.values.lists:
        test = closure(atom)
        lists = {atom.field: here.texts_low(rows), atom.value: there.texts_low(rows)}
        return np.array([test(lists, i) for i in range(batch.size if rows is None else len(rows))], np.bool_)
    a, b = here.low, there.low
    return refers(atom, a, b) if rows is None else refers(atom, a[rows], b[rows])


class _AnyLiteral:
    """Several `contains` of one column in one pass."""

    def __init__(self, field: str, literals: tuple[str, ...]) -> None:
        self.field = field
        self.literals = literals

    def holds(self, batch: Batch, rows: Rows | None) -> Bools:
        return batch.column(self.field).has_any(self.literals, rows)


def _cheapest(node: AllOf | AnyOf, batch: Batch) -> list[Node | _AnyLiteral]:
    """The parts, cheap ones first; plain `contains` of one column joined to one pass."""
    parts: list[Node | _AnyLiteral] = []
    joined: dict[str, list[str]] = defaultdict(list)
    for child in node.nodes:
        plain = isinstance(child, Atom) and child.op == "contains" and not child.cased and child.field
        if plain and isinstance(child, Atom) and isinstance(node, AnyOf):
            joined[child.field].append(child.value)
        else:
            parts.append(child)
    for field, literals in joined.items():
        parts.append(_AnyLiteral(field, tuple(literals)))
    return sorted(parts, key=lambda part: _price(part, batch))


def _price(part: Node | _AnyLiteral, batch: Batch) -> int:
    if isinstance(part, _AnyLiteral):
        return 2 if batch.column(part.field).codes is not None else 12
    if isinstance(part, Atom):
        if not part.field:
            return 100
        encoded = batch.column(part.field).codes is not None
        return PRICES.get(part.op, 1) * (1 if encoded or part.op in ("null", "present") else 10)
    if isinstance(part, Not):
        return _price(part.node, batch)
    return sum(_price(child, batch) for child in part.nodes)
