"""Bytes to lines, a whole block at a time.

A line ends at \\n; one \\r before it goes too. Where no \\n comes at all, lines end at \\r (`by_returns`). Bytes that are not
UTF-8 become \\xNN, so nothing is lost. NULs stay.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from vedette.model.records import RECORD

UTF8: Final = "utf-8"
UTF16LE: Final = "utf-16-le"
UTF16BE: Final = "utf-16-be"
BOMS: Final = ((b"\xef\xbb\xbf", UTF8), (b"\xff\xfe", UTF16LE), (b"\xfe\xff", UTF16BE))

PACKED: Final = (b"x", b"(", b"\x1f")
"""First bytes of zlib, zstd and gzip."""
SMALL: Final = 1 << 15
"""Below this many bytes str.split beats starting a query."""


class Cut(NamedTuple):
    """What `cut` found.

    Attributes:
        frame: columns as in model.records.RECORD.
        used: bytes of `data` that are done with; the rest is to be handed in again, with what follows it.
        line: number of the last record.
        skipping: True while inside the tail of a line that was too long; hand it back in.
        long: lines that were cut at the cap.
    """

    frame: pl.DataFrame
    used: int
    line: int
    skipping: bool
    long: int


def encoding_of(head: bytes) -> tuple[str, int]:
    """Encoding that the byte order mark at the start of a source names, and the mark's length."""
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    return UTF8, 0


def by_returns(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks in which every \\r that no \\n follows is a \\n: files of old Macs, and programs that write one line over and over.
    Nothing changes its place."""
    held = b""
    for block in blocks:
        data = np.frombuffer(held + block, np.uint8).copy()
        alone = data[:-1] == 13
        alone &= data[1:] != 10
        data[:-1][alone] = 10
        text = data.tobytes()
        held = text[-1:] if text.endswith(b"\r") else b""
        yield text[: len(text) - len(held)]
    if held:
        yield b"\n"


def cut(
    data: bytes,
    *,
    offset: int,
    line: int = 0,
    cap: int,
    limit: int | None = None,
    encoding: str = UTF8,
    skipping: bool = False,
    end: bool = False,
) -> Cut:
    """Cut complete lines off the front of `data`.

    Args:
        data: bytes of the source from byte `offset` on.
        offset: position of data[0] in the source, bytes.
        line: number of the last record before these.
        cap: bytes that a line may have; of a longer one the first `cap` are kept.
        limit: most records to return.
        skipping: data[0] is inside a line that was cut before.
        end: nothing follows: a last line without its end is a line too.
    """
    newline = 1 if encoding == UTF8 else 2
    start = 0
    if skipping:
        first = _ends(data, encoding, only_first=True)
        if not len(first):
            rest = 0 if end or newline == 1 else len(data) % 2
            return Cut(
                _frame(pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.Int64), line),
                len(data) - rest,
                line,
                not end,
                0,
            )
        start, skipping = int(first[0]) + newline, False
    body = data[start:] if start else data
    long = 0
    whole = body.rfind(b"\n") + 1 if encoding == UTF8 else 0
    if whole and (whole == len(body) or not end) and b"\r" not in body:
        raw = _split(body, whole)
        sizes = raw.str.len_bytes().cast(pl.Int64) + 1 if raw is not None else None
        # What is left out or cut elsewhere than at line feeds shows in the sum.
        if raw is not None and sizes is not None and sizes.sum() == whole and sizes.max() <= cap + 1:  # type: ignore[operator]
            full = limit is not None and len(raw) >= limit
            if full or len(body) - whole <= cap:
                raw, sizes = raw[:limit], sizes[:limit]
                offsets = sizes.cum_sum() - sizes + (offset + start)
                return Cut(_frame(raw, offsets, line), start + int(sizes.sum()), line + len(raw), False, 0)
    ends = _ends(body, encoding)
    tail = int(ends[-1]) + newline if len(ends) else 0
    room = limit is None or len(ends) < limit
    if not room:
        ends = ends[:limit]
        tail = int(ends[-1]) + newline if len(ends) else 0
    elif tail < len(body) and (end or len(body) - tail > cap):
        # The last line has no end, but there is none to come or it is too long to wait for.
        skipping = not end
        odd = 0 if end or newline == 1 else (len(body) - tail) % 2
        ends = np.append(ends, len(body) - odd)
        tail = len(body) - odd
    starts = np.concatenate((np.zeros(min(1, len(ends)), np.int64), ends[:-1] + newline))
    too_long = (ends - starts) > cap
    if too_long.any():
        long = int(too_long.sum())
        texts = [_text(body[a : min(b, a + cap)], encoding, cut=b - a > cap) for a, b in zip(starts, ends, strict=True)]
        raw = pl.Series(texts, dtype=pl.String)
    else:
        raw = _decode(body[: int(ends[-1])] if len(ends) else b"", encoding, len(ends))
    frame = _frame(raw, pl.Series(starts + (offset + start)), line)
    return Cut(frame, start + tail, line + len(ends), skipping, long)


def _ends(data: bytes, encoding: str, *, only_first: bool = False) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Positions of the line feeds in bytes."""
    if encoding == UTF8:
        if only_first:
            at = data.find(b"\n")
            return np.array([at] if at >= 0 else [], np.int64)
        return np.flatnonzero(np.frombuffer(data, np.uint8) == 10).astype(np.int64)
    units = np.frombuffer(data[: len(data) & ~1], "<u2" if encoding == UTF16LE else ">u2")
    return np.flatnonzero(units == 10).astype(np.int64) * 2


def _text(line: bytes, encoding: str, *, cut: bool) -> str:
    """One line as text; a character that the cap went through is left out."""
    if cut and encoding == UTF8:
        for back in range(1, min(4, len(line) + 1)):
            byte = line[-back]
            if byte >= 0xC0:  # a lead byte: whole only if all that belongs to it follows
                if back < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4):
                    line = line[:-back]
                break
            if byte < 0x80:
                break
    text = line.decode(encoding, "backslashreplace")
    return text if cut else text.removesuffix("\r")


def _decode(body: bytes, encoding: str, count: int) -> pl.Series:
    """`count` lines of `body`, which has no line feed after the last one."""
    if not count:
        return pl.Series([], dtype=pl.String)
    raw = _split(body + b"\n", len(body) + 1) if encoding == UTF8 else None
    if raw is not None and len(raw) == count:
        return raw
    text = body.decode(encoding, "backslashreplace")
    return pl.Series(text.split("\n"), dtype=pl.String).str.strip_suffix("\r")


def _split(body: bytes, whole: int) -> pl.Series | None:
    """The lines of the first `whole` bytes, every one of them ended; None when it is not UTF-8 or polars sees it otherwise."""
    try:
        if len(body) < SMALL:
            raw = pl.Series(body[:whole].decode().split("\n")[:-1], dtype=pl.String)
            return raw.str.strip_suffix("\r") if b"\r" in body else raw
        more = whole < len(body)
        if more and not _is_text(body[whole:]):
            body, more = body[:whole], False
        # read_lines unpacks what begins like gzip, zlib or zstd; foreign bytes must never get that far.
        guard = body[:1] in PACKED
        raw = pl.read_lines(b"\n" + body if guard else body, name="raw").to_series()
        raw = raw[int(guard) : len(raw) - int(more)]
    except (UnicodeDecodeError, pl.exceptions.PolarsError, OSError):
        return None
    return raw


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _frame(raw: pl.Series, offsets: pl.Series, line: int) -> pl.DataFrame:
    numbers = pl.int_range(line + 1, line + 1 + len(raw), dtype=pl.Int64, eager=True)
    return pl.DataFrame({"line": numbers, "offset": offsets, "raw": raw}, schema=RECORD)
