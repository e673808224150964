"""Archives as (name, blocks) of their members, one after the other; what cannot be opened comes as Skipped."""

import os
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, NamedTuple, cast

from vedette.collect.unpack import Blocks, Damaged
from vedette.collect.zip_walk import Walk
from vedette.model.findings import Skipped

GRAIN: Final = 4096
"""Bytes read from a member at once: those of the damaged read are lost."""
LAST_TIME: Final = 1 << 33
UNDAMAGED: Final = Damaged.fix


class Member(NamedTuple):
    """One file of an archive; read `blocks` before asking for the next member.

    `packed`: bytes it has in the archive; `place`: byte of the archive where it begins, 0 when unknown.
    """

    path: str
    blocks: Blocks
    changed: datetime
    packed: int
    place: int = 0


def unzip(path: str, file: IO[bytes], changed: datetime, most: int) -> Iterator[Member | Skipped]:
    """Members of a zip archive in a seekable file, at most `most`."""
    try:
        archive = zipfile.ZipFile(file)
        members = [m for m in archive.infolist() if not m.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        yield from _walked(path, file, changed, most)
        return
    if not members:
        yield Skipped(path, "an empty zip archive", "nothing to do", kind="empty")
    for number, member in enumerate(members):
        name = f"{path}!{member.filename}"
        if number >= most:
            yield too_many(path, number)
            return
        if member.flag_bits & 1:
            yield Skipped(name, "encrypted", "unpack it first with its password")
            continue
        try:
            with archive.open(member) as stream:
                packed = max(1, member.compress_size)
                yield Member(name, _blocks(stream), _zip_time(member, changed), packed, member.header_offset)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
            yield Skipped(name, f"cannot be unpacked ({error})", UNDAMAGED, partial=True)


def _walked(path: str, file: IO[bytes], changed: datetime, most: int) -> Iterator[Member | Skipped]:
    """Members of a zip archive that has lost its directory, which is at the end."""
    walk = Walk(file)
    whole = 0
    for number, member in enumerate(walk):
        name = f"{path}!{member.name}"
        if number >= most:
            yield too_many(path, number)
            return
        if member.why:
            yield Skipped(name, member.why, "unpack it first")
        elif not member.name.endswith("/"):
            whole += 1
            yield Member(name, member.blocks, member.changed or changed, member.packed or 1 << 20, member.place)
    what = f"zip archive is cut short or damaged: its directory is missing; {whole:,} members were found by their own headers"
    yield Skipped(path, f"{what}, what may follow byte {walk.at:,} is lost", UNDAMAGED, partial=whole > 0)


def untar(path: str, blocks: Blocks, most: int) -> Iterator[Member | Skipped]:
    """Regular files of a tar archive that comes as a stream, at most `most`."""
    try:
        with tarfile.open(fileobj=cast(IO[bytes], _Stream(blocks)), mode="r|") as archive:
            for number, member in enumerate(archive):
                name = f"{path}!{member.name}"
                if number >= most:
                    yield too_many(path, number)
                    return
                stream = archive.extractfile(member) if member.isreg() else None
                if stream is not None:
                    changed = datetime.fromtimestamp(min(max(member.mtime, 0), LAST_TIME), UTC)
                    yield Member(name, _blocks(stream), changed, max(1, member.size))
                elif not member.isdir():
                    yield Skipped(name, "not a regular file in the archive", "nothing to do", kind="empty")
    except Damaged as damage:
        yield Skipped(path, str(damage), damage.fix, partial=True)
    except (tarfile.TarError, OSError, ValueError) as error:
        yield Skipped(path, f"tar archive cannot be read further ({error})", UNDAMAGED, partial=True)


def too_many(path: str, number: int) -> Skipped:
    """An archive with more members than allowed."""
    return Skipped(path, f"more than {number:,} files in the archive (max_members)", "unpack it first", partial=True)


def seekable(file: IO[bytes] | None, blocks: Blocks) -> IO[bytes]:
    """Something to seek in: another handle on `file`, or a copy of the blocks in a temporary file.

    Raises:
        Damaged: not even a first block could be had.
    """
    if file is not None:
        return Path(f"/proc/self/fd/{file.fileno()}").open("rb")
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        for block in blocks:
            copy.write(block)
    except Damaged:
        if copy.tell() == 0:
            copy.close()
            raise
    copy.seek(0, os.SEEK_SET)
    return cast(IO[bytes], copy)


def _blocks(stream: IO[bytes]) -> Blocks:
    while True:
        try:
            block = stream.read(GRAIN)
        except (zlib.error, EOFError, zipfile.BadZipFile, tarfile.TarError, OSError, ValueError) as error:
            raise Damaged(f"archive member is damaged ({error or 'it ends early'})") from None
        if not block:
            return
        yield block


def _zip_time(member: zipfile.ZipInfo, otherwise: datetime) -> datetime:
    try:
        return datetime(*member.date_time, tzinfo=UTC)
    except ValueError:
        return otherwise


class _Stream:
    """Blocks as something that tarfile can read from."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._data, self._at = b"", 0

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0:
            if self._at >= len(self._data):
                self._data, self._at = next(self._blocks, b""), 0
                if not self._data:
                    break
            part = self._data[self._at : self._at + size]
            self._at += len(part)
            size -= len(part)
            parts.append(part)
        return b"".join(parts)
