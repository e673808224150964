"""Serve the HTTP API and the console, beside the agent and on its data. Ctrl-C stops it cleanly.

  vedette serve                        at api.listen of the settings: http://127.0.0.1:8765/
  vedette serve --config vedette.yaml --data /srv/vedette
  vedette serve --link                 also print a one-time sign-in link
  vedette serve --link incidents/worst --browser

`vedette run` starts it by itself; alone, it shows what an agent has left. The first start prints a one-time link that signs
in the user admin, who then sets a password; there is no default password. For other machines it takes a certificate
(api.tls) or a proxy (api.behind_proxy), and a user with a password.
Exit status: 0 when it was stopped, 2 on an error.
"""

import argparse
import os
import sys

from vedette.cli import options
from vedette.cli.browser import browse
from vedette.cli.main import say


def arguments(parser: argparse.ArgumentParser) -> None:
    """What serve can be told."""
    options.agent(parser)
    parser.add_argument(
        "--link", nargs="?", const="", metavar="PAGE",
        help="print a one-time sign-in link of the first administrator, to a page such as incidents/worst",
    )  # fmt: skip
    parser.add_argument("--browser", action="store_true", help="open a browser on that link, where there is one")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")


def run(args: argparse.Namespace) -> int:
    """Serve until stopped."""
    from vedette.api.routes.web import DIST
    from vedette.api.server import LASTS, serve
    from vedette.config.load import find
    from vedette.runtime.log import json_log

    tree = options.tree(args)

    def ready(url: str, link: str) -> None:
        lines = [f"console  {url}", *([f"sign in  {link}  (once, within {LASTS.seconds // 60} min)"] if link else [])]
        sys.stdout.write("".join(line + "\n" for line in lines))
        sys.stdout.flush()
        if not (DIST / "index.html").is_file():
            say("the dashboard is not built: make web")
        elif args.browser and link:
            browse(link)

    serve(tree, find(args.config, os.environ), json_log(tree.log_level), ready, link=args.link, parent=args.with_parent)
    return 0
