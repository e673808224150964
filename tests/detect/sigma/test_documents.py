"""Files: what their YAML says, and the rule collections of Sigma 1."""

from typing import Any

import pytest

from tests.detect.sigma.made import rule
from vedette.detect.sigma import read
from vedette.detect.sigma.bundles import written_out
from vedette.detect.sigma.documents import documents


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.10", "1.10"), ("1.5", 1.5), ("5.0", "5.0"), ("0.00001", "0.00001"), ("1e3", "1e3"), ("-3", -3), ("-0", "-0"),
        ("0010", "0010"), ("0x10", "0x10"), ("1_000", "1_000"), ("12:30", "12:30"), ("NO", "NO"), ("off", "off"),
        ("true", True), ("False", False), ("~", None), ("", None), ("2026-01-15", "2026-01-15"), ("'5'", "5"), ("5", 5),
    ],
)  # fmt: skip
def test_a_scalar_is_what_is_written(written: str, value: Any) -> None:
    (doc,) = documents("x.yml", f"a: {written}\n")
    assert doc.content == {"a": value}
    assert type((doc.content or {})["a"]) is type(value)


def test_keys_are_text_whatever_they_look_like() -> None:
    (doc,) = documents("x.yml", "1: a\non: b\nnull: c\n")
    assert doc.content == {"1": "a", "on": "b", "null": "c"}
    assert read([("x.yml", rule("1: {x: a}\n  2: {y: b}\n  condition: 1 and not 2"))]).refused == ()


def test_merge_keys_are_read_and_own_keys_go_before() -> None:
    (doc,) = documents("x.yml", "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n")
    assert doc.content == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}}


COLLECTION = """action: global
title: Shared
id: 0b8e9b6a-6a60-4f51-9e3b-6a4f0d3c1a11
level: high
detection: {condition: s}
---
logsource: {service: security}
detection: {s: {EventID: 4688}}
---
action: repeat
id: 0b8e9b6a-6a60-4f51-9e3b-6a4f0d3c1a12
logsource: {service: system}
---
logsource: {service: sysmon}
detection: {s: {EventID: 1}}
---
action: reset
---
title: Alone
logsource: {service: dns}
detection: {s: {a: b}, condition: s}
"""


def test_collections_of_sigma_1_are_written_out() -> None:
    ruleset = read([("x.yml", COLLECTION)])
    assert ruleset.refused == ()
    assert [(r.name, r.id[-2:], r.logsource.service, r.level, r.line) for r in ruleset.rules] == [
        ("Shared", "11", "security", "high", 7),
        ("Shared", "12", "system", "high", 10),
        ("Shared", ":2", "sysmon", "high", 14),
        ("Alone", "ne", "dns", "informational", 19),
    ]


def test_a_document_without_actions_around_it_stays_as_it_is() -> None:
    docs = documents("x.yml", rule("a: {x: 1}\n  condition: a"))
    assert list(written_out(docs)) == docs
