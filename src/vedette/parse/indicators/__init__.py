"""Lists of indicators, in any form that they are given out in. No input or output: bytes in, values out."""

from itertools import islice
from typing import Final, Literal, NamedTuple

from vedette.model.errors import FeedError
from vedette.model.indicator import Indicator
from vedette.parse.indicators.fields import VALUES
from vedette.parse.indicators.gathered import MOST
from vedette.parse.indicators.objects import read_json
from vedette.parse.indicators.table import SAMPLE, delimited, header, read_table
from vedette.parse.indicators.text import LINE, lines, read_text, split
from vedette.parse.indicators.value import indicator, is_indicator

__all__ = ["MOST", "Form", "Read", "indicator", "read"]

Form = Literal["text", "csv", "json", "stix"]


class Read(NamedTuple):
    """What a document holds.

    Attributes:
        indicators: each once, in the order of the document.
        rejected: (line or record from 1, the text cut to 200 characters, why) of the first 100 that were not taken.
        refused: how many were not taken in all.
    """

    form: Form
    indicators: list[Indicator]
    rejected: list[tuple[int, str, str]]
    refused: int


_FOREIGN: Final = {
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "compressed (gzip)",
    b"BZh": "compressed (bzip2)",
    b"\xfd7zXZ": "compressed (xz)",
    b"\x28\xb5\x2f\xfd": "compressed (zstd)",
    b"%PDF": "a PDF document",
    b"<": "a web page or XML",
}
"""What no list begins with; a web page comes where a list has moved away, or wants a key."""


def read(data: bytes, form: Form | None = None) -> Read:
    """The indicators of a document; `form` None: as its content shows.

    Raises:
        FeedError: it is no list of indicators, or not of this form.
    """
    begins = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, what in _FOREIGN.items():
        if begins.startswith(mark):
            raise FeedError(f"this is {what}, no list of indicators", fix="use the address of the plain list")
    form = form or _form(data)
    if form == "text":
        gathered = read_text(data)
    elif form == "csv":
        gathered = read_table(data)
    else:
        form, gathered = read_json(data, must_be_stix=form == "stix")
    return Read(form, gathered.indicators, gathered.rejected, gathered.refused)


def _form(data: bytes) -> Form:
    """As the first lines show."""
    sample, comments = [], []
    for line in islice(lines(data), 4 * SAMPLE):
        body, comment = split(line[:LINE])
        if body:
            sample.append(line[:LINE])
        elif comment:
            comments.append(comment)
        if len(sample) == SAMPLE:
            break
    if not sample:
        return "text"
    if sample[0].lstrip()[:1] == "{" or "".join(sample[0].split())[:2] in ("[", "[{", '["', "[[", "[]"):
        return "json"
    delimiter, width = delimited(sample)
    if width == 1:
        return "text"
    first = [line.split(maxsplit=1)[0].rstrip(",;") for line in sample]
    as_text = 2 * sum(delimiter not in each and is_indicator(each) for each in first) >= len(first)
    names = header(comments, sample, delimiter, width) or {}
    # Lists of lines may have a line of names, too: of columns that say whom to complain to (DShield).
    return "csv" if names.get(0) in VALUES or not as_text else "text"
