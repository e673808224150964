r"""Literals of which one must occur, lower-cased, in every value that a regex matches.

    (?i)/(?:wp-login|xmlrpc)\.php\?\w+=   ->   {"/wp-login.php?", "/xmlrpc.php?"}

A walk over the pattern that knows the common syntax and gives up (no literals) on the rest, so that a wrong guess is
impossible and only speed is lost. As in Russ Cox, Regular Expression Matching with a Trigram Index (2012).
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

MOST: Final = 64  # literals of one set
SHORTEST: Final = 2
DEEPEST: Final = 50

Words = frozenset[str]
_EMPTY: Final[Words] = frozenset({""})
_REPEAT: Final = re.compile(r"\{(\d+)(,(\d*))?\}")
_GROUP: Final = re.compile(r"\?(?:[ims]*:|P?<[A-Za-z_]\w*>)")
_FLAGS: Final = re.compile(r"\(\?[ims]+\)")
_PLAIN: Final = re.compile(r"(?:(?![*+?{|()\[.^$\\])[\x00-\x7f])+(?![*+?{])")
"""Letters that stand for themselves; a last one that is repeated is not among them."""


class _GiveUpError(Exception):
    """Syntax that this walk does not know."""


class _Part(NamedTuple):
    """`exact`: all texts that the part matches, when they are few. `need`: one of these is in whatever it matches."""

    exact: Words | None
    need: Words | None


@lru_cache(maxsize=8192)
def required(pattern: str) -> tuple[str, ...]:
    """The literals, sorted; () when there are none worth searching for."""
    flags = _FLAGS.match(pattern)
    try:
        part, end = _alternatives(pattern, flags.end() if flags else 0, 0)
    except (_GiveUpError, IndexError):
        return ()
    if end != len(pattern):
        return ()
    words = _better(part.exact, part.need)
    if words is None:
        return ()
    if any("s" in word for word in words):
        words |= {"ſ"}  # without regard to case, s matches it too, and its lower case is itself
    return tuple(sorted(words))


def _worth(words: Words | None) -> tuple[int, int]:
    return (min(map(len, words)), -len(words)) if words else (0, 0)


def _better(a: Words | None, b: Words | None) -> Words | None:
    best = max((a, b), key=_worth)
    return best if _worth(best)[0] >= SHORTEST else None


def _alternatives(pattern: str, at: int, depth: int) -> tuple[_Part, int]:
    if depth > DEEPEST:
        raise _GiveUpError
    parts = []
    while True:
        part, at = _sequence(pattern, at, depth)
        parts.append(part)
        if at >= len(pattern) or pattern[at] != "|":
            break
        at += 1
    if len(parts) == 1:
        return parts[0], at
    exact: Words | None = frozenset().union(*(part.exact for part in parts if part.exact is not None))
    if any(part.exact is None for part in parts) or (exact and len(exact) > MOST):
        exact = None
    needs = [_better(part.exact, part.need) for part in parts]
    need = frozenset().union(*(words for words in needs if words)) if all(needs) else None
    return _Part(exact, need if need and len(need) <= MOST else None), at


def _sequence(pattern: str, at: int, depth: int) -> tuple[_Part, int]:
    run: Words | None = _EMPTY  # texts of the parts since the last one that was not exact
    whole = True
    need: Words | None = None
    while at < len(pattern) and pattern[at] not in "|)":
        part, at = _repeated(pattern, at, depth)
        joined = (
            frozenset(a + b for a in run for b in part.exact)
            if run is not None and part.exact is not None and len(run) * len(part.exact) <= MOST
            else None
        )
        if joined is not None:
            run = joined
            continue
        whole = False
        need = _better(_better(need, run), part.need)
        run = part.exact if part.exact is not None else _EMPTY
        need = _better(need, run)
    return _Part(run if whole else None, need if whole else _better(need, run)), at


def _repeated(pattern: str, at: int, depth: int) -> tuple[_Part, int]:
    part, at = _one(pattern, at, depth)
    while at < len(pattern) and pattern[at] in "*+?{":
        least, most = 0, 2
        if pattern[at] == "{":
            counts = _REPEAT.match(pattern, at)
            if counts is None:
                raise _GiveUpError
            least = int(counts[1])
            most = least if counts[2] is None else 2
            at = counts.end()
        else:
            least, most = {"*": (0, 2), "+": (1, 2), "?": (0, 1)}[pattern[at]]
            at += 1
        if at < len(pattern) and pattern[at] == "?":  # lazy: the same texts
            at += 1
        if (least, most) == (1, 1):
            continue
        if (least, most) == (0, 1):
            part = _Part(part.exact | _EMPTY if part.exact is not None else None, None)
        else:
            part = _Part(None, _better(part.exact, part.need) if least else None)
    return part, at


def _one(pattern: str, at: int, depth: int) -> tuple[_Part, int]:
    c = pattern[at]
    if c == "(":
        if pattern[at + 1] == "?":
            head = _GROUP.match(pattern, at + 1)
            if head is None:
                raise _GiveUpError
            at = head.end() - 1
        part, at = _alternatives(pattern, at + 1, depth + 1)
        if pattern[at] != ")":
            raise _GiveUpError
        return part, at + 1
    if c == "[":
        return _class(pattern, at)
    if c == ".":
        return _Part(None, None), at + 1
    if c in "^$":
        return _Part(_EMPTY, None), at + 1
    if c == "\\":
        return _escape(pattern, at)
    if c in "*+?{":
        raise _GiveUpError
    plain = _PLAIN.match(pattern, at)
    if plain is None:
        return _letter(c), at + 1
    return _Part(frozenset({plain[0].lower()}), None), plain.end()


def _letter(c: str) -> _Part:
    # Outside ASCII a letter may have several lower-case forms.
    return _Part(frozenset({c.lower()}), None) if c.isascii() else _Part(None, None)


def _escape(pattern: str, at: int) -> tuple[_Part, int]:
    c = pattern[at + 1]
    if c in "bBAz":
        return _Part(_EMPTY, None), at + 2
    if c in "dDwWsS":
        return _Part(None, None), at + 2
    if c in "tnrfv":
        return _letter({"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}[c]), at + 2
    if c == "x" and re.fullmatch(r"[0-9A-Fa-f]{2}", pattern[at + 2 : at + 4]):
        return _letter(chr(int(pattern[at + 2 : at + 4], 16))), at + 4
    if c.isalnum():
        raise _GiveUpError
    return _letter(c), at + 2


def _class(pattern: str, at: int) -> tuple[_Part, int]:
    negated = pattern[at + 1] == "^"
    at += 2 if negated else 1
    members: set[str] = set()
    plain = not negated
    first = True
    while first or pattern[at] != "]":
        first = False
        if pattern[at] == "\\":
            part, at = _escape(pattern, at) if pattern[at + 1] not in "bBAz" else (_Part(None, None), at + 2)
            plain = plain and part.exact is not None
            members |= part.exact or frozenset()
        elif pattern[at : at + 2] == "[:":
            at = pattern.index(":]", at) + 2
            plain = False
        else:
            plain = plain and pattern[at].isascii()
            members.add(pattern[at].lower())
            at += 1
        if pattern[at] == "-" and pattern[at + 1] != "]":  # a range
            plain = False
            at += 1
    small = plain and len(members) <= 4
    return _Part(frozenset(members) if small else None, None), at + 1
