"""What to do with a batch of one log source, worked out once and kept in the Ruleset.

A plan is a list of scopes: the rows that a condition on columns selects, and the tasks for them. A task is one rule
with its fields resolved to columns, and its witnesses.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from typing import Final

import ahocorasick_rs
import numpy as np

from vedette.detect.sigma.closures import Test, closure
from vedette.detect.sigma.columns import JOIN, Batch
from vedette.detect.sigma.conditions import all_of, any_of
from vedette.detect.sigma.lists import Lists, flat
from vedette.detect.sigma.rule import REFERENCE, AllOf, AnyOf, Atom, Node, Not, Rule, Ruleset, atoms
from vedette.detect.sigma.search import Known, Search
from vedette.detect.sigma.taxonomy import Place, Where, columns, places, selects
from vedette.detect.sigma.witness import choose, literals
from vedette.model.fields import FIELDS
from vedette.model.records import Logsource

TRUE: Final = AllOf(())
FALSE: Final = AnyOf(())
PLANS_KEPT: Final = 256  # attackers choose the columns of JSON logs
SAMPLE: Final = 256
UNKNOWN: Final = 0.02
"""Share of events that one letter of a witness is taken to let through where the first batch has no such column."""


class Task:
    """One rule on one kind of rows. `test` is made when it is first needed."""

    def __init__(self, rule: int, node: Node) -> None:
        self.rule = rule
        self.node = node
        self.proven = False  # every candidate matches: its witnesses are the whole condition
        self._test: Test | None = None

    @cached_property
    def words(self) -> bool:
        """Whether it has keywords."""
        return "" in keys_of(self.node)

    @property
    def test(self) -> Test:
        """The condition for one event."""
        if self._test is None:
            self._test = closure(self.node)
        return self._test


class Scope:
    """Rows where every column of `where` (by key) has one of the values.

    Attributes:
        searches: what is searched for the tasks, chosen by `sampled` events.
        blind: the tasks without witnesses, `columns` theirs, and `left` what is left to ask where only some of those
            columns have values.
    """

    def __init__(self, where: Where, resolved: Callable[[], dict[int, list[Node]]], known: Known) -> None:
        self.where = where
        self.known = known
        self._resolved = resolved
        self.searches: dict[str, Search] | None = None
        self.sampled = 0
        self.blind: list[int] = []
        self.columns: tuple[str, ...] | None = None
        self.left: dict[frozenset[str], list[tuple[Task, Node]]] = {}

    @cached_property
    def tasks(self) -> list[Task]:
        """What is asked of the rows, made when the first of them comes."""
        return [Task(i, any_of(list(dict.fromkeys(nodes)))) for i, nodes in self._resolved().items()]


class Plan:
    """The scopes of a log source. `keys` are the columns that tell them apart, each with the values that do; `names`
    are those of columns that rules ask for, without those of the schema."""

    def __init__(self, scopes: list[Scope], names: frozenset[str]) -> None:
        self.scopes = scopes
        self.names = names
        values: dict[str, frozenset[str]] = {}
        for scope in scopes:
            for key, chosen in scope.where:
                values[key] = values.get(key, frozenset()) | chosen
        self.keys = tuple(values)
        self.telling = tuple(values.values())
        self._routes: dict[tuple[str | None, ...], tuple[int, ...]] = {}

    def route(self, values: tuple[str | None, ...]) -> tuple[int, ...]:
        """The scopes of an event that has these values, lower-cased, in the columns `keys`; null stands for all that
        no scope names."""
        found = self._routes.get(values)
        if found is None:
            have = dict(zip(self.keys, values, strict=True))
            holds = (all(have[key] in chosen for key, chosen in scope.where) for scope in self.scopes)
            found = self._routes[values] = tuple(number for number, held in enumerate(holds) if held)
        return found


def plan(ruleset: Ruleset, logsource: Logsource) -> Plan:
    """The plan for batches of this log source, whatever their columns. Scopes still lack their searches."""
    made: Plan | None = ruleset.plans.get(logsource)
    if made is None:
        if len(ruleset.plans) > PLANS_KEPT:
            ruleset.plans.clear()
        known = ruleset.plans.setdefault(None, Known())
        made = ruleset.plans[logsource] = _planned(ruleset, logsource, known)
    return made


def key_of(rule: Rule, logsource: Logsource, field: str, names: Iterable[str]) -> str:
    """The column key that carries a Sigma field of a rule in batches of this log source; "" when they have none."""
    have = set(names)
    for place in places(rule.logsource):
        if selects(place, logsource):
            key = JOIN.join(name for name in columns(place, field) if name in have)
            if key:
                return key
    return field if field in have else ""


def _planned(ruleset: Ruleset, logsource: Logsource, known: Known) -> Plan:
    scopes: dict[Where, list[tuple[int, Place]]] = defaultdict(list)
    names: set[str] = set()
    for i, rule in enumerate(ruleset.rules):
        if rule.condition is None:
            continue
        for place in places(rule.logsource):
            if selects(place, logsource):
                where = tuple((JOIN.join(columns(place, name)), values) for name, values in place.where)
                scopes[where].append((i, place))
                names.update(name for field in rule.fields for name in columns(place, field))
    made = [Scope(where, partial(_resolved, ruleset.rules, found), known) for where, found in scopes.items()]
    return Plan(made, frozenset(names - FIELDS.keys()))


def _resolved(rules: tuple[Rule, ...], found: list[tuple[int, Place]]) -> dict[int, list[Node]]:
    """Conditions by rule, as they are asked in these places."""
    nodes: dict[int, list[Node]] = defaultdict(list)
    for i, place in found:
        condition = rules[i].condition
        if condition is not None:
            nodes[i].append(resolve(condition, partial(_key, place)))
    return nodes


def _key(place: Place, field: str) -> str:
    return JOIN.join(columns(place, field))


def keys_of(node: Node) -> set[str]:
    """The column keys that a resolved condition reads; "" for keywords."""
    found = {atom.field for atom in atoms(node)}
    return found | {atom.value for atom in atoms(node) if atom.op in REFERENCE}


def blind(scope: Scope, batch: Batch) -> list[tuple[Task, Node]]:
    """The tasks without witnesses that the columns of the batch do not decide, with what is left to ask."""
    columns = scope.columns
    if columns is None:
        read = set[str]().union(*(keys_of(scope.tasks[number].node) for number in scope.blind))
        columns = scope.columns = tuple(sorted(read - {""}))
    have = frozenset(key for key in columns if batch.has(key))
    found = scope.left.get(have)
    if found is None:
        if len(scope.left) > PLANS_KEPT:
            scope.left.clear()

        def key(column: str) -> str:
            return column if column in have else ""

        nodes = [(scope.tasks[number], resolve(scope.tasks[number].node, key)) for number in scope.blind]
        found = scope.left[have] = [(task, node) for task, node in nodes if node != FALSE]
    return found


def resolve(node: Node, key: Callable[[str], str]) -> Node:
    """The condition over column keys. What an absent column decides is decided: only null is true of it."""
    if isinstance(node, Atom):
        if not node.field:
            return node
        column = key(node.field)
        if not column:
            return TRUE if node.op == "null" else FALSE
        if node.op in REFERENCE:
            other = key(node.value)
            return node._replace(field=column, value=other) if other else FALSE
        return node._replace(field=column)
    if isinstance(node, Not):
        inner = resolve(node.node, key)
        return FALSE if inner == TRUE else TRUE if inner == FALSE else Not(inner)
    nodes = [resolve(child, key) for child in node.nodes]
    if isinstance(node, AllOf):
        return FALSE if FALSE in nodes else all_of([child for child in nodes if child != TRUE])
    return TRUE if TRUE in nodes else any_of([child for child in nodes if child != FALSE])


def prepare(scope: Scope, batch: Batch) -> dict[str, Search]:
    """Chooses the witnesses of every task by how often they occur in this first batch, and makes the searches."""
    shares = _shares(scope, batch)
    searches: dict[str, Search] = {}
    blind = []
    for number, task in enumerate(scope.tasks):
        found = choose(task.node, shares.get)
        if found is None:
            blind.append(number)
            continue
        chosen = found[1]
        plain = task.node.nodes if isinstance(task.node, AnyOf) else (task.node,)
        task.proven = set(plain) == set(chosen) and all(
            not atom.cased and atom.field and atom.op in ("eq", "contains") for atom in chosen
        )
        for atom in chosen:
            search = searches.get(atom.field)
            if search is None:
                search = searches[atom.field] = Search(scope.known)
            if atom.op == "eq" and not atom.cased:
                search.add(atom.value, number, whole=True)
            else:
                for word in literals(atom):
                    search.add(word, number, whole=False)
    for search in searches.values():
        search.prepare()
    scope.searches, scope.sampled, scope.blind, scope.columns = searches, batch.size, blind, None
    scope.left.clear()
    return searches


def _shares(scope: Scope, batch: Batch) -> dict[Atom, float | None]:
    """How often the literal of each atom occurs, from a sample; long literals are taken to be rarer than short."""
    by_column: dict[str, dict[str, list[Atom]]] = defaultdict(lambda: defaultdict(list))
    shares: dict[Atom, float | None] = {}
    for atom in dict.fromkeys(atom for task in scope.tasks for atom in atoms(task.node)):
        for word in literals(atom) or (("",) if atom.op == "eq" and not atom.cased else ()):
            by_column[atom.field][word].append(atom)
    sample = np.arange(0, batch.size, max(1, batch.size // SAMPLE))
    read = Lists(batch.part(sample))
    for field, words in by_column.items():
        if field and not batch.has(field):
            # Nothing is known: a column that is rare, not a literal that is.
            for atom in dict.fromkeys(atom for group in words.values() for atom in group):
                shares[atom] = UNKNOWN / (1 + max(map(len, literals(atom)), default=len(atom.value)))
            continue
        lists = [read[key] for key in ((field,) if field else batch.hay())]
        rows = max(1, max(map(len, lists), default=1))
        names = [word for word in words if word]
        automaton = ahocorasick_rs.AhoCorasick(names)
        equal = Counter(value for values in lists for value in flat(values))
        counts: Counter[str] = Counter()
        for value, times in equal.items():
            for i in {hit[0] for hit in automaton.find_matches_as_indexes(value, overlapping=True)}:
                counts[names[i]] += times
        for word, group in words.items():
            for atom in group:
                whole = atom.op == "eq" and not atom.cased
                seen = equal[word] if whole else counts[word]
                shares[atom] = (shares.get(atom) or 0.0) + seen / rows + 0.3 / rows / (1 + len(word))
    return shares
