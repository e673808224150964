"""List incidents, tell one's story, change its state, or make an exception from one of its alerts.

  vedette incidents list
  vedette incidents show 32351bbd6f92
  vedette incidents set 32351bbd6f92 resolved --why "password changed, host rebuilt"
  vedette incidents except 0f3a... --field source.ip --field user.name --why "our scanner"
                                        shows the Sigma filter and what it would hide; --keep puts it to work

States: new, acknowledged, in-progress, resolved, false-positive.
Exit status: 0, or 2 on an error.
"""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from vedette.cli import asking, options
from vedette.model.errors import VedetteError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What incidents can be told."""
    parser.add_argument("what", nargs="?", choices=("list", "show", "set", "except"), default="list")
    parser.add_argument("id", nargs="?", metavar="ID", help="incident id, or its beginning; for except: alert id")
    parser.add_argument("state", nargs="?", metavar="STATE", help="set: the new state")
    parser.add_argument("--why", default="", help="set, except: the reason, kept with the change")
    parser.add_argument("--who", default=None, help="set, except: who says so (default: you)")
    parser.add_argument("--field", action="append", default=[], help="except: field that must agree; repeatable")
    parser.add_argument("--keep", action="store_true", help="except: keep the filter; the agent takes it over")
    parser.add_argument("--until", metavar="TIME", help="except: what is kept ends then (default: never)")
    parser.add_argument("--all", action="store_true", help="list: closed ones and low ones too")
    options.agent(parser)
    options.output(parser, ("text", "json"), "text")


def run(args: argparse.Namespace) -> int:
    """List, show, set or except."""
    from vedette.store.store import open_store

    tree = options.tree(args)
    store = open_store(tree.data_dir, writer=False)
    with options.Sink(args.output) as sink:
        try:
            if args.what == "list":
                sink.write(_list(args, store))
            elif not args.id:
                raise VedetteError("which one?", fix="vedette incidents list")
            elif args.what == "show":
                sink.write(_show(args, store, _find(store, args.id)))
            elif args.what == "set":
                sink.write(_set(args, store, _find(store, args.id)))
            else:
                sink.write(_except(args, tree, store))
        finally:
            store.close()
    return 0


def _find(store: Any, beginning: str) -> Any:
    from vedette.model.stored import IncidentQuery

    exact = store.incident(beginning)
    found = (
        [exact] if exact else [i for i in store.incidents(IncidentQuery(limit=100_000)) if i.id.startswith(beginning)]
    )
    if len(found) != 1:
        what = "no such incident" if not found else f"{len(found)} incidents begin like this"
        raise VedetteError(what, where=beginning, fix="vedette incidents list --all")
    return found[0]


def _list(args: argparse.Namespace, store: Any) -> str:
    import msgspec

    from vedette.model.incident import CLOSED
    from vedette.model.stored import IncidentQuery
    from vedette.model.text import safe
    from vedette.runtime.scan import badness, telling

    every = store.incidents(IncidentQuery(limit=100_000))
    shown = sorted((i for i in every if args.all or (telling(i) and i.state not in CLOSED)), key=badness)
    if args.format == "json":
        return msgspec.json.encode(shown).decode() + "\n"
    if not shown:
        return "no open incidents\n"
    return "".join(
        f"{i.id[:12]}  {i.level:<8} {i.score:3.0f}  {i.state:<14} {i.last_seen:%Y-%m-%d %H:%M}  {safe(i.title, 120)}\n"
        for i in shown
    )


def _show(args: argparse.Namespace, store: Any, incident: Any) -> str:
    import msgspec

    from vedette.model.text import safe
    from vedette.report.table import stories

    if args.format == "json":
        return msgspec.json.encode(incident).decode() + "\n"
    text = "".join(stories([incident]))
    text += "\n  alerts\n" + "".join(f"    {a.id}  {a.level:<8} {safe(a.message, 120)}\n" for a in incident.alerts)
    text += "".join(_done(store, incident))
    text += "  history\n"
    for change in store.history(incident.id):
        text += f"    {change.at:%Y-%m-%d %H:%M}  {safe(change.who, 40)}: {change.before or '-'} to {change.to}: {safe(change.why)}\n"
    for note in store.notes(incident.id):
        text += f"    {note.at:%Y-%m-%d %H:%M}  {safe(note.who, 40)}: {safe(note.text)}\n"
    return text


def _done(store: Any, incident: Any) -> Iterator[str]:
    """What was done about its addresses since it began."""
    from vedette.cli import asking
    from vedette.model.stored import ActionQuery

    now = datetime.now(UTC)
    addresses = [entity.value for entity in incident.entities if entity.type == "ip"]
    found = [a for ip in addresses for a in store.actions(ActionQuery(around=ip, since=incident.first_seen, limit=20))]
    if found:
        yield "  done about it\n"
    for action in {each.id: each for each in found}.values():
        yield f"    {action.at:%Y-%m-%d %H:%M}  {asking.told(action, now)}{'' if action.active(now) else ', over'}\n"


def _set(args: argparse.Namespace, store: Any, incident: Any) -> str:
    from vedette.model.incident import STATES
    from vedette.runtime.requests import ask

    if args.state not in STATES:
        raise VedetteError(f"{args.state!r} is no state", fix=f"one of: {', '.join(STATES)}")
    changed = ask(store, incident.id, args.state, who=asking.person(args), why=args.why, now=datetime.now(UTC))
    return (
        f"{incident.id[:12]}: {incident.state} to {changed.state}; the agent takes it over within a second of running\n"
    )


def _except(args: argparse.Namespace, tree: Any, store: Any) -> str:
    from vedette.cli import options
    from vedette.model.text import safe
    from vedette.runtime.exceptions import keep, propose
    from vedette.runtime.rules import load_rules

    now = datetime.now(UTC)
    end = options.moment(args.until, "UTC", now) if args.until else None
    if end is not None and end <= now:
        raise VedetteError("it would be over already", where="--until", fix="name a day to come: 2026-12-31")
    alert = store.alert(args.id)
    if alert is None:
        raise VedetteError("no such alert", where=args.id, fix="vedette incidents show ID lists alert ids")
    known = load_rules(tree)
    (made,) = propose(tree, known, store, [alert], args.field, who=asking.person(args), why=args.why, now=now)
    look = made.look
    text = made.text + f"\n# It would have hidden {look.hidden:,} of {look.seen:,} events of the last 30 days"
    text += f", and all known evidence of {len(look.alerts):,} alerts.\n"
    for line in look.samples[:5]:
        text += f"#   {safe(line, 160)}\n"
    if args.keep:
        return text + f"# kept in {keep(tree, made.text, end)}\n"
    return text + "# not kept: add --keep to put it to work\n"
