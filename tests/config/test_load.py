"""Settings: every fault at once, each with its line and a mend; the environment wins; nothing unknown passes."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from vedette.config.load import load, parse
from vedette.model.errors import ConfigError


def faults(text, environment=None):
    with pytest.raises(ConfigError) as caught:
        parse(text, "v.yaml", environment or {})
    return caught.value.faults


def test_no_file_is_the_defaults():
    tree = load(None, {})
    assert tree.sources == ()
    assert tree.agent.linger == timedelta(seconds=1)


def test_three_mistakes_are_three_lines():
    got = faults("keep:\n  aeg: 7d\nagent:\n  linger: 2 minutes\nsources:\n  - type: fiels\n    paths: [/var/log]\n")
    assert got[0] == "v.yaml:6: type: no such type 'fiels'" or "fiels" in "".join(got)
    assert any(f.startswith("v.yaml:2: no setting named 'aeg'; did you mean 'age'?") for f in got)
    assert any(f.startswith("v.yaml:4: linger: write a number and a unit") and "'2 minutes'" in f for f in got)
    assert any(f.startswith(("v.yaml:5:", "v.yaml:6:")) and "one of: files" in f for f in got)
    assert len(got) == 3


def test_a_mistake_in_a_source_has_its_own_line_and_a_hint():
    got = faults("sources:\n  - type: files\n    paths: [/var/log]\n    max_lines: 3MiB\n")
    assert got == ["v.yaml:4: no setting named 'max_lines'; did you mean 'max_line'?"]


def test_settings_of_a_source_are_read():
    tree = parse("sources:\n  - type: files\n    name: web\n    paths: [/srv/*.log]\n    time_zone: Europe/Berlin\n", "v.yaml", {})
    assert tree.sources[0].settings.paths == ["/srv/*.log"]
    assert tree.sources[0].time_zone == "Europe/Berlin"


def test_environment_wins_and_is_named_in_errors():
    assert parse("keep:\n  age: 7d\n", "v.yaml", {"VEDETTE_KEEP__AGE": "3d"}).keep.age == timedelta(days=3)
    assert parse("", "v.yaml", {"VEDETTE_DATA_DIR": "/srv/x"}).data_dir == Path("/srv/x")
    assert faults("", {"VEDETTE_KEEP__AGE": "soon"})[0].startswith("environment VEDETTE_KEEP__AGE: age: write a number")
    assert faults("", {"VEDETTE_KEPE__AGE": "3d"}) == ["environment VEDETTE_KEPE__AGE: no setting of that name; did you mean VEDETTE_KEEP?"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("keep: [", "v.yaml:1: not YAML"),
        ("- a\n- b\n", "settings are `key: value` pairs"),
        ("keep:\n  age: 7d\nkeep:\n  age: 8d\n", "v.yaml:3: keep: given twice, first in line 1"),
        ("time_zone: Mars/Olympus\n", "v.yaml:1: time_zone: no time zone named 'Mars/Olympus'"),
        ("!!python/object/apply:os.system ['true']\n", "not YAML"),
        ("data_dir: \x00\n", "not YAML"),
        ("[" * 100_000, "not YAML"),
    ],
)
def test_damage_is_told(text, said):
    assert any(said in fault for fault in faults(text))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.yaml", {})


def test_an_error_does_not_quote_a_secret():
    text = "channels:\n  - type: webhook\n    url: https://example.org/x\n    key: s3cr3t-value\n"
    assert "s3cr3t-value" not in "".join(faults(text))


def test_faults_come_in_the_order_of_the_file_in_a_users_words():
    text = "data_dir: [1]\nretention: forever\nsources:\n  - nonsense\n  - type: files\n    paths: /tmp\n"
    with pytest.raises(ConfigError) as raised:
        parse(text, "v.yaml", {})
    told = raised.value.faults
    assert [fault.split(":")[1] for fault in told] == ["1", "2", "4", "6"]
    assert "sources[0]: settings are `key: value` pairs" in told[2]
    assert not [fault for fault in told if "instance of" in fault or "class '" in fault]
    assert "fix: correct the lines named" in str(raised.value)


def test_what_is_asked_for_in_a_fault_report_is_no_setting():
    assert parse("", "v.yaml", {"VEDETTE_DEBUG": "1"}) == parse("", "v.yaml", {})


@pytest.mark.parametrize("text", ["? [a]\n: b\n", "? {a: 1}\n: b\n", "keep:\n  ? [age]\n  : 7d\n", "[a]: b\n"])
def test_a_key_that_is_no_text_is_told(text):
    with pytest.raises(ConfigError) as caught:
        parse(text, "v.yaml", {})
    assert caught.value.faults[0].startswith("v.yaml:")


def test_a_file_that_is_no_utf8_is_refused_with_its_line(tmp_path):
    path = tmp_path / "v.yaml"
    path.write_bytes(b"keep:\n  age: 7d\ndata_dir: /\xff\xfe\n")
    with pytest.raises(ConfigError, match=r"v.yaml:3: byte 0xff is no UTF-8"):
        load(path, {})


def test_no_fault_is_told_in_pythons_words(tmp_path):
    text = (
        "data_dir: /dev/null/x\nblocking: {mode: 3, allow: {a: 1}}\nnetwork: {fanout: many}\napi: {listen: [1]}\n"
        "metrics: 5\nsources: {a: b}\nchannels: [{type: webhook}]\nrules: {placeholders: [1]}\nagent: {batch_records: 1.5}\n"
    )
    told = faults(text)
    assert len(told) == 10
    assert not [fault for fault in told if re.search(r"(?i)valid|tuple|dict|input|field|string|integer|instance|none", fault)], told
    assert told[0].endswith("/dev/null is no directory; got '/dev/null/x'")
    assert faults("a: " + "[" * 20_000)[0] == "v.yaml:1: not YAML: nested hundreds deep"
    with pytest.raises(ConfigError, match="age: write a number"):
        parse("", "v.yaml", {"VEDETTE_KEEP__AGE": "[" * 3000})
    assert faults("- a\n") == ["v.yaml:1: settings are `key: value` pairs, this is a list"]
