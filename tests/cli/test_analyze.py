"""`vedette analyze`: files and incidents; what a model would be sent is shown, and what it is sent is written down."""

import contextlib
import json
import os
import subprocess
import sys

import pytest

from tests.ai.model.servers import serving
from tests.store.made import alert, incident
from vedette.cli.main import main
from vedette.model.stored import Commit
from vedette.store.store import open_store


def vedette(*words: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


def test_a_file(guesses, capsys) -> None:
    assert vedette("analyze", guesses, "-q") == 1
    out = capsys.readouterr().out
    assert "198.51.100.7 guessed passwords for root on web1: 7 events" in out
    assert "What to do, in this order" in out
    assert "indicators kept" in out
    assert vedette("analyze", guesses, "-q", "--format", "json", "--no-compression") == 1
    made = json.loads(capsys.readouterr().out)
    assert made["findings"][0]["category"] == "brute-force"
    assert made["compression"] is None
    assert vedette("analyze", guesses, "-q", "--format", "html", "--no-compression") == 1
    assert "<script" not in capsys.readouterr().out


def test_nothing_found_is_0(tmp_path, capsys) -> None:
    path = tmp_path / "quiet.log"
    path.write_text("2026-01-15T10:00:00+00:00 web1 systemd[1]: Started Daily Cleanup.\n")
    assert vedette("analyze", path, "-q") == 0
    assert "Nothing here looks like an attack" in capsys.readouterr().out


def test_an_incident_by_the_beginning_of_its_id(tmp_path, capsys) -> None:
    made = (alert("203.0.113.7", id="a1", level="high"),)
    with open_store(tmp_path / "data") as store:
        store.commit(Commit(alerts=list(made), incidents=[incident("abcdef012345", alerts=made, title="Guesses")]), made[0].timestamp)
    assert vedette("analyze", "abcdef", "--data", tmp_path / "data", "-q") == 1
    assert "Guesses" in capsys.readouterr().out
    assert vedette("analyze", "abcdee", "--data", tmp_path / "data", "-q") == 2
    assert "no incident of that id" in capsys.readouterr().err


def test_a_model_is_shown_or_asked_and_written_down(guesses, tmp_path, capsys, monkeypatch) -> None:
    pytest.importorskip("pydantic_ai")
    with serving("openai") as wire:
        wire.script = [{"threat_level": "low", "summary": "Guessing from one address.", "remarks": [], "next_steps": ["ask-owner"]}]
        for name, value in {"PROVIDER": "compatible", "MODEL": "small", "BASE_URL": wire.url, "UNKNOWN_USD": "0"}.items():
            monkeypatch.setenv(f"VEDETTE_AI__{name}", value)
        assert vedette("analyze", guesses, "-q", "--show-request", "--data", tmp_path / "data") == 1
        shown = capsys.readouterr().out
        assert "to compatible small" in shown
        assert "198.51.100.7" in shown
        assert wire.asked == []
        assert vedette("analyze", guesses, "-q", "--model", "--data", tmp_path / "data") == 1
        out = capsys.readouterr().out
        assert "Guessing from one address." in out
        assert "differs: threat level: rules say medium, the model low; taken: medium" in out
    with open_store(tmp_path / "data", writer=False) as store:
        assert [entry.what for entry in store.audit.entries()] == ["modelStruck", "askModel"]


def test_a_terminal_shows_what_a_model_says_while_it_says_it(guesses, tmp_path) -> None:
    pytest.importorskip("pydantic_ai")
    settings = tmp_path / "vedette.yaml"
    with serving("openai") as wire:
        wire.script = [{"threat_level": "critical", "summary": "Somebody \x1b[31mguessed. He got in.", "remarks": []}]
        settings.write_text(
            f"data_dir: {tmp_path}/data\nai: {{provider: openai, model: gpt-4o-mini, base_url: '{wire.url}', key_env: TEST_AI_KEY}}\n"
        )
        ours, theirs = os.openpty()
        command = [sys.executable, "-m", "vedette", "analyze", str(guesses), "--model", "--no-compression", "--config", str(settings)]
        environment = {**os.environ, "TEST_AI_KEY": "test-key-0123456789"}
        done = subprocess.run(command, check=False, stderr=theirs, stdout=subprocess.PIPE, text=True, env=environment)
        os.close(theirs)
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            shown = b""
            with contextlib.suppress(OSError):  # a terminal that nobody holds any more
                while piece := terminal.read(65536):
                    shown += piece
    assert done.returncode == 1, (done, shown)
    assert b"the model says: Somebody" in shown
    assert b"He got in" not in shown
    assert b"\x1b[31m" not in shown
    assert "He got in." in done.stdout
