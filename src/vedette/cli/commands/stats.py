"""Show what the agent did: since it was started, and in all that is kept.

  vedette stats
  vedette stats --format json

Exit status: 0, or 2 on an error.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from vedette.cli import options

_TOP: Final = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    """What stats can be told."""
    options.agent(parser)
    options.output(parser, ("text", "json"), "text")


def run(args: argparse.Namespace) -> int:
    """Count and show."""
    import orjson

    from vedette.runtime.status import read
    from vedette.store.store import open_store

    directory = options.tree(args).data_dir
    now = datetime.now(UTC)
    with open_store(directory, writer=False) as store:
        facts = _facts(store, read(directory), now)
    with options.Sink(args.output) as sink:
        if args.format == "json":
            sink.write(orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode() + "\n")
        else:
            for line in _text(facts):
                sink.write(line)
    return 0


def _facts(store: Any, agent: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    from vedette.runtime.pending import MATCHED

    kept = store.status(now)
    facts: dict[str, Any] = {
        "since_start": None,
        "kept": {
            "events": kept.events,
            "alerts": kept.alerts,
            "incidents": kept.incidents,
            "notices": kept.outbox,
            "actions": _by_kind(store.acted()),
        },
        "in_force": kept.actions,
        "counters": {name: value for name, value in kept.counters.items() if not name.startswith(MATCHED)},
    }
    if agent and agent["running"]:
        started = datetime.fromisoformat(agent["started"])
        facts["since_start"] = {
            "started": agent["started"],
            "records": agent["records"],
            "records_per_second": agent["records_per_second"],
            "alerts": agent["alerts"],
            "actions": _by_kind(store.acted(started)),
            "shed": agent["shed"],
        }
        facts["dropped"] = dict(Counter(agent.get("blocking", {}).get("busiest", {})).most_common(_TOP))
    return facts


def _by_kind(counted: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """{kind: {source: number}}."""
    found: dict[str, dict[str, int]] = {}
    for (kind, source), number in counted.items():
        found.setdefault(kind, {})[source] = number
    return found


def _text(facts: Mapping[str, Any]) -> Iterator[str]:
    from vedette.model.text import safe
    from vedette.runtime.networks import bare

    now = facts["since_start"]
    if now:
        yield f"since it was started, {now['started'][:16].replace('T', ' ')} UTC\n"
        yield f"  records    {now['records']:,}, {now['records_per_second']:,} a second at the moment\n"
        yield f"  alerts     {now['alerts']:,}\n"
        yield f"  actions    {_actions(now['actions'])}\n"
        yield from (f"  given up   {safe(what)}: {number:,}\n" for what, number in now["shed"].items())
    else:
        yield "no agent runs\n"
    kept = facts["kept"]
    yield "kept\n"
    yield f"  events     {kept['events']:,}\n"
    yield f"  alerts     {kept['alerts']:,}\n"
    yield f"  incidents  {_listed(kept['incidents'])}\n"
    yield f"  notices    {_listed(kept['notices'])}\n"
    yield f"  actions    {_actions(kept['actions'])}\n"
    yield f"in force     {_listed(facts['in_force'])}\n"
    if facts.get("dropped"):
        yield "packets dropped, of the networks with most\n"
        yield from (f"  {bare(network):<39} {packets:>15,}\n" for network, packets in facts["dropped"].items())
    yield "counted in all\n"
    yield from (f"  {number:>15,}  {safe(name)}\n" for name, number in sorted(facts["counters"].items()))


def _listed(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counted.items() if number) or "none"


def _actions(counted: Mapping[str, Mapping[str, int]]) -> str:
    return "; ".join(f"{kind}: {_listed(sources)}" for kind, sources in counted.items()) or "none"
