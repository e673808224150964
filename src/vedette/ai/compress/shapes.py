r"""Which pieces of a line are values: one expression for each layout of logs, all of linear time (polars: Rust regex).

A value is what differs between lines that say the same: numbers, addresses, paths, quoted texts, fields of JSON, XML and
CSV. In the line it is replaced by HOLE, its time by TIME; what is left is the line's key.
"""

from typing import Final, NamedTuple

import polars as pl

HOLE: Final = "\x01"
WHEN: Final = "\x02"
"""These two cannot be in a line: control characters are escaped before."""

_ZONE: Final = r"(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})\b)?"
_CLOCK: Final = r"\d{1,2}:\d{2}:\d{2}(?:[.,:]\d{1,9})?"
_DAY: Final = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
TIMES: Final = (
    rf"\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}[T _:-]{_CLOCK}{_ZONE}"
    rf"|(?:{_DAY},? )?{_MONTH} {{1,2}}\d{{1,2}},? (?:\d{{4}} )?{_CLOCK}(?: \d{{4}}\b)?{_ZONE}"
    rf"|\d{{1,2}}[/ -]{_MONTH}[/ -]\d{{4}}[: ]{_CLOCK}{_ZONE}"
    rf"|\d{{2}}[-/.]\d{{2}}[-/.](?:\d{{4}}|\d{{2}}),? {_CLOCK}(?: [AP]M)?{_ZONE}"
    rf"|\b(?:19|20)\d{{6}}[-T ]\d{{1,2}}:\d{{1,2}}:\d{{1,2}}(?:[.,:]\d{{1,9}})?{_ZONE}"
    r"|\b(?:19|20)\d{6}T\d{6}Z?\b"
    r"|^\d{6} \d{6}\b"
    r"|\b1\d{9}(?:\.\d{1,9}|\d{3})?\b"
)
"""A point in time, as logs write them."""

_NUMBERED: Final = r"[\w.\-@$%*+#~\\/]*\d[\w.\-@$%*+#~\\/]*"
_WORDS: Final = (
    rf"{TIMES}"
    # A quoted text neither begins nor ends with a space: so a stray quote does not turn inside and outside around.
    r'|"(?:[^"\s\\]|\\.)(?:(?:[^"\\]|\\.)*(?:[^"\s\\]|\\.))?"'
    r"|[A-Za-z][\w+.-]*://[^\s\"'‹›]+"
    r"|\b[A-Za-z]:\\[^\s,;\"'|‹›]+"
    r"|(?:[0-9A-Fa-f]{1,4}:){2,7}[0-9A-Fa-f]{1,4}\b|(?:[0-9A-Fa-f]{0,4}:){1,6}:(?:[0-9A-Fa-f]{1,4}:){0,6}[0-9A-Fa-f]{0,4}\b"
    rf"|{_NUMBERED}"
    r"|(?:/[\w.\-$+@%~=]+){2,}/?"
)


class Layout(NamedTuple):
    """How values are found in lines of a layout.

    Attributes:
        values: expression whose matches are values, with what is before them in `before`.
        before: expression of that which belongs to the key though it is matched; empty for nothing.
    """

    values: str
    before: str = ""


LAYOUTS: Final = {
    "text": Layout(_WORDS),
    "json": Layout(rf'(:\s*)(?:"(?:[^"\\]|\\.)*"|[-\w.+]+)|{_NUMBERED}', r"^:\s*"),
    "xml": Layout(rf"([›=])(?:\"[^\"]*\"|'[^']*'|[^\s‹›\"'][^‹›\"']*)|{_NUMBERED}", "^[›=]"),
    ",": Layout(r'(^|,)(?:"(?:[^"]|"")*"|[^,"]*)', "^,"),
    ";": Layout(r'(^|;)(?:"(?:[^"]|"")*"|[^;"]*)', "^;"),
    "|": Layout(r'(^|\|)(?:"(?:[^"]|"")*"|[^|"]*)', r"^\|"),
    "\t": Layout(r"(^|<x09>)(?:[^<]*)", "^<x09>"),
}
SAMPLE: Final = 500
"""Lines that show whether a text is a table."""
FEWEST: Final = 5
"""Delimiters of a table's row."""


def layouts(lines: pl.Series) -> pl.Series:
    """The name of each line's layout. Lines are neutral."""
    first = lines.str.slice(0, 400).str.strip_chars_start()
    named = (
        pl.when(first.str.contains(r'^[{\[]\s*(?:<x0a>\s*)?"') | first.str.contains(r'\{"[\w.@-]+":'))
        .then(pl.lit("json"))
        .when(first.str.contains(r"^(?:<x..>)*‹\??[A-Za-z]"))
        .then(pl.lit("xml"))
        .otherwise(pl.lit(_table(lines) or "text"))
    )
    return pl.select(named).to_series()


def _table(lines: pl.Series) -> str | None:
    """The delimiter, if nine in ten lines have the same number of it."""
    few = lines.head(SAMPLE)
    for delimiter, sign in ((",", ","), ("\t", "<x09>"), (";", ";"), ("|", "|")):
        counts = few.str.replace_all(r'"[^"]*"', "").str.count_matches(sign, literal=True)
        usual = counts.mode()
        if len(usual) and usual[0] >= FEWEST and (counts == usual[0]).mean() >= 0.9:
            return delimiter
    return None
