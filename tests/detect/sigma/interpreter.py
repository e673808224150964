"""Sigma for one event, too simple to be wrong: the measure of both engines."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache

from vedette.detect.sigma.rule import AllOf, AnyOf, Atom, Node, Not

Get = Callable[[str], list[str | None]]
"""Values of a field: one, or for the keyword field "" all that are searched."""

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def holds(node: Node, get: Get) -> bool:
    if isinstance(node, AllOf):
        return all(holds(child, get) for child in node.nodes)
    if isinstance(node, AnyOf):
        return any(holds(child, get) for child in node.nodes)
    if isinstance(node, Not):
        return not holds(node.node, get)
    return any(says(node, value, get) for value in get(node.field))


def says(atom: Atom, value: str | None, get: Get) -> bool:
    if value is None:
        return atom.op == "null"
    text = value if atom.cased else value.lower()
    match atom.op:
        case "null":
            return False
        case "present":
            return True
        case "eq":
            return text == atom.value
        case "contains":
            return atom.value in text
        case "startswith":
            return text.startswith(atom.value)
        case "endswith":
            return text.endswith(atom.value)
        case "glob":
            return glob(atom.value).fullmatch(text) is not None
        case "re":
            return expression(atom.value).search(value) is not None
        case "cidr":
            try:
                return ipaddress.ip_address(value) in ipaddress.ip_network(atom.value)
            except ValueError:
                return False
        case "gt" | "gte" | "lt" | "lte":
            number = part(atom.part, value) if atom.part else float(value) if NUMBER.fullmatch(value) else None
            limit = float(atom.value)
            return number is not None and {
                "gt": number > limit, "gte": number >= limit, "lt": number < limit, "lte": number <= limit,
            }[atom.op]  # fmt: skip
        case "minute" | "hour" | "day" | "week" | "month" | "year":
            return part(atom.op, value) == int(atom.value)
    others = [other if atom.cased else other.lower() for other in get(atom.value) if other is not None]
    match atom.op:
        case "ref-eq":
            return text in others
        case "ref-contains":
            return any(other in text for other in others)
        case "ref-startswith":
            return any(text.startswith(other) for other in others)
        case "ref-endswith":
            return any(text.endswith(other) for other in others)
    raise AssertionError(atom.op)


@cache
def glob(pattern: str) -> re.Pattern[str]:
    """* and ? are wildcards, a backslash before *, ? or a backslash escapes it."""
    made, at = "", 0
    while at < len(pattern):
        if pattern[at] == "\\" and pattern[at + 1 : at + 2] in ("*", "?", "\\"):
            made += re.escape(pattern[at + 1])
            at += 1
        else:
            made += {"*": ".*", "?": "."}.get(pattern[at], re.escape(pattern[at]))
        at += 1
    return re.compile(made, re.DOTALL)


@cache
def expression(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def part(name: str, value: str) -> int | None:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    return at.isocalendar().week if name == "week" else int(getattr(at, name))


def of(event: Mapping[str, str | None]) -> Get:
    """An event whose fields are called as the rule calls them."""
    return lambda field: [event.get(field)] if field else list(event.values())
