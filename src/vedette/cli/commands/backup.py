"""Write all that is kept (events, alerts, incidents, users, exceptions, rules) into one file, while the agent runs.

  vedette backup                                     vedette-HOST-TIME.backup in this folder
  vedette backup /backups/monday.backup --password-file /etc/vedette/backup.key
  vedette backup - | ssh store.example.org 'cat > web1.backup'

It holds secrets of users: it is readable by you alone, and with a password by nobody who does not have it. The settings and
logs that were read are not in it. Put it back by vedette restore.
Exit status: 0, or 2 on an error.
"""

import argparse
import os
import socket
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from vedette.cli import options
from vedette.cli.main import say
from vedette.model.errors import VedetteError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What backup can be told."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="where to, or - for standard output")
    options.agent(parser)
    password(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress on standard error")


def password(parser: argparse.ArgumentParser) -> None:
    """--password-file."""
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="its first line is the password that seals the backup")


def run(args: argparse.Namespace) -> int:
    """Write it; the file appears whole or not at all."""
    from vedette.store.backup import backup

    secret = read_password(args.password_file)
    directory = options.tree(args).data_dir
    now = datetime.now(UTC)
    progress = options.Progress(args.quiet, "MB")

    def told(done: int, total: int) -> None:
        progress(done, total, done // 1_000_000)

    if args.file == "-":
        if sys.stdout.isatty():
            raise VedetteError("a terminal cannot take a backup", fix="vedette backup FILE, or pipe it to a program")
        kept = backup(directory, sys.stdout.buffer, secret, told)
        progress.end()
        say(f"vedette: {told_of(kept._asdict())}")
        return 0
    path = Path(args.file or f"vedette-{socket.gethostname()}-{now:%Y%m%dT%H%M%SZ}.backup")
    if path.exists():
        raise VedetteError("is there already", where=str(path), fix="move it away, or choose another name")
    part = path.with_name(path.name + ".part")
    try:
        with _private(part) as out:
            kept = backup(directory, out, secret, told)
            out.flush()
            os.fsync(out.fileno())
        part.rename(path)
    except OSError as error:
        raise VedetteError(error.strerror or "cannot be written", where=str(path), fix="make room, or choose another place") from None
    finally:
        part.unlink(missing_ok=True)
        progress.end()
    show(args.format, {"file": str(path), "size": path.stat().st_size} | kept._asdict(), f"{path}: {told_of(kept._asdict())}")
    return 0


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def read_password(path: Path | None) -> bytes | None:
    """The first line of a file; None without one.

    Raises:
        VedetteError: it cannot be read, or is empty.
    """
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            secret = file.readline(1024).rstrip(b"\r\n")
    except OSError as error:
        raise VedetteError(error.strerror or "cannot be read", where=str(path), fix="name a file that you can read") from None
    if not secret:
        raise VedetteError("its first line is empty", where=str(path), fix="write a password into it")
    return secret


def told_of(kept: Mapping[str, Any]) -> str:
    """What is in a backup, in a line."""
    from vedette.model.text import count

    missing = kept["missing"]
    lost = f"; missing: {count(len(missing), 'segment')}" if missing else ""
    return ", ".join(count(kept[name], name[:-1]) for name in ("events", "alerts", "incidents")) + lost


def show(how: str, facts: Mapping[str, object], text: str) -> None:
    """The result on standard output."""
    if how == "json":
        import orjson

        text = orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()
    print(text)  # noqa: T201
