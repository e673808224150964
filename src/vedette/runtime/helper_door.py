"""Where agents come in to the helper service: a socket in the file system, and who may use it."""

import contextlib
import os
import socket
import stat
import struct
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

from vedette.model.action import ActionError

SOCKET: Final = Path("/run/vedette/helper.sock")
PATIENCE: Final = 5.0
"""Seconds that an agent may take to read an answer."""
_FIX: Final = "run it as root, or name another --socket"


class Door:
    """Open from when it is made until `close`. select(2) calls it readable when somebody knocks.

    Args:
        users: ids of those who may come in, whatever the rights of the file say.
        group: of the socket; its members may knock.

    Raises:
        ActionError: the path cannot be used, or a helper is there already.
    """

    def __init__(
        self, path: Path, users: Collection[int], group: int, log: Callable[[str, dict[str, Any]], None]
    ) -> None:
        self._path = path
        self._users = users
        self._log = log
        if there(path):
            raise ActionError("a helper is running already", where=str(path), fix="stop it first")
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _clear(path)
            self._server.bind(str(path))
            os.chown(path, -1, group)
            path.chmod(0o660)
            self._server.listen(4)
        except OSError as error:
            self._server.close()
            raise ActionError(error.strerror or str(error), where=str(path), fix=_FIX) from None
        except BaseException:
            self._server.close()
            raise
        self._server.settimeout(0)

    def fileno(self) -> int:
        """Of the socket."""
        return self._server.fileno()

    def enter(self) -> socket.socket | None:
        """The agent that knocks. Anybody else is turned away and told of."""
        try:
            agent, _ = self._server.accept()
        except OSError:
            return None
        pid, uid = peer(agent)
        if uid not in self._users:
            self._log("stranger turned away", {"pid": pid, "uid": uid})
            agent.close()
            return None
        self._log("agent connected", {"pid": pid, "uid": uid})
        agent.settimeout(PATIENCE)
        return agent

    def close(self) -> None:
        """Nobody comes in any more."""
        self._server.close()
        self._path.unlink(missing_ok=True)


def peer(connection: socket.socket) -> tuple[int, int]:
    """Process and user of the other end, as they were when it connected (unix(7), SO_PEERCRED)."""
    pid, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return pid, uid


def there(path: Path) -> bool:
    """Whether a helper answers there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe, contextlib.suppress(OSError):
        probe.connect(str(path))
        return True
    return False


def _clear(path: Path) -> None:
    """Take away the socket of a helper that was killed; a file that is none is not ours to take away."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ActionError("there is a file that is no socket", where=str(path), fix="name another --socket")
        path.unlink()
