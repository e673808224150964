"""STIX patterns that say: one of these values. Any other is refused, since half of a condition means something else.

Source: STIX Version 2.1 (OASIS Standard), section 9.
"""

from collections.abc import Iterator
from typing import Final

LONGEST: Final = 65536
"""Characters of a pattern."""

_ADDRESSES: Final = frozenset(
    {"ipv4-addr:value", "ipv6-addr:value", "network-traffic:dst_ref.value", "network-traffic:src_ref.value"}
)
_VALUES: Final = _ADDRESSES | {
    "domain-name:value",
    "url:value",
    "email-addr:value",
    "email-message:from_ref.value",
    "email-message:sender_ref.value",
}
_HASHES: Final = frozenset({"md5", "sha1", "sha256", "sha512"})
_CLOSES: Final = {")": "(", "]": "["}

_Token = tuple[str, str]
"""(one of ``[ ] ( ) ,`` or op, word, string, end; its text)"""


def comparisons(pattern: str) -> list[tuple[str, str]]:
    """Values, any of which fulfils the pattern, each with an empty reason; or what is not looked for, with the reason.

    Raises:
        ValueError: the pattern says something else; says why.
    """
    if len(pattern) > LONGEST:
        raise ValueError(f"a pattern of more than {LONGEST:,} characters")
    found: list[tuple[str, str]] = []
    opened: list[str] = []
    tokens = _tokens(pattern)
    wanted, inside = True, False  # a comparison or what it is in; an observation
    for kind, text in tokens:
        if wanted and kind in ("(", "["):
            if kind == "[" and inside:
                raise ValueError("a pattern with an observation within another")
            inside = inside or kind == "["
            opened.append(kind)
        elif wanted and kind == "word" and text.upper() != "NOT":
            if not inside:
                raise ValueError("a pattern with a comparison outside of an observation")
            found += _comparison(text, tokens)
            wanted = False
        elif not wanted and kind in _CLOSES and opened[-1:] == [_CLOSES[kind]]:
            inside = opened.pop() != "[" and inside
        elif not wanted and kind == "word" and text.upper() == "OR":
            wanted = True
        elif kind == "end" and not wanted and not opened:
            return found
        elif kind == "word" and text.upper() in ("AND", "FOLLOWEDBY", "NOT"):
            raise ValueError(f"a pattern with {text.upper()}: half of a condition means something else")
        elif kind == "word" and text.upper() in ("WITHIN", "REPEATS", "START", "STOP"):
            raise ValueError(f"a pattern with {text.upper()}: it is about more than a value")
        else:
            raise ValueError("a damaged pattern")
    raise ValueError("a damaged pattern")


def _comparison(path: str, tokens: Iterator[_Token]) -> list[tuple[str, str]]:
    """The values of one comparison, whose path has been read."""
    kind, text = next(tokens)
    operator = text.upper()
    if kind not in ("op", "word") or operator not in ("=", "IN", "ISSUBSET"):
        raise ValueError(f"a pattern with {operator[:20]}" if kind in ("op", "word") else "a damaged pattern")
    values = [next(tokens)]
    if operator == "IN":
        if values.pop()[0] != "(":
            raise ValueError("a damaged pattern")
        separator = ","
        while separator == ",":
            values.append(next(tokens))
            separator, _ = next(tokens)
        if separator != ")":
            raise ValueError("a damaged pattern")
    if any(kind != "string" for kind, _ in values):
        number = all(kind in ("string", "word") for kind, _ in values)
        raise ValueError("a pattern with a value that is no text" if number else "a damaged pattern")
    if operator == "ISSUBSET" and path not in _ADDRESSES:
        raise ValueError("a pattern with ISSUBSET of what is no address")
    start, _, name = path.partition(":hashes.")
    name = name.lower().replace("-", "")
    if start in ("file", "artifact") and name in _HASHES:
        return [(f"{name}:{text}", "") for _, text in values]
    reason = "" if path in _VALUES else f"{path[:60]} is not looked for"
    return [(text, reason) for _, text in values]


def _tokens(pattern: str) -> Iterator[_Token]:
    """One pass, no way back."""
    at, end = 0, len(pattern)
    while at < end:
        character = pattern[at]
        if character.isspace():
            at += 1
        elif character in "[](),":
            yield character, character
            at += 1
        elif character in "=!<>":
            size = 2 if pattern[at + 1 : at + 2] in ("=", ">") else 1
            yield "op", pattern[at : at + size]
            at += size
        elif character == "'":
            text, at = _quoted(pattern, at)
            yield "string", text
        elif character.isalnum() or character in "_-+":
            word, at = _word(pattern, at)
            yield "word", word
        else:
            raise ValueError("a damaged pattern")
    while True:
        yield "end", ""


def _word(pattern: str, at: int) -> tuple[str, int]:
    """A key word, number or path, whose parts may be quoted: file:hashes.'SHA-256'."""
    parts = []
    while at < len(pattern):
        start = at
        while at < len(pattern) and (pattern[at].isalnum() or pattern[at] in "_-+:.*"):
            at += 1
        parts.append(pattern[start:at])
        if at == start or pattern[at - 1] != "." or pattern[at : at + 1] != "'":
            break
        quoted, at = _quoted(pattern, at)
        parts.append(quoted)
    return "".join(parts), at


def _quoted(pattern: str, at: int) -> tuple[str, int]:
    """(the text that is quoted at `at`, where it ends)"""
    parts = []
    at += 1
    while True:
        start = at
        while at < len(pattern) and pattern[at] not in "'\\":
            at += 1
        parts.append(pattern[start:at])
        if at >= len(pattern):
            raise ValueError("a damaged pattern")
        if pattern[at] == "'":
            return "".join(parts), at + 1
        parts.append(pattern[at + 1 : at + 2])
        at += 2
