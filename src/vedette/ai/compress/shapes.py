r"""Which pieces of a line are values: one expression for each layout of logs, all of linear time (polars: Rust regex).

A value is what differs between lines that say the same: numbers, addresses, paths, quoted texts, fields of JSON, XML and
CSV. In the line it is replaced by HOLE, its time by TIME; what is left is the line's key.
"""

from typing import Final, NamedTuple

import polars as pl

HOLE: Final = "\x01"
WHEN: Final = "\x02"
"""These two cannot be in a line: control characters are escaped before."""

_WORD: Final = (
    r"0-9A-Za-z_\x{b5}\x{c0}-\x{60b}\x{60d}-\x{61a}\x{620}-\x{669}\x{66e}-\x{6d3}\x{6d5}-\x{1fff}\x{2070}-\x{218f}\x{2c00}-\x{2dff}"
    r"\x{2e80}-\x{2fff}\x{3005}-\x{3007}\x{3021}-\x{303c}\x{3040}-\x{fdff}\x{fe70}-\x{fefe}\x{ff10}-\x{ff19}\x{ff21}-\x{ff3a}"
    r"\x{ff41}-\x{ff5a}\x{ff66}-\x{ffef}\x{10000}-\x{1efff}\x{20000}-\x{10ffff}"
)
"""In a class: word characters of ASCII, and what is beyond ASCII but for punctuation and signs."""


def lean(expression: str) -> str:
    r"""An expression for polars in which `\d` and `\b` are those of ASCII, and `\w` (in classes only) is _WORD.

    The tables of Unicode make automata that are slow to build, and its `\b` a line beyond ASCII ten times as slow.
    """
    return expression.replace(r"\b", r"(?-u:\b)").replace(r"\d", "[0-9]").replace(r"\w", _WORD)


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
"""A point in time, as logs write them; not yet lean."""
TIME: Final = lean(TIMES)

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
    "text": Layout(lean(_WORDS)),
    "json": Layout(lean(rf'(:\s*)(?:"(?:[^"\\]|\\.)*"|[-\w.+]+)|{_NUMBERED}'), r"^:\s*"),
    "xml": Layout(lean(rf"([›=])(?:\"[^\"]*\"|'[^']*'|[^\s‹›\"'][^‹›\"']*)|{_NUMBERED}"), "^[›=]"),
    ",": Layout(r'(^|,)(?:"(?:[^"]|"")*"|[^,"]*)', "^,"),
    ";": Layout(r'(^|;)(?:"(?:[^"]|"")*"|[^;"]*)', "^;"),
    "|": Layout(r'(^|\|)(?:"(?:[^"]|"")*"|[^|"]*)', r"^\|"),
    "\t": Layout(r"(^|<x09>)(?:[^<]*)", "^<x09>"),
}
SAMPLE: Final = 500
"""Lines that show whether a text is a table."""
FEWEST: Final = 5
"""Delimiters of a table's row."""


def timeless(lines: pl.Series) -> pl.DataFrame:
    """`body`: each line with WHEN in place of its time; `when`: that time as written, or null."""
    frame = pl.DataFrame({"line": lines, "body": lines.str.replace(TIME, WHEN)})
    line, body = pl.col("line"), pl.col("body").str
    # Asking for a group takes the engine three times as long as replacing.
    when = line.cast(pl.Binary).bin.slice(body.find(WHEN, literal=True), line.str.len_bytes() + 1 - body.len_bytes())
    return frame.select("body", when=when.cast(pl.String))


def layouts(lines: pl.Series) -> pl.Series:
    """The name of each line's layout. Lines are neutral."""
    json = lines.str.contains(r'^\s*[{\[]\s*(?:<x0a>\s*)?"')
    if lines.str.contains('{"', literal=True).any():
        json |= lines.str.slice(0, 400).str.contains(r'\{"[0-9A-Za-z_.@-]+":')
    named = (
        pl.when(json)
        .then(pl.lit("json"))
        .when(lines.str.contains(r"^\s*(?:<x..>)*‹\??[A-Za-z]"))
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
