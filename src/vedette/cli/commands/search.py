r"""Search the events that are kept, or the alerts.

  vedette search 'source.ip:203.0.113.0/24 and user.name:root and not event.outcome:success' --since 7d
  vedette search '"Failed password"' --fields source.ip user.name --format csv -o failed.csv
  vedette search --alerts 'rule.level >= high and alert.state:new'
  vedette search --follow 'process.command_line:*certutil*'

The language is told in docs/reference/query.md. Newest first; --follow shows what comes, as it comes, until Ctrl-C.
Exit status: 0 nothing found, 1 something found, 2 an error.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from vedette.cli import options
from vedette.cli.main import FOUND
from vedette.model.errors import VedetteError

SHOWN: Final = ("@timestamp", "host.name", "event.action", "user.name", "source.ip", "event.original")
"""Fields of a table when none are named."""
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
    since, until = (options.moment(each, "UTC", now) if each else None for each in (args.since, args.until))
    limit = args.limit if args.limit > 0 else None
    with open_store(options.tree(args).data_dir, writer=False) as store, options.Sink(args.output, array=args.format == "json") as sink:
        if args.follow:
            _follow(args, store, text, sink)
        rows = _alerts(store, text, since, until, limit) if args.alerts else _events(args, store, text, since, until, limit)
        found = False
        for line in _written(args, rows):
            found = True
            sink.write(line)
    return FOUND if found else 0


def _events(
    args: argparse.Namespace, store: Any, text: str, since: datetime | None, until: datetime | None, limit: int | None
) -> list[dict[str, Any]]:
    from vedette.model.ports import EventQuery
    from vedette.model.query import bounds
    from vedette.search import EVENTS, expression, read

    where = read(text, EVENTS, datetime.now(UTC), store.native_fields())
    low, high = bounds(where, "@timestamp")
    columns = args.fields or (list(SHOWN) if args.format == "table" else None)
    query = EventQuery(
        since=max(filter(None, (since, low)), default=None),
        until=min(filter(None, (until, high)), default=None),
        where=expression(where),
        columns=None if columns is None else tuple(dict.fromkeys(["event.id", "@timestamp", *columns])),
        limit=limit,
    )
    found = store.events(query)
    if found.damaged:
        from vedette.cli.main import say

        say(f"vedette: {len(found.damaged)} segments are damaged and were left out\n  fix: vedette status")
    rows: list[dict[str, Any]] = found.frame.to_dicts()
    return rows


def _alerts(store: Any, text: str, since: datetime | None, until: datetime | None, limit: int | None) -> list[dict[str, Any]]:
    import msgspec

    from vedette.model.ports import AlertQuery
    from vedette.search import ALERTS, read

    query = AlertQuery(where=read(text, ALERTS, datetime.now(UTC)), since=since, until=until, limit=limit)
    return [
        {**msgspec.to_builtins(found.alert), "alert.state": found.state, "alert.assignee": found.assignee, "incident.id": found.incident}
        for found in store.triaged(query)
    ]


def _follow(args: argparse.Namespace, store: Any, text: str, sink: Any) -> None:
    """Until somebody ends it. Events are told by their id, since they may be written later than they happened."""
    import sys

    def latest() -> list[dict[str, Any]]:
        return _events(args, store, text, datetime.now(UTC) - _LATE, None, None)

    seen = dict.fromkeys(row["event.id"] for row in latest())
    heading = True
    while True:
        rows = latest()
        new = [row for row in reversed(rows) if row["event.id"] not in seen]
        for line in _written(args, new, heading):
            sink.write(line)
        heading = heading and not new
        seen.update(dict.fromkeys(row["event.id"] for row in rows))
        for first in list(seen)[: max(len(seen) - _REMEMBERED, 0)]:
            del seen[first]
        sys.stdout.flush()
        time.sleep(_LOOK)


def _written(args: argparse.Namespace, rows: Sequence[dict[str, Any]], heading: bool = True) -> Iterator[str]:
    import orjson

    if args.format in ("json", "jsonl"):
        for row in rows:
            wanted = {name: value for name, value in row.items() if value is not None}
            yield orjson.dumps(wanted, option=orjson.OPT_UTC_Z).decode() + "\n"
        return
    names = _names(args, rows)
    if args.format == "csv":
        from vedette.report.csv import row as line

        if heading and rows:
            yield line(name.removeprefix("@") for name in names)  # a spreadsheet would take @ for a formula
        for row in rows:
            yield line(_cell(row.get(name)) for name in names)
        return
    from vedette.model.text import safe

    for row in rows:
        at = str(row.get("@timestamp") or "-")[:19].replace("T", " ")
        rest = (safe(_cell(row.get(name)), 200) for name in names if name != "@timestamp" and row.get(name) is not None)
        yield f"{at:<19}  {'  '.join(rest)}\n"


def _names(args: argparse.Namespace, rows: Sequence[dict[str, Any]]) -> list[str]:
    """What is shown, in order."""
    if args.alerts and args.format == "table":
        return ["@timestamp", "rule.level", "alert.state", "rule.name", "message", "alert.id"]
    if args.fields or args.format == "table":
        return list(dict.fromkeys(["@timestamp", *(args.fields or SHOWN)]))
    return list(dict.fromkeys(name for row in rows for name in row))


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple | dict):
        import orjson

        return orjson.dumps(value).decode()
    return "" if value is None else str(value)
