"""Print a fresh one-time sign-in link to the console, and open a browser on it if there is one.

  vedette open                    for the first administrator
  vedette open --user ana         for somebody else
  vedette open --no-browser

Whoever may read the agent's data directory may do this: it is also the way back in when a password is lost.
Exit status: 0, or 2 on an error.
"""

import argparse
import os

from vedette.cli import options
from vedette.cli.main import say
from vedette.model.errors import VedetteError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What open can be told."""
    parser.add_argument("--user", metavar="NAME", help="whom it signs in (default: the first administrator)")
    parser.add_argument("--no-browser", action="store_true", help="only print it")
    options.agent(parser)


def run(args: argparse.Namespace) -> int:
    """Print it, open it."""
    from vedette.api.server import administrator, opened, signing_in
    from vedette.cli.accounts import recorded
    from vedette.runtime.console import where

    tree = options.tree(args)
    url = where(tree.data_dir)
    if url is None:
        raise VedetteError("no console runs on this data", where=str(tree.data_dir), fix="vedette serve, or vedette run")
    with opened(tree.data_dir) as store:
        name = args.user or administrator(store.accounts)
        link = signing_in(store, name, url)
        recorded(store, "open", f"user {name}")
    print(link)  # noqa: T201
    if not args.no_browser and _browser():
        import webbrowser

        say("vedette: opening a browser" if webbrowser.open(link) else "vedette: no browser could be opened: use the link")
    return 0


def _browser() -> bool:
    """Whether a browser would be this person's: not over SSH, not without a screen."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and "SSH_CONNECTION" not in os.environ
