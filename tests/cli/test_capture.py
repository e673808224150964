"""`vedette capture`: what it says without a network; with one: tests/live/test_capture.py."""

import json
import socket
from typing import Any

import pytest


def test_interfaces_are_listed(vedette: Any) -> None:
    names = {name for _, name in socket.if_nameindex()}
    assert "lo" in names
    listed = [json.loads(line) for line in vedette("capture", "--list", "--format", "jsonl").out.splitlines()]
    assert {each["name"] for each in listed} == names
    assert next(each["hardware"] for each in listed if each["name"] == "lo") == 772
    assert {line.split()[0] for line in vedette("capture", "--list").out.splitlines()} == names


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "which interface?"),
        (["-i", "nope"], "nope: there is no interface of this name; there are: "),
        (["-i", "a-name-longer-than-the-kernel-allows"], "there is no interface of this name"),
        (["-i", "lo\0"], "there is no interface of this name"),
        (["-i", "lo", "--rotate", "1MB"], "there is no file to rotate"),
        (["-i", "lo", "-o", "x.pcap", "--files", "3"], "there is only one file"),
        (["-i", "lo", "--rotate", "much"], "write a number and a unit"),
        (["-i", "lo", "--packets", "0"], "a whole number above 0"),
        (["-i", "lo", "--seconds", "nan"], "a number of seconds above 0"),
    ],
)
def test_what_is_wrong_is_told(vedette: Any, words: list[str], says: str) -> None:
    done = vedette("capture", *words)
    assert (done.status, done.out) == (2, "")
    assert says in done.err
    assert "fix:" in done.err
