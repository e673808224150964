"""Where `vedette serve` is, and starting it beside the agent: a process of its own, so that the agent has no web server in it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import orjson

from vedette.config.tree import Tree
from vedette.runtime.status import alive

FILE: Final = "console.json"
ENDING: Final = 10.0
"""Seconds that it has to end in."""
FIRST: Final = 1.0
"""Seconds before it is started again; doubled each time, up to LONGEST, until it has lasted that long."""
LONGEST: Final = 60.0

Log = Callable[[str, dict[str, Any]], None]


class Console:
    """`vedette serve` as a child; it ends when we do, however we end: then its standard input is at its end. One that ends
    by itself is started again, after a pause that grows while it does not last."""

    def __init__(self, first: Sequence[str], again: Sequence[str], environment: Mapping[str, str], log: Log) -> None:
        self._again, self._environment, self._log = again, environment, log
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._child = self._start(first)
        self._watcher = threading.Thread(target=self._watch, name="console", daemon=True)
        self._watcher.start()

    def close(self) -> None:
        """End it."""
        self._closing.set()
        with self._lock:  # no other is started from here on
            child = self._child
        if child.stdin:
            with suppress(OSError):
                child.stdin.close()
        try:
            child.wait(ENDING)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        self._watcher.join()

    def _start(self, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "vedette", "serve", "--with-parent", *arguments]
        # A session of its own: Ctrl-C is the agent's, which ends it in good order.
        return subprocess.Popen(command, stdin=subprocess.PIPE, env=self._environment, start_new_session=True)

    def _watch(self) -> None:
        pause = FIRST
        while True:
            began = time.monotonic()
            status = self._child.wait()
            if self._closing.is_set():
                return
            pause = FIRST if time.monotonic() - began >= LONGEST else pause
            self._log("console ended", {"status": status, "started again in seconds": pause})
            if self._closing.wait(pause):
                return
            with self._lock:
                if self._closing.is_set():
                    return
                if self._child.stdin:
                    with suppress(OSError):
                        self._child.stdin.close()
                self._child = self._start(self._again)
            pause = min(2 * pause, LONGEST)


@contextmanager
def beside(
    tree: Tree, arguments: Sequence[str], log: Log, first: Sequence[str] = (), environment: Mapping[str, str] = os.environ
) -> Iterator[None]:
    """The console as long as this lasts, where the settings want one. That it cannot start (its port is taken) it says
    itself, and is not the end of the agent.

    Args:
        arguments: more for `vedette serve` than the data directory.
        first: more for its first start only.
    """
    always = ["--data", str(tree.data_dir), *arguments]
    console = Console([*always, *first], always, environment, log) if tree.api.listen else None
    try:
        yield
    finally:
        if console:
            console.close()


def tell(directory: Path, url: str) -> None:
    """Write down where it is, for `vedette open`."""
    part = directory / f".{FILE}.part"
    part.write_bytes(orjson.dumps({"pid": os.getpid(), "url": url}))
    part.replace(directory / FILE)


def where(directory: Path) -> str | None:
    """The address of the one that runs; None when none does."""
    try:
        facts: Any = orjson.loads((directory / FILE).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return str(facts.get("url")) if isinstance(facts, dict) and alive(facts.get("pid")) else None
