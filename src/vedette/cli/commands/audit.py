"""Show the audit log, or verify that nobody changed it.

  vedette audit list                   the newest 50 entries
  vedette audit list --who ana --limit 1000 --format json
  vedette audit verify                 recompute the chain of digests
  vedette audit verify --expect 812:9f3c...e1
                                       and that entry 812 is the one whose digest was noted

Each entry's digest covers the one before. Who can write the whole database could compute them all anew: note number and
digest elsewhere (each is in the log of `vedette serve`), and give them to --expect.
Exit status: 0, 1 when something is wrong with it, 2 on an error.
"""

import argparse

from vedette.cli import accounts, options
from vedette.cli.main import FOUND
from vedette.model.errors import VedetteError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What audit can be told."""
    parser.add_argument("what", nargs="?", choices=("list", "verify"), default="list")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="list: so many at most (default: 50)")
    parser.add_argument("--who", metavar="NAME", help="list: what this user did")
    parser.add_argument("--expect", action="append", default=[], metavar="NUMBER:DIGEST", help="verify: as noted; repeatable")
    options.agent(parser)
    options.output(parser, ("text", "json"), "text")


def run(args: argparse.Namespace) -> int:
    """List or verify."""
    import orjson

    from vedette.store.store import open_store

    with open_store(options.tree(args).data_dir, writer=False) as store, options.Sink(args.output) as sink:
        if args.what == "list":
            found = store.audit.entries(limit=max(args.limit, 0), who=args.who)[::-1]
            columns = ("number", "at", "who", "via", "origin", "what", "subject", "result", "detail")
            for line in accounts.rows(found, columns, args.format):
                sink.write(line)
            return 0
        entries, digest, fault = store.audit.verify()
        for noted in args.expect:
            number, colon, expected = noted.partition(":")
            if not (number.isascii() and number.isdigit() and colon and len(number) < 16):
                raise VedetteError(f"{noted!r} is no NUMBER:DIGEST", where="--expect", fix="as in the log of vedette serve")
            if not fault and store.audit.digest(int(number)) != expected:
                fault = f"entry {number} is not the one that was noted"
        if args.format == "json":
            sink.write(orjson.dumps({"good": not fault, "entries": entries, "digest": digest, "fault": fault}).decode() + "\n")
        else:
            sink.write(f"{entries} entries are right, the last is {entries}:{digest}\n" + (f"BROKEN: {fault}\n" if fault else ""))
    return FOUND if fault else 0
