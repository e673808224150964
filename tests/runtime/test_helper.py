"""What the privileged helper does and refuses, message by message. The real firewall is in tests/live."""

import os
import pwd
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.cli.main import main
from vedette.model.action import ActionError, Allowed, Entry
from vedette.respond.block.firewall import Gap, Total
from vedette.runtime import helper_messages as messages
from vedette.runtime.helper import Helper
from vedette.runtime.helper_client import Client
from vedette.runtime.helper_door import Door
from vedette.runtime.helper_process import serve

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OWN = [Allowed(network="192.0.2.10/32", why="own address"), Allowed(network="192.0.2.1/32", why="default gateway")]


class Kernel:
    """A firewall that remembers what it was told; `broken`: it refuses to add."""

    name = "kernel"

    def __init__(self):
        self.entries, self.allowed, self.dry, self.broken, self.gone = {}, [], None, False, False

    def restore(self, allow, entries, rates, *, dry, now):
        self.allowed, self.dry = list(allow), dry
        self.entries = {(e.kind, e.network, e.protocol): e for e in entries}

    def add(self, entries, now):
        if self.broken:
            raise ActionError("the set is full", fix="lift some")
        self.entries |= {(e.kind, e.network, e.protocol): e for e in entries}

    def remove(self, entries):
        for e in entries:
            self.entries.pop((e.kind, e.network, e.protocol), None)

    def allow(self, networks):
        self.allowed = list(networks)

    def held(self):
        return []

    def totals(self):
        return {"drop": Total(3, 180)}

    def reconcile(self, allow, entries, now):
        if self.broken:
            raise ActionError("the set is full", fix="lift some")
        wanted = {(e.kind, e.network, e.protocol): e for e in entries}
        missing = tuple(entry for key, entry in wanted.items() if key not in self.entries)
        extra = tuple(entry for key, entry in self.entries.items() if key not in wanted)
        self.entries = wanted
        return Gap("", missing, extra)

    def uninstall(self):
        self.gone, self.entries = True, {}

    def fileno(self):
        return -1


@pytest.fixture
def kernel():
    return Kernel()


@pytest.fixture
def around():
    return list(OWN)


@pytest.fixture
def helper(kernel, around):
    return Helper(lambda: kernel, lambda: around, lambda _asked: pytest.fail("no capture was asked for"))


def tell(helper, message, now=NOW):
    return helper.answer(msgspec.json.encode(message), now)[0]


def drop(network, seconds=60.0):
    return messages.Item("drop", network, None, seconds)


def begun(helper, *networks, dry=False, allow=()):
    tell(helper, messages.Stage(0, tuple(drop(each) for each in networks), tuple(allow)))
    return tell(helper, messages.Restore(1, dry))


def test_what_is_staged_comes_into_force_at_once(helper, kernel):
    assert begun(helper, "203.0.113.9/32", "198.51.100.0/24").good
    assert kernel.entries.keys() == {("drop", ip_network("203.0.113.9/32"), None), ("drop", ip_network("198.51.100.0/24"), None)}
    assert kernel.allowed == [ip_network("192.0.2.10/32"), ip_network("192.0.2.1/32")]
    assert begun(helper).good
    assert not kernel.entries


def test_time_goes_on(helper, kernel):
    begun(helper)
    tell(helper, messages.Add((drop("203.0.113.9/32", 5.0),)))
    assert kernel.entries["drop", ip_network("203.0.113.9/32"), None] == Entry(
        "drop", ip_network("203.0.113.9/32"), None, NOW + timedelta(seconds=5)
    )
    helper.look(NOW + timedelta(seconds=6))
    assert not kernel.entries


@pytest.mark.parametrize("network", ["192.0.2.10/32", "192.0.2.0/24", "192.0.2.1/32", "203.0.113.50/32", "10.0.0.0/7", "::/8"])
def test_own_allowed_and_whole_continents_are_refused_whoever_asks(helper, kernel, network):
    begun(helper, allow=["203.0.113.48/29"])
    reply = tell(helper, messages.Add((drop(network), drop("198.51.100.7/32"))))
    assert reply.good
    assert len(reply.refused) == 1
    assert reply.refused[0].startswith(f"{network} is never acted against: ")
    assert kernel.entries.keys() == {("drop", ip_network("198.51.100.7/32"), None)}
    assert begun(helper, network, allow=["203.0.113.48/29"]).refused
    assert not kernel.entries


def test_this_machine_may_be_shielded(helper, kernel):
    begun(helper)
    assert not tell(helper, messages.Add((messages.Item("guard", "192.0.2.10/32", 6, 60.0),))).refused
    assert len(kernel.entries) == 1


def test_who_is_allowed_later_is_let_go(helper, kernel):
    begun(helper, "203.0.113.9/32", "198.51.100.7/32")
    tell(helper, messages.Stage(0, (), ("203.0.113.0/24",)))
    assert tell(helper, messages.Allow(1)).good
    assert kernel.entries.keys() == {("drop", ip_network("198.51.100.7/32"), None)}


def test_a_new_address_of_this_machine_is_seen_at_the_next_look(helper, kernel, around):
    begun(helper, "203.0.113.9/32")
    around.append(Allowed(network="203.0.113.9/32", why="own address"))
    helper.look(NOW)
    assert not kernel.entries
    assert ip_network("203.0.113.9/32") in kernel.allowed


def test_what_somebody_else_took_away_is_put_back_and_counted(helper, kernel):
    begun(helper, "203.0.113.9/32", "198.51.100.7/32")
    kernel.entries.clear()
    helper.look(NOW)
    assert len(kernel.entries) == 2
    state = tell(helper, messages.State())
    assert (state.gap, state.mended, state.size, state.totals) == (2, 1, 2, {"drop": (3, 180)})


def test_what_the_kernel_refuses_is_told_and_not_tried_for_ever(helper, kernel):
    begun(helper, "198.51.100.7/32")
    kernel.broken = True
    reply = tell(helper, messages.Add((drop("203.0.113.9/32"),)))
    assert (reply.good, reply.error, reply.fix) == (False, "the set is full", "lift some")
    kernel.broken = False
    helper.look(NOW)
    assert len(kernel.entries) == 1


def test_a_fault_of_the_kernel_is_in_the_state_until_it_is_over(helper, kernel):
    begun(helper, "198.51.100.7/32")
    kernel.broken = True
    helper.look(NOW)
    assert tell(helper, messages.State()).fault == "the set is full"
    kernel.broken = False
    helper.look(NOW)
    assert tell(helper, messages.State()).fault == ""


def test_nothing_is_added_before_the_beginning(helper):
    assert not tell(helper, messages.Add((drop("203.0.113.9/32"),))).good


def test_a_dry_run_goes_with_the_agent_and_what_is_enforced_stays(helper, kernel):
    begun(helper, "203.0.113.9/32", dry=False)
    helper.close()
    assert not kernel.gone
    begun(helper, "203.0.113.9/32", dry=True)
    assert kernel.dry
    helper.close()
    assert kernel.gone


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"null", b"[]", b"\xff\xfe", b'{"do":"exec","command":"id"}', b'{"do":"add"}', b'{"do":"state","more":1}',
        b'{"do":"add","entries":[{"kind":"allow","network":"10.0.0.1/32"}]}',
        b'{"do":"capture","interface":"../x","snap":0,"ring":1048576}',
        b'{"do":"add","entries":[{"kind":"drop","network":"10.0.0.1/24","seconds":5}]}', b'{"do":"restore","parts":0,"dry":"no"}',
        b'{"do":"restore","parts":-1,"dry":true}', b'{"do":"restore","parts":0,"dry":true,"allow":["10.0.0.0/8"]}',
        b'{"do":"allow","networks":["0.0.0.0/0"]}', b'{"do":"stage","part":0,"allow":["0.0.0.0/99"]}',
        b'{"do":"stage","part":1e99,"allow":[]}',
        b'{"do":"add","entries":[{"kind":"drop","network":"10.0.0.1/32","seconds":-1}]}', b"[" * 100_000,
        b'{"do":"add","entries":[{"kind":"drop","network":"; drop","seconds":5}]}',
        b'{"do":"add","ent\x8aies":[]}', b'{"do":"\xd8"}',
        b'{"do":"capture","interface":"eth0 ; id","snap":64,"ring":1048576}',
    ],
)  # fmt: skip
def test_what_is_not_of_the_grammar_changes_nothing(helper, kernel, data):
    begun(helper, "198.51.100.7/32")
    before = dict(kernel.entries)
    reply, extra = helper.answer(data, NOW)
    assert not reply.good
    assert reply.error
    assert extra is None
    assert kernel.entries == before


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda t: ('{"do":"add","entries":[{"kind":"drop","network":"' + t).encode()))
def test_no_bytes_end_the_helper(data):
    kernel = Kernel()
    reply, extra = Helper(lambda: kernel, lambda: OWN, lambda _a: (_ for _ in ()).throw(ActionError("no"))).answer(data, NOW)
    assert not reply.good
    assert extra is None
    assert not kernel.entries


def test_a_capture_comes_with_its_socket(kernel):
    ours, theirs = socket.socketpair()
    helper = Helper(lambda: kernel, lambda: OWN, lambda asked: (theirs, (asked.ring >> 4, 16)))
    reply, extra = helper.answer(msgspec.json.encode(messages.Capture("eth0", 64, 1 << 20)), NOW)
    assert (reply.good, reply.ring, extra) == (True, (1 << 16, 16), theirs)
    ours.close()
    theirs.close()


PARTS = st.lists(
    st.tuples(
        st.sampled_from(["stage", "restore", "allow", "noise"]),
        st.integers(0, 3),
        st.lists(st.sampled_from(["203.0.113.9/32", "198.51.100.0/24", "2001:db8:7::/64", "203.0.113.1/24", "x"]), max_size=2),
        st.lists(st.sampled_from(["203.0.113.0/25", "100.64.0.0/10", "2001:db8:7::/48", "10.0.0.1/8"]), max_size=2),
    ),
    max_size=12,
)


@given(PARTS)
def test_whatever_order_parts_come_in_all_of_a_row_are_taken_or_none(steps):
    kernel = Kernel()
    helper = Helper(lambda: kernel, lambda: OWN, lambda _a: None)
    own = [ip_network(each.network) for each in OWN]
    row = []  # the parts that came one after the other from 0 on, each without a fault
    for what, number, entries, allow in steps:
        before = dict(kernel.entries), list(kernel.allowed)
        right = {"203.0.113.1/24", "x", "10.0.0.1/8"}.isdisjoint([*entries, *allow])
        if what == "stage":
            good = right and number in (0, len(row))
            row = [*(row if number else []), (entries, allow)] if good else []
            assert tell(helper, messages.Stage(number, tuple(map(drop, entries)), tuple(allow))).good == good
            assert (kernel.entries, kernel.allowed) == before
        elif what == "noise":
            assert not helper.answer(b'{"do":"stage","part":0,"allow":[7]}', NOW)[0].good
        else:
            staged, networks = [e for part, _ in row for e in part], [ip_network(a) for _, part in row for a in part]
            good = number == len(row) and (what == "restore" or not staged)
            message = messages.Restore(number, False) if what == "restore" else messages.Allow(number)
            assert tell(helper, message).good == good
            row = []
            if not good:
                assert (kernel.entries, kernel.allowed) == before
                continue
            wanted = staged if what == "restore" else [str(network) for _, network, _ in before[0]]
            left = [e for e in wanted if not any(n.version == ip_network(e).version and n.overlaps(ip_network(e)) for n in networks)]
            assert {str(network) for _, network, _ in kernel.entries} == set(left)
            if what == "restore" or kernel.dry is not None:
                assert kernel.allowed == [*own, *networks]


def test_a_restore_that_the_kernel_refuses_leaves_what_was(helper, kernel, monkeypatch):
    begun(helper, "203.0.113.9/32", allow=["100.64.0.0/10"])

    def full(*_args, **_more):
        raise ActionError("the set is full", fix="lift some")

    monkeypatch.setattr(kernel, "restore", full)
    assert not begun(helper, "198.51.100.7/32", allow=["203.0.113.0/24"], dry=True).good
    helper.look(NOW)
    state = tell(helper, messages.State())
    assert (state.gap, state.size, state.dry, state.fault) == (0, 1, False, "")
    assert kernel.entries.keys() == {("drop", ip_network("203.0.113.9/32"), None)}
    assert tell(helper, messages.Add((drop("100.64.0.1/32"),))).refused, "what was allowed is allowed still"


def test_no_more_is_staged_than_fits(helper):
    many = tuple(drop(f"203.0.113.{n % 250}/32") for n in range(messages.MANY))
    replies = [tell(helper, messages.Stage(part, many)).good for part in range(messages.STAGED // messages.MANY + 1)]
    assert replies == [True] * (messages.STAGED // messages.MANY) + [False]


# --- as a process ---


class Agent:
    """The other end of a connection to the helper."""

    def __init__(self):
        self.socket, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(5)

    def ask(self, message):
        self.socket.send(msgspec.json.encode(message))
        return messages.reply(self.socket.recv(messages.LONGEST))


@pytest.fixture
def served(helper):
    """Two agents of a helper that runs until both are gone."""
    agents = [Agent(), Agent()]
    thread = threading.Thread(target=serve, args=(helper, [each.theirs for each in agents]))
    thread.start()
    yield agents
    for each in agents:
        each.socket.close()
    thread.join(10)
    assert not thread.is_alive()


def test_one_agent_is_heard_and_the_other_one_told_so(served, kernel):
    first, second = served
    assert first.ask(messages.Restore(0, False)).good
    for _ in range(2):
        told = second.ask(messages.Restore(0, True))
        assert (told.good, str(os.getpid()) in told.error, bool(told.fix)) == (False, True, True)
    assert first.ask(messages.Add((drop("203.0.113.9/32"),))).good
    assert (len(kernel.entries), kernel.dry) == (1, False)


def test_the_next_agents_turn_comes_when_the_first_one_goes(served, kernel):
    first, second = served
    first.ask(messages.Restore(0, True))
    first.ask(messages.Stage(0, (drop("203.0.113.9/32"),)))
    first.socket.close()
    deadline = time.monotonic() + 5
    while not second.ask(messages.State()).good:
        assert time.monotonic() < deadline
    assert kernel.gone, "a dry run goes with its agent"
    assert not second.ask(messages.Add((drop("203.0.113.9/32"),))).good, "it has restored nothing yet"
    assert second.ask(messages.Restore(0, False)).good
    assert not kernel.entries, "what the first one had staged is none of the second one's"


def test_the_service_is_small_and_there_at_once(tmp_path):
    """No privileges are needed for that: it opens the firewall when it is first asked for it."""
    code = (
        "import os, signal, sys, threading, time\n"
        "def end():\n"
        "    while signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:\n"
        "        time.sleep(0.01)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "threading.Thread(target=end, daemon=True).start()\n"
        "from vedette.cli.main import _dispatch\n"
        "status = _dispatch(sys.argv[1:])\n"
        "heavy = {'polars', 'numba', 'numpy', 'pydantic', 'sqlalchemy', 'yaml'} & set(sys.modules)\n"
        "memory = open('/proc/self/status').read().split('VmRSS:')[1].split()[0]\n"
        "print(status, memory, *heavy)\n"
    )
    path = tmp_path / "helper.sock"
    words = ["helper", "--user", pwd.getpwuid(os.getuid()).pw_name, "--socket", str(path)]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, timeout=30)
    status, memory, *heavy = done.stdout.split()
    assert (status, heavy) == ("0", [])
    assert int(memory) < 40_000, "kB"
    assert [orjson.loads(line)["event_type"] for line in done.stderr.splitlines()] == ["helper started", "helper stopped"]
    assert not path.exists()


def test_only_a_socket_is_ever_taken_away(tmp_path):
    path = tmp_path / "precious"
    path.write_text("x")
    with pytest.raises(ActionError, match="no socket"):
        Door(path, {0}, os.getgid(), lambda *_: None)
    assert path.read_text() == "x"


def test_there_is_one_helper(tmp_path):
    path = tmp_path / "helper.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as killed:
        killed.bind(str(path))
    door = Door(path, {0}, os.getgid(), lambda *_: None)  # what a killed one left is no obstacle
    with pytest.raises(ActionError, match="running already"):
        Door(path, {0}, os.getgid(), lambda *_: None)
    door.close()


def test_who_is_not_of_the_user_is_turned_away(tmp_path):
    path, said = tmp_path / "helper.sock", []
    door = Door(path, {os.getuid() + 1}, os.getgid(), lambda event, facts: said.append((event, facts)))
    client = Client(path)
    assert door.enter() is None
    with pytest.raises(ActionError):
        client.ask(messages.State())
    assert client.gone
    assert said == [("stranger turned away", {"pid": os.getpid(), "uid": os.getuid()})]
    door.close()


def test_there_is_no_user_of_that_name(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["helper", "--user", "no-such-user-here", "--socket", str(tmp_path / "s")])
    assert ended.value.code == 2
    assert "no such user" in capsys.readouterr().err
