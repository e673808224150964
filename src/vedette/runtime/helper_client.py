"""The agent's side of the privileged helper: one question at a time, from any thread."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from vedette.model.action import ActionError, Entry, Rates
from vedette.runtime import helper_messages as messages
from vedette.runtime.helper_messages import Reply, item, reply

_T = TypeVar("_T")
_PATIENCE: Final = 30.0
"""Seconds that an answer may take: a hundred thousand entries are one transaction."""


class Client:
    """A connection to the helper.

    Args:
        path: socket of the helper service; None: a child of our own, which takes root.

    Raises:
        ActionError: there is no helper, and none can be started.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        if path is not None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                self._socket.connect(str(path))
            except OSError as error:
                self._socket.close()
                fix = "start it as root: vedette helper --user NAME (vedette-helper.service); or leave blocking.helper out and run as root"
                raise ActionError(f"the helper cannot be reached: {error.strerror}", where=str(path), fix=fix) from None
        elif os.geteuid() != 0:
            raise ActionError("only root may capture and block", fix="run as root, or name the helper's socket in blocking.helper")
        else:
            self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                command = [sys.executable, "-m", "vedette.runtime.helper_process", str(theirs.fileno())]
                self._child = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        self._socket.settimeout(_PATIENCE)

    @property
    def gone(self) -> bool:
        """Whether it cannot be asked any more: the connection broke."""
        return self._socket.fileno() < 0

    def restore(self, allow: Iterable[str], entries: Iterable[Entry], rates: Rates, *, dry: bool, now: datetime) -> Reply:
        """Make the firewall exactly this. `Reply.refused`: entries that may not be, and why."""
        parts = self._stage(allow, (made for entry in entries if (made := item(entry, now))))
        return self.ask(messages.Restore(parts, dry, *rates))

    def allow(self, networks: Iterable[str]) -> None:
        """In place of the allowed networks before."""
        self.ask(messages.Allow(self._stage(networks, ())))

    def _stage(self, allow: Iterable[str], entries: Iterable[messages.Item]) -> int:
        """All of it, in how many parts."""
        part = 0
        self.ask(messages.Stage(part))  # what was staged before and never used ends with it
        networks = ((some, ()) for some in _parts(allow))
        items = (((), some) for some in _parts(entries))
        for part, (allowed, some) in enumerate(chain(networks, items), 1):
            self.ask(messages.Stage(part, some, allowed))
        return part + 1

    def add(self, entries: Iterable[Entry], now: datetime) -> Reply:
        """Put more in force."""
        refused: list[str] = []
        for some in _parts(made for entry in entries if (made := item(entry, now))):
            refused += self.ask(messages.Add(some)).refused
        return Reply(good=True, refused=tuple(refused))

    def remove(self, entries: Iterable[Entry]) -> None:
        """Take some out of force."""
        items = (messages.Item(entry.kind, str(entry.network), entry.protocol) for entry in entries)
        for some in _parts(items):
            self.ask(messages.Remove(some))

    def ask(self, message: messages.Asked) -> Reply:
        """Any question.

        Raises:
            ActionError: the helper refused, or is gone.
        """
        return self._ask(message)[0]

    def capture(self, message: messages.Capture) -> tuple[socket.socket, tuple[int, int]]:
        """A ring of an interface: the socket, the bytes of a block, and how many there are.

        Raises:
            ActionError: there is none to be had.
        """
        answer, descriptors = self._ask(message)
        if not descriptors:
            raise ActionError("the helper gave no capture", where=message.interface, fix="see its log")
        return socket.socket(fileno=descriptors[0]), answer.ring

    def _ask(self, message: messages.Asked) -> tuple[Reply, list[int]]:
        with self._lock:
            try:
                self._socket.send(msgspec.json.encode(message))
                data, descriptors, _, _ = socket.recv_fds(self._socket, messages.LONGEST, 1)
            except OSError as error:
                # An answer that comes late would be taken for that of the next question.
                self._socket.close()
                raise Gone(f"the helper cannot be reached: {error.strerror or error}", fix="it is started again in a moment") from None
        if not data:
            self._socket.close()
            raise Gone("the helper is gone", fix="it is started again in a moment")
        answer = reply(data)
        if not answer.good:
            raise ActionError(answer.error, fix=answer.fix)
        return answer, descriptors

    def close(self) -> None:
        """Let the helper go; a child ends by that."""
        self._socket.close()
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(10)
                return
            self._child.kill()
            self._child.wait()


def _parts(items: Iterable[_T]) -> Iterator[tuple[_T, ...]]:
    left = iter(items)
    while some := tuple(islice(left, messages.MANY)):
        yield some


class Gone(ActionError):
    """The helper is not there any more."""
