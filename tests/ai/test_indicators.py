"""What is an indicator, what only looks like one, and that no expression for them can backtrack."""

import re

import polars as pl
import pytest
import re2

from vedette.ai.compress import indicators
from vedette.ai.compress.indicators import find

MD5, SHA1 = "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709"

FOUND = {
    "1.2.3.4 203.0.113.7:8080,::ffff:192.0.2.1 fe80::1%eth0": {
        "address": {"1.2.3.4", "203.0.113.7", "::ffff:192.0.2.1", "fe80::1"},
        "port": {"8080"},
    },
    "sshd: Failed password for invalid user müller from 192.0.2.9 port 22 ssh2": {
        "address": {"192.0.2.9"}, "user": {"müller"}, "port": {"22"},
    },
    '"TargetUserName": "jo", "DestinationPort": "4444", "Image": "C:\\\\a\\\\b.exe"': {
        "user": {"jo"}, "port": {"4444"}, "process": {"C:\\\\a\\\\b.exe", "b.exe"}, "path": {"C:\\\\a\\\\b.exe"},
    },
    f"{MD5} SHA1={SHA1},x": {"hash": {MD5, SHA1}},
    "GET http://evil.example.org/a?b=c (see www.sub.example.click)": {
        "url": {"http://evil.example.org/a?b=c"}, "domain": {"www.sub.example.click"},
    },
    "密码错误，用户 user=王小明 rhost=файл1 端口port 22，来自192.0.2.8。": {
        "address": {"192.0.2.8"}, "user": {"王小明"}, "host": {"файл1"}, "port": {"22"},
    },
    "Failed password for अमित": {"user": {"अमित"}},
    "mail to=a.b@example.org rhost=db1 /etc/cron.d/x=/tmp/y": {
        "email": {"a.b@example.org"}, "host": {"db1"}, "path": {"/etc/cron.d/x=/tmp/y"},
    },
}  # fmt: skip
NOT = [
    "1.2.3.4567", "v1.2.3.4", "999.1.1.1", "12:30:45", "::",
    f"x{MD5}", f"{MD5}0", "User Agent: Mozilla", '"user_agent": "curl"', "port 99999", "example.comx", "a@b",
    "[\x02] GET", "\x02 INFO x",
]  # fmt: skip


@pytest.mark.parametrize("text", FOUND)
def test_found(text):
    assert find(pl.Series([text])) == FOUND[text]


@pytest.mark.parametrize("text", NOT)
def test_not_found(text):
    assert find(pl.Series([text])) == {}


def test_no_expression_can_backtrack():
    compiled = [value for value in vars(indicators).values() if isinstance(value, re.Pattern)]
    compiled += [rule for _, rule in indicators._RULES if not isinstance(rule, type(re2.compile("")))]
    assert compiled == []
