"""Pack logs for a language model: a fraction of the tokens, every indicator kept, counts exact.

  vedette compress auth.log                        the pack, on standard output
  vedette compress access.log --budget 4000        at most 4,000 tokens; what is left out is counted
  journalctl | vedette compress - --stats json     tokens before and after, money, indicators kept
  vedette compress auth.log --pseudonyms --map m   without names and addresses; m says who is who

Nothing leaves this machine, unless --scaledown is given: then the pack does, never the logs.
Exit status: 0, or 2 on an error.
"""

import argparse
import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vedette.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.ai.compress import Pack
    from vedette.ai.pseudonyms import Pseudonyms


def arguments(parser: argparse.ArgumentParser) -> None:
    """What compress can be told."""
    parser.add_argument("paths", nargs="+", metavar="FILE", help="file, directory, glob, or - for standard input")
    options.output(parser, ("text", "json"), "text")
    parser.add_argument("--budget", type=_tokens, metavar="N", help="tokens (o200k) that the pack may have")
    parser.add_argument(
        "--pseudonyms", action="store_true", help="in place of addresses, users, hosts, domains, e-mail"
    )
    parser.add_argument("--map", type=Path, metavar="FILE", help="write there which pseudonym is whose, as JSON")
    parser.add_argument("--stats", choices=("text", "json"), help="the figures, in place of the pack")
    parser.add_argument(
        "--model", action="append", default=[], help="model whose price is told; repeatable (default: some)"
    )
    parser.add_argument(
        "--scaledown", action="store_true",
        help="let ScaleDown compress the pack further; needs SCALEDOWN_API_KEY; use it with --pseudonyms",
    )  # fmt: skip
    parser.add_argument("-q", "--quiet", action="store_true", help="no figures on standard error")


def run(args: argparse.Namespace) -> int:
    """Compress."""
    import time

    import orjson
    import polars as pl

    from vedette.ai.compress import compress
    from vedette.ai.pseudonyms import Pseudonyms
    from vedette.cli.main import ERROR, say
    from vedette.collect.read import Reading
    from vedette.model.findings import Skipped
    from vedette.model.records import RecordBatch

    client = _scaledown() if args.scaledown else None
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
    names = Pseudonyms(pack.found) if args.pseudonyms else None
    if names:
        pack = dataclasses.replace(pack, text=names.hide(pack.text))
    seconds = time.perf_counter() - began
    if client and pack.text:
        outcome = client.compress(pack.text, _kept(pack, names))
        pack = dataclasses.replace(pack, text=outcome.text)
        if outcome.note:
            say(f"vedette: ScaleDown was not used: {outcome.note}")
    figures = _figures(pack, seconds, args.model)
    if args.map:
        # Only for its owner: whoever has it can undo the pseudonyms.
        with os.fdopen(os.open(args.map, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(orjson.dumps(names.mapping() if names else {}, option=orjson.OPT_INDENT_2) + b"\n")
    with options.Sink(args.output) as sink:
        if args.stats == "json":
            sink.write(orjson.dumps(figures).decode() + "\n")
        elif args.stats:
            sink.write(_table(figures))
        elif args.format == "json":
            sink.write(orjson.dumps({"text": pack.text, **figures}).decode() + "\n")
        else:
            sink.write(pack.text + "\n")
    if not args.stats and not args.quiet:
        say(_told(figures))
    return ERROR if options.unread(skipped, args.paths) else 0


def _tokens(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of tokens")
    return int(text)


def _scaledown() -> Any:
    from vedette.ai.scaledown import URL, ScaleDown

    return ScaleDown(os.environ.get("SCALEDOWN_API_KEY", ""), os.environ.get("SCALEDOWN_API_URL") or URL)


def _kept(pack: "Pack", names: "Pseudonyms | None") -> "Iterable[str]":
    """Indicators that stand in the text, as they are written there."""
    for kind, values in pack.found.items():
        for value in values - pack.missing.get(kind, set()):
            yield names.hide(value) if names else value


def _figures(pack: "Pack", seconds: float, models: list[str]) -> dict[str, Any]:
    from vedette.ai.prices import MODELS, price

    kept, found = pack.indicators
    before, after = pack.tokens_before, pack.tokens_after
    before_cl, after_cl = pack.tokens("cl100k_base")
    money = {}
    for model in models or MODELS:
        costs = price(model, read=before), price(model, read=after)
        money[model] = None if None in costs else {"before": float(costs[0] or 0), "after": float(costs[1] or 0)}
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
        "indicators": {
            kind: {"found": len(values), "kept": len(values) - len(pack.missing.get(kind, ()))}
            for kind, values in pack.found.items()
        },
        "usd": money,
    }


def _percent(before: int, after: int) -> float:
    return round(100 * (1 - after / before), 1) if before else 0.0


def _told(figures: dict[str, Any]) -> str:
    left_out = figures["lines_left_out"]
    return (
        f"{figures['lines']:,} lines in {figures['templates']:,} templates: "
        f"{figures['tokens_before']:,} -> {figures['tokens_after']:,} tokens, {figures['percent']} % fewer; "
        f"{figures['indicators_kept']:,} of {figures['indicators_found']:,} indicators kept"
        + (f"; {left_out:,} lines left out for the budget" if left_out else "")
    )


def _table(figures: dict[str, Any]) -> str:
    cl100k = figures["cl100k"]
    lines = [
        _told(figures),
        f"cl100k: {cl100k['tokens_before']:,} -> {cl100k['tokens_after']:,} tokens, {cl100k['percent']} % fewer",
        *(f"{kind:8} {each['kept']:,} of {each['found']:,} kept" for kind, each in figures["indicators"].items()),
        *(
            f"{model}: US$ {money['before']:.4f} -> {money['after']:.4f} to read it"
            if money
            else f"{model}: price not known"
            for model, money in figures["usd"].items()
        ),
    ]
    return "\n".join(lines) + "\n"
