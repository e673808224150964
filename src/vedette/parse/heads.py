"""The short heads that network devices put before their messages: priority, counter, time, name; never a program.

A message in which a peer's words could stand always has a program before it (`sshd[1]: `), so it cannot pass for one
of theirs.
"""

import re
from typing import Any, Final

STAMP: Final = (
    r"[A-Z][a-z]{2} +\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d{1,9})?(?: [A-Z]{3,4})?(?: \d{4})?"
    r"|\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?"
    r"|\d{9,10}\.\d{1,9}"
)
HEAD: Final = (
    rf"^(?:<\d{{1,3}}>)? {{0,2}}(?:1 )?(?:\d{{1,10}}: )?(?:[*.]?(?P<stamp>{STAMP})(?: ?: ?| )?)?"
    r"(?:(?P<host.name>[^\s%:=\"\[|,]+)(?: ?: ?| ))?(?:\d{1,10}: )?(?:: ?)?"
)
"""Groups `stamp` and `host.name`."""
BARE: Final = HEAD.replace("?P<stamp>", "?:").replace("?P<host.name>", "?:")
"""The same without groups, for signs."""

_ZONED: Final = re.compile(r"^\d{9,19}(?:\.\d+)?$|\d(?:Z| ?[+-]\d\d:?\d\d| ?[A-Z]{3,4})$")
_YEAR: Final = re.compile(r"\b\d{4}[-/.]|[-/. ]\d{4}\b")


def best(*stamps: Any) -> str | None:
    """Of the stamps of one record the one that says most: with a zone, else with a year, else the first that there is."""
    there = [str(stamp) for stamp in stamps if stamp]
    zoned = [stamp for stamp in there if _ZONED.search(stamp)]
    dated = [stamp for stamp in there if _YEAR.search(stamp)]
    return next(iter(zoned + dated + there), None)
