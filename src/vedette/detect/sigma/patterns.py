r"""Patterns of rules made ready for two linear engines that give the same answer: RE2 for a few values, whose
patterns stay compiled, and the Rust regex crate inside polars for columns.

Rules are written for PCRE-like engines. Both take a pattern only when it needs no backtracking (no look-around, no
back-references); what Rust alone reads differently is rewritten for it: \d, \w, \s and \b are ASCII, a [ in a class is
a character, there are no set operators, \< is a character.
"""

from functools import lru_cache
from typing import Any, Final

import polars as pl
import re2

WILD: Final = "*?\\"
_ASCII: Final = {
    "d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r ",
}  # fmt: skip


class PatternError(ValueError):
    """A pattern that no linear engine takes."""


def regex(pattern: str, flags: str = "") -> str:
    """The pattern with the flags (of i, m, s) in front.

    Raises:
        PatternError: it does not compile: look-around, back-references, bad syntax, too large.
    """
    text = (f"(?{flags})" if flags else "") + pattern
    compiles(text)
    return text


@lru_cache(maxsize=8192)
def compiles(pattern: str) -> None:
    """Raises PatternError with the engine's own words when one of the engines does not take the pattern."""
    try:
        pl.Series([""]).str.contains(rust(pattern))
        re2_of(pattern)
    except pl.exceptions.ComputeError as error:
        said = str(error).split("error:")[-1].split("\n\n")[0].strip()
        raise PatternError(f"no linear engine takes the pattern {pattern[:80]!r}: {said[:120]}") from None
    except re2.error as error:
        raise PatternError(f"no linear engine takes the pattern {pattern[:80]!r}: {error!s:.120}") from None


@lru_cache(maxsize=8192)
def re2_of(pattern: str) -> Any:
    """The compiled RE2 pattern."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


@lru_cache(maxsize=8192)
def rust(pattern: str) -> str:
    """The same pattern in the syntax of the Rust regex crate."""
    out: list[str] = []
    inside = False  # of a character class
    i, n = 0, len(pattern)
    while i < n:
        c = pattern[i]
        pair = pattern[i : i + 2]
        if c == "\\":
            out.append(_escaped(pair, inside))
            i += 2
            continue
        if inside:
            if c == "[":
                if pair == "[:" and (end := pattern.find(":]", i)) > 0:
                    out.append(pattern[i : end + 2])
                    i = end + 2
                    continue
                out.append(r"\[")
            elif pair in ("&&", "--", "~~"):
                out.append(f"\\{c}\\{c}")
                i += 2
                continue
            else:
                inside = c != "]"
                out.append(c)
        elif c == "[":
            inside = True
            head = 2 if pair == "[^" else 1
            out.append(pattern[i : i + head])
            i += head
            if pattern[i : i + 1] == "]":  # first in a class it is a character
                out.append(r"\]")
                i += 1
            continue
        else:
            out.append(c)
        i += 1
    return "".join(out)


def _escaped(pair: str, inside: bool) -> str:
    letter = pair[1:]
    if letter in _ASCII:
        return _ASCII[letter] if inside else f"[{_ASCII[letter]}]"
    if letter.lower() in _ASCII:
        return f"[^{_ASCII[letter.lower()]}]"
    if letter in ("b", "B") and not inside:
        return f"(?-u:{pair})"
    return letter if letter in ("<", ">") else pair


def glob_regex(pattern: str) -> str:
    """A wildcard pattern as a regex over the whole value."""
    out = [r"(?s)\A"]
    escaped = False
    for c in pattern:
        if escaped:
            out.append(_escape(c))
            escaped = False
        elif c == "\\":
            escaped = True
        else:
            out.append({"*": ".*", "?": "."}.get(c) or _escape(c))
    return "".join(out) + r"\z"


def glob_literal(pattern: str) -> str:
    """The longest run of plain characters of a wildcard pattern: it must occur in every value that matches."""
    runs = [""]
    escaped = False
    for c in pattern:
        if escaped or c not in WILD:
            runs[-1] += c
            escaped = False
        elif c == "\\":
            escaped = True
        else:
            runs.append("")
    return max(runs, key=len)


def glob_escape(text: str) -> str:
    """Plain text as a wildcard pattern that matches only itself."""
    return "".join("\\" + c if c in WILD else c for c in text)


def _escape(c: str) -> str:
    return "\\" + c if c in r"\.+*?()|[]{}^$" else c


def linear_engine() -> Any:
    """A regex engine for pySigma that asks ours, so that the two cannot disagree on what may run."""
    from sigma.policy.regex_engine import RegexEngine

    class Linear(RegexEngine):
        def compile(self, pattern: str, flags: int = 0) -> Any:
            letters = "".join(letter for bit, letter in ((2, "i"), (8, "m"), (16, "s")) if flags & bit)
            return regex(pattern, letters)

        @property
        def error(self) -> type[Exception]:
            return PatternError

    return Linear()
