"""Counting conditions of Sigma 1 run as correlations, or are refused with the reason."""

import pytest

from tests.detect.sigma.made import logins, rule, rules, run
from vedette.detect.sigma import check, match, read
from vedette.detect.sigma.aggregation import EVENTS

HEAD = "id: 0d5f1a1e-0000-4000-8000-000000000001\nlevel: high\nname: old"
FAILS = "sel: {event.outcome: failure}\n  timeframe: 1m\n  condition: sel | "


def old(aggregation: str) -> str:
    return rule(FAILS + aggregation, HEAD, "{category: authentication}")


def fails(*rows: tuple[float, str, str]) -> list[object]:
    return [logins([(at, address, user, "failure") for at, address, user in rows])]


@pytest.mark.parametrize("operator", ["> 2", ">= 3", ">2"])
def test_count_by_field(operator: str) -> None:
    batch = fails((0, "a", "u"), (1, "b", "u"), (2, "a", "u"), (3, "a", "u"), (200, "b", "u"))
    (alert,) = run(rules(old(f"count() by source.ip {operator}")), batch)
    assert (alert.rule_id, alert.rule_name, alert.level) == (HEAD.split()[1], "A rule", "high")
    assert (alert.source_ip, alert.count) == ("a", 3)


def test_count_of_a_field_counts_different_values() -> None:
    ruleset = rules(old("count(user.name) by source.ip > 1"))
    assert run(ruleset, fails((0, "a", "u"), (1, "a", "u"), (2, "a", "u"))) == []
    (alert,) = run(ruleset, fails((0, "a", "u"), (1, "a", "v")))
    assert alert.source_ip == "a"


def test_without_a_group_all_events_count_together() -> None:
    (alert,) = run(rules(old("count() > 1")), fails((0, "a", "u"), (1, "b", "v")))
    assert alert.count == 2


def test_the_timeframe_is_the_window() -> None:
    assert run(rules(old("count() > 1")), fails((0, "a", "u"), (61, "a", "u"))) == []


def test_the_events_alone_are_no_alert_and_no_rule_of_their_own_to_people() -> None:
    ruleset = rules(old("count() > 5"))
    (batch,) = fails((0, "a", "u"))
    assert match(ruleset, batch).height == 1
    assert run(ruleset, [batch]) == []
    (row,) = check(ruleset)
    assert row["status"] == "runs"
    assert "Sigma 1" in row["reason"]
    assert "event_count" in row["reason"]
    assert not row["rule.id"].endswith(EVENTS)


def test_fields_that_nothing_has_are_told_for_the_rule_itself() -> None:
    detection = "sel: {nonsense: 1}\n  timeframe: 1m\n  condition: sel | count(gibberish) by rubbish > 5"
    (row,) = check(rules(rule(detection, HEAD, "{category: authentication}")))
    assert row["unknown_fields"] == ["nonsense", "rubbish", "gibberish"]


@pytest.mark.parametrize(
    ("aggregation", "reason"),
    [
        ("count() by source.ip < 5", "end of its window"),
        ("near other", "ties the events together"),
        ("min(x) by y > 5", "no correlation"),
        ("sum() by y > 5", "no correlation"),
        ("count() by a, b > 5", "not one that Sigma 1 defines"),
        ("count() by x > five", "not one that Sigma 1 defines"),
        ("", "not one that Sigma 1 defines"),
    ],
)
def test_what_no_correlation_says_is_refused_once(aggregation: str, reason: str) -> None:
    ruleset = read([("r.yml", old(aggregation))])
    assert ruleset.rules == ()
    (refused,) = ruleset.refused
    assert reason in refused.reason
    assert refused.rule_id == HEAD.split()[1]


def test_a_timeframe_that_is_none_and_none_at_all() -> None:
    for text in (old("count() > 5").replace("1m", "soon"), old("count() > 5").replace("timeframe: 1m\n  ", "")):
        ruleset = read([("r.yml", text)])
        assert [each.rule_id for each in ruleset.refused] == [HEAD.split()[1]]
        assert ruleset.refused[0].reason
        assert ruleset.rules == ()


def test_a_broken_search_is_refused_under_the_rules_own_name() -> None:
    ruleset = read([("r.yml", old("count() > 5").replace("condition: sel", "condition: nothing"))])
    assert ruleset.rules == ()
    assert [each.rule_id for each in ruleset.refused] == [HEAD.split()[1]]
