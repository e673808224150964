r"""Container output as Kubernetes' container runtimes write it.

    2026-02-01T10:24:12.123456789Z stderr F Failed password for root from 203.0.113.45 port 51122 ssh2

Source: Kubernetes CRI, kuberuntime logs: stamp, stream, F for a whole line or P for a part of one, message.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import time
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 40
ENVELOPE: Final = True
ZONED: Final = True
NESTED: Final = True
SIGN: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) std(?:out|err) [FP](?: |$)"
_PATTERNS: Final = (Pattern(r"^(?P<stamp>\S+) (?P<stream>std(?:out|err)) (?P<logtag>[FP])(?: (?P<message>(?s:.*)))?$"),)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Stream and `message`."""
    events = apply(frame, _PATTERNS, "raw")
    return Read([(Logsource(), time.stamp(events, "stamp", context))] if events.height else [], no_rejects())
