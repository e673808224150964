"""Questions put to a model over the real clients, against servers on this machine: the query, what is sent, what goes wrong."""

from pathlib import Path

import pytest

from tests.ai.model.servers import serving
from tests.ai.model.test_opinion import KEY, MODELS
from tests.store.made import NOW, batch
from vedette.ai.model.settings import Ai
from vedette.model.stored import Commit
from vedette.runtime import questions
from vedette.runtime.translation import ByModel
from vedette.store.store import open_store

pytest.importorskip("pydantic_ai")
QUESTION = "logins of the tall one, whose password=hunter2hunter2 is known"
ROOT = {"about": "events", "query": "user.name:root", "why": ""}


class Asking:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.audit: list[tuple] = []

    def __call__(self, wire, kind="openai", question=QUESTION, **more):
        given = {
            "provider": kind, "model": MODELS[kind], "base_url": wire.url if wire else None, "key_env": "TEST_AI_KEY",
            "timeout": "20s", "retries": 0,
        }  # fmt: skip
        model = ByModel(Ai(**(given | more)), self.directory, lambda *entry: self.audit.append(entry))
        with open_store(self.directory, writer=False) as store:
            return questions.ask(store, question, NOW, translator=model)


@pytest.fixture
def asking(tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_AI_KEY", KEY)
    with open_store(tmp_path) as store:
        store.commit(Commit(batches=[batch(0, 60)]), NOW)
    return Asking(tmp_path)


@pytest.mark.parametrize("kind", MODELS)
def test_its_query_is_shown_and_run(asking, kind):
    with serving(kind) as wire:
        wire.script = [ROOT]
        asked = asking(wire, kind)
    assert (asked.by, asked.understood.query, len(asked.answer.rows)) == ("model", "user.name:root", 60)
    [(_, _, body)] = wire.asked
    for told in ("logins of the tall one", "source.ip", "threat.technique.id", "2026"):
        assert told in body
    for kept in ("hunter2hunter2", "203.0.113.1", KEY):
        assert kept not in body
    [(what, who, result, detail)] = asking.audit
    assert (what, who, result) == ("askModel", f"{kind} {MODELS[kind]}", 200)
    assert "the tall one" in detail
    assert "hunter2" not in detail


def test_a_query_that_is_none_is_sent_back_once(asking):
    with serving("openai") as wire:
        wire.script = [{"about": "events", "query": "user.name:(root"}, ROOT]
        asked = asking(wire)
        assert (asked.by, asked.understood.query) == ("model", "user.name:root")
        assert len(wire.asked) == 2
        assert "column" in wire.asked[1][2]
        wire.asked.clear()
        wire.script = [{"about": "alerts", "query": "destination.port:22"}]
        asked = asking(wire)
        assert (asked.by, asked.answer, len(wire.asked)) == ("grammar", None, 2)
        assert "was not heard" in asked.understood.notes[-1]


@pytest.mark.parametrize(
    ("reply", "note"),
    [
        (401, "the key was refused"), (503, "it has a fault"), ("prose", "no answer that can be used"), (b"{", "was not heard"),
        ({"about": "events", "query": "", "why": "that is an order"}, "that is an order"),
        ({"about": "events", "query": "a " * 3000}, "was not heard"),
        ({"about": "secrets", "query": "a"}, "was not heard"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_beside_the_grammars_answer(asking, reply, note):
    with serving("openai") as wire:
        wire.script = [reply]
        asked = asking(wire)
    assert (asked.by, asked.answer) == ("grammar", None)
    assert note in asked.understood.notes[-1]
    assert KEY not in asked.understood.notes[-1]
    assert asked.understood.unknown


def test_nothing_is_sent_without_a_model_money_or_a_question_for_it(asking):
    with serving("openai") as wire:
        wire.script = [ROOT]
        assert "No model is set up" in asking(None, provider=None).understood.notes[-1]
        assert "budget" in asking(wire, daily_usd=0).understood.notes[-1]
        assert "key itself" in asking(wire, question=f"logins of the tall {KEY}").understood.notes[-1]
        for question in ("failed logins of root", "delete all logs", "failed logins from Germany"):
            assert asking(wire, question=question).by == "grammar"
        assert not wire.asked
    assert not asking.audit
