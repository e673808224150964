"""Exceptions as Sigma filters: what pySigma makes of them is what was meant, and nothing more is hidden."""

from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma.collection import SigmaCollection
from sigma.filters import SigmaFilter
from sigma.types import SigmaString

from vedette.incidents.exceptions import ExceptionFault, from_events, silenced
from vedette.model.alert import Alert, Evidence
from vedette.model.records import Logsource

AT = datetime(2026, 2, 1, tzinfo=UTC)
RULE = "6f3e2987-db24-4c78-a860-b4f4095a7095"
SOURCE = Logsource("process_creation", "linux", None)
ALERT = Alert(
    timestamp=AT, id="a1", rule_id=RULE, rule_name="Odd shell: * \"quoted\"", level="high", rule_source="sigma",
    first_seen=AT, last_seen=AT, message="m", evidence=(Evidence("e1", "f", 1, "x"), Evidence("e2", "f", 2, "y")),
)  # fmt: skip


def make(event, fields, **more):
    events = event if isinstance(event, list) else [event]
    given = {"who": "ann", "why": "ours", "at": AT, **more}
    return from_events(RULE, ALERT.rule_name, events, fields, given.pop("logsource", SOURCE), **given)


def test_the_document():
    text = make({"user.name": "backup", "process.pid": 7, "host.name": None}, ["user.name", "process.pid", "host.name"])
    document = yaml.safe_load(text)
    assert document["filter"] == {
        "rules": [RULE],
        "selection": {"user.name|cased": "backup", "process.pid": 7, "host.name": None},
        "condition": "not selection",
    }
    assert document["logsource"] == {"category": "process_creation", "product": "linux"}
    assert {"title", "id", "description", "author", "date"} <= set(document)
    assert make({"user.name": "backup"}, ["user.name"]) == make({"user.name": "backup"}, ["user.name"])
    assert document["id"] != yaml.safe_load(make({"user.name": "b"}, ["user.name"]))["id"]


def test_pysigma_adds_it_to_its_rule():
    rule = f"""
title: r
id: {RULE}
logsource: {{category: process_creation, product: linux}}
detection: {{sel: {{CommandLine: x}}, condition: sel}}
"""
    both = SigmaCollection.merge(
        [SigmaCollection.from_yaml(rule), SigmaCollection.from_yaml(make({"user.name": "backup"}, ["user.name"]))]
    )
    condition = both.rules[0].detection.condition[0]
    assert condition.startswith("(sel) and ")
    assert "not" in condition


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab*?\\ '\"\n:#é\x00"), min_size=1, max_size=12))
def test_any_value_is_taken_literally(value):
    document = SigmaFilter.from_yaml(make({"user.name": value}, ["user.name"]))
    written = document.filter.detections["selection"].detection_items[0].value[0]
    assert isinstance(written, SigmaString)
    assert not written.contains_special()
    assert "".join(str(part) for part in written.s) == value


@pytest.mark.parametrize(
    ("event", "fields", "more"),
    [
        ({}, [], {}),
        ({"event.outcome": "failure"}, ["event.outcome", "event.category"], {}),
        ({"user.name": "x"}, ["user.name"], {"why": " "}),
        ({"user.name": "x"}, ["user.name"], {"who": ""}),
        ({"user.name": "x" * 5000}, ["user.name"], {}),
        ({"a|re": "x"}, ["a|re"], {}),
        ({"user.name": "x"}, ["user.name"], {"logsource": Logsource()}),
    ],
)
def test_what_makes_no_exception(event, fields, more):
    with pytest.raises(ExceptionFault):
        make(event, fields, **more)


def test_of_several_events_any_may_agree_and_each_is_said_once():
    events = [{"user.name": name, "host.name": "h1"} for name in ("backup", "cron", "backup")]
    document = yaml.safe_load(make(events, ["user.name", "host.name"]))
    assert document["filter"]["selection"] == [
        {"user.name|cased": "backup", "host.name|cased": "h1"},
        {"user.name|cased": "cron", "host.name|cased": "h1"},
    ]


def test_alerts_are_silenced_whose_evidence_is_hidden():
    other = Alert(**{f: getattr(ALERT, f) for f in ALERT.__struct_fields__} | {"id": "a2", "evidence": (Evidence("e5", "f", 5, ""),)})
    bare = Alert(**{f: getattr(ALERT, f) for f in ALERT.__struct_fields__} | {"id": "a3", "evidence": ()})
    whole, partly = silenced([ALERT, other, bare], {"e1", "e5"})
    assert ([a.id for a in whole], [a.id for a in partly]) == (["a2"], ["a1"])
