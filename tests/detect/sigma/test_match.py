"""Matching: both engines against an interpreter that is too simple to be wrong."""

import json
import re
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detect.sigma.interpreter import holds, of
from tests.detect.sigma.made import events, rule, rules
from vedette.detect.sigma import Ruleset, columns, match, matching, meaning
from vedette.detect.sigma import few as few_events
from vedette.detect.sigma.conditions import all_of, any_of
from vedette.detect.sigma.metadata import head
from vedette.detect.sigma.rule import AllOf, Atom, Node, Not, Rule, atoms
from vedette.model.records import Logsource

Event = dict[str, str | None]


LETTERS = "aAbBsSk7. -\n*éÉſ\u212a"
word = st.text(LETTERS, min_size=1, max_size=3)
value = st.one_of(
    st.none(), st.just(""), st.text(LETTERS, max_size=8), st.sampled_from(["10.0.0.7", "192.0.2.9", "7", "-7.5", "::1"])
)
member = st.recursive(
    st.one_of(value, st.integers(-9, 9), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=4,
)
value = st.one_of(
    value,
    value,
    st.lists(member, max_size=3).map(lambda made: json.dumps(made, separators=(",", ":"), ensure_ascii=False)),
    st.sampled_from(["[", "[]", "[a]", '["a"] ']),
)
field = st.sampled_from(["a", "b", "c", "missing"])


@st.composite
def atom(draw: st.DrawFn) -> Atom:
    op = draw(st.sampled_from(["eq", "contains", "startswith", "endswith"] * 2 + OTHERS))
    name = draw(field)
    match op:
        case "null" | "present":
            return Atom(name, op)
        case "re":
            return Atom(name, op, draw(st.sampled_from(PATTERNS)))
        case "glob":
            return Atom(name, op, draw(st.sampled_from(["a*b", "?a*", "*a?b*", "a??", "*7*b"])))
        case "cidr":
            return Atom(name, op, draw(st.sampled_from(["10.0.0.0/8", "192.0.2.8/29", "::/64"])))
        case "gt" | "lte":
            return Atom(name, op, draw(st.sampled_from(["0", "7", "-7.5"])))
        case "eq" | "contains" | "startswith" | "endswith":
            cased = draw(st.booleans())
            text = draw(word)
            keyword = op == "contains" and draw(st.sampled_from([False, False, True]))
            return Atom("" if keyword else name, op, text if cased else text.lower(), cased)
    return Atom(name, op, draw(field))


OTHERS = [
    "null",
    "present",
    "re",
    "glob",
    "cidr",
    "gt",
    "lte",
    "ref-eq",
    "ref-contains",
    "ref-startswith",
    "ref-endswith",
]
PATTERNS = [
    "a+b", "(?i)as|b7", "(?i)[ab]s{1,2}", "^(?:a|bb)?s", r"\bab", r"7\.?$", "(?i)(?:as|ab)(?:7|b)", "a.b", "[^a]b",
    r"(?:a|b)\s", "(?i)sa?s", "(?s)a.*7", "b{2}", "(?:ab)+", r"\Aa", "x|",
]  # fmt: skip
inner_atom = atom().filter(lambda made: made.field and not made.op.startswith("ref"))


@st.composite
def each(draw: st.DrawFn) -> Atom:
    which = draw(st.sampled_from(["any", "all", "all_or_empty", "0", "1", "-1"]))
    one = st.tuples(inner_atom, st.sampled_from([".", "a", "b"])).map(lambda made: made[0]._replace(field=made[1]))
    return Atom(
        draw(field),
        "each",
        which,
        inner=draw(st.one_of(one, one.map(Not), st.lists(one, min_size=2, max_size=2).map(all_of))),
    )


tree: st.SearchStrategy[Node] = st.recursive(
    st.one_of(atom(), atom(), each()),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(all_of),
        st.lists(inner, min_size=1, max_size=3).map(any_of),
        inner.map(Not),
    ),
    max_leaves=6,
)


def ruleset(nodes: list[Node]) -> Ruleset:
    top = head({"title": "made", "logsource": {"product": "test"}})
    made = [
        Rule(
            *top[:8], path="", line=1, logsource=Logsource(product="test"), description="", falsepositives=(), cost=1,
            fields=tuple(atom.field for atom in atoms(node)), alert_class="other", key=(), offender=(), digest=str(i),
            condition=node,
        )
        for i, node in enumerate(nodes)
    ]  # fmt: skip
    return Ruleset(tuple(made), (), ())


@pytest.mark.parametrize("encode_from", [1, 10**9], ids=["encoded", "plain"])
@pytest.mark.parametrize("compile_from", [0, 10**9], ids=["rust", "re2"])
@given(
    nodes=st.lists(tree, min_size=1, max_size=5), rows=st.lists(st.tuples(value, value, value), min_size=1, max_size=12)
)
@settings(max_examples=60, deadline=None)
def test_every_engine_gives_the_answer_of_the_interpreter(
    encode_from: int, compile_from: int, nodes: list[Node], rows: list[tuple[str | None, ...]]
) -> None:
    made = [dict(zip("abc", row, strict=True)) for row in rows]
    want = [(i, row) for row, event in enumerate(made) for i, node in enumerate(nodes) if holds(node, of(event))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "ENCODE_FROM", encode_from)
        patch.setattr(meaning, "COMPILE_FROM", compile_from)
        patch.setattr(columns, "BY_LIST", compile_from - 1)
        patch.setattr(matching, "TINY", 3)
        patch.setattr(few_events, "LOOK_FROM", 0 if encode_from == 1 else 100)
        for few in (0, 2, 10**9):
            assert match(ruleset(nodes), events(made), few).rows() == want, few


def test_the_first_batch_decides_the_plan_but_not_the_answer() -> None:
    nodes: list[Node] = [AllOf((Atom("a", "contains", "x"), Atom("b", "contains", "y")))]
    one = ruleset(nodes)
    often_x, often_y = [{"a": "x", "b": "n"}] * 40, [{"a": "n", "b": "y"}] * 40
    both = [{"a": "x", "b": "y"}]
    for first, second in ((often_x, often_y), (often_y, often_x)):
        assert match(one, events(first + both)).rows() == [(0, 40)]
        assert match(one, events(second + both)).rows() == [(0, 40)]


def says_rule(detection: str, event: dict[str, Any], **placeholders: list[str]) -> bool:
    made = rules(rule(f"x: {{{detection}}}\n  condition: x"), **placeholders)
    answers = {match(made, events([event]), few).height for few in (0, 10**9)}
    assert len(answers) == 1
    return bool(answers.pop())


@pytest.mark.parametrize(
    ("detection", "yes", "no"),
    [
        ("a: Foo", ["foo", "FOO"], ["foo ", "", None]),
        ("a|cased: Foo", ["Foo"], ["foo"]),
        ("a: 'f*o'", ["fo", "FxxO", "f\no"], ["f", "foox"]),
        ("a: 'f?o'", ["fxo", "féo"], ["fo", "fxxo"]),
        (r"a: 'f\*o'", ["f*o"], ["fxo"]),
        (r"a: 'f\\*'", ["f\\x", "f\\"], ["f*", "fx"]),
        (r"a: 'C:\Windows\\*'", ["c:\\windows\\x"], ["c:\\windows"]),
        ("a: '*'", ["", "x"], [None]),
        ("a: ''", [""], ["x", None]),
        ("a: null", [None], ["", "null"]),
        ("a|exists: true", ["", "x"], [None]),
        ("a|exists: false", [None], [""]),
        ("a: 4625", ["4625"], ["46250", "0x1211"]),
        ("a: true", ["true", "True"], ["1"]),
        ("a|contains: [foo, bar]", ["xfoo", "BAR"], ["fo ba"]),
        ("a|contains|all: [foo, bar]", ["bar foo"], ["foo"]),
        ("a|startswith: '-a'", ["-A b"], ["b -a"]),
        ("a|endswith: .exe", ["x.EXE"], ["x.exe "]),
        ("a|neq: foo", ["bar", None], ["FOO"]),
        ("a|re: 'fo+$'", ["xfoo"], ["FOO", "foo "]),
        ("a|re|i: 'fo+$'", ["FOO"], ["f"]),
        ("a|re|m: '^b$'", ["a\nb\nc"], ["ab"]),
        ("a|re|s: 'a.b'", ["a\nb"], ["ab"]),
        (r"a|re: '\d\w[[x]'", ["1a[", "1ax"], ["é1", "١a["]),
        ("a|cidr: 192.0.2.0/24", ["192.0.2.7"], ["192.0.3.7", "192.0.2", "x"]),
        ("a|cidr: '2001:db8::/32'", ["2001:DB8::1"], ["2001:db9::1", "192.0.2.7"]),
        ("a|gt: 5", ["6", "5.5", "9007199254740993"], ["5", "", "six", "inf", None]),
        ("a: 9007199254740993", ["9007199254740993"], ["9007199254740992"]),
        ("a|lt: 0", ["-1"], ["0", None]),
        ("a|lte: 1.5", ["1.5"], ["1.6"]),
        ("a|windash|contains: ' -enc'", ["x /enc", "x -ENC", "x –enc"], ["x +enc"]),
        ("a|base64: foo", ["Zm9v"], ["foo"]),
        ("a|base64offset|contains: http://", ["xaHR0cDovL", "odHRwOi8v"], ["http://"]),
        ("a|wide|base64offset|contains: ping", ["cABpAG4AZw"], ["ping"]),
        ("a|utf16le|base64offset|contains: ping", ["cABpAG4AZw"], ["ping"]),
        ("a|utf16be|base64offset|contains: ping", ["AHAAaQBuAG"], ["cABpAG4AZw"]),
        ("a|utf16|base64offset|contains: ping", ["//5wAGkAbgBnAA=="], ["ping"]),
        ("a|minute: 30", ["2026-02-01T10:30:00Z"], ["2026-02-01T10:31:00Z", "10:30"]),
        ("a|hour: 9", ["2026-02-01T10:30:00+01:00", "2026-02-01 09:00:00.123"], ["2026-02-01T10:30:00Z"]),
        ("a|day: 1", ["2026-02-01"], ["2026-02-02"]),
        ("a|week: 5", ["2026-02-01T00:00:00Z"], ["2026-02-02T00:00:00Z"]),
        ("a|month: 2", ["2026-02-01"], ["2026-03-01"]),
        ("a|year: 2026", ["2026-02-01"], ["2025-02-01"]),
        ("a|hour|gte: 22", ["2026-02-01T23:00:00Z"], ["2026-02-01T21:59:59Z", None]),
    ],
)  # fmt: skip
def test_what_a_value_means(detection: str, yes: list[str | None], no: list[str | None]) -> None:
    assert [value for value in yes if not says_rule(detection, {"a": value, "z": "1"})] == []
    assert [value for value in no if says_rule(detection, {"a": value, "z": "1"})] == []


def test_placeholders_are_filled_in() -> None:
    assert says_rule("'a|expand': '%admins%-x'", {"a": "root-X"}, admins=["root", "anna"])
    assert not says_rule("'a|expand': '%admins%'", {"a": "eve"}, admins=["root", "anna"])


def test_references_to_another_field() -> None:
    assert says_rule("a|fieldref: b", {"a": "X", "b": "x"})
    assert says_rule("a|fieldref|endswith: b", {"a": "yx", "b": "x"})
    assert not says_rule("a|fieldref: b", {"a": "x", "b": None})
    assert not says_rule("a|fieldref: nowhere", {"a": "x"})


def test_keywords_look_at_the_record_and_its_own_fields_but_not_at_our_words() -> None:
    made = rules(rule("k: ['sshd', 'foo*bar']\n  condition: k"))
    for event, found in [
        ({"event.original": "x SSHD y"}, True),
        ({"message": "a foo and bar b"}, True),
        ({"own_field": "sshd"}, True),
        ({"event.dataset": "sshd"}, False),
        ({"event.original": "foo", "message": "bar"}, False),
    ]:
        assert {match(made, events([event]), few).height for few in (0, 9)} == {int(found)}, event
    every = rules(rule("k:\n    '|all': [one, two]\n  condition: k"))
    assert match(every, events([{"message": "two", "event.original": "one"}])).height == 1


def test_numbers_and_times_of_the_schema_are_compared_as_text() -> None:
    assert says_rule("http.response.status_code: 404", {"http.response.status_code": 404})
    assert says_rule("http.response.status_code|startswith: '4'", {"http.response.status_code": 404})
    assert says_rule("http.response.status_code|gte: 400", {"http.response.status_code": 404})
    assert not says_rule("source.port: null", {"source.port": 0})


@given(st.lists(st.text("07.-+e \n", max_size=5), min_size=1, max_size=30), st.sampled_from(["0", "7", "-7.5", "70"]))
@settings(max_examples=60, deadline=None)
def test_only_decimal_numbers_are_compared(values: list[str], bound: str) -> None:
    for op, python in (("gt", "__gt__"), ("lte", "__le__")):
        atom = Atom("a", op, bound)
        want = [
            re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value) is not None and getattr(float(value), python)(float(bound))
            for value in values
        ]
        series = pl.Series(values)
        assert meaning.test(atom, series, series).tolist() == want
        assert meaning.ask(atom, list(values), list(values)).tolist() == want
