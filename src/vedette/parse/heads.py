"""The short heads that network devices put before their messages: priority, counter, time, name; never a program.

A message in which a peer's words could stand always has a program before it (`sshd[1]: `), so it cannot pass for one
of theirs.
"""

from typing import Final

STAMP: Final = (
    r"[A-Z][a-z]{2} +\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d{1,9})?(?: [A-Z]{3,4})?(?: \d{4})?"
    r"|\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?"
)
HEAD: Final = (
    rf"^(?:<\d{{1,3}}>)?(?:1 )?(?:\d{{1,10}}: )?(?:[*.]?(?P<stamp>{STAMP})(?: ?: ?| )?)?"
    r"(?:(?P<host.name>[^\s%:=\"\[|,]+)(?: ?: ?| ))?(?:\d{1,10}: )?(?:: ?)?"
)
"""Groups `stamp` and `host.name`."""
BARE: Final = HEAD.replace("?P<stamp>", "?:").replace("?P<host.name>", "?:")
"""The same without groups, for signs."""
