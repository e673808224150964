"""Lines that are made to hurt: packed in seconds, whole, and without anything that acts."""

import re
import time
from collections import Counter

import pytest

from vedette.ai.compress import compress, decode

LONG = 200_000
HOSTILE = {
    "NULs": ["a\0b\0\0c\0" * 1000],
    "one letter": ["x" * LONG * 5],
    "digits": ["1" * LONG],
    "quotes": ['"' * LONG],
    "backslashes": ['"' + "\\" * LONG],
    "colons": ["0:" * LONG],
    "dots": ["a." * LONG],
    "slashes": ["/" * LONG, "/a" * LONG],
    "user=": ["user" * LONG],
    "braces": ['{"a":' * 20_000],
    "signs of a pack": ["#1 5x @3 hi", "&1=x", "&1", " row*3", "@5", "<A> <x00> <t> …", "also: user root"],
    "every line another": [
        f"{chr(97 + n % 26) * (n % 50)} {n:b}".replace("0", "z ").replace("1", "y!") for n in range(3000)
    ],
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.timeout(120)
def test_hostile_lines(name):
    lines = HOSTILE[name]
    began = time.process_time()
    pack = compress(lines)
    took = time.process_time() - began
    assert took < 20
    assert pack.tokens_after <= pack.tokens_before
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", pack.text)
    if pack.exact and not pack.tabular:
        assert decode(pack) == Counter(lines)


def test_bytes_that_are_no_text(vedette, tmp_path):
    path = tmp_path / "odd.log"
    path.write_bytes(b"".join(b"Feb  1 10:00:%02d web1 app: \xff\xfe caf\xe9 %d\n" % (n % 60, n) for n in range(300)))
    ran = vedette("compress", path)
    assert ran.status == 0
    assert "300x" in ran.out
