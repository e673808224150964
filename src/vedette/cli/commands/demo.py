"""Watch an attack unfold: plays a bundled recording, beside this machine's own live logs.

The recording is a day of one web server: ordinary work, a web scan, mistyped passwords, and a break-in by guessed SSH
password that ends in a reverse shell. Incidents are printed as they form; the link that is printed signs in to the console,
at the story of the worst of them, and a browser is opened on it where there is one. It stays up until Ctrl-C.

  vedette demo                     data in ./vedette-demo
  vedette demo --once              stop when the recording has been played, and print what was found
  vedette demo --no-live           only the recording

Exit status: 0 when it was stopped, 2 on an error.
"""

import argparse
import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from vedette.cli import options
from vedette.cli.main import say

RECORDING = Path(__file__).parents[2] / "rules/demo/recording"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What demo can be told."""
    parser.add_argument(
        "--data", type=Path, default=Path("vedette-demo"), metavar="DIR", help="where it keeps its data"
    )
    parser.add_argument("--seconds", type=float, default=15.0, metavar="S", help="how long the day takes (default: 15)")
    parser.add_argument("--no-live", action="store_true", help="leave this machine's own logs alone")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser on the story of the worst incident")
    parser.add_argument("--once", action="store_true", help="stop when the recording has been played")


def run(args: argparse.Namespace) -> int:
    """Play, watch, print."""
    from vedette import registry
    from vedette.config.load import load
    from vedette.config.tree import Blocking, SourceEntry, Tree
    from vedette.runtime.console import beside
    from vedette.runtime.replay import play
    from vedette.runtime.selfcheck import checks
    from vedette.runtime.service import until_stopped
    from vedette.runtime.start import default_sources, start

    played = args.data / "recording"
    played.mkdir(parents=True, exist_ok=True)
    files = registry.load("collect", "files")
    recording = SourceEntry(type="files", name="recording", host="web1", settings=files.Settings(paths=[str(played)]))
    sources = [recording, *([] if args.no_live else default_sources())]
    # A demonstration changes nothing in the kernel, not even to count.
    api = load(None, {name: value for name, value in os.environ.items() if name.startswith("VEDETTE_API__")}).api
    tree = Tree(data_dir=args.data.absolute(), blocking=Blocking(mode="off"), api=api)
    shown = _Shown()
    agent = start(tree, _quiet_log, sources=sources, formed=shown.formed)
    say("vedette demo: self-check")
    for check in checks(tree, agent.engine.plan.rules, sources):
        say(
            f"  {check.verdict:<4} {check.what}: {check.said}"
            + (f"\n       fix: {check.fix}" if check.fix else "")
        )

    def work(stop: threading.Event) -> None:
        ended = threading.Event()

        def player() -> None:
            count = play(RECORDING, played, args.seconds, stop)
            if count:
                say(f"vedette demo: {count:,} recorded lines played")
            else:
                say("vedette demo: the recording was played before; it is played again when the data is removed. Found then:")
                shown.formed(_kept(tree.data_dir)[0])
            ended.set()

        thread = threading.Thread(target=player, name="player", daemon=True)
        thread.start()
        watcher = threading.Thread(target=_watch, args=(agent, stop, ended, args.once), name="rate", daemon=True)
        watcher.start()
        agent.run(stop)
        thread.join()

    say("vedette demo: incidents as they form; Ctrl-C stops it\n")
    # Of its settings only where it listens is the user's: a demonstration is the same everywhere.
    environment = {**os.environ, "VEDETTE_LOG_LEVEL": "error"}
    # The page follows the worst incident while the attack unfolds.
    first = ["--link", "incidents/worst", *([] if args.no_browser else ["--browser"])]
    console = nullcontext() if args.once else beside(tree, ["--config", os.devnull], _console_log, first, environment)
    with console:
        until_stopped(work)
    incidents, kept = _kept(tree.data_dir)
    say(
        f"\nvedette demo: stopped. {kept.events:,} events, {kept.alerts:,} alerts, {len(incidents)} incidents in {args.data}"
    )
    if args.once:
        _print(incidents)
    return 0


def _kept(directory: Path) -> tuple[list[Any], Any]:
    """(incidents, the worst first; status) of what the store holds."""
    from vedette.model.stored import IncidentQuery
    from vedette.runtime.scan import badness, telling
    from vedette.store.store import open_store

    store = open_store(directory, writer=False)
    try:
        return sorted(filter(telling, store.incidents(IncidentQuery(limit=1000))), key=badness), store.status()
    finally:
        store.close()


class _Shown:
    """Prints an incident when it is new or has become graver."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[str, int]] = {}

    def formed(self, incidents: Sequence[Any]) -> None:
        from vedette.model.text import safe
        from vedette.runtime.scan import telling

        for incident in incidents:
            if not telling(incident):
                continue
            now = (incident.level, len(incident.story))
            if self._before.get(incident.id) == now:
                continue
            news = "incident" if incident.id not in self._before else "       +"
            self._before[incident.id] = now
            step = incident.story[-1].text if incident.story else ""
            print(f"{news}  {incident.level:<8} {incident.score:3.0f}  {safe(incident.title)}", flush=True)  # noqa: T201
            if step and step != incident.title:
                print(f"                         {safe(step)}", flush=True)  # noqa: T201


def _watch(agent: Any, stop: threading.Event, ended: threading.Event, once: bool) -> None:
    """The rate, every five seconds while there is one; ends a --once run when everything played has been stored."""
    told, told_at = 0, time.monotonic()
    before, moved_at = 0, told_at
    while not stop.wait(0.25):
        now = time.monotonic()
        if agent.records != before:
            before, moved_at = agent.records, now
        if now - told_at >= 5:
            if before != told:
                say(f"vedette demo: {(before - told) / (now - told_at):,.0f} records/s, {before:,} in all")
            told, told_at = before, now
        if once and ended.is_set() and now - moved_at > 2 and not agent.health()["pending"]:
            stop.set()


def _print(incidents: Sequence[Any]) -> None:
    from vedette.report.table import stories

    for piece in stories(incidents, colour=options.colour()):
        sys.stdout.write(piece)


def _quiet_log(event: str, facts: dict[str, Any]) -> None:
    """Only what a person who watches a demo should know."""
    if event in ("source failed", "commit failed", "not reading"):
        say(f"vedette demo: {event}: " + ", ".join(f"{k} {v}" for k, v in facts.items() if v))


def _console_log(event: str, facts: dict[str, Any]) -> None:
    say(f"vedette demo: {event}: " + ", ".join(f"{name} {value}" for name, value in facts.items()))
