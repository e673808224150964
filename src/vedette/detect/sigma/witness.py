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
    blind = choose(node, lambda atom: 0.0 if literals(atom) or atom.op == "eq" else None) is None
    return max(1, total) * (BLIND if blind else 1)
