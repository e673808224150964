"""Pack logs for a language model: a fraction of the tokens, every indicator kept, counts exact.

  vedette compress auth.log                      the pack, on standard output
  vedette compress access.log --budget 4000      at most 4,000 tokens; what is left out is counted
  journalctl | vedette compress - --stats json   tokens before and after, indicators kept

Nothing leaves this machine. Exit status: 0, or 2 on an error.
"""

import argparse
from typing import TYPE_CHECKING, Any

from vedette.cli import options

if TYPE_CHECKING:
    from vedette.ai.compress import Pack


def arguments(parser: argparse.ArgumentParser) -> None:
    """What compress can be told."""
    parser.add_argument("paths", nargs="+", metavar="FILE", help="file, directory, glob, or - for standard input")
    options.output(parser, ("text", "json"), "text")
    parser.add_argument("--budget", type=_tokens, metavar="N", help="tokens (o200k) that the pack may have")
    parser.add_argument("--stats", choices=("text", "json"), help="the figures, in place of the pack")
    parser.add_argument("-q", "--quiet", action="store_true", help="no figures on standard error")


def run(args: argparse.Namespace) -> int:
    """Compress."""
    import time

    import orjson
    import polars as pl

    from vedette.ai.compress import compress
    from vedette.cli.main import ERROR, say
    from vedette.collect.read import Reading
    from vedette.model.findings import Skipped
    from vedette.model.records import RecordBatch

    skipped: list[Skipped] = []
    texts: list[pl.Series] = []
    for item in Reading(args.paths):
        if isinstance(item, Skipped):
            skipped.append(item)
        elif isinstance(item, RecordBatch):
            texts.append(item.frame["raw"])
    options.skips(skipped)
    began = time.perf_counter()
    pack = compress(pl.concat(texts) if texts else [], budget=args.budget)
    seconds = time.perf_counter() - began
    figures = _figures(pack, seconds)
    with options.Sink(args.output) as sink:
        if args.stats == "json":
            sink.write(orjson.dumps(figures).decode() + "\n")
        elif args.stats:
            sink.write(_told(figures) + "\n")
        elif args.format == "json":
            sink.write(orjson.dumps({"text": pack.text, **figures}).decode() + "\n")
        else:
            sink.write(pack.text + "\n")
    if not args.stats and not args.quiet:
        say(_told(figures))
    return ERROR if options.unread(skipped, args.paths) else 0


def _tokens(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of tokens")
    return int(text)


def _figures(pack: "Pack", seconds: float) -> dict[str, Any]:
    kept, found = pack.indicators
    before, after = pack.tokens_before, pack.tokens_after
    before_cl, after_cl = pack.tokens("cl100k_base")
    return {
        "tokens_before": before,
        "tokens_after": after,
        "indicators_found": found,
        "indicators_kept": kept,
        "lines": pack.lines,
        "templates": pack.templates,
        "seconds": round(seconds, 4),
        "percent": _percent(before, after),
        "cl100k": {"tokens_before": before_cl, "tokens_after": after_cl, "percent": _percent(before_cl, after_cl)},
        "lines_left_out": pack.left_out,
    }


def _percent(before: int, after: int) -> float:
    return round(100 * (1 - after / before), 1) if before else 0.0


def _told(figures: dict[str, Any]) -> str:
    return (
        f"{figures['lines']:,} lines in {figures['templates']:,} templates: "
        f"{figures['tokens_before']:,} -> {figures['tokens_after']:,} tokens, {figures['percent']} % fewer; "
        f"{figures['indicators_kept']:,} of {figures['indicators_found']:,} indicators kept"
    )
