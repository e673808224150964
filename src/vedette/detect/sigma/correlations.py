"""Correlation documents: what they say, checked; their references resolved.

Source: Sigma correlation rules specification 2.1.0, and the extended temporal conditions approved for 2.2.
What it leaves open is decided here:
- Several fields in value_count: different combinations are counted. Events where one is absent do not count.
- Events that lack a group-by field take no part: there is nothing that they share.
- value_percentile needs `percentile`; the nearest-rank value is compared.
- In a temporal condition `not x` means: x is not in the window so far.
"""

import math
import re
from collections.abc import Callable
from typing import Any, Final

from vedette.detect.sigma.conditions import ConditionError, parse
from vedette.detect.sigma.metadata import DocumentError
from vedette.detect.sigma.rule import AllOf, AnyOf, Atom, Correlation, Node, Not, Reference, Threshold

KINDS: Final = frozenset(
    {"event_count", "value_count", "value_sum", "value_avg", "value_percentile", "value_median", "temporal",
     "temporal_ordered", "temporal_extended", "temporal_ordered_extended"}
)  # fmt: skip
OPERATORS: Final = ("lt", "lte", "gt", "gte", "eq", "neq")
KNOWN: Final = frozenset({"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"})
DECIMAL: Final = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
SPAN: Final = re.compile(r"([1-9][0-9]{0,8})([smhdwMy])")
SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2629746, "y": 31556952}
MOST_RULES: Final = 100


def correlation(body: Any, find: Callable[[str], int]) -> Correlation:
    """What a correlation section says.

    Args:
        find: the index of a rule by its id or name; raises DocumentError.

    Raises:
        DocumentError: it cannot be run exactly, and why.
    """
    if not isinstance(body, dict):
        raise DocumentError("correlation: must be a mapping")
    if unknown := set(map(str, body)) - KNOWN:
        raise DocumentError(f"correlation: {sorted(unknown)[0]!r} is not supported")
    kind = body.get("type")
    if kind not in KINDS:
        raise DocumentError(f"correlation: type {kind!r} is none of {', '.join(sorted(KINDS))}")
    kind = kind.removesuffix("_extended")
    if not isinstance(body.get("generate", False), bool):
        raise DocumentError("correlation: generate must be true or false")
    names = _names(body.get("rules"), "rules")
    condition = body.get("condition")
    expression: Node | None = None
    if isinstance(condition, str):
        if not kind.startswith("temporal"):
            raise DocumentError(f"correlation: {kind} needs a condition of numbers")
        names, expression = _expression(condition, names)
        if kind == "temporal_ordered":
            names = _sequence(expression, names)
            expression = None
    if not names or len(names) > MOST_RULES:
        raise DocumentError(f"correlation: rules: needs 1 to {MOST_RULES} of them")
    fields, percentile, thresholds = _condition(kind, None if expression else condition, len(names))
    group_by = _names(body.get("group-by"), "group-by")
    aliases = _aliases(body.get("aliases"))
    references = []
    for name in names:
        index = find(name)

        def local(field: str, name: str = name, index: int = index) -> str:
            if field not in aliases:
                return field
            for reference, column in aliases[field].items():
                if reference == name or find(reference) == index:
                    return column
            raise DocumentError(f"correlation: alias {field!r} does not say which field {name!r} has for it")

        references.append(Reference(index, name, tuple(map(local, group_by)), tuple(map(local, fields))))
    return Correlation(
        kind, tuple(references), tuple(group_by), _span(body.get("timespan")), thresholds, percentile, expression
    )


def _names(value: Any, what: str) -> list[str]:
    values = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(name, str) and name for name in values):
        raise DocumentError(f"correlation: {what} must be names")
    return values


def _span(value: Any) -> int:
    found = SPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise DocumentError(f"correlation: timespan {value!r}: write a number and one of s, m, h, d, as in 5m")
    return int(found[1]) * SECONDS[found[2]] * 1_000_000


def _aliases(value: Any) -> dict[str, dict[str, str]]:
    if value is None:
        return {}
    well = isinstance(value, dict) and all(
        isinstance(mapping, dict) and all(isinstance(x, str) for pair in mapping.items() for x in pair)
        for mapping in value.values()
    )
    if not well:
        raise DocumentError("correlation: aliases must map each alias to rules and their fields")
    return value  # type: ignore[no-any-return]


def _condition(kind: str, condition: Any, rules: int) -> tuple[list[str], float, tuple[Threshold, ...]]:
    if condition is None:
        if not kind.startswith("temporal"):
            raise DocumentError(f"correlation: {kind} needs a condition")
        return [], 50.0, (("gte", rules),)
    if not isinstance(condition, dict):
        raise DocumentError("correlation: condition must be a mapping, or text for temporal types")
    if unknown := set(map(str, condition)) - {*OPERATORS, "field", "percentile"}:
        raise DocumentError(f"correlation: condition: {sorted(unknown)[0]!r} is not supported")
    thresholds: list[Threshold] = []
    for operator in OPERATORS:
        if operator in condition:
            number = _number(condition[operator])
            if number is None:
                raise DocumentError(f"correlation: condition: {operator} must be a number")
            thresholds.append((operator, number))
    if not thresholds:
        raise DocumentError(f"correlation: condition needs one of {', '.join(OPERATORS)}")
    fields = _names(condition.get("field"), "condition: field")
    if kind.startswith("value") and (not fields or (kind != "value_count" and len(fields) > 1)):
        raise DocumentError(f"correlation: {kind} needs a field to look at")
    if fields and not kind.startswith("value"):
        raise DocumentError(f"correlation: {kind} has no use for a field; value_count counts different values")
    if kind == "value_percentile":
        percentile = _number(condition.get("percentile"))
        if percentile is None or not 0 < percentile <= 100:
            raise DocumentError("correlation: value_percentile needs percentile, a number above 0 and up to 100")
        return fields, float(percentile), tuple(thresholds)
    return fields, 50.0, tuple(thresholds)


def _number(value: Any) -> int | float | None:
    """A number, also one that is written as text: 1.50, "5"."""
    if isinstance(value, str) and DECIMAL.fullmatch(value):
        return float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value


def _expression(text: str, names: list[str]) -> tuple[list[str], Node]:
    """The tree of an extended condition over positions in the list of rules, and that list."""
    listed = names or [word for word in re.findall(r"[A-Za-z0-9_.-]+", text) if word not in ("and", "or", "not")]
    listed = list(dict.fromkeys(listed))
    try:
        tree = parse(text, dict.fromkeys(listed), lambda name: Atom(str(listed.index(name)), "present"), False)
    except ConditionError as error:
        raise DocumentError(f"correlation: {error}") from None
    used = {listed[i] for i in _positions(tree)}
    if missing := [name for name in listed if name not in used]:
        raise DocumentError(f"correlation: rule {missing[0]!r} is not in the condition")
    if holds(tree, frozenset()):
        raise DocumentError("correlation: the condition is true where none of its rules was seen")
    return listed, tree


def _positions(tree: Node) -> list[int]:
    if isinstance(tree, Atom):
        return [int(tree.field)]
    if isinstance(tree, Not):
        return _positions(tree.node)
    return [i for node in tree.nodes for i in _positions(node)]


def _sequence(tree: Node, names: list[str]) -> list[str]:
    """An ordered condition as the sequence of its rules."""
    nodes = tree.nodes if isinstance(tree, AllOf) else (tree,)
    if not all(isinstance(node, Atom) for node in nodes):
        raise DocumentError("correlation: order is defined for rules joined by and only; or and not have none")
    return [names[int(node.field)] for node in nodes if isinstance(node, Atom)]


def holds(tree: Node, seen: frozenset[int]) -> bool:
    """Whether an extended condition is true when exactly these positions were seen."""
    if isinstance(tree, Atom):
        return int(tree.field) in seen
    if isinstance(tree, Not):
        return not holds(tree.node, seen)
    if isinstance(tree, AnyOf):
        return any(holds(node, seen) for node in tree.nodes)
    return all(holds(node, seen) for node in tree.nodes)
