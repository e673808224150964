r"""Show the lists of indicators (intel.feeds), look something up in them, or see how a list of your own is read.

  vedette indicators                              each list: what it holds, when it was fetched, what is wrong
  vedette indicators find 203.0.113.9 evil.example
  vedette indicators check iocs.csv               what is read of it, and what is refused and why
  vedette scan /var/log --indicators iocs.csv     look for what a file lists, without an agent

Exit status: 0; of find 1 when one of the values is listed; 2 on an error, of check also when nothing could be read.
"""

import argparse
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vedette.cli import options
from vedette.cli.main import ERROR, FOUND, say
from vedette.model.errors import VedetteError

if TYPE_CHECKING:
    from vedette.config.tree import Tree
    from vedette.model.indicator import Indicator

_LISTED: Final = 20
"""Lines that are refused, of each file."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What indicators can be told."""
    parser.add_argument("what", nargs="?", choices=("list", "find", "check"), default="list", help="default: list")
    parser.add_argument("values", nargs="*", metavar="VALUE", help="find: addresses, names, pages, hashes; check: a file, or -")
    options.agent(parser)
    options.output(parser, ("table", "json"), "table")


def run(args: argparse.Namespace) -> int:
    """Show them."""
    if args.what == "list" and args.values:
        raise VedetteError("list takes no value", where=args.values[0], fix=f"vedette indicators find {args.values[0]}")
    if args.what != "list" and not args.values:
        raise VedetteError(f"{args.what} needs a value", fix=f"vedette indicators {args.what} --help")
    if args.what == "check":
        return _check(args)
    return _find(args, options.tree(args)) if args.what == "find" else _list(args, options.tree(args))


def _list(args: argparse.Namespace, tree: "Tree") -> int:
    import orjson

    from vedette.model.text import count, safe
    from vedette.runtime.lists import facts, load

    now = datetime.now(UTC)
    told = {feed.name: facts(feed, load(tree.data_dir, feed.name), now) for feed in tree.intel.feeds}
    with options.Sink(args.output) as sink:
        if args.format == "json":
            sink.write(orjson.dumps(told, option=orjson.OPT_UTC_Z).decode() + "\n")
            return 0
        if not told:
            sink.write("no list is in the settings: intel.feeds, see docs/reference/settings.md\n")
        for name, each in told.items():
            kinds = ", ".join(count(number, kind) for kind, number in sorted(each["kinds"].items()))
            when = f"fetched {each['fetched']:%Y-%m-%d %H:%M} UTC" if each["fetched"] else "not fetched yet"
            sink.write(f"{name:<20} {each['indicators']:>9,}  {when}  {kinds}\n")
            if each["problem"]:
                sink.write(f"{'':<20} problem: {safe(each['problem'], 500)}\n")
    return 0


def _find(args: argparse.Namespace, tree: "Tree") -> int:
    import orjson

    from vedette.model.text import safe
    from vedette.runtime.lists import find

    found: list[dict[str, Any]] = []
    for value in args.values:
        for name, one in find(tree.intel, tree.data_dir, _spelled(value)):
            told = {"kind": one.kind, "indicator": one.value, "about": one.about, "until": one.until}
            found.append({"value": value, "list": name, **told})
    with options.Sink(args.output) as sink:
        if args.format == "json":
            sink.write(orjson.dumps(found, option=orjson.OPT_UTC_Z).decode() + "\n")
        else:
            for each in found:
                line = f"{safe(each['value'])}  {each['list']}  {each['kind']} {safe(each['indicator'])}  {safe(each['about'], 200)}"
                sink.write(line.rstrip() + "\n")
            for value in args.values:
                if all(each["value"] != value for each in found):
                    sink.write(f"{safe(value)}  on no list\n")
    return FOUND if found else 0


def _spelled(value: str) -> "Indicator":
    """In the spelling of lists, so that evil[.]example finds evil.example."""
    from vedette.parse.indicators import indicator

    try:
        return indicator(value)
    except ValueError as error:
        raise VedetteError(str(error), where=value, fix="give an address, a name, a page, a hash or a mail address") from None


def _check(args: argparse.Namespace) -> int:
    import orjson

    from vedette.model.text import safe
    from vedette.parse.indicators import read

    status = 0
    with options.Sink(args.output, array=args.format == "json") as sink:
        for name in args.values:
            try:
                data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
            except OSError as error:
                raise VedetteError(error.strerror or str(error), where=name, fix="name a file that can be read") from None
            found = read(data)
            status = status if found.indicators else ERROR
            kinds = Counter(each.kind for each in found.indicators)
            if args.format == "json":
                rejected = [{"line": line, "text": text, "reason": reason} for line, text, reason in found.rejected]
                told = {"indicators": len(found.indicators), "kinds": kinds, "refused": found.refused, "rejected": rejected}
                sink.write(orjson.dumps({"file": name, "format": found.form, **told}).decode())
                continue
            by_kind = ", ".join(f"{number:,} {kind}" for kind, number in sorted(kinds.items()))
            said = f"{len(found.indicators):,} indicators ({by_kind or 'none'}), {found.refused:,} refused"
            sink.write(f"{safe(name)}: {found.form}, {said}\n")
            for line, text, reason in found.rejected[:_LISTED]:
                sink.write(f"  line {line}: {safe(text, 80)}: {reason}\n")
            if found.refused > _LISTED:
                say(f"vedette: and {found.refused - _LISTED:,} more are refused\n  fix: --format json lists a hundred")
    return status
