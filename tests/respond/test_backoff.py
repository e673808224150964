"""When to try again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vedette.respond.backoff import Backoff, next_try

NOW = datetime(2026, 2, 1, tzinfo=UTC)


def waits(key, attempts, **settings):
    due = [next_try(Backoff(**settings), key, n, created=NOW, now=NOW) for n in range(1, attempts + 1)]
    return [when - NOW for when in due if when is not None]


def test_waits_grow_and_are_spread_and_capped():
    many = [waits(f"key{i}", 8, first="5s", longest="1m") for i in range(200)]
    for n in range(8):
        ceiling = min(5 * 2**n, 60)
        seconds = [w[n].total_seconds() for w in many]
        assert 0 < min(seconds) < 0.1 * ceiling
        assert 0.9 * ceiling < max(seconds) <= ceiling
        assert 0.4 < sum(seconds) / 200 / ceiling < 0.6


def test_the_same_key_gives_the_same_plan():
    assert waits("a", 5) == waits("a", 5) != waits("b", 5)


def test_what_the_receiver_asks_for_is_kept_even_beyond_the_longest_wait():
    asked = timedelta(hours=5)
    assert next_try(Backoff(), "a", 1, created=NOW, now=NOW, asked=asked) == NOW + asked


def test_too_old_is_given_up():
    late = NOW + timedelta(days=3)
    assert next_try(Backoff(), "a", 1, created=NOW, now=late) is None
    assert next_try(Backoff(give_up_after="4d"), "a", 1, created=NOW, now=late) is not None


@given(st.text(), st.integers(-5, 10**9))
def test_any_key_and_attempt_has_a_wait(key, attempt):
    due = next_try(Backoff(), key, attempt, created=NOW, now=NOW)
    assert due is not None
    assert NOW < due <= NOW + timedelta(hours=2)
