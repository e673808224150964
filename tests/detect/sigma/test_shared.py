"""The public rules and their regression recordings, read from outside the repository."""

from pathlib import Path

import pytest
import yaml

from tests.detect.sigma.evtx_events import batch, records
from vedette.detect.sigma import Ruleset, match, read
from vedette.detect.sigma.aggregation import EVENTS

SHARED = Path(__file__).parents[4] / "shared" / "data" / "sigma"

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")]


def files(folder: str) -> list[tuple[str, str]]:
    return [(str(p), p.read_text("utf-8", "replace")) for p in sorted((SHARED / folder).rglob("*.yml"))]


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return read(files("sigma-rules"))


def test_every_document_runs_or_is_refused_with_its_reason(ruleset: Ruleset) -> None:
    texts = [text for _, text in files("sigma-rules")]
    documents = sum(1 + text.count("\n---\n") for text in texts)
    documents -= sum(f"\n{text}".count("\naction: global") for text in texts)  # parts of rules, of Sigma 1
    counted = sum(rule.id.endswith(EVENTS) for rule in ruleset.rules)  # of old counting rules: two for one
    assert len(ruleset.rules) - counted + len(ruleset.refused) == documents
    assert counted
    unplanned = [r for r in ruleset.refused if "/unsupported/" not in r.path and "placeholder" not in r.reason]
    assert [Path(r.path).name for r in unplanned] == ["thor.yml"]


def test_regression_recordings_match_their_rules(ruleset: Ruleset) -> None:
    index = {rule.id: i for i, rule in enumerate(ruleset.rules)}
    short = []
    for info in sorted((SHARED / "sigma-regression").rglob("info.yml")):
        case = yaml.safe_load(info.read_text())
        rule = index[case["rule_metadata"][0]["id"]]
        for test in case["regression_tests_info"]:
            events = batch(list(records(SHARED / "sigma-regression" / test["path"])))
            found = match(ruleset, events)
            assert found.equals(match(ruleset, events, few=0))
            count = found.filter(found["rule"] == rule).height
            if count < (test.get("match_count") or 1):
                short.append((info.parent.name, count))
    assert not short
