"""List every event that a rule matches, in the order in which they happened.

For responders: one row per event and rule with level, machine, channel, record id and what the rule saw, and a summary
by level, rule, host and ATT&CK tactic on standard error. Correlations are rows too.

  vedette timeline evidence/ --rules sigma/rules -o timeline.csv
  vedette timeline Security.evtx --min-level medium --format jsonl
  vedette timeline /var/log --from 24h

Exit status: 0 nothing found, 1 something found, 2 an error.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from vedette.cli import options
from vedette.cli.main import ERROR, FOUND, say

LINES: Final = 12
"""Rules, hosts and tactics that the summary names."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What timeline can be told."""
    options.reading(parser)
    options.rules(parser)
    options.level(parser)
    options.span(parser)
    options.output(parser, ("csv", "jsonl", "json"), "csv")


def run(args: argparse.Namespace) -> int:
    """Write it."""
    import polars as pl

    from vedette.collect.read import Reading
    from vedette.detect.sigma.timeline import ROWS, timeline
    from vedette.model.alert import LEVELS
    from vedette.runtime.engine import Engine
    from vedette.runtime.scan import Scan

    context, span = options.context(args), options.spanned(args, datetime.now(UTC))
    engine = Engine(options.plan(args, min_level=args.min_level))
    progress = options.Progress(args.quiet)
    scan = Scan(Reading(args.paths), engine, context, span, progress)
    rules, least = engine.plan.rules, LEVELS.index(args.min_level)
    # What only correlations look at is no finding by itself.
    told = [n for n, rule in enumerate(rules.rules) if rule.raises and LEVELS.index(rule.level) >= least]
    parts = [pl.DataFrame(schema=ROWS)]
    try:
        for batch, seen in scan.batches():
            for events, matches in zip(seen.parsed.events, seen.matches, strict=True):
                parts.append(timeline(rules, events, matches.filter(pl.col("rule").is_in(told))))
            del batch, seen
    finally:
        progress.end()
    findings = scan.findings(incidents=False)
    correlated = [_row(alert) for alert in findings.alerts if alert.rule_source != "sigma"]
    parts.append(pl.DataFrame(correlated, schema=ROWS, orient="row"))
    whole = pl.concat(parts).sort("@timestamp", nulls_last=True, maintain_order=True)
    with options.Sink(args.output, array=args.format == "json") as sink:
        for text in _csv(whole) if args.format == "csv" else _jsonl(whole):
            sink.write(text)
    options.skips(findings.summary.skipped)
    if not args.quiet:
        _summary(whole, {rule.id: rule.tactics for rule in rules.rules})
        options.account(findings.summary)
    if whole.height:
        return FOUND
    return ERROR if options.unread(findings.summary.skipped, args.paths) else 0


def _row(alert: Any) -> tuple[Any, ...]:
    """An alert that no single event makes, as a row."""
    first = alert.evidence[0] if alert.evidence else None
    tags = [f"attack.{name}" for name in (*alert.tactics, *(each.lower() for each in alert.techniques))]
    return (
        alert.timestamp, alert.level, alert.rule_name, alert.host_name, None, None, None, alert.user_name,
        alert.source_ip, alert.message, " ".join(tags), alert.rule_id,
        first.path if first else None, first.offset if first else None, first.event_id if first else None,
    )  # fmt: skip


def _csv(whole: Any) -> Iterator[str]:
    from vedette.report.csv import row

    yield row(name.removeprefix("@") for name in whole.columns)  # a spreadsheet would take @ for a formula
    for values in whole.iter_rows():
        yield row((values[0].isoformat() if values[0] else "", *values[1:]))


def _jsonl(whole: Any) -> Iterator[str]:
    import msgspec

    encode = msgspec.json.Encoder().encode
    for values in whole.iter_rows(named=True):
        known = {name: value for name, value in values.items() if value is not None}
        known["rule.tags"] = known["rule.tags"].split()
        yield encode(known).decode() + "\n"


def _summary(whole: Any, tactics: dict[str, tuple[str, ...]]) -> None:
    from vedette.model.alert import LEVELS
    from vedette.model.text import safe

    def told(what: str, counts: Iterable[tuple[str, int]]) -> None:
        named = [(name, count) for name, count in counts if count]
        for name, count in named[:LINES]:
            say(f"{what:<7} {count:>9,}  {safe(name, 90)}")
            what = ""
        if len(named) > LINES:
            say(f"{'':<7} {'':>9}  and {len(named) - LINES:,} more")

    def most(name: str) -> list[tuple[str, int]]:
        return Counter(value for value in whole[name].to_list() if value).most_common()

    levels = Counter(whole["rule.level"].to_list())
    told("level", ((level, levels[level]) for level in reversed(LEVELS)))
    told("rule", most("rule.name"))
    told("host", most("host.name"))
    told("tactic", Counter(t for rule in whole["rule.id"].to_list() for t in tactics.get(rule, ())).most_common())
