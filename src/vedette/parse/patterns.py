"""Messages to fields by ordered lists of patterns.

A pattern is a regular expression without look-around and back-references whose groups are named by the ECS field
that they fill: `(?P<source.address>\\S+)`. Anchor both ends, and let what the attacker chooses be greedy and bounded
by what the program writes after it. \\d \\w \\s \\b and their opposites mean ASCII.

Two engines give the same answer, both in linear time: polars' Rust regex for columns, RE2 for a few rows, where
compiling a column's expression would cost more than all the matching.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache, reduce
from operator import or_
from typing import Any, Final, NamedTuple

import polars as pl
import re2

from vedette.model.fields import conform

FEW: Final = 600
"""Up to this many rows go through RE2, one by one: polars keeps no more than the last 32 expressions that it compiled,
and compiling one takes it as long as RE2 takes for so many rows."""

SIGNS_FEW: Final = 3000
"""The same where several expressions are asked as one."""

LONG: Final = 1 << 20
"""Bytes of so few rows that are asked about quicker by compiled expressions."""
COMPILED: Final = 8 << 20
"""Bytes asked about from which on it is worth compiling them."""

UNION: Final = 12
"""Expressions asked as one: of more, the engine's automaton outgrows its memory where texts are of many kinds."""

SAMPLE: Final = 16
"""Texts by which it is guessed whether all are of one kind."""


class Pattern(NamedTuple):
    """`regex` on the message, and what a match means: constant fields (`event.category`, `event.outcome`, ...)."""

    regex: str
    means: Mapping[str, Any] = {}


_SPACE: Final = r"\t\n\x0B\x0C\r "
_OUTSIDE: Final = {
    "d": "[0-9]", "D": "[^0-9]", "w": "[0-9A-Za-z_]", "W": "[^0-9A-Za-z_]", "s": f"[{_SPACE}]", "S": f"[^{_SPACE}]",
}  # fmt: skip
_INSIDE: Final = {"d": "0-9", "w": "0-9A-Za-z_", "s": _SPACE}
_ESCAPE: Final = re.compile(r"\\.", re.DOTALL)
# A bracket right at the start of a set stands for itself.
_SET: Final = r"\[\^?\]?(?:\\.|[^\]\\])*\]?"
_TOKEN: Final = re.compile(rf"\\.|(?P<set>{_SET})|(?P<group>\((?:\?P?<(?P<name>[^>]*)>|(?!\?)))", re.DOTALL)
"""What reads differently in the two engines: escapes, sets, groups that capture."""
_STRUCTURE: Final = re.compile(rf"\\.|{_SET}|[()|]", re.DOTALL)
_NAMED: Final = re.compile(r"\(\?P?<([^>=!]+)>")


class Regex(NamedTuple):
    """One expression for both engines.

    Attributes:
        rust, re2: with ASCII classes; in `re2` groups have no names, which may not hold dots there.
        groups: (number, name) of the named ones.
        prefixes: texts of which every match begins with one, at the start of the message; the empty one if nothing
            is certain.
    """

    rust: str
    re2: str
    groups: tuple[tuple[int, str], ...]
    prefixes: tuple[str, ...]


@cache
def translated(regex: str) -> Regex:
    """The expression for both engines; cached, so it is for our own expressions only."""
    rust: list[str] = []
    plain: list[str] = []
    groups: list[tuple[int, str]] = []
    count = end = 0
    for token in _TOKEN.finditer(regex):
        before, text = regex[end : token.start()], token[0]
        end = token.end()
        if token["group"]:
            count += 1
            if token["name"]:
                groups.append((count, token["name"]))
            rust += before, text
            plain += before, "("
            continue
        text = _ascii(text)
        rust += before, f"(?-u:{text})" if text in (r"\b", r"\B") else text
        plain += before, text
    rest = regex[end:]
    return Regex("".join(rust) + rest, "".join(plain) + rest, tuple(groups), _prefixes(regex))


def _ascii(text: str) -> str:
    """An escape, or a set with escapes in it, that means ASCII alone."""
    if text.startswith("["):
        return _ESCAPE.sub(lambda found: _INSIDE.get(found[0][1:], found[0]), text) if "\\" in text else text
    return _OUTSIDE.get(text[1:], text)


def _prefixes(regex: str) -> tuple[str, ...]:
    """Literal texts after a leading `^`, as far as they are certain: `^(?:error: |fatal: )?no` begins in three ways."""
    if not regex.startswith("^") or _has_branch(regex):
        return ("",)
    rest, starts = regex[1:], [""]
    while rest.startswith("(?:") and len(starts) < 16:
        inner, closing, after = rest[3:].partition(")")
        if not closing or any(char in r".^$*+?{}[]()\\" for char in inner) or after[:1] in ("*", "+", "{"):
            break
        ways = inner.split("|") + ([""] if after[:1] == "?" else [])
        starts = [start + way for start in starts for way in ways]
        rest = after.removeprefix("?")
    literal = _literal(rest)
    return tuple(start + literal for start in starts)


def _literal(regex: str) -> str:
    """Plain text at the start of an expression."""
    end = 0
    while end < len(regex) and regex[end] not in r".^$*+?{}[]|()\\":
        end += 1
    return regex[: end - 1 if end < len(regex) and regex[end] in "*?{" and end else end]


def _has_branch(regex: str) -> bool:
    """A `|` outside every group, where `^` binds only the first branch."""
    depth = 0
    for char in _STRUCTURE.findall(regex) if "|" in regex else ():
        if char == "|" and depth == 0:
            return True
        depth += {"(": 1, ")": -1}.get(char, 0)
    return False


@cache
def engine(regex: str) -> Any:
    """The expression compiled by RE2, with numbered groups, for bytes."""
    return re2.compile(translated(regex).re2)


def matches(text: pl.Series, regex: str) -> pl.Series:
    """Whether each value matches, False for null."""
    made = translated(regex)
    if len(text) <= FEW:
        search, prefixes = engine(regex).search, made.prefixes
        found = [
            value is not None and value.startswith(prefixes) and search(value.encode()) is not None
            for value in text.to_list()
        ]
        return pl.Series(text.name, found, dtype=pl.Boolean)
    return _no_null(text.str.contains(made.rust))


def _no_null(hit: pl.Series) -> pl.Series:
    return hit.fill_null(False) if hit.null_count() else hit


class Answer(NamedTuple):
    """What signs say of texts.

    Attributes:
        positions: those to try next. Of all others that are not `left`, none matches any text.
        hit: which texts any of `positions` matches, where that is known.
        left: those to ask about next, of the texts that none of `positions` took.
    """

    positions: Sequence[int]
    hit: pl.Series | None
    left: Sequence[int]


class Signs:
    """Expressions of which the first that matches a text counts; most match nothing of a given source.

    Where all texts seem to be of one kind, all expressions before it are asked as one; else some at a time, and each only
    if something matches the whole.

    `words`: by expression a text that every match holds. It is looked for first: cheap, where an expression must walk far
    before it knows that it does not match.
    """

    def __init__(self, regexes: Sequence[str], words: Mapping[str, str]) -> None:
        self._regexes = regexes
        self._words = words
        self._asked = 0  # bytes

    def ask(self, left: Sequence[int], text: pl.Series) -> Answer:
        """The first of some that match a value of `text`, which is not empty. Begin with the positions of all.

        For few values the positions are exactly those that match one, and the values are not told.
        """
        if len(text) <= SIGNS_FEW and not self._is_long(text):
            return self._of_few(left, text)
        self._asked = COMPILED
        kinds = {self._kind(left, value) for value in text[:: max(1, len(text) // SAMPLE)].to_list()}
        if len(kinds) == 1:
            kind = kinds.pop()
            before = left if kind is None else [at for at in left if at < kind]
            if not self._any(self._possible(before, text), text).any():
                return Answer([] if kind is None else [kind], None, [] if kind is None else left[len(before) + 1 :])
        run, rest = self._possible(left[:UNION], text), left[UNION:]
        hit = self._any(run, text)
        first = hit.arg_max()
        if first is None or not hit[first]:
            return Answer([], hit, rest)
        kind = self._kind(run, text[first])
        before = [at for at in run if kind is not None and at < kind]
        if len(before) > 1 and not self._any(before, text).any():
            run = run[len(before) :]
        return Answer(run, hit, rest)

    def _is_long(self, text: pl.Series) -> bool:
        """Whether few values are so long that looking into each by itself takes longer than expressions that are compiled by now."""
        size = int(text.str.len_bytes().sum())
        self._asked += size
        return size > LONG and self._asked >= COMPILED

    def _of_few(self, left: Sequence[int], text: pl.Series) -> Answer:
        """By sets that are the same every time: they are compiled once."""
        begin = left[0] // UNION * UNION
        asked = _set(tuple(self._regexes[begin : begin + UNION]))
        found: set[int] = set()
        for value in text.to_list():
            if value is not None:
                found.update(asked.Match(value.encode()) or ())
        positions = [at for at in left if at - begin in found]
        return Answer(positions, None, [at for at in left if at >= begin + UNION])

    def _kind(self, positions: Sequence[int], value: str | None) -> int | None:
        """Which of them is the first to match a value."""
        raw = b"" if value is None else value.encode()
        return next((at for at in positions if value is not None and engine(self._regexes[at]).search(raw)), None)

    def _possible(self, positions: Sequence[int], text: pl.Series) -> Sequence[int]:
        """Those that may match any value, as first bytes and words tell."""
        if len(positions) >= UNION:
            firsts = [first.encode()[:1] for first in text.str.head(1).drop_nulls().unique().to_list()] or [b""]
            low, high = min(firsts), max(firsts)
            positions = [at for at in positions if _may_start(self._regexes[at], low, high)]
        words = {at: self._words[self._regexes[at]] for at in positions if self._regexes[at] in self._words}
        absent = {word for word in set(words.values()) if not text.str.contains(word, literal=True).any()}
        return [at for at in positions if words.get(at) not in absent]

    def _any(self, positions: Sequence[int], text: pl.Series) -> pl.Series:
        """Which values any of them matches."""
        if not positions:
            return pl.repeat(False, len(text), dtype=pl.Boolean(), eager=True)
        return _no_null(text.str.contains(_union(tuple(self._regexes[at] for at in positions))))


@cache
def _first_bytes(regex: str) -> tuple[bytes, bytes]:
    """The least and the greatest byte with which a match can start."""
    if not _is_anchored(translated(regex).rust):
        return b"", b"\xff"
    least, greatest = engine(regex).possiblematchrange(4)
    return least[:1], greatest[:1]


def _may_start(regex: str, low: bytes, high: bytes) -> bool:
    """Whether a match may be of a text whose first byte is from `low` to `high`; that of the empty text is empty."""
    least, greatest = _first_bytes(regex)
    return low <= greatest and least <= high


@lru_cache(maxsize=1024)
def _set(regexes: tuple[str, ...]) -> Any:
    """RE2's set matcher: which of many expressions match, in one go over the text."""
    options = re2.Options()
    options.max_mem = 256 << 20
    made = re2.Set.SearchSet(options)
    for regex in regexes:
        made.Add(translated(regex).re2)
    made.Compile()
    return made


@lru_cache(maxsize=1024)
def _union(regexes: tuple[str, ...]) -> str:
    return "|".join(f"(?:{_without_names(translated(regex).rust)})" for regex in regexes)


def _without_names(regex: str) -> str:
    """A union may not name a group twice; names are always followed by `>` and hold no bracket."""
    parts = regex.replace("(?<", "(?P<").split("(?P<")
    return parts[0] + "".join("(?:" + part.partition(">")[2] for part in parts[1:])


def apply(frame: pl.DataFrame, patterns: Sequence[Pattern], column: str = "message") -> pl.DataFrame:
    """The rows that a pattern understood, with its groups and constants as columns; the first pattern wins.

    Args:
        frame: `line` and `column`, and whatever else the caller keeps.

    Returns:
        `line` and the fields found, ascending by `line`; rows that no pattern understood are left out.
    """
    found = list(_few(frame, patterns, column) if frame.height <= FEW else _many(frame, patterns, column))
    if not found:
        return frame.select("line").clear()
    whole = found[0] if len(found) == 1 else pl.concat(found, how="diagonal")
    return conform(whole if whole["line"].is_sorted() else whole.sort("line"))


def _constants(means: Mapping[str, Any]) -> list[pl.Expr]:
    """As text, like the groups; conform gives all their types."""
    return [pl.lit(None if value is None else str(value), pl.String()).alias(name) for name, value in means.items()]


BEGINNING: Final = 8
"""Characters by which messages are told apart before a pattern is tried."""
ROUNDS: Final = 24
"""Patterns that are picked by looking at a row; what is left then is asked in order."""


def _many(frame: pl.DataFrame, patterns: Sequence[Pattern], column: str) -> Iterator[pl.DataFrame]:
    regexes = tuple(pattern.regex for pattern in patterns)
    table = pl.DataFrame([frame["line"], frame[column].alias("text")])
    if table["text"].null_count():
        table = table.filter(pl.col("text").is_not_null())
    for candidates, rows in _by_beginning(table, regexes):
        yield from _understood(rows, patterns, candidates, _few_of(regexes))


def _by_beginning(table: pl.DataFrame, regexes: tuple[str, ...]) -> list[tuple[tuple[int, ...], pl.DataFrame]]:
    """Rows parted by which patterns their first characters let in; those that none lets in are left out."""
    everywhere = tuple(number for number, regex in enumerate(regexes) if "" in translated(regex).prefixes)
    if len(everywhere) == len(regexes):
        return [(everywhere, table)]
    start = table["text"].str.slice(0, BEGINNING)
    beginnings = start.unique()
    likely = [_candidates(regexes, text) for text in beginnings.to_list()]
    kinds = list(dict.fromkeys(likely))
    if len(kinds) == 1:
        return [(kinds[0], table)] if kinds[0] else []
    number = {kind: place for place, kind in enumerate(kinds)}
    places = start.replace_strict(beginnings, [number[kind] for kind in likely], return_dtype=pl.UInt32())
    return [(kind, table.filter(places == place)) for place, kind in enumerate(kinds) if kind]


@lru_cache(maxsize=1 << 14)
def _candidates(regexes: tuple[str, ...], start: str) -> tuple[int, ...]:
    return tuple(number for number, regex in enumerate(regexes) if _may_begin(start, translated(regex).prefixes))


def _may_begin(start: str, prefixes: tuple[str, ...]) -> bool:
    return any(
        start.startswith(prefix) if len(start) >= len(prefix) else prefix.startswith(start) for prefix in prefixes
    )


def _understood(
    rows: pl.DataFrame, patterns: Sequence[Pattern], candidates: tuple[int, ...], first: Any
) -> Iterator[pl.DataFrame]:
    """Rows by the first pattern that matches. Most messages of a log match few of the patterns: a row tells which is
    worth trying, and the patterns before that one are then asked as one whether they would come first."""
    for _ in range(ROUNDS if len(candidates) > 1 else 0):
        if rows.is_empty():
            return
        hits = first.Match(rows["text"][0].encode())
        if not hits:
            rows = rows.filter(_any(rows["text"], [patterns[number].regex for number in candidates]))
            if rows.is_empty() or not (hits := first.Match(rows["text"][0].encode())):
                break
        number = min(hits)
        before = [patterns[other].regex for other in candidates if other < number]
        earlier = _any(rows["text"], before) if before else None
        if earlier is None or not earlier.any():
            found, rows = _extracted(rows, patterns[number])
        else:
            found, missed = _extracted(rows.filter(~earlier), patterns[number])
            rows = pl.concat([rows.filter(earlier), missed])
        if found.height:
            yield found
    for number in candidates:
        if rows.is_empty():
            return
        hit = rows["text"].str.contains(translated(patterns[number].regex).rust)
        if not hit.any():
            continue
        found, _ = _extracted(rows if hit.all() else rows.filter(hit), patterns[number])
        yield found
        rows = rows.clear() if hit.all() else rows.filter(~hit)


def _any(text: pl.Series, regexes: Sequence[str]) -> pl.Series:
    """Whether any expression matches; no more in one union than an automaton holds."""
    hits = [text.str.contains(_union(tuple(regexes[at : at + UNION]))) for at in range(0, len(regexes), UNION)]
    return _no_null(reduce(or_, hits, pl.repeat(False, len(text), dtype=pl.Boolean(), eager=True)))


def _extracted(rows: pl.DataFrame, pattern: Pattern) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`line`, groups and constants of the rows that match, and the other rows."""
    made = translated(pattern.regex)
    # One search tells both whether it matches and where: a group that every match has is there when it does, if it has one.
    certain = _certain(made.rust)
    if certain is not None:
        marked = made.rust
    elif _is_anchored(made.rust):
        marked = f"^(?P<_hit>)(?:{made.rust[1:]})"
    else:
        marked = f"(?P<_hit>)(?:{made.rust})"
    groups = rows["text"].str.extract_groups(marked).struct.unnest()
    matched = groups[certain or "_hit"].is_not_null()
    groups = groups.select(rows["line"], *(pl.col(name).replace("", None) for _, name in made.groups))
    if matched.all():
        return groups.with_columns(_constants(pattern.means)), rows.clear()
    return groups.filter(matched).with_columns(_constants(pattern.means)), rows.filter(~matched)


@cache
def _certain(regex: str) -> str | None:
    """A named group that takes part in every match, if one is sure to."""
    if _has_branch(regex):
        return None
    depth, name = 0, None
    for token in _STRUCTURE.finditer(regex):
        if token[0] == "(":
            if depth == 0:
                opened = _NAMED.match(regex, token.start())
                name = opened[1] if opened else None
            depth += 1
        elif token[0] == ")":
            depth -= 1
            if depth == 0 and name is not None and regex[token.end() : token.end() + 1] not in ("?", "*", "+", "{"):
                return name
    return None


@cache
def _is_anchored(regex: str) -> bool:
    return regex.startswith("^") and not _has_branch(regex)


@cache
def _few_of(regexes: tuple[str, ...]) -> Any:
    return _set(regexes)


def _few(frame: pl.DataFrame, patterns: Sequence[Pattern], column: str) -> Iterator[pl.DataFrame]:
    first = _few_of(tuple(pattern.regex for pattern in patterns))
    rows: dict[int, list[dict[str, Any]]] = {}
    for line, text in frame.select("line", column).iter_rows():
        raw = b"" if text is None else text.encode()
        hits = None if text is None else first.Match(raw)
        if not hits:
            continue
        number = min(hits)
        match = engine(patterns[number].regex).search(raw)
        groups = translated(patterns[number].regex).groups
        values = {name: value.decode() for i, name in groups if (value := match.group(i))} if groups else {}
        rows.setdefault(number, []).append({"line": line, **values})
    for number, found in rows.items():
        schema = {"line": pl.Int64(), **{name: pl.String() for _, name in translated(patterns[number].regex).groups}}
        yield pl.DataFrame(found, schema=schema).with_columns(_constants(patterns[number].means))
