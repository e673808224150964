"""Compiled rules on disk: used when they fit, ignored when they do not, never in the way."""

import os
import stat

import pytest

from vedette.runtime import rule_cache
from vedette.runtime.rules import load

RULE = """
title: Su
id: 4bd3cd43-31fc-4bd9-b7a1-5b1c6f0c5a11
logsource: {product: linux}
detection: {a: {event.action: su}, condition: a}
"""
TEXTS = [("su.yml", RULE), ("bad.yml", "title: none")]


@pytest.fixture
def environment(tmp_path):
    return {"XDG_CACHE_HOME": str(tmp_path), "HOME": "/nonexistent"}


@pytest.fixture
def readings(monkeypatch):
    """How often rules were really read."""
    count = []
    real = rule_cache.sigma.read
    monkeypatch.setattr(rule_cache.sigma, "read", lambda *given: count.append(1) or real(*given))
    return count


def kept(texts, environment):
    """As if the texts stood in files whose stamps tell them apart."""
    return rule_cache.read([(path, text) for path, text in texts], lambda: texts, environment)


def parts(ruleset):
    return ruleset.rules, ruleset.filters, ruleset.refused


def files(tmp_path):
    return sorted((tmp_path / "vedette").iterdir())


def test_rules_are_read_once_and_come_back_the_same(tmp_path, environment, readings):
    first = kept(TEXTS, environment)
    second = kept(TEXTS, environment)
    assert len(readings) == 1
    assert parts(second) == parts(first)
    assert (len(first.rules), len(first.refused)) == (1, 1)
    (file,) = files(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "other",
    [
        [("moved.yml", RULE), TEXTS[1]],
        [("su.yml", RULE.replace("title: Su", "title: Sudo")), TEXTS[1]],
        TEXTS[::-1],
        TEXTS[:1],
        [("su.yml", RULE + "bad.yml"), ("", "title: none")],
    ],
    ids=["path", "text", "order", "fewer", "border"],
)
def test_other_rules_are_read_anew(environment, readings, other):
    kept(TEXTS, environment)
    made = kept(other, environment)
    assert len(readings) == 2
    assert parts(made) == parts(rule_cache.sigma.read(other))


def test_another_version_or_other_code_reads_anew(tmp_path, environment, readings, monkeypatch):
    kept(TEXTS, environment)
    monkeypatch.setattr(rule_cache, "__version__", "999")
    kept(TEXTS, environment)
    code = tmp_path / "code"
    code.mkdir()
    (code / "ruleset.py").write_text("changed")
    monkeypatch.setattr(rule_cache, "_CODE", code)
    kept(TEXTS, environment)
    assert len(readings) == 3


def damaged(data):
    yield b""
    yield b"\x00" * 100
    for at in (0, 20, 50, 100, len(data) - 1):
        yield data[:at]
        yield data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    yield data + b"x"


def test_a_damaged_file_is_read_anew_and_mended(tmp_path, environment, readings):
    good = parts(kept(TEXTS, environment))
    (file,) = files(tmp_path)
    data = file.read_bytes()
    for number, wrong in enumerate(damaged(data), 2):
        file.write_bytes(wrong)
        assert parts(kept(TEXTS, environment)) == good
        assert len(readings) == number
        assert file.read_bytes() == data


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_can_write_is_not_trusted(tmp_path, environment, readings, mode):
    kept(TEXTS, environment)
    (file,) = files(tmp_path)
    file.chmod(mode)
    kept(TEXTS, environment)
    assert len(readings) == 2


def test_a_directory_that_others_can_write_is_neither_read_nor_written(tmp_path, environment, readings):
    kept(TEXTS, environment)
    (tmp_path / "vedette").chmod(0o777)
    kept(TEXTS, environment)
    kept([TEXTS[0]], environment)
    assert len(readings) == 3
    assert len(files(tmp_path)) == 1


def test_a_link_or_a_pipe_in_place_of_the_file_is_not_followed(tmp_path, environment, readings):
    kept(TEXTS, environment)
    (file,) = files(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    kept(TEXTS, environment)
    assert (len(readings), file.is_symlink()) == (2, False)
    file.unlink()
    os.mkfifo(file)
    kept(TEXTS, environment)
    assert len(readings) == 3
    assert file.is_file()


def test_only_the_latest_sets_stay(tmp_path, environment):
    for number in range(rule_cache.KEPT + 3):
        kept([(f"{number}.yml", RULE)], environment)
    assert len(files(tmp_path)) == rule_cache.KEPT


def test_where_nothing_can_be_written_rules_are_read_all_the_same(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    for place in (str(blocked), str(blocked / "below"), "off"):
        assert len(kept(TEXTS, {"VEDETTE_CACHE_DIR": place}).rules) == 1
    assert len(kept(TEXTS, {}).rules) == 1
    assert list(tmp_path.iterdir()) == [blocked]


def test_where_the_files_are(tmp_path):
    folder = rule_cache.folder
    assert str(folder({"HOME": "/home/ann"})) == "/home/ann/.cache/vedette"
    assert str(folder({"HOME": "/home/ann", "XDG_CACHE_HOME": "/var/c"})) == "/var/c/vedette"
    assert str(folder({"HOME": "/home/ann", "XDG_CACHE_HOME": "relative"})) == "/home/ann/.cache/vedette"
    assert str(folder({"HOME": "/home/ann", "VEDETTE_CACHE_DIR": "/srv/c"})) == "/srv/c"
    assert folder({"HOME": "/home/ann", "VEDETTE_CACHE_DIR": "off"}) is None
    assert folder({}) is None


@pytest.fixture
def rule_file(tmp_path, environment, monkeypatch):
    """A rule file that is old enough to be trusted."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("VEDETTE_CACHE_DIR", raising=False)
    monkeypatch.setattr(rule_cache, "YOUNG", 0)
    path = tmp_path / "rules" / "su.yml"
    path.parent.mkdir()
    path.write_text(RULE)
    return path


def names(path):
    return [rule.name for rule in load([path], builtin=False).rules]


def test_a_file_is_read_once_until_it_changes(rule_file, readings):
    assert names(rule_file) == names(rule_file) == ["Su"]
    assert len(readings) == 1
    before = rule_file.stat()
    while rule_file.stat().st_ctime_ns == before.st_ctime_ns:  # the clock of the file system has to tick
        rule_file.write_text(RULE.replace("title: Su", "title: So"))
        os.utime(rule_file, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = rule_file.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)
    assert names(rule_file) == ["So"], "its time was set back, and still it is another file"
    assert len(readings) == 2


def test_a_file_that_changed_a_moment_ago_is_not_trusted(tmp_path, rule_file, readings, monkeypatch):
    monkeypatch.setattr(rule_cache, "YOUNG", 10**15)
    assert rule_cache.stamp(str(rule_file)) == rule_cache.stamp(str(tmp_path / "nowhere")) == ""
    assert names(rule_file) == names(rule_file) == ["Su"]
    assert len(readings) == 2
    assert not (tmp_path / "vedette").exists()


def test_other_values_of_placeholders_are_other_rules(environment, readings):
    text = RULE.replace("{event.action: su}", "{user.name|expand: '%who%'}")
    texts = [("su.yml", text)]

    def kept_with(**values):
        return rule_cache.read([(path, text) for path, text in texts], lambda: texts, environment, values)

    assert [len(kept_with(who=who).rules) for who in (["a"], ["b"], ["a"])] == [1, 1, 1]
    assert len(readings) == 2
    assert kept_with().refused[0].reason.startswith("placeholder %who% has no values")
