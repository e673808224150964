r"""Blocks of journalctl -o export, joined by framing: a field per line, binary ones with their length before them.

    __CURSOR=s=1;i=2
    __REALTIME_TIMESTAMP=1769941452123456
    _HOSTNAME=web1
    SYSLOG_IDENTIFIER=sshd
    MESSAGE=Failed password for root from 203.0.113.45 port 51122 ssh2

Source: systemd.io/JOURNAL_EXPORT_FORMATS. The fields are those of the JSON form: documents/journald.
"""

from typing import Final

import polars as pl

from vedette.model.records import Json
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read
from vedette.parse.documents import journald
from vedette.parse.framing import as_bytes

ORDER: Final = 5
ENVELOPE: Final = True
ZONED: Final = True
SIGN: Final = r"^__CURSOR="
_LENGTH: Final = 8


def fields(block: bytes) -> Json:
    """The fields of a block; of one that occurs twice both.

    Raises:
        ValueError: a line without a value, or a binary field that ends too early.
    """
    found: Json = {}
    at = 0
    while at < len(block):
        end = block.find(b"\n", at)
        end = len(block) if end < 0 else end
        line = block[at:end]
        name, separator, value = line.partition(b"=")
        at = end + 1
        if not separator and line:
            size = int.from_bytes(block[at : at + _LENGTH], "little")
            at += _LENGTH
            value = block[at : at + size]
            if len(value) < size:
                raise ValueError(f"journal field {name[:40].decode('ascii', 'replace')} ends too early")
            at += size + 1
        if name:
            text = value.decode("utf-8", "backslashreplace")
            key = name.decode("ascii", "replace")
            known = found.get(key)
            found[key] = text if known is None else [*(known if isinstance(known, list) else [known]), text]
    return found


def read(frame: pl.DataFrame, context: Context) -> Read:
    """As documents/journald; a block that breaks off is rejected."""
    parts = [Columns()]
    bad: list[tuple[int, str]] = []
    for line, raw in frame.select("line", "raw").iter_rows():
        try:
            _, event = journald.read(fields(as_bytes(raw)), context)
        except ValueError as error:
            bad.append((line, str(error)))
            continue
        if parts[-1].is_full():
            parts.append(Columns())
        parts[-1].add(line, event)
    groups = [(journald.LOGSOURCE, part.frame(context)) for part in parts if part.lines]
    return Read(groups, pl.DataFrame(bad, schema={"line": pl.Int64(), "reason": pl.String()}, orient="row"))
