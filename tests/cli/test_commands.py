"""The other commands: what they print and how they end."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import GUESSES
from tests.runtime.made import batch
from vedette.cli.main import commands
from vedette.model.stored import Batch, Commit
from vedette.parse.context import Context
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.pending import Pending, Taken
from vedette.runtime.rules import load
from vedette.store.store import open_store


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", sorted(commands()))
def test_help_has_an_example(vedette, name):
    ran = vedette(name, "--help")
    assert ran.status == 0
    assert f"  vedette {name}" in ran.out


def test_overview_names_every_command(vedette):
    out = vedette("--help").out
    assert all(f"  {name}" in out for name in commands())
    assert vedette().status == 2


def test_help_imports_nothing_heavy():
    code = "import sys; sys.argv = ['vedette', '--help']\nfrom vedette.cli.main import _dispatch; _dispatch(['--help'])\n"
    code += "heavy = {'polars', 'numpy', 'pydantic', 'sqlalchemy', 'sigma', 'sklearn'} & set(sys.modules); assert not heavy, heavy"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_explain_says_one_thing_per_record(vedette, tmp_path):
    log = tmp_path / "x.log"
    log.write_text(
        "2026-01-15T10:00:00+00:00 web1 sshd[1]: Failed password for invalid user x from 10.0.0.1 port 22 from 203.0.113.9 port 1025 ssh2\n"
        "2026-01-15T10:00:01+00:00 web1 sshd[1]: Accepted publickey for alice from 192.0.2.4 port 22 ssh2\n"
        "complete nonsense\n"
    )
    got = lines(vedette("explain", log, "--format", "jsonl").out)
    assert [g["line"] for g in got] == [1, 2, 3]
    assert all(set(g) == {"line", "format", "event", "rejected", "matches", "offender", "verdict"} for g in got)
    assert got[0]["format"] == "sshd"
    assert got[0]["offender"] == "203.0.113.9", "the forged address won"
    assert got[0]["event"]["user.name"] == "x from 10.0.0.1 port 22"
    assert got[0]["matches"]
    assert "not blocked" in got[0]["verdict"]
    assert got[1]["offender"] is None
    assert got[2]["event"] is None
    assert got[2]["rejected"]


def test_collect_shows_records_as_they_are(vedette, guesses, tmp_path):
    ran = vedette("collect", guesses, "-q")
    rows = lines(ran.out)
    assert (ran.status, [row["event.original"] for row in rows]) == (0, guesses.read_text().splitlines())
    assert (rows[0]["log.file.path"], rows[0]["log.offset"]) == (str(guesses), 0)
    assert json.loads(vedette("collect", guesses, "--format", "json").out) == rows
    assert vedette("collect", tmp_path / "none", "-q").status == 2


def test_parse_shows_flat_events(vedette, guesses):
    got = lines(vedette("parse", guesses).out)
    assert len(got) == 7
    assert got[0]["source.ip"] == "198.51.100.7"
    assert got[0]["event.outcome"] == "failure"


def test_parse_shows_what_it_rejected(vedette, tmp_path):
    log = tmp_path / "x.log"
    log.write_text("nonsense here\n")
    got = lines(vedette("parse", log, "--rejected").out)
    assert got[0]["raw"] == "nonsense here"
    assert got[0]["reason"]


def test_rules_check(vedette, tmp_path):
    good = "title: A\nid: 22222222-2222-4222-8222-222222222222\nlogsource: {product: linux}\ndetection: {s: {a: b}, condition: s}\n"
    (tmp_path / "good.yml").write_text(good)
    (tmp_path / "bad.yml").write_text("title: B\nlogsource: {product: linux}\ndetection: {s: {a|nosuch: b}, condition: s}\n")
    ran = vedette("rules", "check", tmp_path, "--format", "jsonl")
    assert ran.status == 1
    rows = {row["rule.name"]: row for row in lines(ran.out)}
    assert set(rows["A"]) == {"rule.id", "rule.name", "path", "line", "status", "reason", "logsource", "cost", "unknown_fields"}
    assert rows["A"]["status"] == "runs"
    assert rows["B"]["status"] == "refused"
    assert rows["B"]["reason"]


def test_options_may_stand_between_the_words(vedette, tmp_path):
    (tmp_path / "list.txt").write_text("203.0.113.9\n")
    told = [vedette(*words) for words in (
        ("indicators", "check", tmp_path / "list.txt", "--format", "json"),
        ("indicators", "check", "--format", "json", tmp_path / "list.txt"),
        ("indicators", "--format", "json", "check", tmp_path / "list.txt"),
    )]  # fmt: skip
    assert {(each.status, each.out) for each in told} == {(0, told[0].out)}
    assert vedette("rules", "check", "--format", "json", tmp_path).status != 2


def test_rule_files_that_cannot_be_read_are_refused_and_never_waited_for(vedette, tmp_path):
    os.mkfifo(tmp_path / "a.yml")
    (tmp_path / "b.yml").symlink_to(tmp_path / "nowhere")
    ran = vedette("rules", "check", tmp_path, "--format", "jsonl")
    assert [(Path(row["path"]).name, row["reason"]) for row in lines(ran.out)] == [
        ("a.yml", "cannot be read: no regular file"),
        ("b.yml", "cannot be read: No such file or directory"),
    ]


def test_rules_test(vedette, tmp_path):
    (tmp_path / "a.yml").write_text(
        "title: A\nid: 33333333-3333-4333-8333-333333333333\nlogsource: {product: linux, service: sshd}\n"
        "detection: {s: {user.name: root}, condition: s}\n"
    )
    sample = "2026-01-15T10:00:00+00:00 w sshd[1]: Failed password for {} from 192.0.2.1 port 1 ssh2"
    test = tmp_path / "a.test.yml"
    test.write_text(f"match:\n- log: '{sample.format('root')}'\nno_match:\n- log: '{sample.format('bob')}'\n")
    assert vedette("rules", "test", tmp_path).status == 0
    test.write_text(f"match:\n- log: '{sample.format('bob')}'\nno_match: []\n")
    assert vedette("rules", "test", tmp_path).status == 1


def test_rules_list(vedette, tmp_path):
    rows = lines(vedette("rules", "list", "--format", "jsonl").out)
    assert len(rows) >= 80
    text = "title: {0}\nstatus: {0}\nlogsource: {{product: linux}}\ndetection: {{s: {{a: b}}, condition: s}}\n"
    (tmp_path / "r.yml").write_text("---\n".join(map(text.format, ("stable", "test", "experimental"))))
    some = ["rules", "list", tmp_path, "--status", "stable", "--status", "experimental"]
    assert [row["rule.status"] for row in lines(vedette(*some, "--format", "jsonl").out)] == ["stable", "experimental"]
    assert len(vedette(*some).out.splitlines()) == 2


def test_placeholders_have_values_from_the_command_line(vedette, tmp_path, guesses):
    (tmp_path / "a.yml").write_text(
        "title: A\nid: 33333333-3333-4333-8333-333333333333\nlogsource: {product: linux, service: sshd}\n"
        "detection: {s: {user.name|expand: '%admins%'}, condition: s}\n"
    )
    assert "placeholder %admins% has no values" in vedette("rules", "check", tmp_path).out
    given = ["--placeholder", "admins=anna", "--placeholder", "admins=root"]
    assert vedette("rules", "check", tmp_path, *given).status == 0
    only = ["scan", guesses, "--rules", tmp_path, "--no-builtin-rules", "--format", "jsonl", "-q"]
    assert [row["event.count"] for row in lines(vedette(*only, *given).out)] == [7]
    assert vedette(*only, "--placeholder", "admins=anna").status == 0
    assert "is not NAME=VALUE" in vedette(*only, "--placeholder", "admins").err


def test_config_check_names_three_mistakes(vedette, tmp_path):
    file = tmp_path / "v.yaml"
    file.write_text("keep: {age: soon}\ntime_zone: Mars\nagnet: {}\n")
    ran = vedette("config", "check", file)
    assert ran.status == 2
    assert [f"{file}:{n}:" in ran.err for n in (1, 2, 3)] == [True, True, True]
    assert "did you mean 'agent'?" in ran.err


def test_config_show_is_a_configuration(vedette, tmp_path):
    file = tmp_path / "v.yaml"
    shown = vedette("config", "show").out
    file.write_text(shown)
    assert vedette("config", "check", file).status == 0
    assert json.loads(vedette("config", "show", "--format", "json").out)["keep"]["age"] == "30d"


def test_anomalies_are_named_with_reasons(vedette, tmp_path):
    rows = ["timestamp,source_ip,destination_port,protocol,bytes_transferred"]
    rows += [
        f"2026-01-15T10:{n // 60:02d}:{n % 60:02d}Z,192.0.2.{n % 20},{(80, 443, 53)[n % 3]},tcp,{400 + n * 37 % 900}"
        for n in range(400)
    ]
    train = tmp_path / "train.csv"
    train.write_text("\n".join(rows) + "\n")
    flows = tmp_path / "flows.csv"
    flows.write_text("\n".join([rows[0], rows[5], "2026-01-15T10:09:00Z,192.0.2.7,4444,tcp,98000000", "cut,row"]) + "\n")
    ran = vedette("anomalies", flows, "--train", train, "--format", "jsonl")
    assert ran.status == 1
    (worst,) = [row for row in lines(ran.out) if row["destination.port"] == 4444]
    assert worst["line"] == 3
    assert any("network.bytes" in reason for reason in worst["reasons"])
    assert f"{flows}:4: left out" in ran.err


def test_status_without_a_store(vedette, tmp_path):
    ran = vedette("status", "--data", tmp_path / "none")
    assert ran.status == 2
    assert "vedette run" in ran.err


@pytest.fixture
def agents_data(tmp_path):
    """A data directory with seven refused logins in it, and the counters and alerts that the agent keeps of them."""
    lines = [line.replace("2026-01-15", f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}") for line in GUESSES]
    engine, pending, read = Engine(Plan(load([]))), Pending(), batch(*lines)
    pending.add(Taken(read, engine.feed(read, {}, Context(datetime.now(UTC)))), 0)
    store = open_store(tmp_path / "data")
    made = Batch("s", "s", None, {"at": 1}, {}, pending.taken[0].seen.parsed.events)
    store.commit(Commit([made], pending.alerts, counters=pending.counters(engine.plan.rules.rules)), datetime.now(UTC))
    store.close()
    return tmp_path / "data"


def test_rules_stats(vedette, agents_data):
    ran = vedette("rules", "stats", "--data", agents_data)
    assert ran.status == 0
    assert "Many failed logins from one address" in ran.out
    assert "rules never matched" in ran.err
    rows = [json.loads(line) for line in vedette("rules", "stats", "--data", agents_data, "--format", "jsonl").out.splitlines()]
    assert next(row for row in rows if row["rule.name"] == "Login refused")["matches"] == 7
    assert next(row for row in rows if row["rule.name"] == "Event log cleared")["last"] is None


def test_rules_try(vedette, agents_data):
    ran = vedette("rules", "try", "Many failed logins from one address", "--data", agents_data, "--since", "3d")
    assert ran.status == 0
    assert "7 events" in ran.out
    assert "198.51.100.7" in ran.out
    ran = vedette("rules", "try", "Login refused", "--data", agents_data, "--format", "jsonl")
    assert json.loads(ran.out)["matches"] == 7


@pytest.mark.parametrize("words", [["try"], ["try", "no such rule"], ["stats", "--data", "/nowhere"]])
def test_rules_on_the_store_says_what_is_wrong(vedette, agents_data, words):
    ran = vedette("rules", "--data", agents_data, *words)
    assert ran.status == 2
    assert "fix:" in ran.err


def test_every_list_for_programs_is_also_one_json_array(vedette, guesses, tmp_path):
    flows = tmp_path / "flows.csv"
    rows = [f"2026-01-15T10:00:{n:02d}Z,192.0.2.{n % 9},443,tcp,{400 + n}" for n in range(50)]
    flows.write_text("timestamp,source_ip,destination_port,protocol,bytes_transferred\n" + "\n".join(rows) + "\n")
    asked = [
        ("parse", guesses),
        ("parse", guesses, "--rejected"),
        ("explain", guesses),
        ("timeline", guesses),
        ("anomalies", flows, "--all"),
        ("rules", "list"),
        ("rules", "check"),
    ]
    for arguments in asked:
        lines = vedette(*arguments, "-q", "--format", "jsonl").out.splitlines()
        array = json.loads(vedette(*arguments, "-q", "--format", "json").out)
        assert array == [json.loads(line) for line in lines]
        assert array or "--rejected" in arguments


def test_config_check_for_programs(vedette, tmp_path):
    path = tmp_path / "vedette.yaml"
    path.write_text("data_dir: 5x\nno_such: 1\nsources:\n  - type: nothing\n")
    ran = vedette("config", "check", path, "--format", "json")
    assert ran.status == 2
    told = json.loads(ran.out)
    assert (told["good"], told["file"]) == (False, str(path))
    assert len(told["faults"]) >= 2
    path.write_text("sources: []\n")
    assert json.loads(vedette("config", "check", path, "--format", "json").out)["good"] is True


@pytest.mark.parametrize(
    "words", [("scan", "{}", "--from", "1h", "--to", "2h"), ("timeline", "{}", "--from", "2026-02-02", "--to", "2026-02-02")]
)
def test_a_stretch_of_time_that_holds_nothing_is_an_error(vedette, tmp_path, words):
    log = tmp_path / "x.log"
    log.write_text("2026-01-15T10:00:01+00:00 web1 sshd[1]: Accepted publickey for alice from 192.0.2.4 port 22 ssh2\n")
    ran = vedette(*(word.format(log) for word in words))
    assert ran.status == 2
    assert "is not after --from" in ran.err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_output_that_goes_to_a_file_or_pipe_is_utf_8_whatever_the_locale(tmp_path, encoding):
    log = tmp_path / "x.log"
    log.write_text('{"timestamp":"2026-01-15T10:00:01Z","message":"Größe 中 …"}\n', "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "vedette", "parse", str(log), "-q"],
        capture_output=True, check=True, env=os.environ | {"PYTHONIOENCODING": encoding},
    )  # fmt: skip
    assert json.loads(ran.stdout.decode("utf-8"))["message"] == "Größe 中 …"


def test_a_status_that_no_rule_has_is_an_error_and_no_empty_list(vedette):
    ran = vedette("rules", "list", "--status", "stabel")
    assert ran.status == 2
    assert "'stabel'" in ran.err


def test_rules_try_says_that_nothing_feeds_a_rule(vedette, agents_data, tmp_path):
    rule = tmp_path / "r.yml"
    rule.write_text("title: R\nlevel: low\nlogsource: {category: tea_leaves}\ndetection: {a: {x: 1}, condition: a}\n")
    ran = vedette("rules", "try", rule, "--data", agents_data)
    assert ran.status == 0
    assert "R: 0 matches, 0 alerts" in ran.out
    assert "nothing that Vedette reads is category=tea_leaves" in ran.out
