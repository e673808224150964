"""vedette logs and vedette test."""

import json

import pytest

from vedette.cli.commands import logs
from vedette.runtime.log import LogFile, json_log
from vedette.runtime.selfcheck import _fault
from vedette.store.store import open_store


@pytest.fixture
def log(tmp_path, capsys):
    return json_log("debug", LogFile(tmp_path, size=700))


def test_the_last_lines_by_level_and_kind(vedette, tmp_path, log):
    for number in range(8):
        log("incident" if number % 2 else "source failed", {"n": number, "text": "a\x1b[2Jb"})
    assert (tmp_path / "agent.log.1").exists()

    def numbers(*words):
        out = vedette("logs", "--data", tmp_path, "--format", "jsonl", *words).out
        return [json.loads(line)["n"] for line in out.splitlines()]

    kept = numbers("-n", 0)
    assert kept == list(range(kept[0], 8))
    assert len(kept) > 4
    assert numbers("-n", 2) == [6, 7]
    assert numbers("-n", 2, "--level", "warning") == [4, 6]
    assert numbers("-n", 2, "--event", "incident") == [5, 7]
    text = vedette("logs", "--data", tmp_path, "-n", 1).out
    assert "info     incident  n=7  text=a\\x1b[2Jb" in text
    assert len(json.loads(vedette("logs", "--data", tmp_path, "-n", 3, "--format", "json").out)) == 3


def test_no_log_is_an_error_with_a_mend(vedette, tmp_path):
    ran = vedette("logs", "--data", tmp_path)
    assert (ran.status, "vedette run" in ran.err) == (2, True)
    ran = vedette("logs", "-f", "--format", "json", "--data", tmp_path)
    assert (ran.status, "fix:" in ran.err) == (2, True)


def test_following_loses_no_line_over_a_move(tmp_path, log):
    tail, seen = logs._Tail(tmp_path / "agent.log"), []
    assert list(tail.lines()) == []
    for number in range(50):
        log("incident", {"n": number})
        if number % 3 == 0:
            seen += tail.lines()
    seen += tail.lines()
    assert [json.loads(line)["n"] for line in seen] == list(range(50))


def test_half_a_line_waits_for_its_other_half(tmp_path):
    path = tmp_path / "agent.log"
    path.write_bytes(b'{"a":')
    tail = logs._Tail(path)
    assert list(tail.lines()) == []
    with path.open("ab") as file:
        file.write(b"1}\n")
    assert list(tail.lines()) == [b'{"a":1}\n']


def checked(ran):
    return {check["what"]: check["verdict"] for check in map(json.loads, ran.out.splitlines())}


def settings(tmp_path, text=""):
    path = tmp_path / "v.yaml"
    path.write_text(f"data_dir: {tmp_path}/data\nsources: [{{type: files, paths: [{tmp_path}]}}]\n{text}")
    return path


def test_the_check_finds_a_good_place_good(vedette, tmp_path):
    open_store(tmp_path / "data").close()
    ran = vedette("test", "--config", settings(tmp_path), "--format", "jsonl")
    verdicts = checked(ran)
    assert ran.status == 0
    assert {name: verdicts[name] for name in ("settings", "store", "agent", "rules", "data", "source files")} == {
        "settings": "ok", "store": "ok", "agent": "warn", "rules": "ok", "data": "ok", "source files": "ok"
    }  # fmt: skip
    assert {"rights", "packets", "nftables"} <= verdicts.keys()


def test_the_check_changes_nothing(vedette, tmp_path):
    before = settings(tmp_path).read_text()
    ran = vedette("test", "--config", tmp_path / "v.yaml")
    assert ran.status == 0
    assert "warn  store: nothing is kept" in ran.out
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"v.yaml": before}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("rules: {paths: [/no/such/rules]}\n", "rules"),
        ("keep: {free: 900000GB}\n", "data"),
        ("keep: {age: soon}\n", "settings"),
        ("blocking: {helper: /no/such/helper.sock}\n", "helper"),
    ],
)
def test_the_check_says_what_fails(vedette, tmp_path, text, what):
    ran = vedette("test", "--config", settings(tmp_path, text), "--format", "jsonl")
    assert ran.status == 2
    assert [name for name, verdict in checked(ran).items() if verdict == "fail"] == [what]
    assert all(json.loads(line)["fix"] for line in ran.out.splitlines() if '"fail"' in line)


@pytest.mark.parametrize("how", ["segment", "database"])
def test_the_check_finds_damage(vedette, tmp_path, how):
    from tests.store.made import NOW, batch
    from vedette.model.stored import Commit

    data = tmp_path / "data"
    with open_store(data) as store:
        store.commit(Commit([batch(0, 10)]), NOW)
    if how == "segment":
        next((data / "segments").iterdir()).unlink()
    else:
        whole = bytearray((data / "state.db").read_bytes())
        whole[8192:] = b"\xee" * (len(whole) - 8192)
        (data / "state.db").write_bytes(whole)
    ran = vedette("test", "--config", settings(tmp_path), "--format", "jsonl")
    assert (ran.status, checked(ran)["store"]) == (2, "fail")


def test_what_the_kernel_answers():
    import errno
    import struct

    refused = struct.pack("=IHHII", 36, 2, 0, 1, 0) + struct.pack("=i", -errno.EPERM) + bytes(16)
    answered = struct.pack("=IHHII", 44, 10 << 8 | 15, 0, 1, 0) + bytes(28)
    assert (_fault(refused), _fault(answered), _fault(b"short")) == ("Operation not permitted", "", "no answer")


def test_following_shows_what_comes(tmp_path, monkeypatch, capsys):
    """As a person sees it: lines appear while it runs, and Ctrl-C ends it."""
    from vedette.cli.main import main

    log = LogFile(tmp_path)
    log.write(b'{"timestamp":"2026-02-01T10:00:00Z","level":"info","event_type":"started"}\n')
    looks = []

    def sleep(_seconds):
        looks.append(1)
        if len(looks) == 3:
            raise KeyboardInterrupt
        log.write(b'{"timestamp":"2026-02-01T10:00:01Z","level":"info","event_type":"turn %d"}\n' % len(looks))

    monkeypatch.setattr(logs.time, "sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        main(["logs", "-f", "--data", str(tmp_path)])
    assert [line.split()[3:] for line in capsys.readouterr().out.splitlines()] == [["started"], ["turn", "1"], ["turn", "2"]]
