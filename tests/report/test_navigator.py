"""The ATT&CK Navigator layer."""

import json
from datetime import UTC, datetime

from vedette.model.alert import Alert
from vedette.model.findings import Findings, Summary
from vedette.report.navigator import layer, render

AT = datetime(2026, 1, 15, tzinfo=UTC)


def alert(name: str, *techniques: str, count: int = 1) -> Alert:
    return Alert(
        timestamp=AT, id=name, rule_id=name, rule_name=name, level="high", rule_source="sigma", techniques=techniques,
        count=count, first_seen=AT, last_seen=AT, message=name,
    )  # fmt: skip


def test_techniques_are_scored_by_alerts_and_name_their_rules() -> None:
    findings = Findings([alert("a", "T1110", count=1200), alert("b", "T1110", "T1059.001"), alert("c")], [], Summary())
    document = json.loads("".join(render(findings)))
    assert {each["techniqueID"]: each["score"] for each in document["techniques"]} == {"T1059.001": 1, "T1110": 2}
    assert document["techniques"][1]["comment"] == "a (1,200); b (1)"
    assert document["gradient"]["maxValue"] == 2
    assert document["versions"]["layer"] == "4.5"


def test_an_empty_layer_is_a_layer() -> None:
    assert json.loads(layer("x", "y", {}, {}))["techniques"] == []
