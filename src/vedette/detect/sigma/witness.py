"""Witnesses: literals of which one must occur in an event that a rule matches. Only events that have one are
looked at closely; a rule without witnesses looks at every event of its log source.
"""

from collections.abc import Callable
from typing import Final

from vedette.detect.sigma import patterns
from vedette.detect.sigma.required import required
from vedette.detect.sigma.rule import LITERAL, AllOf, Atom, Node, Not, atoms

PRICES: Final = {"glob": 4, "re": 10, "cidr": 6, "null": 1, "present": 1, "each": 20}
BLIND: Final = 10
DEAR: Final = 300
"""Price from which a condition is called expensive: one rule in two hundred of the public ones."""


def literals(atom: Atom) -> tuple[str, ...]:
    """Lowered texts of which one must occur in the lowered value of an event for the atom to hold; () if unknown."""
    if atom.op == "re":
        return required(atom.value)
    if atom.op in LITERAL:
        text = atom.value
    elif atom.op == "glob":
        text = patterns.glob_literal(atom.value)
    else:
        return ()
    if atom.cased:
        # Lower-casing of some non-ASCII letters depends on their neighbours, which a part of a value does not have.
        text = text.lower() if text.isascii() else ""
    return (text,) if text else ()


def choose(node: Node, frequency: Callable[[Atom], float | None]) -> tuple[float, tuple[Atom, ...]] | None:
    """The cheapest set of witnesses of a condition and how many events it lets through; None when it has none.

    Args:
        frequency: the share of events in which an atom's literal occurs; None when it cannot be searched for.
    """
    if isinstance(node, Atom):
        share = frequency(node)
        return None if share is None else (share, (node,))
    if isinstance(node, Not):
        return None
    found = [choose(child, frequency) for child in node.nodes]
    if isinstance(node, AllOf):
        able = [one for one in found if one is not None]
        return min(able, key=lambda one: one[0]) if able else None
    if any(one is None for one in found):
        return None
    sets = [one for one in found if one is not None]
    return sum(share for share, _ in sets), tuple(dict.fromkeys(atom for _, chosen in sets for atom in chosen))


def price(node: Node) -> int:
    """Rule.cost of a condition."""
    total = sum(PRICES.get(atom.op, 1) * (1 if atom.field else 4) for atom in atoms(node))
    return max(1, total) * (BLIND if _blind(node) else 1)


def expensive(node: Node) -> str | None:
    """Why a condition takes long to answer; None when it does not."""
    if _blind(node):
        return "no text must occur in what it matches, so it is asked of every event of its log source"
    tests = list(atoms(node))
    if price(node) < DEAR:
        return None
    words = sum(not atom.field for atom in tests)
    patterns = sum(atom.op in ("re", "glob") for atom in tests)
    kinds = [f"{count:,} {name}" for count, name in ((patterns, "patterns"), (words, "keywords")) if count]
    return f"{len(tests):,} tests" + (f", {' and '.join(kinds)} among them" if kinds else "")


def _blind(node: Node) -> bool:
    return choose(node, lambda atom: 0.0 if literals(atom) or atom.op == "eq" else None) is None
