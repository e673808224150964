"""API keys: for programs, with a scope and an end.

  vedette token create grafana --scope read             of the first administrator, for 90 days
  vedette token create soar --user ben --scope read --scope block --days 30
  vedette token list
  vedette token revoke 1f0c2b7a9d3e4f56

The secret is printed once, on standard output; only its hash is kept. Send it as `X-API-Key: ...` or
`Authorization: Bearer ...`. A key may at most what its owner may, at any time.
Exit status: 0, or 2 on an error.
"""

import argparse
from datetime import UTC, datetime, timedelta
from typing import get_args

from vedette.cli import accounts, options
from vedette.cli.main import say
from vedette.model.account import Scope
from vedette.model.errors import VedetteError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What token can be told."""
    parser.add_argument("what", nargs="?", choices=("list", "create", "revoke"), default="list")
    parser.add_argument("name", nargs="?", metavar="NAME", help="create: what it is for; revoke: its id")
    parser.add_argument("--user", metavar="NAME", help="create: whose it is (default: the first administrator)")
    parser.add_argument("--scope", action="append", choices=get_args(Scope), default=[], help="create: repeatable (default: read)")
    parser.add_argument("--days", type=int, default=90, metavar="N", help="create: until it expires; 0: never (default: 90)")
    options.agent(parser)
    options.output(parser, ("text", "json"), "text")
    parser.set_defaults(command="token")


def run(args: argparse.Namespace) -> int:
    """List, create or revoke."""
    from vedette.api.server import administrator
    from vedette.store.store import opened

    with opened(options.tree(args).data_dir) as store, options.Sink(args.output) as sink:
        now = datetime.now(UTC)
        if args.what == "list":
            columns = ("id", "hint", "name", "user", "scopes", "created", "expires", "used", "revoked")
            for line in accounts.rows(store.accounts.tokens(), columns, args.format):
                sink.write(line)
        elif args.what == "create":
            if not 0 <= args.days <= 3660:
                raise VedetteError(f"{args.days} is no number of days", where="--days", fix="0 (never) to 3660")
            name, owner = accounts.needs(args, "name"), args.user or administrator(store.accounts)
            expires = now + timedelta(days=args.days) if args.days else None
            token, secret = store.accounts.new_token(owner, name, args.scope or ["read"], now, expires)
            accounts.recorded(store, "token create", f"token {token.id}", f"of {owner}, scopes {' '.join(token.scopes)}")
            sink.write(secret + "\n")
            say(f"vedette: key {token.id} of {owner}, {' '.join(token.scopes)}, until {expires or 'revoked'}; this is its only sight")
        else:
            token = store.accounts.revoke(accounts.needs(args, "name"), now)
            accounts.recorded(store, "token revoke", f"token {token.id}")
            say(f"vedette: key {token.id} ({token.name}) is revoked")
    return 0
