"""Look through logs of any kind for attacks.

Reads files, directories, globs and - (standard input); gzip, zip, xz, zstd and EVTX are opened; formats are
recognised by content. Prints what it found, and an account of everything that it could not read.

  vedette scan /var/log
  vedette scan 'access.log*' --from 2026-02-01 --min-level medium
  vedette scan evidence.zip --rules my-rules/ --format html -o report.html
  vedette scan /var/log capture.pcap --indicators iocs.csv
  journalctl -o short-iso | vedette scan - --format jsonl

Exit status: 0 nothing found, 1 something found, 2 an error, such as nothing found where not all could be read.
"""

import argparse
from datetime import UTC, datetime
from typing import Any

from vedette.cli import options
from vedette.cli.main import ERROR, FOUND

FORMATS = ("table", "json", "jsonl", "csv", "sarif", "html", "navigator")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What scan can be told."""
    options.reading(parser)
    options.rules(parser)
    options.indicators(parser)
    options.level(parser)
    options.output(parser, FORMATS, "table")
    options.span(parser)
    parser.add_argument(
        "--by-event", action="store_true", help="JSON lines: one for each event and rule that matched it"
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit 0 also when something was found")


def run(args: argparse.Namespace) -> int:
    """Scan."""
    from vedette import registry
    from vedette.collect.read import Options, Reading
    from vedette.runtime.engine import Engine
    from vedette.runtime.scan import Scan

    context = options.context(args)
    span = options.spanned(args, datetime.now(UTC))
    reading = Reading(args.paths, Options(packets=not args.by_event))
    engine = Engine(options.plan(args, min_level=args.min_level), listed=options.listed(args))
    progress = options.Progress(args.quiet)
    report = registry.load("report", args.format)
    scan = Scan(reading, engine, context, span, progress)
    with options.Sink(args.output) as sink:
        found = False
        try:
            for batch, seen in scan.batches():
                if args.by_event:
                    for line in _matches(engine, seen, args.min_level):
                        found = True
                        sink.write(line)
                del batch, seen
        finally:
            progress.end()
        findings = scan.findings(incidents=not args.by_event and getattr(report, "INCIDENTS", True))
        if not args.by_event:
            found = bool(findings.alerts)
            style: dict[str, Any] = {"colour": options.colour(args.output)} if args.format == "table" else {}
            for piece in report.render(findings, **style):
                sink.write(piece)
    if args.by_event or args.format != "table" or args.output:
        options.skips(findings.summary.skipped)
        if not args.quiet:
            options.account(findings.summary)
    if found:
        return 0 if args.exit_zero else FOUND
    return ERROR if options.unread(findings.summary.skipped, args.paths) else 0


def _matches(engine: Any, seen: Any, min_level: str) -> Any:
    """One JSON line per event and rule that matched it."""
    import orjson

    from vedette.model.alert import LEVELS

    rules = engine.plan.rules.rules
    least = LEVELS.index(min_level)
    for events, matches in zip(seen.parsed.events, seen.matches, strict=True):
        places = events.select(("event.id", "log.file.path", "log.offset", "winlog.record_id"))
        for rule, row in matches.select("rule", "row").iter_rows():
            if LEVELS.index(rules[rule].level) < least:
                continue
            place = {key: value for key, value in places.row(row, named=True).items() if value is not None}
            yield orjson.dumps({**place, "rule.id": rules[rule].id}).decode() + "\n"
