"""What the agent does when the kernel takes no more: said, counted, and gone on with as soon as there is room."""

import os
import threading
from datetime import UTC, datetime

import pytest

from tests.live.namespaces import inside, needs_namespaces, pair
from tests.live.test_defence import enforced, guess, uninstall
from vedette.model.action import Rates
from vedette.respond.block.nftables import Nftables
from vedette.respond.policy import Policy
from vedette.runtime.helper import Helper
from vedette.runtime.helper_door import Door
from vedette.runtime.helper_process import serve
from vedette.runtime.responder import Kept, Responder, Setup

__all__ = ["pair"]
pytestmark = [pytest.mark.live, needs_namespaces]
ROOM = 10


@pytest.fixture
def helper(pair, tmp_path):
    """The socket of a helper whose sets in the kernel hold ten addresses."""

    def small():
        with inside(pair.b):
            return Nftables(size=ROOM)

    path, over = tmp_path / "helper.sock", threading.Event()
    door = Door(path, {os.getuid()}, os.getgid(), lambda _event, _facts: None)
    served = Helper(small, lambda: [], lambda _asked: pytest.fail("no capture was asked for"))
    thread = threading.Thread(target=serve, args=(served, [], door, over.is_set))
    thread.start()
    yield path
    over.set()
    thread.join(10)
    door.close()
    uninstall(pair)


def test_a_full_set_is_told_and_counted_and_blocking_goes_on_when_there_is_room(pair, helper):
    said = []
    setup = Setup(Policy(), "enforce", helper, Rates(), frozenset({"guess"}))
    responder = Responder(setup, Kept((), (), {}, ()), lambda: [], lambda event, facts: said.append((event, facts)))

    def attack(*numbers):
        now = datetime.now(UTC)
        taken = responder.take([guess(f"203.0.113.{number}", number, now, "log") for number in numbers], now).actions
        return {action.network for action in taken}

    def networks(*numbers):
        return {f"203.0.113.{number}/32" for number in numbers}

    def kernel():
        return {str(network) for _, network in enforced(pair)}

    try:
        assert attack(*range(1, ROOM)) == networks(*range(1, ROOM)) == kernel()
        assert attack(100, 101, 102) == networks(100), "there is room for one: nobody else is said to be stopped"
        assert attack(103) == set()
        assert kernel() == networks(*range(1, ROOM), 100)
        assert responder.health()["active"] == {"drop": ROOM}
        refusals = [facts for event, facts in said if event == "firewall refused"]
        assert "full" in refusals[0]["error"]
        assert refusals[0]["fix"]
        assert [facts["actions"] for facts in refusals] == [1, 2], "told whenever there are twice as many"
        assert responder.health()["withheld"] == {refusals[0]["error"]: 3}
        responder.unblock("203.0.113.1/32", who="ann", why="to make room", now=datetime.now(UTC))
        assert attack(101) == networks(101)
        assert kernel() == networks(*range(2, ROOM), 100, 101)
    finally:
        responder.close()
