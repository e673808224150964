r"""A detection section as one tree. pySigma reads plain items; selectors of lists are read here.

    sigma-version: 3
    detection:
      sel:
        args[0]|endswith: '\powershell.exe'     the first member (of -1: the last)
        ports[all]: 443                         every member; any, all, all_or_empty, none
        connections[any]:                       one member that is both
          protocol: TCP
          ip|cidr: 198.51.100.0/24
        codes[any]:                             a condition over one member, which is called `.`
          condition: error and not timeout
          error: {.|gte: 500}
          timeout: {.: 504}
      condition: sel

Before version 3 of the specification brackets are part of a field's name, also when a document names no version.
Source: proposals 212 (array matching) and 213 (sigma-version) to the Sigma specification.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from vedette.detect.sigma.conditions import ConditionError, all_of, any_of, detection, parse
from vedette.detect.sigma.metadata import DocumentError
from vedette.detect.sigma.rule import Atom, Node, Not, atoms

Placeholders = Mapping[str, tuple[str, ...]]

NEWEST: Final = 3
"""Version of the specification up to which documents are read."""
UNNAMED: Final = 2
"""What a document is written for that does not say."""
SELECTORS: Final = 3
"""Version from which brackets in a field's name select members of lists."""

_NUMBERS: Final = frozenset({"lt", "lte", "gt", "gte", "minute", "hour", "day", "week", "month", "year"})
_YES: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_DECIMAL: Final = re.compile(r"[-+]?[0-9]{1,300}(?:\.[0-9]{1,300})?")
_UTF16LE: Final = re.compile(r"\|utf16le(?=\||$)")
_SELECTOR: Final = re.compile(r"((?:[^\[\]\\]|\\.)+)\[([^\[\]]*)\](?:\.(.+))?", re.DOTALL)
_WHICH: Final = re.compile(r"any|all|all_or_empty|none|-?[0-9]{1,9}")
_ESCAPED: Final = re.compile(r"\\([\[\]])")
_DEEPEST: Final = 16


def version(content: Mapping[str, Any]) -> int:
    """The major version of the specification that a document says it is written for.

    Raises:
        DocumentError: it is not one that is known here.
    """
    said = content.get("sigma-version", UNNAMED)
    major = str(said).partition(".")[0]
    if isinstance(said, bool) or not major.isdecimal() or not 1 <= int(major) <= NEWEST:
        raise DocumentError(f"sigma-version: {str(said)[:40]!r} is not known here: the newest is {NEWEST}")
    return int(major)


def section(content: Any, major: int, placeholders: Placeholders, policy: Any) -> Node:
    """The tree of a `detection` section, or what a filter has in its place.

    Raises:
        DocumentError, ConditionError, SigmaError: it cannot be run exactly.
    """
    if not isinstance(content, dict):
        raise DocumentError("detection: must be a mapping")
    return _Section(major, placeholders, policy).tree(content, _conditions(content), 0)


class _Section:
    def __init__(self, major: int, placeholders: Placeholders, policy: Any) -> None:
        self.major = major
        self.placeholders = placeholders
        self.policy = policy

    def tree(self, content: Mapping[str, Any], conditions: list[str], depth: int) -> Node:
        """The tree of named searches and conditions."""
        named = {str(name): self._read(part) for name, part in content.items() if name != "condition"}
        trees: dict[str, Node] = {}

        def leaf(name: str) -> Node:
            if name not in trees:
                trees[name] = self._built(named[name], depth)
            return trees[name]

        return any_of([parse(text, named, leaf) for text in conditions])

    def _read(self, part: Any) -> Any:
        """pySigma's object for a search; one with selectors in it stays as it is."""
        return part if self.major >= SELECTORS and _brackets(part) else self._plain(part)

    def _plain(self, part: Any) -> Any:
        from sigma.rule import SigmaDetection

        return SigmaDetection.from_definition(_spelt(part), policy=self.policy)

    def _built(self, part: Any, depth: int) -> Node:
        if depth > _DEEPEST:
            raise ConditionError(f"lists within lists more than {_DEEPEST} deep")
        if isinstance(part, list):
            return any_of([self._built(self._read(one), depth) for one in part])
        if not isinstance(part, dict):
            return detection(part, self.placeholders)
        return all_of([self._item(str(key), value, depth) for key, value in part.items()])

    def _item(self, key: str, value: Any, depth: int) -> Node:
        path, bar, modifiers = key.partition("|")
        found = _SELECTOR.fullmatch(path)
        if found is None:
            return self._built(self._plain({_unescaped(path) + bar + modifiers: value}), depth)
        field, which, rest = _unescaped(found[1]), found[2], found[3]
        if not _WHICH.fullmatch(which):
            raise ConditionError(f"{path}: a list is asked by [any], [all], [all_or_empty], [none] or a number")
        if rest or modifiers or not _is_block(value):
            value = {(rest or ".") + bar + modifiers: value}
        return _asked(field, which, self._member(value, depth + 1))

    def _member(self, body: Any, depth: int) -> Node:
        """What is asked of one member."""
        block = isinstance(body, dict) and "condition" in body
        node = self.tree(body, _conditions(body), depth) if block else self._built(self._read(body), depth)
        if any(not atom.field for atom in atoms(node)):
            raise ConditionError("keywords are searched in whole events, not in members of a list")
        return node


def _conditions(content: Mapping[str, Any]) -> list[str]:
    conditions = content.get("condition")
    conditions = conditions if isinstance(conditions, list) else [conditions]
    if not conditions or not all(isinstance(text, str) for text in conditions):
        raise DocumentError("detection: condition must be text")
    return conditions


def _asked(field: str, which: str, node: Node) -> Node:
    if which == "none":
        return Not(Atom(field, "each", "any", inner=node))
    each = Atom(field, "each", which, inner=node)
    return any_of([Atom(field, "null"), each]) if which == "all_or_empty" else each


def _is_block(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict) for one in value))


def _brackets(part: Any) -> bool:
    """Whether any field in a search is written with brackets."""
    if isinstance(part, list):
        return any(map(_brackets, part))
    return isinstance(part, dict) and any("[" in str(key) for key in part)


def _unescaped(path: str) -> str:
    return _ESCAPED.sub(r"\1", path)


def _spelt(part: Any, modifiers: frozenset[str] = frozenset()) -> Any:
    """A search as pySigma has to be given it. It knows utf16le only as wide, compares 5.0 as 5 and large integers as
    rounded, and takes no number where text is searched for: so values are text but where numbers are asked for."""
    if isinstance(part, dict):
        return {
            _UTF16LE.sub("|wide", key) if isinstance(key, str) else key: _spelt(
                value, frozenset(key.split("|")[1:]) if isinstance(key, str) else modifiers
            )
            for key, value in part.items()
        }
    if isinstance(part, list):
        return [_spelt(one, modifiers) for one in part]
    if "exists" in modifiers:
        return _YES.get(part.lower(), part) if isinstance(part, str) else part
    if modifiers & _NUMBERS:
        return _number(part)
    if isinstance(part, bool):
        return str(part).lower()
    return str(part) if isinstance(part, (int, float)) else part


def _number(value: Any) -> Any:
    """What is compared as a number; text where it is none that pySigma keeps exactly, and so refuses."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return value
    if not _DECIMAL.fullmatch(str(value)):
        return value
    number = float(value) if "." in str(value) else int(value)
    return number if float(number) == number else str(value)
