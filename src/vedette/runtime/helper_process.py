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
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import msgspec

from vedette.collect.interfaces import Settings, open_ring
from vedette.model.action import ActionError
from vedette.model.errors import VedetteError
from vedette.respond.block.firewall import open_firewall
from vedette.runtime import helper_messages as messages
from vedette.runtime.helper import Helper
from vedette.runtime.helper_door import PATIENCE, Door, peer
from vedette.runtime.surroundings import surroundings

LOOK: Final = 10.0
"""Seconds between two comparisons with the kernel, at least."""
_SHARE: Final = 20
"""A comparison of very many entries takes seconds: the next one comes after so many times as long."""
_WAIT: Final = 0.2


def ready() -> Helper:
    """A helper on this machine's kernel."""
    return Helper(open_firewall, lambda: surroundings(environment=os.environ), _ring)


def _ring(asked: messages.Capture) -> tuple[socket.socket, tuple[int, int]]:
    try:
        settings = Settings(snap=asked.snap, ring=asked.ring, promiscuous=asked.promiscuous, fanout=asked.fanout)
        return open_ring(asked.interface, settings)
    except VedetteError as error:
        raise ActionError(error.what, where=error.where, fix=error.fix) from None


def serve(
    helper: Helper,
    agents: list[socket.socket],
    door: Door | None = None,
    stop: Callable[[], bool] = lambda: False,
    log: Callable[[str, dict[str, Any]], None] = lambda _event, _facts: None,
) -> None:
    """Answer the agents until `stop` says so; without a door, until the last of them is gone.

    One is heard: the first. The others are told that there is one, and the next one's turn comes when it goes: two would
    each take away what the other one puts in force.
    """
    look_at = time.monotonic() + LOOK
    while (agents or door) and not stop():
        waiting: list[Any] = [*agents, *([door] if door else [])]
        if helper.firewall is not None and helper.firewall.fileno() >= 0:
            waiting.append(helper.firewall)
        found, _, _ = select.select(waiting, [], [], min(_WAIT, max(0.0, look_at - time.monotonic())))
        if helper.firewall is not None and helper.firewall in found and helper.firewall.changed():
            look_at = 0.0
        for agent in [each for each in agents if each in found]:
            first = agents[0]
            if _exchange(agent, helper.answer if agent is first else partial(_not_yet, first)):
                continue
            agents.remove(agent)
            agent.close()
            if agent is first:
                helper.close()
            log("agent gone", {"heard": agent is first, "waiting": len(agents)})
        if door and door in found and (new := door.enter()):
            agents.append(new)
        if time.monotonic() >= look_at:
            began = time.monotonic()
            helper.look(datetime.now(UTC))
            ended = time.monotonic()
            look_at = ended + max(LOOK, _SHARE * (ended - began))
    helper.close()


def _not_yet(first: socket.socket, _data: bytes, _now: datetime) -> tuple[messages.Reply, None]:
    """What everybody but the first agent is told."""
    other = f"another agent has the helper: process {peer(first)[0]}"
    return messages.Reply(
        good=False, error=other, fix="stop one of the two; this one's turn comes when the other goes"
    ), None


def _exchange(
    agent: socket.socket, answer: Callable[[bytes, datetime], tuple[messages.Reply, socket.socket | None]]
) -> bool:
    """One question and its answer; False when the agent has gone."""
    try:
        data = agent.recv(messages.LONGEST + 1)
        if not data:
            return False
        said, extra = answer(data, datetime.now(UTC))
        rights = [] if extra is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [extra.fileno()]))]
        with contextlib.nullcontext() if extra is None else extra:
            agent.sendmsg([msgspec.json.encode(said)], rights)
    except OSError:
        return False
    return True


def main() -> None:
    """The child of an agent: its other end is the file descriptor that the argument names."""
    # A Ctrl-C goes to both: the agent ends first, and then we see that it is gone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    agent = socket.socket(fileno=int(sys.argv[1]))
    agent.settimeout(PATIENCE)
    serve(ready(), [agent])


if __name__ == "__main__":
    main()
