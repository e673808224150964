"""Events of which values are not made yet: the same matches as if all were columns."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.detect.sigma.test_match import atom, each
from tests.parse.test_plain import walking
from vedette.detect.sigma import Ruleset, match, matching
from vedette.detect.sigma.conditions import all_of, any_of
from vedette.detect.sigma.metadata import head
from vedette.detect.sigma.rule import Atom, Node, Not, Rule, atoms
from vedette.model.grams import BITS, Grams, grams, numbers
from vedette.model.records import RECORD, Events, Logsource, RecordBatch
from vedette.parse import columns
from vedette.parse.context import Context
from vedette.parse.dispatch import parse

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WINDOWS = Logsource(product="windows")

LETTERS = "aAskSKeE1 -\\/\"'<[\u212a\u0130é\n"
word = st.text(LETTERS, min_size=1, max_size=9)
WORDS = ["askask", "saskei\u0307", "sk-1 ask", "c:\\kaska\\eks", "a 'sakesk' ask", "kelvin", "[\"askesk\"]", "éaskeské", "1 1 1 1"]
SAID = [*WORDS, *map(str.upper, WORDS), *(said.replace("k", "\u212a").replace("i\u0307", "\u0130") for said in WORDS)]
text = st.one_of(
    word, st.sampled_from(["", "null", "1", "true", "[1]"]),
    st.lists(st.one_of(word, st.sampled_from(SAID)), max_size=6).map("".join),
    st.text("xyz ", min_size=290, max_size=310).flatmap(lambda long: st.sampled_from([long + "ASKask", long, "Kelvin" + long])),
)  # fmt: skip
value = st.one_of(
    text, text, text, st.none(), st.integers(-9, 10**20), st.booleans(), st.floats(-9, 9), st.lists(text, max_size=3),
    st.lists(text, max_size=2).map(json.dumps), st.dictionaries(st.sampled_from("xy"), text, max_size=2),
)  # fmt: skip
LONG = "of less than 64 bytes none is walked over"
documents = st.fixed_dictionaries(
    {"EventID": st.just(1), "Channel": st.just("x"), "a": text, "b": value, "c": text, "d": text, "e": st.just(LONG)}
)


@st.composite
def written(draw: st.DrawFn) -> list[str]:
    """Documents as lines, with some of the letters as numbers."""
    some = draw(st.lists(documents, min_size=1, max_size=12).map(lambda some: some * 2))
    return [numbered(json.dumps(each, ensure_ascii=draw(st.booleans())), draw(st.sampled_from(" askASK1"))) for each in some]


def numbered(line: str, letter: str) -> str:
    """A document with every second of these letters as a number, where it stays the same."""
    head, *rest = line.split(letter)
    made = head + "".join((f"\\u{ord(letter):04x}" if at % 2 else letter) + part for at, part in enumerate(rest))
    return made if _same_keys(made, json.loads(line)) else line


def _same_keys(line: str, document: Any) -> bool:
    try:
        return bool(json.loads(line) == document)
    except ValueError:
        return False


@st.composite
def atoms_of_words(draw: st.DrawFn) -> Atom:
    """Words that are long enough for a first look."""
    op = draw(st.sampled_from(["eq", "contains", "contains", "startswith", "endswith"]))
    said = draw(st.one_of(st.sampled_from(SAID), st.sampled_from(SAID), text.filter(bool)))
    field = "" if op == "contains" and draw(st.sampled_from([False, False, True])) else draw(st.sampled_from("abcd"))
    return Atom(field, op, lowered([said])[0])


leaf = st.one_of(atoms_of_words(), atoms_of_words(), atom(), each())
node: st.SearchStrategy[Node] = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(all_of), st.lists(inner, min_size=1, max_size=3).map(any_of), inner.map(Not)
    ),
    max_leaves=5,
)


def ruleset(nodes: list[Node]) -> Ruleset:
    top = head({"title": "made", "logsource": {"product": "windows"}})
    made = [
        Rule(
            *top[:8], path="", line=1, logsource=WINDOWS, description="", falsepositives=(), cost=1,
            fields=tuple(atom.field for atom in atoms(node)), alert_class="other", key=(), offender=(), digest=str(i),
            condition=node,
        )
        for i, node in enumerate(nodes)
    ]  # fmt: skip
    return Ruleset(tuple(made), (), ())


def read(lines: list[str], walk: bool) -> list[Events]:
    rows = {"line": range(1, len(lines) + 1), "offset": range(len(lines)), "raw": lines}
    batch = RecordBatch("s", "s.jsonl", pl.DataFrame(rows, schema=RECORD), {}, NOW)
    with walking(walk), pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "FEW", 2)
        return [events for events in parse(batch, {}, Context(NOW)).events if events.logsource == WINDOWS]


@given(nodes=st.lists(node, min_size=1, max_size=5), lines=written())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_late_values_match_as_columns_do(nodes: list[Node], lines: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "TINY", 0)
        patch.setattr(matching, "TINY_LATE", 0)
        patch.setattr(matching, "LONG", 0)
        patch.setattr(matching, "LOOK_FROM", 1)
        want = [match(ruleset(nodes), Events(WINDOWS, events.frame), 10**9).rows() for events in read(lines, walk=False)]
        for walk, few in ((True, 0), (True, 10**9), (False, 2)):
            rules = ruleset(nodes)
            for _ in range(2):  # the second time with what the first one learned
                assert [match(rules, events, few).rows() for events in read(lines, walk)] == want


@given(nodes=st.lists(node, min_size=1, max_size=5), lines=written())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_small_batches_of_late_values(nodes: list[Node], lines: list[str]) -> None:
    made = [events.frame for events in read(lines, walk=False)]
    want = [match(ruleset(nodes), Events(WINDOWS, frame), 0).rows() for frame in made]
    assert [match(ruleset(nodes), events).rows() for events in read(lines, walk=True)] == want


@given(lines=written(), data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_numbered_values_are_those_of_the_column(lines: list[str], data: st.DataObject) -> None:
    for walk in (True, False):
        for events in read(lines, walk):
            rows = np.array(sorted(data.draw(st.sets(st.integers(0, events.height - 1), min_size=1))))
            for some in (events, events.part(rows)):
                late = [name for name in "abcd" if some.late(name)]
                right = {name: (some.frame[name].to_list() if name in some.frame.columns else [None] * some.height) for name in late}
                for name in late:
                    coded = some.coded(name)
                    assert coded is not None
                    different, codes = coded
                    assert [different[code] for code in codes.tolist()] == right[name]
                different, numbers, places = some.said(late)
                found = sorted((place, different[number] or "") for place, number in zip(places.tolist(), numbers.tolist(), strict=True))
                assert [each for each in found if each[1]] == sorted(
                    (row, said) for name in late for row, said in enumerate(right[name]) if said
                )


@pytest.mark.parametrize("said", [each for each in WORDS if each != "c:\\kaska\\eks"])
@pytest.mark.parametrize("around", ["", "-", "xyz " * 20])
def test_a_first_look_sees_all_ways_to_write(said: str, around: str) -> None:
    looked_for = grams([said], b"")
    assert looked_for is not None
    forms = [said, said.upper(), said.replace("k", "\u212a"), said.replace("i\u0307", "\u0130")]
    values = [around + form + around for form in forms] + [json.dumps([around + form]) for form in forms]
    ways = [json.dumps(value, ensure_ascii=ascii_only) for value in values for ascii_only in (True, False)]
    ways += [numbered(way, letter) for way in ways for letter in sorted(set(said)) if letter not in "\\u"]
    (events,) = read([f'{{"EventID":1,"Channel":"x","a":{way},"e":"{LONG}"}}' for way in ways] * 2, walk=True)
    found = events.may("a", looked_for)
    assert found is not None
    assert found.tolist() == list(range(2 * len(ways)))


def lowered(texts: list[str]) -> list[str]:
    return pl.Series(texts, dtype=pl.String).str.to_lowercase().to_list()


def test_a_first_look_tells_something() -> None:
    words = [f"a word {number:03} of many" for number in range(100)]
    looked_for = grams(words, b"")
    assert looked_for is not None
    values = [f"this text number {number} has one: A WORD {number:03} OF MANY" if number % 9 == 0 else "x" * 99 for number in range(100)]
    (events,) = read([json.dumps({"EventID": 1, "Channel": "x", "a": said}) for said in values], walk=True)
    found = events.may("a", looked_for)
    assert found is not None
    assert found.tolist() == list(range(0, 100, 9))
    assert grams([*words, "abcd"], b"") is None
    assert grams([*words, "\\a\\b\\c\\d\\e\\f"], b"") is None
    assert grams([f"a word {number}" for number in range(1000)], b"") is None
    rare = grams(["aaaaaaaazzzzzz"], b"a" * 1000)
    assert rare is not None
    assert not rare.table[numbers(b"aaaa")].any()


def test_texts_and_numbers_of_one_field() -> None:
    values: list[Any] = ["x", 1, "1", 2, True, "true", [1, "x"], "[1]", 1.5, "null", {"a": 1}, ""] * 4
    lines = [json.dumps({"EventID": 1, "Channel": "x", "b": said, "e": LONG}) for said in values]
    (events,) = read(lines, walk=True)
    coded = events.coded("b")
    assert coded is not None
    different, codes = coded
    assert [different[code] for code in codes.tolist()] == events.frame["b"].to_list()
    assert len(different) <= 13
    lines = [json.dumps({"EventID": 1, "Channel": "x", "b": said, "e": LONG}) for said in ["x", 1, "1", 2, 1.5, True] * 4]
    (events,) = read(lines, walk=True)
    found = events.may("b", Grams(np.zeros(1 << BITS, np.bool_), 1))
    assert found is not None
    assert {row for row in range(24) if row % 6 in (1, 3, 4, 5)} <= set(found.tolist())


@pytest.mark.skipif("NUMBA_DISABLE_JIT" in os.environ, reason="it is what the other process does")
def test_nothing_outside_of_a_value_is_read() -> None:
    """Uncompiled, an index that is out of bounds raises."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    asked = "late_values_match or texts_and_numbers or (first_look_sees and (askask or kelvin))"
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-x", "-p", "no:cacheprovider", "-W", "ignore", __file__, "-k", asked]
    done = subprocess.run(command, env=environment, cwd=Path(__file__).parents[3], capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:]
