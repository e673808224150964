"""Print a fresh one-time sign-in link to the console, and open a browser on it if there is one.

  vedette open                    for the first administrator
  vedette open --user ana         for somebody else
  vedette open --no-browser

Whoever may read the agent's data directory may do this: it is also the way back in when a password is lost.
Exit status: 0, or 2 on an error.
"""

import argparse

from vedette.cli import options
from vedette.cli.browser import browse
from vedette.model.errors import VedetteError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What open can be told."""
    parser.add_argument("--user", metavar="NAME", help="whom it signs in (default: the first administrator)")
    parser.add_argument("--page", default="", metavar="PAGE", help="the page that it leads to, such as incidents/worst")
    parser.add_argument("--no-browser", action="store_true", help="only print it")
    options.agent(parser)


def run(args: argparse.Namespace) -> int:
    """Print it, open it."""
    from vedette.api.server import administrator, signing_in
    from vedette.cli.accounts import recorded
    from vedette.runtime.console import where
    from vedette.store.store import opened

    tree = options.tree(args)
    url = where(tree.data_dir)
    if url is None:
        raise VedetteError("no console runs on this data", where=str(tree.data_dir), fix="vedette serve, or vedette run")
    with opened(tree.data_dir) as store:
        name = args.user or administrator(store.accounts)
        link = signing_in(store, name, url + args.page)
        recorded(store, "open", f"user {name}")
    print(link)  # noqa: T201
    if not args.no_browser:
        browse(link).join()
    return 0
