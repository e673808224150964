"""Show what the agent is doing and what it keeps.

  vedette status
  vedette status --format json

Exit status: 0 when the agent runs, 1 when it does not, 2 on an error.
"""

import argparse
import os
from typing import Any

from vedette.cli import options


def arguments(parser: argparse.ArgumentParser) -> None:
    """What status can be told."""
    options.agent(parser)
    options.output(parser, ("text", "json"), "text")


def run(args: argparse.Namespace) -> int:
    """Show the status."""
    import msgspec
    import orjson

    from vedette.config.load import find, load
    from vedette.runtime.status import read
    from vedette.store.store import open_store

    directory = args.data or load(find(args.config, os.environ), os.environ).data_dir
    agent = read(directory)
    store = open_store(directory, writer=False)
    kept = msgspec.to_builtins(store.status()._asdict())
    store.close()
    facts: dict[str, Any] = {"data_dir": str(directory), "agent": agent, "store": kept}
    with options.Sink(args.output) as sink:
        if args.format == "json":
            sink.write(orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode() + "\n")
        else:
            sink.write(_text(facts))
    return 0 if agent and agent["running"] else 1


def _text(facts: dict[str, Any]) -> str:
    agent, store = facts["agent"], facts["store"]
    lines = []
    if agent and agent["running"]:
        lines.append(
            f"agent     running, pid {agent['pid']}, {agent['records_per_second']:,} records/s, rules {agent['rules']['run']}"
        )
        if agent["blocked"]:
            lines.append(f"          NOT READING: {agent['blocked']}")
        for name, source in agent["sources"].items():
            lines.append(f"  source  {name}: " + (source["fault"] or _health(source)))
        for name, interface in agent["network"].get("interfaces", {}).items():
            captured = f"{interface['packets']:,} packets, {interface['drops']:,} dropped by the kernel"
            lines.append(f"  capture {name}: " + (interface["fault"] or captured))
        lines.append(f"  blocking {_blocking(agent['blocking'])}")
        shed = agent["shed"] | agent["network"].get("shed", {})
        lines += [f"  given up  {what}: {number:,}" for what, number in shed.items()]
    else:
        lines.append("agent     not running\n  fix: vedette run")
    lines.append(f"data      {facts['data_dir']}, {store['size'] / 1e6:,.1f} MB in {store['segments']} segments")
    lines.append(
        f"events    {store['events']:,}, from {store['oldest'] or '-'} to {store['newest'] or '-'}; {store['rejected']:,} not understood"
    )
    lines.append(f"alerts    {store['alerts']:,}")
    acted = ", ".join(f"{number:,} {kind}" for kind, number in store["actions"].items()) or "none"
    lines.append(f"actions   {acted} in force")
    states = ", ".join(f"{number} {state}" for state, number in store["incidents"].items() if number) or "none"
    lines.append(f"incidents {states}")
    waiting = ", ".join(f"{number} {state}" for state, number in store["outbox"].items() if number) or "none"
    silenced = f"; silences active: {store['silences']} (vedette silence)" if store["silences"] else ""
    lines.append(f"notices   {waiting}{silenced}")
    if store["damaged"]:
        lines.append(f"DAMAGED   {store['damaged']} segments")
    return "\n".join(lines) + "\n"


def _blocking(blocking: dict[str, Any]) -> str:
    if blocking["mode"] == "off":
        return "off: what would be done is written down, and not told to the kernel"
    if blocking["fault"]:
        return f"{blocking['mode']}: NOT IN FORCE: {blocking['fault']}"
    would = "" if blocking["mode"] == "enforce" else "would have been "
    stopped = sum(each["packets"] for each in blocking["stopped"].values())
    return (
        f"{blocking['mode']}: {blocking['firewall'] or 'firewall'}, {blocking['in_kernel']:,} entries, "
        f"{stopped:,} packets {would}stopped"
    )


def _health(source: dict[str, Any]) -> str:
    from vedette.model.text import safe

    shown = [
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {safe(str(value), 1000)}"
        for name, value in source.items()
        if name != "fault" and value
    ]
    return ", ".join(shown) or "well"
