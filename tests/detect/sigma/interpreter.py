"""Sigma for one event, too simple to be wrong: the measure of both engines."""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

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
    if node.op == "each":
        return any(value is not None and each(node, value) for value in get(node.field))
    values = get(node.field)
    if node.op not in ("null", "present"):
        values = [text for value in values for text in (value, *members(value))]
    return any(says(node, value, get) for value in values)


def members(value: str | None) -> list[str]:
    """Texts of the members of a list."""
    made = listed(value)
    return [plain(member) for member in made[:1000] if member is not None] if made else []


def listed(value: str | None) -> list[Any] | None:
    try:
        made = json.loads(value or "")
    except ValueError:
        return None
    return made if isinstance(made, list) and value == (value or "").strip() else None


def plain(member: Any) -> str:
    return member if isinstance(member, str) else json.dumps(member, separators=(",", ":"), ensure_ascii=False)


def each(atom: Atom, value: str) -> bool:
    made = listed(value)
    if atom.value.lstrip("-").isdigit():
        place = int(atom.value)
        there = made is not None and -len(made) <= place < len(made) and made[place] is not None
        return there and holds(atom.inner, inside(made[place]))
    answers = [holds(atom.inner, inside(member)) for member in ([value] if made is None else made)]
    return any(answers) if atom.value == "any" else all(answers) and (atom.value == "all_or_empty" or made != [])


def inside(member: Any) -> Get:
    """A member of a list as an event."""

    def get(field: str) -> list[str | None]:
        found = [member] if field == "." else list(below(member, field))
        if not found or (len(found) == 1 and not isinstance(found[0], list)):
            return [None if value is None else plain(value) for value in found] or [None]
        return [plain([one for value in found for one in (value if isinstance(value, list) else [value])])]

    return get


def below(member: Any, field: str) -> Iterator[Any]:
    if isinstance(member, list):
        for one in member:
            yield from below(one, field)
    elif isinstance(member, dict) and field in member:
        yield member[field]


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
    others = [text for other in get(atom.value) if other is not None for text in (other, *members(other))]
    others = [other if atom.cased else other.lower() for other in others]
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
