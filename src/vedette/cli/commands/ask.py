r"""Ask in plain language what happened. Every answer shows the query that it is, in the language of `vedette search`.

  vedette ask "failed logins of root since yesterday"
  vedette ask "top 10 addresses by failed logins this week"
  vedette ask "how many critical alerts today compared with yesterday" --format json
  vedette ask "which hosts ran powershell with an encoded command" --explain-only
  vedette ask "logons that used an explicit credential on a domain controller" --model

A question with words that were not understood is not run: the query so far is shown, and --anyway runs it. What can be
asked is told in docs/ask.md. Nothing leaves this machine, unless --model puts a question that was not understood to the
language model of the settings: it gets the question and the names of fields, never a record.
Exit status: 0 nothing found, 1 something found, 2 not understood, or an error.
"""

import argparse
from typing import TYPE_CHECKING

from vedette.cli import answered, options
from vedette.cli.main import ERROR, FOUND, say
from vedette.model.errors import VedetteError

if TYPE_CHECKING:
    from vedette.model.question import Translator
    from vedette.runtime.questions import Asked


def arguments(parser: argparse.ArgumentParser) -> None:
    """What ask can be told."""
    parser.add_argument("question", nargs="+", metavar="QUESTION", help="in plain English")
    parser.add_argument("--explain-only", action="store_true", help="show how it is understood, and ask nothing")
    parser.add_argument("--anyway", action="store_true", help="run the query also when words were not understood")
    parser.add_argument(
        "--model", action="store_true", help="ask the language model of the settings (ai:) for what is not understood"
    )
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="the newest N records (default: 100)")
    options.days(parser)
    options.agent(parser)
    options.output(parser, ("table", "json", "jsonl", "csv"), "table")


def run(args: argparse.Namespace) -> int:
    """Ask."""
    from contextlib import ExitStack
    from datetime import datetime

    from vedette.model.errors import StoreError
    from vedette.runtime.questions import ask
    from vedette.store.store import open_store

    if not 1 <= args.limit <= 10_000:
        raise VedetteError(
            f"{args.limit} records are not shown at once",
            where="--limit",
            fix="from 1 to 10000; vedette search shows more",
        )
    now = datetime.now(options.zone(args))
    with ExitStack() as held:
        try:
            store = held.enter_context(open_store(options.tree(args).data_dir, writer=False))
        except StoreError:
            if not args.explain_only:
                raise
            store = None
        sink = held.enter_context(options.Sink(args.output))
        asked = ask(
            store, " ".join(args.question), now, run=not args.explain_only, anyway=args.anyway, limit=args.limit,
            translator=_model(args) if args.model else None,
        )  # fmt: skip
        if args.format == "json":
            sink.write(_document(args, asked))
        else:
            _explain(args, asked)
            if asked.answer is not None:
                for line in answered.lines(args.format, asked.answer, _names(args, asked)):
                    sink.write(line)
    if asked.answer is not None:
        return FOUND if answered.anything(asked.answer) else 0
    return 0 if args.explain_only and asked.understood.whole else ERROR


def _model(args: argparse.Namespace) -> "Translator":
    from datetime import UTC, datetime

    from vedette.cli.asking import person
    from vedette.runtime.translation import ByModel
    from vedette.store.store import opened

    tree = options.tree(args)

    def audit(what: str, subject: str, result: int, detail: str) -> None:
        with opened(tree.data_dir) as store:
            now = datetime.now(UTC)
            store.audit.add(now, who=person(args), via="cli", origin="", what=what, subject=subject, result=result, detail=detail)

    return ByModel(tree.ai, tree.data_dir, audit)


def _explain(args: argparse.Namespace, asked: "Asked") -> None:
    """How it was understood, on standard error."""
    from vedette.model.text import count, safe

    found, answer = asked.understood, asked.answer
    if found.about is None:
        say(f"vedette: {found.declined}\n  fix: {found.fix}")
        return
    say(f"{found.about}: {safe(found.query, 4000) or '(all)'}")
    if args.explain_only:
        for word in found.words:
            say(f"  {safe(word.text):<20} {word.meaning}")
    for note in found.notes:
        say(f"  {safe(note)}")
    if found.unknown:
        say(f"vedette: not understood: {safe(', '.join(found.unknown))}")
        if answer is None:
            say("  fix: say it with other words, put names in quotes, or run what was understood with --anyway")
    if answer is not None:
        say(f"  {count(answer.scanned, 'record')} scanned")
        if answer.without:
            say(f"  {answer.without:,} more were found that lack a field to count by")
        if answer.damaged:
            say(f"vedette: {len(answer.damaged)} segments are damaged and were left out\n  fix: vedette status")


def _document(args: argparse.Namespace, asked: "Asked") -> str:
    import orjson

    found, answer = asked.understood, asked.answer
    document = {
        "question": " ".join(args.question),
        "about": found.about,
        "query": found.query,
        "words": [word._asdict() for word in found.words],
        "unknown": found.unknown,
        "notes": found.notes,
        "declined": found.declined,
        "fix": found.fix,
        "by": asked.by,
        "shape": answer.shape if answer else None,
        "scanned": answer.scanned if answer else None,
        "without": answer.without if answer else None,
        "rows": answer.rows if answer else None,
    }
    return orjson.dumps(document, option=orjson.OPT_UTC_Z).decode() + "\n"


def _names(args: argparse.Namespace, asked: "Asked") -> list[str] | None:
    about = asked.understood.about or "events"
    shown = {"events": answered.FIELDS, "alerts": answered.ALERT, "incidents": answered.INCIDENT}
    return list(shown[about]) if args.format == "table" else None
