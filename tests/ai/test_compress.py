"""Packs of lines: nothing lost, nothing larger, nothing that acts."""

import itertools
import re
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.ai import tokens
from vedette.ai.compress import bursts, compress, decode, decoded, survey
from vedette.ai.compress.safe import light, neutral, original, pair, paired
from vedette.ai.compress.shapes import TIME

USERS = ("root", "admin", "bob", "a*3", '"', "&1", "@5", "x…y", "<A>")


def login(number, user, address):
    return (
        f"Feb  1 10:{number // 60 % 60:02d}:{number % 60:02d} web1 sshd[{900 + number}]: "
        f"Failed password for {user} from 192.0.2.{address} port {40000 + number} ssh2"
    )


def without_time(lines):
    return pl.Series(lines, dtype=pl.String).str.replace(TIME, "").to_list()


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
worded = st.lists(st.sampled_from(["one two, ", "&1 <&2> ", "a=b|c ", r"[x \"y\"] ", "*3 ", "@5~9 "]), min_size=15).map(
    lambda words: f'{{"msg":"{"".join(words)}"}}'
)
logins = st.builds(login, st.integers(0, 3000), st.sampled_from(USERS), st.integers(1, 5))
lines = st.lists(logins | quoted | worded | hostile, max_size=60).map(lambda some: some * 4)


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


def test_up_to_three_digits_are_one_token():
    """What makes it certain, without counting, that a pack is no larger than its lines."""
    groups = ("".join(some) for size in (1, 2, 3) for some in itertools.product("0123456789", repeat=size))
    assert {tokens.count(group) for group in groups} == {1}


@given(lines, st.integers(1, 20))
@settings(deadline=None, max_examples=40)
def test_how_many_lines_are_looked_at_together_does_not_matter(some, part):
    whole = compress(some)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(survey, "PART", part)
        parts = compress(some)
    assert (parts.text, parts.found) == (whole.text, whole.found)
    assert {at: each.to_list() for at, each in parts.positions.items()} == {
        at: each.to_list() for at, each in whole.positions.items()
    }


def test_a_time_is_no_path_and_a_level_no_host():
    pack = compress(
        [
            '192.0.2.1 - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 5',
            "2026-10-10 13:55:36 ERROR app.Main: out of space",
        ]
    )
    assert pack.found == {"address": {"192.0.2.1"}, "process": {"app.Main"}}


@given(lines, st.integers(1, 400))
@settings(deadline=None, max_examples=50)
def test_budget_is_kept(some, budget):
    assert compress(some, budget=budget).tokens_after <= budget


elements = st.lists(
    st.sampled_from(
        ["<a>", "</a>", "<b x='1'>", "</b>", "<a/>", "</>", "</a >", "‹/>", "‹/›", "<?a?>", "->", "<", ">", "x", "\x1b"]
    )
).map("".join)


ACTS = re.compile(r"[\x00-\x1f\u202e\u200b]|<(?!x[0-9a-f]{2,6}(?:\*\d+)?>)|\]\(|\]\[|```")


@given(hostile | elements)
def test_what_is_made_safe_can_be_read_back(text):
    safe = neutral(pl.Series([text], dtype=pl.String))[0]
    for written in (safe, light(safe)):
        assert original(written) == text
        assert not ACTS.search(written)


@given(hostile | elements | st.text("<>[](){} a"))
def test_brackets_that_are_free_can_be_read_back(text):
    both = pair(pl.Series([text]))
    assert bool(both) == any(not {*each} & {*text} for each in ("()", "[]", "{}"))
    if both:
        written = paired(pl.Series([text]), both)[0]
        assert original(written, both) == text
        assert not ACTS.search(written)


@pytest.mark.parametrize(
    "line",
    [
        "a -> b",
        "<TargetUserName>bob</TargetUserName><IpAddress>192.0.2.1</IpAddress>",
        '{"stage": "<authentik.stages object at 0x7f609a25fb10>", "user": "bob"}',
    ],
)
def test_a_single_line_with_signs_of_markup_stays_exact(line):
    pack = compress([line])
    assert (pack.exact, decode(pack)) == (True, Counter([line]))
    assert pack.tokens_after <= pack.tokens_before


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


def test_a_burst_in_a_trickle_is_read_back_as_a_burst():
    def line(second, path):
        return f"2026-02-01T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z web1 app: refused {path}"

    trickle = [(at, "/a") for at in range(0, 80_000, 2_000)]
    burst = [(41_000 + at, "/a") for at in range(20)]
    some = [line(*one) for one in sorted(trickle + burst)]
    for lines in (some, [f"{one} {n % 3}" for n, one in enumerate(some)]):
        pack = compress(lines)
        inside = [one for one in decoded(pack) if one.first is not None and 40_000 < one.first <= one.last < 42_000]
        assert sum(one.copies for one in inside) >= 20, pack.text
        assert sum(one.copies for one in decoded(pack)) == 60


@pytest.mark.parametrize("gap", [0, 1, 60, 86_400])
def test_a_steady_pace_is_one_block(gap):
    assert bursts.starts(np.arange(5_000) * gap, np.ones(5_000, int)).sum() == 1


def test_blocks_are_found_in_a_number_of_rounds_that_grows_like_the_number_of_bits(monkeypatch):
    rounds = []
    lowest = bursts._lowest
    monkeypatch.setattr(bursts, "_lowest", lambda losses: rounds.append(len(losses)) or lowest(losses))
    for times in (np.arange(1 << 14) * 60, np.cumsum(np.arange(1 << 14)), np.cumsum(np.arange(1 << 14)[::-1])):
        rounds.clear()
        bursts.starts(times, np.arange(1 << 14) >> 13)
        assert sum(rounds) < 20 << 14


def test_pieces_that_long_values_share_are_written_once():
    tags = " ".join(f'[tag \\"attack-{n}\\"]' for n in range(12))
    some = [f'{{"by":"k{n % 4}","msg":"refused {n:x}{n:x} at /p/{n} {tags}"}}' for n in range(1000, 1040)]
    pack = compress(some)
    assert pack.text.count("attack-7") == 1
    assert numberless(decode(pack)) == numberless(Counter(some))
    within = compress(some, budget=600)
    assert 0 < within.left_out < 40
    assert sum(decode(within).values()) == 40 - within.left_out


def test_numbers_that_say_what_a_line_is_about_stay_with_it():
    some = [f'{{"EventID":{code},"Rights":"0x{code:x}","Image":"C:\\\\a{code}.exe"}}' for code in (1, 10, 11)]
    some += [line.replace("C:", "D:") for line in some]
    assert decode(compress(some)) == Counter(some)
