"""The few file operations that durability rests on, and the lock that keeps a second agent out."""

import errno
import fcntl
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from vedette.model.errors import StoreError

DIRECTORY: Final = 0o700
FILE: Final = 0o600
TEMPORARY: Final = ".tmp"

MENDS: Final = {
    errno.ENOSPC: ("no space left on the disk", "free space, or lower the size that retention keeps"),
    errno.EDQUOT: ("the disk quota of this user is used up", "raise the quota, or lower the size that retention keeps"),
    errno.EACCES: ("not allowed to write", "run as the user that owns the data directory"),
    errno.EROFS: ("the file system is mounted read-only", "mount it writable, or choose another data directory"),
    errno.EMFILE: ("too many open files", "raise LimitNOFILE of the service"),
}


class Files:
    """A directory of files that appear whole or not at all. Tests put faults in by overriding single steps."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, data: bytes) -> None:
        """Durable under its name when this returns: write, sync, rename, sync the directory.

        Raises:
            StoreError: nothing is left under the name, unless it was there before.
        """
        temporary = self.root / (name + TEMPORARY)
        try:
            self.write(temporary, data)
            self.rename(temporary, self.root / name)
            self.sync_directory()
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise explain(error, temporary) from error

    def write(self, path: Path, data: bytes) -> None:
        """Create or truncate, write all, sync."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)

    def rename(self, old: Path, new: Path) -> None:
        """Replace `new` atomically."""
        old.rename(new)

    def sync_directory(self) -> None:
        """Make renames and removals durable."""
        handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def unlink(self, name: str) -> None:
        """Remove; a file that is not there is no error."""
        (self.root / name).unlink(missing_ok=True)

    def remove(self, names: Iterable[str]) -> None:
        """Remove for good: durable when this returns.

        Raises:
            StoreError: some may be left.
        """
        path = self.root
        try:
            for name in names:
                path = self.root / name
                self.unlink(name)
            self.sync_directory()
        except OSError as error:
            raise explain(error, path) from error

    def names(self) -> set[str]:
        """Of all files, temporary ones too."""
        return {entry.name for entry in os.scandir(self.root) if entry.is_file(follow_symlinks=False)}

    def size(self, name: str) -> int | None:
        """Bytes; None when it is not there."""
        try:
            return (self.root / name).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, name: str) -> bytes:
        """All bytes; raises OSError."""
        return (self.root / name).read_bytes()


class Lock:
    """Held by the one agent that writes to a data directory; the kernel drops it when the process ends."""

    def __init__(self, path: Path) -> None:
        """Take it.

        Raises:
            StoreError: another process has it; the text names its pid.
        """
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._handle)
            raise StoreError(
                f"another Vedette (pid {holder}) writes to this data directory",
                where=str(path.parent),
                fix="stop it, or give this one another data directory",
            ) from error
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process have it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def make_directory(path: Path) -> None:
    """Create with its parents, for this user only."""
    try:
        path.mkdir(mode=DIRECTORY, parents=True, exist_ok=True)
        path.chmod(DIRECTORY)
    except OSError as error:
        raise explain(error, path) from error


def explain(error: OSError, path: Path) -> StoreError:
    """What the operating system said, and what to do."""
    what, fix = MENDS.get(error.errno or 0, (error.strerror or str(error), "check the disk and the kernel's log"))
    return StoreError(what, where=str(path), fix=fix)


def held(path: Path) -> bool:
    """Whether somebody holds the lock. Nothing is written and no link followed: root asks about directories of others."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(handle)
