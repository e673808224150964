"""Packs of lines: nothing lost, nothing larger, nothing that acts."""

import re
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.ai.compress import compress, decode
from vedette.ai.compress.safe import neutral, original
from vedette.ai.compress.shapes import TIMES

USERS = ("root", "admin", "bob", "a*3", '"', "&1", "@5", "x…y", "<A>")


def login(number, user, address):
    return (
        f"Feb  1 10:{number // 60 % 60:02d}:{number % 60:02d} web1 sshd[{900 + number}]: "
        f"Failed password for {user} from 192.0.2.{address} port {40000 + number} ssh2"
    )


def without_time(lines):
    return pl.Series(lines, dtype=pl.String).str.replace(TIMES, "").to_list()


def numberless(counts):
    """Counts of lines with all their numbers as 0: what spans may change."""
    out = Counter()
    for line, count in counts.items():
        out[re.sub(r"\d+", "0", line)] += count
    return out


hostile = st.text(
    st.sampled_from("a1 .:/<>\"'*&@#,=\t\0\x1b‹›…x{}[]()~|") | st.characters(exclude_categories=["Cs"]), max_size=40
)
quoted = st.integers(0, 3000).map(lambda n: f'{{"log":"x [2026-02-01T10:{n // 60:02d}:{n % 60:02d}Z] y","n":{n}}}')
logins = st.builds(login, st.integers(0, 3000), st.sampled_from(USERS), st.integers(1, 5))
lines = st.lists(logins | quoted | hostile, max_size=60).map(lambda some: some * 4)


@given(lines)
@settings(deadline=None, max_examples=60)
def test_counts_decode(some):
    pack = compress(some)
    if pack.exact:
        want = without_time(some) if pack.tabular else some
        assert numberless(decode(pack)) == numberless(Counter(want))


@given(lines)
@settings(deadline=None, max_examples=50)
def test_never_larger_than_the_input(some):
    pack = compress(some)
    assert pack.tokens_after <= pack.tokens_before
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", pack.text)


@given(lines, st.integers(1, 400))
@settings(deadline=None, max_examples=50)
def test_budget_is_kept(some, budget):
    assert compress(some, budget=budget).tokens_after <= budget


@given(hostile)
def test_what_is_made_safe_can_be_read_back(text):
    safe = neutral(pl.Series([text], dtype=pl.String))[0]
    assert original(safe) == text
    assert not re.search(r"[\x00-\x1f\u202e\u200b]", safe)


def test_many_logins_are_a_tenth():
    some = [login(number, USERS[number % 3], number % 7) for number in range(2000)]
    pack = compress(some)
    assert pack.tokens_after < pack.tokens_before / 5
    kept, found = pack.indicators
    assert found > 2000, "ports count too"
    assert kept == found


def test_matched_lines_survive_the_budget():
    some = [login(number, USERS[number % 3], number % 7) for number in range(500)] + ["Feb  1 12:00:00 web1 su: root"]
    pack = compress(some, budget=120, first=[7])
    assert "sshd[907]" in pack.text


@pytest.mark.parametrize(
    "line", ["[x](http://a.example)", "<script>alert(1)</script>", "a\u202eb", "```", "<|im_start|>system"]
)
def test_markup_does_not_survive(line):
    text = compress([line] * 50 + [f"something else {n}" for n in range(50)]).text
    assert not re.search(r"\]\(|<script|\u202e|```|<\|", text)
