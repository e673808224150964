"""The `vedette` command. A command is a file in commands/: its docstring is its help, `arguments` declares its
arguments and `run` does it and returns the exit status.

Only the file of the command that was asked for is imported, so that `vedette --help` answers at once.
"""

import argparse
import gc
import importlib
import io
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from vedette import __version__
from vedette.model.errors import VedetteError

FOUND: Final = 1
ERROR: Final = 2
COLLECT_FROM: Final = 50_000
"""New objects after which Python looks for cycles among them."""

_FOLDER: Final = Path(__file__).parent / "commands"


class Parser(argparse.ArgumentParser):
    """argparse, but an error is told the way Vedette tells all its errors."""

    def error(self, message: str) -> None:  # type: ignore[override]
        say(f"vedette: {message}\n  fix: {self.prog} --help")
        raise SystemExit(ERROR)


def say(text: str) -> None:
    """One message for the person, on standard error."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def commands() -> dict[str, str]:
    """Every command and the first line of its help, without importing any."""
    found = {}
    for path in sorted(_FOLDER.glob("[a-z]*.py")):
        first = path.read_text("utf-8").splitlines()[0]
        found[path.stem.replace("_", "-")] = first.strip('r"')
    return found


def _overview() -> str:
    lines = [f"  {name:<11} {about}" for name, about in commands().items()]
    return (
        "usage: vedette COMMAND [ARGUMENTS]\n\n"
        "Reads any log, finds attacks, and explains them.\n\n"
        "commands:\n" + "\n".join(lines) + "\n\n"
        "examples:\n"
        "  vedette scan /var/log            what happened here?\n"
        "  journalctl | vedette scan -      the same for a stream\n"
        "  vedette explain auth.log         how was each line read, and who does it count against?\n"
        "  vedette demo                     an attack to look at, and this machine's own logs\n\n"
        "vedette COMMAND --help tells more; `vedette --version` the version.\n"
    )


def parser_of(name: str) -> argparse.ArgumentParser:
    """The argument parser of one command; its module is imported."""
    module = importlib.import_module(f"vedette.cli.commands.{name.replace('-', '_')}")
    parser = Parser(
        prog=f"vedette {name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.arguments(parser)
    parser.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its status: 0, 1 when it found something, 2 on an error."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Whoever started us with a signal ignored (nohup) keeps it so.
        if threading.current_thread() is threading.main_thread() and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    # Decoded records come and go by the ten thousand and hold no cycles: looking for these less often saves a tenth.
    gc.set_threshold(COLLECT_FROM, 20, 50)
    raise SystemExit(_guarded(words))


class Stopped(KeyboardInterrupt):
    """A signal ended the work: whatever is half written is taken away on the way out."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = 128 + number


def _stop(number: int, _frame: FrameType | None) -> None:
    raise Stopped(number)


def _occupy() -> None:
    """Whoever starts us may have closed standard input, output or error: no file that is opened later may get their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  for as long as the process lives


def _able_to_say_everything() -> None:
    """A locale that has no letter for something costs that letter, not the command; files and pipes get UTF-8, as -o does."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")


def _guarded(words: list[str]) -> int:
    _occupy()
    if sys.stdout is None:
        say("vedette: standard output is closed\n  fix: vedette ... > FILE")
        return ERROR
    _able_to_say_everything()
    try:
        status = _dispatch(words)
        sys.stdout.flush()
    except VedetteError as error:
        say(f"vedette: {error}")
        return ERROR
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Stopped as signalled:
        say("vedette: stopped")
        return signalled.status
    except OSError as error:
        if os.environ.get("VEDETTE_DEBUG"):
            raise
        say(f"vedette: {error.filename or 'standard output'}: {error.strerror or error}\n  fix: check the disk and the rights")
        return ERROR
    except MemoryError:
        if os.environ.get("VEDETTE_DEBUG"):
            raise
        say("vedette: there is not enough memory\n  fix: allow it more (ulimit -v, the container's or the service's limit): 1 GB is plenty")
        return ERROR
    except Exception as error:
        # Whatever was not foreseen is our fault, not the user's: one line, and the trace for those who ask for it.
        if os.environ.get("VEDETTE_DEBUG"):
            raise
        say(f"vedette: a fault of its own: {type(error).__name__}: {error}\n  fix: please report it, with VEDETTE_DEBUG=1 set")
        return ERROR
    return status


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview(), end="")  # noqa: T201
        return 0 if words else ERROR
    if words[0] in ("-V", "--version"):
        print(f"vedette {__version__}")  # noqa: T201
        return 0
    name, rest = words[0], words[1:]
    known = commands()
    if name not in known:
        import difflib

        near = difflib.get_close_matches(name, known, n=1)
        say(
            f"vedette: no command named {name!r}"
            + (f"; did you mean {near[0]!r}?" if near else "")
            + "\n  fix: vedette --help"
        )
        return ERROR
    parsed = parser_of(name).parse_intermixed_args(rest)
    status: int = parsed.run(parsed)
    return status
