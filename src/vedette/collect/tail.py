"""One file being read as it grows: where we are in it, and whether it still is the file that we read.

The file is known by its content: the first bytes and those just before our position. Device and inode number only
say where to look first, for an inode is used again and a copy has another.
"""

import hashlib
import os
import stat
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from vedette.collect.documents import LONGEST_HEAD, cut_records, head_of
from vedette.collect.kinds import kind_of
from vedette.collect.lines import BOMS, UTF8, Cut, cut, encoding_of
from vedette.collect.unpack import UNPACK, Blocks, Damaged
from vedette.model.records import Json

HEAD: Final = 1024
TAIL: Final = 256
AHEAD: Final = 4096
BLOCK: Final = 1 << 20


def digest(data: bytes) -> str:
    """Short name of some bytes."""
    return hashlib.blake2b(data, digest_size=12).hexdigest()


class Place:
    """An open file, plain or compressed, that can be read from any offset of its content."""

    def __init__(self, path: str) -> None:
        """Raises OSError: not there, not readable, or no regular file."""
        self.path = path
        self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        info = os.fstat(self.fd)
        if not stat.S_ISREG(info.st_mode):
            os.close(self.fd)
            raise OSError(0, "not a regular file")
        self.key = (info.st_dev, info.st_ino)
        kind = kind_of(os.pread(self.fd, 16, 0))
        self.packed = UNPACK.get(kind)
        self.damage = ""
        self._blocks: Blocks = iter(())
        self._data, self._start = b"", -1

    def stat(self) -> os.stat_result:
        """Of the open file, whatever its name leads to now."""
        return os.fstat(self.fd)

    def peek(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes of the content from `offset` on."""
        if self.packed is None:
            return os.pread(self.fd, size, offset)
        if offset < self._start or self._start < 0:
            self._blocks, self._data, self._start, self.damage = self.packed(self._raw()), b"", 0, ""
        data, start = self._data, self._start
        while True:
            skip = min(max(0, offset - start), len(data))
            data, start = data[skip:], start + skip
            if start == offset and len(data) >= size:
                break
            try:
                block = next(self._blocks, b"")
            except Damaged as damage:
                self.damage, self._blocks, block = str(damage), iter(()), b""
            if not block:
                break
            data += block
        self._data, self._start = data, start
        return data[:size] if start == offset else b""

    def _raw(self) -> Blocks:
        at = 0
        while block := os.pread(self.fd, 1 << 16, at):
            at += len(block)
            yield block

    def close(self) -> None:
        """Let go of the file."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class Tail:
    """Position in one content, and the place where that content is now.

    Attributes:
        path: the followed name under which it was first seen.
        source: identity in the store; "" until the first record is there.
        offset, line, skipping: as for lines.cut.
        head, tail: the first bytes of the content and those before `offset`, as far as they were read.
        rotated: clock time since when no followed name leads to it, or None.
        resting: rotated and read to its end, as far as it was written then; stored, so that a loss is known from none.
        copy: nobody writes to this place any more.
        settled: True when what may have gone before it was looked for after its first read.
        decided: False while it may still turn out to be a copy of another one.
        listing: whether it is a document of one long line, cut into its records; None while that is not known. It shows
            in the content, and so is not stored.
    """

    def __init__(self, path: str, place: Place | None) -> None:
        self.path = path
        self.place = place
        self.source = ""
        self.generation = -1
        self.offset = self.line = 0
        self.skipping = False
        self.listing: bool | None = None
        self.head = self.tail = b""
        self.rotated: float | None = None
        self.copy = False
        self.decided = False
        self.done = self.resting = self.settled = False
        self.grew = 0.0
        self.size = 0
        self.file = place.path if place else path
        self.key = place.key if place else (-1, -1)
        self.changed_ns = 0
        self._checked: tuple[int, int, int] | None = None
        self._hashes: tuple[int, str, int, str] = (0, "", 0, "")

    @classmethod
    def load(cls, source: str, position: Json) -> "Tail":
        """From a stored position; KeyError, TypeError or ValueError when it is none of ours."""
        self = cls(str(position["path"]), None)
        self.source = source
        self.generation = int(position["generation"])
        self.offset, self.line = int(position["offset"]), int(position["line"])
        self.skipping = bool(position["skipping"])
        self.done, self.resting = bool(position["done"]), bool(position["resting"])
        self.settled = bool(position["settled"])
        self.file, self.changed_ns = str(position["file"]), int(position["changed_ns"])
        self._hashes = (
            int(position["head"][0]), str(position["head"][1]), int(position["tail"][0]), str(position["tail"][1])
        )  # fmt: skip
        self.key = (int(position["dev"]), int(position["inode"]))
        self.decided = True
        return self

    def position(self) -> Json:
        """What `load` needs."""
        read = (len(self.head), digest(self.head), len(self.tail), digest(self.tail))
        heads, head, tails, tail = read if self.head else self._hashes  # as stored, when it was not found again
        return {
            "path": self.path, "file": self.file, "generation": self.generation, "offset": self.offset,
            "line": self.line, "skipping": self.skipping, "done": self.done, "resting": self.resting,
            "settled": self.settled, "changed_ns": self.changed_ns,
            "head": [heads, head], "tail": [tails, tail],
            "dev": self.key[0], "inode": self.key[1],
        }  # fmt: skip

    def is_in(self, place: Place) -> bool:
        """True when `place` holds what was read so far, byte for byte where we look."""
        if self.head or self.tail:
            head, tail = self.head, self.tail
            return place.peek(0, len(head)) == head and place.peek(self.offset - len(tail), len(tail)) == tail
        heads, head_hash, tails, tail_hash = self._hashes
        if not heads:
            return place.key == self.key and self.offset == 0
        return (
            len(head := place.peek(0, heads)) == heads
            and digest(head) == head_hash
            and len(tail := place.peek(self.offset - tails, tails)) == tails
            and digest(tail) == tail_hash
        )

    def is_copied_in(self, place: Place) -> bool:
        """True when `place` holds nothing but what this tail read or is going to read, as far as AHEAD shows."""
        if self.offset and not self.is_in(place):
            return False
        copied = place.peek(self.offset, AHEAD)
        return (self.place.peek(self.offset, AHEAD) if self.place and not self.done else b"").startswith(copied)

    def goes_on_in(self, place: Place) -> bool:
        """True when `place` holds all that is in the tail's own file, and perhaps more."""
        rest = self.place.peek(self.offset, AHEAD) if self.place else b""
        return self.is_in(place) and place.peek(self.offset, AHEAD).startswith(rest)

    def bind(self, place: Place) -> None:
        """Go on in `place`, which holds our content."""
        if self.place is not None and self.place is not place:
            self.place.close()
        self.place, self.file, self.key = place, place.path, place.key
        self._checked = None
        if not self.head:
            self.head = place.peek(0, min(HEAD, self.offset))
            self.tail = place.peek(self.offset - min(TAIL, self.offset), min(TAIL, self.offset))

    def jump(self, offset: int) -> None:
        """Start at `offset` of a place not read so far; inside of a line, with what follows that line."""
        assert self.place is not None  # noqa: S101 - for the type checker
        self.offset = offset
        self.head = self.place.peek(0, min(HEAD, offset))
        self.tail = self.place.peek(offset - min(TAIL, offset), min(TAIL, offset))
        self.skipping = bool(offset) and not self.tail.endswith((b"\n", b"\n\x00"))

    def unchanged(self) -> bool:
        """True when nothing happened since the end was reached."""
        assert self.place is not None  # noqa: S101
        info = self.place.stat()
        return self._checked == (info.st_size, info.st_mtime_ns, info.st_ctime_ns)

    def place_size(self) -> int:
        """Bytes of the open file."""
        return self.place.stat().st_size if self.place else 0

    def intact(self) -> bool:
        """False when the file was truncated or written anew below our position."""
        assert self.place is not None  # noqa: S101
        return self.is_in(self.place)

    def read(self, limit: int, cap: int, *, end: bool = False) -> tuple[Cut | None, bool]:
        """(new records, whether the end of the file is reached). The caller has seen to it that it is `intact`.

        The same bytes that are cut are compared once more: a truncation may come at any time.
        """
        assert self.place is not None  # noqa: S101
        info = self.place.stat()
        self.size, self.changed_ns = info.st_size, info.st_mtime_ns
        know = len(self.tail)
        want = max(BLOCK, 2 * cap + LONGEST_HEAD if self.listing else cap + 2)
        data = self.place.peek(self.offset - know, know + want)
        if data[:know] != self.tail:
            return None, False
        data = data[know:]
        full = len(data) >= want
        if self.offset == 0:
            mark = encoding_of(data)[1]
            if not end and any(m.startswith(data) and m != data for m, _ in BOMS):
                return None, True
            self._advance(data[:mark])
            data = data[mark:]
        ended = end and not full
        done = None
        if self._is_listing(data, cap):
            if self.line == 0 and (head := head_of(data, cap)):
                self._advance(head)
                data = data[len(head) :]
            done = cut_records(data, offset=self.offset, line=self.line, cap=cap, end=ended, limit=limit)
            self.listing = done is not None
        if done is None:
            done = cut(
                data, offset=self.offset, line=self.line, cap=cap, limit=limit, encoding=encoding_of(self.head)[0],
                skipping=self.skipping, end=ended,
            )  # fmt: skip
        self._advance(data[: done.used])
        self.line, self.skipping = done.line, done.skipping
        more = bool(self.listing and done.used)  # behind a list that ended
        at_end = not full and not more and (limit is None or done.frame.height < limit)
        self._checked = (info.st_size, info.st_mtime_ns, info.st_ctime_ns) if at_end else None
        return done, at_end

    def _is_listing(self, data: bytes, cap: int) -> bool:
        if self.listing is None and self.place:
            first = data if self.line == 0 else self.place.peek(0, cap + LONGEST_HEAD)
            encoding, mark = encoding_of(first)
            first = first if self.line == 0 else first[mark:]
            if len(first) > cap or b"\n" in first:
                self.listing = encoding == UTF8 and not self.skipping and head_of(first, cap) is not None
        return bool(self.listing)

    def finish(self) -> None:
        """It is at its end for good."""
        self.done = True
        if self.place:
            self.place.close()

    def reference(self) -> datetime:
        """The time of the last change: what year-less stamps are near to."""
        return datetime.fromtimestamp(self.changed_ns / 1e9, UTC)

    def _advance(self, data: bytes) -> None:
        if not data:
            return
        if len(self.head) < HEAD:
            self.head += data[: HEAD - len(self.head)]
        self.tail = data[-TAIL:] if len(data) >= TAIL else (self.tail + data)[-TAIL:]
        self.offset += len(data)


def matches(tail: Tail, files: list[str], taken: set[tuple[int, int]]) -> Generator[Place, None, None]:
    """Those of `files` that hold the tail's content, opened; the one with its inode number before the others."""
    keys = {path: key_of(path) for path in files}
    for path in sorted(keys, key=lambda p: keys[p] != tail.key):
        try:
            place = Place(path)
        except OSError:
            continue
        try:
            good = place.key not in taken and tail.is_in(place)
        except OSError:
            good = False
        if good:
            yield place
        else:
            place.close()


def find(tail: Tail, files: list[str], taken: set[tuple[int, int]]) -> Place | None:
    """The first of `matches`."""
    found = matches(tail, files, taken)
    place = next(found, None)
    found.close()
    return place


def key_of(path: str) -> tuple[int, int]:
    """(device, inode) that a name leads to, (-1, -1) when to nothing."""
    try:
        info = Path(path).stat()
    except OSError:
        return (-1, -1)
    return (info.st_dev, info.st_ino)
