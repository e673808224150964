"""Find flows that are unlike the others, and say what is unusual about each.

Reads CSV with or without a header (timestamp, source_ip, destination_port, protocol, bytes_transferred, ...), or any log
with addresses and amounts. Learns from --train where there is one, else from the rows themselves.

  vedette anomalies flows.csv
  vedette anomalies today.csv --train lastweek.csv --contamination 0.02
  vedette anomalies today.csv --model flows.model --all --format jsonl
  vedette anomalies --train lastweek.csv --save-model flows.model

Exit status: 0 no anomaly, 1 anomalies, 2 an error.
"""

import argparse
import os
from pathlib import Path
from typing import Any

from vedette.cli import options
from vedette.cli.main import ERROR, FOUND, say
from vedette.model.errors import VedetteError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What anomalies can be told."""
    options.reading(parser, needed=False)
    parser.add_argument(
        "--train", action="append", default=[], metavar="PATH", help="learn what is usual from these; repeatable"
    )
    parser.add_argument("--model", type=Path, metavar="FILE", help="a model that was saved before")
    parser.add_argument("--save-model", type=Path, metavar="FILE", help="keep the model for later")
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="COLUMN",
        help="leave a column out, such as a label; repeatable",
    )
    parser.add_argument(
        "--contamination",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="share of usual rows that may be called anomalous (default: 0.05)",
    )
    parser.add_argument(
        "--per-day",
        type=int,
        metavar="N",
        help="budget: about this many anomalies a day at most, instead of --contamination",
    )
    parser.add_argument(
        "--threshold", type=float, default=os.environ.get("ANOMALY_THRESHOLD", "0.5"), metavar="SCORE",
        help="score from which a row is an anomaly, 0 to 1 (default: $ANOMALY_THRESHOLD or 0.5)",
    )  # fmt: skip
    parser.add_argument("--all", action="store_true", help="every row with its score, not only the anomalies")
    options.output(parser, ("table", "jsonl", "json"), "table")


def run(args: argparse.Namespace) -> int:
    """Learn, score, print."""
    from vedette.detect.anomaly import behaviour, flows
    from vedette.runtime.flows import read

    threshold = _share(args.threshold, "--threshold")
    context = options.context(args)
    columns = dict(context.columns)
    if not args.paths and not (args.train and args.save_model):
        raise VedetteError("there is nothing to look at", fix="vedette anomalies --help")
    rows = read(args.paths, context, columns) if args.paths else None
    if args.model:
        model = flows.load(_bytes(args.model))
    else:
        settings = flows.Flows(
            contamination=_share(args.contamination, "--contamination"),
            per_day=args.per_day,
            ignore=(*args.ignore, "line", "log.file.path"),
        )
        source = read(args.train, context, columns) if args.train else rows
        if source is None or source.frame.is_empty():
            raise VedetteError("there is no row to learn from", where=", ".join(args.train or args.paths))
        _account(source, args.quiet)
        model = flows.learn(behaviour.watch(behaviour.begin(), source.frame).frame, settings)
    if args.save_model:
        _save(args.save_model, flows.dump(model))
    if rows is None:
        return 0
    if args.train or args.model:
        _account(rows, args.quiet)
    if rows.frame.is_empty():
        return ERROR
    scored = flows.score(model, behaviour.watch(behaviour.begin(), rows.frame).frame)
    with options.Sink(args.output, array=args.format == "json") as sink:
        found = 0
        show = _text if args.format == "table" else _jsonl
        order = (
            sorted(range(scored.height), key=scored["score"].to_list().__getitem__, reverse=True)
            if args.format == "table"
            else range(scored.height)
        )
        scores, reasons = scored["score"].to_list(), scored["reasons"].to_list()
        for index in order:
            anomalous = scores[index] >= threshold
            found += anomalous
            if anomalous or args.all:
                sink.write(show(rows.frame.row(index, named=True), scores[index], anomalous, reasons[index] or []))
    if not args.quiet:
        say(f"vedette: {found:,} of {scored.height:,} rows are unlike the others")
    return FOUND if found else 0


def _share(text: Any, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        raise VedetteError(f"{text!r} is not between 0 and 1", where=where, fix="for example 0.5")
    return value


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise VedetteError(
            error.strerror or "cannot be read", where=str(path), fix="make one with --save-model"
        ) from None


def _save(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise VedetteError(error.strerror or "cannot be written", where=str(path)) from None


def _account(rows: Any, quiet: bool) -> None:
    from vedette.model.text import safe

    options.skips(rows.skipped)
    for path, line, reason in rows.bad[:5]:
        say(f"vedette: {safe(path)}:{line}: left out: {safe(reason)}")
    if len(rows.bad) > 5 and not quiet:
        say(f"vedette: and {len(rows.bad) - 5:,} more rows left out")


def _jsonl(row: dict[str, Any], score: float, anomaly: bool, reasons: list[str]) -> str:
    import orjson

    known = {name: _whole(value) for name, value in row.items() if value is not None}
    facts = {"score": score, "anomaly": anomaly, "reasons": reasons, **known}
    return orjson.dumps(facts, option=orjson.OPT_UTC_Z, default=str).decode() + "\n"


def _whole(value: Any) -> Any:
    """Numbers are learned from as floating point; 443.0 was 443."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(row: dict[str, Any], score: float, _anomaly: bool, reasons: list[str]) -> str:
    from vedette.model.text import safe

    shown = ("@timestamp", "source.ip", "destination.ip", "destination.port")
    who = " ".join(str(_whole(row[name])) for name in shown if row.get(name) is not None)
    return f"{score:.3f}  {safe(str(row['log.file.path']))}:{row['line']}  {safe(who)}\n" + "".join(
        f"       {safe(reason)}\n" for reason in reasons
    )
