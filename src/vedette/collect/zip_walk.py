"""Members of a zip archive whose end is missing, by the headers that stand before each of them.

Source: APPNOTE.TXT 6.3.10, sections 4.3.7 (local file header), 4.3.9 (data descriptor), 4.5.3 (Zip64).
"""

import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Final, NamedTuple

from vedette.collect.unpack import FEED, OUT, Blocks, Damaged

SIGN: Final = b"PK\x03\x04"
_HEADER: Final = struct.Struct("<4s5H3L2H")
_DESCRIPTOR: Final = b"PK\x07\x08"
_ENCRYPTED: Final = 1
_LATER: Final = 1 << 3
_STORED: Final = 0
_DEFLATED: Final = 8
_ZIP64: Final = 1
_MANY: Final = 0xFFFFFFFF


class Local(NamedTuple):
    """A member as its own header tells it. `packed` is None where only its end tells its size; `why`: it cannot be unpacked."""

    name: str
    blocks: Blocks
    changed: datetime | None
    packed: int | None
    place: int
    why: str


class Walk:
    """Iterator over members; the blocks of one are read before the next is asked for.

    Attributes:
        at: byte of the archive up to which it is known.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.at = 0

    def __iter__(self) -> Iterator[Local]:
        while True:
            self._file.seek(self.at)
            head = self._file.read(_HEADER.size)
            if len(head) < _HEADER.size or not head.startswith(SIGN):
                return
            _, _, flags, method, time, date, crc, packed, _, named, extra = _HEADER.unpack(head)
            name = self._file.read(named).decode("utf-8" if flags & 1 << 11 else "cp437", "replace")
            size = _whole(packed, self._file.read(extra))
            begin = self.at + _HEADER.size + named + extra
            later = bool(flags & _LATER) and not packed
            why = "encrypted" if flags & _ENCRYPTED else "" if method in (_STORED, _DEFLATED) else f"compressed by method {method}"
            if later and (why or method == _STORED):
                return  # nothing says where it ends
            known = None if later else size
            place, self.at = self.at, begin
            yield Local(name, self._member(begin, known, method, None if later else crc), _time(date, time), known, place, why)
            if known is not None:
                self.at = begin + known
            elif self.at == begin:
                return  # its blocks were not read to their end

    def _member(self, begin: int, size: int | None, method: int, crc: int | None) -> Blocks:
        decoder = zlib.decompressobj(-15)
        position, left, seen = begin, size, 0
        while left is None or left:
            self._file.seek(position)
            data = self._file.read(FEED if left is None else min(FEED, left))
            if not data:
                raise Damaged("the archive is cut short in this member")
            position += len(data)
            left = None if left is None else left - len(data)
            if method == _STORED:
                seen = zlib.crc32(data, seen)
                yield data
                continue
            while data and not decoder.eof:
                try:
                    out = decoder.decompress(data, OUT)
                except zlib.error as error:
                    raise Damaged(f"archive member is damaged ({error})") from None
                seen = zlib.crc32(out, seen)
                if out:
                    yield out
                data = decoder.unconsumed_tail
            if decoder.eof:
                position -= len(decoder.unused_data)
                break
        if method == _DEFLATED and not decoder.eof:
            raise Damaged("the archive is cut short in this member")
        if size is None:
            crc = self._descriptor(position)
        if crc is not None and crc != seen:
            raise Damaged("archive member is damaged (its checksum is another)")

    def _descriptor(self, position: int) -> int | None:
        """The checksum that stands behind a member; the next one begins after it."""
        self._file.seek(position)
        data = self._file.read(28)
        signed = 4 if data.startswith(_DESCRIPTOR) else 0
        # Sizes of four bytes or of eight: what follows tells.
        for length in (signed + 12, signed + 20):
            if data[length : length + 4] in (SIGN, b"PK\x01\x02"):
                break
        else:
            length = signed + 12
        self.at = position + min(length, len(data))
        return int.from_bytes(data[signed : signed + 4], "little") if len(data) >= signed + 4 else None


def _whole(packed: int, extra: bytes) -> int:
    """The packed size, which stands in the Zip64 field where it is too large for four bytes."""
    at = 0
    while packed == _MANY and at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == _ZIP64 and size >= 16 and at + 20 <= len(extra):
            return int.from_bytes(extra[at + 12 : at + 20], "little")
        at += 4 + size
    return packed


def _time(date: int, time: int) -> datetime | None:
    try:
        return datetime(1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, time % 32 * 2, tzinfo=UTC)
    except ValueError:
        return None
