"""Both engines give the same answer, on texts that are made from the patterns' own words."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette import registry
from vedette.parse import patterns
from vedette.parse.components import components
from vedette.parse.patterns import FEW, SIGNS_FEW, Pattern, apply, matches, translated

PATTERNS = (
    Pattern(r"^Failed (?P<user.name>\S*) from (?P<source.address>\S+)$", {"event.outcome": "failure"}),
    Pattern(r"^(?:error: |fatal: )?no (?P<user.name>.*) from (?P<source.address>[^\s:]+)(?::(?P<source.port>\d+))?$"),
    Pattern(r"^(?:a|)b\b(?P<event.reason>(?s:.*))$", {"event.type": "info"}),
    Pattern(r"x(?P<event.count>\d{1,30})|y$"),
    Pattern(r"^[^]a]\w+$", {"event.type": "error"}),
    # Of these the first group is not in every match, and the one that is may be empty.
    Pattern(r"^(?P<event.reason>\]\])?(?P<user.name>a?) $"),
)
words = st.sampled_from(
    [
        "Failed ",
        "error: ",
        "fatal: ",
        "no ",
        "bob",
        " from ",
        "192.0.2.1",
        ":22",
        "a",
        "b",
        "x7",
        "y",
        "\n",
        "ü",
        "٣",
        "\x00",
        " ",
        "]",
    ]
)
texts = st.lists(words, max_size=6).map("".join)


def found(messages: list[str | None], extra: int) -> list[dict[str, Any]]:
    frame = pl.DataFrame({"line": range(len(messages) + extra), "message": [*messages, *["zzz -"] * extra]})
    rows = apply(frame, PATTERNS).to_dicts()
    return [{k: v for k, v in row.items() if v is not None} for row in rows]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | texts, min_size=1, max_size=12))
def test_few_rows_and_many_are_read_alike(messages: list[str | None]) -> None:
    assert found(messages, 0) == found(messages, FEW)


def test_a_group_that_not_every_match_has_does_not_tell_whether_there_is_one() -> None:
    messages = ["a ", " ", "]]a ", "]] ", "]] a"]
    assert found(messages, FEW) == found(messages, 0)
    assert [row["line"] for row in found(messages, FEW)] == [0, 1, 2, 3]


@settings(max_examples=60, deadline=None)
@given(texts, st.sampled_from([p.regex for p in PATTERNS]))
def test_few_values_and_many_match_alike(text: str, regex: str) -> None:
    assert matches(pl.Series([text]), regex)[0] == matches(pl.Series([text] * (FEW + 1)), regex)[0]


@pytest.mark.parametrize(
    ("regex", "prefixes"),
    [
        ("^Failed [^ ]+", ("Failed ",)),
        ("^foo*", ("fo",)),
        ("^(?:error: |fatal: )?no", ("error: no", "fatal: no", "no")),
        (r"^(?:\d)x", ("",)),
        ("^(?:a)+b", ("",)),
        ("^a|b", ("",)),
        ("a", ("",)),
        (r"^\(x", ("",)),
    ],
)
def test_what_a_match_begins_with(regex: str, prefixes: tuple[str, ...]) -> None:
    assert translated(regex).prefixes == prefixes


def test_what_the_attacker_chose_does_not_move_the_peer() -> None:
    (row,) = found(["no x from 10.0.0.1:22 from 203.0.113.9:1025"], 0)
    assert (row["user.name"], row["source.address"], row["source.port"]) == ("x from 10.0.0.1:22", "203.0.113.9", 1025)


def _every_pattern() -> list[tuple[str, Pattern]]:
    found = []
    for kind in ("formats", "messages"):
        for name in registry.names(kind):
            values = vars(registry.load(kind, name)).values()
            lists = [value for value in values if isinstance(value, tuple) and value and isinstance(value[0], Pattern)]
            found += [(name, pattern) for patterns in lists for pattern in patterns]
    return found


def test_every_pattern_of_every_component_is_one_for_columns_too() -> None:
    """RE2, which few rows go through, overlooks what the other engine refuses: a group named twice."""
    refused = []
    for name, pattern in _every_pattern():
        try:
            pl.select(pl.lit("").str.extract_groups(translated(pattern.regex).rust + "()"))
        except pl.exceptions.ComputeError as error:
            refused.append((name, pattern.regex, str(error)))
    assert refused == []


STARTS = st.sampled_from(
    ["", "Feb  1 10:24:12 web1 x: y", "203.0.113.9 - - [", "{", '{"a": 1}', "<13>Feb", "[2026", "\tx", "é", "type=SYSCALL", "2026-02-01"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STARTS, min_size=1, max_size=6, unique=True), st.booleans())
def test_signs_of_few_long_values_are_those_of_many(texts: list[str], rare: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patterns, "LONG", -1)
        patch.setattr(patterns, "COMPILED", 0)
        _signs_are_those_of_each(texts, [*texts, *texts[:1] * 40] if rare else texts)


@settings(max_examples=60, deadline=None)
@given(st.lists(STARTS, min_size=1, max_size=6, unique=True), st.booleans())
def test_signs_of_many_values_are_those_of_each(texts: list[str], rare: bool) -> None:
    """What cannot start like any value is left out before the rest is asked as one; where most values are of one kind,
    others among them are not overlooked."""
    number = SIGNS_FEW // len(texts) + 1
    _signs_are_those_of_each(texts, [*texts, *texts[:1] * SIGNS_FEW] if rare else texts * number)


def _signs_are_those_of_each(texts: list[str], values: list[str]) -> None:
    asked = components().lines
    few, many = pl.Series(texts, dtype=pl.String), pl.Series(values, dtype=pl.String)
    match = [matches(few, module.SIGN) for _, module in asked.members]
    left: Sequence[int] = range(len(match))
    before = 0
    while left:
        positions, hit, left = asked.signs.ask(left, many)
        end = left[0] if left else len(match)
        anywhere = {at for at in range(before, end) if match[at].any()}
        assert anywhere <= set(positions)
        if hit is not None:
            some = pl.DataFrame({str(at): match[at] for at in range(before, end)}).select(pl.any_horizontal(pl.all()))
            assert hit.head(len(texts)).to_list() == some.to_series().to_list()
        before = end
