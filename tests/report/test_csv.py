"""Cells are text: for a spreadsheet, and for a terminal."""

import csv
import io

import pytest

from vedette.report.csv import cell, row


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("a\x00b\x9b31m", "a\\x00b\\x9b31m"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("=1+1", "'=1+1"),
        (None, ""),
    ],
)
def test_nothing_in_a_cell_acts(value: object, text: str) -> None:
    assert cell(value) == text
    assert next(csv.reader(io.StringIO(row([value, "x"]), newline=""))) == [text, "x"]
