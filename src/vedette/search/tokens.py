r"""A query cut into tokens, in one pass.

What a character means depends on where it stands: behind `field:` a colon is part of the value (2001:db8::1), and a
list `field:(a or b)` holds values only. A backslash is itself unless it stands before one of SPECIAL.
"""

from typing import Final, Literal, NamedTuple

from vedette.model.query import QueryError

Kind = Literal["word", "quoted", "regex", "(", ")", ":", "<", "<=", ">", ">="]

LONGEST: Final = 4000
"""Characters of a query."""
SPECIAL: Final = frozenset('*?\\"():<>/ ')


class Token(NamedTuple):
    """A piece of the query.

    Attributes:
        text: of a word as written; of the others without delimiters and escapes.
        start, end: where it stands.
        value: it stands where a value is expected.
    """

    kind: Kind
    text: str
    start: int
    end: int
    value: bool = False


def tokens(text: str, *, unfinished: bool = False) -> list[Token]:
    """All of them.

    Args:
        unfinished: somebody is still typing: a quote that was not closed is no mistake.

    Raises:
        QueryError: the query is too long, or a quote was not closed.
    """
    if len(text) > LONGEST:
        raise QueryError(f"longer than {LONGEST} characters", LONGEST + 1, "ask for less at once")
    found: list[Token] = []
    lists: list[bool] = []  # for each open parenthesis: whether values stand in it
    value, at = False, 0
    while at < len(text):
        c = text[at]
        if c.isspace():
            at += 1
            continue
        inside = value or (bool(lists) and lists[-1])
        value = False
        if c == "(":
            lists.append(inside)
            token = Token("(", c, at, at + 1, inside)
        elif c == ")":
            if lists:
                lists.pop()
            token = Token(")", c, at, at + 1, inside)
        elif c in ":<>" and not inside:
            token = _operator(text, at)
            value = True
        elif c == '"':
            token = _quoted(text, at, inside, unfinished)
        else:
            token = _regex(text, at, inside) or _word(text, at, inside)
        found.append(token)
        at = token.end
    return found


def _operator(text: str, at: int) -> Token:
    kind: Kind = ":" if text[at] == ":" else "<" if text[at] == "<" else ">"
    if kind != ":" and text[at + 1 : at + 2] == "=":
        kind = "<=" if kind == "<" else ">="
    return Token(kind, kind, at, at + len(kind))


def _quoted(text: str, at: int, value: bool, unfinished: bool) -> Token:
    out: list[str] = []
    end = at + 1
    while end < len(text) and text[end] != '"':
        if text[end] == "\\" and text[end + 1 : end + 2] in ('"', "\\"):
            end += 1
        out.append(text[end])
        end += 1
    if end == len(text) and not unfinished:
        raise QueryError("this quote is not closed", at + 1, 'write " at its end, or \\" for a quote itself')
    return Token("quoted", "".join(out), at, min(end + 1, len(text)), value)


def _regex(text: str, at: int, value: bool) -> Token | None:
    """/.../ without blanks inside; anything else that begins with a slash is a word, such as a path."""
    if text[at] != "/":
        return None
    end = at + 1
    while end < len(text) and text[end] != "/" and not text[end].isspace():
        end += 2 if text[end] == "\\" else 1
    closed = text[end : end + 1] == "/" and end > at + 1
    if not closed or not (end + 1 == len(text) or text[end + 1].isspace() or text[end + 1] in "()"):
        return None
    return Token("regex", text[at + 1 : end].replace("\\/", "/"), at, end + 1, value)


def _word(text: str, at: int, value: bool) -> Token:
    ends, end = "()" if value else "():<>", at
    while end < len(text) and not text[end].isspace() and text[end] not in ends:
        end += 2 if text[end] == "\\" and text[end + 1 : end + 2] in SPECIAL else 1
    end = min(end, len(text))
    return Token("word", text[at:end], at, end, value)
