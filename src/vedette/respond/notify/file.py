"""Notices to a file, one JSON object a line.

Appended with one write and fsync. The file is opened for every notice, so logrotate may rename it at any time; it is
made with mode 0600, since alerts quote logs. A line that a crash or a full disk cut short is ended first, so that the
next one stays whole.
"""

import errno
import fcntl
import os
import stat
from pathlib import Path

import orjson

from vedette.model import settings as model
from vedette.respond.outcome import Dead, Delivered, Notice, Outcome, Retry

MODE = 0o600
LOOKED_AT = 256 << 10
"""Bytes at the end of the file in which a notice that was booked nowhere is looked for."""


class Settings(model.Settings):
    path: Path
    """File to append to. Its folder must exist."""
    sync: bool = True
    """Wait until the disk has it before it counts as delivered."""


def deliver(settings: Settings, notice: Notice, key: str) -> Outcome:
    """Append the notice, with its idempotency key as `notice.key`, as one line."""
    try:
        line = orjson.dumps({**notice, "notice.key": key}, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
    except (TypeError, ValueError) as error:
        return Dead(f"not JSON: {error}")
    # Not following a link and not waiting on a pipe: the folder may be one where others can write.
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        made = not settings.path.exists()
        handle = os.open(settings.path, flags, MODE)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return Dead(f"{settings.path}: not a regular file")
            # Deliveries run side by side; the lock ends with the handle.
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _has(handle, key):
                return Delivered()
            _append(handle, line)
            if settings.sync:
                os.fsync(handle)
        finally:
            os.close(handle)
        if made and settings.sync:
            _sync_folder(settings.path.parent)
    except OSError as error:
        return Retry(f"{settings.path}: {error.strerror or error}")
    return Delivered()


def _has(handle: int, key: str) -> bool:
    """Whether the end of the file has the key already: the agent was killed after the append, before it booked it.

    The outbox hands out the oldest notices first, so only a few lines can stand between the two.
    """
    size = os.fstat(handle).st_size
    tail = os.pread(handle, LOOKED_AT, max(0, size - LOOKED_AT))
    return b'"notice.key":' + orjson.dumps(key) + b"}\n" in tail


def _append(handle: int, line: bytes) -> None:
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        line = b"\n" + line
    written = os.write(handle, line)
    if written != len(line):
        # A full disk: what is there is no whole line. The next append ends it; this notice is tried again.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
