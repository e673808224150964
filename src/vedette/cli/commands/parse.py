"""Show what the parsers make of logs: one flat event a line, in ECS names.

  vedette parse access.log | head
  vedette parse flows.csv --column src=source.ip --column kb=network.bytes
  vedette parse /var/log --rejected        only what was not understood, with the reason

Exit status: 0, or 2 on an error.
"""

import argparse
from collections.abc import Iterator
from typing import Any

from vedette.cli import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """What parse can be told."""
    options.reading(parser)
    options.output(parser, ("jsonl", "json"), "jsonl")
    parser.add_argument("--rejected", action="store_true", help="the records that were not understood, instead")
    parser.add_argument("--original", action="store_true", help="with event.original")


def run(args: argparse.Namespace) -> int:
    """Parse."""
    from vedette.cli.main import ERROR, say
    from vedette.collect.read import Reading
    from vedette.model.findings import Skipped
    from vedette.model.records import RecordBatch
    from vedette.parse.dispatch import parse

    context = options.context(args)
    with options.Sink(args.output, array=args.format == "json") as sink:
        progress = options.Progress(args.quiet)
        reading = Reading(args.paths)
        carries: dict[str, Any] = {}
        records = rejected = 0
        skipped: list[Skipped] = []
        for item in reading:
            if isinstance(item, Skipped):
                skipped.append(item)
                continue
            if not isinstance(item, RecordBatch):
                continue
            parsed = parse(item, carries.pop(item.source, {}), context._replace(reference=item.reference))
            if not item.last:
                carries[item.source] = parsed.carry
            for line in _rejects(item.path, parsed) if args.rejected else _events(parsed, args.original):
                sink.write(line)
            records += item.frame.height
            rejected += parsed.rejected.height
            progress(reading.done, reading.total, records)
        progress.end()
    if rejected and not args.quiet:
        say(
            f"vedette: {rejected:,} of {records:,} records were not understood\n  fix: vedette parse --rejected shows them"
        )
    options.skips(skipped)
    return ERROR if options.unread(skipped, args.paths) else 0


def _events(parsed: Any, original: bool) -> Iterator[str]:
    import orjson

    rows = [row for events in parsed.events for row in events.frame.iter_rows(named=True)]
    for row in sorted(rows, key=lambda r: r["line"]):
        event = {k: v for k, v in row.items() if v is not None and (original or k != "event.original")}
        yield orjson.dumps(event, option=orjson.OPT_UTC_Z).decode() + "\n"


def _rejects(path: str, parsed: Any) -> Iterator[str]:
    import orjson

    for row in parsed.rejected.iter_rows(named=True):
        yield orjson.dumps({"log.file.path": path, **row}).decode() + "\n"
