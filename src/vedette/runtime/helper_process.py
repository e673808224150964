"""The privileged helper as a process: the child of an agent that runs as root, or a service of its own.

    python -m vedette.runtime.helper_process 5      answers the agent at the other end of file descriptor 5
    vedette helper --user vedette                   the service: see deploy/vedette-helper.service
"""

import array
import contextlib
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from vedette.collect.interfaces import Settings, open_ring
from vedette.model.action import ActionError
from vedette.model.errors import VedetteError
from vedette.respond.block.firewall import open_firewall
from vedette.runtime import helper_messages as messages
from vedette.runtime.helper import Helper
from vedette.runtime.surroundings import surroundings

LOOK: Final = 10.0
"""Seconds between two comparisons with the kernel, at least."""
_SHARE: Final = 20
"""A comparison of very many entries takes seconds: the next one comes after so many times as long."""
SOCKET: Final = Path("/run/vedette/helper.sock")
_WAIT: Final = 0.2
_PATIENCE: Final = 5.0
"""Seconds that an agent may take to read an answer."""


def ready() -> Helper:
    """A helper on this machine's kernel."""
    return Helper(open_firewall, lambda: surroundings(environment=os.environ), _ring)


def _ring(asked: messages.Capture) -> tuple[socket.socket, tuple[int, int]]:
    try:
        return open_ring(asked.interface, Settings(snap=asked.snap, ring=asked.ring, promiscuous=asked.promiscuous))
    except VedetteError as error:
        raise ActionError(error.what, where=error.where, fix=error.fix) from None


def serve(helper: Helper, connection: socket.socket, stop: Callable[[], bool] = lambda: False) -> None:
    """Answer one agent until it goes or `stop` says so."""
    connection.settimeout(_PATIENCE)
    look_at = time.monotonic() + LOOK
    while not stop():
        waiting: list[Any] = [connection]
        if helper.firewall is not None and helper.firewall.fileno() >= 0:
            waiting.append(helper.firewall)
        found, _, _ = select.select(waiting, [], [], min(_WAIT, max(0.0, look_at - time.monotonic())))
        if helper.firewall is not None and helper.firewall in found and helper.firewall.changed():
            look_at = 0.0
        if connection in found and not _exchange(helper, connection):
            break
        if time.monotonic() >= look_at:
            began = time.monotonic()
            helper.look(datetime.now(UTC))
            ended = time.monotonic()
            look_at = ended + max(LOOK, _SHARE * (ended - began))
    helper.close()


def _exchange(helper: Helper, connection: socket.socket) -> bool:
    """One question and its answer; False when the agent has gone."""
    try:
        data = connection.recv(messages.LONGEST + 1)
        if not data:
            return False
        answer, extra = helper.answer(data, datetime.now(UTC))
        rights = [] if extra is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [extra.fileno()]))]
        with contextlib.nullcontext() if extra is None else extra:
            connection.sendmsg([msgspec.json.encode(answer)], rights)
    except OSError:
        return False
    return True


def peer(connection: socket.socket) -> tuple[int, int, int]:
    """Process, user and group of the other end (unix(7), SO_PEERCRED)."""
    pid, uid, gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return pid, uid, gid


def listen(path: Path, group: int) -> socket.socket:
    """The socket that agents connect to.

    Raises:
        ActionError: the path cannot be used, or a helper is there already.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe, contextlib.suppress(OSError):
        probe.connect(str(path))
        raise ActionError("a helper is running already", where=str(path), fix="stop it first")
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        server.bind(str(path))
        os.chown(path, 0, group)
        path.chmod(0o660)
        server.listen(4)
    except OSError as error:
        server.close()
        raise ActionError(error.strerror or str(error), where=str(path), fix="run it as root, or name another --socket") from None
    server.settimeout(_WAIT)
    return server


def accept(server: socket.socket, users: Sequence[int], log: Callable[[str, dict[str, Any]], None]) -> socket.socket | None:
    """The next agent of one of these users, or None if none came for a moment. Others are turned away and told of."""
    try:
        connection, _ = server.accept()
    except TimeoutError:
        return None
    pid, uid, _ = peer(connection)
    if uid in users:
        log("agent connected", {"pid": pid, "uid": uid})
        return connection
    log("stranger turned away", {"pid": pid, "uid": uid})
    connection.close()
    return None


def main() -> None:
    """The child of an agent: its other end is the file descriptor that the argument names."""
    # A Ctrl-C goes to both: the agent ends first, and then we see that it is gone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    serve(ready(), socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    main()
