"""Users, sessions, keys and kept answers: what ends, what is bounded, what two processes see of each other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.store.made import NOW
from vedette.model.account import AccountError
from vedette.store import accounts
from vedette.store.replies import AT_WORK, KEPT, Reply
from vedette.store.store import open_store

DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path) as opened:
        opened.accounts.add("ana", "admin", None, NOW)
        yield opened


def test_sessions_of_a_user_are_bounded_and_the_last_used_stay(store) -> None:
    secrets = [store.accounts.sign_in("ana", "link", NOW + timedelta(seconds=n)) for n in range(accounts.SESSIONS + 5)]
    assert len(store.accounts.sessions("ana")) == accounts.SESSIONS
    later = NOW + timedelta(hours=1)
    alive = [store.accounts.session(secret, later, DAY, DAY) is not None for secret in secrets]
    assert alive == [False] * 5 + [True] * accounts.SESSIONS


def test_keys_in_force_are_bounded_and_those_that_ended_make_room(store) -> None:
    for _ in range(accounts.KEYS):
        store.accounts.new_token("ana", "n", ["read"], NOW, NOW + DAY)
    with pytest.raises(AccountError, match="in force"):
        store.accounts.new_token("ana", "n", ["read"], NOW, None)
    store.accounts.revoke(store.accounts.tokens()[0].id, NOW)
    store.accounts.new_token("ana", "n", ["read"], NOW, NOW + DAY)
    store.accounts.new_token("ana", "n", ["read"], NOW + 2 * DAY, None)


def test_use_is_noted_to_the_minute_and_not_at_every_request(store) -> None:
    token, secret = store.accounts.new_token("ana", "n", ["read"], NOW, None)
    store.accounts.token(secret, NOW)
    store.accounts.token(secret, NOW + timedelta(seconds=59))
    assert store.accounts.tokens()[0].used == NOW
    store.accounts.token(secret, NOW + timedelta(seconds=60))
    assert store.accounts.tokens()[0].used == NOW + timedelta(seconds=60)
    assert token.hint == secret[:10]


@pytest.mark.parametrize("name", ["", "-ana", "ana rosa", "Ana", "ana\n", "a" * 65, "../x", "ána"])
def test_names_that_are_none(store, name) -> None:
    with pytest.raises(AccountError):
        store.accounts.add(name, "viewer", None, NOW)


def test_a_link_is_redeemed_by_one_of_many_at_once(store, tmp_path) -> None:
    link = store.accounts.link("ana", NOW, DAY)
    with open_store(tmp_path, writer=False) as other, ThreadPoolExecutor(8) as threads:
        both = [store.accounts, other.accounts]
        got = list(threads.map(lambda n: both[n % 2].redeem(link, NOW), range(16)))
    assert sum(user is not None for user in got) == 1


def test_a_write_belongs_to_who_claims_it_first_until_it_is_over(store) -> None:
    replies = store.replies
    assert replies.claim("k", "body", NOW) is None
    assert replies.claim("k", "body", NOW) == Reply("body", 0, "", b"")
    replies.keep("k", 201, "application/json", b"{}")
    assert replies.claim("k", "other", NOW + KEPT) == Reply("body", 201, "application/json", b"{}")
    assert replies.claim("k", "other", NOW + KEPT + timedelta(seconds=1)) is None
    replies.forget("k")
    assert replies.claim("k", "body", NOW) is None
    assert replies.claim("k", "body", NOW + AT_WORK + timedelta(seconds=1)) is None, "its process died"
