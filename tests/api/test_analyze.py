"""Analyses over HTTP: what is sent is judged within limits, and nothing of it is kept."""

import dataclasses
import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.ai.model.servers import serving
from tests.store.made import alert, incident
from vedette.ai.model.settings import Ai
from vedette.api.routes import analyze
from vedette.api.uploads import NDJSON, Busy
from vedette.config.tree import Analysis
from vedette.model.stored import Commit
from vedette.parse.context import Context
from vedette.runtime.analyze import analyse_bytes
from vedette.runtime.engine import Plan
from vedette.runtime.rules import load
from vedette.store.store import open_store

RECORDING = Path(__file__).parents[2] / "src/vedette/rules/demo/recording"
V1 = "/api/v1"


@pytest.fixture
def client(service):
    return service.signed_in("analyst")


def sent(client, data: bytes, **more: object):
    return client.post(f"{V1}/analyze", content=data, params=more)


def test_a_log_is_analysed_and_nothing_is_kept(service, client) -> None:
    kept = service.app.state.place.tree.data_dir
    before = sorted(kept.rglob("*.parquet"))
    answer = sent(client, (RECORDING / "auth.log").read_bytes(), name="auth.log", compression=False)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert made["threat.level"] == "critical"
    assert made["figures"]["records"] > 700
    assert {f["type"] for f in made["findings"]} >= {"account-takeover", "brute-force"}
    paths = {e["log.file.path"] for f in made["findings"] for e in f["evidence"]}
    assert paths == {"auth.log"}
    assert service.store.status().events == 0
    assert sorted(kept.rglob("*.parquet")) == before
    told = service.store.audit.entries(limit=1)[0]
    assert (told.what, told.result) == ("analyzeLog", 200)
    assert "203.0.113" not in told.subject + told.detail


def test_progress_is_told_before_the_answer(client) -> None:
    answer = client.post(f"{V1}/analyze", content=(RECORDING / "auth.log").read_bytes(), headers={"Accept": NDJSON})
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [each["progress"] for each in told[:-1] if each["progress"] != "waiting"][-2:] == ["judge", "pack"]
    assert told[-1]["analysis"]["compression"]["percent"] > 50


def test_limits_are_told_and_held(make) -> None:
    service = make()
    client = service.signed_in("analyst")
    assert client.get(f"{V1}/analyze").json()["max_log_size"] == 64 << 20
    answer = client.post(f"{V1}/analyze", content=b"x", headers={"Content-Length": str(65 << 20)})
    assert answer.status_code == 413
    assert sent(client, b"").status_code == 422
    assert sent(service.signed_in("viewer"), b"x").status_code == 403
    assert sent(service.client(), b"x").status_code in (401, 403)


def test_the_limit_is_a_setting_and_a_variable(monkeypatch) -> None:
    monkeypatch.setenv("MAX_LOG_SIZE", "10MB")
    assert Analysis().max_log_size == 10_000_000
    monkeypatch.delenv("MAX_LOG_SIZE")
    assert Analysis().max_log_size == 64 << 20


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (os.urandom(200_000), "not read"),
        (b"\x7fELF" + bytes(5000), "not read"),
        (gzip.compress(bytes(300 << 20), 9), "unpacks to more than"),
        ("сбой входа пользователя\nошибка сети\n".encode() * 50, "not understood"),
        ("ログイン失敗 ユーザー root\n".encode() * 50, "not understood"),
    ],
    ids=["random", "program", "bomb", "russian", "japanese"],
)
def test_what_is_no_log_is_said_to_be_none(client, data, note) -> None:
    answer = sent(client, data, compression=False)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert made["headline"]
    assert made["threat.level"] == "informational"
    assert any(note in each or "no record" in each for each in made["notes"]), made["notes"]


def test_lines_without_anything_in_them_do_not_fill_memory() -> None:
    """Ten million of them took 900 MB once: bytes alone bound nothing."""
    looked = analyse_bytes(b"\n" * 500_000, "x", Plan(load([])), Context(reference=datetime(2026, 2, 2, tzinfo=UTC)), most=64 << 20)
    assert len(looked.texts) == 200_000
    assert any("200,000 records, 0" in note and "packed: the beginning" in note for note in looked.analysis.notes), looked.analysis.notes


def test_an_incident_is_analysed(service) -> None:
    made = [alert("203.0.113.7", id="a1", level="high")]
    with open_store(service.app.state.place.tree.data_dir) as store:
        store.commit(Commit(alerts=made, incidents=[incident("i1", alerts=tuple(made), title="Guesses")]), service.now)
    client = service.signed_in("viewer")
    answer = client.get(f"{V1}/incidents/i1/analysis").json()
    assert answer["headline"] == "Guesses"
    assert answer["findings"][0]["incident.id"] == "i1"
    assert client.get(f"{V1}/incidents/nothing/analysis").status_code == 404


def test_a_few_at_once(client, monkeypatch) -> None:
    busy = Busy(1)
    monkeypatch.setattr(analyze, "_busy", lambda _request: busy)
    with busy.one():
        answer = sent(client, b"line\n")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert sent(client, b"line\n").status_code == 200


def test_a_model_is_asked_only_when_wanted_and_written_down(service) -> None:
    data = (RECORDING / "auth.log").read_bytes()
    client = service.signed_in("analyst")
    assert sent(client, data, compression=False).json()["opinion"] is None
    said = sent(client, data, compression=False, model=True).json()["opinion"]
    assert said["status"] == "none"
    assert "ai.provider" in said["note"]
    assert client.get(f"{V1}/analyze").json()["model"] is None


@pytest.fixture
def wire(service, monkeypatch):
    """The model of the settings, on loopback."""
    pytest.importorskip("pydantic_ai")
    monkeypatch.setenv("TEST_AI_KEY", "test-key-0123456789")
    with serving("openai") as wire:
        place = service.app.state.place
        ai = Ai(provider="openai", model="gpt-4o-mini", base_url=wire.url, key_env="TEST_AI_KEY", timeout="60s")
        service.app.state.place = dataclasses.replace(place, tree=place.tree.model_copy(update={"ai": ai}))
        yield wire


SAID = {"threat_level": "critical", "summary": "Somebody guessed. He got in.", "remarks": []}


def test_a_model_is_heard_while_it_answers(service, wire) -> None:
    wire.script = [SAID]
    answer = service.signed_in("analyst").post(
        f"{V1}/analyze?model=true&compression=false", content=(RECORDING / "auth.log").read_bytes(), headers={"Accept": NDJSON}
    )
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [each["heard"] for each in told if "heard" in each] == ["Somebody guessed."]
    assert told[-1]["analysis"]["opinion"]["summary"] == SAID["summary"]


def test_a_model_is_heard_about_an_incident_too(service, wire) -> None:
    wire.script = [SAID, {**SAID, "summary": "Guesses. No more than that."}]
    with open_store(service.app.state.place.tree.data_dir) as store:
        for number, level in ((1, "high"), (2, "medium")):
            made = [alert(f"203.0.113.{number}", id=f"a{number}", level=level)]
            about = incident(f"i{number}", alerts=tuple(made), title=f"Guesses {number}")
            store.commit(Commit(alerts=made, incidents=[about]), service.now)
    client = service.signed_in("analyst")
    answer = client.post(f"{V1}/incidents/i1/opinion", headers={"Accept": NDJSON})
    assert answer.headers["content-type"] == NDJSON
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [each["progress"] for each in told[:-1] if each["progress"] != "waiting"] == ["judge", "ask", "ask"]
    assert [each["heard"] for each in told if "heard" in each] == ["Somebody guessed."]
    assert told[-1]["analysis"]["opinion"]["summary"] == SAID["summary"]
    whole = client.post(f"{V1}/incidents/i2/opinion")
    assert (whole.status_code, whole.json()["opinion"]["summary"]) == (200, "Guesses. No more than that.")
    assert client.post(f"{V1}/incidents/none/opinion", headers={"Accept": NDJSON}).status_code == 404
    assert service.signed_in("viewer").post(f"{V1}/incidents/i1/opinion").status_code == 403
