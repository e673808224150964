"""For every record: how it was read, which rules counted it, against whom, and why.

  vedette explain /var/log/auth.log
  tail -n 3 access.log | vedette explain - --format jsonl

Exactly one object per record: line, format, event, rejected, matches, offender, verdict.
Exit status: 0, or 2 on an error.
"""

import argparse
from typing import Any

from vedette.cli import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """What explain can be told."""
    options.reading(parser)
    options.rules(parser)
    options.output(parser, ("text", "jsonl", "json"), "text")


def run(args: argparse.Namespace) -> int:
    """Explain every record."""
    from vedette.cli.main import ERROR
    from vedette.collect.read import Reading
    from vedette.respond.policy import Policy
    from vedette.runtime.engine import Engine
    from vedette.runtime.explain import Explainer
    from vedette.runtime.scan import Scan

    context = options.context(args)
    engine = Engine(options.plan(args))
    explainer = Explainer(engine, Policy())
    scan = Scan(Reading(args.paths), engine, context)
    with options.Sink(args.output, array=args.format == "json") as sink:
        show = _text if args.format == "text" else _jsonl
        for batch, seen in scan.batches():
            for explained in explainer.explain(seen):
                sink.write(show(batch.path, explained))
            del batch, seen
    options.skips(scan.summary.skipped)
    return ERROR if options.unread(scan.summary.skipped, args.paths) else 0


def _jsonl(_path: str, explained: Any) -> str:
    text: str = explained.json().decode()
    return text + "\n"


def _text(path: str, explained: Any) -> str:
    from vedette.model.text import safe

    lines = [f"{safe(path)}:{explained.line}  {explained.format or 'not understood'}"]
    if explained.event:
        hidden = {"event.id", "event.dataset", "log.file.path", "log.offset"}
        lines += [f"    {name} = {safe(str(value))}" for name, value in explained.event.items() if name not in hidden]
    lines += [f"    rule {m['rule.level']}: {safe(m['rule.name'])} ({safe(m['rule.id'])})" for m in explained.matches]
    lines.append(f"    {safe(explained.verdict, 1000)}")
    return "\n".join(lines) + "\n"
