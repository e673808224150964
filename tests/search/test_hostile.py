"""Any text is a query or a QueryError, soon; and polars takes every query."""

import time
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vedette.model.fields import dtype
from vedette.model.query import All, Any, Not, QueryError, Test
from vedette.model.query import tests as every_test
from vedette.search import EVENTS, complete, expression, read, search
from vedette.search.completion import written
from vedette.search.events import pattern

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
PIECES = ["user.name", ":", "(", ")", '"', "\\", "*", "?", "/", " ", "and", "or", "not", ">=", "<", "root", "now-1h",
          "203.0.113.0/24", "@timestamp", "event.count", "\0", "é", "ǅ", "2001:db8::1", "X", "[", "{9}", "+", "|", "\n",
          "count", "by", "per", "1h", "top", "9", ","]  # fmt: skip


def rows(where, frame):
    lacking = set(where.meta.root_names()) - set(frame.columns)
    return frame.with_columns(pl.lit(None, dtype(name)).alias(name) for name in lacking).select(where.alias("x"))["x"]


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=40), st.integers(0, 60))
def test_any_text_is_understood_or_refused(text, cursor):
    frame = pl.DataFrame({"event.original": ["root", None, "é\n(x)"], "message": [None, "a", "b"]})
    complete(text, cursor, EVENTS, lambda _field, _begun: ["root"])
    try:
        node = search(text, EVENTS, NOW).where
    except QueryError as error:
        told = bool(error.what) and 1 <= error.column <= len(text) + 1
    else:
        where = expression(node)
        told = where is None or rows(where, frame).null_count() == 0
    assert told


WORDS = st.sampled_from(["root", "Root", "admin", "a b", "*", "x*y", "\\", '"', "and", "(", "203.0.113.7", "é", "É"])
LEAVES = st.tuples(st.sampled_from(["user.name", "host.name"]), WORDS)
TREES = st.recursive(
    LEAVES,
    lambda t: st.tuples(st.just("not"), t) | st.tuples(st.sampled_from(["and", "or"]), t, t),
    max_leaves=8,
)


def shown(tree):
    if tree[0] == "not":
        return f"not ({shown(tree[1])})"
    if tree[0] in ("and", "or"):
        return f"({shown(tree[1])}) {tree[0]} ({shown(tree[2])})"
    return f'{tree[0]}:"' + tree[1].replace("\\", "\\\\").replace('"', '\\"') + '"'


def holds(tree, row):
    if tree[0] == "not":
        return not holds(tree[1], row)
    if tree[0] == "and":
        return holds(tree[1], row) and holds(tree[2], row)
    if tree[0] == "or":
        return holds(tree[1], row) or holds(tree[2], row)
    return row[tree[0]] == tree[1]


@settings(max_examples=200, deadline=None)
@given(
    TREES, st.lists(st.fixed_dictionaries({"user.name": WORDS | st.none(), "host.name": WORDS}), min_size=1, max_size=6)
)
def test_polars_says_what_the_tree_says(tree, table):
    frame = pl.DataFrame(table, schema={"user.name": pl.String(), "host.name": pl.String()})
    assert rows(expression(read(shown(tree), EVENTS, NOW)), frame).to_list() == [holds(tree, row) for row in table]


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=12))
@example("::/0")
def test_a_completed_value_finds_exactly_itself(value):
    frame = pl.DataFrame({"user.name": [value, value + "x", None, "x" + value]})
    assert rows(expression(read(f"user.name:{written(value)}", EVENTS, NOW)), frame).to_list() == [
        True,
        False,
        False,
        False,
    ]


@settings(max_examples=200, deadline=None)
@given(st.ip_addresses(v=4), st.integers(0, 32), st.ip_addresses(v=4))
def test_the_pattern_of_a_network_is_the_network(base, prefix, other):
    network = ip_network((base, prefix), strict=False)
    edges = [
        network[0],
        network[-1],
        other,
        ip_address((int(network[0]) - 1) % 2**32),
        ip_address((int(network[-1]) + 1) % 2**32),
    ]
    found = pl.Series(map(str, edges)).str.contains(pattern(network))
    assert found.to_list() == [address in network for address in edges]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("(" * 3000, 26),
        ("not " * 900 + "a", 101),
        ("a " * 101, 201),
        ("user.name:" + "(" * 100 + "a" + ")" * 100, 35),
        ("a" * 4001, 4001),
        ("/" + "a" * 501 + "/", 1),
        ("/(a{1000}){1000}/", 1),
        (" or ".join(["/((a{90}){90}){90}/"] * 50), 1),
        ("x" * 3000 + ":1", 1),
    ],
)
def test_what_is_too_much_is_refused_at_once(text, column):
    started = time.process_time()
    with pytest.raises(QueryError) as error:
        read(text, EVENTS, NOW)
    assert error.value.column == column
    assert time.process_time() - started < 2


def test_wildcards_do_not_blow_up():
    node = read("user.name:" + "*a" * 900, EVENTS, NOW)
    started = time.process_time()
    assert rows(expression(node), pl.DataFrame({"user.name": ["a" * 899 + "b", "a" * 900]})).to_list() == [False, True]
    assert time.process_time() - started < 2


def test_the_largest_query_runs():
    node = read(" or ".join(f"user.name:*{n}*" for n in range(100)), EVENTS, NOW)
    assert isinstance(node, Any)
    assert len(list(every_test(node))) == 100
    assert rows(expression(node), pl.DataFrame({"user.name": ["x99x", "x"]})).to_list() == [True, False]
    deep = read("(" * 23 + "not user.name:a and user.name:*" + ")" * 23, EVENTS, NOW)
    assert deep == All((Not(Test("user.name", "matches", r"(?is)\Aa\z")), Test("user.name", "exists")))
