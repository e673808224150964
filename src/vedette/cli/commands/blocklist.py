"""Show what is blocked and why; or whether one address is, by which entry, and how to undo it.

  vedette blocklist                    in force, newest first
  vedette blocklist 203.0.113.7        is it blocked, and why?
  vedette blocklist --why              every one with its evidence
  vedette blocklist --all --format json

What: drop everything from it; limit what it begins; guard: limit what begins at it, from anybody.
Exit status: 0; with a NETWORK 1 when nothing is done about it; 2 on an error.
"""

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from vedette.cli import asking, options
from vedette.cli.main import say

if TYPE_CHECKING:
    from vedette.model.action import Action, Allowed, Network

NOT_BLOCKED: Final = 1
_ALERTS: Final = 3
"""Alerts of an action whose message is shown."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What blocklist can be told."""
    parser.add_argument("network", nargs="?", metavar="NETWORK", help="only what holds all of this")
    parser.add_argument("--all", action="store_true", help="what is over or was lifted too, as long as it is kept")
    parser.add_argument("--why", action="store_true", help="with the evidence and the undo")
    options.agent(parser)
    options.output(parser, ("text", "json"), "text")


def run(args: argparse.Namespace) -> int:
    """Show it."""
    import msgspec

    from vedette.model.stored import ActionQuery
    from vedette.runtime.networks import network_of
    from vedette.runtime.status import read
    from vedette.store.store import open_store

    asked = network_of(args.network) if args.network else None
    now = datetime.now(UTC)
    directory = options.tree(args).data_dir
    agent = read(directory)
    if not (agent and agent["running"]):
        say("vedette: no agent runs: this is what was decided; whether the kernel still does it, nobody looks after")
    with open_store(directory, writer=False) as store, options.Sink(args.output) as sink:
        around = str(asked) if asked else None
        found = store.actions(ActionQuery(active=None if args.all else now, around=around, limit=None))
        if args.format == "json":
            sink.write(msgspec.json.encode(found).decode() + "\n")
        elif asked:
            for line in _about(store, asked, found, now):
                sink.write(line)
        elif not found:
            sink.write("nothing is blocked\n")
        else:
            for line in _explained(store, found, now) if args.why else _table(found, now):
                sink.write(line)
    return NOT_BLOCKED if asked and not any(action.active(now) for action in found) else 0


def _table(found: "Sequence[Action]", now: datetime) -> Iterator[str]:
    from vedette.model.text import safe
    from vedette.runtime.networks import bare

    width = max(len(bare(action.network)) for action in found)
    yield f"{'network':<{width}}  {'what':<6} {'since':<16}  {'left':<12} {'score':>5}  {'by':<8}  reason\n"
    for action in found:
        score = "-" if action.score is None else f"{action.score:.0f}"
        by = safe(action.who, 20) if action.source == "manual" else action.source
        reason = safe(action.reason, 120) + ("" if action.enforced else "  (dry run)")
        yield (
            f"{bare(action.network):<{width}}  {action.kind:<6} {action.at:%Y-%m-%d %H:%M}  {_left(action, now):<12} "
            f"{score:>5}  {by:<8}  {reason}\n"
        )


def _left(action: "Action", now: datetime) -> str:
    if action.lifted is not None:
        return "lifted"
    if action.until is None:
        return "no end"
    return asking.length(action.until - now) if action.until > now else "over"


def _about(store: Any, asked: "Network", found: "Sequence[Action]", now: datetime) -> Iterator[str]:
    from vedette.runtime.networks import bare

    active = [action for action in found if action.active(now)]
    if not active:
        yield f"{bare(str(asked))}: nothing is done about it\n"
        for allowed in _never(store, asked):
            yield f"  never blocked: {_allowed(allowed)}\n"
    yield from _explained(store, found, now)


def _never(store: Any, asked: "Network") -> "Iterator[Allowed]":
    from vedette.runtime.networks import network_of
    from vedette.runtime.surroundings import surroundings

    for allowed in [*store.allowed(), *surroundings()]:
        if network_of(allowed.network).overlaps(asked):
            yield allowed


def _allowed(allowed: "Allowed") -> str:
    from vedette.model.text import safe
    from vedette.runtime.networks import bare

    return f"{bare(allowed.network)}, {safe(allowed.why)} ({safe(allowed.who, 40)})"


def _explained(store: Any, found: "Sequence[Action]", now: datetime) -> Iterator[str]:
    """Each with its reason, its evidence, and the undo."""
    from vedette.model.text import count, safe
    from vedette.runtime.networks import bare

    since = now - timedelta(days=30)
    times = store.repeats({action.network for action in found}, since)
    for action in found:
        network = bare(action.network)
        active = action.active(now)
        yield f"{asking.told(action, now)}\n" if active else f"{network} was {asking.DONE[action.kind]}{_ended(action)}\n"
        yield f"  why     {safe(action.reason)}\n"
        score = "" if action.score is None else f", score {action.score:.0f}"
        yield f"  since   {action.at:%Y-%m-%d %H:%M:%S} UTC, by {safe(action.who, 40)} ({action.source}{score})\n"
        if action.rules:
            yield f"  rules   {safe(', '.join(action.rules))}\n"
        for alert in filter(None, map(store.alert, action.alerts[:_ALERTS])):
            yield f"  alert   {alert.id}  {safe(alert.message, 160)}\n"
        if (number := times.get(action.network, 0)) > 1:
            yield f"  before  {count(number - 1, 'other action')} on it within 30 days\n"
        yield f"  id      {action.id}\n" + (f"  undo    vedette unblock {network}\n" if active else "")


def _ended(action: "Action") -> str:
    from vedette.model.text import safe

    if action.lifted is None:
        return f" until {action.until:%Y-%m-%d %H:%M} UTC"
    why = f": {safe(action.lifted_why)}" if action.lifted_why else ""
    return f" until {safe(action.lifted_by, 40)} lifted it at {action.lifted:%Y-%m-%d %H:%M} UTC{why}"
