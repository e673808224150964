"""Notices in a file: whole lines, on disk, private, over rotation and damage."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from vedette.respond.notify.file import Settings, deliver
from vedette.respond.outcome import Dead, Delivered, Retry


@pytest.fixture
def target(tmp_path):
    return Settings(path=tmp_path / "alerts.jsonl")


def lines(settings):
    return [json.loads(line) for line in settings.path.read_text().splitlines()]


def test_one_private_line_for_each_notice(target):
    old = os.umask(0)
    try:
        assert deliver(target, {"message": "a\nb"}, "k1") == Delivered()
        assert deliver(target, {"message": "ü"}, "k2") == Delivered()
    finally:
        os.umask(old)
    assert lines(target) == [{"message": "a\nb", "notice.key": "k1"}, {"message": "ü", "notice.key": "k2"}]
    assert stat.S_IMODE(target.path.stat().st_mode) == 0o600


def test_after_rotation_a_new_file_begins(target):
    deliver(target, {"n": 1}, "k1")
    target.path.rename(target.path.with_suffix(".1"))
    deliver(target, {"n": 2}, "k2")
    assert [line["n"] for line in lines(target)] == [2]


def test_a_torn_line_does_not_tear_the_next_one(target):
    target.path.write_bytes(b'{"n": 1}\n{"n": 2, "cut')
    deliver(target, {"n": 3}, "k3")
    assert target.path.read_bytes().splitlines()[2] == b'{"n":3,"notice.key":"k3"}'


def test_what_is_not_a_plain_file_is_refused(target, tmp_path):
    (tmp_path / "real").write_text("")
    target.path.symlink_to(tmp_path / "real")
    assert isinstance(deliver(target, {}, "k"), Retry)
    assert (tmp_path / "real").read_text() == ""
    target.path.unlink()
    os.mkfifo(target.path)
    assert isinstance(deliver(target, {}, "k"), Dead)


def test_a_missing_folder_is_tried_again_and_named(tmp_path):
    settings = Settings(path=tmp_path / "missing" / "alerts.jsonl")
    outcome = deliver(settings, {}, "k")
    assert isinstance(outcome, Retry)
    assert str(settings.path) in outcome.reason
    settings.path.parent.mkdir()
    assert deliver(settings, {}, "k") == Delivered()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk_is_tried_again():
    outcome = deliver(Settings(path="/dev/full"), {}, "k")
    assert isinstance(outcome, Dead | Retry)


def test_what_is_not_json_is_dead(target):
    assert isinstance(deliver(target, {"x": object()}, "k"), Dead)
    assert not target.path.exists()


def test_a_notice_that_is_there_already_is_not_written_twice(target):
    for key in ("k1", "k2", "k1", "k2"):
        assert deliver(target, {"message": "x" * 1000}, key) == Delivered()
    assert [line["notice.key"] for line in lines(target)] == ["k1", "k2"]


def test_a_torn_line_with_the_same_key_does_not_count_as_delivered(target):
    target.path.write_bytes(b'{"message":"a","notice.key":"k1"')
    assert deliver(target, {"message": "a"}, "k1") == Delivered()
    assert target.path.read_bytes().endswith(b'{"message":"a","notice.key":"k1"}\n')


def test_deliveries_side_by_side_write_whole_lines(target):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: deliver(target, {"message": "x" * 3000}, f"k{number}"), range(200)))
    assert sorted(line["notice.key"] for line in lines(target)) == sorted(f"k{number}" for number in range(200))
