"""vedette search."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tests.store.made import alert
from vedette.cli.commands import search
from vedette.model.records import Events, Logsource
from vedette.model.stored import Batch, Commit
from vedette.store.store import open_store

NOW = datetime.now(UTC).replace(microsecond=0)
USERS = ("root", "=1+1", "a\x1b[2Jb")


@pytest.fixture
def data(tmp_path):
    frame = pl.DataFrame(
        {
            "line": [1, 2, 3],
            "@timestamp": [NOW - timedelta(hours=2), NOW - timedelta(minutes=3), NOW - timedelta(minutes=1)],
            "event.id": ["a", "b", "c"],
            "event.original": [f"login of {user}" for user in USERS],
            "user.name": USERS,
            "EventID": ["4625", None, None],
        },
        schema_overrides={"@timestamp": pl.Datetime("us", "UTC")},
    )
    with open_store(tmp_path) as store:
        commit = Commit(
            batches=[Batch("s1", "s1", None, {"at": 10}, {}, (Events(Logsource(), frame),))],
            alerts=[alert("203.0.113.7", id="x", level="high"), alert("203.0.113.8", id="y", level="low")],
        )
        store.commit(commit, NOW)
    return tmp_path


def found(vedette, data, *words):
    ran = vedette("search", "--data", data, "--format", "jsonl", *words)
    return ran.status, [json.loads(line).get("event.id") for line in ran.out.splitlines()]


def test_finds_newest_first_and_says_so_by_its_status(vedette, data):
    assert found(vedette, data) == (1, ["c", "b", "a"])
    assert found(vedette, data, "user.name:root") == (1, ["a"])
    assert found(vedette, data, "EventID", ":4625") == (1, ["a"])
    assert found(vedette, data, "user.name:nobody") == (0, [])
    assert found(vedette, data, "--since", "1h") == (1, ["c", "b"])
    assert found(vedette, data, "@timestamp < now-1h") == (1, ["a"])
    assert found(vedette, data, "--until", "1h") == (1, ["a"])
    assert found(vedette, data, "--limit", "1") == (1, ["c"])


def test_a_mistake_is_told_with_its_column(vedette, data):
    ran = vedette("search", "--data", data, "root and usr.name:x")
    assert ran.status == 2
    assert "column 10" in ran.err
    assert "did you mean user.name?" in ran.err


def test_cells_are_no_formulas_and_terminals_are_not_moved(vedette, data):
    rows = list(csv.reader(io.StringIO(vedette("search", "--data", data, "--format", "csv", "--fields", "user.name").out)))
    assert rows[0] == ["timestamp", "user.name"]
    assert [row[1] for row in rows[1:]] == [r"a\x1b[2Jb", "'=1+1", "root"]
    text = vedette("search", "--data", data).out
    assert "\x1b" not in text
    assert "login of root" in text


def test_alerts_with_their_state(vedette, data):
    ran = vedette("search", "--data", data, "--alerts", "rule.level:high", "--format", "json")
    assert [(a["alert.id"], a["alert.state"]) for a in json.loads(ran.out)] == [("x", "new")]
    assert "Brute force" in vedette("search", "--data", data, "--alerts", "alert.state:new").out
    for words in (("--alerts", "--fields", "x"), ("--follow", "--format", "json"), ("--alerts", "-f")):
        assert vedette("search", "--data", data, *words).status == 2


def test_following_shows_what_comes_once(vedette, data, monkeypatch):
    turns = []

    def sleep(_seconds):
        turns.append(1)
        if len(turns) == 3:
            raise KeyboardInterrupt
        if len(turns) == 1:
            at = datetime.now(UTC) - timedelta(minutes=2)
            late = pl.DataFrame(
                {"line": [1], "@timestamp": [at], "event.id": ["late"], "event.original": ["login of x"]},
                schema_overrides={"@timestamp": pl.Datetime("us", "UTC")},
            )
            with open_store(data) as store:
                store.commit(Commit(batches=[Batch("s2", "s2", None, {"at": 10}, {}, (Events(Logsource(), late),))]), NOW)

    monkeypatch.setattr(search.time, "sleep", sleep)
    shown = []
    monkeypatch.setattr(search.options.Sink, "write", lambda _self, text: shown.append(json.loads(text)["event.id"]))
    with pytest.raises(KeyboardInterrupt):
        vedette("search", "--data", data, "-f", "--format", "jsonl", "login")
    assert shown == ["late"]
