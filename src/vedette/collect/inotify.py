"""Being woken when something happens in a directory: inotify(7) by way of ctypes.

Only a hint: whoever uses it looks at the files themselves and also looks from time to time without a hint, since
network file systems tell nothing and the kernel's queue may overflow. Why not watchfiles: its events come at the
earliest after 50 ms and from a thread of its own; here the waiting is one select in the thread that reads.
"""

import ctypes
import os
import select
import struct
from collections.abc import Iterable
from typing import Final

MODIFY, ATTRIB, MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x2, 0x4, 0x40, 0x80, 0x100, 0x200
DELETE_SELF, MOVE_SELF, OVERFLOW, ONLYDIR = 0x400, 0x800, 0x4000, 0x1000000
NAMES: Final = MOVED_FROM | MOVED_TO | CREATE | DELETE | DELETE_SELF | MOVE_SELF | OVERFLOW
"""Events after which names may lead to other files."""
_EVENT: Final = struct.Struct("iIII")


class Wake:
    """Watches directories; without inotify (limits, other kernels) it just waits."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        try:
            self._fd: int = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        except AttributeError:
            self._fd = -1
        self._watched: dict[str, int] = {}

    @property
    def works(self) -> bool:
        """False when files have to be looked at all the time."""
        return self._fd >= 0

    def watch(self, directories: Iterable[str]) -> None:
        """Watch exactly these directories; what cannot be watched is left to the regular look."""
        wanted = set(directories)
        if self._fd < 0:
            return
        for path in self._watched.keys() - wanted:
            self._libc.inotify_rm_watch(self._fd, self._watched.pop(path))
        for path in wanted:  # adding again follows a name that leads to another directory now
            found = self._libc.inotify_add_watch(
                self._fd, os.fsencode(path), MODIFY | ATTRIB | (NAMES & ~OVERFLOW) | ONLYDIR
            )
            if found >= 0:
                self._watched[path] = found

    def drain(self) -> tuple[bool, bool]:
        """(something happened, names may have changed) since the last call."""
        if self._fd < 0:
            return True, True
        any_event = names = False
        while True:
            try:
                data = os.read(self._fd, 1 << 16)
            except OSError:
                return any_event, names
            any_event = True
            at = 0
            while at < len(data):
                _, mask, _, size = _EVENT.unpack_from(data, at)
                names = names or bool(mask & NAMES)
                at += _EVENT.size + size

    def fileno(self) -> int:
        """Readable when something happened; -1 where there is no inotify."""
        return self._fd

    def wait(self, seconds: float) -> None:
        """Until something happens, at most `seconds`."""
        select.select([self._fd] if self._fd >= 0 else [], [], [], max(0.0, seconds))

    def close(self) -> None:
        """Stop watching."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
