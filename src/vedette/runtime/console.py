"""Where `vedette serve` is, and starting it beside the agent: a process of its own, so that the agent has no web server in it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import orjson

from vedette.config.tree import Tree
from vedette.runtime.status import alive

FILE: Final = "console.json"
ENDING: Final = 10.0
"""Seconds that it has to end in."""


class Console:
    """`vedette serve` as a child; it ends when we do, however we end: then its standard input is at its end."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "vedette", "serve", "--with-parent", *arguments]
        # A session of its own: Ctrl-C is the agent's, which ends it in good order.
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, start_new_session=True)

    def close(self) -> None:
        """End it."""
        if self._child.stdin:
            with suppress(OSError):
                self._child.stdin.close()
        try:
            self._child.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


@contextmanager
def beside(tree: Tree, arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Iterator[None]:
    """The console as long as this lasts, where the settings want one. That it cannot start (its port is taken) it says
    itself, and is not the end of the agent.

    Args:
        arguments: more for `vedette serve` than the data directory.
    """
    console = Console(["--data", str(tree.data_dir), *arguments], environment) if tree.api.listen else None
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
