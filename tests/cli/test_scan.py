"""`vedette scan`: the contract of its output, its exit status, and what it does with what it cannot read."""

import contextlib
import csv
import gzip
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest

LEVELS = {"informational", "low", "medium", "high", "critical"}
CONTRACT = {
    "@timestamp", "alert.id", "rule.id", "rule.name", "rule.level", "rule.source", "alert.class", "threat.technique.id",
    "source.ip", "destination.ip", "user.name", "host.name", "event.count", "first_seen", "last_seen", "message", "evidence",
}  # fmt: skip


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_seven_failed_logins_are_found(vedette, guesses):
    ran = vedette("scan", guesses, "--format", "jsonl")
    assert ran.status == 1
    alerts = [a for a in lines(ran.out) if a["source.ip"] == "198.51.100.7" and a["rule.level"] == "medium"]
    assert alerts
    for alert in alerts:
        assert set(alert) >= CONTRACT
        assert alert["rule.source"] == "correlation"
        assert alert["alert.class"] == "authentication"
        assert alert["event.count"] == 7
        assert "T1110.001" in alert["threat.technique.id"]
        first = alert["evidence"][0]
        assert set(first) == {"event.id", "log.file.path", "log.offset", "event.original"}
        assert first["log.offset"] == 0
        assert first["event.original"].startswith("2026-01-15T10:00:00+00:00 web1 sshd")


def test_the_same_file_gives_the_same_ids(vedette, guesses):
    first, second = (lines(vedette("scan", guesses, "--format", "jsonl").out) for _ in range(2))
    assert first == second
    assert len({a["alert.id"] for a in first}) == len(first) > 0


def test_nothing_found_is_status_0(vedette, tmp_path):
    quiet = tmp_path / "quiet.log"
    quiet.write_text("2026-01-15T10:00:00+00:00 web1 systemd[1]: Started Daily apt download activities.\n")
    ran = vedette("scan", quiet, "--format", "jsonl")
    assert (ran.status, ran.out) == (0, "")


def test_exit_zero(vedette, guesses):
    assert vedette("scan", guesses, "--exit-zero").status == 0


def test_table_tells_the_story_and_accounts_for_the_input(vedette, guesses):
    ran = vedette("scan", guesses)
    assert "198.51.100.7" in ran.out
    assert "7 records" in ran.out
    assert "\x1b" not in ran.out


def test_csv_json_sarif_html(vedette, guesses, tmp_path):
    rows = list(csv.DictReader(io.StringIO(vedette("scan", guesses, "--format", "csv").out)))
    assert {row["source.ip"] for row in rows} == {"198.51.100.7"}
    document = json.loads(vedette("scan", guesses, "--format", "json").out)
    assert document["alerts"]
    assert document["incidents"][0]["story"]
    assert document["summary"]["inputs"][0]["records"] == 7
    sarif = json.loads(vedette("scan", guesses, "--format", "sarif").out)
    run = sarif["runs"][0]
    assert run["results"][0]["ruleId"] == run["tool"]["driver"]["rules"][run["results"][0]["ruleIndex"]]["id"]
    page = tmp_path / "page.html"
    assert vedette("scan", guesses, "--format", "html", "-o", page).out == ""
    assert page.read_text().startswith("<!doctype html>")


def test_by_event(vedette, guesses):
    got = lines(vedette("scan", guesses, "--by-event").out)
    assert {row["log.offset"] for row in got} == {i * 101 for i in range(7)}
    assert all(set(row) == {"event.id", "log.file.path", "log.offset", "rule.id"} for row in got)


def test_min_level(vedette, guesses):
    assert vedette("scan", guesses, "--min-level", "critical", "--format", "jsonl").out == ""


def test_from_and_to(vedette, guesses):
    assert vedette("scan", guesses, "--from", "2026-01-16", "--format", "jsonl").out == ""
    assert vedette("scan", guesses, "--to", "2026-01-15T10:00:05", "--format", "jsonl").out == ""
    assert vedette("scan", guesses, "--from", "2026-01-15", "--to", "2026-01-16", "--format", "jsonl").status == 1
    bad = vedette("scan", guesses, "--from", "yesterday-ish")
    assert bad.status == 2
    assert "is no time" in bad.err


def test_year_and_zone(vedette, tmp_path):
    log = tmp_path / "auth.log"
    failed = "web1 sshd[1]: Failed password for root from 198.51.100.7 port 1 ssh2"
    log.write_text("".join(f"Jul 14 12:00:{s:02d} {failed}\n" for s in range(7)))
    got = lines(vedette("scan", log, "--year", "2019", "--tz", "Europe/Berlin", "--format", "jsonl").out)
    assert {a["first_seen"] for a in got} == {"2019-07-14T10:00:00Z"}
    assert vedette("scan", log, "--tz", "Mars/Base").status == 2


def test_own_rules_only(vedette, tmp_path, guesses):
    rule = tmp_path / "mine.yml"
    rule.write_text(
        "title: Mine\nid: 11111111-1111-4111-8111-111111111111\nlevel: high\nlogsource: {product: linux, service: sshd}\n"
        "detection: {s: {user.name: root}, condition: s}\n"
    )
    got = lines(vedette("scan", guesses, "--rules", rule, "--no-builtin-rules", "--format", "jsonl").out)
    assert {a["rule.name"] for a in got} == {"Mine"}


def test_a_rule_file_that_is_no_rule_is_told_and_the_rest_runs(vedette, tmp_path, guesses):
    bad = tmp_path / "bad.yml"
    bad.write_text("hello: world\n")
    ran = vedette("scan", guesses, "--rules", bad, "--format", "jsonl")
    assert ran.status == 1
    assert f"{bad}:1: rule not run:" in ran.err
    alone = vedette("scan", guesses, "--rules", bad, "--no-builtin-rules")
    assert alone.status == 2
    assert "there is no rule to run" in alone.err


def test_formula_and_escape_in_a_log_are_harmless(vedette, tmp_path):
    log = tmp_path / "a.log"
    evil = "\x1b[2J\x1b]0;owned\x07=cmd|'/c calc'!A1<script>alert(1)</script>"
    failed = f"web1 sshd[1]: Failed password for {evil} from 198.51.100.7 port 1 ssh2"
    log.write_text("".join(f"2026-01-15T10:00:{s:02d}+00:00 {failed}\n" for s in range(9)))
    table = vedette("scan", log).out
    assert "\x1b" not in table
    assert "\\x1b" in table
    assert "<script>" not in vedette("scan", log, "--format", "html").out
    for row in csv.reader(io.StringIO(vedette("scan", log, "--format", "csv").out)):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


# --- what cannot be read ---


def test_everything_unreadable_is_listed_and_the_rest_is_read(vedette, tmp_path, guesses):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "good.log").write_bytes(guesses.read_bytes())
    (folder / "empty.log").touch()
    (folder / "rubbish.bin").write_bytes(bytes(range(256)) * 200)
    (folder / "cut.gz").write_bytes(gzip.compress(guesses.read_bytes() * 50)[:-20])
    (folder / "bad.evtx").write_bytes(b"ElfFile\x00" + b"\x07" * 5000)
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to(folder)
    ran = vedette("scan", folder, "--format", "json")
    assert ran.status == 1
    summary = json.loads(ran.out)["summary"]
    read = {i["path"]: i for i in summary["inputs"]}
    skipped = {s["path"] for s in summary["skipped"]}
    assert str(folder / "good.log") in read
    assert read[str(folder / "cut.gz")]["records"] > 100
    for name in ("empty.log", "rubbish.bin", "bad.evtx", "pipe", "cut.gz"):
        told = str(folder / name) in skipped or read.get(str(folder / name), {}).get("dropped")
        assert told, f"{name} was passed over in silence"


def test_hostile_lines_are_read_or_counted(vedette, tmp_path):
    log = tmp_path / "hostile.log"
    good = "2026-01-15T10:00:00+00:00 web1 sshd[1]: Failed password for root from 198.51.100.7 port 1 ssh2\n"
    log.write_bytes(
        b"A" * 10_000_000 + b"\n" + good.encode() * 5 + b"\x00\x00nul\x00\n" + b"\xff\xfe\xfd bad utf-8\n"
        + b'{"broken": \n' + b"\n" + b"[" * 5000 + b"\n" + good.encode() * 2
    )  # fmt: skip
    ran = vedette("scan", log, "--format", "json")
    assert ran.status == 1
    document = json.loads(ran.out)
    (each,) = document["summary"]["inputs"]
    assert each["formats"]["sshd"] == 7
    assert sum(each["formats"].values()) + sum(each["rejected"].values()) == each["records"]
    assert any("long" in reason or "cut" in reason for reason in each["dropped"])


@pytest.mark.parametrize("arguments", [["scan"], ["scan", "/no/such/file"], ["scna", "x"], ["scan", "--nope", "x"]])
def test_a_mistake_is_status_2_with_a_mend(vedette, arguments):
    ran = vedette(*arguments, *(["-q", "--format", "jsonl"] if len(arguments) == 2 and arguments[0] == "scan" else []))
    assert ran.status == 2
    assert "fix:" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", ["scan", "explain", "parse", "timeline"])
def test_what_could_not_be_read_is_no_clean_bill(vedette, tmp_path, command):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "quiet.log").write_text("2026-01-15T10:00:00+00:00 web1 systemd[1]: Started Daily apt download activities.\n")
    (folder / "program").write_bytes(b"\x7fELF" + bytes(range(256)) * 20)
    (folder / "empty").touch()
    # A program and an empty file in a directory are no logs: nothing was missed. A damaged log, or a program that the
    # user takes for a log, is an answer that must not be trusted.
    assert vedette(command, folder).status == 0
    assert vedette(command, folder / "empty").status == 0
    assert vedette(command, folder / "program").status == 2
    assert vedette(command, folder / "quiet.log", tmp_path / "gone.log").status == 2
    (folder / "cut.gz").write_bytes(gzip.compress(b"2026-01-15T10:00:00+00:00 web1 systemd[1]: Started it.\n" * 500)[:-20])
    ran = vedette(command, folder)
    assert ran.status == 2
    assert "cut.gz: read in part: gzip data is truncated" in ran.out + ran.err


def test_a_file_name_that_is_no_utf8_is_written_in_every_format(vedette, tmp_path, guesses):
    name = os.fsencode(tmp_path) + b"/sur\xff\n\x1b[31mred.log"
    with open(name, "wb") as file:  # noqa: PTH123 - bytes
        file.write(guesses.read_bytes())
    for form in ("table", "json", "jsonl", "csv", "sarif", "html"):
        ran = vedette("scan", os.fsdecode(name), "--format", form)
        assert ran.status == 1, ran.err
        assert ("sur%5Cxff" if form == "sarif" else "sur\\xff") in ran.out.replace("\\\\", "\\"), form
        assert "\x1b" not in ran.out or form == "csv"
    assert vedette("scan", os.fsdecode(name), os.fsdecode(name) + "x", "--format", "json").out.encode()


# --- where it is written ---


def test_output_to_a_pipe_or_a_link_writes_there_and_replaces_neither(vedette, tmp_path, guesses):
    pipe, link, file = tmp_path / "pipe", tmp_path / "link", tmp_path / "file"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert vedette("scan", guesses, "--format", "jsonl", "-o", pipe).status == 1
        assert json.loads(os.read(reader, 1 << 16))["source.ip"] == "198.51.100.7"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    link.symlink_to(file)
    assert vedette("scan", guesses, "--format", "jsonl", "-o", link).status == 1
    assert link.is_symlink()
    assert json.loads(file.read_text())["source.ip"] == "198.51.100.7"
    refused = vedette("scan", guesses, "-o", tmp_path)
    assert (refused.status, "Is a directory" in refused.err) == (2, True)
    assert not list(tmp_path.parent.glob("*.part"))


def test_a_full_disk_is_told_and_leaves_nothing_half_written(vedette, tmp_path, guesses):
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    for command in ("scan", "explain", "parse"):
        ran = vedette(command, guesses, "-o", full)
        assert ran.status == 2
        assert "No space left" in ran.err
        assert "fix:" in ran.err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_in_one_line_and_takes_the_half_written_file_away(tmp_path, number, status):
    out = tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "vedette", "scan", "-", "--format", "jsonl", "-o", str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        started = time.monotonic()
        while not list(tmp_path.glob("*.part")) and time.monotonic() - started < 60:
            time.sleep(0.05)
        assert list(tmp_path.glob("*.part"))
        process.send_signal(number)
        err = process.communicate(timeout=60)[1]
    assert (process.returncode, err) == (status, "vedette: stopped\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_only_on_a_terminal_that_wants_it(guesses, variables, coloured):
    mine, theirs = pty.openpty()
    command = [sys.executable, "-m", "vedette", "scan", str(guesses), "-q"]
    plain = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"}
    with subprocess.Popen(command, stdout=theirs, env=plain | variables) as process:
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):  # Linux ends a terminal with EIO
            while part := os.read(mine, 1 << 16):
                seen += part
    os.close(mine)
    assert process.returncode == 1
    assert b"198.51.100.7" in seen
    assert (b"\x1b[" in seen) is coloured
