"""Lists of lines: one value, or a value and what is said of it; also hosts files and Spamhaus DROP."""

import io
from collections.abc import Iterator
from typing import Final

from vedette.parse.indicators.fields import VALUES, normal
from vedette.parse.indicators.gathered import Gathered

LINE: Final = 8192
"""Characters read of a line."""
COMMENTS: Final = ("#", ";", "//")
_HOSTS: Final = frozenset({"0.0.0.0", "127.0.0.1", "::", "::1"})  # noqa: S104 - nothing is bound


def lines(data: bytes) -> Iterator[str]:
    """Lines without their ends: UTF-8, with or without a byte order mark, or UTF-16 with one."""
    coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    for line in io.TextIOWrapper(io.BytesIO(data), coding, errors="replace"):
        yield line.rstrip("\n")


def read_text(data: bytes) -> Gathered:
    """One value a line; a comment behind it, or further columns, say what it is."""
    gathered = Gathered()
    first = True
    for number, line in enumerate(lines(data), 1):
        if not line:
            continue
        body, comment = split(line[:LINE])
        columns = body.split()
        if not columns:
            continue
        if columns[0] in _HOSTS and len(columns) > 1:
            for name in columns[1:]:
                gathered.take(number, name, comment)
        elif not (first and len(columns) == 1 and normal(columns[0]) in VALUES):  # the name of the only column
            value, more = columns[0], columns[1:]
            if "://" not in value:  # where these belong to it
                value = value.rstrip(",;")
            if len(more) > 1 and more[1].isdecimal() and more[0].count(".") == 3:  # DShield: first, last, prefix
                value, more = f"{value}-{more[0]}", more[2:]
            gathered.take(number, value, comment or " ".join(more).strip("|,;- "))
        first = False
    return gathered


def split(line: str) -> tuple[str, str]:
    """(what stands before a comment, the comment)"""
    line = line.strip()
    if line.startswith(COMMENTS):
        return "", line
    for mark in (" #", "\t#", " ;", "\t;"):
        body, found, comment = line.partition(mark)
        if found:
            return body, comment.strip("#; \t")
    return line, ""
