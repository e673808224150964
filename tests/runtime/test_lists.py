"""Lists of indicators: fetched when due, kept over a restart, kept when they cannot be had, and let go when too old."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vedette.config.load import parse
from vedette.detect.intel import Known
from vedette.model.errors import ConfigError, FeedError
from vedette.model.indicator import Indicator
from vedette.runtime import lists
from vedette.runtime.lists import FOLDER, Lists, find, load, of_files, weights

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
SETTINGS = """
data_dir: {0}
intel:
  feeds:
    - {{name: own, path: {0}/own.txt, interval: 1h, age: 2d, weight: 80}}
    - {{name: other, path: {0}/other.csv, interval: 6h, level: low}}
  ignore: [198.51.100.0/24]
"""


class Place:
    """Lists whose clock is moved by hand."""

    def __init__(self, path: Path) -> None:
        self.path, self.now, self.said = path, NOW, []
        self.tree = parse(SETTINGS.format(path), "v.yaml", {})
        (path / "own.txt").write_text("203.0.113.9 # bot\nevil.example\n")
        (path / "other.csv").write_text("ip,comment\n203.0.113.9,again\n192.0.2.77,two\n198.51.100.5,ignored\n")
        self.lists = self.open()

    def open(self) -> Lists:
        return Lists(self.tree.intel, self.path, lambda event, facts: self.said.append((event, facts)), lambda: self.now)

    def turn(self, **later: float) -> Known:
        self.now += timedelta(**later)
        self.lists.turn()
        return self.lists.known

    def events(self) -> list[str]:
        said, self.said = [event for event, _ in self.said], []
        return said


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path)


def test_lists_are_fetched_and_kept_over_a_restart(place) -> None:
    assert not place.lists.known
    known = place.turn()
    assert known.address("203.0.113.9").by.name == "own"
    assert (known.address("192.0.2.77").indicator.about, known.address("198.51.100.5")) == ("two", None)
    assert place.events() == ["list fetched", "list fetched"]
    again = place.open().known
    assert again.name("x.evil.example").by.name == "own"
    assert (place.path / FOLDER).stat().st_mode & 0o077 == 0


def test_what_did_not_change_is_not_told_and_what_did_is_looked_for_at_once(place) -> None:
    known = place.turn()
    place.events()
    assert place.turn(minutes=61) is known
    assert place.events() == []
    (place.path / "own.txt").write_text("203.0.113.10\n")
    assert place.turn(minutes=30).address("203.0.113.10") is None, "not due"
    known = place.turn(minutes=31)
    assert known.address("203.0.113.10").by.name == "own"
    assert known.address("203.0.113.9").by.name == "other"
    assert place.events() == ["list fetched"]


def test_a_list_that_cannot_be_had_stays_and_is_told_once_and_goes_with_its_age(place) -> None:
    place.turn()
    place.events()
    (place.path / "own.txt").unlink()
    tried = []
    for _ in range(200):
        before = place.lists.facts()["own"]["fetched"], load(place.path, "own").tried
        place.turn(minutes=1)
        after = load(place.path, "own").tried
        if after != before[1]:
            tried.append((after - NOW) // timedelta(minutes=1))
    assert tried == [60, 61, 63, 67, 75, 91, 123, 183], "ever less often, an hour at most"
    assert place.events() == ["list not fetched"]
    facts = place.lists.facts()["own"]
    assert (facts["indicators"], facts["fetched"]) == (2, NOW)
    assert "No such file" in facts["problem"]
    assert place.lists.known.name("evil.example")
    known = place.turn(days=2)
    assert known.name("evil.example") is None
    assert "list too old" in place.events()
    (place.path / "own.txt").write_text("203.0.113.9\nevil.example\n")
    assert place.turn(hours=1).name("evil.example").by.name == "own"
    assert place.lists.facts()["own"]["problem"] == ""


@pytest.mark.parametrize("broken", ["<html>moved</html>", "not a list\nat all\n", "10.0.0.1\n", '{"objects": ['])
def test_what_is_no_list_does_not_take_the_place_of_one(place, broken) -> None:
    place.turn()
    (place.path / "own.txt").write_text(broken)
    assert place.turn(hours=1).name("evil.example")
    assert place.lists.facts()["own"]["problem"]


def test_an_empty_list_is_one(place) -> None:
    place.turn()
    (place.path / "own.txt").write_text("# nothing today\n")
    assert place.turn(hours=1).name("evil.example") is None
    assert place.lists.facts()["own"]["problem"] == ""


def test_damage_on_the_disk_is_as_if_nothing_was_kept(place) -> None:
    place.turn()
    (place.path / FOLDER / "own.json").write_text("{")
    assert place.open().known.name("evil.example") is None
    assert place.open().known.address("192.0.2.77")


def test_what_lists_say_of_one_thing(place) -> None:
    place.turn()
    told = find(place.tree.intel, place.path, Indicator("network", "203.0.113.9/32"))
    assert [(name, one.about) for name, one in told] == [("own", "bot"), ("other", "again")]
    assert find(place.tree.intel, place.path, Indicator("domain", "a.evil.example"))[0][0] == "own"
    assert find(place.tree.intel, place.path, Indicator("network", "203.0.113.0/24")) == []
    assert weights(place.tree.intel.feeds) == {
        "intel/own/from": 80.0, "intel/own/login": 80.0, "intel/other/from": 30.0, "intel/other/login": 30.0,
    }  # fmt: skip


def test_files_for_one_look(place) -> None:
    known = of_files([place.path / "other.csv"])
    assert known.address("198.51.100.5").by.name == "other.csv"
    for wrong, said in ((place.path / "none", "No such file"), (place.path, "Is a directory")):
        with pytest.raises(FeedError, match=said):
            of_files([wrong])
    (place.path / "empty").write_text("10.1.1.1\n")
    with pytest.raises(FeedError, match=r"holds no indicator: line 1: .*routable"):
        of_files([place.path / "empty"])


def test_two_lists_of_one_name_are_refused(tmp_path) -> None:
    with pytest.raises(ConfigError, match="two lists are named a"):
        parse("intel: {feeds: [{name: a, path: /x}, {name: a, path: /y}]}", "v.yaml", {})


def test_on_the_command_line(place, vedette) -> None:
    place.turn()
    (place.path / "own.txt").unlink()
    place.turn(hours=1)
    config = place.path / "v.yaml"
    config.write_text(SETTINGS.format(place.path))
    ran = vedette("indicators", "--config", config)
    assert ran.status == 0
    assert "own                          2  fetched 2026-02-01 12:00 UTC  1 domain, 1 network" in ran.out
    assert "problem: " in ran.out
    ran = vedette("indicators", "find", "--config", config, "hxxp://www[.]evil[.]example/a", "203.0.113.9", "192.0.2.1")
    assert ran.status == 1
    assert ran.out.splitlines() == [
        "hxxp://www[.]evil[.]example/a  own  domain evil.example",
        "203.0.113.9  own  network 203.0.113.9/32  bot",
        "203.0.113.9  other  network 203.0.113.9/32  again",
        "192.0.2.1  on no list",
    ]
    assert vedette("indicators", "find", "--config", config, "192.0.2.1").status == 0
    assert vedette("indicators", "find", "--config", config, "what is this").status == 2
    ran = vedette("indicators", "check", place.path / "other.csv", "--format", "json")
    assert json.loads(ran.out)[0] == {
        "file": str(place.path / "other.csv"), "format": "csv", "indicators": 3, "kinds": {"network": 3}, "refused": 0, "rejected": [],
    }  # fmt: skip
    (place.path / "bad").write_text("10.1.1.1\n")
    ran = vedette("indicators", "check", place.path / "bad")
    assert (ran.status, ran.out.splitlines()[1]) == (2, "  line 1: 10.1.1.1: not globally routable")
    for wrong in (("list", "x"), ("find",), ("check",), ("check", place.path / "none")):
        assert vedette("indicators", *wrong, "--config", config).status == 2


def test_pages_that_ask_again_see_what_changed_and_read_no_file_twice(place, monkeypatch) -> None:
    place.turn()
    meant = Indicator("network", "203.0.113.9/32")
    assert len(find(place.tree.intel, place.path, meant)) == 2
    read: list[str] = []
    monkeypatch.setattr(lists, "load", lambda directory, name: read.append(name) or load(directory, name))
    assert len(find(place.tree.intel, place.path, meant)) == 2
    assert lists.kept(place.path, "own").kinds == {"network": 1, "domain": 1}
    assert read == []
    (place.path / "own.txt").write_text("203.0.113.10\n")
    place.turn(hours=1)
    assert [name for name, _ in find(place.tree.intel, place.path, meant)] == ["other"]
    assert read == ["own"]
