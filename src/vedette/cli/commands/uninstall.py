"""Take away what Vedette put into the system: its table in the kernel, units, user, caches, program; data when asked to.

  vedette uninstall --dry-run          what would go, and what would stay
  vedette uninstall                    blocks end; data and settings stay
  vedette uninstall --data             those too, after a question

Nothing that runs is stopped: it says so, and goes on only with --force, which stops the units of systemd. A second time
there is nothing to do. A checkout and its virtual environment are yours to delete.
Exit status: 0 when all of it is gone, 2 when something could not be taken away or on an error.
"""

import argparse
import os
import sys
from pathlib import Path

from vedette.cli.main import ERROR, say
from vedette.model.errors import ConfigError, VedetteError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What uninstall can be told."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings of the agent: where its data and its helper are"
    )
    parser.add_argument(
        "--data",
        type=Path,
        nargs="?",
        const=Path(),
        metavar="DIR",
        help="data and settings too; DIR in place of that in the settings",
    )
    parser.add_argument("--dry-run", action="store_true", help="show it only")
    parser.add_argument("--force", action="store_true", help="although an agent or a helper runs")
    parser.add_argument("--yes", action="store_true", help="do not ask before data is deleted")


def run(args: argparse.Namespace) -> int:
    """Take it away, part by part; what fails does not keep the others."""
    from vedette.runtime.helper_door import SOCKET
    from vedette.runtime.uninstall import parts, running

    directory, helper = _places(args)
    active = running(directory, tuple({SOCKET, *filter(None, [helper])}))
    if active and not (args.force or args.dry_run):
        fix = "stop it (systemctl stop vedette vedette-helper), or say --force"
        raise VedetteError(f"still runs, and would put back what is taken away: {', '.join(active)}", fix=fix)
    for each in active:
        say(f"vedette: still runs: {each}")
    found = list(parts(directory, data=args.data is not None))
    if (
        args.data is not None
        and not (args.yes or args.dry_run)
        and any(each.what.startswith("data ") for each in found)
    ):
        _confirm(directory)
    failed = False
    for part in found:
        try:
            if not args.dry_run:
                part.remove()
        except (OSError, VedetteError) as error:
            failed = True
            say(f"vedette: {part.what}: {error}")
        else:
            print(f"{'would be taken away' if args.dry_run else 'taken away'}: {part.what}")  # noqa: T201
    if not found:
        print("nothing to take away")  # noqa: T201
    if args.data is None and directory.is_dir():
        print(f"kept: data in {directory}, and the settings: vedette uninstall --data")  # noqa: T201
    return ERROR if failed else 0


def _places(args: argparse.Namespace) -> tuple[Path, Path | None]:
    """Data directory and helper's socket. Settings that are damaged or gone keep nobody from uninstalling."""
    from vedette.config.load import find, load
    from vedette.config.tree import default_data_dir

    named = args.data if args.data and args.data != Path() else None
    try:
        tree = load(find(args.config, os.environ), os.environ)
    except ConfigError as error:
        if args.data is not None and named is None:
            raise  # whose data?
        say(f"vedette: {error.faults[0]}\n  the settings are not used")
        return named or default_data_dir(), None
    return named or tree.data_dir, tree.blocking.helper


def _confirm(directory: Path) -> None:
    """Ask.

    Raises:
        VedetteError: there is nobody to ask, or the answer is no.
    """
    if not sys.stdin.isatty():
        raise VedetteError(
            f"{directory} would be deleted, and nobody is there to be asked", where="--data", fix="say --yes"
        )
    sys.stderr.write(f"Delete all events, alerts and incidents in {directory}, for ever? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise VedetteError("nothing was done", fix="leave out --data to keep it")
