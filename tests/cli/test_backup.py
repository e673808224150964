"""vedette backup and restore, as a person sees them."""

import json
import subprocess
import sys

import pytest

from tests.store.made import NOW, alert, batch
from vedette.model.stored import Commit
from vedette.store.store import open_store


@pytest.fixture
def data(tmp_path, monkeypatch):
    place = tmp_path / "data"
    with open_store(place) as store:
        store.commit(Commit([batch(0, 50)], alerts=[alert("a")]), NOW)
    monkeypatch.setenv("VEDETTE_DATA_DIR", str(place))
    monkeypatch.delenv("VEDETTE_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    return place


def test_there_and_back(vedette, data, tmp_path):
    (tmp_path / "key").write_text("correct horse\n")
    made = vedette("backup", "--password-file", "key")
    assert (made.status, made.err) == (0, "")
    (path,) = tmp_path.glob("vedette-*.backup")
    assert made.out == f"{path.name}: 50 events, 1 alert, 0 incidents\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert vedette("restore", "--check", path.name, "--password-file", "key").out == "whole: 50 events, 1 alert, 0 incidents\n"
    back = vedette("restore", path.name, "--data", "other", "--password-file", "key", "--format", "json")
    assert json.loads(back.out)["events"] == 50
    with open_store(tmp_path / "other", writer=False) as store:
        assert store.status(NOW).events == 50


def test_mistakes_say_the_mend(vedette, data, tmp_path):
    assert vedette("backup", "a.backup").status == 0
    for words, said in (
        (["backup", "a.backup"], "is there already"),
        (["backup", "no/such/place"], "No such file"),
        (["backup", "b", "--password-file", "none"], "none: No such file"),
        (["restore", "a.backup"], "something is there already"),
        (["restore", "none.backup"], "none.backup: No such file"),
        (["restore", "data/state.db", "--data", "other"], "this is no backup of Vedette"),
    ):
        ran = vedette(*words)
        assert ran.status == 2
        assert said in ran.err
        assert "\n  fix: " in ran.err
    assert not (tmp_path / "b").exists()
    assert not list(tmp_path.glob("*.part"))


def test_through_a_pipe(data):
    command = [sys.executable, "-m", "vedette"]
    made = subprocess.run([*command, "backup", "-"], capture_output=True, check=True)
    assert made.stderr.startswith(b"vedette: 50 events")
    back = subprocess.run([*command, "restore", "-", "--data", "other"], input=made.stdout, capture_output=True, check=True)
    assert back.stdout == b"other: 50 events, 1 alert, 0 incidents\n"
