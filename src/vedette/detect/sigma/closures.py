"""A condition as one Python function of one event: what small batches and few candidates are answered with.

Events are given as `lists`: column key to the list of lower-cased values, "\\0" + key to that of values as written; the
value of a list is a tuple (arrays.told).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final

from vedette.detect.sigma import arrays
from vedette.detect.sigma.arrays import Text
from vedette.detect.sigma.meaning import Single, folded, several, single
from vedette.detect.sigma.required import required
from vedette.detect.sigma.rule import LITERAL, REFERENCE, AllOf, AnyOf, Atom, Node, Not
from vedette.detect.sigma.search import lowered

Values = list[Text | None]
Lists = Mapping[str, Values]
Test = Callable[[Lists, int], bool]

WRITTEN = "\0"
HAY = "\0hay"
"""Key under which `lists` has, for each event, the tuple of texts in which keywords are searched, lower-cased."""
HAY_WRITTEN = "\0\0hay"

PRICES: Final = {
    "null": 0,
    "present": 0,
    "eq": 1,
    "startswith": 1,
    "endswith": 1,
    "contains": 2,
    "glob": 8,
    "re": 40,
    "each": 60,
}
OTHER: Final = 20  # price of an operator that is not there
KEYWORD: Final = 30


def closure(node: Node) -> Test:
    """The function of (lists, position) that says whether the condition holds for the event there."""
    if isinstance(node, Atom):
        return _keyword(node) if not node.field else _atom(node)
    if isinstance(node, Not):
        inner = closure(node.node)
        return lambda lists, i: not inner(lists, i)
    every = isinstance(node, AllOf)
    tests = _joined(node, every)
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        if every:
            return lambda lists, i: first(lists, i) and second(lists, i)
        return lambda lists, i: first(lists, i) or second(lists, i)
    if every:

        def all_hold(lists: Lists, i: int) -> bool:
            for one in tests:  # noqa: SIM110  (a generator costs more than it saves here)
                if not one(lists, i):
                    return False
            return True

        return all_hold

    def any_holds(lists: Lists, i: int) -> bool:
        for one in tests:  # noqa: SIM110
            if one(lists, i):
                return True
        return False

    return any_holds


def _joined(node: AllOf | AnyOf, every: bool) -> list[Test]:
    """Functions for the parts, cheap ones first; plain tests of one column are one function."""
    plain: dict[tuple[str, str], list[str]] = defaultdict(list)
    parts: list[tuple[int, Test]] = []
    for child in node.nodes:
        if isinstance(child, Atom) and child.field and child.op in LITERAL and (child.op == "contains" or not every):
            plain[_key(child), child.op].append(child.value)
        else:
            parts.append((_price(child), closure(child)))
    for (key, op), values in plain.items():
        parts.append((PRICES[op] + len(values) // 8, _on(key, several(op, tuple(values), every))))
    return [one for _, one in sorted(parts, key=lambda part: part[0])]


def _price(node: Node) -> int:
    if isinstance(node, Atom):
        return PRICES.get(node.op, OTHER) if node.field else KEYWORD
    return _price(node.node) if isinstance(node, Not) else 1 + sum(_price(child) for child in node.nodes)


def _on(key: str, single: Single) -> Test:
    def holds(lists: Lists, i: int) -> bool:
        text = lists[key][i]
        if text is None:
            return False
        return single(text) if text.__class__ is str else any(map(single, text))

    return holds


def _key(atom: Atom) -> str:
    return atom.field if folded(atom) else WRITTEN + atom.field


def _atom(atom: Atom) -> Test:
    key = atom.field
    if atom.op == "null":
        return lambda lists, i: lists[key][i] is None
    if atom.op == "present":
        return lambda lists, i: lists[key][i] is not None
    if atom.op in REFERENCE:
        return _reference(atom)
    if atom.op == "each":
        return _each(atom)
    if atom.op == "re" and (words := required(atom.value)):
        # The pattern is asked only where one of the texts is that it cannot do without.
        able, found = _on(key, several("contains", words, False)), _on(WRITTEN + key, single(atom))
        return lambda lists, i: able(lists, i) and found(lists, i)
    return _on(_key(atom), single(atom))


def _keyword(atom: Atom) -> Test:
    value = single(atom)
    key = HAY if folded(atom) else HAY_WRITTEN
    return lambda lists, i: any(value(text) for text in lists[key][i] or ())


def _reference(atom: Atom) -> Test:
    here, there, compare = atom.field, atom.value, _compared(atom.op)

    def refers(lists: Lists, i: int) -> bool:
        a, b = lists[here][i], lists[there][i]
        if a is None or b is None:
            return False
        return any(compare(x, y) for x in _several(a) for y in _several(b))

    return refers


def _compared(op: str) -> Callable[[str, str], bool]:
    match op:
        case "ref-eq":
            return str.__eq__
        case "ref-contains":
            return str.__contains__
        case "ref-startswith":
            return str.startswith
    return str.endswith


def _several(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def _each(atom: Atom) -> Test:
    key, asked = WRITTEN + atom.field, each(atom)
    return lambda lists, i: (text := lists[key][i]) is not None and asked(text if text.__class__ is str else text[0])


def each(atom: Atom) -> Single:
    """A test of the members of a list as a function of its text. What is no list is a list of one, but has no places."""
    which = atom.value
    test = closure(atom.inner or AllOf(()))

    def asked(text: str) -> bool:
        members = arrays.decoded(text)
        if which not in ("any", "all", "all_or_empty"):
            place = int(which)
            there = members is not None and -len(members) <= place < len(members) and members[place] is not None
            return there and members is not None and test(_Member(members[place]), 0)
        answers = (test(_Member(member), 0) for member in ([text] if members is None else members))
        if which == "any":
            return any(answers)
        return all(answers) and (members != [] or which == "all_or_empty")

    return asked


class _Member(dict[str, Values]):
    """A member of a list as an event by itself."""

    def __init__(self, document: Any) -> None:
        super().__init__()
        self.document = document

    def __missing__(self, key: str) -> Values:
        if key in (HAY, HAY_WRITTEN):
            raise KeyError(key)
        text = arrays.value(self.document, key.removeprefix(WRITTEN))
        if text is not None and not key.startswith(WRITTEN):
            text = lowered([text])[0] if isinstance(text, str) else tuple(lowered(list(text)))
        self[key] = [text]
        return self[key]
