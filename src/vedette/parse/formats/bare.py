r"""A program's message with nothing before it.

Output that a container engine or a service manager caught, or that was copied out of its envelope.

    Bad password attempt for 'root' from 203.0.113.9:5543
    [GIN] 2026/02/01 - 10:24:12 | 401 |     505.3µs |       203.0.113.9 | POST     "/login"

Asked after all other formats. It takes only what a message component recognises by its words; the plain words of
programs that nobody knows must name a peer here, since nothing else says that the line is a log line at all.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.components import components
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import matches
from vedette.parse.rows import without

ORDER: Final = 990
NESTED: Final = False
SIGN: Final = r"^\s*[=0-9A-Za-z\[<('\"]"

_GENERIC: Final = "login_words"


def read(frame: pl.DataFrame, _context: Context) -> Read:
    """Events of the lines that a message component understood; there is no time in them."""
    asked = components().messages
    rest = frame.select("line", message="raw")
    groups: list[tuple[Logsource, pl.DataFrame]] = []
    left: Sequence[int] = range(len(asked.members))
    while left and rest.height:
        positions, _, left = asked.signs.ask(left, rest["message"])
        for position in positions:
            name, module = asked.members[position]
            hit = matches(rest["message"], module.SIGN)
            if not hit.any():
                continue
            found = module.read(rest.filter(hit))
            if name == _GENERIC and found.height:
                found = found.filter(pl.col("source.address").is_not_null())
            if found.height:
                groups.append((module.LOGSOURCE, found.join(rest, on="line", how="left")))
                rest = without(rest, found["line"])
    return Read(groups, no_rejects())
