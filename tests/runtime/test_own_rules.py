"""Rules written and switched in the data directory: what the rule set makes of them, at once and whole."""

from datetime import UTC, datetime

import pytest

from vedette.config.tree import Tree
from vedette.runtime import own_rules
from vedette.runtime.own_rules import beside, is_own, place, save, switch, taken, where
from vedette.runtime.rulebook import Rulebook
from vedette.runtime.rules import OWN, Switch, load, load_rules, samples, state, until

RULE = """
title: Root refused
id: 5b3c9d84-9c5e-4d40-9d9b-0d6b8f0a1111
name: root_refused
logsource: {category: authentication}
detection:
  sel: {event.outcome: failure, user.name: root}
  condition: sel
"""
COUNT = """
title: Guesses and root
id: 5b3c9d84-9c5e-4d40-9d9b-0d6b8f0a2222
correlation:
  type: temporal
  rules: [%s, failed_login]
  group-by: [source.ip]
  timespan: 5m
"""


@pytest.fixture
def tree(tmp_path):
    return Tree(data_dir=tmp_path)


def test_a_rule_that_is_kept_runs_and_is_forgotten(tree):
    book = Rulebook(tree)
    before = len(book.ruleset().rules)
    path = place(tree, "5b3c9d84-9C5E/../x")
    assert path == tree.data_dir / OWN / "5b3c9d84-9c5e-x.yml"
    save(path, RULE, "match: [{event: {event.outcome: failure, user.name: root}}]")
    assert len(book.ruleset().rules) == before + 1
    assert [rule.reference for rule in book.ruleset().rules if is_own(tree, rule.path)] == ["root_refused"]
    assert [name for name, _ in samples([tree.data_dir / OWN])] == [str(path.with_name(f"{path.stem}.test.yml"))]
    assert oct(path.stat().st_mode)[-3:] == "600"
    save(path, RULE, "")
    assert samples([tree.data_dir / OWN]) == []
    own_rules.remove(path)
    assert len(book.ruleset().rules) == before
    assert list((tree.data_dir / OWN).iterdir()) == []


def test_the_same_set_is_not_read_again(tree, monkeypatch):
    book = Rulebook(tree)
    assert book.ruleset() is book.ruleset()
    monkeypatch.setattr("vedette.runtime.rulebook.load_rules", lambda _tree: pytest.fail("read again"))
    book.ruleset()


def test_a_rule_is_switched_off_and_on(tree):
    path = place(tree, "root")
    save(path, RULE, "")
    seen = state(tree)

    def raises():
        return next(rule.raises for rule in load_rules(tree).rules if rule.reference == "root_refused")

    assert raises()
    switch(tree, "5b3c9d84-9c5e-4d40-9d9b-0d6b8f0a1111", Switch(who="ann", why="noise", at=datetime.now(UTC)))
    assert state(tree) != seen
    assert not raises()
    switch(tree, "5b3c9d84-9c5e-4d40-9d9b-0d6b8f0a1111", None)
    assert raises()
    (tree.data_dir / OWN / "off.json").write_text("{not json")
    assert raises()


def test_a_text_is_read_beside_what_it_names_only(tree):
    known = load([])
    written = beside(known, RULE + "---" + COUNT % "root_refused", "rule.yml")
    assert written.ruleset.refused == ()
    names = {rule.reference for rule in written.ruleset.rules}
    assert {"root_refused", "failed_login"} <= names
    assert len(written.ruleset.rules) < 20 < len(known.rules)
    (bad,) = beside(known, COUNT % "nobody", "rule.yml").ruleset.refused
    assert "nobody" in bad.reason


def test_an_id_is_given_once(tree):
    path = place(tree, "root")
    save(path, RULE, "")
    known = load_rules(tree)
    assert "Root refused" in taken(known, beside(known, RULE, "rule.yml"))
    assert taken(known, beside(known, RULE, str(path))) == ""


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("level: 'hgih' is none of informational, low", 6),
        ("condition names 'other', which is not defined", 10),
        ("logsource: must be a mapping", 7),
        ("something else", 2),
    ],
)
def test_a_refusal_has_its_line(reason, line):
    text = RULE.replace("name: root_refused", "level: hgih\nlogsource: 3").replace("condition: sel", "condition: other")
    text = text.replace("logsource: {category: authentication}\n", "")
    text = text.replace("level: hgih\nlogsource: 3", "author: ann\nstatus: test\nlevel: hgih\nlogsource: 3")
    assert text.split("\n")[5] == "level: hgih"
    assert where(text, 2, reason) == line


def test_the_end_of_a_file_is_in_its_name(tmp_path):
    assert until("x.yml") is None
    assert until("x.until-20269999T000000Z.yml") is None
    assert until("x.until-20261231T220000Z.yml").isoformat() == "2026-12-31T22:00:00+00:00"
    (tmp_path / "x.until-20200101T000000Z.yml").write_text(RULE)
    assert load([tmp_path], builtin=False).rules == ()
    (tmp_path / "y.until-29991231T000000Z.yml").write_text(RULE)
    assert len(load([tmp_path], builtin=False).rules) == 1


def test_half_a_file_is_never_seen(tree, monkeypatch):
    path = place(tree, "root")
    save(path, RULE, "")
    monkeypatch.setattr("os.fsync", lambda _handle: (_ for _ in ()).throw(OSError("disk is full")))
    with pytest.raises(OSError, match="full"):
        save(path, RULE * 2, "")
    assert path.read_text() == RULE
    assert [each.name for each in path.parent.iterdir()] == ["root.yml"]
