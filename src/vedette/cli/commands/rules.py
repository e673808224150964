"""Check, list and test Sigma rules, try them on the past, and see what they did.

  vedette rules check my-rules/           what runs, what is refused and why; exit 1 when one is refused
  vedette rules list --format jsonl       every rule with level, log source and ATT&CK technique
  vedette rules list my-rules/ --min-level high --status stable
  vedette rules list --format navigator   what they cover, as a layer for the MITRE ATT&CK Navigator
  vedette rules test my-rules/            run the samples in x.test.yml beside each rule; exit 1 when one fails
  vedette rules try my-rule.yml --since 7d
                                          what it would have matched in the events that the agent has stored, what it
                                          costs, the alerts and incidents that it would have made; also by id or title
  vedette rules stats                     matches, alerts, last alert and cost of each rule that the agent runs

Without PATH, check, list and test are about the built-in rules.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from vedette.cli import options
from vedette.cli.main import FOUND, say
from vedette.model.errors import VedetteError

JSON: Final = ("jsonl", "json")
"""One object a line, or the same objects as one array."""
STATUSES: Final = ("stable", "test", "experimental", "deprecated", "unsupported")
SHOWN: Final = 3
"""Incidents whose story is told by `try`."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What rules can be told."""
    from vedette.model.alert import LEVELS

    parser.add_argument("what", nargs="?", choices=("check", "list", "test", "try", "stats"), default="list")
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="rule file or directory; try: also id, title"
    )
    parser.add_argument("--min-level", choices=LEVELS, default="informational", help="list: leave out rules below it")
    parser.add_argument(
        "--status", action="append", default=[], metavar="STATUS",
        help=f"list: only rules of that status ({', '.join(STATUSES)}); repeatable",
    )  # fmt: skip
    parser.add_argument("--since", default="30d", metavar="TIME", help="try: events from then on (default: 30d)")
    parser.add_argument("--until", metavar="TIME", help="try: events before")
    options.placeholder(parser)
    options.agent(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="no summary on standard error")
    options.output(parser, ("text", "jsonl", "json", "navigator"), "text")


def run(args: argparse.Namespace) -> int:
    """Check, list, test, try or count."""
    from vedette.runtime.rules import BUILTIN, load

    if args.what in ("try", "stats"):
        return _on_the_store(args)

    # The built-in rules are always there, as in a scan: the user's correlations and filters may name them.
    ours = {path for path in args.paths if path.resolve().is_relative_to(BUILTIN)}
    ruleset = load([path for path in args.paths if path not in ours], placeholders=options.placeholders(args))
    args.paths = [path.resolve() if path in ours else path for path in args.paths]
    if args.format == "navigator" and args.what != "list":
        raise VedetteError(f"{args.what} has no layer", where="--format", fix="vedette rules list --format navigator")
    made = {"check": _check, "list": _list, "test": _test}[args.what](args, ruleset)
    with options.Sink(args.output, array=args.format == "json") as sink:
        bad = 0
        for text, fault in made:
            bad += fault
            sink.write(text)
    return FOUND if bad else 0


def _on_the_store(args: argparse.Namespace) -> int:
    from vedette.store.store import open_store

    tree = options.tree(args)
    store = open_store(tree.data_dir, writer=False)
    with options.Sink(args.output, array=args.format == "json") as sink:
        try:
            for text in (_try if args.what == "try" else _stats)(args, tree, store):
                sink.write(text)
        finally:
            store.close()
    return 0


def _try(args: argparse.Namespace, tree: Any, store: Any) -> Iterator[str]:
    import msgspec

    from vedette.detect.sigma import Ruleset
    from vedette.detect.sigma.check import remarks
    from vedette.model.text import count, safe
    from vedette.report.table import stories
    from vedette.runtime.rules import plan_of, rule_paths
    from vedette.runtime.scan import badness, telling
    from vedette.runtime.trial import chosen, together, tried

    if not args.paths:
        raise VedetteError("which rule?", fix="vedette rules try FILE, or an id or title of: vedette rules list")
    now, own = datetime.now(UTC), rule_paths(tree)
    since, until = options.between(args, "UTC", now)
    given = {**tree.rules.placeholders, **options.placeholders(args)}
    paths = chosen([str(path) for path in args.paths], own)
    found = tried(store, together(paths, own, given), paths, plan_of(tree, Ruleset((), (), ())), since, until)
    incidents = sorted((i for i in found.incidents if telling(i)), key=badness)
    rate = f"{found.events / found.seconds:,.0f} events/s" if found.seconds else "-"
    if args.format in JSON:
        for rule in found.rules:
            examples = found.examples.filter(found.examples["rule.id"] == rule.id) if found.examples.height else None
            facts = {
                "rule.id": rule.id, "rule.name": rule.name, "events": found.events, "matches": found.matches.get(rule.id, 0),
                "alerts": sum(alert.rule_id == rule.id for alert in found.alerts), "cost": rule.cost,
                "seconds": round(found.seconds, 3), "examples": [] if examples is None else examples.to_dicts(),
                "incidents": msgspec.to_builtins(incidents),
            }  # fmt: skip
            yield msgspec.json.encode(facts).decode() + "\n"
        return
    yield f"{found.events:,} events since {since:%Y-%m-%d %H:%M} UTC; matching alone: {rate}\n\n"
    for rule in found.rules:
        alerts = sum(alert.rule_id == rule.id for alert in found.alerts)
        matches = found.matches.get(rule.id, 0)
        matched = f"{matches:,} match{'' if matches == 1 else 'es'}"
        yield f"{rule.level:<13} {safe(rule.name, 70)}: {matched}, {count(alerts, 'alert')}\n"
        for remark in remarks(rule):
            yield f"    {safe(remark, 1000)}\n"
        for row in found.examples.iter_rows(named=True):
            if row["rule.id"] == rule.id:
                at = f"{row['@timestamp']:%Y-%m-%d %H:%M:%S}" if row["@timestamp"] else "-"
                yield f"    {at}  {safe(row['host.name'] or '-', 30)}  {safe(row['details'] or '', 160)}\n"
    yield f"\n{count(len(incidents), 'incident')} would have come of it\n"
    yield from stories(incidents[:SHOWN])


def _stats(args: argparse.Namespace, tree: Any, store: Any) -> Iterator[str]:
    from vedette.model.stored import AlertQuery
    from vedette.model.text import safe
    from vedette.runtime.pending import MATCHED
    from vedette.runtime.rules import load_rules

    counters = store.status().counters
    alerts: dict[str, list[datetime]] = {}
    for alert in store.alerts(AlertQuery(limit=10_000_000)):
        alerts.setdefault(alert.rule_id, []).append(alert.last_seen)
    rows: list[dict[str, Any]] = []
    for rule in load_rules(tree).rules:
        if not _asked(args.paths, rule.path):
            continue
        made = alerts.get(rule.id, [])
        matches = len(made) if rule.correlation else counters.get(MATCHED + rule.id, 0)
        rows.append(
            {"rule.id": rule.id, "rule.name": rule.name, "rule.level": rule.level, "matches": matches, "alerts": len(made),
             "last": max(made, default=None), "cost": rule.cost, "path": rule.path}
        )  # fmt: skip
    rows.sort(key=lambda row: (-row["alerts"], -row["matches"], row["rule.name"]))
    if args.format in JSON:
        yield from map(_line, rows)
        return
    fired = [row for row in rows if row["matches"] or row["alerts"]]
    yield f"{'matches':>12} {'alerts':>9}  {'last alert':<16} {'cost':>5}  rule\n"
    for row in fired:
        last = f"{row['last']:%Y-%m-%d %H:%M}" if row["last"] else "-"
        yield f"{row['matches']:>12,} {row['alerts']:>9,}  {last:<16} {row['cost']:>5}  {safe(row['rule.name'], 80)}\n"
    if not args.quiet:
        say(f"vedette: {len(rows) - len(fired):,} of {len(rows):,} rules never matched: --format jsonl names them")


def _line(facts: dict[str, Any]) -> str:
    import orjson

    return orjson.dumps(facts).decode() + "\n"


def _check(args: argparse.Namespace, ruleset: Any) -> Iterator[tuple[str, bool]]:
    from vedette.detect.sigma.check import check
    from vedette.model.text import safe

    rows = [row for row in check(ruleset) if _asked(args.paths, row["path"])]
    for row in rows:
        refused = row["status"] == "refused"
        if args.format in JSON:
            yield _line(row), refused
        elif refused:
            yield f"{safe(row['path'])}:{row['line']}: refused: {safe(row['reason'], 1000)}\n", True
        else:
            missing = ", ".join(row["unknown_fields"])
            for remark in filter(None, (row["reason"], missing and f"no known source has {missing}")):
                yield f"{safe(row['path'])}:{row['line']}: runs; {safe(remark, 1000)}\n", False
    if not args.quiet:
        count = Counter(row["status"] for row in rows)
        say(f"vedette: {count['runs']:,} run, {count['refused']:,} refused")


def _list(args: argparse.Namespace, ruleset: Any) -> Iterator[tuple[str, bool]]:
    from vedette.detect.sigma.aggregation import EVENTS
    from vedette.detect.sigma.check import named
    from vedette.model.alert import LEVELS
    from vedette.model.text import safe

    for status in args.status:
        if status not in STATUSES and all(rule.status != status for rule in ruleset.rules):
            raise VedetteError(f"no rule has the status {status!r}", where="--status", fix=f"one of {', '.join(STATUSES)}")
    listed = [
        rule
        for rule in ruleset.rules
        if _asked(args.paths, rule.path)
        and LEVELS.index(rule.level) >= LEVELS.index(args.min_level)
        and (not args.status or rule.status in args.status)
        and not rule.id.endswith(EVENTS)
    ]
    if args.format == "navigator":
        yield _coverage(listed), False
        return
    for rule in listed:
        source = named(rule.logsource)
        if args.format in JSON:
            facts = {
                "rule.id": rule.id, "rule.name": rule.name, "rule.level": rule.level, "rule.status": rule.status or None,
                "logsource": source or None, "threat.technique.id": rule.techniques, "path": rule.path, "line": rule.line,
                "raises": rule.raises,
            }  # fmt: skip
            yield _line(facts), False
        else:
            head = f"{rule.level:<13} {safe(rule.status, 12) or '-':<12} {safe(rule.name, 70):<70}"
            yield f"{head} {' '.join(rule.techniques):<22} {source or 'correlation'}\n", False


def _coverage(rules: Sequence[Any]) -> str:
    from vedette.report.navigator import NAMES, layer

    names: dict[str, list[str]] = {}
    for rule in rules:
        for technique in rule.techniques:
            names.setdefault(technique, []).append(rule.name)
    scores = {technique: len(found) for technique, found in names.items()}
    return layer(
        "Vedette: covered", f"{len(rules):,} rules", scores, {t: "; ".join(n[:NAMES]) for t, n in names.items()}
    )


def _test(args: argparse.Namespace, ruleset: Any) -> Iterator[tuple[str, bool]]:
    from vedette.detect.sigma.check import run_samples
    from vedette.model.text import safe
    from vedette.runtime.rules import BUILTIN, parse_sample, samples

    outcomes = run_samples(ruleset, samples(args.paths or [BUILTIN]), parse_sample)
    for outcome in outcomes:
        if args.format in JSON:
            yield _line(outcome._asdict()), not outcome.passed
        elif not outcome.passed:
            yield f"{safe(outcome.path)}: {outcome.expected} {outcome.number}: {safe(outcome.reason, 1000)}\n", True
    bare = _without_samples(args.paths, ruleset, {outcome.path for outcome in outcomes})
    for path in bare:
        if args.format == "text":
            yield f"{safe(path)}: has no samples\n  fix: write {safe(Path(path).stem)}.test.yml beside it\n", False
    if not args.quiet:
        failed = sum(not outcome.passed for outcome in outcomes)
        say(f"vedette: {len(outcomes):,} samples, {failed:,} failed, {len(bare):,} rule files without samples")


def _asked(paths: Sequence[Path], path: str) -> bool:
    """Whether a document is one of those that were asked about."""
    there = Path(path).absolute()  # not where a link leads
    return not paths or any(there.is_relative_to(asked.absolute()) for asked in paths)


def _without_samples(asked: Sequence[Path], ruleset: Any, tested: set[str]) -> Sequence[str]:
    stems = {path.removesuffix(".test.yml").removesuffix(".test.yaml") for path in tested}
    paths = {rule.path for rule in ruleset.rules if _asked(asked, rule.path)}
    return sorted(path for path in paths if path.removesuffix(".yml").removesuffix(".yaml") not in stems)
