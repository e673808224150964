"""Read logs of any kind and print their records as they are, before any parser: one JSON object a line.

  vedette collect /var/log/auth.log | head
  vedette collect evidence.zip -o records.jsonl
  zcat access.log.1.gz | vedette collect -

Archives, EVTX and standard input are opened as by scan; each record tells where it stands. Exit status: 0, or 2 on an error.
"""

import argparse

from vedette.cli import options
from vedette.cli.main import ERROR


def arguments(parser: argparse.ArgumentParser) -> None:
    """What collect can be told."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file, directory, glob, or - for standard input")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress on standard error")
    options.output(parser, ("jsonl", "json"), "jsonl")


def run(args: argparse.Namespace) -> int:
    """Read."""
    import orjson

    from vedette.collect.read import Reading
    from vedette.model.findings import Skipped
    from vedette.model.records import RecordBatch

    reading, progress = Reading(args.paths), options.Progress(args.quiet)
    skipped: list[Skipped] = []
    records = 0
    with options.Sink(args.output, array=args.format == "json") as sink:
        for item in reading:
            if isinstance(item, Skipped):
                skipped.append(item)
            elif isinstance(item, RecordBatch):
                for offset, raw in item.frame.select("offset", "raw").iter_rows():
                    told = {"log.file.path": item.path, "log.offset": offset, "event.original": raw}
                    sink.write(orjson.dumps(told).decode() + "\n")
                records += item.frame.height
                progress(reading.done, reading.total, records)
        progress.end()
    options.skips(skipped)
    return ERROR if options.unread(skipped, args.paths) else 0
