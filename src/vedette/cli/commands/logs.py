"""Show what the agent says about itself: what it did, and what went wrong.

  vedette logs                              the last 50 lines
  vedette logs -f --level warning           trouble, as it comes; Ctrl-C ends it
  vedette logs -n 0 --event action --format jsonl     every block and unblock that is still in the log

Levels: debug, info, warning, error. The log is kept in the data directory, 32 MB at most.
Exit status: 0, or 2 on an error.
"""

import argparse
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from vedette.cli import options
from vedette.model.errors import VedetteError

_LOOK: Final = 0.2
_LINE: Final = 2**20
"""Bytes of a line at most; ours are far shorter."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What logs can be told."""
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what comes")
    parser.add_argument("-n", "--lines", type=int, default=50, metavar="N", help="the last N (default: 50; 0: all)")
    parser.add_argument("--level", choices=("debug", "info", "warning", "error"), default="debug", help="this and above")
    parser.add_argument("--event", metavar="TYPE", help="only this event_type, such as action or incident")
    options.agent(parser)
    options.output(parser, ("text", "jsonl", "json"), "text")


def run(args: argparse.Namespace) -> int:
    """Show the log."""
    import orjson

    from vedette.runtime.log import FILE, LEVELS, predecessor

    if args.follow and args.format == "json":
        raise VedetteError("--follow never comes to the end of an array", fix="--format jsonl")
    path = options.tree(args).data_dir / FILE
    if not (path.exists() or args.follow):
        raise VedetteError("no log yet", where=str(path), fix="start the agent: vedette run")
    levels = LEVELS[LEVELS.index(args.level) :]

    def wanted(said: Mapping[str, Any]) -> bool:
        return said.get("level") in levels and args.event in (None, said["event_type"])

    show = _text if args.format == "text" else lambda said: orjson.dumps(said).decode() + "\n"
    tail = _Tail(path)
    kept: deque[Mapping[str, Any]] = deque(maxlen=args.lines if args.lines > 0 else None)
    kept.extend(filter(wanted, _parsed(_whole(predecessor(path)))))
    kept.extend(filter(wanted, _parsed(tail.lines())))
    with options.Sink(args.output, array=args.format == "json") as sink:
        for said in kept:
            sink.write(show(said))
        if args.follow:
            _follow(tail, lambda said: sink.write(show(said)) if wanted(said) else None)
    return 0


def _follow(tail: "_Tail", take: Callable[[Mapping[str, Any]], None]) -> None:
    import sys

    while True:
        for said in _parsed(tail.lines()):
            take(said)
        sys.stdout.flush()
        time.sleep(_LOOK)


def _parsed(lines: Iterator[bytes]) -> Iterator[Mapping[str, Any]]:
    from vedette.runtime.log import read

    return filter(None, map(read, lines))


def _whole(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from iter(lambda: file.readline(_LINE), b"")
    except FileNotFoundError:
        return


class _Tail:
    """The lines that were added since the last look, also when the file became its own predecessor in between."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Any = None
        self._half = b""

    def lines(self) -> Iterator[bytes]:
        if self._file is None and not self._open():
            return
        yield from self._rest()
        if self._moved():
            yield from self._rest()  # written between the last look and the move
            self._file.close()
            self._file, self._half = None, b""
            if self._open():
                yield from self._rest()

    def _open(self) -> bool:
        try:
            self._file = self._path.open("rb")
        except FileNotFoundError:
            return False
        return True

    def _moved(self) -> bool:
        import os

        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        mine = os.fstat(self._file.fileno())
        return (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino)

    def _rest(self) -> Iterator[bytes]:
        while line := self._file.readline(_LINE):
            self._half += line
            if self._half.endswith(b"\n") or len(self._half) > _LINE:
                yield self._half
                self._half = b""


def _text(said: Mapping[str, Any]) -> str:
    from vedette.model.text import safe

    first = ("timestamp", "level", "event_type")
    stamp = safe(str(said.get("timestamp", "")), 19).rstrip("…").replace("T", " ")
    facts = "  ".join(f"{safe(name, 40)}={safe(str(value), 200)}" for name, value in said.items() if name not in first)
    return f"{stamp}  {said['level']:<7}  {safe(said['event_type'], 40)}  {facts}".rstrip() + "\n"
