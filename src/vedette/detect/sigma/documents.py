"""Rule files as YAML documents with their lines. Hostile files cost a refusal, never the process.

YAML is imported when a file is read: most starts take the rules from disk as they were compiled.
"""

import re
from functools import cache
from typing import Any, ClassVar, Final, NamedTuple

UNREADABLE: Final = "#! "
"""What stands in place of the text of a file that cannot be read, with the reason behind it."""
LONGEST: Final = 1 << 20  # characters in one document
DEEPEST: Final = 100
_SEPARATOR: Final = re.compile(r"^(?:---(?=[ \t\r\n]|$)|\.\.\.[ \t]*$)", re.MULTILINE)
_OPENING: Final = re.compile(r"^[ ?-]*", re.MULTILINE)


class Document(NamedTuple):
    """`content` is None when `fault` says why the document cannot be read. `line` counts from 1."""

    path: str
    line: int
    content: dict[str, Any] | None
    fault: str = ""


def documents(path: str, text: str) -> list[Document]:
    """The documents of one file. Each is read by itself, so that a broken one does not hide the rest."""
    if text.startswith(UNREADABLE):
        return [Document(path, 1, None, text.removeprefix(UNREADABLE))]
    found = [_document(path, line, chunk) for line, chunk in _chunks(text) if _says_something(chunk)]
    return found or [Document(path, 1, None, "the file holds no rule")]


def _chunks(text: str) -> list[tuple[int, str]]:
    chunks: list[tuple[int, str]] = []
    start, line = 0, 1
    for mark in _SEPARATOR.finditer(text):
        chunks.append((line, text[start : mark.start()]))
        line += text.count("\n", start, mark.end())
        start = mark.end()
    chunks.append((line, text[start:]))
    return chunks


def _says_something(chunk: str) -> bool:
    return any(line.strip() and line.lstrip()[0] not in "#%" for line in chunk.splitlines())


def _document(path: str, line: int, chunk: str) -> Document:
    import yaml

    line += next(i for i, text in enumerate(chunk.split("\n")) if text.strip() and text.lstrip()[0] not in "#%")
    if len(chunk) > LONGEST:
        return Document(path, line, None, f"the document is longer than {LONGEST} characters")
    try:
        if _may_be_deep(chunk) and _depth(chunk) > DEEPEST:
            return Document(path, line, None, f"the document is nested more than {DEEPEST} deep")
        from sigma.rule.base import check_alias_expansion

        content = yaml.load(chunk, Loader=_loader())  # noqa: S506 - a safe one
        check_alias_expansion(content)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        first = line - next(
            i for i, text in enumerate(chunk.split("\n")) if text.strip() and text.lstrip()[0] not in "#%"
        )
        return Document(path, first + mark.line if mark else line, None, f"not YAML: {error.problem}")
    except Exception as error:  # values that YAML's types reject: dates like 2024-13-45, control characters
        return Document(path, line, None, f"not YAML: {str(error).splitlines()[0][:200]}")
    if not isinstance(content, dict):
        return Document(path, line, None, "not a Sigma rule: the document is not a mapping")
    if not all(isinstance(key, str) for key in content):
        return Document(path, line, None, "not a Sigma rule: a key is not text")
    return Document(path, line, content)


@cache
def _loader() -> Any:
    """A safe loader for which a scalar is what is written there, and a key given twice a fault.

    YAML 1.1, which PyYAML reads, takes NO for false, 0x1410 and 0010 for other numbers, 12:30 for 750 and 1.10 for 1.1:
    rules would never match what they say. As in YAML 1.2 only true and false are boolean; numbers are decimal, and
    whatever would be written otherwise stays text, as dates do.
    """
    import yaml

    class Loader(yaml.CSafeLoader):
        yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            keys = set()
            for key, _ in node.value:
                if key.tag != _MERGE:
                    if isinstance(key, yaml.ScalarNode):
                        key.tag = "tag:yaml.org,2002:str"  # names of fields and searches: 1, on, null
                    name = self.construct_object(key, deep=True)
                    if name in keys:
                        raise yaml.constructor.ConstructorError(None, None, f"Duplicate key {name!r}", key.start_mark)
                    keys.add(name)
            return super().construct_mapping(node, deep)

    for tag, pattern, first in _SCALARS:
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"(?:{pattern})\Z"), first)
    return Loader


_MERGE: Final = "tag:yaml.org,2002:merge"
_SCALARS: Final = (
    ("bool", "true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", "0|-?[1-9][0-9]*", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]{0,8})\.[0-9]{0,3}[1-9]", list("-0123456789")),  # what Python writes the same way
    ("merge", "<<", ["<"]),
)


def _may_be_deep(chunk: str) -> bool:
    """Cheap bound: nesting needs a bracket or a column of indentation each. The C loader recurses without limit."""
    if chunk.count("[") + chunk.count("{") > DEEPEST:
        return True
    return max(len(found[0]) for found in _OPENING.finditer(chunk)) > DEEPEST // 2


def _depth(chunk: str) -> int:
    import yaml

    depth = deepest = 0
    for event in yaml.parse(chunk, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            deepest = max(deepest, depth)
            if deepest > DEEPEST:
                break
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return deepest
