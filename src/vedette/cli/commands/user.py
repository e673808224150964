"""Who may sign in to the console, and what each may do.

  vedette user add ana --role analyst            asks for a password; from a pipe it reads one line
  vedette user add ben --role viewer --no-password    comes by a link: vedette open --user ben
  vedette user list
  vedette user role ana responder
  vedette user password ana                      or: disable ana, enable ana, remove ana

Roles: viewer looks; analyst works on alerts, incidents and rules; responder also blocks; admin does everything.
Any change ends the sessions of that user.
Exit status: 0, or 2 on an error.
"""

import argparse
from datetime import UTC, datetime
from typing import Any

from vedette.cli import accounts, options
from vedette.cli.main import say
from vedette.model.account import ROLES
from vedette.model.errors import VedetteError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What user can be told."""
    what = ("list", "add", "role", "password", "disable", "enable", "remove")
    parser.add_argument("what", nargs="?", choices=what, default="list")
    parser.add_argument("name", nargs="?", metavar="NAME")
    parser.add_argument("new_role", nargs="?", choices=ROLES, metavar="ROLE", help=f"role: one of {', '.join(ROLES)}")
    parser.add_argument("--role", choices=ROLES, default="viewer", help="add: default viewer")
    parser.add_argument("--no-password", action="store_true", help="add: none; the user comes by a link")
    options.agent(parser)
    options.output(parser, ("text", "json"), "text")
    parser.set_defaults(command="user")


def run(args: argparse.Namespace) -> int:
    """List or change."""
    from vedette.store.store import opened

    with opened(options.tree(args).data_dir) as store:
        if args.what == "list":
            with options.Sink(args.output) as sink:
                for line in accounts.rows(store.accounts.users(), ("name", "role", "password", "disabled", "created"), args.format):
                    sink.write(line)
            return 0
        name = accounts.needs(args, "name").lower()
        say(f"vedette: {_change(store, args, name)}")
        accounts.recorded(store, f"user {args.what}", f"user {name}", args.new_role or (args.role if args.what == "add" else ""))
    return 0


def _change(store: Any, args: argparse.Namespace, name: str) -> str:
    now, users = datetime.now(UTC), store.accounts
    if args.what == "add":
        users.add(name, args.role, None if args.no_password else accounts.password(name), now)
        return f"{name} is {args.role}" + (f"\n  next: vedette open --user {name}" if args.no_password else "")
    if args.what == "remove":
        users.remove(name)
        return f"{name} is removed"
    if users.user(name) is None:
        raise VedetteError(f"no user {name!r}", fix="vedette user list")
    if args.what == "role":
        users.change(name, now, role=accounts.needs(args, "new_role"))
        return f"{name} is {args.new_role}"
    if args.what == "password":
        users.change(name, now, password=accounts.password(name))
        return f"{name} has a new password"
    users.change(name, now, disabled=args.what == "disable")
    return f"{name} is {args.what}d"
