"""vedette ask."""

import json

import pytest

from tests.store.made import NOW, alert, batch
from vedette.model.question import Translated
from vedette.model.stored import Commit
from vedette.runtime import questions
from vedette.store.store import open_store


@pytest.fixture
def data(tmp_path):
    with open_store(tmp_path) as store:
        store.commit(
            Commit(
                batches=[batch(0, 60)], alerts=[alert("203.0.113.7", level="high"), alert("203.0.113.8", level="low")]
            ),
            NOW,
        )
    return tmp_path


def test_the_query_is_shown_and_its_rows_follow(vedette, data):
    ran = vedette("ask", "--data", data, "failed", "logins", "of", "root", "in", "2026")
    assert ran.status == 1
    query = "event.category:authentication and event.outcome:failure and user.name:root and @timestamp >= 2026-01-01"
    assert ran.err.startswith(f"events: {query}")
    assert "60 records scanned" in ran.err
    assert len(ran.out.splitlines()) == 40
    assert vedette("ask", "--data", data, "logins of alice").status == 0


def test_summaries(vedette, data):
    assert vedette("ask", "--data", data, "how many failed logins").out == "40\n"
    lines = vedette("ask", "--data", data, "top 2 addresses by failed logins").out.splitlines()
    assert [line.split() for line in lines] == [["source.ip", "value"], ["203.0.113.1", "1"], ["203.0.113.10", "1"]]
    rows = vedette("ask", "--data", data, "alerts by severity", "--format", "jsonl").out.splitlines()
    assert [json.loads(row) for row in rows] == [{"rule.level": "high", "value": 1}, {"rule.level": "low", "value": 1}]


def test_what_was_not_understood_is_told_and_not_run(vedette, data):
    ran = vedette("ask", "--data", data, "failed logins of tall people")
    assert (ran.status, ran.out) == (2, "")
    assert "not understood: tall, people" in ran.err
    assert "events: event.category:authentication and event.outcome:failure" in ran.err
    assert vedette("ask", "--data", data, "failed logins of tall people", "--anyway").status == 1
    ran = vedette("ask", "--data", data, "delete all logs")
    assert (ran.status, ran.out) == (2, "")
    assert "this is an order" in ran.err


def test_explain_only_asks_nothing(vedette, data, monkeypatch):
    monkeypatch.setattr(questions, "answer", None)
    ran = vedette("ask", "--data", data, "failed logins", "--explain-only")
    assert (ran.status, ran.out) == (0, "")
    assert [line.split() for line in ran.err.splitlines()[1:]] == [["failed", "outcome"], ["logins", "login"]]
    assert vedette("ask", "--data", data, "weather", "--explain-only").status == 2


def test_one_document(vedette, data):
    found = json.loads(vedette("ask", "--data", data, "how many failed logins", "--format", "json").out)
    assert found["rows"] == [{"value": 40}]
    assert (found["about"], found["shape"], found["scanned"], found["by"]) == ("events", "number", 60, "grammar")
    declined = json.loads(vedette("ask", "--data", data, "logins from\x1b[2J germany", "--format", "json").out)
    assert declined["declined"]
    assert declined["rows"] is None


def test_days_are_those_of_the_zone(vedette, data):
    err = vedette("ask", "--data", data, "events on 3 may 2026", "--tz", "Asia/Tokyo", "--explain-only").err
    assert "@timestamp >= 2026-05-02T15:00:00Z" in err
    assert vedette("ask", "--data", data, "events", "--tz", "Nowhere/Land").status == 2
    assert vedette("ask", "--data", data, "events", "--limit", "0").status == 2


class Model:
    """A translator that says what a test tells it."""

    def __init__(self, *said):
        self._said, self.asked = list(said), []

    def query(self, question, now, check):
        self.asked.append(question)
        return next((each for each in self._said if not check(each)), Translated(why="no query that is one"))


def test_a_model_is_asked_for_what_the_grammar_lacks_and_checked(data):
    with open_store(data, writer=False) as store:
        model = Model(Translated("events", "user.name:root"))
        asked = questions.ask(store, "logins of the tall one", NOW, translator=model)
        assert (asked.by, asked.understood.query, len(asked.answer.rows)) == ("model", "user.name:root", 60)
        assert asked.understood.notes
        for question in ("failed logins", "delete all logs", "failed logins from Germany"):
            assert questions.ask(store, question, NOW, translator=model).by == "grammar"
        assert model.asked == ["logins of the tall one"]
        wrong = Model(Translated("alerts", "destination.port:22"), Translated("events", "user.name:(root"))
        refused = questions.ask(store, "logins of the tall one", NOW, translator=wrong)
        assert (refused.by, refused.answer) == ("grammar", None)
        assert "no query that is one" in refused.understood.notes


def test_what_a_question_means_is_told_without_a_store(vedette, tmp_path, monkeypatch):
    monkeypatch.setenv("VEDETTE_DATA_DIR", str(tmp_path / "none"))
    ran = vedette("ask", "failed logins of root", "--explain-only")
    assert ran.status == 0
    assert ran.err.startswith("events: event.category:authentication and event.outcome:failure and user.name:root\n")
    assert "there is no store here" in vedette("ask", "failed logins of root").err
