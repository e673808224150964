"""Be silent for a while about alerts that a query finds: nobody is notified of them.

  vedette silence                                            what is silenced now, and will be
  vedette silence look 'rule.id:port-scan source.ip:192.0.2.0/24'
  vedette silence add 'host.name:web1' --for 2h --why "new kernel"
  vedette silence add 'host.name:web1' --from 2026-02-01T22:00 --until 2026-02-02T02:00 --why "new kernel"
  vedette silence end 3

Alerts are made, kept and shown as ever, and blocking goes on. What was held back is counted and not sent later; an alert that
goes on when the silence is over is. Times without a zone are in that of the settings. The query language is told in
docs/reference/query.md.
Exit status: 0, or 2 on an error.
"""

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vedette.cli import accounts, asking, options
from vedette.model.errors import VedetteError

if TYPE_CHECKING:
    from vedette.model.silence import Silence
    from vedette.runtime.silences import Look
    from vedette.store.store import LocalStore


def arguments(parser: argparse.ArgumentParser) -> None:
    """What silence can be told."""
    parser.add_argument("what", nargs="?", choices=("list", "look", "add", "end"), default="list")
    parser.add_argument("query", nargs="?", metavar="QUERY|ID", help="add, look: of alerts; end: the silence's number")
    parser.add_argument("--for", dest="span", metavar="TIME", help="add: how long: 90s, 5m, 12h or 7d")
    parser.add_argument("--from", dest="since", metavar="TIME", help="add: from then on (default: now)")
    parser.add_argument("--until", metavar="TIME", help="add: in place of --for")
    parser.add_argument("--why", default="", metavar="TEXT", help="add: the reason, kept with it")
    parser.add_argument("--all", action="store_true", help="list: also what is over")
    asking.who(parser)
    options.agent(parser)
    options.output(parser, ("text", "json"), "text")
    parser.set_defaults(command="silence")


def run(args: argparse.Namespace) -> int:
    """List, look, make or end."""
    import msgspec

    from vedette.model.stored import SilenceQuery
    from vedette.runtime import silences
    from vedette.store.store import opened

    now = datetime.now(UTC)
    with opened(options.tree(args).data_dir) as store, options.Sink(args.output) as sink:
        if args.what == "look":
            look = silences.look(store, accounts.needs(args, "query"), now)
            for line in _seen(look) if args.format == "text" else [msgspec.json.encode(look._asdict()).decode() + "\n"]:
                sink.write(line)
            return 0
        if args.what == "list":
            found = store.silences(SilenceQuery(lasting=None if args.all else now, limit=None))
        else:
            found = [_made(args, store, now) if args.what == "add" else _ended(args, store, now)]
        for line in _table(found, now) if args.format == "text" else [msgspec.json.encode(found).decode() + "\n"]:
            sink.write(line)
    return 0


def _made(args: argparse.Namespace, store: "LocalStore", now: datetime) -> "Silence":
    from vedette.runtime.silences import make

    query = accounts.needs(args, "query")
    if not args.why:
        raise VedetteError("why?", where="--why", fix="say it for those who wonder why nobody was told")
    if (args.span is None) == (args.until is None):
        raise VedetteError("how long?", fix="give --for 2h, or --until 2026-02-01T10:00")
    zone = options.tree(args).time_zone
    since = options.moment(args.since, zone, now) if args.since else now
    until = since + asking.span(args.span) if args.span else options.moment(args.until, zone, now)
    made = make(store, query, since, until, now, who=asking.person(args), why=args.why)
    accounts.recorded(store, "silence add", f"silence {made.id}", f"{made.query[:300]} until {made.until}: {made.why[:200]}")
    return made


def _ended(args: argparse.Namespace, store: "LocalStore", now: datetime) -> "Silence":
    from vedette.runtime.silences import move

    text = accounts.needs(args, "query")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise VedetteError(f"{text[:80]!r} is no number of a silence", fix="vedette silence lists them")
    ended = move(store, int(text), None, now, who=asking.person(args))
    accounts.recorded(store, "silence end", f"silence {ended.id}", ended.query[:300])
    return ended


def _table(found: "Sequence[Silence]", now: datetime) -> Iterator[str]:
    from vedette.model.text import safe
    from vedette.runtime.silences import fault

    if not found:
        yield "nothing is silenced\n"
    for each in found:
        state = each.state(now)
        spans = {
            "active": f"until {each.until:%Y-%m-%d %H:%M} UTC ({asking.length(each.until - now)} left)",
            "pending": f"from {each.since:%Y-%m-%d %H:%M} to {each.until:%Y-%m-%d %H:%M} UTC",
            "expired": f"over since {each.until:%Y-%m-%d %H:%M} UTC" + (f", ended by {safe(each.moved_by, 40)}" if each.moved_by else ""),
        }
        yield f"{each.id}  {safe(each.query, 200)}\n   {spans[state]}; {each.held} held back; {safe(each.who, 40)}: {safe(each.why, 200)}\n"
        if state != "expired" and (wrong := fault(each, now)):
            yield f"   it silences nothing: {safe(wrong, 200)}\n"


def _seen(look: "Look") -> Iterator[str]:
    from vedette.model.text import safe

    yield f"{look.total} alerts since {look.since:%Y-%m-%d %H:%M} UTC would have been silenced\n"
    for each in look.shown:
        yield f"  {each.alert.last_seen:%m-%d %H:%M}  {each.alert.level:<13}  {safe(each.alert.message, 160)}\n"
    for incident in look.incidents:
        yield f"  open incident {incident.id}: {safe(incident.title, 160)}\n"
