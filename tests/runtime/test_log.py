"""The agent's own log: one JSON object a line, in a file that is bounded, and never the end of the agent."""

import json
import stat
from datetime import timedelta

from tests.store.made import NOW, action
from vedette.runtime.log import LogFile, about, json_log, predecessor, read


def test_lines_are_on_standard_error_and_in_the_file(tmp_path, capsys):
    log = json_log("warning", LogFile(tmp_path))
    log("commit failed", {"error": "full", "at": NOW})
    log("started", {})
    written = (tmp_path / "agent.log").read_bytes()
    assert capsys.readouterr().err.encode() == written
    said = json.loads(written)
    assert (said["level"], said["event_type"], said["error"]) == ("error", "commit failed", "full")
    assert stat.S_IMODE((tmp_path / "agent.log").stat().st_mode) == 0o600


def test_the_file_and_its_one_predecessor_are_bounded(tmp_path):
    file = LogFile(tmp_path, size=1000)
    for number in range(500):
        file.write(b'{"n": %d}\n' % number)
    kept = [predecessor(file.path), file.path]
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    assert all(path.stat().st_size <= 1000 for path in kept)
    numbers = [json.loads(line)["n"] for path in kept for line in path.read_bytes().splitlines()]
    assert numbers == list(range(numbers[0], 500))
    assert len(numbers) > 100


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path):
    (tmp_path / "agent.log").mkdir()
    LogFile(tmp_path).write(b"{}\n")
    LogFile(tmp_path / "gone").write(b"{}\n")


def test_a_link_in_its_place_is_not_followed(tmp_path):
    (tmp_path / "agent.log").symlink_to(tmp_path / "other")
    LogFile(tmp_path).write(b"{}\n")
    assert not (tmp_path / "other").exists()


def test_an_action_is_told_with_the_fields_that_people_ask_for():
    facts = about(action("a", "203.0.113.7/32"))
    asked = {name: facts[name] for name in ("did", "ip", "reason", "score", "ttl", "source")}
    assert asked == {
        "did": "began", "ip": "203.0.113.7", "reason": "Port scan, 40 ports in 2 s", "score": 105.0, "ttl": 3600,
        "source": "network",
    }  # fmt: skip
    facts = about(action("a", "2001:db8::/64", until=None, lifted=NOW + timedelta(hours=1), lifted_by="ann"))
    assert (facts["did"], facts["ip"], facts["ttl"], facts["lifted_by"]) == ("lifted", "2001:db8::/64", None, "ann")


def test_lines_that_are_cut_or_not_ours_are_left_out():
    assert read(b'{"event_type": "started"}\n') == {"event_type": "started"}
    assert [read(line) for line in (b'{"event_ty', b"[1]", b'{"a": 1}', b"\xff\n", b"")] == [None] * 5
