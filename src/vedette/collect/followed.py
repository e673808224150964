"""The files that the configured names lead to now, and the directories in which more may appear."""

import glob
import os
import stat
from pathlib import Path
from typing import NamedTuple

Key = tuple[int, int]
"""Device and inode number."""


class Followed(NamedTuple):
    """`files`: names, sorted within a pattern, and what they lead to; a file under two names counts once. `folders`:
    where more may appear. `refused`: by name, why files or directories cannot be looked at."""

    files: dict[str, Key]
    folders: set[str]
    refused: dict[str, OSError]


def followed(paths: list[str]) -> Followed:
    """Look up files, directories (all files below them) and patterns."""
    found = Followed({}, set(), {})
    keys: set[Key] = set()
    for pattern in paths:
        folder = _folder(pattern)
        found.folders.add(folder)
        if glob.has_magic(pattern):  # glob itself says nothing of a directory that it may not list
            try:
                os.scandir(folder).close()
            except OSError as error:
                found.refused[folder] = error
        names = sorted(glob.glob(pattern, recursive=True)) if glob.has_magic(pattern) else [pattern]  # noqa: PTH207
        for path in names:
            for name, info in _files(path, found):
                key = (info.st_dev, info.st_ino)
                if key not in keys:
                    keys.add(key)
                    found.files[name] = key
    return found


def _folder(pattern: str) -> str:
    """The directory in which names that match a pattern appear, as far as it is fixed."""
    path = Path(pattern)
    while glob.has_magic(str(path)):
        path = path.parent
    return str(path if path.is_dir() else path.parent)


def _files(path: str, found: Followed) -> list[tuple[str, os.stat_result]]:
    """Regular files at or below `path`; the directories in which they are, and what is refused, go to `found`."""
    try:
        info = Path(path).stat()
    except OSError as error:
        found.refused[path] = error
        return []
    if stat.S_ISREG(info.st_mode):
        found.folders.add(str(Path(path).parent))
        if Path(path).is_symlink():
            found.folders.add(str(Path(os.path.realpath(path)).parent))
        return [(path, info)]
    below: list[tuple[str, os.stat_result]] = []
    if stat.S_ISDIR(info.st_mode):

        def refuse(error: OSError) -> None:
            found.refused[error.filename] = error

        for folder, _, names in os.walk(path, onerror=refuse):
            found.folders.add(folder)
            for name in sorted(names):
                entry = Path(folder) / name
                try:
                    info = entry.stat()
                except OSError:
                    continue
                if stat.S_ISREG(info.st_mode):
                    below.append((str(entry), info))
    return below
