"""The agent against attacks in network namespaces: named, answered in the kernel, and nobody else harmed."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from tests import packets as made
from tests.live.namespaces import ATTACKERS, Pair, inside, needs_namespaces, pair
from vedette.model.action import Allowed, Network, Rates
from vedette.model.alert import Alert, Evidence
from vedette.model.stored import ActionQuery
from vedette.respond.block.netlink import Netlink
from vedette.respond.block.nftables import Nftables
from vedette.respond.block.table import remove_table
from vedette.respond.policy import Policy
from vedette.runtime.requests import awaited
from vedette.runtime.responder import Kept, Responder, Setup
from vedette.runtime.status import read
from vedette.store.store import open_store

__all__ = ["pair"]
pytestmark = [pytest.mark.live, needs_namespaces]

VICTIM, ATTACKER, VISITOR, THIRD = "10.99.0.2", *ATTACKERS[:3]
PATIENCE = 20.0
CONFIG = """
data_dir: {0}/data
sources: [{{type: files, paths: [{0}/auth.log]}}]
network: {{interfaces: [vb], max_tracked_ips: 4096}}
blocking: {{mode: {1}, {2}}}
anomaly: {{counts: null}}
api: {{listen: null}}
agent: {{linger: 0s}}
"""


def until(so, what="it", seconds=PATIENCE):
    """Wait for a condition, looking often; what it gives, once it is true."""
    end = time.monotonic() + seconds
    while not (found := so()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} never came to be")
        time.sleep(0.02)
    return found


class Agent:
    """`vedette run` in the victim's namespace."""

    def __init__(self, pair: Pair, path: Path, mode: str = "enforce", more: str = "") -> None:
        self.pair, self.path = pair, path
        self.log = path / "auth.log"
        self.log.touch()
        (path / "vedette.yaml").write_text(CONFIG.format(path, mode, more))
        self.said: list[dict] = []
        self.start()

    def start(self) -> None:
        command = ["ip", "netns", "exec", self.pair.b, sys.executable, "-m", "vedette", "run", "--config", str(self.path / "vedette.yaml")]
        # The mode is that of the settings here, and not the one that keeps all other tests out of the kernel.
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("VEDETTE_", "SSH_"))}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        begin = len(self.said)
        self.reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self.reader.start()
        until(lambda: any(s["event_type"] == "capture began" for s in self.said[begin:]), "the capture", 60)

    def _read(self, process) -> None:
        for line in process.stderr:
            with suppress(json.JSONDecodeError):
                self.said.append(json.loads(line))

    def stop(self, number: int = signal.SIGINT) -> None:
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stderr.close()

    def actions(self) -> list[dict]:
        return [said for said in self.said if said["event_type"] == "action" and said["did"] == "began"]

    def rules(self) -> set[str]:
        store = open_store(self.path / "data", writer=False)
        try:
            return {alert.rule_id for incident in store.incidents(_all()) for alert in incident.alerts}
        finally:
            store.close()

    def wire(self) -> dict:
        return read(self.path / "data")["network"]

    def guess(self, address: str, times: int = 6) -> None:
        """Lines of a log, as sshd writes them."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
        line = f"{now} web1 sshd[11]: Failed password for root from {address} port 4011 ssh2\n"
        with self.log.open("a") as file:
            file.write(line * times)

    def ask(self, kind: str, payload: dict):
        store = open_store(self.path / "data", writer=False)
        try:
            request = store.request(kind, payload, "ann", datetime.now(UTC))
            return until(lambda: awaited(store, request, 0.0), "the answer").done
        finally:
            store.close()


def _all():
    from vedette.model.stored import IncidentQuery

    return IncidentQuery(limit=1000)


@contextmanager
def running(pair: Pair, path: Path, mode: str = "enforce", more: str = "") -> Iterator[Agent]:
    agent = Agent(pair, path, mode, more)
    try:
        yield agent
    finally:
        if agent.process.poll() is None:
            agent.stop()
        uninstall(pair)


def uninstall(pair: Pair) -> None:
    with inside(pair.b):
        table = Nftables()
    table.uninstall()
    table.close()


def enforced(pair: Pair) -> dict[tuple[str, Network], object]:
    with inside(pair.b):
        table = Nftables()
    try:
        return {(held.kind, held.network): held for held in table.held()}
    finally:
        table.close()


@contextmanager
def service(pair: Pair, port: int) -> Iterator[None]:
    """Takes connections at the victim."""
    with pair.socket(pair.b, socket.SOCK_STREAM, VICTIM, port) as server:
        server.listen(64)
        stop = threading.Event()
        server.settimeout(0.05)

        def work() -> None:
            while not stop.is_set():
                with suppress(OSError):
                    server.accept()[0].close()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def reaches(pair: Pair, source: str, port: int, seconds: float = 0.3) -> bool:
    """Whether the victim's service answers this address."""
    with pair.socket(pair.a, socket.SOCK_STREAM, source) as client:
        client.settimeout(seconds)
        try:
            client.connect((VICTIM, port))
        except OSError:
            return False
        return True


def send(pair: Pair, packets, rate: float = 0) -> None:
    """Frames as they are, from the attacker's end of the cable."""
    mac = bytes.fromhex(pair.run(pair.b, "cat", "/sys/class/net/vb/address").strip().replace(":", ""))
    with inside(pair.a), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
        out.bind(("va", 0))
        for number, packet in enumerate(packets):
            out.send(mac + b"\x02\0\0\0\0\x09\x08\0" + packet)
            if rate and number % 50 == 49:
                time.sleep(50 / rate)


def syn(source: str, port: int, number: int = 0) -> bytes:
    return made.ip(source, VICTIM, 6, made.tcp(40_000 + number % 20_000, port))


def test_who_guesses_passwords_is_dropped_at_once_and_nobody_else(pair, tmp_path):
    with running(pair, tmp_path) as agent, service(pair, 8080):
        assert reaches(pair, ATTACKER, 8080)
        agent.guess(ATTACKER)
        until(lambda: not reaches(pair, ATTACKER, 8080), "the block")
        assert reaches(pair, VISITOR, 8080)
        (action,) = agent.actions()
        assert (action["ip"], action["action"], action["source"], action["enforced"]) == (ATTACKER, "drop", "log", True)
        assert 1000 < action["ttl"] <= 1200
        until(lambda: "19ebb699-e83d-4350-94ce-153e17ec118c" in agent.rules(), "the alert in the store")
        assert set(enforced(pair)) == {("drop", ip_network(ATTACKER))}

        done = agent.ask("unblock", {"what": ATTACKER, "why": "a mistake"})
        assert done["actions"][0]["lifted_by"] == "ann"
        assert reaches(pair, ATTACKER, 8080)


def test_who_stands_on_a_list_is_dropped_at_its_first_line_and_nobody_else(pair, tmp_path):
    listed, other = "203.0.113.9", "198.51.100.20"
    (tmp_path / "bad.txt").write_text(f"{listed} # a bot\n")
    lists = f"deny: [198.18.5.0/24]}}\nintel: {{feeds: [{{name: own, path: {tmp_path}/bad.txt, weight: 80}}]"
    with running(pair, tmp_path, more=lists) as agent:
        until(lambda: any(said["event_type"] == "list fetched" for said in agent.said), "the list")
        agent.guess(other, 1)
        agent.guess(listed, 1)
        until(lambda: len(agent.actions()) > 1, "the drop")
        denied, action = agent.actions()
        assert (denied["ip"], denied["action"], denied["source"], denied["ttl"]) == ("198.18.5.0/24", "drop", "manual", None)
        assert (action["ip"], action["action"], action["source"]) == (listed, "drop", "intel")
        assert set(enforced(pair)) == {("drop", ip_network(listed)), ("drop", ip_network("198.18.5.0/24"))}
        assert read(tmp_path / "data")["lists"]["own"]["indicators"] == 1


def test_a_block_ends_with_its_time_without_anybody(pair, tmp_path):
    with running(pair, tmp_path) as agent, service(pair, 8080):
        agent.ask("block", {"network": ATTACKER, "seconds": 3, "why": "test"})
        assert not reaches(pair, ATTACKER, 8080)
        agent.stop(signal.SIGKILL)
        until(lambda: reaches(pair, ATTACKER, 8080), "the end", 10)
        assert reaches(pair, VISITOR, 8080)


def test_a_scan_is_named_and_limited_and_what_the_scanner_has_going_on_lives(pair, tmp_path):
    with running(pair, tmp_path) as agent, service(pair, 8080):
        with pair.socket(pair.b, socket.SOCK_STREAM, VICTIM, 2200) as server, pair.socket(pair.a, socket.SOCK_STREAM, ATTACKER) as kept:
            server.listen()
            kept.connect((VICTIM, 2200))
            session, _ = server.accept()
            send(pair, [syn(ATTACKER, port) for port in range(1, 400)], rate=2000)
            action = until(agent.actions, "the action")[0]
            assert (action["ip"], action["action"], action["rule.id"]) == (ATTACKER, "limit", ["network-port-scan"])
            until(lambda: not reaches(pair, ATTACKER, 8080, 0.05), "the limit")
            kept.send(b"still here")
            session.settimeout(5)
            assert session.recv(20) == b"still here"
            session.close()
        assert reaches(pair, VISITOR, 8080)
        until(lambda: "network-port-scan" in agent.rules(), "the incident")
        wire = until(lambda: (told := agent.wire())["interfaces"]["vb"]["bytes"] > 400 * 54 and told["senders"] and told, "who sends")
        assert {ATTACKER, VICTIM} <= {each["address"] for each in wire["senders"]}
        assert {(each["address"], each["transport"]) for each in wire["services"]} == {(VICTIM, "tcp")}
        assert wire["interfaces"]["vb"]["packets_per_second"] >= 0


def test_a_flood_of_forged_sources_shields_the_victim_and_blocks_none_of_them(pair, tmp_path):
    dice = random.Random(3)
    sources = [str(ip_address(dice.randrange(1 << 24, 223 << 24))) for _ in range(3000)] + [VISITOR] * 3
    with running(pair, tmp_path) as agent, service(pair, 8080):
        send(pair, [syn(source, 8080, number) for number, source in enumerate(sources)])
        action = until(agent.actions, "the action")[0]
        assert (action["ip"], action["action"], action["protocol"]) == (VICTIM, "guard", 6)
        time_up = time.monotonic() + 1
        until(lambda: time.monotonic() > time_up)
        assert {kind for kind, _ in enforced(pair)} == {"guard"}
        assert {each["action"] for each in agent.actions()} == {"guard"}
        assert reaches(pair, VISITOR, 8080, 2)
        until(lambda: "network-syn-flood" in agent.rules(), "the incident")


def test_forged_log_lines_over_the_network_drop_nobody(pair, tmp_path):
    with running(pair, tmp_path, more="trust_syslog: false") as agent, service(pair, 8080):
        agent.stop()
        config = tmp_path / "vedette.yaml"
        config.write_text(config.read_text().replace("sources: [", 'sources: [{type: syslog, udp: "10.99.0.2:5140"}, '))
        agent.start()
        line = f"<38>{datetime.now(UTC):%b %d %H:%M:%S} web1 sshd[11]: Failed password for root from {VISITOR} port 4 ssh2"
        with pair.socket(pair.a, socket.SOCK_DGRAM, ATTACKER) as liar:
            for _ in range(8):
                liar.sendto(line.encode(), (VICTIM, 5140))
        action = until(agent.actions, "the action")[0]
        assert (action["ip"], action["action"]) == (VISITOR, "limit")
        assert reaches(pair, VISITOR, 8080, 2)


def test_a_dry_run_counts_and_drops_nothing_and_leaves_nothing(pair, tmp_path):
    with running(pair, tmp_path, "dry-run") as agent, service(pair, 8080):
        agent.guess(ATTACKER)
        action = until(agent.actions, "the action")[0]
        assert (action["action"], action["enforced"]) == ("drop", False)
        assert reaches(pair, ATTACKER, 8080)
        (held,) = enforced(pair).values()
        assert held.packets > 0
        agent.stop()
        assert not enforced(pair)


def test_what_somebody_else_flushes_is_back_within_seconds(pair, tmp_path):
    with running(pair, tmp_path) as agent, service(pair, 8080):
        agent.guess(ATTACKER)
        until(lambda: enforced(pair), "the block")
        with inside(pair.b):
            other = Netlink()
        other.commit([remove_table()])
        other.close()
        until(lambda: ("drop", ip_network(ATTACKER)) in enforced(pair), "the block again", 5)
        assert not reaches(pair, ATTACKER, 8080)


def test_the_helper_is_started_again_and_blocks_stay_meanwhile(pair, tmp_path):
    with running(pair, tmp_path) as agent, service(pair, 8080):
        agent.guess(ATTACKER)
        until(lambda: enforced(pair), "the block")
        pid = agent.process.pid  # `ip netns exec` becomes what it executes
        (helper,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(helper), signal.SIGKILL)
        assert not reaches(pair, ATTACKER, 8080)
        agent.guess(VISITOR)
        until(lambda: ("drop", ip_network(VISITOR)) in enforced(pair), "a block by the next helper", 30)
        assert not reaches(pair, ATTACKER, 8080)
        assert reaches(pair, THIRD, 8080)


def test_killed_between_decision_and_commit_kernel_and_database_are_equal_after_the_restart(pair, tmp_path):
    dice = random.Random(11)
    with running(pair, tmp_path, more="ttl: 10m") as agent:
        for turn in range(6):
            for number in range(40):
                agent.guess(f"198.51.100.{40 * turn + number + 1}")
            time.sleep(dice.random() * 0.4)
            agent.stop(signal.SIGKILL)
            agent.start()
            agent.guess("203.0.113.77")
            until(lambda: ("drop", ip_network("203.0.113.77")) in enforced(pair), "a block of the new agent")
            until(lambda: set(enforced(pair)) == kept(tmp_path), "kernel and database equal")
        until(lambda: len(kept(tmp_path)) == 241, "every guesser in the end")
        assert set(enforced(pair)) == kept(tmp_path)


def test_allowed_and_own_addresses_survive_ten_thousand_random_decisions(pair):
    dice = random.Random(5)
    own = Allowed(network=f"{VICTIM}/32", why="own address")
    setup = Setup(Policy(allow=[VISITOR, "fd99::/64"], max_per_minute=100_000), "enforce", None, Rates(), frozenset({"guess"}))
    with inside(pair.b):
        responder = Responder(setup, Kept((), (), {}, ()), lambda: [own], lambda _event, _facts: None)
    try:
        wanted = 0
        for number in range(10_000):
            source = dice.choice((VISITOR, VICTIM, "fd99::11", f"10.99.{dice.randrange(8)}.{dice.randrange(256)}", f"fd99:{number:x}::1"))
            now = datetime.now(UTC)
            wanted += len(responder.take([guess(source, number, now, dice.choice(("log", "network")))], now).actions)
        found = enforced(pair)
        assert wanted > 3000
        assert len(found) == wanted
        for kind, network in found:
            assert not network.overlaps(ip_network(f"{VISITOR}/32" if network.version == 4 else "fd99::/64")), (kind, network)
            assert network != ip_network(f"{VICTIM}/32")
        with service(pair, 8080):
            assert reaches(pair, VISITOR, 8080)
    finally:
        responder.close()
        uninstall(pair)


def guess(source: str, number: int, now: datetime, kind: str) -> Alert:
    evidence = Evidence(f"e{number}", "/var/log/auth.log" if kind == "log" else "syslog:udp:514", number, "")
    return Alert(
        timestamp=now, id=f"a{number}", rule_id="guess", rule_name="guess", level="critical", rule_source="correlation",
        alert_class="authentication", source_ip=source, count=5, first_seen=now, last_seen=now, message="", evidence=(evidence,),
    )  # fmt: skip


def kept(path: Path) -> set[tuple[str, Network]]:
    store = open_store(path / "data", writer=False)
    try:
        return {(a.kind, ip_network(a.network)) for a in store.actions(ActionQuery(active=datetime.now(UTC), limit=None))}
    finally:
        store.close()
