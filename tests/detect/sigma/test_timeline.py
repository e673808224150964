"""Timeline rows: what is told of each match."""

from tests.detect.sigma.made import events, rules
from vedette.detect.sigma import match
from vedette.detect.sigma.timeline import LONGEST, ROWS, timeline
from vedette.model.records import Events, Logsource

RULE = """
title: Tool run
id: 11111111-1111-4111-8111-111111111111
level: {level}
tags: [attack.execution, attack.t1059.001]
logsource: {{product: windows, category: process_creation}}
detection:
  sel:
    CommandLine|contains: evil
  condition: sel
"""
SYSMON = Logsource(product="windows")
ROW = {
    "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "1", "Computer": "pc1", "User": "EXAMPLE\\bob",
    "CommandLine": "cmd /c\r\n\tevil", "EventRecordID": "77", "message": "Process Create",
}  # fmt: skip


def told(rule: str, *rows: dict[str, str | None]) -> list[dict[str, object]]:
    ruleset, batch = rules(rule), Events(SYSMON, events(rows).frame)
    made = timeline(ruleset, batch, match(ruleset, batch))
    assert dict(made.schema) == ROWS
    return made.to_dicts()


def test_a_match_is_a_row_with_what_the_rule_saw() -> None:
    (row,) = told(RULE.format(level="high"), ROW, {**ROW, "CommandLine": "harmless"})
    assert row["host.name"] == "pc1"
    assert (row["winlog.channel"], row["event.code"], row["winlog.record_id"]) == (ROW["Channel"], "1", 77)
    assert row["details"] == "CommandLine: cmd /c evil"
    assert (row["rule.name"], row["rule.level"]) == ("Tool run", "high")
    assert row["rule.tags"] == "attack.execution attack.t1059.001"


def test_long_values_are_cut() -> None:
    (row,) = told(RULE.format(level="high"), {**ROW, "CommandLine": "evil" * LONGEST})
    assert len(str(row["details"])) == LONGEST + len("CommandLine: ")
