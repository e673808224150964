"""Say what logs or an incident come to: threat level, findings with evidence, the story, what to do first.

Works without any model and without a network. FILE is any log, archive or capture, - for standard input; INCIDENT is the id
of one that the agent has, or its beginning.

  vedette analyze auth.log
  vedette analyze suspicious.zip --format html -o analysis.html
  vedette analyze flows.csv --sensitivity high
  vedette analyze 32351bbd6f92              an incident, by its id
  vedette analyze auth.log --model          with the opinion of the language model that the settings name (ai:)
  vedette analyze auth.log --show-request   what that model would be sent; nothing leaves

Exit status: 0 nothing found, 1 something found, 2 an error.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vedette.cli import options
from vedette.cli.main import FOUND
from vedette.model.text import safe

if TYPE_CHECKING:
    from vedette.runtime.analyze import Looked

FORMATS = ("table", "json", "html")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What analyze can be told."""
    options.reading(parser)
    options.rules(parser)
    options.indicators(parser)
    options.output(parser, FORMATS, "table")
    parser.add_argument("--sensitivity", choices=("low", "medium", "high"), default="medium", help="how much is told (default: medium)")
    parser.add_argument("--no-compression", action="store_true", help="leave out what packing for a model would save; faster")
    parser.add_argument("--model", action="store_true", help="ask the model of the settings (ai:) too; costs what it costs")
    parser.add_argument("--show-request", action="store_true", help="print what the model would be sent, and send nothing")
    parser.set_defaults(who=None)
    options.agent(parser)


def run(args: argparse.Namespace) -> int:
    """Analyze."""
    import msgspec

    looked = _looked(args)
    analysis = _with_opinion(args, looked) if args.model and not args.show_request else looked.analysis
    with options.Sink(args.output) as sink:
        if args.show_request:
            from vedette.runtime.opinion import shown

            sink.write(shown(options.tree(args).ai, looked))
        elif args.format == "json":
            sink.write(msgspec.json.encode(analysis).decode() + "\n")
        elif args.format == "html":
            from vedette.report.analysis import page

            for piece in page(analysis):
                sink.write(piece)
        else:
            from vedette.report.analysis import text

            for piece in text(analysis, colour=options.colour(args.output)):
                sink.write(piece)
    return FOUND if analysis.findings else 0


def _looked(args: argparse.Namespace) -> "Looked":
    from vedette.runtime.analyze import analyse_files, analyse_incident

    if len(args.paths) == 1 and args.paths[0] != "-" and not Path(args.paths[0]).exists() and (found := _incident(args)):
        return analyse_incident(found)
    progress = _Progress(args.quiet)
    try:
        return analyse_files(
            args.paths, options.plan(args), options.context(args), sensitivity=args.sensitivity, pack=not args.no_compression,
            listed=options.listed(args), tell=progress
        )
    finally:
        progress.end()


def _with_opinion(args: argparse.Namespace, looked: "Looked") -> Any:
    from datetime import UTC, datetime

    from vedette.cli.asking import person
    from vedette.runtime.opinion import with_opinion
    from vedette.store.store import opened

    tree, progress = options.tree(args), _Progress(args.quiet)
    with opened(tree.data_dir) as store:

        def audit(what: str, subject: str, result: int, detail: str) -> None:
            now = datetime.now(UTC)
            store.audit.add(now, who=person(args), via="cli", origin="", what=what, subject=subject, result=result, detail=detail)

        try:
            return with_opinion(looked, tree.ai, tree.data_dir, audit, progress, progress.hear if progress.on else None)
        finally:
            progress.end()


def _incident(args: argparse.Namespace) -> Any:
    """The incident whose id begins like this; None where it is not the beginning of an id, or there is no store."""
    from vedette.model.errors import StoreError, VedetteError
    from vedette.model.stored import IncidentQuery
    from vedette.store.store import open_store

    beginning = args.paths[0]
    if len(beginning) < 4 or not all(c in "0123456789abcdef" for c in beginning):
        return None
    try:
        store = open_store(options.tree(args).data_dir, writer=False)
    except StoreError:
        return None
    try:
        exact = store.incident(beginning)
        found = [exact] if exact else [i for i in store.incidents(IncidentQuery(limit=100_000)) if i.id.startswith(beginning)]
    finally:
        store.close()
    if len(found) > 1:
        raise VedetteError(f"{len(found)} incidents begin like this", where=beginning, fix="write more of the id")
    if not found:
        raise VedetteError("no such file, and no incident of that id", where=beginning, fix="vedette incidents list --all")
    return found[0]


class _Progress:
    """One line on standard error; nothing when it is not a terminal."""

    def __init__(self, quiet: bool) -> None:
        import sys

        self.on = not quiet and sys.stderr.isatty()
        self._heard = False
        self._err = sys.stderr

    def __call__(self, what: str, share: float) -> None:
        if self.on:
            self._err.write(f"\r\x1b[K{what}{f' {100 * share:.0f} %' if share else ' …'}")
            self._err.flush()

    def hear(self, text: str) -> None:
        """A sentence of a model, as it comes; the answer holds it again, with what was struck."""
        self._err.write(f"\r\x1b[K{'' if self._heard else 'the model says: '}{safe(text)}\n")
        self._err.flush()
        self._heard = True

    def end(self) -> None:
        if self.on:
            self._err.write("\r\x1b[K")
            self._err.flush()
