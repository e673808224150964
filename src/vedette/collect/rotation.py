"""Which files may be rotated copies of a log, by name; whether they are is decided by their content.

Names as logrotate(8), savelog(8), log4j and Python's handlers give them: app.log.1, app.log.2.gz, app.log-20260201,
app.log.2026-02-01_10, app-20260201.log, app.1.log, app.log.old.
"""

import os
from pathlib import Path
from typing import Final

PACKED: Final = (".gz", ".xz", ".zst", ".bz2")
MOST: Final = 200
"""Files of a directory that are looked at."""
DATES: Final = frozenset("0123456789-_.T:")


def mark(path: str, name: str) -> str | None:
    """The rotation mark of file name `name` as a rotated form of `path`: `1`, `20260201`; None when it is none."""
    base = Path(path).name
    plain = name.removesuffix(next((end for end in PACKED if name.endswith(end)), ""))
    stem, dot, extension = base.rpartition(".")
    if plain.startswith(base) and len(plain) > len(base):
        middle = plain[len(base) :]
    elif dot and stem and plain.startswith(stem) and plain.endswith(dot + extension) and len(plain) > len(base):
        middle = plain[len(stem) : -len(extension) - 1]
    elif plain == base and name != base:
        return "1"  # app.log.gz beside app.log
    else:
        return None
    middle, separator = middle[1:], middle[:1]
    if separator not in {".", "-", "_"} or not middle:
        return None
    if middle in {"old", "bak", "prev"}:
        return "1"
    return middle if middle[0].isdigit() and set(middle) <= DATES else None


def family(path: str) -> list[str]:
    """Files beside `path` that by their name are rotated forms of it, with plain ones before packed ones."""
    found = [entry for entry in _beside(path) if mark(path, Path(entry).name) is not None]
    return sorted(found, key=lambda entry: (entry.endswith(PACKED), entry))


def candidates(path: str) -> list[str]:
    """Every file beside `path` that may hold what `path` held: rotated forms first, then the newest others."""
    named = family(path)
    known = {path, *named}
    others = [entry for entry in _beside(path) if entry not in known]
    return [*named, *sorted(others, key=_changed, reverse=True)[: max(0, MOST - len(named))]]


def order(path: str, files: list[str]) -> list[str]:
    """Rotated forms of `path` from oldest to newest: by their number, else by their date, else by change time."""
    marks = {entry: mark(path, Path(entry).name) or "" for entry in files}
    if all(m.isdigit() and len(m) < 5 for m in marks.values()):
        return sorted(files, key=lambda entry: -int(marks[entry]))
    if all(len(m) >= 5 for m in marks.values()):
        return sorted(files, key=lambda entry: (marks[entry], _changed(entry)))
    return sorted(files, key=_changed)


def _beside(path: str) -> list[str]:
    folder = str(Path(path).parent)
    try:
        with os.scandir(folder) as entries:
            return [
                str(Path(folder) / e.name)
                for e in entries
                if e.is_file(follow_symlinks=False) or e.name == Path(path).name
            ]
    except OSError:
        return []


def _changed(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0
