"""Lists of indicators, in any form that they are given out in. No input or output: bytes in, values out."""

from collections.abc import Callable
from itertools import islice
from typing import Final, Literal, NamedTuple

from vedette.model.errors import FeedError
from vedette.model.indicator import Indicator
from vedette.parse.indicators.gathered import MOST, Gathered
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
    readers: dict[Form, Callable[[bytes], Gathered]] = {"text": read_text, "csv": read_table}
    if form not in readers:
        raise FeedError("cannot read it")
    gathered = readers[form](data)
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
    if header(comments, sample, delimiter, width):
        return "csv"
    first = [line.split(maxsplit=1)[0].rstrip(",;") for line in sample]
    return "text" if 2 * sum(delimiter not in each and is_indicator(each) for each in first) >= len(first) else "csv"
