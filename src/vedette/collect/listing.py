"""From what the user names to what is to be read: files, directories, globs and `-`.

Directories are entered recursively; hidden files in them are read like others (an intruder's log is often hidden),
while a glob's `*` leaves them out as in a shell. Symbolic links are followed; a file or directory that two names
lead to is read once, and the second name is listed.
"""

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from vedette.model.findings import Skipped

STDIN: Final = "-"
STREAMS: Final = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""Names under which a shell hands over a pipe: `vedette scan <(zcat ...)`."""

SPECIAL: Final = (
    (stat.S_ISFIFO, "a named pipe, which could block for ever", "vedette scan - < PATH reads it as standard input"),
    (stat.S_ISSOCK, "a socket", "configure a syslog or http_push source for it"),
    (stat.S_ISCHR, "a device", "leave it out"),
    (stat.S_ISBLK, "a device", "leave it out"),
)


class Input(NamedTuple):
    """One thing to read. `size`: bytes on disk, 0 when unknown. `stream`: standard input or a pipe."""

    path: str
    size: int
    stream: bool = False


def expand(paths: Iterable[str | os.PathLike[str]]) -> Iterator[Input | Skipped]:
    """Every input below `paths`, in the order given and sorted within a directory or glob; each file once."""
    seen: dict[tuple[int, int], str] = {}
    for path in [os.fspath(p) for p in paths]:
        if path == STDIN or path.startswith(STREAMS):
            yield Input(path, 0, stream=True)
        elif os.path.lexists(path) or not glob.has_magic(path):
            yield from _walk(path, seen)
        else:
            found = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
            if not found:
                yield Skipped(
                    shown(path), "no file matches", "put the pattern in quotes and check the directory", kind="foreign"
                )
            for name in found:
                # `**` names a directory and what is in it: what it leads to is listed once, without a word.
                if not (Path(name).is_dir() and "**" in path):
                    yield from _walk(name, seen, again=False)


def _walk(path: str, seen: dict[tuple[int, int], str], *, again: bool = True) -> Iterator[Input | Skipped]:
    stack = [path]
    while stack:
        name = stack.pop()
        try:
            info = Path(name).stat()
        except OSError as error:
            yield refused(name, error)
            continue
        key = (info.st_dev, info.st_ino)
        if key in seen:
            if again and seen[key] != name:
                yield Skipped(
                    shown(name), f"the same as {shown(seen[key])}, which is read already", "nothing to do", kind="empty"
                )
            continue
        seen[key] = name
        if stat.S_ISDIR(info.st_mode):
            try:
                inside = sorted(os.listdir(name), reverse=True)  # noqa: PTH208 - names are kept as the user wrote them
            except OSError as error:
                yield refused(name, error)
                continue
            if not inside and name == path:
                yield Skipped(shown(name), "an empty directory", "name another one", kind="empty")
            stack.extend(os.path.join(name, entry) for entry in inside)  # noqa: PTH118 - Path would lose a "./"
        elif stat.S_ISREG(info.st_mode):
            yield Input(name, info.st_size)
        else:
            yield special(name, info.st_mode)


def shown(path: str) -> str:
    """A path as text: bytes of a file name that are no UTF-8 as escapes, so that every output can hold it."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def special(path: str, mode: int) -> Skipped:
    """Why a FIFO, socket or device is not opened."""
    path = shown(path)
    for test, what, fix in SPECIAL:
        if test(mode):
            return Skipped(path, what, fix.replace("PATH", path), kind="foreign")
    return Skipped(path, "not a regular file", "leave it out", kind="foreign")


def refused(path: str, error: OSError) -> Skipped:
    """The operating system's reason in one line, with what helps."""
    broken, path = Path(path).is_symlink(), shown(path)
    if isinstance(error, FileNotFoundError):
        # Met in a directory it was removed since it was listed; named by the user it is a mistake.
        what = "a link that leads nowhere" if broken else "does not exist"
        return Skipped(path, what, "check the path", kind="foreign")
    if isinstance(error, PermissionError):
        return Skipped(path, "permission denied", "run as a user who may read it, for example in group adm")
    return Skipped(path, error.strerror or str(error), "check the file and its disk")
