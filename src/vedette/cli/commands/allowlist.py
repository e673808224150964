"""Show what is never blocked and why, add to it, or remove from it what a person added.

  vedette allowlist
  vedette allowlist add 192.0.2.0/24 --why "the office"
  vedette allowlist remove 192.0.2.0/24

Besides what people add, it holds what this machine needs: own addresses, gateways, resolvers, time servers, and where
people who are logged in come from.
Exit status: 0, 1 when a change is asked for but not done yet, 2 when it was refused or on an error.
"""

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vedette.cli import asking, options
from vedette.model.errors import VedetteError

if TYPE_CHECKING:
    from vedette.model.action import Allowed


def arguments(parser: argparse.ArgumentParser) -> None:
    """What allowlist can be told."""
    parser.add_argument("what", nargs="?", choices=("list", "add", "remove"), default="list")
    parser.add_argument("network", nargs="?", metavar="NETWORK", help="add, remove: address or network")
    parser.add_argument("--why", default="", metavar="TEXT", help="add: the reason, kept with it")
    asking.who(parser)
    options.agent(parser)
    options.output(parser, ("text", "json"), "text")


def run(args: argparse.Namespace) -> int:
    """Show or change."""
    import msgspec

    from vedette.model.action import Allowed
    from vedette.runtime.networks import bare, network_of
    from vedette.runtime.requests import ALLOW, DISALLOW
    from vedette.runtime.surroundings import surroundings
    from vedette.store.store import open_store

    tree = options.tree(args)
    directory = tree.data_dir
    with open_store(directory, writer=False) as store, options.Sink(args.output) as sink:
        if args.what == "list":
            settings = [Allowed(network=network, why="blocking.allow", who="settings") for network in tree.blocking.allow]
            listed = [*store.allowed(), *settings, *surroundings()]
            for line in _table(listed) if args.format == "text" else [msgspec.json.encode(listed).decode() + "\n"]:
                sink.write(line)
            return 0
        if not args.network:
            raise VedetteError("which network?", fix=f"vedette allowlist {args.what} 192.0.2.0/24")
        if args.what == "add" and not args.why:
            raise VedetteError("why?", where="--why", fix="say it for those who find the entry in a year")
        network = network_of(args.network)
        kind = ALLOW if args.what == "add" else DISALLOW
        payload = {"network": str(network), "why": args.why}
        done = asking.ask(store, directory, kind, payload, asking.person(args))
        if done is None:
            return asking.NOT_YET
        if args.format == "json":
            sink.write(msgspec.json.encode(next(iter(done.values()))).decode() + "\n")
        else:
            now = "is never blocked from now on" if kind == ALLOW else "is no longer on the allow list"
            sink.write(f"{bare(str(network))} {now}\n")
    return 0


def _table(listed: "Sequence[Allowed]") -> Iterator[str]:
    from vedette.model.text import safe
    from vedette.runtime.networks import bare

    width = max(len(bare(each.network)) for each in listed)
    for each in listed:
        since = f", since {each.at:%Y-%m-%d}" if each.at else ""
        yield f"{bare(each.network):<{width}}  {safe(each.why, 120)} ({safe(each.who, 40)}{since})\n"
