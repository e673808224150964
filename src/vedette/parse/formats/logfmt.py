r"""Lines of key=value pairs: logfmt, and what firewalls and appliances write.

    time=2026-02-01T10:24:12Z level=warn msg="login failed" user=bob remote_addr=203.0.113.45
    date=2026-02-01 time=10:24:12 devname="fw1" srcip=203.0.113.45 action="deny"

Source: https://brandur.org/logfmt; github.com/go-logfmt/logfmt. Common keys are recognised as in any JSON.
"""

import re
from typing import Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.documents import any_json

ORDER: Final = 930
ENVELOPE: Final = True
NESTED: Final = True
_PAIR: Final = r'[A-Za-z_@][\w.@/:-]{0,100}=(?:"(?:[^"\\]|\\.)*"|[^\s"]*)'
SIGN: Final = rf"^\s*{_PAIR}(?:[ ,;\t]+{_PAIR}){{2}}"
_FIELD: Final = re.compile(r'([A-Za-z_@][\w.@/:-]{0,100})=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))')
_ESCAPE: Final = re.compile(r"\\(.)")
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r"}


def fields(text: str) -> Json:
    """The pairs of a line, the first of a key."""
    found: Json = {}
    for match in _FIELD.finditer(text):
        key, quoted, bare = match.groups()
        if key == "line" or key in found:
            continue
        if quoted is None:
            found[key] = bare.rstrip(",;")
        else:
            found[key] = _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), quoted) if "\\" in quoted else quoted
    return found


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Every key under its own name, and the known ones under the schema's too."""
    parts: dict[Logsource, list[Columns]] = {}
    for line, raw in frame.select("line", "raw").iter_rows():
        pairs = fields(raw)
        day = pairs.get("date") or pairs.get("eventdate")
        clock = pairs.get("time") or pairs.get("eventtime")
        if day and clock and len(day) == 10 and clock[2:3] == ":":
            pairs["@timestamp"] = f"{day} {clock} {pairs.get('tz', '')}".strip()
        source, event = any_json.read(pairs, context)
        filled = parts.setdefault(source, [])
        if not filled or filled[-1].is_full():
            filled.append(Columns())
        filled[-1].add(line, event)
    return Read([(source, part.frame(context)) for source, of in parts.items() for part in of], no_rejects())
