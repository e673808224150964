"""The built-in rules: each runs, is well described, and does on its samples what it says."""

import uuid
from collections import Counter
from pathlib import Path

import pytest

from tests.rules import pack
from vedette.detect.sigma.check import check, run_samples
from vedette.model import attack
from vedette.model.alert import LEVELS

FAMILIES = {"authentication", "web", "linux", "windows", "cloud", "network", "mail", "database", "application"}
KEYS = {
    "title", "id", "name", "status", "description", "author", "date", "tags", "logsource", "detection", "correlation",
    "falsepositives", "level", "vedette", "references",
}  # fmt: skip


def test_no_rule_is_refused():
    assert [(refused.path, refused.reason) for refused in pack.whole().refused] == []


def test_every_file_is_a_rule_of_a_family_or_its_samples():
    assert {path.parent.name for path in pack.RULES} == FAMILIES
    assert {path.with_suffix("").with_suffix("").with_suffix(".yml") for path in pack.TESTS} == set(pack.RULES)


def test_identities_are_unique_random_uuids():
    ids = [pack.content(path)["id"] for path in pack.RULES]
    assert [one for one, count in Counter(ids).items() if count > 1] == []
    assert {uuid.UUID(one).version for one in ids} == {4}


@pytest.mark.parametrize("path", pack.RULES, ids=pack.name)
def test_head_is_complete(path: Path):
    rule = pack.content(path)
    assert set(rule) <= KEYS
    assert {"title", "id", "status", "description", "author", "date", "tags", "falsepositives", "level"} <= set(rule)
    assert rule["author"] == "The Vedette authors"
    assert rule["level"] in LEVELS
    assert len(rule["title"]) <= 100
    assert not rule["title"].endswith(".")
    assert len(rule["description"].split()) >= 7
    assert rule["falsepositives"]


@pytest.mark.parametrize("path", pack.RULES, ids=pack.name)
def test_tags_are_known_to_attack(path: Path):
    tags = pack.content(path)["tags"]
    ours = [tag.removeprefix("attack.") for tag in tags if tag.startswith("attack.")]
    techniques = [tag for tag in ours if attack.technique_name(tag)]
    assert [tag for tag in ours if tag not in techniques and attack.tactic(tag) is None] == []
    assert any(attack.tactic(tag) for tag in ours)
    assert all(tag.startswith(("attack.", "cve.")) for tag in tags)


def test_fields_exist_somewhere():
    unknown = {row["path"]: row["unknown_fields"] for row in check(pack.whole()) if row["unknown_fields"]}
    assert unknown == {}


@pytest.mark.parametrize("path", pack.TESTS, ids=pack.name)
def test_samples(path: Path):
    rule = path.with_name(path.name.removesuffix(".test.yml") + ".yml")
    rules = pack.ruleset(pack.closure(rule))
    outcomes = run_samples(rules, [(pack.name(path), path.read_text())], pack.parse)
    assert {outcome.expected for outcome in outcomes} == {"match", "no_match"}
    wrong = [f"{outcome.expected} {outcome.number}: {outcome.reason}" for outcome in outcomes if not outcome.passed]
    assert wrong == []


def test_a_recorded_login_is_no_reason_to_act():
    """What only informs names no offender: nobody is blocked for it."""
    assert [rule.path for rule in pack.whole().rules if rule.level == "informational" and rule.offender] == []


def test_benign_day_raises_nothing_above_low():
    files = sorted(pack.BENIGN.glob("*.log"))
    assert sum(len(file.read_text().splitlines()) for file in files) >= 400
    found = [(alert.rule_name, alert.level, alert.message) for alert in pack.alerts(files)]
    assert [one for one in found if LEVELS.index(one[1]) > LEVELS.index("low")] == []


def test_benign_day_is_understood():
    """A quiet day proves something only where its records were read."""
    for file in sorted(pack.BENIGN.glob("*.log")):
        parsed = pack.read(file.read_text(), None, file.name)
        assert parsed.rejected.height == 0, f"{file.name}: {parsed.rejected['reason'].unique().to_list()}"
