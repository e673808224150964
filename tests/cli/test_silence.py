"""vedette silence: what a person sees of it, and what the store has after it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.store.made import alert, incident
from vedette.model.stored import Commit, SilenceQuery
from vedette.store.store import open_store

NOW = datetime.now(UTC)


@pytest.fixture
def data(tmp_path):
    made = alert("203.0.113.7", id="a", rule_id="loud", message="Guesses\x1b[31m", last_seen=NOW, first_seen=NOW)
    with open_store(tmp_path) as store:
        store.commit(Commit(alerts=[made], incidents=[incident("i1", alerts=(made,), title="Noise")]), NOW)
    return tmp_path


def test_looked_at_made_listed_and_ended(vedette, data) -> None:
    looked = vedette("silence", "look", "rule.id:loud", "--data", data)
    assert looked.status == 0
    assert looked.out.splitlines()[0].startswith("1 alerts since")
    assert "\x1b" not in looked.out
    assert "open incident i1: Noise" in looked.out
    assert vedette("silence", "--data", data).out == "nothing is silenced\n"
    made = vedette("silence", "add", "rule.id:loud", "--for", "2h", "--why", "drill", "--who", "ana", "--data", data)
    assert made.status == 0
    assert "(2 h left); 0 held back; ana: drill" in made.out
    (listed,) = json.loads(vedette("silence", "--format", "json", "--data", data).out)
    assert (listed["id"], listed["query"], listed["who"], listed["why"]) == (1, "rule.id:loud", "ana", "drill")
    assert "silences active: 1" in vedette("status", "--data", data).out
    assert "ended by bo" in vedette("silence", "end", "1", "--who", "bo", "--data", data).out
    assert vedette("silence", "--data", data).out == "nothing is silenced\n"
    assert "silences" not in vedette("status", "--data", data).out
    assert "over since" in vedette("silence", "--all", "--data", data).out
    with open_store(data, writer=False) as store:
        assert [(each.what, each.subject, each.via) for each in store.audit.entries()] == [
            ("silence end", "silence 1", "cli"), ("silence add", "silence 1", "cli"),
        ]  # fmt: skip


def test_a_window_to_come(vedette, data) -> None:
    begin, end = (f"{NOW + timedelta(days=days):%Y-%m-%dT%H:%M}+00:00" for days in (1, 2))
    window = ("--from", begin, "--until", end)
    assert "from 2" in vedette("silence", "add", "host.name:web1", *window, "--why", "kernel", "--data", data).out
    with open_store(data, writer=False) as store:
        (kept,) = store.silences(SilenceQuery())
    assert (kept.until - kept.since, kept.state(NOW)) == (timedelta(days=1), "pending")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["add", "rule.id:loud", "--for", "2h"], "why?"), (["add", "rule.id:loud", "--why", "x"], "how long?"),
        (["add", "rule.id:loud", "--why", "x", "--for", "2h", "--until", "2027-01-01"], "how long?"),
        (["add", "rule.id:loud", "--why", "x", "--for", "2 hours"], "no time"), (["add", "--why", "x", "--for", "2h"], "needs QUERY"),
        (["add", "rule.idd:x", "--why", "x", "--for", "2h"], "rule.idd"), (["add", " ", "--why", "x", "--for", "2h"], "everything"),
        (["add", "rule.id:loud", "--why", "x", "--for", "900d"], "366 days"), (["end", "7"], "no such silence"),
        (["end", "../x"], "no number"), (["add", "rule.id:loud", "--why", "x", "--until", "2020-01-01"], "before it begins"),
    ],
)  # fmt: skip
def test_what_cannot_be_one_is_said_with_the_mend(vedette, data, wrong, said) -> None:
    ran = vedette("silence", *wrong, "--data", data)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    assert "fix:" in ran.err
    with open_store(data, writer=False) as store:
        assert store.silences(SilenceQuery()) == []
