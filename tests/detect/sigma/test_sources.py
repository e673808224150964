"""What `rules check` knows of log sources is what the parsers give."""

import pytest

from tests.detect.sigma.made import rule, rules
from tests.parse.samples import CASES, parse_all, sample
from vedette.detect.sigma import check
from vedette.detect.sigma.sources import SOURCES, provided
from vedette.model.records import Logsource

NAMED_BY_SENDER = {"cef", "leef"}


def test_every_log_source_of_a_sample_is_known() -> None:
    looked = set()
    for log in CASES:
        if log.parent.name in NAMED_BY_SENDER:
            continue
        parsed, _ = parse_all([sample(log)])
        for events in (events for each in parsed for events in each.events):
            looked.add(events.logsource)
            given = tuple(part or "" for part in events.logsource)
            assert any(all(k in (g, "*") for k, g in zip(known, given, strict=True)) for known in SOURCES), (log, given)
    assert len(looked) > 50


@pytest.mark.parametrize(
    ("logsource", "known"),
    [
        (Logsource("process_creation", "windows", None), True),
        (Logsource("process_creation", "macos", None), True),
        (Logsource("antivirus", None, None), True),
        (Logsource(None, "zeek", "dce_rpc"), True),
        (Logsource(None, "linux", "guacamole"), True),
        (Logsource("application", "django", None), True),
        (Logsource(None, "nosuch", "audit"), False),
        (Logsource("nosuch", "windows", None), False),
        (Logsource(None, "azure", "nosuch"), False),
    ],
)
def test_log_sources_that_nothing_feeds(logsource: Logsource, known: bool) -> None:
    assert provided(logsource) is known


def test_check_says_what_feeds_nothing_and_what_is_expensive() -> None:
    many = ", ".join(f"word{n}" for n in range(400))
    made = rules(
        rule("a: {x: 1}\n  condition: a", logsource="{product: nosuch}"),
        rule("a: {x: 1}\n  condition: not a", "id: 00000000-0000-4000-8000-000000000001", "{product: linux}"),
        rule(f"a: {{x|contains: [{many}]}}\n  condition: a", "id: 00000000-0000-4000-8000-000000000002", "{product: linux}"),
        rule("a: {x: 1}\n  condition: a", "id: 00000000-0000-4000-8000-000000000003", "{product: linux}"),
    )
    said = [row["reason"] for row in check(made)]
    assert said[0] == "nothing that Vedette reads is product=nosuch"
    assert said[1].startswith("expensive: no text must occur")
    assert said[2] == "expensive: 400 tests"
    assert said[3] is None
