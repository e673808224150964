"""A rule's detection section as one tree of atoms: pySigma reads the values, the grammar of conditions is here.

pySigma's own condition parser needs milliseconds a rule and is not bounded for hostile nesting; this one is linear.
Source of the grammar: Sigma specification 2.1.0, condition.
"""

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from vedette.detect.sigma import patterns
from vedette.detect.sigma.rule import AllOf, AnyOf, Atom, Node, Not

TOKEN: Final = re.compile(r"\s*([()]|[A-Za-z0-9_*?.-]+)")
OPERATORS: Final = frozenset({"and", "or", "not", "of", "them", "all", "any"})
DEEPEST: Final = 64
FLAGS: Final = {"IGNORECASE": "i", "MULTILINE": "m", "DOTALL": "s"}
COMPARE: Final = {"LT": "lt", "LTE": "lte", "GT": "gt", "GTE": "gte"}
KEYWORD_MODIFIERS: Final = frozenset(
    {"contains", "all", "neq", "re", "i", "m", "s", "ignorecase", "multiline", "dotall", "cased", "windash", "base64",
     "base64offset", "wide", "utf16", "utf16le", "utf16be", "expand"}
)  # fmt: skip


class ConditionError(ValueError):
    """A condition or value that cannot be run exactly."""


def parse(text: str, names: Mapping[str, Any], leaf: Callable[[str], Node], selectors: bool = True) -> Node:
    """The tree of a condition: `not` binds closest, then `and`, then `or`; `1|any|all of pattern|them`.

    Args:
        names: what may be named.
        leaf: makes the tree of one name.
        selectors: whether `x of y` is part of the grammar; it is not in correlations.

    Raises:
        ConditionError: bad syntax, an unknown name, a selector that names nothing, too deep.
    """
    tokens = [_operator(token) if token not in names else token for token in _tokens(text)]
    at = 0

    def peek() -> str:
        return tokens[at] if at < len(tokens) else ""

    def take() -> str:
        nonlocal at
        at += 1
        return tokens[at - 1]

    def alternatives(depth: int) -> Node:
        nodes = [conjunction(depth)]
        while peek() == "or":
            take()
            nodes.append(conjunction(depth))
        return any_of(nodes)

    def conjunction(depth: int) -> Node:
        nodes = [operand(depth)]
        while peek() == "and":
            take()
            nodes.append(operand(depth))
        return all_of(nodes)

    def operand(depth: int) -> Node:
        if depth > DEEPEST:
            raise ConditionError(f"condition is nested more than {DEEPEST} deep")
        if at >= len(tokens):
            raise ConditionError("condition ends where a name is expected")
        word = take()
        if word == "not":
            return Not(operand(depth + 1))
        if word == "(":
            node = alternatives(depth + 1)
            if peek() != ")":
                raise ConditionError("condition has a ( without its )")
            take()
            return node
        if selectors and peek() == "of" and word not in names:
            return selection(word)
        if word in (")", "and", "or"):
            raise ConditionError(f"condition has {word!r} where a name is expected")
        if word not in names:
            raise ConditionError(f"condition names {word!r}, which is not defined")
        return leaf(word)

    def selection(quantifier: str) -> Node:
        take()
        if quantifier not in ("1", "any", "all") or not peek():
            raise ConditionError(f"condition says {quantifier!r} of: only 1, any and all are defined")
        pattern = take()
        # Names that begin with an underscore are private: only a pattern that says so reaches them.
        chosen = [
            name
            for name in names
            if (pattern == "them" or fnmatchcase(name, pattern)) and (pattern[0] == "_" or name[:1] != "_")
        ]
        if not chosen or "?" in pattern:
            raise ConditionError(f"condition says {quantifier} of {pattern}, and no definition has such a name")
        return (all_of if quantifier == "all" else any_of)([leaf(name) for name in chosen])

    tree = alternatives(0)
    if at < len(tokens):
        raise ConditionError(f"condition has {tokens[at]!r} where and, or or its end is expected")
    return tree


def _operator(token: str) -> str:
    """Operators may be written in capitals, as engines before pySigma took them."""
    return token.lower() if token.lower() in OPERATORS else token


def _tokens(text: str) -> list[str]:
    if "|" in text:
        raise ConditionError("aggregation with | was replaced by correlation rules")
    tokens: list[str] = []
    at = 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        if found is None:
            raise ConditionError(f"condition has {text[at:].strip()[:1]!r}, which means nothing there")
        tokens.append(found[1])
        at = found.end()
    return tokens


def detection(definition: Any, placeholders: Mapping[str, tuple[str, ...]]) -> Node:
    """The tree of one named search: a pySigma SigmaDetection or SigmaDetectionItem.

    Raises:
        ConditionError: a value or modifier that cannot be run exactly.
    """
    from sigma.conditions import ConditionAND

    if hasattr(definition, "detection_items"):
        nodes = [detection(item, placeholders) for item in definition.detection_items]
        return (all_of if definition.item_linking is ConditionAND else any_of)(nodes)
    if not definition.value:
        raise ConditionError(f"{definition.field or 'a keyword list'} has an empty list of values")
    if definition.field is None:
        _check_keyword(definition)
    nodes = [_value(definition.field or "", value, placeholders) for value in definition.value]
    node = (all_of if definition.value_linking is ConditionAND else any_of)(nodes)
    return Not(node) if definition.negated else node


def _check_keyword(item: Any) -> None:
    from sigma.modifiers import reverse_modifier_mapping

    for modifier in item.modifiers:
        name = reverse_modifier_mapping[modifier.__name__]
        if name not in KEYWORD_MODIFIERS:
            raise ConditionError(f"modifier {name} needs a field")


def _value(field: str, value: Any, placeholders: Mapping[str, tuple[str, ...]]) -> Node:
    from sigma import types

    match value:
        case types.SigmaExpansion():
            return any_of([_value(field, one, placeholders) for one in value.values])
        case types.SigmaString():
            return any_of([_text(field, one) for one in _filled(value, placeholders)])
        case types.SigmaTimestampPart():
            return Atom(field, value.timestamp_part.name.lower(), str(value.number))
        case types.SigmaNumber():
            return Atom(field, "eq" if field else "contains", str(value.number))
        case types.SigmaBool():
            return Atom(field, "eq" if field else "contains", str(value.boolean).lower())
        case types.SigmaNull():
            if not field:
                raise ConditionError("null needs a field")
            return Atom(field, "null")
        case types.SigmaExists():
            return Atom(field, "present" if value.exists else "null")
        case types.SigmaRegularExpression():
            flags = "".join(sorted(FLAGS[flag.name] for flag in value.flags))
            return any_of(
                [Atom(field, "re", patterns.regex(str(one.regexp), flags)) for one in _filled(value, placeholders)]
            )
        case types.SigmaCIDRExpression():
            return Atom(field, "cidr", str(value.network))
        case types.SigmaCompareExpression():
            number = value.number
            part = number.timestamp_part.name.lower() if isinstance(number, types.SigmaTimestampPart) else ""
            if value.op.name not in COMPARE:
                raise ConditionError(f"comparison {value.op.name} is not supported")
            return Atom(field, COMPARE[value.op.name], str(number.number), part=part)
        case types.SigmaFieldReference():
            ends = (value.starts_with, value.ends_with)
            how = {(False, False): "eq", (True, True): "contains", (True, False): "startswith"}.get(ends, "endswith")
            return Atom(field, f"ref-{how}", value.field)
    raise ConditionError(f"values of type {type(value).__name__} are not supported")


def _filled(value: Any, placeholders: Mapping[str, tuple[str, ...]]) -> list[Any]:
    """The value with its placeholders filled in, one for every combination."""
    if not value.contains_placeholder():
        return [value]

    def fill(placeholder: Any) -> Any:
        if placeholder.name not in placeholders:
            raise ConditionError(
                f"placeholder %{placeholder.name}% has no values: give them as rules.placeholders in the settings or"
                " by --placeholder"
            )
        yield from placeholders[placeholder.name]

    cased = type(value).__name__ == "SigmaCasedString"
    filled = value.replace_placeholders(fill)
    return [type(value).from_sigma_string(one) for one in filled] if cased else list(filled)


def _text(field: str, value: Any) -> Atom:
    """A string value: wildcards at its ends become the plain tests that they mean."""
    from sigma.types import SigmaCasedString, SpecialChars

    cased = isinstance(value, SigmaCasedString)
    parts: list[str] = []  # plain text, "*" and "?"; a plain part is marked by being a tuple of its text
    plain: list[bool] = []
    for part in value.s:
        if isinstance(part, str):
            text = part if cased else part.lower()
            if plain and plain[-1]:
                parts[-1] += text
            else:
                parts.append(text)
                plain.append(True)
        else:
            star = part == SpecialChars.WILDCARD_MULTI
            if star and parts and not plain[-1] and parts[-1] == "*":
                continue
            parts.append("*" if star else "?")
            plain.append(False)
    if not field:  # a keyword is searched for, wherever it stands
        if not parts:
            raise ConditionError("an empty keyword would match everything")
        parts = ["*", *parts, "*"]
        plain = [False, *plain, False]
        while parts[1:2] == ["*"] and not plain[1]:
            del parts[1], plain[1]
        while parts[-2:-1] == ["*"] and not plain[-2]:
            del parts[-2], plain[-2]
    shape = "".join("x" if is_plain else part for part, is_plain in zip(parts, plain, strict=True))
    text = "".join(part for part, is_plain in zip(parts, plain, strict=True) if is_plain)
    match shape:
        case "" | "x":
            return Atom(field, "eq", text, cased)
        case "*":
            return Atom(field, "present")
        case "*x*":
            return Atom(field, "contains", text, cased)
        case "x*":
            return Atom(field, "startswith", text, cased)
        case "*x":
            return Atom(field, "endswith", text, cased)
    glob = "".join(
        patterns.glob_escape(part) if is_plain else part for part, is_plain in zip(parts, plain, strict=True)
    )
    patterns.compiles(patterns.glob_regex(glob))
    return Atom(field, "glob", glob, cased)


def all_of(nodes: list[Node]) -> Node:
    """Conjunction, flattened."""
    if len(nodes) == 1:
        return nodes[0]
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, AllOf) else (node,))
    return AllOf(tuple(dict.fromkeys(flat)))


def any_of(nodes: list[Node]) -> Node:
    """Disjunction, flattened."""
    if len(nodes) == 1:
        return nodes[0]
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, AnyOf) else (node,))
    return AnyOf(tuple(dict.fromkeys(flat)))
