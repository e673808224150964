"""Rules that were read are kept on disk, so that the next start does not read them again.

One file for each set of rules, in $VEDETTE_CACHE_DIR, else $XDG_CACHE_HOME/vedette, else ~/.cache/vedette (XDG Base
Directory Specification 0.8); `VEDETTE_CACHE_DIR=off` switches it off. A file counts only for the same rule files, as
their stamps tell, and the same code; one that is damaged, or that somebody else could have written, is not used. Where
nothing can be written the rules are read at every start.
"""

import gc
import hashlib
import json
import os
import stat
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from vedette import __version__
from vedette.detect import sigma
from vedette.detect.sigma import Ruleset, dump_rules, load_rules

OFF: Final = "off"
KEPT: Final = 8
"""Sets of rules that are remembered; the one that was written longest ago leaves first."""
YOUNG: Final = 2_000_000_000
"""Nanoseconds since a file's last change up to which it is not trusted to stay as it is: file systems count coarsely."""
_MAGIC: Final = b"vedette rules 1\n"
_DIGEST: Final = 32
_LARGEST: Final = 512 << 20
_CODE: Final = Path(sigma.__file__).parent
_ENGINES: Final = ("pySigma", "google-re2", "polars")  # they decide what a rule means, and which patterns can run


def folder(environment: Mapping[str, str]) -> Path | None:
    """Where compiled rules are kept; None when it is switched off or there is no home."""
    named = environment.get("VEDETTE_CACHE_DIR")
    if named:
        return None if named == OFF else Path(named)
    cache = environment.get("XDG_CACHE_HOME", "")
    if not cache.startswith("/"):  # the specification: a relative one is to be ignored
        home = environment.get("HOME", "")
        if not home.startswith("/"):
            return None
        cache = f"{home}/.cache"
    return Path(cache) / "vedette"


def stamp(path: str) -> str:
    """What is another as soon as the file is: the kernel sets the time of its last change, and nobody else can. Empty
    for a file that changed a moment ago, which may yet change again within the clock's tick, or is not there."""
    try:
        about = os.stat(path)  # noqa: PTH116 - a name, not a Path
    except OSError:
        return ""
    if abs(time.time_ns() - about.st_ctime_ns) < YOUNG:
        return ""
    return f"{about.st_dev} {about.st_ino} {about.st_size} {about.st_mtime_ns} {about.st_ctime_ns}"


def read(
    stamps: Sequence[tuple[str, str]],
    texts: Callable[[], Sequence[tuple[str, str]]],
    environment: Mapping[str, str] = os.environ,
    placeholders: Mapping[str, Sequence[str]] | None = None,
) -> Ruleset:
    """The rule set of some files, as it was kept, or else read anew and kept.

    Args:
        stamps: path and stamp of each file, taken before it is read; an empty stamp is never trusted.
        texts: reads them: path and text.
        placeholders: values for `%name%` in rules.
    """
    filled = placeholders or {}
    place = folder(environment)
    if place is None or not all(mark for _, mark in stamps):
        return sigma.read(texts(), filled)
    key = _key([*stamps, *((f"%{name}%", json.dumps(list(filled[name]))) for name in sorted(filled))])
    path = place / f"rules-{key.hex()[:32]}"
    kept = _kept(path, key)
    if kept is not None:
        return kept
    ruleset = sigma.read(texts(), filled)
    with suppress(OSError, ValueError):
        _keep(path, key, dump_rules(ruleset))
    return ruleset


def _key(stamps: Sequence[tuple[str, str]]) -> bytes:
    """Digest of all that decides what is read: the code, the libraries below it, the files and where they stand."""
    known = hashlib.blake2b(digest_size=_DIGEST)

    def add(part: str | bytes) -> None:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogateescape")
        known.update(len(data).to_bytes(8, "little") + data)

    add(__version__)
    for name in _ENGINES:
        try:
            add(f"{name} {version(name)}")
        except PackageNotFoundError:
            add(name)
    for path in sorted(_CODE.glob("*.py")):
        add(path.read_bytes())
    for name, mark in stamps:
        add(name)
        add(mark)
    return known.digest()


def _kept(path: Path, key: bytes) -> Ruleset | None:
    """The rule set in the file; None where there is none that can be trusted."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not (_ours(os.fstat(handle)) and _ours(path.parent.stat())):
                return None
            data = file.read(_LARGEST)
    except OSError:
        return None
    head = _MAGIC + key
    digest, body = data[len(head) : len(head) + _DIGEST], data[len(head) + _DIGEST :]
    if not data.startswith(head) or hashlib.blake2b(body, digest_size=_DIGEST).digest() != digest:
        return None
    # Nothing that is decoded holds a cycle, and looking for some would double the time.
    collects = gc.isenabled()
    gc.disable()
    try:
        return load_rules(body)
    except ValueError:
        return None
    finally:
        if collects:
            gc.enable()


def _ours(about: os.stat_result) -> bool:
    """Whether nobody else can have written it: under sudo, the home may be another user's."""
    kind = stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)
    return kind and about.st_uid == os.geteuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _keep(path: Path, key: bytes, body: bytes) -> None:
    """Write the file, whole or not at all, and let the oldest ones go.

    Raises:
        OSError: it cannot be written, or the directory is not ours alone.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _ours(path.parent.stat()):
        raise PermissionError(f"{path.parent} can be written by others")
    handle, name = tempfile.mkstemp(prefix=".rules-", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + key + hashlib.blake2b(body, digest_size=_DIGEST).digest() + body)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    files = sorted(path.parent.glob("rules-*"), key=lambda each: each.lstat().st_mtime)
    for old in files[:-KEPT]:
        old.unlink(missing_ok=True)
