"""Actions are kept as committed, found by what people and the agent ask for, and forgotten only when they are over."""

import time
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.store.made import NOW, action, batch
from vedette.model.action import Allowed
from vedette.model.errors import StoreError
from vedette.model.stored import ActionQuery, Answer, Commit
from vedette.store.actions import containing
from vedette.store.database import Database
from vedette.store.migrate import SCRIPTS
from vedette.store.store import LocalStore, open_store

HOUR = timedelta(hours=1)
MANY = 100_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with open_store(tmp_path) as opened:
        yield opened


def ids(store: LocalStore, **query: object) -> list[str]:
    return [found.id for found in store.actions(ActionQuery(**query))]  # type: ignore[arg-type]


def test_an_action_comes_back_as_committed_and_changes_in_place(store: LocalStore) -> None:
    first = action("a", "203.0.113.7/32", rules=("r",), score=105.5, protocol=None)
    store.commit(Commit(actions=[first]), NOW)
    assert store.action("a") == first
    lifted = action("a", "203.0.113.7/32", lifted=NOW + HOUR / 2, lifted_by="ann", lifted_why="ours")
    store.commit(Commit(actions=[first, lifted]), NOW)
    assert store.actions(ActionQuery()) == [lifted]
    assert store.action("b") is None


def test_in_force_until_its_time_is_over_or_it_is_lifted(store: LocalStore) -> None:
    made = [
        action("timed", "203.0.113.1/32", until=NOW + HOUR),
        action("endless", "203.0.113.2/32", until=None),
        action("lifted", "203.0.113.3/32", until=NOW + 9 * HOUR, lifted=NOW + HOUR),
        action("late", "203.0.113.4/32", at=NOW + 2 * HOUR, until=NOW + 3 * HOUR, kind="limit"),
    ]
    store.commit(Commit(actions=made), NOW)
    asked = [timedelta(0), HOUR - timedelta(microseconds=1), HOUR, 2 * HOUR, 3 * HOUR]
    assert [sorted(ids(store, active=NOW + after)) for after in asked] == [
        ["endless", "lifted", "timed"],
        ["endless", "lifted", "timed"],
        ["endless"],
        ["endless", "late"],
        ["endless"],
    ]
    assert store.status(NOW + 2 * HOUR).actions == {"drop": 1, "limit": 1}
    assert store.status(NOW + 3 * HOUR).actions == {"drop": 1}


def test_newest_first_page_by_page_and_by_what_it_is(store: LocalStore) -> None:
    made = [action(f"{n}", f"203.0.113.{n}/32", at=NOW + timedelta(seconds=n)) for n in range(7)]
    made.append(action("guard", "192.0.2.1/32", kind="guard", protocol=17, at=NOW - HOUR, source="log"))
    store.commit(Commit(actions=made), NOW)
    assert ids(store, limit=3) == ["6", "5", "4"]
    assert ids(store, limit=3, skip=6) == ["0", "guard"]
    assert ids(store, kind="guard") == ids(store, source="log") == ["guard"]
    assert ids(store, since=NOW + timedelta(seconds=5)) == ["6", "5"]
    assert ids(store, network="203.0.113.3/32") == ["3"]


def test_an_address_is_found_in_every_network_around_it(store: LocalStore) -> None:
    networks = ["203.0.113.7/32", "203.0.113.0/24", "203.0.112.0/20", "203.0.113.8/32", "2001:db8:0:1::/64", "2001:db8::/32"]
    store.commit(Commit(actions=[action(n, n) for n in networks]), NOW)
    assert set(ids(store, around="203.0.113.7")) == {"203.0.113.7/32", "203.0.113.0/24", "203.0.112.0/20"}
    assert set(ids(store, around="203.0.113.0/25")) == {"203.0.113.0/24", "203.0.112.0/20"}
    assert set(ids(store, around="2001:db8:0:1::9")) == {"2001:db8:0:1::/64", "2001:db8::/32"}
    assert ids(store, around="2001:db9::1") == ids(store, around="198.51.100.1") == []


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), st.integers(0, 128))
def test_containing_are_all_networks_that_hold_an_address(address, prefix):
    listed = containing(str(address))
    assert len(set(listed)) == address.max_prefixlen + 1
    assert all(address in ip_network(each) for each in listed)
    assert str(ip_network((address, min(prefix, address.max_prefixlen)), strict=False)) in listed


def test_repeats_of_many_networks_at_once(store: LocalStore) -> None:
    made = [
        action(f"{n}-{m}", f"198.51.{n // 250}.{n % 250}/32", at=NOW - m * HOUR) for n in range(1200) for m in range(n % 4)
    ]
    made.append(action("soft", "198.51.0.1/32", kind="limit"))
    store.commit(Commit(actions=made), NOW)
    asked = [f"198.51.{n // 250}.{n % 250}/32" for n in range(1200)]
    counted = store.repeats(asked, NOW - HOUR)
    assert counted["198.51.0.1/32"] == 2
    assert counted["198.51.0.3/32"] == 2, "what began before `since` does not count"
    assert "198.51.0.4/32" not in counted
    assert len(counted) == 900
    assert store.repeats(asked[:2], NOW - HOUR, "drop") == {"198.51.0.1/32": 1}
    assert store.repeats([], NOW) == {}


def test_acted_counts_by_kind_and_source(store: LocalStore) -> None:
    made = [action(f"{n}", f"203.0.113.{n}/32", at=NOW + timedelta(seconds=n)) for n in range(5)]
    store.commit(Commit(actions=[*made, action("m", "192.0.2.9/32", source="manual", kind="limit")]), NOW)
    assert store.acted() == {("drop", "network"): 5, ("limit", "manual"): 1}
    assert store.acted(NOW + timedelta(seconds=3)) == {("drop", "network"): 2}


def test_the_allow_list_changes_with_the_commit(store: LocalStore) -> None:
    office = Allowed(network="192.0.2.0/24", why="the office", at=NOW, who="ann")
    store.commit(Commit(allowed=[office, Allowed(network="10.0.0.0/8", why="inside")]), NOW)
    assert [each.network for each in store.allowed()] == ["10.0.0.0/8", "192.0.2.0/24"]
    moved = Allowed(network="192.0.2.0/24", why="the new office")
    store.commit(Commit(allowed=[moved], disallowed=["10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24"]), NOW)
    assert store.allowed() == [moved]


def test_nothing_of_it_happens_when_the_commit_fails(store: LocalStore) -> None:
    store.commit(Commit([batch(0, 10)]), NOW)
    request = store.request("block", {}, "ann", NOW)
    made = Commit(
        [batch(0, 10)],
        actions=[action("a", "203.0.113.7/32")],
        allowed=[Allowed(network="10.0.0.0/8", why="inside")],
        answered=[Answer(request)],
    )
    with pytest.raises(StoreError):
        store.commit(made, NOW)
    assert (store.actions(ActionQuery()), store.allowed(), store.answer(request)) == ([], [], None)
    assert [each.id for each in store.requests()] == [request]


def test_retention_forgets_what_is_over_and_never_what_is_in_force(store: LocalStore) -> None:
    old = NOW - timedelta(days=90)
    made = [
        action("over", "203.0.113.1/32", at=old, until=NOW - timedelta(days=40)),
        action("lifted", "203.0.113.2/32", at=old, until=None, lifted=NOW - timedelta(days=40)),
        action("recent", "203.0.113.3/32", at=old, until=NOW - timedelta(days=20)),
        action("endless", "203.0.113.4/32", at=old, until=None),
    ]
    store.commit(Commit(actions=made), old)
    assert store.retain(NOW, size=10**6).actions == 0
    assert store.retain(NOW, timedelta(days=30)).actions == 2
    assert sorted(ids(store)) == ["endless", "recent"]


def test_a_hundred_thousand_are_listed_in_time_that_grows_with_their_number(store: LocalStore) -> None:
    def seconds(count: int, **query: object) -> float:
        times = []
        for _ in range(3):
            began = time.process_time()
            assert len(ids(store, **query)) == count
            times.append(time.process_time() - began)
        return min(times)

    def made(low: int, high: int) -> list:
        return [
            action(f"{n}", f"{ip_address(0xC6120000 + n)}/32", at=NOW - timedelta(seconds=n), until=NOW + HOUR)
            for n in range(low, high)
        ]

    store.commit(Commit(actions=made(0, MANY // 10)), NOW)
    few = seconds(MANY // 10, active=NOW, limit=None)
    store.commit(Commit(actions=made(MANY // 10, MANY)), NOW)
    many = seconds(MANY, active=NOW, limit=None)
    assert many < 30 * few, "ten times as many cost at most thrice as much each"
    assert store.status(NOW).actions == {"drop": MANY}
    assert seconds(100, active=NOW) < many / 3, "a page costs less than the whole"
    assert seconds(1, active=NOW, around="198.18.0.9", limit=None) < many / 30, "an address is looked up"
    assert seconds(0, active=NOW + 2 * HOUR, limit=None) < many / 30, "what is over costs nothing"


def test_a_store_of_the_first_shape_keeps_what_it_has(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    with open_store(tmp_path) as store:
        store.commit(Commit([batch(0, 10)]), NOW)
        store.note("i1", "seen", "ann", NOW)
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        with store._database.write() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "0001")
    database = Database(tmp_path / "state.db")
    with database.read() as connection:
        assert not sa.inspect(connection).has_table("actions")
    database.close()
    with pytest.raises(StoreError, match="another version"):
        open_store(tmp_path, writer=False)
    with open_store(tmp_path) as store:
        assert store.positions()["s1"].position == {"at": 10}
        assert [note.text for note in store.notes("i1")] == ["seen"]
        store.commit(Commit(actions=[action("a", "203.0.113.7/32")]), NOW)
        assert ids(store) == ["a"]
