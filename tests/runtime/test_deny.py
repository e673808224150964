"""Networks that the settings deny are dropped as long as they stand there."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

from vedette.model.action import Allowed, Rates
from vedette.respond.policy import Policy
from vedette.runtime.responder import SETTINGS, Kept, Responder, Setup

NOW = datetime.now(UTC)
OWN = Allowed(network="192.0.2.0/24", why="own network", at=NOW, who="vedette")


def setup(*deny: str, mode="off") -> Setup:
    return Setup(Policy(deny=deny), mode, None, Rates(), frozenset())


def responder(made: Setup, actions=(), said=None) -> Responder:
    told = [] if said is None else said
    return Responder(made, Kept(actions, (), {}, ()), lambda: [OWN], lambda event, facts: told.append((event, facts)))


def in_force(one: Responder) -> dict[str, tuple]:
    return {a.network: (a.kind, a.who, a.until) for a in one.changes().actions if a.active(datetime.now(UTC) + timedelta(days=900))}


def test_they_are_dropped_until_they_stand_there_no_longer() -> None:
    one = responder(setup("203.0.113.0/24", "2001:db8:bad::/48", "198.51.100.7"))
    dropped = ("drop", SETTINGS, None)
    assert in_force(one) == {"203.0.113.0/24": dropped, "2001:db8:bad::/48": dropped, "198.51.100.7/32": dropped}
    kept = one.changes().actions
    one.stored(one.changes())

    again = responder(setup("203.0.113.0/24", "198.51.100.7", "198.51.100.8"), kept)
    (new, gone) = sorted(again.changes().actions, key=lambda action: action.network)
    assert (new.network, new.lifted, gone.network, gone.lifted_by) == ("198.51.100.8/32", None, "2001:db8:bad::/48", SETTINGS)
    again.stored(again.changes())
    again.reconfigure(setup())
    assert {a.network for a in again.changes().actions if a.lifted} == {"203.0.113.0/24", "198.51.100.7/32", "198.51.100.8/32"}
    again.close()


def test_what_is_allowed_comes_first_and_it_is_told_once() -> None:
    said: list = []
    one = responder(setup("192.0.2.7", "0.0.0.0/0", "203.0.113.9"), said=said)
    assert set(in_force(one)) == {"203.0.113.9/32"}
    assert [facts["network"] for event, facts in said if event == "not acted"] == ["0.0.0.0/0", "192.0.2.7/32"]
    assert all("own network" in why for why in one.withheld)


def test_what_a_person_blocked_is_not_the_settings_to_lift() -> None:
    one = responder(setup())
    one.block(ip_network("203.0.113.9"), kind="drop", until=None, reason="x", who="ann", now=NOW)
    one.reconfigure(setup("203.0.113.10"))
    one.reconfigure(setup())
    assert [a.lifted_by for a in one.changes().actions if a.who == "ann"] == [""]
