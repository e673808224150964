"""Serve the HTTP API and the console, beside the agent and on its data. Ctrl-C stops it cleanly.

  vedette serve                        at api.listen of the settings: http://127.0.0.1:8765/
  vedette serve --config vedette.yaml --data /srv/vedette
  vedette serve --link                 also print a one-time sign-in link

`vedette run` starts it by itself; alone, it shows what an agent has left. The first start prints a one-time link that signs
in the user admin, who then sets a password; there is no default password. For other machines it takes a certificate
(api.tls) or a proxy (api.behind_proxy), and a user with a password.
Exit status: 0 when it was stopped, 2 on an error.
"""

import argparse
import os
import sys

from vedette.cli import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """What serve can be told."""
    options.agent(parser)
    parser.add_argument("--link", action="store_true", help="print a one-time sign-in link of the first administrator")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")


def run(args: argparse.Namespace) -> int:
    """Serve until stopped."""
    from vedette.api.server import serve
    from vedette.config.load import find
    from vedette.runtime.log import json_log

    tree = options.tree(args)

    def say(text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    serve(tree, find(args.config, os.environ), json_log(tree.log_level), say, link=args.link, parent=args.with_parent)
    return 0
