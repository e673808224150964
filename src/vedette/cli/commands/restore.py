"""Make a data directory from a backup, whole or not at all.

  vedette restore vedette-web1-20260201T120000Z.backup
  vedette restore monday.backup --data /var/lib/vedette --password-file /etc/vedette/backup.key
  vedette restore --check monday.backup              read all of it, compare every digest, leave nothing

The directory must be empty or not there: what is there is moved away by you. The agent goes on from where it was when the
backup was made; blocks whose time is over do not come back.
Exit status: 0, or 2 on an error.
"""

import argparse
import sys
from pathlib import Path

from vedette.cli import options
from vedette.cli.commands.backup import password, read_password, show, told_of
from vedette.model.errors import VedetteError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What restore can be told."""
    parser.add_argument("file", metavar="FILE", help="what vedette backup wrote, or - for standard input")
    options.agent(parser)
    password(parser)
    parser.add_argument("--check", action="store_true", help="only see whether it could be restored")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def run(args: argparse.Namespace) -> int:
    """Put it back."""
    from vedette.store.backup import check, restore

    secret = read_password(args.password_file)
    directory = None if args.check else options.tree(args).data_dir
    try:
        with sys.stdin.buffer if args.file == "-" else Path(args.file).open("rb") as source:
            kept = check(source, secret) if directory is None else restore(source, directory, secret)
    except OSError as error:
        raise VedetteError(error.strerror or "cannot be read", where=args.file, fix="name a file that vedette backup wrote") from None
    facts = {"restored": None if directory is None else str(directory)} | kept._asdict()
    show(args.format, facts, f"{directory or 'whole'}: {told_of(kept._asdict())}")
    return 0
