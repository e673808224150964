"""Lift blocks before their time: all on one address or network, or the one with this id.

  vedette unblock 203.0.113.7 --why "a customer's office"
  vedette unblock 5b0c6a9f0d1e2c3b

To never block it again: vedette allowlist add 203.0.113.7 --why "..."
Exit status: 0 when it is lifted, 1 when it is asked for but not done yet, 2 when it was refused or on an error.
"""

import argparse

from vedette.cli import asking, options
from vedette.model.action import ActionError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What unblock can be told."""
    parser.add_argument("what", metavar="NETWORK|ID", help="as vedette blocklist shows it")
    parser.add_argument("--why", default="", metavar="TEXT", help="the reason, kept with it")
    asking.who(parser)
    options.agent(parser)
    options.output(parser, ("text", "json"), "text")


def run(args: argparse.Namespace) -> int:
    """Ask, wait, tell."""
    import msgspec

    from vedette.model.action import Action
    from vedette.model.text import safe
    from vedette.runtime.networks import bare
    from vedette.runtime.requests import UNBLOCK
    from vedette.store.store import open_store

    directory = options.tree(args).data_dir
    with open_store(directory, writer=False) as store:
        what = args.what if store.action(args.what) else _network(args.what)
        done = asking.ask(store, directory, UNBLOCK, {"what": what, "why": args.why}, asking.person(args))
    if done is None:
        return asking.NOT_YET
    with options.Sink(args.output) as sink:
        actions = msgspec.convert(done["actions"], list[Action])
        if args.format == "json":
            sink.write(msgspec.json.encode(actions).decode() + "\n")
        else:
            for action in actions:
                sink.write(f"{bare(action.network)} is no longer {asking.DONE[action.kind]}; it was for: {safe(action.reason)}\n")
    return 0


def _network(text: str) -> str:
    try:
        return str(asking.source(text))
    except ActionError:
        fix = "vedette blocklist shows both"
        raise ActionError(f"{text[:80]!r} is no network, and no action has this id", fix=fix) from None
