"""Block an address or network: the agent drops or limits what it sends, after a look at the allow list.

  vedette block 203.0.113.7 --why "scans our mail server"           for an hour
  vedette block 203.0.113.0/24 --for 7d --why "bought out, per ticket 4711"
  vedette block 2001:db8:0:1::5 --limit --forever --why "crawler"   the /64 that it is in

It waits up to five seconds for the agent's answer. When no agent runs, nothing is blocked: the request is kept, and the
agent decides on it at its next start; the time runs from now.
Exit status: 0 when it is in force, 1 when it is asked for but not in force yet, 2 when it was refused or on an error.
"""

import argparse
import os
from datetime import UTC, datetime

from vedette.cli import asking, options
from vedette.model.action import ActionError, Network


def arguments(parser: argparse.ArgumentParser) -> None:
    """What block can be told."""
    parser.add_argument("network", metavar="NETWORK", help="address or network, down to /16 or /32 in IPv6")
    parser.add_argument("--why", required=True, metavar="TEXT", help="the reason, kept with it")
    time = parser.add_mutually_exclusive_group()
    time.add_argument("--for", dest="span", default="1h", metavar="TIME", help="90s, 5m, 12h, 7d (default: 1h)")
    time.add_argument("--forever", action="store_true", help="until somebody lifts it")
    parser.add_argument("--limit", action="store_true", help="let a few new connections a second through")
    asking.who(parser)
    options.agent(parser)
    options.output(parser, ("text", "json"), "text")


def run(args: argparse.Namespace) -> int:
    """Ask, wait, tell."""
    import msgspec

    from vedette.model.action import Action
    from vedette.runtime.networks import bare, not_too_wide
    from vedette.runtime.requests import BLOCK
    from vedette.store.store import open_store

    network = not_too_wide(asking.source(args.network))
    _not_myself(network)
    payload = {
        "network": str(network),
        "kind": "limit" if args.limit else "drop",
        "seconds": None if args.forever else int(asking.span(args.span).total_seconds()),
        "why": args.why,
    }
    directory = options.tree(args).data_dir
    with open_store(directory, writer=False) as store:
        done = asking.ask(store, directory, BLOCK, payload, asking.person(args))
    if done is None:
        return asking.NOT_YET
    with options.Sink(args.output) as sink:
        for action in msgspec.convert(done["actions"], list[Action]):
            if args.format == "json":
                sink.write(msgspec.json.encode(action).decode() + "\n")
            else:
                undo = f"vedette unblock {bare(action.network)}"
                sink.write(f"{asking.told(action, datetime.now(UTC))}\n  undo: {undo}\n")
    return 0


def _not_myself(network: Network) -> None:
    """The agent knows the sessions of this machine, but not where this one comes from when the system does not say."""
    from vedette.runtime.networks import bare, network_of

    peer = os.environ.get("SSH_CONNECTION", "").partition(" ")[0]
    if peer and network.overlaps(source := network_of(peer)):
        raise ActionError(
            f"your own session comes from {bare(str(source))}", fix="block a network that it is not in, or log in from elsewhere"
        )
