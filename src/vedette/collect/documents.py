r"""One line that is a document of many records, cut into these where it is longer than a line may be.

    {"Records":[{...},{...}]}                        CloudTrail as S3 keeps it, and others under the keys of LISTS
    [{...},{...}]                                    a JSON array: jq -c, ConvertTo-Json -Compress, the answers of most APIs
    <Events><Event ...>...</Event>...</Events>       what the Event Viewer saves

Such files are one line of many megabytes. Records have the place and the number that they have in the document; shorter
documents are cut by the parsers, which see them whole.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

import polars as pl

from vedette.collect.lines import Cut
from vedette.model.records import LISTS, RECORD

LONGEST_HEAD: Final = 4096
"""Bytes in which the list has to begin."""

_LISTING: Final = re.compile(
    rb'\s*(?:\[|\{\s*(?:"[A-Za-z@._]{1,64}"\s*:\s*(?:"[^"\\]{0,500}"|[0-9.]{1,20}|true|false|null)\s*,\s*){0,8}"(?:'
    + "|".join(LISTS).encode()
    + rb')"\s*:\s*\[)\s*(?=\{)'
)
_EVENTS: Final = re.compile(rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?<Events[^>]{0,200}>\s*(?=<Event[\s>])")
_EVENT: Final = re.compile(rb"<Event[\s>].*?</Event>", re.DOTALL)
_BETWEEN: Final = re.compile(r"\s*,?\s*")
_DECODER: Final = json.JSONDecoder()


def head_of(data: bytes, cap: int) -> bytes | None:
    """What stands before the first record of a document whose first line is longer than `cap`; None: it is none."""
    head = data[:LONGEST_HEAD]
    begin = len(head) - len(head.lstrip())
    if len(data) - begin <= cap or data.find(b"\n", begin, begin + cap + 1) >= 0:
        return None
    found = _LISTING.match(head) or _EVENTS.match(head)
    return found[0] if found else None


def cut_records(data: bytes, *, offset: int, line: int, cap: int, end: bool, limit: int | None = None) -> Cut | None:
    """The whole records at the front of `data`; None when what stands there is none, and so no list goes on.

    Args:
        data: from the first byte of a record on, or from what stands between two.
        offset, line, cap, end, limit: as of lines.cut. The record that is not yet whole is left for the next time.
    """
    begin = data[:LONGEST_HEAD].lstrip()[:1]
    spans = list(islice(_elements(data, xml=begin == b"<"), limit))
    used = spans[-1][1] if spans else 0
    if not spans and (end or len(data) > 2 * cap or begin not in (b"{", b",", b"<", b"")):
        return None
    texts = [data[a : min(b, a + cap)].decode("utf-8", "backslashreplace") for a, b in spans]
    numbers = range(line + 1, line + 1 + len(spans))
    columns = {"line": numbers, "offset": [offset + a for a, _ in spans], "raw": texts}
    return Cut(pl.DataFrame(columns, schema=RECORD), used, line + len(spans), False, sum(b - a > cap for a, b in spans))


def _elements(data: bytes, *, xml: bool) -> Iterator[tuple[int, int]]:
    """Begin and end of each whole record."""
    if xml:
        for found in _EVENT.finditer(data):
            yield found.span()
        return
    text = data.decode("latin-1")  # a character for each byte; what they say is not looked at here
    at = 0
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if text[at : at + 1] != "{":
            return
        try:
            _, stop = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):  # not whole yet, or broken
            return
        yield at, stop
        at = stop
