"""block, unblock, blocklist, allowlist, stats: what a person sees, with an agent that answers and without one."""

import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from tests.runtime.made import Fake
from tests.store.made import action, alert
from vedette.cli import asking
from vedette.model.action import Action
from vedette.model.stored import Commit
from vedette.runtime.requests import answer
from vedette.store.store import open_store

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
STATUS = {
    "pid": os.getpid(), "started": (NOW - DAY).isoformat(), "records": 1234, "records_per_second": 5.5, "alerts": 2,
    "blocked": "", "shed": {"groups": 3}, "blocking": {"busiest": {"203.0.113.9/32": 10_000, "203.0.113.7/32": 70_000}},
}  # fmt: skip


@pytest.fixture
def data(tmp_path):
    open_store(tmp_path).close()
    return tmp_path


@pytest.fixture
def agent(data) -> Iterator[Fake]:
    """One that answers as long as the test runs."""
    stop, fake = threading.Event(), Fake()
    (data / "status.json").write_text(json.dumps(STATUS))

    def work() -> None:
        with open_store(data) as store:
            ready.set()
            while not stop.wait(0.01):
                answer(store, SimpleNamespace(told=None), fake, lambda _: None, lambda *_: None, datetime.now(UTC), lambda: True)

    ready = threading.Event()
    thread = threading.Thread(target=work)
    thread.start()
    ready.wait()
    yield fake
    stop.set()
    thread.join()


def keep(data, *actions: Action, **commit: object) -> None:
    with open_store(data) as store:
        store.commit(Commit(actions=actions, **commit), NOW)


def test_block_is_in_force_when_it_returns(vedette, data, agent):
    ran = vedette("block", "203.0.113.7", "--for", "2h", "--why", "scans", "--who", "ann", "--data", data)
    assert ran.status == 0
    assert "203.0.113.7 is blocked until" in ran.out
    assert "undo: vedette unblock 203.0.113.7" in ran.out
    (listed,) = json.loads(vedette("blocklist", "--data", data, "--format", "json").out)
    assert (listed["network"], listed["reason"], listed["who"]) == ("203.0.113.7/32", "scans", "ann")
    until = datetime.fromisoformat(listed["until"])
    assert timedelta(0) < until - NOW - timedelta(hours=2) < timedelta(minutes=30)
    ran = vedette("unblock", "203.0.113.7", "--why", "ours", "--data", data)
    assert (ran.status, "no longer blocked" in ran.out) == (0, True)
    ran = vedette("blocklist", "--data", data)
    assert (ran.out, ran.err) == ("nothing is blocked\n", "")
    assert "lifted it at" in vedette("blocklist", "203.0.113.7", "--all", "--data", data).out


def test_an_address_in_ipv6_is_its_network_and_that_is_said(vedette, data, agent):
    ran = vedette("block", "2001:DB8:0:1::5", "--limit", "--forever", "--why", "x", "--data", data)
    assert agent.asked == [("2001:db8:0:1::/64", "limit", None)]
    assert "taken as 2001:db8:0:1::/64" in ran.err
    assert "is limited until somebody lifts it" in ran.out
    assert "taken as 203.0.113.7" in vedette("block", "::ffff:203.0.113.7", "--why", "x", "--data", data).err


def test_the_answer_for_programs_is_the_action(vedette, data, agent):
    made = json.loads(vedette("block", "203.0.113.7", "--why", "x", "--data", data, "--format", "json").out)
    assert made["action.id"] == "id-203.0.113.7/32"
    ran = vedette("unblock", made["action.id"], "--data", data, "--format", "json")
    assert [each["lifted_by"] != "" for each in json.loads(ran.out)] == [True]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["192.0.2.1"], "own address"),  # refused by the agent
        (["203.0.0.0/15"], "too wide"),
        (["2001:d00::/31"], "too wide"),
        (["nonsense"], "is no address"),
        (["203.0.113.7", "--for", "soon"], "is no time"),
        (["203.0.113.7", "--for", "99999d"], "ten years"),
    ],
)
def test_a_refusal_is_an_error_with_a_mend(vedette, data, agent, words, said):
    ran = vedette("block", *words, "--why", "x", "--data", data)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    assert "fix:" in ran.err


def test_one_does_not_lock_oneself_out(vedette, data, agent, monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "198.51.100.9 50000 192.0.2.2 22")
    ran = vedette("block", "198.51.100.0/24", "--why", "x", "--data", data)
    assert (ran.status, agent.asked) == (2, [])
    assert "your own session" in ran.err


def test_without_an_agent_nothing_looks_done(vedette, data):
    ran = vedette("block", "203.0.113.7", "--why", "x", "--data", data)
    assert (ran.status, ran.out) == (1, "")
    assert "NOT DONE" in ran.err
    with open_store(data) as store:
        assert [request.kind for request in store.requests()] == ["block"]


def test_an_agent_that_is_busy_is_not_waited_for_for_ever(vedette, data, monkeypatch):
    monkeypatch.setattr(asking, "WAIT", 0.05)
    (data / "status.json").write_text(json.dumps(STATUS))
    ran = vedette("unblock", "203.0.113.7", "--data", data)
    assert (ran.status, "NOT YET DONE" in ran.err) == (1, True)


def test_unblocking_what_is_not_there(vedette, data, agent):
    assert "nothing to lift" in vedette("unblock", "203.0.113.99", "--data", data).err
    ran = vedette("unblock", "no-such-id", "--data", data)
    assert (ran.status, "no action has this id" in ran.err) == (2, True)


def test_why_an_address_is_blocked(vedette, data):
    seen = alert("203.0.113.7", message="40 ports\x1b[2J")
    wide = action(
        "a", "203.0.113.0/24", at=NOW, until=NOW + DAY, rules=("scan",), alerts=(seen.id, "gone"), reason="Port scan\x1b[2J"
    )
    before = action("b", "203.0.113.0/24", at=NOW - DAY, until=NOW - DAY / 2)
    keep(data, wide, before, action("c", "198.51.100.1/32", at=NOW, until=NOW + DAY), alerts=[seen])
    ran = vedette("blocklist", "203.0.113.7", "--data", data)
    assert ran.status == 0
    for said in ("203.0.113.0/24 is blocked until", "Port scan\\x1b", "40 ports\\x1b", "1 other action", "vedette unblock 203.0.113.0/24"):
        assert said in ran.out
    assert "\x1b" not in ran.out
    assert "198.51.100.1" not in ran.out
    assert "no agent runs" in ran.err
    ran = vedette("blocklist", "192.0.2.77", "--data", data)
    assert (ran.status, "nothing is done about it" in ran.out) == (1, True)
    ran = vedette("blocklist", "127.0.0.1", "--data", data)
    assert "never blocked: 127.0.0.0/8, loopback" in ran.out


def test_the_list_is_newest_first_and_all_has_what_is_over(vedette, data):
    keep(
        data,
        action("a", "203.0.113.1/32", at=NOW - DAY, until=None, source="manual", who="ann", score=None),
        action("b", "2001:db8:0:1::/64", at=NOW, until=NOW + DAY, kind="limit", enforced=False),
        action("c", "203.0.113.3/32", at=NOW - 2 * DAY, until=NOW - DAY),
    )
    lines = vedette("blocklist", "--data", data).out.splitlines()
    assert [line.split()[0] for line in lines] == ["network", "2001:db8:0:1::/64", "203.0.113.1"]
    assert "(dry run)" in lines[1]
    assert ("no end" in lines[2], " ann " in lines[2], " - " in lines[2]) == (True, True, True)
    every = vedette("blocklist", "--all", "--data", data)
    assert "over" in every.out.splitlines()[3]
    documents = json.loads(vedette("blocklist", "--all", "--data", data, "--format", "json").out)
    assert [each["action.id"] for each in documents] == ["b", "a", "c"]
    told = vedette("blocklist", "--why", "--data", data).out
    assert told.count("undo") == 2


def test_the_allow_list_has_reasons(vedette, data, agent):
    ran = vedette("allowlist", "add", "192.0.2.0/24", "--why", "the office", "--who", "ann", "--data", data)
    assert (ran.status, ran.out) == (0, "192.0.2.0/24 is never blocked from now on\n")
    lines = vedette("allowlist", "--data", data).out.splitlines()
    assert "the office (ann" in lines[0]
    assert any(line.startswith("127.0.0.0/8") and "loopback" in line for line in lines)
    documents = json.loads(vedette("allowlist", "--data", data, "--format", "json").out)
    assert documents[0]["network"] == "192.0.2.0/24"
    assert vedette("allowlist", "remove", "192.0.2.0/24", "--data", data).status == 0
    with open_store(data, writer=False) as store:
        assert store.allowed() == []


@pytest.mark.parametrize("words", [["add"], ["add", "192.0.2.0/24"], ["remove"], ["add", "x", "--why", "y"]])
def test_the_allow_list_says_what_is_missing(vedette, data, words):
    ran = vedette("allowlist", *words, "--data", data)
    assert (ran.status, "fix:" in ran.err) == (2, True)


def test_stats(vedette, data):
    made = [action(f"{n}", f"203.0.113.{n}/32", at=NOW, until=NOW + DAY) for n in range(3)]
    old = action("old", "203.0.113.9/32", at=NOW - 5 * DAY, until=NOW - 4 * DAY, source="log")
    keep(data, *made, old, counters={"records": 5000, "matched: some-rule": 3})
    ran = vedette("stats", "--data", data)
    assert (ran.status, "no agent runs" in ran.out) == (0, True)
    (data / "status.json").write_text(json.dumps(STATUS))
    facts = json.loads(vedette("stats", "--data", data, "--format", "json").out)
    assert facts["since_start"]["actions"] == {"drop": {"network": 3}}
    assert facts["kept"]["actions"] == {"drop": {"log": 1, "network": 3}}
    assert facts["in_force"] == {"drop": 3}
    assert facts["counters"] == {"records": 5000}
    assert list(facts["dropped"]) == ["203.0.113.7/32", "203.0.113.9/32"]
    text = vedette("stats", "--data", data).out
    for said in ("1,234", "drop: 3 network", "70,000", "given up   groups: 3", "3 drop"):
        assert said in text


def test_status_counts_what_is_in_force(vedette, data):
    keep(data, action("a", "203.0.113.1/32", at=NOW, until=NOW + DAY, kind="guard", protocol=17))
    assert "actions   1 guard in force" in vedette("status", "--data", data).out


def test_no_store_is_an_error_with_a_mend(vedette, tmp_path):
    for words in (["block", "203.0.113.7", "--why", "x"], ["unblock", "203.0.113.7"], ["blocklist"], ["allowlist"], ["stats"]):
        ran = vedette(*words, "--data", tmp_path / "none")
        assert (ran.status, "vedette run" in ran.err) == (2, True)


def test_a_long_list_is_listed_whole(vedette, data):
    many = [action(f"{n}", f"198.18.{n >> 8 & 255}.{n & 255}/32", at=NOW, until=NOW + DAY) for n in range(20_000)]
    keep(data, *many)
    assert len(vedette("blocklist", "--data", data).out.splitlines()) == 20_001


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (125, "2 min 5 s"), (3600, "1 h"), (7500, "2 h 5 min"), (90000, "1 d 1 h"), (-5, "0 s")],
)
def test_lengths_of_time(seconds, said):
    assert asking.length(timedelta(seconds=seconds)) == said
