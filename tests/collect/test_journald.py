"""The journald source against a real systemd-journald of a namespace of our own, and against a stand-in program."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vedette.collect.sources import journald
from vedette.model.errors import SourceError
from vedette.model.records import Json

DAEMON = Path("/lib/systemd/systemd-journald")


def messages(source: journald.Source, number: int, positions: dict[str, Json] | None = None) -> list[Any]:
    got: list[Any] = []
    deadline = time.monotonic() + 15
    while len(got) < number and time.monotonic() < deadline:
        for batch in source.poll(1000, 0.5):
            got += [json.loads(raw).get("MESSAGE") for raw in batch.frame["raw"]]
            assert batch.frame["line"].to_list() == batch.frame["offset"].to_list()
            if positions is not None:
                positions[batch.source] = batch.position
    return got


@pytest.fixture
def start() -> Iterator[Any]:
    made: list[journald.Source] = []

    def make(positions: dict[str, Json] | None = None, **kw: Any) -> journald.Source:
        source = journald.Source(journald.Settings(**kw), "journal")
        made.append(source)
        source.open(positions or {})
        return source

    yield make
    for source in made:
        source.close()


class Journal:
    """systemd-journald with a namespace of its own."""

    def __init__(self) -> None:
        self.name = "vedette" + uuid.uuid4().hex[:8]
        self.home = Path(f"/run/systemd/journal.{self.name}")
        self.home.mkdir(parents=True)
        self.process = subprocess.Popen(
            [str(DAEMON), self.name], env={"SYSTEMD_LOG_TARGET": "null", "PATH": "/usr/bin:/bin"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 10
        while not (self.home / "socket").exists() and time.monotonic() < deadline:
            time.sleep(0.02)

    def write(self, *texts: str | bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            for text in texts:
                data = text.encode() if isinstance(text, str) else text
                field = b"MESSAGE\n" + len(data).to_bytes(8, "little") + data + b"\n"
                out.sendto(field + b"SYSLOG_IDENTIFIER=t\n", str(self.home / "socket"))

    def rotate(self) -> None:
        subprocess.run(["journalctl", f"--namespace={self.name}", "--rotate"], check=True, capture_output=True)

    def remove(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        machine = Path("/etc/machine-id").read_text().strip()
        for folder in ("/var/log/journal", "/run/log/journal"):
            shutil.rmtree(f"{folder}/{machine}.{self.name}", ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)


@pytest.fixture
def journal() -> Iterator[Journal]:
    if os.geteuid() != 0 or not DAEMON.exists() or not shutil.which("journalctl"):
        pytest.skip("needs root, systemd-journald and journalctl")
    made = Journal()
    yield made
    made.remove()


ONLY = ["SYSLOG_IDENTIFIER=t"]


@pytest.mark.live
def test_real_journal_over_kill_and_rotation(journal: Journal, start: Any) -> None:
    journal.write("before")
    positions: dict[str, Json] = {}
    source = start(namespace=journal.name, matches=ONLY, start="beginning")
    assert messages(source, 1, positions) == ["before"]
    journal.write("one", "two")
    assert messages(source, 2, positions) == ["one", "two"]
    journal.write("not committed")
    assert messages(source, 1) == ["not committed"]
    source.close()
    journal.write("while down")
    journal.rotate()
    journal.write("after rotation", b"bad \xff byte", "x" * 100_000)
    source = start(positions, namespace=journal.name, matches=ONLY)
    got = messages(source, 5, positions)
    assert got[:3] == ["not committed", "while down", "after rotation"]
    assert bytes(got[3]) == b"bad \xff byte"
    assert len(got[4]) == 100_000
    journal.rotate()
    journal.write("still there")
    assert messages(source, 1) == ["still there"]


@pytest.mark.live
def test_real_journal_from_the_end_also_when_killed_at_once(journal: Journal, start: Any) -> None:
    journal.write("old")
    deadline = time.monotonic() + 10
    look = ["journalctl", f"--namespace={journal.name}", "-o", "json", *ONLY]
    while b"old" not in subprocess.run(look, capture_output=True, check=False).stdout:
        assert time.monotonic() < deadline
    positions: dict[str, Json] = {}
    source = start(namespace=journal.name, matches=ONLY)
    for batch in source.poll(10, 0):
        positions[batch.source] = batch.position
    source.close()
    journal.write("while down")
    assert messages(start(positions, namespace=journal.name, matches=ONLY), 1) == ["while down"]


STAND_IN = """#!{python}
import json, sys, pathlib
store = pathlib.Path({store!r})
args = sys.argv[1:]
(store / "args").open("a").write(json.dumps(args) + "\\n")
entries = json.loads((store / "entries").read_text())
cursor = next((a.split("=", 1)[1] for a in args if a.startswith("--after-cursor=")), "")
if (store / "refuse").exists() and cursor:
    sys.exit("Failed to seek to cursor: Invalid argument")
if "--lines=1" in args:
    entries = entries[-1:]
for n in entries:
    if not cursor or n > int(cursor.partition(";")[0]):
        print(json.dumps({{"__CURSOR": f"{{n}};t=5f3a0", "MESSAGE": str(n)}}), flush=True)
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A program that tells what is new and ends, instead of staying: so it is started again and again."""
    program = tmp_path / "journalctl"
    program.write_text(STAND_IN.format(python=sys.executable, store=str(tmp_path)))
    program.chmod(0o755)
    (tmp_path / "entries").write_text("[1, 2, 3]")
    return program


def test_started_again_when_it_ends(stand_in: Path, start: Any) -> None:
    source = start(journalctl=str(stand_in), start="beginning")
    assert messages(source, 3) == ["1", "2", "3"]
    stand_in.with_name("entries").write_text("[1, 2, 3, 4, 5]")
    assert messages(source, 2) == ["4", "5"]
    assert source.health()["reconnects"] >= 1


def test_a_cursor_that_is_refused_is_replaced_by_its_time(
    stand_in: Path, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journald, "AGAIN", (0.01, 0.02))
    stand_in.with_name("refuse").touch()
    source = start({"journal": {"cursor": "3;t=5f3a0", "count": 3}}, journalctl=str(stand_in))
    assert messages(source, 1)
    asked = [json.loads(line) for line in stand_in.with_name("args").read_text().splitlines()]
    assert "--since=@0" in asked[journald.STALE]


def test_matches_cannot_become_options(stand_in: Path, start: Any) -> None:
    source = start(journalctl=str(stand_in), start="beginning", matches=["--file=/etc/shadow"], units=["ssh.service"])
    messages(source, 3)
    (first, *_) = (json.loads(line) for line in stand_in.with_name("args").read_text().splitlines())
    assert first[-2:] == ["--", "--file=/etc/shadow"]
    assert "--unit=ssh.service" in first


def test_no_journalctl_is_one_clear_error(start: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        start(journalctl=str(tmp_path / "none"))
    assert "fix: install" in str(error.value)


def test_the_program_is_gone_after_close(start: Any, tmp_path: Path) -> None:
    program = tmp_path / "journalctl"
    program.write_text("#!/bin/sh\nexec sleep 1000\n")
    program.chmod(0o755)
    source = start(journalctl=str(program), start="beginning")
    assert source.poll(1, 0) == []
    process = source._process
    assert process is not None
    source.close()
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, 0)
        pytest.fail("journalctl still runs")
