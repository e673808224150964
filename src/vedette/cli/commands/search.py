r"""Search the events that are kept, or the alerts.

  vedette search 'source.ip:203.0.113.0/24 and user.name:root and not event.outcome:success' --since 7d
  vedette search '"Failed password"' --fields source.ip user.name --format csv -o failed.csv
  vedette search --alerts 'rule.level >= high and alert.state:new'
  vedette search 'event.outcome:failure | count by source.ip top 10' --since 24h
  vedette search --follow 'process.command_line:*certutil*'

The language is told in docs/reference/query.md. Newest first; --follow shows what comes, as it comes, until Ctrl-C.
Exit status: 0 nothing found, 1 something found, 2 an error.
"""

import argparse
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from vedette.cli import answered, options
from vedette.cli.main import FOUND
from vedette.model.errors import VedetteError

if TYPE_CHECKING:
    from vedette.runtime.answers import Answer

_LOOK: Final = 0.5
_LATE: Final = timedelta(minutes=5)
"""How far back --follow looks for events that were written late."""
_REMEMBERED: Final = 100_000
"""Ids of events that --follow has shown."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What search can be told."""
    parser.add_argument("query", nargs="*", metavar="QUERY", help="what to look for; everything when left out")
    parser.add_argument("--alerts", action="store_true", help="among alerts, not events")
    parser.add_argument("--since", metavar="TIME", help="leave out what was before: 1h, 7d, 2026-02-01T10:00")
    parser.add_argument("--until", metavar="TIME", help="leave out what was from then on")
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="the newest N (default: 100; 0: all)")
    parser.add_argument("--fields", nargs="+", metavar="FIELD", help="only these fields of events")
    parser.add_argument("-f", "--follow", action="store_true", help="show what comes, as it comes")
    options.agent(parser)
    options.output(parser, ("table", "json", "jsonl", "csv"), "table")


def run(args: argparse.Namespace) -> int:
    """Search."""
    from vedette.store.store import open_store

    if args.follow and (args.alerts or args.format == "json"):
        raise VedetteError("--follow shows events, and never comes to the end of an array", fix="leave out --alerts; --format jsonl")
    if args.alerts and args.fields:
        raise VedetteError("alerts are shown whole", where="--fields", fix="--format jsonl, and choose from that")
    text, now = " ".join(args.query), datetime.now(UTC)
    since, until = options.between(args, "UTC", now)
    limit = args.limit if args.limit > 0 else None
    about: Literal["events", "alerts"] = "alerts" if args.alerts else "events"
    with open_store(options.tree(args).data_dir, writer=False) as store, options.Sink(args.output, array=args.format == "json") as sink:
        if args.follow:
            _follow(args, store, text, sink)
        found = _found(args, store, about, text, since, until, limit)
        for line in answered.lines(args.format, found, _names(args)):
            sink.write(line)
    return FOUND if answered.anything(found) else 0


def _found(
    args: argparse.Namespace, store: Any, about: Literal["events", "alerts"], text: str, since: datetime | None,
    until: datetime | None, limit: int | None,
) -> "Answer":  # fmt: skip
    from vedette.cli.main import say
    from vedette.runtime.answers import SCHEMAS, answer
    from vedette.search import search

    native = store.native_fields() if about == "events" else ()
    meant = search(text, SCHEMAS[about], datetime.now(UTC), native)
    columns = args.fields or (list(answered.FIELDS) if args.format == "table" else None)
    found = answer(store, about, meant, since=since, until=until, columns=columns, limit=limit)
    if found.damaged:
        say(f"vedette: {len(found.damaged)} segments are damaged and were left out\n  fix: vedette status")
    if found.without:
        say(f"vedette: {found.without:,} more were found that lack a field to count by")
    if found.cut:
        say(f"vedette: {found.cut:,} more groups are not shown\n  fix: add top N, or having > N")
    return found


def _follow(args: argparse.Namespace, store: Any, text: str, sink: Any) -> None:
    """Until somebody ends it. Events are told by their id, since they may be written later than they happened."""
    import sys

    def latest() -> list[dict[str, Any]]:
        found = _found(args, store, "events", text, datetime.now(UTC) - _LATE, None, None)
        if found.shape != "records":
            raise VedetteError("--follow shows records, no summary", fix="leave out what stands behind |")
        return found.rows

    seen = dict.fromkeys(row["event.id"] for row in latest())
    heading = True
    while True:
        rows = latest()
        new = [row for row in reversed(rows) if row["event.id"] not in seen]
        for line in answered.records(args.format, new, _names(args), heading=heading):
            sink.write(line)
        heading = heading and not new
        seen.update(dict.fromkeys(row["event.id"] for row in rows))
        for first in list(seen)[: max(len(seen) - _REMEMBERED, 0)]:
            del seen[first]
        sys.stdout.flush()
        time.sleep(_LOOK)


def _names(args: argparse.Namespace) -> list[str] | None:
    """What is shown, in order."""
    if args.alerts and args.format == "table":
        return list(answered.ALERT)
    if args.fields or args.format == "table":
        return list(dict.fromkeys(["@timestamp", *(args.fields or answered.FIELDS)]))
    return None
