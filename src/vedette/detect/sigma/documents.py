"""Rule files as YAML documents with their lines. Hostile files cost a refusal, never the process.

YAML is imported when a file is read: most starts take the rules from disk as they were compiled.
"""

import re
from typing import Any, Final, NamedTuple

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
        from sigma.rule.base import SigmaYAMLLoader, check_alias_expansion

        # A safe loader that also rejects a key given twice: YAML would silently keep the last one.
        content = yaml.load(chunk, Loader=SigmaYAMLLoader)  # noqa: S506
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
