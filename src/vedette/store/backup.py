"""All that is kept, in one file, taken while the agent runs; and back again.

A tar archive compressed by zstd: state.db, a consistent copy of the state database, then the segments that it lists, then the
folders beside it that people write (exceptions, rules). Sealed by a password if one is given.
"""

import io
import re
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import sqlalchemy as sa
import zstandard

from vedette.model.errors import StoreError
from vedette.store import segments, tables
from vedette.store.database import Database
from vedette.store.files import DIRECTORY, FILE, Files, explain, make_directory
from vedette.store.sealed import MAGIC as SEALED
from vedette.store.sealed import Opener, Sealer
from vedette.store.store import DATABASE, SEGMENTS

MAGIC: Final = b"vedette backup 1"
BESIDE: Final = ("exceptions", "rules")
"""Folders of a data directory that are kept with it."""
AGAIN: Final = 5
"""How often it is tried to get hold of all segments of one state: a merge may take some away meanwhile."""
_SEGMENT: Final = re.compile(rf"{SEGMENTS}/[a-z]{{1,16}}-[0-9a-f]{{32}}\.parquet")
_FILE: Final = re.compile(rf"(?:{'|'.join(BESIDE)})(?:/[A-Za-z0-9_][A-Za-z0-9_.-]{{0,120}}){{1,4}}")
_OWN: Final = ".backup-"
_STALE: Final = 86_400
_LARGEST: Final = 16 << 20
"""Bytes of a file in these folders."""


class Kept(NamedTuple):
    """What a backup holds. `bytes`: before compression. `missing`: segments that could not be read."""

    events: int
    alerts: int
    incidents: int
    segments: int
    bytes: int
    missing: tuple[str, ...] = ()


def backup(
    directory: Path, out: BinaryIO, password: bytes | None = None, told: Callable[[int, int], None] = lambda *_: None
) -> Kept:
    """Write all that is kept to `out`. The agent may run.

    Args:
        told: called with how many of how many bytes are done.

    Raises:
        StoreError: no store there, or it cannot be read.
    """
    if not (directory / DATABASE).exists():
        raise StoreError("there is no store here", where=str(directory), fix="name its data directory: --data DIR")
    for left in directory.glob(_OWN + "*"):  # of one that was killed
        if time.time() - left.lstat().st_mtime > _STALE:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_OWN, dir=directory) as name:
        place = Path(name)
        listed, missing = _held(directory, place)
        total = (place / DATABASE).stat().st_size + sum(each.size for each in listed)
        sealer = Sealer(out, password) if password is not None else None
        if sealer is None:
            out.write(MAGIC)
        done = 0
        with (
            zstandard.ZstdCompressor(level=3).stream_writer(sealer or out, closefd=False) as packed,  # type: ignore[arg-type]
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
        ):
            for path in (place / DATABASE, *(place / each.name for each in listed)):
                archive.add(path, path.name if path.name == DATABASE else f"{SEGMENTS}/{path.name}", filter=_plain)
                done += path.stat().st_size
                told(done, total)
            for path in _beside(directory):
                archive.add(path, str(path.relative_to(directory)), filter=_plain)
        if sealer is not None:
            sealer.close()
        return _kept(place / DATABASE, len(listed), total, missing)


def _held(directory: Path, place: Path) -> tuple[list[segments.Segment], tuple[str, ...]]:
    """A copy of the database in `place`, and links to the segments that it lists; those that are not there after all."""
    files = Files(directory / SEGMENTS)
    for _ in range(AGAIN):
        _copied(directory / DATABASE, place / DATABASE)
        database = Database(place / DATABASE)
        try:
            with database.read() as connection:
                listed = segments.live(connection)
        finally:
            database.close()
        missing = []
        for each in listed:
            if (place / each.name).exists():
                continue
            try:
                (place / each.name).hardlink_to(files.root / each.name)
            except FileNotFoundError:
                missing.append(each.name)
            except OSError as error:
                raise explain(error, files.root / each.name) from error
        if not missing:
            break
    return [each for each in listed if each.name not in missing], tuple(missing)


def _copied(path: Path, to: Path) -> None:
    """A consistent copy while others write (https://www.sqlite.org/backup.html)."""
    to.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise StoreError(f"the state database cannot be copied: {error}", where=str(path), fix="check the disk") from error
    to.chmod(FILE)


def _beside(directory: Path) -> Iterator[Path]:
    for folder in BESIDE:
        for path in sorted((directory / folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and _FILE.fullmatch(str(path.relative_to(directory))):
                yield path


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nothing of who owned it."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = FILE
    return member


def restore(source: BinaryIO, directory: Path, password: bytes | None = None) -> Kept:
    """Make a data directory from a backup: whole, or not at all. Every segment is compared with its digest.

    Raises:
        StoreError: the directory holds something already, or the file is no backup, damaged, sealed by another password.
    """
    if directory.is_symlink() or (directory.exists() and any(directory.iterdir())):
        raise StoreError("something is there already", where=str(directory), fix="move it away, or name another place: --data DIR")
    if not directory.parent.exists():
        make_directory(directory.parent)
    with tempfile.TemporaryDirectory(prefix=f".{directory.name}-", dir=directory.parent) as name:
        place = Path(name) / "data"
        kept = _unpacked(source, place, password)
        try:
            place.rename(directory)
        except OSError as error:
            raise explain(error, directory) from error
    return kept


def check(source: BinaryIO, password: bytes | None = None) -> Kept:
    """Read a backup as `restore` does, and leave nothing."""
    with tempfile.TemporaryDirectory(prefix="vedette-") as name:
        return _unpacked(source, Path(name) / "data", password)


def _unpacked(source: BinaryIO, place: Path, password: bytes | None) -> Kept:
    make_directory(place)
    make_directory(place / SEGMENTS)
    plain = _opened(source, password)
    written = 0
    try:
        with (
            zstandard.ZstdDecompressor().stream_reader(plain) as packed,
            tarfile.open(fileobj=io.BufferedReader(packed, 1 << 20), mode="r|") as archive,
        ):
            for member in archive:
                written += _put(archive, member, place)
    except (tarfile.TarError, zstandard.ZstdError, EOFError) as error:
        raise StoreError(f"the backup is damaged: {error}", fix="take another one") from error
    except OSError as error:
        raise explain(error, place) from error
    if not (place / DATABASE).exists():
        raise StoreError("the backup holds no state database", fix="take another one")
    database = Database(place / DATABASE)
    try:
        database.check()
        with database.read() as connection:
            listed = segments.live(connection)
    finally:
        database.close()
    files = Files(place / SEGMENTS)
    wrong = [(each.name, why) for each in listed if (why := segments.verify(files, each)) and files.size(each.name) is not None]
    if wrong:
        raise StoreError(f"{len(wrong)} segments are damaged, first {wrong[0][0]}: {wrong[0][1]}", fix="take another backup")
    missing = tuple(each.name for each in listed if files.size(each.name) is None)
    return _kept(place / DATABASE, len(listed) - len(missing), written, missing)


def _opened(source: BinaryIO, password: bytes | None) -> Any:
    magic = source.read(len(MAGIC))
    if magic == MAGIC:
        return source
    if magic != SEALED:
        raise StoreError("this is no backup of Vedette", fix="name a file that vedette backup wrote")
    if password is None:
        raise StoreError("the backup is sealed by a password", fix="give it: --password-file FILE")
    return Opener(source, password)


def _put(archive: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> int:
    """One file of the archive; anything but what `backup` writes is refused."""
    name = member.name
    known = name == DATABASE or _SEGMENT.fullmatch(name) or (_FILE.fullmatch(name) and member.size <= _LARGEST)
    data = archive.extractfile(member) if known and member.isreg() else None
    path = place / name
    if data is None or path.exists():
        raise StoreError(f"the backup holds what does not belong there: {name[:100]!r}", fix="take another one")
    path.parent.mkdir(mode=DIRECTORY, parents=True, exist_ok=True)
    with path.open("xb") as out:
        path.chmod(FILE)
        while part := data.read(1 << 20):
            out.write(part)
    return member.size


def _kept(path: Path, listed: int, size: int, missing: tuple[str, ...]) -> Kept:
    database = Database(path)
    try:
        with database.read() as connection:
            t = tables.segments
            events = connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(t.c.rows), 0)).where(t.c.kind == "events"))
            alerts, incidents = (
                connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in (tables.alerts, tables.incidents)
            )
    finally:
        database.close()
    return Kept(int(events or 0), int(alerts or 0), int(incidents or 0), listed, size, missing)
