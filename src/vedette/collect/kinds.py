"""What a source holds, decided by its first bytes and never by its name."""

from typing import Final, Literal

import numpy as np

from vedette.collect.lines import BOMS, UTF8, UTF16BE, UTF16LE

Kind = Literal["text", "gzip", "zip", "xz", "zstd", "bzip2", "tar", "evtx", "capture", "binary"]

SAMPLE: Final = 1 << 16
"""Bytes that the decision is made on."""

_CAPTURED: Final = "capture"
_ORDERS: Final[tuple[Literal["big", "little"], ...]] = ("big", "little")
CAPTURE: Final = (
    *(number.to_bytes(4, order) for number in (0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34) for order in _ORDERS),
    b"\n\r\r\n",
)
"""With one of these a capture file begins: pcap of microseconds, of nanoseconds, A. Kuznetzov's variant; pcapng."""

MAGIC: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"ElfFile\x00", "evtx"),
    *((magic, _CAPTURED) for magic in CAPTURE),
)

UNREADABLE: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"LPKSHHRH", "a systemd journal file", "journalctl --file PATH -o json | vedette scan -"),
    (b"SQLite format 3\x00", "an SQLite database", "export the table that holds the log as CSV or JSON"),
    (b"PAR1", "a Parquet file", "write it as JSON lines first"),
    (b"\x7fELF", "a program, not a log", ""),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (b"\x04\x22\x4d\x18", "LZ4 data", "unpack it first: lz4 -dc PATH | vedette scan -"),
    (b"%PDF-", "a PDF document", ""),
    (b"\x89PNG\r\n", "an image", ""),
    (b"\xff\xd8\xff", "an image", ""),
    (b"GIF8", "an image", ""),
)

_CONTROL: Final = np.zeros(256, bool)
_CONTROL[1:32] = True
_CONTROL[127] = True
_CONTROL[[9, 10, 11, 12, 13, 27]] = False


def kind_of(head: bytes) -> Kind:
    """Kind of a source by its first SAMPLE bytes; `binary` means that it is no log that we can read as text."""
    for magic, kind in MAGIC:
        if head.startswith(magic) and (kind != "bzip2" or head[4:10] in (b"1AY&SY", b"\x17rE8P\x90")):
            return kind
    if head[257:262] == b"ustar":
        return "tar"
    if any(head.startswith(magic) for magic, _, _ in UNREADABLE) or is_binary(head):
        return "binary"
    return "text"


def is_binary(sample: bytes) -> bool:
    """Too many control characters for a text in any encoding.

    NULs alone do not count: a crash or a copytruncate leaves runs of them in logs. Nor do bytes above 127, which
    text in an old encoding is full of; together with control characters they do.
    """
    if any(sample.startswith(mark) for mark, encoding in BOMS if encoding != UTF8):
        return False
    data = np.frombuffer(sample, np.uint8)
    data = data[data != 0]
    control = int(_CONTROL[data].sum())
    if control < 8:
        return False
    if control > len(data) * 0.1:
        return True
    text = sample.decode(errors="replace")
    return control > len(data) * 0.02 and text.count("\ufffd") > len(data) * 0.1


WIDE: Final = "utf-32"
_WIDE_MARKS: Final = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")


def unmarked(head: bytes) -> str | None:
    """utf-16-le, utf-16-be or utf-32 of a text without a byte order mark, by where its NULs are; utf-32 also with one."""
    if head.startswith(_WIDE_MARKS):
        return WIDE
    sample = np.frombuffer(head[: min(len(head), 4096) & ~3], np.uint8).reshape(-1, 4)
    if len(sample) < 4:
        return None
    nul = (sample == 0).mean(axis=0)
    full, empty = nul < 0.05, nul > 0.7
    if full.sum() == 1 and empty.sum() == 3 and (full[0] or full[3]):
        return WIDE
    if full[[0, 2]].all() and empty[[1, 3]].all():
        return UTF16LE
    if full[[1, 3]].all() and empty[[0, 2]].all():
        return UTF16BE
    return None


def why_binary(head: bytes) -> tuple[str, str]:
    """(reason, fix) for a source of kind `binary`."""
    for magic, what, fix in UNREADABLE:
        if head.startswith(magic):
            return f"{what}, nothing to read as a log", fix or "leave it out"
    return "binary data, not a log that can be read as text", "leave it out, or convert it to text first"
