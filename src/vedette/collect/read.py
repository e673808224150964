"""Finite reading for `vedette scan`: whatever is named comes out as batches of records, or is listed as skipped."""

import errno
import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import IO, Final, NamedTuple

import polars as pl
from msgspec import structs
from pydantic import Field

from vedette.collect import capture_files, evtx
from vedette.collect.archives import UNDAMAGED, Member, seekable, untar, unzip
from vedette.collect.documents import cut_records, head_of
from vedette.collect.kinds import SAMPLE, WIDE, is_binary, kind_of, unmarked, why_binary
from vedette.collect.lines import UTF8, by_returns, cut, encoding_of
from vedette.collect.listing import STDIN, Input, expand, refused, shown, special
from vedette.collect.unpack import UNPACK, Blocks, Damaged, limited
from vedette.model.findings import Skipped
from vedette.model.packets import PacketBatch
from vedette.model.records import RecordBatch
from vedette.model.settings import Settings, Size

BLOCK: Final = 1 << 20
DEEPEST: Final = 4
"""Archives within archives that are still opened."""
EVTX_BATCH: Final = 10_000
"""Records of an EVTX batch: they are about ten times as long as lines."""

Found = Iterator[RecordBatch | PacketBatch | Skipped]


class Options(Settings):
    """How finite reading goes."""

    max_line: Size = Field(default=1 << 20, ge=1)
    """Longest line; of a longer one the head is kept, and it is counted."""
    batch_lines: int = Field(default=100_000, ge=1)
    """Records of one batch, about."""
    batch_bytes: Size = Field(default=24 << 20, ge=1)
    """Bytes of one batch, about."""
    max_ratio: int = Field(default=1000, ge=1)
    """An archive that unpacks to more than this many times its size is stopped: it is a bomb."""
    ratio_floor: Size = Field(default=64 << 20, ge=0)
    """The ratio is looked at once more than this came out: short logs may shrink well."""
    max_unpacked: Size = Field(default=256 << 30, ge=1)
    """Bytes that one file, or one member of an archive, may unpack to in all."""
    packets: bool = False
    """Whether capture files are read as batches of packets; else they are listed as skipped."""
    max_members: int = Field(default=100_000, ge=1)
    """Files in one archive."""


class _Origin(NamedTuple):
    """Where a content comes from: its name for the user, its time, and how many archives it is in."""

    path: str
    changed: datetime
    depth: int = 0

    def within(self, path: str = "", changed: datetime | None = None) -> "_Origin":
        return _Origin(path or self.path, changed or self.changed, self.depth + 1)


class Reading:
    """Iterator over batches and what was skipped; `done` of `total` bytes on disk are read (0 for streams)."""

    def __init__(self, paths: Iterable[str | os.PathLike[str]], options: Options | None = None) -> None:
        self.options = options or Options()
        self._listed = list(expand(paths))
        self.total = sum(entry.size for entry in self._listed if isinstance(entry, Input))
        self.inputs = sum(isinstance(entry, Input) for entry in self._listed)
        self.done = 0
        self.used = 0  # of the file that is being read
        self._sources: dict[str, int] = {}

    def __iter__(self) -> Found:
        finished = 0
        for entry in self._listed:
            if isinstance(entry, Skipped):
                yield entry
                continue
            self.used = 0
            for item in self._input(entry):
                self.done = finished + min(self.used, entry.size)
                yield item
            finished += entry.size
            self.done = finished

    def _input(self, entry: Input) -> Found:
        try:
            file = _open(entry)
            info = os.fstat(file.fileno())
        except OSError as error:
            yield refused(entry.path, error)
            return
        with file:
            if not entry.stream and not stat.S_ISREG(info.st_mode):
                yield special(entry.path, info.st_mode)
                return
            changed = datetime.now(UTC) if entry.stream else datetime.fromtimestamp(info.st_mtime, UTC)
            blocks = _Disk(self, file, info.st_size) if info.st_size and not entry.stream else self._stream(file)
            try:
                yield from self._content(_Origin(shown(entry.path), changed), blocks, None if entry.stream else file)
            except OSError as error:
                yield structs.replace(refused(entry.path, error), partial=self.used > 0)

    def _stream(self, file: IO[bytes]) -> Blocks:
        """Blocks as they come."""
        while data := os.read(file.fileno(), BLOCK):
            self.used += len(data)
            yield data

    def _content(self, origin: _Origin, blocks: Blocks, file: IO[bytes] | None = None) -> Found:
        """Read a content by its kind. `file`: the content itself where it can be sought in."""
        path = origin.path
        head, damage = _head(blocks)
        if not head:
            lost = Skipped(path, str(damage), damage.fix) if damage else None
            yield lost or Skipped(path, "empty", "nothing to do", kind="empty")
            return
        kind = kind_of(head)
        wide = unmarked(head)
        if wide == WIDE and kind in ("text", "binary"):
            yield Skipped(path, "text in UTF-32, which no program logs in", "iconv -f UTF-32 -t UTF-8 PATH | vedette scan -")
            return
        if kind == "binary" and file is not None and _text_elsewhere(file, head):
            kind = "text"
        whole = _again(head, blocks, damage)
        if kind == "text" and isinstance(blocks, _Disk) and blocks.size > BLOCK:
            blocks.back(len(head))
            yield from self._text(origin, blocks, wide)
        elif kind == "text":
            yield from self._text(origin, whole, wide)
        elif kind == "binary":
            yield Skipped(path, *why_binary(head), kind="foreign")
        elif kind == "capture":
            yield from self._capture(origin, head, whole)
        elif kind != "evtx" and origin.depth >= DEEPEST:
            yield Skipped(path, f"more than {DEEPEST} archives within each other", "unpack it first")
        elif kind in UNPACK:
            yield from self._content(origin.within(), self._guard(UNPACK[kind](whole)))
        elif kind == "tar":
            yield from self._members(origin, untar(path, whole, self.options.max_members))
        else:
            try:
                with seekable(file, whole) as copy:
                    if kind == "evtx":
                        yield from self._evtx(origin, copy)
                    else:
                        members = unzip(path, copy, origin.changed, self.options.max_members)
                        yield from self._members(origin, members, places=file is not None)
            except Damaged as error:
                yield Skipped(path, str(error), error.fix)

    def _guard(self, blocks: Blocks, packed: int = 0) -> Blocks:
        """Stop at a bomb; `packed` bytes are what it came in, else what was read of the input so far."""
        o = self.options
        used = (lambda: packed) if packed else (lambda: self.used)
        return limited(blocks, used, ratio=o.max_ratio, most=o.max_unpacked, floor=o.ratio_floor)

    def _members(self, origin: _Origin, members: Iterator[Member | Skipped], *, places: bool = False) -> Found:
        for member in members:
            if isinstance(member, Skipped):
                yield member
                continue
            if places:
                self.used = max(self.used, member.place)
            blocks = self._guard(member.blocks, member.packed)
            yield from self._content(origin.within(member.path, member.changed), blocks)

    def _text(self, origin: _Origin, blocks: Blocks, unmarked: str | None = None) -> Found:
        o = self.options
        data, damage, more = b"", None, True
        source = encoding = ""
        offset = line = 0
        skipping = False
        held: RecordBatch | None = None
        listed: bytes | None = None  # what the records of one long document begin with
        behind = False  # such a document: another may follow
        while more or (data and (listed is not None or behind)):
            if more:
                data, more, damage = _gather(data, blocks, o)
            if not source:
                source = self._identity(data[:SAMPLE])
                encoding, offset = encoding_of(data)
                if not offset and unmarked:
                    encoding = unmarked
                elif encoding == UTF8 and b"\r" in data and b"\n" not in data:
                    blocks = by_returns(chain([data], _again(b"", blocks, damage)))
                    data, more, damage = _gather(b"", blocks, o)
                data, behind = data[offset:], True
            if behind:
                listed, behind = head_of(data, o.max_line) if encoding == UTF8 else None, False
                if listed is not None:
                    offset, data = offset + len(listed), data[len(listed) :]
            done = None
            if listed is not None:
                done = cut_records(data, offset=offset, line=line, cap=o.max_line, end=not more)
                behind = done is None
                listed = None if behind else listed
            if done is None:  # of a document, what is behind its list
                done = cut(
                    data, offset=offset, line=line, cap=o.max_line, limit=1 if behind else None, encoding=encoding,
                    skipping=skipping, end=not more,
                )  # fmt: skip
                behind = behind and not done.skipping
            dropped = ((f"line longer than {o.max_line:,} bytes was cut", done.long),) if done.long else ()
            # Before anything is given out: whoever takes it may be long, and these are many bytes.
            offset, line, skipping, data = offset + done.used, done.line, done.skipping, data[done.used :]
            for frame in _even(done.frame, o.batch_lines):
                if held:
                    yield held
                position = {"line": int(frame["line"][-1])}
                held = RecordBatch(source, origin.path, frame, position, origin.changed, None, dropped)
                dropped = ()
        if held:
            yield held._replace(last=True)
        if damage:
            what = f"{damage}; lines read before that: {line:,}"
            yield Skipped(origin.path, what, damage.fix, partial=line > 0)
        elif not held:
            yield Skipped(origin.path, "empty", "nothing to do", kind="empty")

    def _capture(self, origin: _Origin, head: bytes, blocks: Blocks) -> Found:
        if not self.options.packets:
            yield Skipped(
                origin.path, "a packet capture, which has no log records", "vedette scan PATH looks into it", kind="foreign"
            )
            return
        packets = 0
        try:
            for batch in capture_files.read(blocks, source=self._identity(head), path=origin.path):
                packets += len(batch.at)
                yield batch
        except Damaged as damage:
            yield Skipped(origin.path, str(damage), damage.fix, partial=packets > 0)

    def _evtx(self, origin: _Origin, file: IO[bytes]) -> Found:
        source = self._identity(file.read(SAMPLE))
        lost: dict[str, int] = {}
        records = 0
        batch_size = min(self.options.batch_lines, EVTX_BATCH)
        try:
            for batch in evtx.read(file, source=source, path=origin.path, reference=origin.changed, batch=batch_size):
                for reason, count in batch.dropped:
                    lost[reason] = lost.get(reason, 0) + count
                records += batch.frame.height
                if batch.frame.height:
                    yield batch._replace(dropped=())
        except (RuntimeError, OSError, ValueError) as error:
            yield Skipped(origin.path, f"EVTX file cannot be read ({error})", UNDAMAGED, partial=records > 0)
            return
        if lost:
            reasons = ", ".join(f"{reason} ({count})" for reason, count in sorted(lost.items()))
            yield Skipped(origin.path, f"{reasons}; {records:,} records were read", UNDAMAGED, partial=records > 0)
        elif not records:
            yield Skipped(origin.path, "an EVTX file without records", "nothing to do", kind="empty")

    def _identity(self, head: bytes) -> str:
        """Name of a content: the same after a rename or when compressed; a second copy in one reading is told apart."""
        name = "content:" + hashlib.blake2b(head, digest_size=12).hexdigest()
        count = self._sources[name] = self._sources.get(name, 0) + 1
        return name if count == 1 else f"{name}#{count}"


def read(paths: Iterable[str | os.PathLike[str]], options: Options | None = None) -> Reading:
    """Read everything below `paths`; iterate over the result for batches and for what was skipped."""
    return Reading(paths, options)


def _open(entry: Input) -> IO[bytes]:
    if entry.path == STDIN:
        if sys.stdin is None:
            raise OSError(errno.EBADF, "standard input is closed")
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0)
    # O_NONBLOCK: should a FIFO have taken the file's place since it was listed, opening must not wait for a writer.
    flags = os.O_RDONLY | os.O_NOCTTY | (0 if entry.stream else os.O_NONBLOCK)
    return os.fdopen(os.open(entry.path, flags), "rb", buffering=0)


def _head(blocks: Blocks) -> tuple[bytes, Damaged | None]:
    """The first SAMPLE bytes or a little more, and what went wrong on the way there."""
    parts, size = [], 0
    try:
        while size < SAMPLE and (block := next(blocks, b"")):
            parts.append(block)
            size += len(block)
    except Damaged as damage:
        return b"".join(parts), damage
    return b"".join(parts), None


def _again(head: bytes, blocks: Blocks, damage: Damaged | None) -> Blocks:
    yield head
    if damage:
        raise damage
    yield from blocks


class _Disk:
    """Blocks of an open file as they come; not beyond the size it had, so that our own output cannot feed us."""

    def __init__(self, reading: Reading, file: IO[bytes], size: int) -> None:
        self.size = size
        self._reading = reading
        self._file = file.fileno()

    def __iter__(self) -> Blocks:
        return self

    def __next__(self) -> bytes:
        block = self._read(BLOCK)
        if not block:
            raise StopIteration
        return block

    def back(self, count: int) -> None:
        """Have the last bytes come again."""
        os.lseek(self._file, -count, os.SEEK_CUR)
        self._reading.used -= count

    def gather(self, left: bytes, o: Options) -> tuple[bytes, bool]:
        """(bytes for one batch, whether there may be more). `left`: the last ones that came, which come again: so they need not be
        joined with those that follow, and no byte is copied."""
        self.back(len(left))
        sample = os.pread(self._file, SAMPLE, self._reading.used)
        lines = sample.count(b"\n") / max(1, len(sample))
        want = max(min(o.batch_bytes, int(o.batch_lines / lines) if lines else o.batch_bytes), len(left) + BLOCK)
        parts: list[bytes] = []
        while want > 0 and (block := self._read(want)):
            parts.append(block)
            want -= len(block)
        data = b"".join(parts)  # is the block itself where it is one
        if not data.startswith(left):  # somebody wrote into the file meanwhile
            data = left + data[len(left) :]
        return data, want <= 0

    def _read(self, count: int) -> bytes:
        block = os.read(self._file, min(count, max(0, self.size - self._reading.used)))
        self._reading.used += len(block)
        return block


def _gather(data: bytes, blocks: Blocks, o: Options) -> tuple[bytes, bool, Damaged | None]:
    """(bytes for one batch, whether there may be more, damage)."""
    if isinstance(blocks, _Disk):
        return *blocks.gather(data, o), None
    parts, total = [data], len(data)
    lines = 0.0
    try:
        # What is left over may be as long as a batch, and the first gathering has to show a byte order mark.
        while (lines < o.batch_lines and total < o.batch_bytes) or total < 3 or len(parts) == 1:
            block = next(blocks, b"")
            if not block:
                return b"".join(parts), False, None
            parts.append(block)
            sample = block[:SAMPLE]
            lines += len(block) * sample.count(b"\n") / len(sample)
            total += len(block)
    except Damaged as damage:
        return b"".join(parts), False, damage
    return b"".join(parts), True, None


def _even(frame: pl.DataFrame, lines: int) -> Iterator[pl.DataFrame]:
    """Parts of about so many lines each: whatever follows has work to do for each, so that a small rest is dear."""
    parts = max(1, round(frame.height / lines))
    return frame.iter_slices(max(1, -(-frame.height // parts)))


def _text_elsewhere(file: IO[bytes], head: bytes) -> bool:
    """A log whose beginning is damaged: judged by its middle and its end too."""
    size = os.fstat(file.fileno()).st_size
    if size <= 2 * SAMPLE or not why_binary(head)[0].startswith("binary"):
        return False
    samples = [os.pread(file.fileno(), SAMPLE, place) for place in (size // 2, size - SAMPLE)]
    return any(b"\n" in sample and not is_binary(sample) for sample in samples)
